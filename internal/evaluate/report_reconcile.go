package evaluate

import (
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/unit"
)

// What a report reconciles by: the tolerance as a share of the larger amount, and
// how long after a day its bill may still be missing. They are the defaults of
// `slactl cost reconcile`.
const (
	reportTolerance = "0.01"
	reportDelay     = 72 * time.Hour
)

// reconciles reports whether bills are set beside meters: in reports of more than a
// day.
func (c *costCase) reconciles() bool {
	list := c.e.Config.Sources.Billing
	return c.draws("cost") && c.period.Kind != period.Day && slices.ContainsFunc(list, isMeter) && slices.ContainsFunc(list, isBill)
}

// askReconciled asks for the amounts of the sources that say them themselves.
func (c *costCase) askReconciled(b *bundle) {
	if !c.reconciles() {
		return
	}
	c.amounts = map[string]*cost.Report{}
	for _, s := range c.e.Config.Sources.Billing {
		side := c.side(s, nil)
		if side.counted() {
			continue
		}
		q := side.query()
		q.Match = cost.Match{"source": {s.Name}}
		b.ask(func(r []*cost.Report) { c.amounts[s.Name] = r[0] }, q)
	}
}

// side begins a side of a reconciliation.
func (c *costCase) side(s config.BillingSource, prices *price.Catalogue) *reconciling {
	side := &reconciling{e: c.e, prices: prices, source: s, period: c.this}
	side.begin()
	return side
}

// addReconciled sets each bill beside each meter, and keeps what has something in
// common.
func (c *costCase) addReconciled(m *meterReading, out *report.Results) {
	if !c.reconciles() || m == nil || m.err != nil {
		return
	}
	r := cost.Reconciler{Period: c.this, By: []string{"model"}, Tolerance: unit.MustDecimal(reportTolerance), Now: c.e.Now, Delay: reportDelay}
	for _, bill := range c.e.Config.Sources.Billing {
		for _, meter := range c.e.Config.Sources.Billing {
			if isMeter(bill) || !isMeter(meter) {
				continue
			}
			sides := [2]*reconciling{c.side(bill, m.catalogue), c.side(meter, m.catalogue)}
			if err := c.fill(sides, m); err != nil {
				out.Missing = append(out.Missing, report.Missing{Section: "cost: " + bill.Name + " against " + meter.Name, Because: err.Error()})
				continue
			}
			x := reconcileSides(r, sides)
			if slices.ContainsFunc(x.Rows, func(r cost.ReconciledRow) bool { return r.Status != cost.OnlyInA && r.Status != cost.OnlyInB }) {
				x.Ledger = []cost.LedgerEntry{}
				out.Reconciliations = append(out.Reconciliations, x)
			}
		}
	}
}

// fill gives the sides what was read of them.
func (c *costCase) fill(sides [2]*reconciling, m *meterReading) error {
	for _, s := range sides {
		if s.counted() {
			s.takeUsages(slices.DeleteFunc(m.in(c.this), func(u cost.Usage) bool { return u.Source != s.source.Name }))
			continue
		}
		if r := c.amounts[s.source.Name]; r != nil {
			if err := s.takeAmounts(r); err != nil {
				return err
			}
		}
	}
	return nil
}
