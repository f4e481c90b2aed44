package evaluate

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Recommend says where money could be saved, by what a period's bills, meters and
// metrics tell, and what became of what the period before would have advised. What
// cannot be read leaves its advice out, and a note says so; the error says that
// the bills cannot be.
func (e *Evaluator) Recommend(ctx context.Context, p period.Period, m cost.Measure) (*advice.Report, error) {
	q := questions{}
	c := e.askAdvice(q, p, m)
	got := e.put(ctx, q)
	var b bundle
	c.askBills(&b, got)
	if slices.ContainsFunc(e.Config.Sources.Billing, isBill) {
		if err := b.put(ctx, e); err != nil {
			return nil, err
		}
	}
	c.take(e.readUsages(ctx, c.periods[:]...))
	return c.advise(), ctx.Err()
}

func isBill(s config.BillingSource) bool { return !isMeter(s) }

// adviceCase gathers what advice follows from, of two periods: the one that is
// asked for, and the one before.
type adviceCase struct {
	e          *Evaluator
	periods    [2]period.Period // as bills are cut
	measure    cost.Measure
	data       [2]advice.Data
	allocators [2]func(answers) *cost.Allocator
	rules      [2]*cost.Allocator
	busy       []askedUtilisation
	report     *advice.Report
}

// askedUtilisation is a gauge that is being read.
type askedUtilisation struct {
	config config.Utilisation
	ticket ticket
}

// utilisationWindow is the length of the windows whose means tell how busy a
// resource is.
const utilisationWindow = 5 * time.Minute

// askAdvice asks for the metrics that advice goes by.
func (e *Evaluator) askAdvice(q questions, p period.Period, m cost.Measure) *adviceCase {
	c := &adviceCase{e: e, measure: m, periods: [2]period.Period{e.BillingPeriod(p), e.BillingPeriod(p.Previous())}}
	c.report = &advice.Report{Schema: advice.Schema, Period: c.periods[0].Info(), Previous: c.periods[1].Info(), Measure: m, Ledger: []cost.LedgerEntry{}, Notes: []string{}}
	var cuts []time.Time
	for i, p := range c.periods {
		c.allocators[i] = e.askAllocator(q, p)
		for at := p.Start; at.Before(e.until(p)); at = at.Add(utilisationWindow) {
			cuts = append(cuts, at)
		}
		cuts = append(cuts, e.until(p))
	}
	for _, u := range e.Config.Cost.Utilisation {
		ind, err := indicatorOf(config.Indicator{Gauge: u.Gauge})
		if err != nil {
			c.note("utilisation by %s is not read: %s", u.Gauge, err)
			continue
		}
		c.busy = append(c.busy, askedUtilisation{u, q.ask(e.sourceNames(u.Source), query.Request{Indicator: ind, GroupBy: []string{u.Label},
			Grid: window.NewGrid(cuts), MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback})})
	}
	return c
}

func (c *adviceCase) note(format string, args ...any) {
	c.report.Notes = appendNew(c.report.Notes, []string{fmt.Sprintf(format, args...)})
}

// askBills reads the answers of the metrics, and asks for the charges of both
// periods.
func (c *adviceCase) askBills(b *bundle, got answers) {
	c.readUtilisation(got)
	for i, p := range c.periods {
		d, ask := &c.data[i], cost.Query{Period: p, Measure: c.measure}
		b.ask(func(r []*cost.Report) {
			d.Totals = r[0].Totals
			if i == 0 {
				c.report.Measure, c.report.Ledger = r[0].Measure, r[0].Ledger
				c.report.Notes = appendNew(c.report.Notes, r[0].Notes)
			}
		}, ask)
		b.ask(func(r []*cost.Report) { d.Commitments, d.Purchases = r[0], r[1] },
			advice.CommitmentQuery(cost.Query{Period: p, Measure: cost.Effective}), advice.CommitmentQuery(cost.Query{Period: p, Measure: cost.Billed}))
		if match := idleMatch(d.Utilisation); match != nil {
			resources := cost.Query{Period: p, Measure: c.measure, By: []string{"resource"}, Match: match}
			b.ask(func(r []*cost.Report) { d.Resources = r[0] }, resources)
		}
		months := ask
		months.Period = c.wholeMonths(p)
		b.ask(func(r []*cost.Report) { d.Storage = r[0] }, advice.StorageQuery(months))
		allocator, owners := c.allocators[i](got), ask
		c.rules[i], owners.By = allocator, []string{c.e.costOwner()}
		b.ask(func(r []*cost.Report) { d.Allocation = allocator.Allocate(owners.By[0], r[0]) }, allocator.Query(owners))
		for _, at := range c.budgetsAt(i) {
			b.ask(func(r []*cost.Report) { d.Budgets = laterBudgets(d.Budgets, c.e.BudgetsIn(at, r).Budgets) }, c.e.BudgetQueries(at)...)
		}
	}
}

// costOwner is to whom costs should belong: to organizations where rules give them to
// these only, else to teams.
func (e *Evaluator) costOwner() string {
	rules := e.Config.Cost.Allocate
	if len(rules) == 0 || slices.ContainsFunc(rules, func(r config.AllocateRule) bool { return r.Team != "" }) {
		return "team"
	}
	return "org"
}

// wholeMonths are the last months that are over at the end of a period.
func (c *adviceCase) wholeMonths(p period.Period) period.Period {
	end := p.End
	if end.After(c.e.Now) {
		end = c.e.Now
	}
	end = time.Date(end.UTC().Year(), end.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	start := end.AddDate(0, -advice.StorageMonths, 0)
	return period.Period{Name: start.Format("2006-01") + ".." + end.AddDate(0, 0, -1).Format("2006-01"), Span: period.Span{Start: start, End: end}, Zone: time.UTC, Complete: true}
}

// budgetsAt are the instants whose budgets are looked at: those of a period, and
// when it is the last one that is over, also those that run now.
func (c *adviceCase) budgetsAt(i int) []time.Time {
	if len(c.e.Config.Cost.Budgets) == 0 {
		return nil
	}
	p := c.periods[i]
	at := []time.Time{p.Start}
	if next := p.End.Add(p.End.Sub(p.Start)); i == 0 && p.Complete && c.e.Now.Before(next) {
		at = append(at, c.e.Now)
	}
	return at
}

// laterBudgets joins two states of the budgets: of each, the later one that will
// not last, else the earlier one.
func laterBudgets(earlier, later []cost.Budget) []cost.Budget {
	if earlier == nil {
		return later
	}
	out := slices.Clone(earlier)
	for i, b := range later {
		if b.Projected != nil && b.Projected.Cmp(b.Amount) > 0 {
			out[i] = b
		}
	}
	return out
}

// idleMatch picks the charges of the resources that are idle, nil without any.
func idleMatch(list []advice.Utilisation) cost.Match {
	var ids []string
	for _, u := range list {
		ids = append(ids, u.Resource, "*/"+u.Resource, "*:"+u.Resource)
	}
	if len(ids) == 0 {
		return nil
	}
	return cost.Match{"resource": ids}
}

// readUtilisation finds how busy resources were in both periods. A resource that
// was idle in either of them is kept in both: what it cost later tells what became
// of the advice.
func (c *adviceCase) readUtilisation(got answers) {
	idle := map[string]bool{}
	var all [2][]advice.Utilisation
	for _, asked := range c.busy {
		r := got.get(asked.ticket)
		if r.Err != nil {
			c.note("utilisation by %s is not known: %s", asked.config.Gauge, r.Err)
			continue
		}
		for _, g := range r.Scan.Groups {
			name := g.Labels[asked.config.Label]
			if name == "" {
				continue
			}
			for i, p := range c.periods {
				u := advice.Utilisation{Resource: name, Gauge: asked.config.Gauge, IdleBelow: asked.config.IdleBelow}
				u.P95, u.Windows = busyLevel(r.Scan.Grid, g, period.Span{Start: p.Start, End: c.e.until(p)})
				idle[name] = idle[name] || u.P95 != nil && u.P95.Cmp(u.IdleBelow) < 0
				all[i] = append(all[i], u)
			}
		}
	}
	for i, list := range all {
		c.data[i].Utilisation = slices.DeleteFunc(list, func(u advice.Utilisation) bool { return !idle[u.Resource] })
	}
}

// levelDigits is how many digits after the point a utilisation has.
const levelDigits = 6

// busyLevel is the 95th percentile, by nearest rank, of the means of the windows
// that have samples: nil when fewer than half of the windows have any.
func busyLevel(grid window.Grid, g window.Group, span period.Span) (*unit.Decimal, int) {
	lo, hi := grid.Range(span)
	var means []*big.Rat
	for i := lo; i < hi; i++ {
		n := g.Total.Windowed.At(i)
		if mean, ok := unit.RatioOf(g.Sum.Windowed.At(i), n); ok && !n.IsZero() {
			means = append(means, mean)
		}
	}
	if len(means) == 0 || 2*len(means) < hi-lo {
		return nil, len(means)
	}
	slices.SortFunc(means, (*big.Rat).Cmp)
	rank := (95*len(means) + 99) / 100 // ⌈0.95 n⌉
	level := unit.QuantizeRat(means[rank-1], levelDigits, unit.Up)
	return &level, len(means)
}

// take takes what meters counted in both periods.
func (c *adviceCase) take(m *meterReading) {
	switch {
	case m == nil:
		return
	case m.err != nil:
		c.note("%s", m.err)
		return
	}
	c.report.PricesChecked = m.PricesChecked
	c.report.Ledger = append(c.report.Ledger, m.Ledger...)
	c.report.Notes = appendNew(c.report.Notes, m.Notes)
	for i, p := range c.periods {
		c.data[i].Catalogue, c.data[i].Usages = m.catalogue, m.in(p)
	}
}

// advise applies the rules to both periods.
func (c *adviceCase) advise() *advice.Report {
	c.report.Recommendations, c.report.Realised = advice.Find(&c.data[0]), []advice.Outcome{}
	if !c.periods[0].Complete {
		c.note("%s is not over: savings are of the period so far, and what became of the advice of %s is not told yet", c.periods[0].Name, c.periods[1].Name)
		return c.report
	}
	c.report.Realised = advice.Followed(&c.data[1], &c.data[0], advice.Find(&c.data[1]), c.report.Recommendations)
	return c.report
}
