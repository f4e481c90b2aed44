package evaluate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
)

// costCase gathers what the sections about costs are drawn from. Metrics are asked
// for with those of the rest of the report, and the bills are read once.
type costCase struct {
	e        *Evaluator
	period   period.Period
	this     period.Period // the same, as bills are cut
	days     []period.Period
	sections []string
	rules    func(answers) *cost.Allocator // whom costs belong to, where that is asked
	events   []metric                      // what unit costs divide by, where bills are cut otherwise
	advice   *adviceCase
	amounts  map[string]*cost.Report // of sources that are reconciled, by name
}

// askCosts asks for the metrics that the costs of a report need; it returns nil
// where no bill is configured.
func (e *Evaluator) askCosts(q questions, kind string, p period.Period, days []period.Period) *costCase {
	if len(e.Config.Sources.Billing) == 0 {
		return nil
	}
	c := &costCase{e: e, period: p, this: e.BillingPeriod(p), days: days, sections: report.Sections(kind, e.layout(kind))}
	if c.draws("allocation") {
		c.rules = e.askAllocator(q, c.this)
	}
	if c.draws("unit_costs") && len(e.Config.Cost.UnitCosts) > 0 && c.this.Span != p.Span {
		c.events = e.askKPI(q, c.this)
	}
	c.advice = e.askAdvice(q, e.advisedMonth(p), e.Measure())
	return c
}

func (c *costCase) draws(section string) bool { return slices.Contains(c.sections, section) }

// advisedMonth is the period that a report advises by: its own month, or, for
// shorter ones and those that are not over, the last month that was over by then. A
// day tells too little.
func (e *Evaluator) advisedMonth(p period.Period) period.Period {
	if p.Complete && p.Kind != period.Day && p.Kind != period.Week {
		return p
	}
	at := p.End
	if at.After(e.Now) {
		at = e.Now
	}
	return period.Calendar{Zone: e.Config.Zone(), WeekStart: e.Config.WeekStartDay(), Now: at}.LastClosed(period.Month)
}

// add computes the costs of a report. Bills that cannot be read at all, and every
// part that cannot be had, are listed in Missing.
func (c *costCase) add(ctx context.Context, out *report.Results, got answers) {
	e := c.e
	var b bundle
	c.askBreakdowns(&b, out)
	c.askOwners(&b, out, got)
	c.askOutlooks(&b, out)
	c.askReconciled(&b)
	c.advice.askBills(&b, got)
	if err := b.put(ctx, e); err != nil {
		out.Missing = append(out.Missing, report.Missing{Section: "cost", Because: err.Error()})
		return
	}
	for _, l := range out.Cost.Ledger {
		if l.Status == cost.Rejected {
			out.Missing = append(out.Missing, report.Missing{Section: "cost: " + l.Source, Because: fmt.Sprintf("%s was rejected: %s", l.File, l.Reason)})
		}
	}
	meters := e.readUsages(ctx, append([]period.Period{c.this}, c.advice.periods[:]...)...)
	c.addMetered(meters, out)
	c.addReconciled(meters, out)
	c.addMargins(ctx, out)
	out.Recommendations = c.advice.advise()
	out.Preliminary = c.period.Complete && e.Now.Before(e.settled(c.this))
	for _, s := range e.Config.Sources.Billing {
		out.Sources = append(out.Sources, e.billingAppendix(s, out.Cost))
	}
	c.oneLedger(out)
}

// askBreakdowns asks for the breakdown beside the period before, its days, and the
// invoices.
func (c *costCase) askBreakdowns(b *bundle, out *report.Results) {
	q := cost.Query{Period: c.this, Measure: c.e.Measure(), Basis: cost.ByCharge, By: []string{"provider", "service"}}
	before := c.e.BillingPeriod(c.period.Previous())
	var compared []cost.Query
	for _, ask := range []cost.Query{q, q.Detailed()} {
		for _, p := range []period.Period{c.this, before} {
			ask.Period = p
			compared = append(compared, ask)
		}
	}
	b.ask(func(r []*cost.Report) {
		out.Cost, out.CostPrevious = r[0], r[1]
		if len(r[0].Totals) == 0 {
			return // not billed yet, which is no fall to 0
		}
		out.Cost = cost.Compare(q, r[0], r[1], r[2], r[3])
		if !c.this.Complete {
			out.Cost.Notes = append(slices.Clone(out.Cost.Notes), fmt.Sprintf("%s is not over, and stands beside the whole of %s", c.this.Name, before.Name))
		}
	}, compared...)
	trend := q
	trend.By = []string{"day", "provider"}
	if n := len(c.days); n > 0 {
		trend.Period = c.e.BillingPeriod(c.days[0])
		trend.Period.End, trend.Period.Name = c.this.End, c.days[0].Name+".."+c.days[n-1].Name
	}
	b.ask(func(r []*cost.Report) { out.CostDaily = r[0] }, trend)
	if c.draws("cost") && c.period.Kind != period.Day {
		invoices := q
		invoices.Basis, invoices.Measure = cost.ByBilling, cost.Billed // what finance closes on
		b.ask(func(r []*cost.Report) { out.Invoices = cost.BridgeInvoices(r[0]) }, cost.InvoiceQuery(invoices))
	}
}

// askOwners asks whom the costs belong to, and what units cost.
func (c *costCase) askOwners(b *bundle, out *report.Results, got answers) {
	if c.rules != nil {
		rules := c.rules(got)
		for _, by := range c.owners() {
			q := cost.Query{Period: c.this, Measure: c.e.Measure(), By: []string{by}}
			b.ask(func(r []*cost.Report) { out.Allocations = append(out.Allocations, rules.Allocate(by, r[0])) }, rules.Query(q))
		}
	}
	if c.draws("unit_costs") && len(c.e.Config.Cost.UnitCosts) > 0 {
		events := out.KPI
		if c.events != nil {
			events = c.e.measureKPI(c.events, got, c.this)
		}
		b.ask(func(r []*cost.Report) { out.UnitCosts = c.e.unitsIn(c.this, r, events) }, c.e.unitQueries(c.this, c.e.Measure())...)
	}
}

// owners are the keys that costs are allocated by: teams, where rules name them,
// and organizations, where there are any.
func (c *costCase) owners() []string {
	out := []string{c.e.costOwner()}
	if len(c.e.Config.Organizations.List) > 0 && out[0] != "org" {
		out = append(out, "org")
	}
	return out
}

// askOutlooks asks for what was unusual, the budgets, and the forecast.
func (c *costCase) askOutlooks(b *bundle, out *report.Results) {
	e := c.e
	unusual := AnomalyQuestion{Period: c.this, By: []string{"service"}}
	b.ask(func(r []*cost.Report) { out.Anomalies = e.AnomaliesIn(unusual, r[0]) }, e.AnomalyQuery(unusual))
	if len(e.Config.Cost.Budgets) > 0 {
		for _, at := range c.budgetsAt() {
			b.ask(func(r []*cost.Report) { addBudgets(out, e.BudgetsIn(at, r)) }, e.BudgetQueries(at)...)
		}
	}
	ahead := ForecastQuestion{Horizon: "month-end"}
	query, err := e.ForecastQuery(ahead)
	if err != nil || !c.recent() || !c.draws("forecast") {
		return
	}
	b.ask(func(r []*cost.Report) {
		if out.Forecast, err = e.ForecastIn(ahead, r[0]); err != nil {
			out.Missing = append(out.Missing, report.Missing{Section: "forecast", Because: err.Error()})
		}
	}, query)
}

// recent reports whether nothing lies between the period and now but one of its
// kind: what is ahead of now belongs to the report.
func (c *costCase) recent() bool { return c.e.Now.Before(c.this.End.Add(c.this.End.Sub(c.this.Start))) }

// budgetsAt are the instants whose budgets are shown: the last one of the period,
// and, for a month that has just ended, now.
func (c *costCase) budgetsAt() []time.Time {
	last := c.this.End.Add(-time.Nanosecond)
	if last.After(c.e.Now) {
		last = c.e.Now
	}
	if c.this.Complete && c.recent() {
		return []time.Time{last, c.e.Now}
	}
	return []time.Time{last}
}

// addBudgets adds the budgets of a further period, without those that are there.
func addBudgets(out *report.Results, r *cost.BudgetReport) {
	if out.Budgets == nil {
		out.Budgets = r
		return
	}
	for _, b := range r.Budgets {
		if !slices.ContainsFunc(out.Budgets.Budgets, func(o cost.Budget) bool { return o.Name == b.Name && o.Period.Name == b.Period.Name }) {
			out.Budgets.Budgets = append(out.Budgets.Budgets, b)
		}
	}
}

// addMetered adds what meters counted: to the advice, and how tokens and caches
// were used.
func (c *costCase) addMetered(m *meterReading, out *report.Results) {
	c.advice.take(m)
	switch {
	case m == nil:
		return
	case m.err != nil:
		out.Missing = append(out.Missing, report.Missing{Section: "unit_costs: tokens", Because: m.err.Error()})
		return
	}
	usages := m.in(c.this)
	savings := m.catalogue.CacheSavings(usages, nil)
	out.Cache, out.PricesChecked = &savings, m.PricesChecked
	if out.UnitCosts != nil {
		out.UnitCosts.Tokens = cost.TokenUses(usages)
	}
	out.Cost.Ledger = append(out.Cost.Ledger, m.Ledger...)
	out.Notes = appendNew(out.Notes, m.Notes)
}

// addMargins puts the costs of organizations beside their revenue, and the credits
// that the report has judged.
func (c *costCase) addMargins(ctx context.Context, out *report.Results) {
	i := slices.IndexFunc(out.Allocations, func(a *cost.Allocation) bool { return a.By == "org" })
	if i < 0 || c.e.Config.Cost.Revenue == nil || c.period.Kind != period.Month {
		return
	}
	var credits []cost.OwnedAmount
	if c.e.promisesCredits() && out.SLA != nil {
		credits = c.e.owedIn([]period.Period{c.period}, []*sla.Report{out.SLA})
	}
	margins, err := c.e.marginsIn(ctx, c.period, "org", out.Allocations[i], credits, nil)
	if err != nil {
		out.Missing = append(out.Missing, report.Missing{Section: "allocation: margin", Because: err.Error()})
		return
	}
	out.Margins = margins
}

// oneLedger keeps the ledger of the breakdown alone: the same files were read for
// everything. Notes that the breakdown has too are told once.
func (c *costCase) oneLedger(out *report.Results) {
	told := out.Cost.Notes
	strip := func(ledger *[]cost.LedgerEntry, notes *[]string) {
		*ledger = []cost.LedgerEntry{}
		rest := []string{} // a list of its own: reports share theirs
		for _, n := range *notes {
			if !slices.Contains(told, n) {
				rest = append(rest, n)
			}
		}
		*notes = rest
	}
	strip(&out.CostPrevious.Ledger, &out.CostPrevious.Notes)
	strip(&out.CostDaily.Ledger, &out.CostDaily.Notes)
	for _, a := range out.Allocations {
		strip(&a.Ledger, &a.Notes)
	}
	if r := out.Invoices; r != nil {
		strip(&r.Ledger, &r.Notes)
	}
	if r := out.Margins; r != nil {
		strip(&r.Ledger, &r.Notes)
	}
	if r := out.UnitCosts; r != nil {
		strip(&r.Ledger, &r.Notes)
	}
	if r := out.Budgets; r != nil {
		strip(&r.Ledger, &r.Notes)
	}
	if r := out.Forecast; r != nil {
		strip(&r.Ledger, &r.Notes)
	}
	strip(&out.Anomalies.Ledger, &out.Anomalies.Notes)
	strip(&out.Recommendations.Ledger, &out.Recommendations.Notes)
}
