package evaluate

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/unit"
)

const advised = `
timezone: UTC
sources:
  metrics: {openmetrics: metrics.om}
  billing:
    - {name: cloud, format: focus, path: bill.csv}
    - {name: usage, format: openai-usage, path: usage.json}
cost:
  measure: effective
  allocate: [{team: web, match: {service: EC2}}]
  utilisation: [{gauge: cpu_ratio, label: instance, idle_below: 0.05}]
  budgets: [{name: all, amount: 100, currency: USD, period: day}]
`

const advisedBill = `EffectiveCost,BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargeCategory,ServiceName,ResourceId,CommitmentDiscountId,CommitmentDiscountStatus
40,40,USD,2026-10-01,2026-10-01,Usage,EC2,arn:aws:ec2:eu:1:instance/i-1,,
30,30,USD,2026-10-01,2026-10-02,Usage,EC2,arn:aws:ec2:eu:1:instance/i-1,,
50,50,USD,2026-10-01,2026-10-02,Usage,EC2,i-2,,
8,8,USD,2026-10-01,2026-10-02,Usage,EC2,,sp-1,Used
2,2,USD,2026-10-01,2026-10-02,Usage,EC2,,sp-1,Unused
20,20,USD,2026-10-01,2026-10-02,Usage,Other,,,
`

// On October 2nd, the 274th of 288 means is the level that 95 % do not exceed: of
// i-1 it is the last idle one, of i-2 the first busy one.
const advisedSamples = `
load 5m 2026-10-01T00:05:00Z
cpu_ratio{job="j",instance="i-1"} 0.02x561 0.9x13
cpu_ratio{job="j",instance="i-2"} 0.9x287 0.02x272 0.9x14
`

func advisedEvaluator(t *testing.T, yaml string) *Evaluator {
	t.Helper()
	e := costEvaluator(t, yaml, map[string]string{"bill.csv": advisedBill})
	e.Now = time.Date(2026, 10, 3, 6, 0, 0, 0, time.UTC)
	e.Open = func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		text, err := openMetrics(advisedSamples, src.Name)
		if err != nil {
			return nil, err
		}
		return tsdb.ReadOpenMetrics(bytes.NewReader(text), "metrics.om", tsdb.Options{Name: src.Name, Workers: 1})
	}
	// A model that neither caches nor batches on the 1st; on the 2nd it does both.
	e.Usage = func(_ context.Context, _ []billing.Source, p period.Period, _ []int64) (*billing.UsageReport, error) {
		day := func(d int, tier string, t cost.Tokens) cost.Usage {
			return cost.Usage{Provider: "openai", Model: "gpt-4o", ServiceTier: tier, Day: time.Date(2026, 10, d, 0, 0, 0, 0, time.UTC), Tokens: t}
		}
		n := unit.MustDecimal
		if p.Start.Day() != 1 || p.End.Day() != 3 {
			t.Errorf("meters were read for %s, not once for both days", p.Name)
		}
		return &billing.UsageReport{Usages: []cost.Usage{day(1, "", cost.Tokens{Input: n("8000000")}), day(2, "", cost.Tokens{Input: n("4000000"), CacheRead: n("4000000")}), day(2, "batch", cost.Tokens{Input: n("1000000")})}}, nil
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Advice follows from bills, meters and metrics together; ground truth by hand.
func TestRecommend(t *testing.T) {
	e := advisedEvaluator(t, advised)
	r, err := e.Recommend(context.Background(), parsePeriod(t, e, "2026-10-02"), cost.Effective)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.Recommendations {
		line := x.ID + " " + x.Amount.Canonical()
		if x.Saving != nil {
			line += " " + x.Saving.Low.Canonical() + ".." + x.Saving.High.Canonical()
		}
		got = append(got, line)
	}
	// gpt-4o on the 2nd: 10 + 5 + 1.25 = 16.25; which of its successors is the
	// cheapest is the catalogue's business.
	i := slices.IndexFunc(r.Recommendations, func(x advice.Recommendation) bool { return x.Kind == advice.Model })
	if i < 0 || r.Recommendations[i].Amount.Canonical() != "16.25" {
		t.Fatalf("no cheaper model for 16.25: %q", got)
	}
	got = slices.Delete(got, i, i+1)
	want := []string{"idle:i-1 30 15..30", "commitment:sp-1 2 1..2", "untagged 20", "budget:all 10"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.Recommendations[0].Kind == advice.Idle {
		e := r.Recommendations[0].Evidence
		if len(e) != 4 || e[1].Value.Canonical() != "0.02" || e[3].Value.Canonical() != "288" {
			t.Errorf("the evidence of an idle machine is %+v", e)
		}
	}
	var outcomes []string
	for _, o := range r.Realised {
		if o.Kind != advice.Model {
			outcomes = append(outcomes, o.ID+" "+o.Before.Canonical()+" "+o.After.Canonical()+" "+o.Realised.Canonical()+" "+string(o.State))
		}
	}
	// The machine costs a quarter less; 4 M tokens were read at half of 2.50; 1 M in
	// batches at half of 2.50.
	want = []string{"idle:i-1 40 30 10 partly", "caching:openai/gpt-4o 0 -5 5 followed", "batch:openai/gpt-4o 0 -1.25 1.25 followed"}
	if !slices.Equal(outcomes, want) {
		t.Errorf("what came of it: %q, want %q", outcomes, want)
	}
}

// A report has all of it, reads the bills once, and says what it lacks.
func TestReportOnCosts(t *testing.T) {
	e := advisedEvaluator(t, advised)
	stages := map[string]int{}
	e.Progress = func(stage string) { stages[stage]++ }
	out, err := e.Report(context.Background(), "daily", parsePeriod(t, e, "2026-10-02"))
	if err != nil {
		t.Fatal(err)
	}
	if stages["reading bills"] != 1 {
		t.Errorf("bills were read %d times", stages["reading bills"])
	}
	if len(out.Budgets.Budgets) != 2 || out.Budgets.Budgets[0].Spent.Canonical() != "110" || out.Anomalies == nil || out.Recommendations == nil || out.Cost.Compare == nil || len(out.Cost.Ledger) == 0 {
		t.Errorf("parts are missing: %+v", out.Spending)
	}
	if out.Forecast != nil || out.Allocations != nil {
		t.Error("a daily report computes what it does not draw")
	}
	broken := advisedEvaluator(t, advised)
	broken.Config.Sources.Billing[0].Path = "nowhere.csv"
	if out, err = broken.Report(context.Background(), "daily", parsePeriod(t, e, "2026-10-02")); err != nil || len(out.Missing) == 0 || out.Cost != nil {
		t.Errorf("%v, missing %+v", err, out.Missing)
	}
}
