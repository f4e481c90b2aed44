package evaluate

import (
	"context"
	"errors"
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

// breakdown is [Evaluator.Cost] without rules. Totals are of bills. Meters, which
// count the same things once more, answer the queries that ask for the measure
// metered, and all of them where no bill is configured.
func (e *Evaluator) breakdown(ctx context.Context, qs []cost.Query) ([]*cost.Report, error) {
	bills, meters := e.billing()
	if len(bills)+len(meters) == 0 {
		return nil, fmt.Errorf("reading bills: no source is configured; set sources.billing")
	}
	qs, err := e.converted(qs)
	if err != nil {
		return nil, err
	}
	var ofBills, ofMeters []cost.Query
	for i := range qs {
		if len(bills) == 0 {
			qs[i].Measure = cost.Metered
		}
		if qs[i].Measure == cost.Metered {
			ofMeters = append(ofMeters, qs[i])
		} else {
			ofBills = append(ofBills, qs[i])
		}
	}
	billed, err := e.read(ctx, bills, ofBills)
	if err != nil {
		return nil, err
	}
	metered, err := e.readMeters(ctx, meters, ofMeters)
	if err != nil {
		return nil, err
	}
	out := make([]*cost.Report, len(qs))
	for i := range qs {
		from := &billed
		if qs[i].Measure == cost.Metered {
			from = &metered
		}
		out[i], *from = (*from)[0], (*from)[1:]
		if from == &billed && len(meters) > 0 {
			out[i].Notes = append(out[i].Notes, meterNote(meters))
		}
	}
	return out, nil
}

// billing are the configured bills, and the meters.
func (e *Evaluator) billing() (bills, meters []billing.Source) {
	for _, s := range e.Config.Sources.Billing {
		if isMeter(s) {
			meters = append(meters, e.billingSource(s))
		} else {
			bills = append(bills, e.billingSource(s))
		}
	}
	return bills, meters
}

func meterNote(meters []billing.Source) string {
	var names []string
	for _, s := range meters {
		names = append(names, s.Name)
	}
	return fmt.Sprintf("meters never add to bills: the total has nothing of %s; see --source %s", strings.Join(names, ", "), names[0])
}

// read answers queries about sources.
func (e *Evaluator) read(ctx context.Context, sources []billing.Source, qs []cost.Query) ([]*cost.Report, error) {
	if len(qs) == 0 {
		return nil, nil
	}
	e.stage("reading bills")
	reports, err := billing.Breakdown(ctx, sources, qs)
	for _, r := range reports {
		e.displayAll(r.Ledger, r.Notes)
		if e.Config.Cost.ExchangeRates != "" && e.Config.Cost.Currency == "" {
			r.Notes = append(r.Notes, "cost.exchange_rates is not used: cost.currency does not say into what")
		}
	}
	return reports, err
}

// readMeters answers queries about what meters counted, at the prices of tokens.
func (e *Evaluator) readMeters(ctx context.Context, meters []billing.Source, qs []cost.Query) ([]*cost.Report, error) {
	if len(qs) == 0 {
		return nil, nil
	}
	if len(meters) == 0 {
		return nil, errNoMeter
	}
	c, err := e.Prices()
	if err != nil {
		return nil, err
	}
	for i := range meters {
		meters[i].Prices = c
	}
	reports, err := e.read(ctx, meters, qs)
	for _, r := range reports {
		if len(meters) > 1 {
			r.Notes = append(r.Notes, fmt.Sprintf("%d meters are added up; where they count the same requests, pick one with --source", len(meters)))
		}
		if stale := c.Stale(e.Now); stale != "" {
			r.Notes = append(r.Notes, stale)
		}
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
// (docs/concepts.md, "Money").
func isMeter(s config.BillingSource) bool {
	switch s.Format {
	case "openai-usage", "anthropic-usage", "token-counters", "litellm-spend":
		return s.Role != "bill"
	}
	return s.Role == "meter"
}

// errNoMeter says that nothing counts tokens.
var errNoMeter = errors.New("reading meters: no source counts tokens; set one of the format openai-usage, anthropic-usage, litellm-spend or token-counters in sources.billing")

func (e *Evaluator) billingSource(s config.BillingSource) billing.Source {
	out := billing.Source{Meter: isMeter(s), Name: s.Name, Format: s.Format, Path: string(s.Path), Measure: s.Measure, Columns: s.Columns,
		Currency: s.Currency, Snapshots: s.Snapshots, OnBadRow: s.OnBadRow, Zone: s.Timezone.Location}
	if s.APIKey != "" || s.APIFile != "" {
		out.API = &billing.API{Key: string(s.APIKey), KeyFile: string(s.APIFile), URL: s.APIURL, Now: e.Now}
	}
	if s.Format == "token-counters" {
		c := e.counters(s)
		out.Counters, out.Path = c, c.describe()
	}
	if b := s.S3; b != nil {
		out.S3 = billing.S3{Endpoint: b.Endpoint, Region: b.Region, PathStyle: b.PathStyle, Anonymous: b.Anonymous,
			AccessKeyID: b.AccessKeyID, SecretAccessKey: string(b.SecretAccessKey), SecretAccessKeyFile: string(b.SecretAccessKeyFile)}
	}
	if p := s.Postgres; p != nil {
		out.Postgres = &billing.Postgres{DSN: string(p.DSN), Table: p.Table, Timeout: time.Duration(p.Timeout)}
	}
	return out
}
