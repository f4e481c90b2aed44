package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report"
)

func newCostUnit(a *app, run func(context.Context, *app, *breakdownOptions) error) *cobra.Command {
	var o breakdownOptions
	cmd := &cobra.Command{
		Use: "unit", Short: "Show what a request, a debate or a user costs", Args: args(cobra.NoArgs),
		Long: `Divide costs by business metrics, as cost.unit_costs of the configuration says:

  unit_costs:
    request: llm_requests      # all costs by the growth of this metric
    million_tokens: {metric: llm_tokens, match: {category: AI*}, per: 1000000}

A unit cost is the sum of the costs over the sum of the events in the same span,
beside that of the period before. Without events, or without the metric, there is
none, and the reason is told. Where a meter counts tokens, it shows by model how
many come out for one that goes in, and the share read from a cache.`,
		Example: `  slactl cost unit --period 2026-10
  slactl cost unit --period 2026-10 --measure billed --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	o.basis = string(cost.ByCharge)
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "the costs and events of this `period`")
	measureFlag(f, &o.measure)
	sourceFlag(f, &o.sources)
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostUnit(ctx context.Context, a *app, o *breakdownOptions) error {
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	q, err := o.query(ev)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading bills")
	ev.Progress = progress.set
	got, err := ev.UnitCosts(ctx, q.Period, q.Measure)
	progress.end()
	if err != nil {
		return err
	}
	if err := writeUnitCosts(a, o, got); err != nil {
		return err
	}
	return rejectedFiles(a, got.Ledger)
}

func writeUnitCosts(a *app, o *breakdownOptions, r *cost.UnitReport) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, "name", "metric", "per", "currency", "cost", "events", "unit_cost", "before", "change", "reason")
		for _, u := range r.UnitCosts {
			out.row(u.Name, u.Metric, u.Per.String(), u.Currency, orEmpty(u.Cost), orEmpty(u.Events), orEmpty(u.UnitCost), orEmpty(u.Before), orEmpty(u.Change), orNothing(u.Reason))
		}
		return out.end()
	}
	return a.printBlocks(report.UnitCostTables(r), r.Notes)
}

func orNothing(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
