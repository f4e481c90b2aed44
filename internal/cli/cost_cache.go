package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/yamlpos"
)

// meterOptions say which metered tokens are meant.
type meterOptions struct {
	breakdownOptions
}

func (o *meterOptions) declare(f *pflag.FlagSet) {
	f.StringVar(&o.period, "period", "last-month", "the tokens of this `period`")
	sourceFlag(f, &o.sources)
	rawFlag(f, &o.raw)
}

// open loads the configuration and reads the period.
func (o *meterOptions) open(ctx context.Context, a *app) (*evaluate.Evaluator, period.Period, error) {
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return nil, period.Period{}, err
	}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return nil, p, usageErrorf("", "reading --period: %w", err)
	}
	return ev, ev.BillingPeriod(p), nil
}

// meterError shows what is wrong with a file of prices at its place.
func (a *app) meterError(err error) error {
	if diags, ok := errors.AsType[yamlpos.Diagnostics](err); ok {
		return a.priceFindings(diags)
	}
	if unknown, ok := errors.AsType[*evaluate.UnknownModelError](err); ok {
		return usageErrorf(unknown.Hint, "reading --model: %w", unknown)
	}
	return err
}

type cacheOptions struct {
	meterOptions
	by []string
}

func newCostCache(a *app, run func(context.Context, *app, *cacheOptions) error) *cobra.Command {
	var o cacheOptions
	cmd := &cobra.Command{
		Use: "cache", Short: "Tell what caching prompts saved", Args: args(cobra.NoArgs),
		Long: `Tell what caching saved for each model, net of what writing into caches costs:
tokens read × (input price − read price) − tokens written × (write price − input
price), at the prices of each day. It is negative where more was written than was
worth it. Tokens come from the configured meters. Where it is not known how long
requests were, and long ones have other prices, the savings are a range.

Keys of --by beside the model: day, month, organization, service_tier, source, team.`,
		Example: `  slactl cost cache --period 2026-10
  slactl cost cache --period 2026-10 --by team --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f)
	f.StringSliceVar(&o.by, "by", []string{"model"}, "group by the model, and these `keys`")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostCache(ctx context.Context, a *app, o *cacheOptions) error {
	var by []string
	for _, key := range o.by {
		if key == "model" {
			continue
		}
		if err := oneOf("--by", key, append([]string{"model"}, price.UsageKeys()...)); err != nil {
			return err
		}
		by = append(by, key)
	}
	ev, p, err := o.open(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	progress := a.startProgress("reading meters")
	ev.Progress = progress.set
	r, err := ev.CacheSavings(ctx, p, by)
	progress.end()
	if err != nil {
		return a.meterError(err)
	}
	if err := writeCache(a, o, r, by); err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

func writeCache(a *app, o *cacheOptions, r *evaluate.CacheReport, by []string) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, append(append([]string{"model"}, by...), "provider", "currency", "savings", "savings_high", "cache_read", "cache_written", "input", "hit_share", "reason")...)
		for _, s := range r.Cache {
			row := []string{s.Model}
			for _, k := range by {
				value := ""
				if v := s.Keys[k]; v != nil {
					value = *v
				}
				row = append(row, value)
			}
			high := orEmpty(s.Savings)
			if s.Range != nil {
				high = s.Range.High.String()
			}
			out.row(append(row, s.Provider, s.Currency, orEmpty(s.Savings), high, s.Read.Canonical(), s.Written.Canonical(), s.Input.Canonical(), orEmpty(s.HitShare), s.Reason)...)
		}
		return out.end()
	}
	notes := append(report.PricingNotes(r.Pricing), r.Notes...)
	if len(r.Cache) == 0 {
		fmt.Fprintf(a.Stderr, "no tokens were read from a cache or written into one in %s\n", r.Period.Name)
		return a.notes(notes)
	}
	return a.printTable(report.CacheTable(r.Savings, by), notes)
}

// notes writes what is to be said to stderr.
func (a *app) notes(notes []string) error {
	for _, n := range notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return nil
}
