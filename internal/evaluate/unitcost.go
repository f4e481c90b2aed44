package evaluate

import (
	"context"
	"fmt"
	"slices"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// UnitCosts computes the configured unit costs of a period, as bills are cut,
// beside those of the period before. Costs and events are those of the same span.
func (e *Evaluator) UnitCosts(ctx context.Context, p period.Period, m cost.Measure) (*cost.UnitReport, error) {
	if len(e.Config.Cost.UnitCosts) == 0 {
		return nil, fmt.Errorf("computing unit costs: none is configured; set cost.unit_costs, such as {request: llm_requests}")
	}
	reports, err := e.Cost(ctx, e.unitQueries(p, m))
	if err != nil {
		return nil, err
	}
	out := e.unitsIn(p, reports, e.Metrics(ctx, p))
	e.addTokens(ctx, out, p)
	return out, nil
}

// unitQueries are the breakdowns that unitsIn reads: of each unit cost, in a period
// and in the one before.
func (e *Evaluator) unitQueries(p period.Period, m cost.Measure) []cost.Query {
	var out []cost.Query
	for _, u := range e.Config.Cost.UnitCosts {
		for _, in := range []period.Period{p, e.BillingPeriod(p.Previous())} {
			out = append(out, cost.Query{Period: in, Measure: m, Match: u.Value.Match.Charges()})
		}
	}
	return out
}

// unitsIn divides the answers to unitQueries by what was counted in the same span.
func (e *Evaluator) unitsIn(p period.Period, reports []*cost.Report, events *kpi.Report) *cost.UnitReport {
	before := e.BillingPeriod(p.Previous())
	out := &cost.UnitReport{Schema: cost.UnitSchema, Period: p.Info(), Previous: before.Info(), Measure: reports[0].Measure,
		UnitCosts: []cost.UnitCost{}, Tokens: []cost.TokenUse{}, Ledger: reports[0].Ledger, Notes: slices.Clone(reports[0].Notes)}
	for i, u := range e.Config.Cost.UnitCosts {
		per := unit.DecimalOfInt(1)
		if u.Value.Per != nil {
			per = *u.Value.Per
		}
		now, then := eventsOf(events, u.Value.Metric)
		out.UnitCosts = append(out.UnitCosts, cost.UnitCosts(u.Key, u.Value.Metric, per, reports[2*i], reports[2*i+1], now, then)...)
	}
	if !p.Complete {
		out.Notes = append(out.Notes, "the period is not over: bills and metrics so far may not reach equally far")
	}
	return out
}

// addTokens adds how well tokens were used, where meters count them. Unit costs do
// without.
func (e *Evaluator) addTokens(ctx context.Context, out *cost.UnitReport, p period.Period) {
	if !slices.ContainsFunc(e.Config.Sources.Billing, isMeter) {
		return
	}
	c, err := e.Prices()
	if err != nil {
		out.Notes = append(out.Notes, err.Error())
		return
	}
	usages, metered, err := e.metered(ctx, c, p)
	if err != nil {
		out.Notes = append(out.Notes, err.Error())
		return
	}
	out.Tokens, out.Ledger, out.Notes = cost.TokenUses(usages), append(out.Ledger, metered.Ledger...), append(out.Notes, metered.Notes...)
}

// Metrics measures the business metrics in a period.
func (e *Evaluator) Metrics(ctx context.Context, p period.Period) *kpi.Report {
	q := questions{}
	metrics := e.askKPI(q, p)
	return e.measureKPI(metrics, e.put(ctx, q), p)
}

// eventsOf is what a business metric counted in the period, and in the one before.
func eventsOf(r *kpi.Report, name string) (now, then cost.Events) {
	for _, m := range r.Metrics {
		if m.Name != name {
			continue
		}
		now, then = cost.Events{Value: m.Value}, cost.Events{Value: m.Previous, Reason: "no value in the period before"}
		if m.Reason != nil {
			now.Reason = name + ": " + *m.Reason
		}
		return now, then
	}
	missing := cost.Events{Reason: "there is no business metric " + name}
	return missing, missing
}
