package generate_test

import (
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/generate"
	"github.com/slactl/slactl/internal/yamlpos"
)

// load reads a configuration from its text.
func load(t *testing.T, text string) *config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slactl.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load([]string{path}, func(string) (string, bool) { return "", false })
	if diags.Count(yamlpos.Error) > 0 {
		t.Fatal(diags)
	}
	return cfg
}

var options = generate.Options{Now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), From: []string{"slactl.yaml"}}

// alerts parses the rules as Prometheus does and returns the alerts.
func alerts(t *testing.T, r generate.Result) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.Parse(r.Files[0].Text, false, model.LegacyValidation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("%v\n%s", errs, r.Files[0].Text)
	}
	var out []rulefmt.Rule
	for _, g := range groups.Groups {
		for _, one := range g.Rules {
			if one.Alert != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// promtool runs Debian's promtool over what was generated.
func promtool(t *testing.T, r generate.Result) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed")
	}
	dir := t.TempDir()
	for _, f := range r.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "rules", "--lint-fatal", generate.RulesFile}, {"test", "rules", generate.TestsFile}} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Each kind of indicator, of audience and of label gets alerts that the real
// promtool sees firing and resolving.
func TestPromtool(t *testing.T) {
	const ratio = `
version: 1
sla_definitions:
  availability:
    target: 99.9
`
	tests := []struct{ name, text string }{
		{"one customer", ratio + "    indicator: {total: 'requests_total{job=\"it''s\"}', bad: 'requests_total{job=\"it''s\",code=~\"5..|4(08|29)\"}'}\n"},
		{"two metrics, listed", ratio + `    indicator: {total: requests_total, bad: errors_total}
service_tiers: {gold: {availability_target: 99.999}, bronze: {availability_target: 90}}
organizations:
  label: org
  list: [{id: "a.b", tier: gold}, {id: c, tier: gold}, {id: d, tier: bronze}]
`},
		{"good, tiers by label", ratio + `    severity: warning
    category: api
    service: gateway
    indicator: {total: 'requests_total{code!=""}', good: 'requests_total{code!~"5.."}'}
service_tiers: {gold: {availability_target: 99.95}}
organizations: {label: organization, tier_label: plan}
`},
		{"probes, shared, everything promised", `
version: 1
sla_definitions:
  availability: {target: 100, measured: shared, indicator: {up: 'probe_success{job="blackbox"}'}}
service_tiers: {gold: {availability_target: 99.95}}
organizations: {label: org, tier_label: tier}
`},
		{"latencies", `
version: 1
sla_definitions:
  response_time:
    p95_target_ms: 2000
    warn_at_ms: {p95: 1500}
    grace_period: 2m
    indicator: {histogram: 'request_duration_seconds{job="api"}'}
  fast: {objectives: [{name: fast, indicator: {histogram: request_duration_seconds, within: 1s}, at_least: 99}]}
service_tiers: {gold: {response_time_p95_ms: 500}, silver: {}}
organizations: {label: org, tier_label: tier, list: [{id: acme, tier: gold}, {id: globex, tier: silver}]}
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := generate.Rules(load(t, tt.text), options)
			if got := alerts(t, r); len(got) == 0 || len(got) != r.Alerts {
				t.Errorf("%d alerts were counted, and %d parsed", r.Alerts, len(got))
			}
			if n := strings.Count(string(r.Files[1].Text), "\n  - interval: 1m"); n == 0 || n != r.Alerts && tt.name != "good, tiers by label" {
				t.Errorf("%d of %d alerts have a test", n, r.Alerts)
			}
			promtool(t, r)
		})
	}
}

// The table of the SRE workbook is for 30 days and 99.9 %: burn rates of 14.4, 6
// and 1 (https://sre.google/workbook/alerting-on-slos/). Thresholds are those
// times the budget; the other rows were computed by hand.
func TestThresholds(t *testing.T) {
	tests := []struct {
		target string
		period time.Duration
		want   []string // of 1h, 6h, 3d; "" where the alert is left out
	}{
		{"99.9", 30 * 24 * time.Hour, []string{"0.0144", "0.006", "0.001"}},
		{"99.9", 90 * 24 * time.Hour, []string{"0.0432", "0.018", "0.003"}},
		{"99.95", 30 * 24 * time.Hour, []string{"0.0072", "0.003", "0.0005"}},
		{"90", 30 * 24 * time.Hour, []string{"", "0.6", "0.1"}},         // 14.4 × 10 % > 100 %
		{"99.9", 7 * 24 * time.Hour, []string{"0.00336", "0.0014", ""}}, // 10 % in 3 days of 7 is slow
		{"100", 30 * 24 * time.Hour, []string{"0", "0", "0"}},           // one bad event is too many
		{"99.9", 31 * 24 * time.Hour, []string{"0.01488", "0.0062", "0.001033333333"}},
	}
	for _, tt := range tests {
		o := options
		o.Period = tt.period
		r := generate.Rules(load(t, "version: 1\nsla_definitions:\n  availability: {target: "+tt.target+", indicator: {total: r_total, bad: e_total}}\n"), o)
		for i, name := range []string{"SLABudgetBurn1h", "SLABudgetBurn6h", "SLABudgetBurn3d"} {
			at := slices.IndexFunc(alerts(t, r), func(one rulefmt.Rule) bool { return one.Alert == name })
			if tt.want[i] == "" {
				if at >= 0 || !strings.Contains(strings.Join(r.Notes, "\n"), name+" ") || !strings.Contains(string(r.Files[0].Text), "# Note: "+name) {
					t.Errorf("%s over %s: %s is there, or no note says that it is not", tt.target, tt.period, name)
				}
				continue
			}
			if at < 0 || strings.Count(alerts(t, r)[at].Expr, "> "+tt.want[i]+"\n") != 2 {
				t.Errorf("%s over %s: %s does not compare with %s twice:\n%s", tt.target, tt.period, name, tt.want[i], r.Files[0].Text)
			}
			if _, ok := new(big.Rat).SetString(tt.want[i]); !ok {
				t.Errorf("%s is no number", tt.want[i])
			}
		}
	}
}

// What no alert watches is said, in the rules too.
func TestNotes(t *testing.T) {
	tests := []struct{ definition, want string }{
		{"{target: 99.9}", "availability.availability has no alert: it has no indicator"},
		{"{target: 99.9, indicator: {promql: {total: 'sum(increase(a[$window]))', bad: 'sum(increase(b[$window]))'}}}", "free expressions are not recorded"},
		{"{target: 99.9, indicator: {up: up, combine: any}}", "combining targets by any is not recorded"},
		{"{response_quality_threshold: 4, indicator: {gauge: rating}}", "means of values are not watched"},
	}
	for _, tt := range tests {
		r := generate.Rules(load(t, "version: 1\nsla_definitions:\n  availability: "+tt.definition+"\n"), options)
		if all := strings.Join(r.Notes, "\n"); !strings.Contains(all, tt.want) || !strings.Contains(string(r.Files[0].Text), tt.want) || r.Alerts != 0 {
			t.Errorf("%s: %d alerts, notes %q", tt.definition, r.Alerts, all)
		}
		promtool(t, r)
	}
}

// The rules of a whole configuration, the demo's, are good for promtool.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	text, err := os.ReadFile(filepath.Join("..", "demo", "workspace", "slactl.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := load(t, string(text))
	r := generate.Rules(cfg, options)
	if again := generate.Rules(cfg, options); string(again.Files[0].Text) != string(r.Files[0].Text) || string(again.Files[1].Text) != string(r.Files[1].Text) {
		t.Error("the same configuration gives other bytes")
	}
	promtool(t, r)
}
