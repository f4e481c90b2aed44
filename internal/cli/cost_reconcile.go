package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/unit"
)

type costReconcileOptions struct {
	period, tolerance, delay, failOn, format string
	by                                       []string
	raw                                      bool
}

func newCostReconcile(a *app, run func(context.Context, *app, *costReconcileOptions, string, string) error) *cobra.Command {
	var o costReconcileOptions
	cmd := &cobra.Command{
		Use: "reconcile SOURCE_A SOURCE_B", Short: "Set a bill beside a meter or another bill, and say why they differ", Args: args(cobra.ExactArgs(2)),
		Long: `Compare two sources of sources.billing, day by day, by the finest keys that both
have: provider, model and kind of token. A meter's tokens are priced by the
catalogue. Every difference is given to causes, whose parts add up to it exactly:

  missing days    a side has nothing of a provider on a day, though on others
  not billed yet  the last days, within --delay of now
  only on one side  a provider or model that a side never has
  no price        tokens that the catalogue has no price for
  tax, credits, adjustments, purchases   charges that no token causes
  cached tokens   charged as input, twice, or not at all
  service tier    charged by the prices of batch, flex or priority
  context tier    charged by the prices of long requests
  price date      charged by the prices of another time
  time zone       the days of a side begin at another hour
  rounding        at most half of the last digit of each amount
  counts          the sides count different numbers of tokens
  unexplained     the rest

Each comes with its evidence. What the other side cannot have, such as virtual
machines beside a meter of tokens, is not compared; a note says how much that is.`,
		Example: `  slactl cost reconcile cloud llm --period 2026-10
  slactl cost reconcile cloud llm --period 2026-10 --by model,kind --format csv
  slactl cost reconcile cloud llm --tolerance 0.5% --fail-on difference`,
		RunE: func(cmd *cobra.Command, given []string) error { return run(cmd.Context(), a, &o, given[0], given[1]) },
	}
	badNews(cmd, "something differs by more than the tolerance, with --fail-on difference")
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "compare the charges of this `period`")
	f.StringVar(&o.tolerance, "tolerance", "1%", "the `share` of an amount that rows may differ by")
	f.StringVar(&o.delay, "delay", "3d", "how `long` after a day it need not be billed")
	f.StringSliceVar(&o.by, "by", []string{"day", "model"}, "list rows by these `keys`: "+strings.Join(cost.ReconcileKeys(), ", "))
	f.StringVar(&o.failOn, "fail-on", "", "exit with 1 on this `state`: difference")
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostReconcile(ctx context.Context, a *app, o *costReconcileOptions, first, second string) error {
	if o.failOn != "" {
		if err := oneOf("--fail-on", o.failOn, []string{"difference"}); err != nil {
			return err
		}
	}
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return err
	}
	defer ev.Close()
	r, err := o.reconciler(ev)
	if err != nil {
		return err
	}
	var known []string
	for _, s := range ev.Config.Sources.Billing {
		known = append(known, s.Name)
	}
	if err := knownNames("the sources", []string{first, second}, known); err != nil {
		return err
	}
	if first == second {
		return usageErrorf("name two sources", "reconciling costs: %s is compared with itself", first)
	}
	progress := a.startProgress("reading bills")
	ev.Progress = progress.set
	out, err := ev.ReconcileCosts(ctx, r, first, second)
	progress.end()
	if err != nil {
		return a.meterError(err)
	}
	if err := writeCostReconciliation(a, o, out); err != nil {
		return err
	}
	if err := rejectedFiles(a, out.Ledger); err != nil {
		return err
	}
	if n := len(out.Differing()); o.failOn != "" && n > 0 {
		return &ExitError{Code: BadNews, Err: fmt.Errorf("reconciling costs: the sources differ by more than %s in %s", o.tolerance, count(n, "place"))}
	}
	return nil
}

func (o *costReconcileOptions) reconciler(ev *evaluate.Evaluator) (cost.Reconciler, error) {
	r := cost.Reconciler{Now: ev.Now, By: o.by}
	for _, k := range o.by {
		if err := oneOf("--by", k, cost.ReconcileKeys()); err != nil {
			return r, err
		}
	}
	number, isPercent := strings.CutSuffix(strings.TrimSpace(o.tolerance), "%")
	share, err := unit.ParseDecimal(strings.TrimSpace(number))
	if err != nil || !isPercent || share.Sign() < 0 {
		return r, usageErrorf("write a percentage such as 1%", "reading --tolerance: %q is none", o.tolerance)
	}
	r.Tolerance = share.Mul(unit.MustDecimal("0.01"))
	delay, err := config.ParseDuration(o.delay)
	if err != nil {
		return r, usageErrorf("", "reading --delay: %w", err)
	}
	r.Delay = time.Duration(delay)
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return r, usageErrorf("", "reading --period: %w", err)
	}
	r.Period = ev.BillingPeriod(p)
	return r, nil
}

func writeCostReconciliation(a *app, o *costReconcileOptions, r *cost.Reconciliation) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, append(append([]string{}, r.By...), "currency", r.A.Source, r.B.Source, "difference", "status", "causes")...)
		for _, row := range r.Rows {
			var cells, causes []string
			for _, k := range r.By {
				value := ""
				if v := row.Keys[k]; v != nil {
					value = *v
				}
				cells = append(cells, value)
			}
			for _, c := range row.Causes {
				causes = append(causes, string(c))
			}
			out.row(append(cells, row.Currency, orEmpty(row.A), orEmpty(row.B), row.Difference.String(), row.Status, strings.Join(causes, " "))...)
		}
		return out.end()
	}
	return a.printBlocks(report.ReconciliationBlocks(r), report.ReconciliationNotes(r))
}
