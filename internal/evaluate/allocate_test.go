package evaluate

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/unit"
)

// pool is a configuration with a pool that is shared out by requests, a bill of
// it, and three days of metrics.
const pool = `
timezone: UTC
sources:
  metrics: {openmetrics: metrics.om}
  billing: [{name: cloud, format: focus, path: bill.csv}]
service_tiers: {gold: {}, silver: {}}
organizations:
  label: org
  list:
    - {id: acme, tier: gold, monthly_fee: 310, currency: USD, history: [{until: 2026-10-02, tier: silver}]}
    - {id: globex, tier: silver, monthly_fee: 100, currency: EUR}
    - {id: late, tier: silver, monthly_fee: 310, currency: USD, since: 2026-10-31}
business_metrics:
  requests: {counter: requests_total}
  absent: {counter: absent_total}
  ratio: {ratio: {total: requests_total, good: 'requests_total{org="acme"}'}}
cost:
  measure: billed
  allocate:
    - {match: {service: EC2}, split: {by: %s, over: %s}}
  unit_costs:
    request: requests
    thousand: {metric: requests, match: {service: [S3, EC*]}, per: 1000}
    nothing: absent
  revenue: {from: monthly_fee}
`

const poolBill = `BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName,Tags
10,USD,2026-10-01,2026-10-02,EC2,NULL
2,USD,2026-10-01,2026-10-03,S3,"{""org"": ""late""}"
1,USD,2026-10-01,2026-10-03,S3,NULL
`

// Acme makes 200 requests in October, globex 100, somebody else 30, and 7 name
// nobody.
const poolMetrics = `# TYPE requests counter
requests_total{org="acme",job="j",instance="a"} 1000 1790812800
requests_total{org="acme",job="j",instance="a"} 1100 1790812860
requests_total{org="acme",job="j",instance="a"} 1200 1790812920
requests_total{org="globex",job="j",instance="a"} 0 1790812800
requests_total{org="globex",job="j",instance="a"} 100 1790812860
requests_total{org="else",job="j",instance="a"} 0 1790812800
requests_total{org="else",job="j",instance="a"} 30 1790812860
requests_total{job="j",instance="a"} 0 1790812800
requests_total{job="j",instance="a"} 7 1790812860
# EOF
`

func poolEvaluator(t *testing.T, by, over string) *Evaluator {
	t.Helper()
	e := costEvaluator(t, fmt.Sprintf(pool, by, over), map[string]string{"bill.csv": poolBill, "metrics.om": poolMetrics})
	e.Open = func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		return tsdb.OpenMetrics(string(src.OpenMetrics), tsdb.Options{Name: "metrics"})
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestAllocateByTheGrowthOfACounter(t *testing.T) {
	tests := []struct{ metric, over, by, want, because string }{
		// 10 by 200, 100 and 30 of 330: 6.0606, 3.0303, 0.9090.
		{"requests", "org", "org", "acme 6.06 globex 3.03 late 2 else 0.91 unallocated 1", "organization else, which has a share by requests, is not listed; 7 of requests names no org and is no share"},
		{"requests", "org", "tier", "silver 11.09 unallocated 1.91", ""}, // acme was silver when October began
		{"requests", "org", "team", "unallocated 13", ""},
		{"requests", "tier", "tier", "silver 12 unallocated 1", "37 of requests names no tier and is no share"},
		{"absent", "org", "org", "late 2 unallocated 11", "cannot be shared out: absent has no value for any org: no series match"},
		{"ratio", "org", "org", "late 2 unallocated 11", "ratio is a ratio, and no amount that costs can be shared out by"},
		{"requests", "team", "team", "unallocated 13", "no series of requests names its team"},
	}
	for _, tt := range tests {
		e := poolEvaluator(t, tt.metric, tt.over)
		a, err := e.Allocate(context.Background(), cost.Query{Period: parsePeriod(t, e, "2026-10"), Measure: cost.Billed}, tt.by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range a.Groups {
			name := "unallocated"
			if v := g.Keys[tt.by]; v != nil {
				name = *v
			}
			got = append(got, name+" "+g.Amount.Canonical())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("by %s over %s: %s, want %s", tt.metric, tt.over, s, tt.want)
		}
		said := strings.Join(a.Notes, "; ")
		for _, u := range a.Because {
			said += "; " + u.Reason
		}
		for _, part := range strings.Split(tt.because, "; ") {
			if !strings.Contains(said, part) {
				t.Errorf("by %s over %s: %q does not say %q", tt.metric, tt.over, said, part)
			}
		}
	}
}

// The same key in a breakdown has the same amounts, whatever stands beside it.
func TestBreakdownByOrganizationIsTheAllocation(t *testing.T) {
	e := poolEvaluator(t, "requests", "org")
	p := parsePeriod(t, e, "2026-10")
	reports, err := e.Cost(context.Background(), []cost.Query{{Period: p, By: []string{"service", "org"}}, {Period: p, By: []string{"service"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, g := range reports[0].Groups {
		org := "nobody"
		if v := g.Keys["org"]; v != nil {
			org = *v
		}
		got[*g.Keys["service"]+" "+org] = g.Amount.Canonical()
	}
	want := map[string]string{"EC2 acme": "6.06", "EC2 globex": "3.03", "EC2 else": "0.91", "S3 late": "2", "S3 nobody": "1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("breakdown %v, want %v", got, want)
	}
	if n := len(reports[1].Groups); n != 2 {
		t.Errorf("%d groups by service", n)
	}
}

func TestUnitCostsOfAPeriod(t *testing.T) {
	e := poolEvaluator(t, "requests", "org")
	r, err := e.UnitCosts(context.Background(), parsePeriod(t, e, "2026-10"), cost.Billed)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range r.UnitCosts {
		reason, value := "", "null"
		if u.Reason != nil {
			reason = " " + *u.Reason
		}
		if u.UnitCost != nil {
			value = u.UnitCost.Canonical()
		}
		got = append(got, u.Name+" "+value+reason)
	}
	// 13 USD by 337 requests; per thousand of them.
	want := "request 0.0385756676558; thousand 38.5756676558; nothing null absent: no series match"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("unit costs %q, want %q", s, want)
	}
}

func TestMarginsOfFees(t *testing.T) {
	e := poolEvaluator(t, "requests", "org")
	r, err := e.Margins(context.Background(), parsePeriod(t, e, "2026-10"), cost.Billed, "org")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range r.Margins {
		text := "null"
		if m.Margin != nil {
			text = m.Margin.Canonical()
		} else if m.Reason != nil {
			text = *m.Reason
		}
		got = append(got, *m.Keys["org"]+" "+m.Currency+" "+text)
	}
	// Late has one of 31 days: 10 USD less the 2 that are its own.
	want := "acme USD 303.94; else USD no revenue is known; globex EUR the cost is in USD; globex USD the revenue is in EUR; late USD 8"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("margins %q, want %q", s, want)
	}
	if len(r.Unallocated) != 1 || r.Unallocated[0].Amount.Cmp(unit.DecimalOfInt(1)) != 0 {
		t.Errorf("unallocated %v", r.Unallocated)
	}
}

func TestOtherPeriods(t *testing.T) {
	e := poolEvaluator(t, "requests", "org")
	for asked, want := range map[string]string{
		"2026-10 previous": "2026-09", "2026-10 yoy": "2025-10", "2026-Q4 yoy": "2025-Q4", "2026 yoy": "2025", "2026-10-07 yoy": "2025-10-07", "2026-10 2024-02": "2024-02",
	} {
		name, other, _ := strings.Cut(asked, " ")
		if p, err := e.OtherPeriod(parsePeriod(t, e, name), other); err != nil || p.Name != want {
			t.Errorf("%s: %s, %v", asked, p.Name, err)
		}
	}
	week, err := e.OtherPeriod(parsePeriod(t, e, "2026-W42"), "yoy")
	if err != nil || !week.Start.Equal(time.Date(2025, 10, 13, 0, 0, 0, 0, time.UTC)) || week.Start.Weekday() != time.Monday {
		t.Errorf("the week 52 weeks before begins on %s, %v", week.Start, err)
	}
}
