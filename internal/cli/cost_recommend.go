package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/report"
)

type recommendOptions struct {
	costFlags
	period, format string
	raw            bool
}

func newCostRecommend(a *app, run func(context.Context, *app, *recommendOptions) error) *cobra.Command {
	var o recommendOptions
	cmd := &cobra.Command{
		Use: "recommend", Short: "Say where money could be saved, and what came of the last advice", Args: args(cobra.NoArgs),
		Long: `Look for money that could be saved in a period, by what it would have saved then:

  model       a cheaper model of the same provider and family for the same work
  caching     input that is not cached, or a cache that costs more than it saves
  batch       work that is never sent in batches
  commitment  commitments that are paid for and not used
  idle        resources that cost.utilisation says have next to nothing to do
  storage     storage that grows from month to month, and what it will cost
  untagged    costs that belong to no team or organization
  budget      budgets that are, or will be, exceeded

Each piece has the figures that it follows from, what is assumed, a range, and what
to do. The middles of the ranges rank them; several about one spend do not add up.
What is less than a thousandth of the costs is left out.

Then the advice of the period before, as it followed from that period's data, and
what came of it: what its subjects cost then and now, exactly, and whether it was
followed. Models, caching and batches need a meter of tokens.`,
		Example: `  slactl cost recommend
  slactl cost recommend --period 2026-10
  slactl cost recommend --period 2026-10 --format csv
  slactl cost recommend --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "advise by what happened in this `period`")
	measureFlag(f, &o.measure)
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostRecommend(ctx context.Context, a *app, o *recommendOptions) error {
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return err
	}
	defer ev.Close()
	_, measure, err := o.check(ev)
	if err != nil {
		return err
	}
	if measure == "" {
		measure = ev.Measure()
	}
	p, err := begun(ev, o.period)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	r, err := ev.Recommend(ctx, p, measure)
	progress.end()
	if err != nil {
		return err
	}
	if err := o.write(a, r); err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

func (o *recommendOptions) write(a *app, r *advice.Report) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		return writeAdviceCSV(newSheet(a.Stdout, o.raw, "period", "id", "title", "currency", "amount", "saving_low", "saving_high", "do", "assumptions", "before", "after", "realised", "state"), r)
	}
	return a.printBlocks(report.RecommendationBlocks(r), r.Notes)
}

// writeAdviceCSV writes a row for each piece of advice, those of the period before
// with what became of them.
func writeAdviceCSV(out *sheet, r *advice.Report) error {
	for _, x := range r.Recommendations {
		low, high := "", ""
		if x.Saving != nil {
			low, high = x.Saving.Low.String(), x.Saving.High.String()
		}
		out.row(r.Period.Name, x.ID, x.Title, x.Currency, x.Amount.String(), low, high, x.Do, strings.Join(x.Assumptions, "; "), "", "", "", "")
	}
	for _, x := range r.Realised {
		low, high := "", ""
		if x.Advised != nil {
			low, high = x.Advised.Low.String(), x.Advised.High.String()
		}
		out.row(r.Previous.Name, x.ID, x.Title, x.Currency, "", low, high, "", "", x.Before.String(), orEmpty(x.After), orEmpty(x.Realised), string(x.State))
	}
	return out.end()
}
