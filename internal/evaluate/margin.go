package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Margins puts the costs that a period's organizations or tiers (by) have
// allocated beside their revenue and what they are owed in service credits.
// Amounts are converted at the configured rates: revenue and credits at the rate
// of the day on which the period begins.
func (e *Evaluator) Margins(ctx context.Context, p period.Period, m cost.Measure, by string) (*cost.MarginReport, error) {
	if e.Config.Cost.Revenue == nil {
		return nil, fmt.Errorf("computing margins: no revenue is configured; set cost.revenue, such as {from: monthly_fee}")
	}
	bills := e.BillingPeriod(p)
	costs, err := e.Allocate(ctx, cost.Query{Period: bills, Measure: m}, by)
	if err != nil {
		return nil, err
	}
	credits, notes, err := e.owedCredits(ctx, p)
	if err != nil {
		return nil, err
	}
	return e.marginsIn(ctx, p, by, costs, credits, notes)
}

// marginsIn puts allocated costs and credits beside the revenue.
func (e *Evaluator) marginsIn(ctx context.Context, p period.Period, by string, costs *cost.Allocation, credits []cost.OwnedAmount, notes []string) (*cost.MarginReport, error) {
	bills := e.BillingPeriod(p)
	revenue, from, err := e.revenue(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &cost.MarginReport{Schema: cost.MarginSchema, Period: p.Info(), Measure: costs.Measure, By: by, Revenue: from,
		Unallocated: []cost.Amount{}, Ledger: costs.Ledger, Notes: append([]string{}, slices.Concat(costs.Notes, notes)...)}
	for _, parts := range [][]cost.OwnedAmount{revenue, credits} {
		converted, err := e.convertOwned(parts, bills.Start)
		if err != nil {
			return nil, err
		}
		out.Notes = append(out.Notes, converted...)
	}
	if out.Margins = cost.Margins("org", revenue, credits, costs.OwnedCosts()); by == "tier" {
		if out.Margins, err = e.tierMargins(ctx, costs, revenue, credits, bills); err != nil {
			return nil, err
		}
	}
	for _, g := range costs.Groups {
		if g.Unallocated && !g.Amount.IsZero() {
			out.Unallocated = append(out.Unallocated, cost.Amount{Currency: g.Currency, Amount: g.Amount})
		}
	}
	if !p.Complete {
		out.Notes = append(out.Notes, "the period is not over: fees count for the days so far")
	}
	return out, nil
}

// tierMargins adds up the parts of each tier's organizations.
func (e *Evaluator) tierMargins(ctx context.Context, costs *cost.Allocation, revenue, credits []cost.OwnedAmount, bills period.Period) ([]cost.Margin, error) {
	byOrg, err := e.Allocate(ctx, cost.Query{Period: bills, Measure: costs.Measure}, "org")
	if err != nil {
		return nil, err
	}
	organizations := cost.Margins("org", revenue, credits, byOrg.OwnedCosts())
	tiers := e.tiersIn(bills)
	ownByTier(revenue, tiers)
	ownByTier(credits, tiers)
	out := cost.Margins("tier", revenue, credits, costs.OwnedCosts())
	cost.WithoutForeign(out, organizations, func(org string) string { return tiers[org] })
	return out, nil
}

// convertOwned converts amounts in place at the configured rates of a day.
func (e *Evaluator) convertOwned(parts []cost.OwnedAmount, day time.Time) ([]string, error) {
	path, to := string(e.Config.Cost.ExchangeRates), e.Config.Cost.Currency
	if path == "" || to == "" {
		return nil, nil
	}
	rates, err := billing.ReadRates(path, e.display(path))
	if err != nil {
		return nil, err
	}
	var notes []string
	for i := range parts {
		p := &parts[i]
		if p.Amount == nil || p.Currency == to {
			continue
		}
		rate, ok := rates.At(p.Currency, to, day)
		note := fmt.Sprintf("revenue and credits in %s are converted into %s at the rate of %s", p.Currency, to, day.Format(time.DateOnly))
		if ok {
			amount := p.Amount.Mul(rate)
			p.Amount, p.Currency = &amount, to
		} else {
			note = fmt.Sprintf("revenue and credits in %s without an exchange rate into %s on %s stay in %s", p.Currency, to, day.Format(time.DateOnly), p.Currency)
		}
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes, nil
}

// ownByTier gives amounts of organizations to their tiers, in place. A missing
// one names the organization that it is missing for.
func ownByTier(parts []cost.OwnedAmount, tiers map[string]string) {
	for i := range parts {
		if parts[i].Amount == nil {
			parts[i].Reason = parts[i].Owner + ": " + parts[i].Reason
		}
		parts[i].Owner = tiers[parts[i].Owner]
	}
}

// revenue is what each organization pays for a period, and where that is from.
func (e *Evaluator) revenue(ctx context.Context, p period.Period) ([]cost.OwnedAmount, string, error) {
	switch r := e.Config.Cost.Revenue; {
	case r.Metric != "":
		return e.metricRevenue(ctx, r.Metric, p), "metric " + r.Metric, nil
	case r.CSV != "":
		list, err := billing.ReadRevenue(string(r.CSV), e.display(string(r.CSV)), p)
		return list, e.display(string(r.CSV)), err
	}
	var out []cost.OwnedAmount
	for _, o := range e.Config.Organizations.List {
		served, ok := e.periodOf(o, p)
		if !ok {
			continue
		}
		out = append(out, e.fees(o, p, served)...)
	}
	return out, "monthly_fee", nil
}

// fees are the fees of the months of a period, each for the days served so far
// and rounded once, half up, to the currency's minor unit.
func (e *Evaluator) fees(o config.Organization, p, served period.Period) []cost.OwnedAmount {
	currency := strings.ToUpper(cmp.Or(o.Currency, e.Config.Cost.Currency))
	if served.End.After(e.Now) {
		served.End = e.Now
	}
	var out []cost.OwnedAmount
	for _, month := range p.In(served.Zone, e.Now).Months(served.Zone, e.Now) {
		part, ok := month.Intersect(served.Span)
		if !ok {
			continue
		}
		_, fee := o.At(part.Start, e.Config.Zone())
		if fee == nil {
			out = append(out, cost.OwnedAmount{Owner: o.ID, Currency: currency, Reason: "it has no monthly_fee"})
			continue
		}
		days, of := len(part.Days(served.Zone)), len(month.Days(served.Zone))
		amount := unit.QuantizeRat(new(big.Rat).Mul(fee.Rat(), big.NewRat(int64(days), int64(of))), unit.MinorUnits(currency), unit.HalfUp)
		out = append(out, cost.OwnedAmount{Owner: o.ID, Currency: currency, Amount: &amount})
	}
	return out
}

// metricRevenue is the exact growth of a counter of revenue per organization.
func (e *Evaluator) metricRevenue(ctx context.Context, name string, p period.Period) []cost.OwnedAmount {
	m, _ := e.Config.BusinessMetrics.Get(name)
	currency := strings.ToUpper(cmp.Or(m.Unit, e.Config.Cost.Currency))
	unknown := func(reason string) []cost.OwnedAmount {
		var out []cost.OwnedAmount
		for _, o := range e.Config.Organizations.List {
			out = append(out, cost.OwnedAmount{Owner: o.ID, Currency: currency, Reason: name + ": " + reason})
		}
		return out
	}
	ind, reason := kpiIndicator(m)
	if reason != "" {
		return unknown(reason)
	}
	by := e.grouping(config.SLADefinition{})
	q := questions{}
	t := q.ask(e.sourceNames(m.Source), query.Request{Indicator: ind, GroupBy: by.labels(), Grid: window.NewGrid([]time.Time{p.Start, e.until(p)}),
		MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback})
	r := e.put(ctx, q).get(t)
	if r.Err != nil {
		return unknown(r.Err.Error())
	}
	var out []cost.OwnedAmount
	owner, seen := e.owner(by), period.Span{Start: p.Start, End: e.until(p)}
	for i := range r.Scan.Groups {
		one := *r.Scan
		one.Groups = r.Scan.Groups[i : i+1]
		if v := kpi.Measure(definitionOf(name, m), &one, seen, seen, nil).Value; v != nil && owner(&r.Scan.Groups[i]) != "" {
			out = append(out, cost.OwnedAmount{Owner: owner(&r.Scan.Groups[i]), Currency: currency, Amount: v})
		}
	}
	if len(out) == 0 {
		return unknown("no series names an organization")
	}
	return out
}

// owedCredits are the service credits of the complete months of a period. A
// shorter span has none, and one that is not over has none yet.
func (e *Evaluator) owedCredits(ctx context.Context, p period.Period) ([]cost.OwnedAmount, []string, error) {
	if !e.promisesCredits() {
		return nil, nil, nil
	}
	months := e.creditMonths(View{Period: p})
	if p.Kind == period.Month {
		months = []period.Period{p}
	}
	if len(months) == 0 {
		return nil, []string{"service credits are for whole months; this span has none"}, nil
	}
	judged, err := e.SLA(ctx, views(months...), Filter{})
	if err != nil {
		return nil, nil, err
	}
	return e.owedIn(months, judged.Reports), nil, nil
}

// owedIn are the service credits of months that are judged.
func (e *Evaluator) owedIn(months []period.Period, judged []*sla.Report) []cost.OwnedAmount {
	var out []cost.OwnedAmount
	for i, month := range months {
		decided := map[string]bool{}
		for _, c := range e.creditsIn(month, judged[i]) {
			decided[c.organization] = true
			for _, g := range c.gaps {
				out = append(out, cost.OwnedAmount{Owner: c.organization, Reason: fmt.Sprintf("%s in %s: %s", g.Objective, month.Name, g.Because)})
			}
			if c.total != nil {
				out = append(out, cost.OwnedAmount{Owner: c.organization, Currency: c.total.Currency, Amount: &c.total.Amount})
			}
		}
		for _, o := range e.Config.Organizations.List {
			if served, ok := e.periodOf(o, month); ok && !decided[o.ID] {
				why := "not judged"
				if !served.Complete {
					why = "the month is not over"
				}
				out = append(out, cost.OwnedAmount{Owner: o.ID, Reason: month.Name + ": " + why})
			}
		}
	}
	return out
}
