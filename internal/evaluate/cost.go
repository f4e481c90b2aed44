package evaluate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// Measure is the configured measure of costs, effective by default: what was
// used, with commitments spread over their use.
func (e *Evaluator) Measure() cost.Measure {
	if m := e.Config.Cost.Measure; m != "" {
		return cost.Measure(m)
	}
	return cost.Effective
}

// BillingPeriod is a period as bills are cut: in UTC, whatever the
// configuration's zone.
func (e *Evaluator) BillingPeriod(p period.Period) period.Period { return p.In(time.UTC, e.Now) }

// Cost answers breakdowns of the configured bills; every file is read once for
// all of them. Amounts are converted into the configured currency at the
// configured rates, unless a query asks for another one. Rejected files are in
// the ledgers of the reports; the error says that no bill could be read at all,
// or that the rates could not: a total that was to be converted and is not would
// be another total.
//
// The keys team, org and tier are answered by the allocation rules.
func (e *Evaluator) Cost(ctx context.Context, qs []cost.Query) ([]*cost.Report, error) {
	if len(e.Config.Cost.Allocate) > 0 || len(e.Config.Organizations.List) > 0 {
		return e.breakdownOwned(ctx, qs)
	}
	return e.breakdown(ctx, qs)
}

// breakdown is [Evaluator.Cost] without rules.
func (e *Evaluator) breakdown(ctx context.Context, qs []cost.Query) ([]*cost.Report, error) {
	if len(e.Config.Sources.Billing) == 0 {
		return nil, fmt.Errorf("reading bills: no source is configured; set sources.billing")
	}
	var sources []billing.Source
	var notes []string
	for _, s := range e.Config.Sources.Billing {
		if isMeter(s) {
			notes = append(notes, fmt.Sprintf("source %s is a meter (%s): meters never add to a bill, and are not read by this version", s.Name, s.Format))
			continue
		}
		sources = append(sources, e.billingSource(s))
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("reading bills: %s", strings.Join(notes, "; "))
	}
	qs, err := e.converted(qs)
	if err != nil {
		return nil, err
	}
	if e.Config.Cost.ExchangeRates != "" && e.Config.Cost.Currency == "" {
		notes = append(notes, "cost.exchange_rates is not used: cost.currency does not say into what")
	}
	e.stage("reading bills")
	reports, err := billing.Breakdown(ctx, sources, qs)
	for _, r := range reports {
		for i := range r.Ledger {
			r.Ledger[i].File = e.display(r.Ledger[i].File)
		}
		r.Notes = append(r.Notes, notes...)
	}
	return reports, err
}

// converted returns the queries with the configured currency and rates.
func (e *Evaluator) converted(qs []cost.Query) ([]cost.Query, error) {
	var rates *cost.Rates
	if path := string(e.Config.Cost.ExchangeRates); path != "" {
		var err error
		if rates, err = billing.ReadRates(path, e.display(path)); err != nil {
			return nil, err
		}
	}
	out := slices.Clone(qs)
	for i := range out {
		if out[i].Currency == "" && rates != nil {
			out[i].Currency, out[i].Rates = e.Config.Cost.Currency, rates
		}
	}
	return out, nil
}

// isMeter reports whether a source counts usage instead of invoiced charges
// (SEMANTICS, section 7, "Bills and meters").
func isMeter(s config.BillingSource) bool {
	switch s.Format {
	case "openai-usage", "anthropic-usage", "token-counters", "litellm-spend":
		return s.Role != "bill"
	}
	return s.Role == "meter"
}

func (e *Evaluator) billingSource(s config.BillingSource) billing.Source {
	out := billing.Source{Name: s.Name, Format: s.Format, Path: string(s.Path), Measure: s.Measure, Columns: s.Columns,
		Currency: s.Currency, Snapshots: s.Snapshots, OnBadRow: s.OnBadRow, Zone: s.Timezone.Location}
	if s.Format == "token-counters" {
		c := e.counters(s)
		out.Counters, out.Path = c, c.describe()
	}
	return out
}
