package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/demo"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// What a report of the demo company says is what happened to it: the simulator
// knows every request, and evaluation sees only samples and bills.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("writing the demo takes some seconds")
	}
	dir := t.TempDir()
	if _, err := demo.Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	e := demoEvaluator(t, dir)
	out, err := e.Report(context.Background(), "monthly", parsePeriod(t, e, "2026-10"))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Missing) > 0 {
		t.Fatalf("missing %+v", out.Missing)
	}
	company := demo.NewCompany()
	t.Run("availability", func(t *testing.T) { availabilityEqualsTruth(t, e, company, out.SLA) })
	t.Run("business", func(t *testing.T) { businessEqualsTruth(t, e, company, out) })
	t.Run("cost", func(t *testing.T) { costEqualsTruth(t, e, company) })
	t.Run("anomalies", func(t *testing.T) { anomaliesEqualTruth(t, e, company) })
	t.Run("reconciliation", func(t *testing.T) { reconciliationEqualsTruth(t, e, company) })
	t.Run("days add up to the month", func(t *testing.T) { daysAddUp(t, e) })
	t.Run("again", func(t *testing.T) {
		again, err := demoEvaluator(t, dir).Report(context.Background(), "monthly", parsePeriod(t, e, "2026-10"))
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, out, again)
	})
}

func demoEvaluator(t *testing.T, dir string) *Evaluator {
	t.Helper()
	cfg, diags := config.Load([]string{filepath.Join(dir, "slactl.yaml")}, os.LookupEnv)
	if cfg == nil {
		t.Fatal(diags)
	}
	e := &Evaluator{Config: cfg, Now: demo.End(), Dir: dir, Open: func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		return tsdb.OpenBlocks(string(src.Blocks), tsdb.Options{Name: src.Name})
	}}
	t.Cleanup(func() { e.Close() })
	return e
}

// The counters say what the bill does, to the last digit, and the providers'
// exports differ from them by what the demo knows, and by nothing else.
func reconciliationEqualsTruth(t *testing.T, e *Evaluator, company *demo.Company) {
	want := map[string]map[string]unit.Decimal{"cloud": {}, "openai": {}, "anthropic": {}}
	for _, d := range company.Disagreements() {
		if d.Amount.IsZero() {
			t.Errorf("%s does not differ by %s", d.Source, d.Cause)
		}
		want[d.Source][d.Cause] = d.Amount
	}
	r := cost.Reconciler{Period: parsePeriod(t, e, "2026-10"), Tolerance: unit.MustDecimal("0.01"), Now: e.Now, Delay: 72 * time.Hour}
	for source, causes := range want {
		got, err := e.ReconcileCosts(t.Context(), r, source, "llm")
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Currencies) != 1 || got.Currencies[0].B.IsZero() {
			t.Fatalf("%s: %+v", source, got.Currencies)
		}
		for _, p := range got.Currencies[0].Causes {
			if amount, ok := causes[string(p.Cause)]; !ok || amount.Cmp(p.Amount) != 0 {
				t.Errorf("%s: %s is %s, want %s", source, p.Cause, p.Amount.Canonical(), amount.Canonical())
			}
		}
		if n := len(got.Currencies[0].Causes); n != len(causes) {
			t.Errorf("%s: %d causes, want %d", source, n, len(causes))
		}
	}
}

// promised is what a sum of requests must read as.
type promised struct{ total, bad, unwitnessed, recovered int64 }

// expect is what a count of samples can know of an organization in a period, by
// the simulator: without the maintenance of its tier, and with the requests of
// the pause of Prometheus where they were seen.
func expect(c *demo.Company, org, tier string, in period.Span) promised {
	truth := c.Truth(org, in)
	countable := truth.Countable()
	if tier != "gold" {
		countable = countable.Minus(c.Truth(org, period.Span{Start: october(11, 2, 0), End: october(11, 4, 0)}).Countable())
	}
	// From the first scrape that did not take place to the first that did, each up
	// to a minute after the full one, by the job's offset.
	pause := period.Span{Start: october(16, 5, 10).Add(-time.Millisecond), End: october(16, 5, 36).Add(-time.Millisecond)}
	// What a target had counted before it was seen was counted at any time.
	ever := period.Span{Start: demo.Begin(), End: in.End}
	return promised{countable.Total, countable.Bad, c.Truth(org, ever).Unwitnessed.Total, c.Truth(org, pause).Countable().Total}
}

func october(day, hour, minute int) time.Time {
	return time.Date(2026, time.October, day, hour, minute, 0, 0, time.UTC)
}

// availabilityEqualsTruth compares every organization in its own zone, and the
// tiers and the whole in the file's.
func availabilityEqualsTruth(t *testing.T, e *Evaluator, c *demo.Company, r *sla.Report) {
	zones, tiers := map[string]*time.Location{}, map[string]string{}
	for _, o := range e.Config.Organizations.List {
		zones[o.ID], tiers[o.ID] = e.Config.Zone(), o.Tier
		if o.Timezone.Location != nil {
			zones[o.ID] = o.Timezone.Location
		}
	}
	if len(zones) != len(demo.OrganizationIDs()) {
		t.Fatalf("%d organizations are configured", len(zones))
	}
	month := parsePeriod(t, e, "2026-10")
	judged := 0
	for _, res := range r.Results {
		if res.SLA != "availability" {
			continue
		}
		judged++
		var want promised
		for _, id := range demo.OrganizationIDs() {
			span := month.Span
			switch {
			case res.Organization == id:
				span = month.In(zones[id], e.Now).Span
				if id == "vandelay" { // a customer since the 12th
					span.Start = time.Date(2026, time.October, 12, 0, 0, 0, 0, zones[id])
				}
			case res.Organization != "" || res.Tier != "" && res.Tier != tiers[id]:
				continue
			}
			one := expect(c, id, tiers[id], span)
			want = promised{want.total + one.total, want.bad + one.bad, want.unwitnessed + one.unwitnessed, want.recovered + one.recovered}
		}
		got := promised{count(t, res.Events.Total), count(t, res.Events.Bad), count(t, res.Events.Unwitnessed), count(t, res.Events.Recovered)}
		if got != want {
			t.Errorf("%s %s: counted %+v, happened %+v", res.Tier, res.Organization, got, want)
		}
		attained := unit.DecimalOfRat(big.NewRat(100*(want.total-want.bad), want.total), 12, true)
		if res.Attained == nil || res.Attained.Cmp(attained) != 0 {
			t.Errorf("%s %s: attained %v, want %s", res.Tier, res.Organization, res.Attained, attained)
		}
	}
	if judged != 1+3+len(zones) {
		t.Errorf("%d results", judged)
	}
}

func count(t *testing.T, n unit.Number) int64 {
	t.Helper()
	i, ok := n.Int64()
	if !ok {
		t.Fatalf("%s is no whole number", n)
	}
	return i
}

func businessEqualsTruth(t *testing.T, e *Evaluator, c *demo.Company, out *report.Results) {
	month := parsePeriod(t, e, "2026-10")
	percent := func(part, whole int64) unit.Decimal {
		return unit.QuantizeRat(big.NewRat(100*part, whole), 12, unit.HalfEven)
	}
	values := func(in period.Span) map[string]unit.Decimal {
		b := c.Business(in)
		return map[string]unit.Decimal{"debates_created": unit.DecimalOfInt(b.DebatesCreated), "llm_requests": unit.DecimalOfInt(b.LLMRequests),
			"revenue": b.Revenue, "debate_success": percent(b.DebatesSucceeded, b.DebatesFinished)}
	}
	this, previous := values(month.Span), values(month.Previous().Span)
	for _, m := range out.KPI.Metrics {
		want, ok := this[m.Name]
		if !ok {
			continue // a mean of samples, of which the truth has no opinion
		}
		if m.Value == nil || m.Value.Cmp(want) != 0 {
			t.Errorf("%s is %v, want %s", m.Name, m.Value, want)
		}
		if before := previous[m.Name]; m.Previous == nil || m.Previous.Cmp(before) != 0 {
			t.Errorf("%s was %v, want %s", m.Name, m.Previous, before)
		}
		for i, day := range month.Days(month.Zone) {
			if want := values(day.Span)[m.Name]; m.Daily[i] == nil || m.Daily[i].Cmp(want) != 0 {
				t.Errorf("%s on %s is %v, want %s", m.Name, day.Name, m.Daily[i], want)
			}
		}
		delete(this, m.Name)
	}
	for name := range this {
		t.Errorf("%s was not measured", name)
	}
}

func costEqualsTruth(t *testing.T, e *Evaluator, c *demo.Company) {
	for _, month := range []string{"2025-10", "2026-09", "2026-10"} {
		p := e.BillingPeriod(parsePeriod(t, e, month))
		want := c.Costs(p.Start)
		measures := map[cost.Measure]unit.Decimal{cost.Billed: want.Billed, cost.Effective: want.Effective, cost.List: want.List, cost.Contracted: want.Contracted}
		for m, amount := range measures {
			reports, err := e.Cost(context.Background(), []cost.Query{{Period: p, Measure: m}})
			if err != nil {
				t.Fatal(err)
			}
			if totals := reports[0].Totals; len(totals) != 1 || totals[0].Currency != "USD" || totals[0].Amount.Cmp(amount) != 0 {
				t.Errorf("%s %s: %+v, want %s USD", month, m, totals, amount)
			}
		}
	}
}

// anomaliesEqualTruth finds the day on which a service cost far more than usual,
// and nothing else that is worth a warning.
func anomaliesEqualTruth(t *testing.T, e *Evaluator, c *demo.Company) {
	r, err := e.Anomalies(t.Context(), AnomalyQuestion{Period: e.BillingPeriod(parsePeriod(t, e, "2026-10")), By: []string{"service"}, Measure: cost.Effective})
	if err != nil {
		t.Fatal(err)
	}
	spike, want := c.Spike()
	day, found := spike.Day.Format(time.DateOnly), 0
	for _, a := range r.Anomalies {
		if *a.Keys["service"] == spike.Service && a.Start == day && a.End == day && a.Severity == cost.Warning && a.Amount.Cmp(want.Effective) == 0 {
			found++
		} else if a.Severity != cost.Info {
			t.Errorf("%s from %s to %s is a %s: %s, %s expected", *a.Keys["service"], a.Start, a.End, a.Severity, a.Amount, a.Expected)
		}
	}
	if found != 1 {
		t.Errorf("%s on %s was found %d times among %+v", spike.Service, day, found, r.Anomalies)
	}
}

// daysAddUp judges the month and its days: the events of the days are those of
// the month, for everyone in the file's zone and for every organization in its
// own.
func daysAddUp(t *testing.T, e *Evaluator) {
	month := parsePeriod(t, e, "2026-10")
	days := month.Days(month.Zone)
	for i := range days {
		days[i].Complete = true
	}
	vs := views(append([]period.Period{month}, days...)...)
	for i := range vs {
		vs[i].Coarse = true
	}
	out, err := e.SLA(context.Background(), vs, Filter{SLAs: []string{"availability", "response_time"}})
	if err != nil {
		t.Fatal(err)
	}
	type who struct{ sla, objective, tier, org string }
	type events struct{ total, bad, recovered, unwitnessed int64 }
	sum := func(r *sla.Report, into map[who]events) {
		for _, res := range r.Results {
			k := who{res.SLA, res.Objective, res.Tier, res.Organization}
			v := into[k]
			into[k] = events{v.total + count(t, res.Events.Total), v.bad + count(t, res.Events.Bad),
				v.recovered + count(t, res.Events.Recovered), v.unwitnessed + count(t, res.Events.Unwitnessed)}
		}
	}
	whole, parts := map[who]events{}, map[who]events{}
	sum(out.Reports[0], whole)
	for _, r := range out.Reports[1:] {
		sum(r, parts)
	}
	for k, want := range whole {
		if parts[k] != want {
			t.Errorf("%+v: the days have %+v, the month has %+v", k, parts[k], want)
		}
	}
}

// sameJSON compares two results as they are written.
func sameJSON(t *testing.T, a, b any) {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("two evaluations differ")
	}
}
