package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report"
)

type allocateOptions struct {
	breakdownOptions
	owner string
}

func newCostAllocate(a *app, run func(context.Context, *app, *allocateOptions) error) *cobra.Command {
	var o allocateOptions
	cmd := &cobra.Command{
		Use: "allocate", Short: "Give costs to teams, organizations and tiers", Args: args(cobra.NoArgs),
		Long: `Give every charge of a period to the team, organization or tier that it belongs to.

The rules of cost.allocate are tried in their order, and the first one that
matches decides; where none does, or the rule does not say, the charge's own tag
team, org or tier counts. A rule with a split shares its total out, by a business
metric (split: {by: debates_created, over: org}) or evenly (split: {over: org}),
once for the period and to the last digit: the parts add up to the bill exactly.
An organization's tier is the one at the start of the period.

What belongs to nobody is unallocated, with the reason, and always shown.`,
		Example: `  slactl cost allocate --period 2026-10
  slactl cost allocate --period 2026-10 --by org
  slactl cost allocate --period 2026-10 --by tier --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	o.basis = string(cost.ByCharge)
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "allocate the charges of this `period`")
	f.StringVar(&o.owner, "by", "team", "to whom: team, org or tier, the `key`")
	measureFlag(f, &o.measure)
	sourceFlag(f, &o.sources)
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostAllocate(ctx context.Context, a *app, o *allocateOptions) error {
	if err := oneOf("--by", o.owner, []string{"team", "org", "tier"}); err != nil {
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
	progress := a.startProgress("reading bills")
	ev.Progress = progress.set
	got, err := ev.Allocate(ctx, q, o.owner)
	progress.end()
	if err != nil {
		return err
	}
	if err := writeAllocation(a, o, got); err != nil {
		return err
	}
	return rejectedFiles(a, got.Ledger)
}

func writeAllocation(a *app, o *allocateOptions, r *cost.Allocation) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, r.By, "currency", "amount", "direct", "shared", "share")
		for _, g := range r.Groups {
			owner := "unallocated"
			if k := g.Keys[r.By]; k != nil {
				owner = *k
			}
			out.row(owner, g.Currency, g.Amount.String(), g.Direct.String(), g.Shared.String(), orEmpty(g.Share))
		}
		return out.end()
	}
	if len(r.Totals) == 0 {
		fmt.Fprintf(a.Stderr, "no charge falls into %s\n", r.Period.Name)
	}
	return a.printBlocks(report.AllocationTables(r), r.Notes)
}
