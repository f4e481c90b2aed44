package lint_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/yamlpos"
)

// names lists the rules of findings with their lines.
func names(diags yamlpos.Diagnostics) string {
	var out []string
	for _, d := range diags {
		out = append(out, d.Rule)
	}
	return strings.Join(out, " ")
}

func TestDisable(t *testing.T) {
	const head = "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\n"
	sla := func(comment string) string {
		return "sla_definitions:\n  availability:\n    target: 100" + comment + "\n    indicator: {preset: http}\n"
	}
	tests := []struct{ name, text, want string }{
		{"nothing is disabled", head + sla(""), "no-room"},
		{"on the line", head + sla(" # slactl:disable no-room the contract says so"), ""},
		{"on the line above", head + strings.Replace(sla(""), "    target", "    # slactl:disable no-room the contract says so\n    target", 1), ""},
		{"above a comment and an empty line", head + strings.Replace(sla(""), "    target", "    # slactl:disable no-room the contract says so\n\n    # see page 3\n    target", 1), ""},
		{"on another line", head + "# slactl:disable no-room the contract says so\n" + sla(""), "unused-disable no-room"},
		{"in the whole file", head + sla("") + "# slactl:disable-file no-room the contract says so\n", ""},
		{"two rules for one line", head + strings.Replace(sla(" # slactl:disable no-room page 3"), "    target", "    # slactl:disable fraction page 4\n    target", 1), "unused-disable"},
		{"without a reason", head + sla(" # slactl:disable no-room"), "no-room disable"},
		{"without a rule", head + sla(" # slactl:disable"), "no-room disable"},
		{"another rule", head + sla(" # slactl:disable fraction it is one"), "no-room unused-disable"},
		{"no rule at all", head + sla(" # slactl:disable noroom the contract says so"), "no-room disable"},
		{"an error of reading", head + sla(" # slactl:disable unknown-key it is fine"), "no-room disable"},
		{"in a text", head + sla("") + "name: 'a # slactl:disable-file no-room b'\n", "no-room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := names(findings(t, "slactl.yaml", tt.text)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A comment about a rule that is not run may be needed by the next run.
func TestDisableOfAnotherRule(t *testing.T) {
	cfg, diags := config.Parse("slactl.yaml", []byte("# slactl:disable-file grace-period page 3\nname: x\n"), environment)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	noRoom, _ := lint.Lookup("no-room")
	unused, _ := lint.Lookup("unused-disable")
	if got := lint.Run(cfg, []lint.Rule{noRoom, unused}); len(got) > 0 {
		t.Error(got)
	}
}

// A baseline knows its own findings wherever they have moved to, and no others.
func TestBaseline(t *testing.T) {
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	sla := func(name string) string { return "  " + name + ": {target: 100, indicator: {preset: http}}\n" }
	head := "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\nsla_definitions:\n"
	old := findings(t, "a.yaml", head+sla("one"))
	b := lint.NewBaseline(dir, old)
	tests := []struct {
		name, file, text string
		fresh, gone      int
	}{
		{"the same", "a.yaml", head + sla("one"), 0, 0},
		{"moved", "a.yaml", "# a comment\n\n" + head + sla("one"), 0, 0},
		{"a second one, before it", "a.yaml", head + sla("zero") + sla("one"), 1, 0},
		{"corrected", "a.yaml", head + "  one: {target: 99, indicator: {preset: http}}\n", 0, 1},
		{"another one instead", "a.yaml", head + sla("two"), 1, 1},
		{"in another file", "b.yaml", head + sla("one"), 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fresh, gone := b.New(dir, findings(t, tt.file, tt.text))
			if len(fresh) != tt.fresh || gone != tt.gone {
				t.Errorf("%d are new and %d gone, want %d and %d: %v", len(fresh), gone, tt.fresh, tt.gone, fresh)
			}
		})
	}
}

// Of equal findings in a list as many are known as there were.
func TestBaselineCounts(t *testing.T) {
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	levels := func(n int) yamlpos.Diagnostics {
		rules := strings.Repeat("{condition: \"severity == 'critical'\", notify: []}, ", n)
		return findings(t, "a.yaml", "alerting: {escalation_rules: ["+rules+"{condition: \"impact == 'cost'\", notify: []}]}")
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.IntRange(0, 4).Draw(t, "before"), rapid.IntRange(0, 4).Draw(t, "after")
		told := func(diags yamlpos.Diagnostics) yamlpos.Diagnostics {
			var out yamlpos.Diagnostics
			for _, d := range diags {
				if d.Rule == "nobody-told" {
					out = append(out, d)
				}
			}
			return out
		}
		b := lint.NewBaseline(dir, told(levels(before)))
		fresh, gone := b.New(dir, told(levels(after)))
		if len(fresh) != max(0, after-before) || gone != max(0, before-after) {
			t.Fatalf("from %d to %d: %d new, %d gone", before, after, len(fresh), gone)
		}
	})
	if _, err := lint.ReadBaseline([]byte(`{"findings": []}`)); err == nil {
		t.Error("a file without a schema was read")
	}
}

// Every edit that a finding offers removes it, and adds no error.
func TestFixes(t *testing.T) {
	fixable := 0
	for _, r := range lint.Rules() {
		diags := findings(t, "bad.yaml", r.Bad)
		for _, d := range diags {
			if d.Fix.IsZero() {
				continue
			}
			fixable++
			after, _, err := yamlpos.Apply([]byte(r.Bad), []yamlpos.Edit{d.Fix})
			if err != nil {
				t.Fatal(err)
			}
			for _, left := range findings(t, "bad.yaml", string(after)) {
				if left.Rule == d.Rule || left.Severity == yamlpos.Error {
					t.Errorf("%s: after the edit there is\n%s: %v", r.Name, after, left)
				}
			}
		}
	}
	if fixable < 10 {
		t.Errorf("only %d examples can be corrected", fixable)
	}
	var got []string
	for _, text := range []string{"rate(errors_total[5m])", `sum(increase(errors_total{a="b"}[1h]))`, "histogram_quantile(0.9, x)"} {
		bad := "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\nsla_definitions: {availability: {target: 99.9, indicator: {total: all_total, bad: '" + text + "'}}}"
		for _, d := range findings(t, "bad.yaml", bad) {
			got = append(got, d.Fix.Text)
		}
	}
	if diff := cmp.Diff([]string{"errors_total", `errors_total{a="b"}`, ""}, got); diff != "" {
		t.Error(diff)
	}
}
