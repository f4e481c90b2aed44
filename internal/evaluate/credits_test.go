package evaluate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/sla"
)

// outage is a span in which every request of an organization fails.
type outage struct {
	org         string
	start, hour int // hours from the first sample, length in hours
}

// traffic writes steady requests of some organizations, 60 an hour each, as
// OpenMetrics: a scrape every five minutes for a number of days.
func traffic(start time.Time, days int, orgs []string, outages ...outage) string {
	var b strings.Builder
	b.WriteString("# TYPE requests counter\n")
	for _, org := range orgs {
		total, bad := 0, 0
		var errors strings.Builder
		for i := range days*24*12 + 1 {
			hour := (i - 1) / 12 // an increment happened before its sample
			if i > 0 {
				total += 5
				for _, o := range outages {
					if o.org == org && hour >= o.start && hour < o.start+o.hour {
						bad += 5
					}
				}
			}
			at := start.Add(time.Duration(i) * 5 * time.Minute).Unix()
			fmt.Fprintf(&b, "requests_total{job=\"api\",instance=\"a\",org=%q,code=\"200\"} %d %d\n", org, total-bad, at)
			fmt.Fprintf(&errors, "requests_total{job=\"api\",instance=\"a\",org=%q,code=\"500\"} %d %d\n", org, bad, at)
		}
		b.WriteString(errors.String())
	}
	b.WriteString("# EOF\n")
	return b.String()
}

// evaluator makes an evaluator of a configuration and samples.
func evaluator(t *testing.T, text, samples, now string) *Evaluator {
	t.Helper()
	cfg, diags := config.Parse("slactl.yaml", []byte(text), func(string) (string, bool) { return "", false })
	for _, d := range diags {
		t.Fatal(d)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sources.Metrics = []config.MetricsSource{{Name: "test"}}
	return &Evaluator{Config: cfg, Now: at, Open: func(context.Context, config.MetricsSource) (query.Source, error) {
		return tsdb.ReadOpenMetrics(strings.NewReader(samples), "test", tsdb.Options{})
	}}
}

const creditConfig = `
version: 1
sla_definitions:
  availability:
    target: 99.9
    measurement_window: 1h
    indicator: {total: 'requests_total', bad: 'requests_total{code="500"}'}
service_tiers:
  gold:
    availability_target: 99.95
    credits: {bands: [{below: 99.95, credit: 10}, {below: 99.0, credit: 25}], cap: 20}
    history: [{until: 2026-09-15, availability_target: 99.5, credits: {bands: [{below: 99.5, credit: 50}]}}]
  silver:
    availability_target: 99.9
organizations:
  label: org
  list:
    - {id: acme, tier: gold, monthly_fee: 12000.00, currency: USD, history: [{until: 2026-10-01, monthly_fee: 1000}]}
    - {id: globex, tier: gold, timezone: America/New_York, monthly_fee: 3000, currency: EUR, since: 2026-10-11}
    - {id: initech, tier: silver, monthly_fee: 500, currency: USD}
    - {id: hooli, tier: gold}
`

// creditWorld has September and October 2026: acme fails for ten hours in
// September (98.611 %) and two in October (99.731 %), globex and hooli for one
// day in October, initech for two.
func creditWorld(t *testing.T, now string) *Evaluator {
	const october = 30 * 24
	start := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	samples := traffic(start, 62, []string{"acme", "globex", "hooli", "initech"}, outage{"acme", 100, 10}, outage{"acme", october + 50, 2},
		outage{"globex", october + 20*24, 24}, outage{"hooli", october + 20*24, 24}, outage{"initech", october + 20*24, 48})
	return evaluator(t, creditConfig, samples, now)
}

func TestCredits(t *testing.T) {
	for _, tt := range []struct {
		name, period, now string
		want              []string
	}{
		{"a month: tier, fee and bands in force at its start, by the organization's zone and days", "2026-10", "2026-11-02T00:00:00Z", []string{
			"acme 10% 1200.00 USD [availability: 99.7311 < 99.95]",
			"globex 20% 406.45 EUR capped [availability: 95.238 < 99, fee for 21 of 31 days]",
			"note: credits of 2026-10: availability: 25 % of the fee is earned, and no monthly_fee is known; no credit for it is computed for hooli"}},
		{"the month before, by the promise of then", "2026-09", "2026-11-02T00:00:00Z", []string{
			"acme 50% 500.00 USD [availability: 98.6111 < 99.5]"}},
		{"a month that is over in UTC and not yet in New York", "2026-10", "2026-11-01T03:00:00Z", []string{
			"acme 10% 1200.00 USD [availability: 99.7311 < 99.95]",
			"note: credits of 2026-10: availability: 25 % of the fee is earned, and no monthly_fee is known; no credit for it is computed for hooli"}},
		{"a month to date", "2026-10", "2026-10-25T00:00:00Z", nil},
		{"a quarter lists its months, and those without data say so", "2026-Q3", "2026-10-02T00:00:00Z", []string{
			"acme 2026-09 50% 500.00 USD [availability: 98.6111 < 99.5]",
			"note: credits of 2026-07: availability: insufficient data; no credit for it is computed for acme, hooli",
			"note: credits of 2026-08: availability: insufficient data; no credit for it is computed for acme, hooli"}},
		{"a week has none", "2026-W41", "2026-11-02T00:00:00Z", nil},
		{"a range lists the whole months in it", "2026-09-01..2026-10-15", "2026-11-02T00:00:00Z", []string{
			"acme 2026-09 50% 500.00 USD [availability: 98.6111 < 99.5]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := creditWorld(t, tt.now)
			r := judged(t, e, tt.period)
			if got := creditLines(r); !slices.Equal(got, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

// judged evaluates one period.
func judged(t *testing.T, e *Evaluator, period string) *sla.Report {
	t.Helper()
	p, err := e.Calendar().Parse(period)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.In(t.Context(), p, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got.Failed {
		t.Fatalf("%s: %v", f.SLA, f.Err)
	}
	return got.Reports[0]
}

func creditLines(r *sla.Report) []string {
	var out []string
	for _, c := range r.Credits {
		line := c.Organization
		if c.Period != "" {
			line += " " + c.Period
		}
		line += fmt.Sprintf(" %s%% %s %s", c.Percent.Canonical(), c.Amount, c.Currency)
		if c.Capped {
			line += " capped"
		}
		out = append(out, line+fmt.Sprintf(" [%s]", strings.Join(c.Because, ", ")))
	}
	for _, n := range r.Notes {
		if strings.HasPrefix(n, "credits") {
			out = append(out, "note: "+n)
		}
	}
	return out
}

// A result carries its own credit, before the cap; wider groups have none.
func TestCreditOfResults(t *testing.T) {
	for _, r := range judged(t, creditWorld(t, "2026-11-02T00:00:00Z"), "2026-10").Results {
		want := map[string]string{"acme": "10 1200.00 USD", "globex": "25 508.06 EUR"}[r.Organization]
		got := ""
		if r.Credit != nil {
			got = fmt.Sprintf("%s %s %s", r.Credit.Percent, r.Credit.Amount, r.Credit.Currency)
		}
		if got != want {
			t.Errorf("%s %s: credit %q, want %q", r.Tier, r.Organization, got, want)
		}
	}
}

// A filter on SLAs leaves objectives out that credits are combined over; that is
// said and not taken for a month without credits.
func TestCreditsOfFilteredSLAs(t *testing.T) {
	e := creditWorld(t, "2026-11-02T00:00:00Z")
	e.Config.SLADefinitions = append(e.Config.SLADefinitions, e.Config.SLADefinitions[0])
	e.Config.SLADefinitions[1].Key = "other"
	p, err := e.Calendar().Parse("2026-09")
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.In(t.Context(), p, Filter{SLAs: []string{"other"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"note: credits of organizations are combined over all SLAs, and not shown for some of them"}
	if lines := creditLines(got.Reports[0]); !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}
