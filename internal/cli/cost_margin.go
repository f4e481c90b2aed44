package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report"
)

func newCostMargin(a *app, run func(context.Context, *app, *allocateOptions) error) *cobra.Command {
	var o allocateOptions
	cmd := &cobra.Command{
		Use: "margin", Short: "Show what is left of the revenue of organizations and tiers", Args: args(cobra.NoArgs),
		Long: `Put the costs that cost.allocate gives to organizations beside their revenue, as
cost.revenue says, and the service credits that they are owed:

  margin = revenue - service credits - allocated cost

for each currency; amounts in different currencies are never added. With
cost.exchange_rates, revenue and credits are converted as costs are. Fees are
those in force in each month, for the days served. A part that is not known makes
the margin missing, with the reason; credits are not known before a month is over.
Costs that belong to nobody are shown as unallocated, and are in no margin.`,
		Example: `  slactl cost margin --period 2026-10
  slactl cost margin --period 2026-10 --by tier --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	o.basis = string(cost.ByCharge)
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "the revenue and costs of this `period`")
	f.StringVar(&o.owner, "by", "org", "of whom: org or tier, the `key`")
	measureFlag(f, &o.measure)
	sourceFlag(f, &o.sources)
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostMargin(ctx context.Context, a *app, o *allocateOptions) error {
	if err := oneOf("--by", o.owner, []string{"org", "tier"}); err != nil {
		return err
	}
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	q, err := o.query(ev)
	if err != nil {
		return err
	}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return usageErrorf("", "reading --period: %w", err)
	}
	progress := a.startProgress("reading bills")
	ev.Progress = progress.set
	got, err := ev.Margins(ctx, p, q.Measure, o.owner)
	progress.end()
	if err != nil {
		return err
	}
	if err := writeMargins(a, o, got); err != nil {
		return err
	}
	return rejectedFiles(a, got.Ledger)
}

func writeMargins(a *app, o *allocateOptions, r *cost.MarginReport) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, r.By, "currency", "revenue", "credits", "cost", "margin", "ratio", "reason")
		for _, m := range r.Margins {
			out.row(orNothing(m.Keys[r.By]), m.Currency, orEmpty(m.Revenue), orEmpty(m.Credits), orEmpty(m.Cost), orEmpty(m.Margin), orEmpty(m.Ratio), orNothing(m.Reason))
		}
		return out.end()
	}
	return a.printBlocks(report.MarginTables(r), r.Notes)
}
