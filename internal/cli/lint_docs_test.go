package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/lint"
)

// The page about the rules of lint is written from the rules themselves.
func TestDocsOfLintRules(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<!-- Written by: go generate ./internal/cli -->
# Rules of lint

` + "`slactl config lint`" + ` checks a configuration by these rules. [lint.md](lint.md) says how they are chosen, disabled and used in CI. An example of
each kind is shown; both are tests.

| rule | severity | finds |
|---|---|---|
`)
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.Name, r.Name, r.Severity, inTable(r.Summary))
	}
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n%s %s\n\n%s\n\nReported:\n\n```yaml\n%s```\n\nNot reported:\n\n```yaml\n%s```\n", r.Name, r.Summary, r.Why, r.Remedy, r.BadExample(), r.GoodExample())
	}
	sameFile(t, filepath.Join(docs, "lint-rules.md"), b.String())
}
