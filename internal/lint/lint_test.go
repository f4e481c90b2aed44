package lint_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/yamlpos"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata")

func environment(name string) (string, bool) { return "from the environment", name != "UNSET" }

func parse(t *testing.T, name, text string) *config.Config {
	t.Helper()
	cfg, diags := config.Parse(name, []byte(text), environment)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return cfg
}

// Every rule objects to its bad example, and not to its good one.
func TestExamplesOfRules(t *testing.T) {
	names := map[string]bool{}
	for _, r := range lint.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if names[r.Name] || !strings.HasSuffix(r.Doc, ".") {
				t.Errorf("%q needs a name of its own and a sentence of documentation", r.Name)
			}
			names[r.Name] = true
			bad := lint.Run(parse(t, "bad.yaml", r.Bad), r)
			if len(bad) == 0 {
				t.Errorf("no finding in the bad example:\n%s", r.Bad)
			}
			for _, d := range bad {
				if d.Rule != r.Name || d.Severity != r.Severity || d.Line == 0 || d.Source == "" {
					t.Errorf("the finding lacks something: %+v", d)
				}
			}
			if good := lint.Run(parse(t, "good.yaml", r.Good), r); len(good) > 0 {
				t.Errorf("findings in the good example: %v", good)
			}
		})
	}
}

// The example configuration lints clean: it has parts that later versions act
// on, and nothing else to remark.
func TestExampleIsClean(t *testing.T) {
	cfg, diags := config.Load([]string{"../config/testdata/slactl.example.yaml"}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, d := range lint.Run(cfg) {
		if d.Severity != yamlpos.Info || d.Rule != "not-yet" {
			t.Error(d)
		}
	}
}

// Each archive holds a configuration and the findings about it, as they are
// printed.
func TestFindings(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no test data", err)
	}
	for _, archive := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if _, err := lint.Run(parse(t, ar.Files[0].Name, string(ar.Files[0].Data))).WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			if *update {
				ar.Files[1].Data = []byte(b.String())
				if err := os.WriteFile(archive, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(ar.Files[1].Data), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
