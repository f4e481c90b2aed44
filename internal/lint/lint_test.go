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

// findings reads a text as a file and returns all that is said about it.
func findings(t *testing.T, name, text string) yamlpos.Diagnostics {
	t.Helper()
	cfg, diags := config.Parse(name, []byte(text), environment)
	if !diags.HasErrors() {
		diags = append(diags, lint.Run(cfg, lint.Rules())...)
	}
	return diags
}

// Every rule objects to its bad example, no other rule does, and nothing is said
// about the good one. What has no effect yet is not looked at: it changes with the
// version.
func TestExamplesOfRules(t *testing.T) {
	names := map[string]bool{}
	for _, r := range lint.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if names[r.Name] {
				t.Error("another rule has this name")
			}
			for _, text := range []string{r.Summary, r.Why, r.Remedy} {
				if !strings.HasSuffix(text, ".") {
					t.Errorf("%q is no sentence", text)
				}
			}
			names[r.Name] = true
			found := 0
			for _, d := range findings(t, "bad.yaml", r.Bad) {
				switch {
				case d.Rule == r.Name && d.Severity == r.Severity && d.Line > 0 && d.Source != "":
					found++
				case d.Rule != "not-yet":
					t.Errorf("the bad example has another finding: %+v", d)
				}
			}
			if found == 0 {
				t.Errorf("no finding in the bad example:\n%s", r.Bad)
			}
			for _, d := range findings(t, "good.yaml", r.Good) {
				if d.Rule != "not-yet" {
					t.Errorf("a finding in the good example:\n%s\n%+v", r.Good, d)
				}
			}
		})
	}
	if len(names) < 40 {
		t.Errorf("only %d rules", len(names))
	}
}

// The example configuration lints clean: it has parts that later versions act on,
// the seed's grace period, and nothing else to remark.
func TestExampleIsClean(t *testing.T) {
	cfg, diags := config.Load([]string{"../config/testdata/slactl.example.yaml"}, environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, d := range lint.Run(cfg, lint.Rules()) {
		if d.Rule != "not-yet" && d.Rule != "grace-period" {
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
			if _, err := findings(t, ar.Files[0].Name, string(ar.Files[0].Data)).WriteTo(&b); err != nil {
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
