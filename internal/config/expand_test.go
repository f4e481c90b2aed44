package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

func sameText(a, b unit.Decimal) bool { return a.String() == b.String() }

// describe writes what an objective compares, and by what it is measured.
func describe(o config.ObjectiveSpec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s %s", o.Name, o.Method, o.Comparison, o.Target, o.Unit)
	if o.Method == sla.Quantile {
		fmt.Fprintf(&b, " q=%s scale=%s", o.Quantile, o.Scale)
	}
	if !o.Bound.IsZero() {
		fmt.Fprintf(&b, " bound=%s", o.Bound)
	}
	if o.WarnAt != nil {
		fmt.Fprintf(&b, " warn=%s", o.WarnAt)
	}
	if in := o.Indicator; in != nil {
		for _, kv := range [][2]string{{"total", in.Total}, {"bad", in.Bad}, {"good", in.Good}, {"histogram", in.Histogram},
			{"gauge", in.Gauge}, {"sum", in.Sum}, {"count", in.Count}, {"up", in.Up}} {
			if kv[1] != "" {
				fmt.Fprintf(&b, " %s=%s", kv[0], kv[1])
			}
		}
	}
	return b.String()
}

func TestExpand(t *testing.T) {
	tests := []struct {
		name, definition string
		want             []string
	}{
		{"the seed's keys stand for objectives", `{target: 99.9, p95_target_ms: 2000, error_rate_threshold: 1.0, response_quality_threshold: 4.0}`, []string{
			"availability events at_least 99.9 percent",
			"p95 quantile at_most 2000 ms q=95 scale=0",
			"error_rate events at_most 1.0 percent",
			"response_quality value at_least 4.0 score"}},
		{"a ratio and a histogram share an indicator", `{target: 99.9, p99_target_ms: 500, indicator: {total: t, bad: b, histogram: d_seconds}}`, []string{
			"availability events at_least 99.9 percent total=t bad=b",
			"p99 quantile at_most 500 ms q=99 scale=1000 histogram=d_seconds"}},
		{"each objective has its own", `{error_rate_threshold: 5, response_quality_threshold: 4, indicators: {error_rate: {total: t, good: g}, response_quality: {sum: s, count: c}}}`, []string{
			"error_rate events at_most 5 percent total=t good=g",
			"response_quality value at_least 4 score sum=s count=c"}},
		{"a histogram in milliseconds by name", `{p50_target_ms: 20, indicator: {histogram: "latency_ms{job='a'}"}}`, []string{
			"p50 quantile at_most 20 ms q=50 scale=1 histogram=latency_ms{job='a'}"}},
		{"and by unit", `{p90_target_ms: 20, indicator: {histogram: latency, unit: milliseconds}}`, []string{
			"p90 quantile at_most 20 ms q=90 scale=1 histogram=latency"}},
		{"a bound is in the histogram's unit", `{objectives: [{name: fast, at_least: 99, indicator: {histogram: d_seconds, within: 300ms}}, {name: faster, at_least: 90, indicator: {histogram: d_ms, within: 1m}}]}`, []string{
			"fast within at_least 99 percent bound=0.3 histogram=d_seconds",
			"faster within at_least 90 percent bound=60000 histogram=d_ms"}},
		{"a target over the share within a bound", `{target: 99, indicator: {histogram: d_seconds, within: 1s}}`, []string{
			"availability within at_least 99 percent bound=1 histogram=d_seconds"}},
		{"a quantile of the general form", `{objectives: [{name: typical, quantile: 0.999, at_most: 800, indicator: {histogram: d_seconds}}]}`, []string{
			"typical quantile at_most 800 ms q=99.9 scale=1000 histogram=d_seconds"}},
		{"the same in the metric's own unit", `{objectives: [{name: typical, quantile: 0.5, at_most: 0.8, unit: seconds, indicator: {histogram: d_seconds}}]}`, []string{
			"typical quantile at_most 0.8 seconds q=50 scale=1 histogram=d_seconds"}},
		{"gauges have the unit of their name", `{objectives: [{name: safety, at_least: 4.8, indicator: {gauge: safety_score}}, {name: queue, at_most: 10, indicator: {gauge: queue_length}}, {name: load, at_most: 10, unit: jobs, indicator: {gauge: jobs_running}}]}`, []string{
			"safety value at_least 4.8 score gauge=safety_score",
			"queue value at_most 10  gauge=queue_length",
			"load value at_most 10 jobs gauge=jobs_running"}},
		{"the method of the SLA is for ratios", `{method: downtime, target: 99.95, p95_target_ms: 20, indicators: {availability: {up: up}, p95: {histogram: d_seconds}}}`, []string{
			"availability downtime at_least 99.95 percent up=up",
			"p95 quantile at_most 20 ms q=95 scale=1000 histogram=d_seconds"}},
		{"a preset has both a ratio and a histogram", `{target: 99.9, p95_target_ms: 500, indicator: {preset: http, match: '{job="api"}'}}`, []string{
			`availability events at_least 99.9 percent total=http_requests_total{job="api"} bad=http_requests_total{job="api",code=~"5.."}`,
			`p95 quantile at_most 500 ms q=95 scale=1000 histogram=http_request_duration_seconds{job="api"}`}},
		{"a preset with a bound", `{objectives: [{name: fast, at_least: 99, indicator: {preset: istio, within: 1s}}]}`, []string{
			`fast within at_least 99 percent bound=1000 histogram=istio_request_duration_milliseconds{reporter="destination"}`}},
		{"a preset of probes", `{target: 99, indicator: {preset: blackbox}}`, []string{
			`availability events at_least 99 percent up=probe_success`}},
		{"warnings", `{target: 99, error_rate_threshold: 2, warn_at: 99.5, p95_target_ms: 20, warn_at_ms: {p95: 15}}`, []string{
			"availability events at_least 99 percent warn=99.5",
			"p95 quantile at_most 20 ms q=95 scale=0 warn=15",
			"error_rate events at_most 2 percent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := parse(t, "sla_definitions: {s: "+tt.definition+"}")
			var got []string
			for _, o := range cfg.Expand(cfg.SLADefinitions[0]) {
				got = append(got, describe(o))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpandDefaults(t *testing.T) {
	cfg := parse(t, "sla_definitions: {plain: {target: 99}, full: {target: 99, method: downtime, measurement_window: 10m, evaluation_window: 2h, grace_period: 2m,\n"+
		"  idle: excluded, no_data: breached, min_coverage: 50, strict_coverage: true, down_when: 10%, min_consecutive: 2m, min_events: 7, max_gap: 10m, lookback: 3h}}")
	plain, full := cfg.Expand(cfg.SLADefinitions[0])[0], cfg.Expand(cfg.SLADefinitions[1])[0]
	want := config.ObjectiveSpec{MaxGap: 5 * time.Minute, Lookback: time.Hour, Path: "sla_definitions.plain.target", Objective: sla.Objective{
		SLA: "plain", Name: "availability", Method: sla.Events, Comparison: sla.AtLeast, Target: unit.MustDecimal("99"), Unit: "percent",
		MeasurementWindow: 5 * time.Minute, EvaluationWindow: time.Hour, Idle: sla.HandleMet, NoData: sla.HandleExcluded,
		MinCoverage: unit.MustDecimal("90"), DownWhen: unit.MustDecimal("5"), MinConsecutive: time.Minute, MinEvents: 1}}
	if diff := cmp.Diff(want, plain, cmp.Comparer(sameText)); diff != "" {
		t.Error(diff)
	}
	want = config.ObjectiveSpec{MaxGap: 10 * time.Minute, Lookback: 3 * time.Hour, Path: "sla_definitions.full.target", Objective: sla.Objective{
		SLA: "full", Name: "availability", Method: sla.Downtime, Comparison: sla.AtLeast, Target: unit.MustDecimal("99"), Unit: "percent",
		MeasurementWindow: 10 * time.Minute, EvaluationWindow: 2 * time.Hour, GracePeriod: 2 * time.Minute, Idle: sla.HandleExcluded, NoData: sla.HandleBreached,
		MinCoverage: unit.MustDecimal("50"), StrictCoverage: true, DownWhen: unit.MustDecimal("10"), MinConsecutive: 2 * time.Minute, MinEvents: 7}}
	if diff := cmp.Diff(want, full, cmp.Comparer(sameText)); diff != "" {
		t.Error(diff)
	}
}

func TestTierTarget(t *testing.T) {
	cfg := parse(t, `
timezone: Europe/Berlin
sla_definitions:
  availability: {target: 99.9}
  response_time: {p95_target_ms: 2000}
  safety: {objectives: [{name: safety_score, at_least: 4.8}]}
service_tiers:
  gold:
    availability_target: 99.95
    response_time_p95_ms: 500
    targets: {safety.safety_score: 4.9}
    history:
      - {until: 2026-03-01, availability_target: 99, response_time_p95_ms: 900}
      - {until: 2026-07-01, availability_target: 99.5}
  bronze: {}
`)
	tests := []struct{ tier, objective, at, want string }{
		{"gold", "availability.availability", "2026-10-01T00:00:00Z", "99.95"},
		{"gold", "availability.availability", "2026-06-30T21:59:59Z", "99.5"},  // a second before Berlin's midnight
		{"gold", "availability.availability", "2026-06-30T22:00:00Z", "99.95"}, // the first instant of July there
		{"gold", "availability.availability", "2026-02-01T00:00:00Z", "99"},
		{"gold", "response_time.p95", "2026-02-01T00:00:00Z", "900"},
		{"gold", "response_time.p95", "2026-04-01T00:00:00Z", "500"}, // the entry until July does not name it
		{"gold", "response_time.p99", "2026-04-01T00:00:00Z", ""},
		{"gold", "safety.safety_score", "2026-02-01T00:00:00Z", "4.9"},
		{"gold", "uptime.availability", "2026-10-01T00:00:00Z", ""}, // availability_target is for the SLA of that name
		{"bronze", "availability.availability", "2026-10-01T00:00:00Z", ""},
		{"platinum", "availability.availability", "2026-10-01T00:00:00Z", ""},
	}
	for _, tt := range tests {
		name, objective, _ := strings.Cut(tt.objective, ".")
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := cfg.TierTarget(tt.tier, name, objective, at)
		if ok != (tt.want != "") || ok && got.String() != tt.want {
			t.Errorf("%s at %s: %s = %v, %v; want %q", tt.tier, tt.at, tt.objective, got, ok, tt.want)
		}
	}
}

func TestOrganizationAt(t *testing.T) {
	cfg := parse(t, `
service_tiers: {gold: {}, silver: {}, bronze: {}}
organizations:
  list:
    - {id: acme, tier: gold, monthly_fee: 12000.00, currency: USD, history: [{until: 2026-03-01, tier: bronze}, {until: 2026-07-01, tier: silver, monthly_fee: 3000.00}]}
`)
	tests := []struct{ at, want string }{
		{"2026-02-28T23:59:59Z", "bronze 3000.00"},
		{"2026-03-01T00:00:00Z", "silver 3000.00"},
		{"2026-07-01T00:00:00Z", "gold 12000.00"},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		tier, fee := cfg.Organizations.List[0].At(at, cfg.Zone())
		if got := tier + " " + fee.String(); got != tt.want {
			t.Errorf("at %s: %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestBandObjectives(t *testing.T) {
	cfg := parse(t, `
sla_definitions:
  availability: {target: 99.9}
  uptime: {target: 99.9}
  response_time: {p95_target_ms: 10, p99_target_ms: 20}
`)
	tests := []struct{ objective, want string }{
		{"", "availability.availability"},
		{"availability", "availability.availability"},
		{"uptime.availability", "uptime.availability"},
		{"response_time", "response_time.p95 response_time.p99"},
		{"p95", "response_time.p95"},
		{"nothing", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, o := range cfg.BandObjectives(config.CreditPolicy{Objective: tt.objective}) {
			got = append(got, o.SLA+"."+o.Name)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("bands of %q are for %q, want %q", tt.objective, s, tt.want)
		}
	}
}

// Local times follow RFC 5545: in a gap the offset before it, and of two the
// first.
func TestInstantIn(t *testing.T) {
	tests := []struct{ text, zone, want string }{
		{"2026-10-11T02:00:00Z", "Europe/Berlin", "2026-10-11T02:00:00Z"},
		{"2026-10-11T02:00:00", "Europe/Berlin", "2026-10-11T00:00:00Z"},
		{"2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"},       // clocks show 03:30
		{"2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"},       // the first of two
		{"2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00Z"}, // the first of two
		{"2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00Z"},
	}
	for _, tt := range tests {
		i, err := config.ParseInstant(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := i.In(zone).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%s in %s is %s, want %s", tt.text, tt.zone, got, tt.want)
		}
	}
}

func TestDateStart(t *testing.T) {
	tests := []struct{ day, zone, want string }{
		{"2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00Z"},
		{"2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"}, // midnight did not exist; the day began at 01:00
	}
	for _, tt := range tests {
		d, err := config.ParseDate(tt.day)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Start(zone).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%s begins in %s at %s, want %s", tt.day, tt.zone, got, tt.want)
		}
	}
}
