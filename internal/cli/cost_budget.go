package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/unit"
)

type budgetOptions struct {
	period, failOn, format string
}

func newCostBudget(a *app, run func(context.Context, *app, *budgetOptions) error) *cobra.Command {
	var o budgetOptions
	cmd := &cobra.Command{
		Use: "budget", Short: "Show what is left of the budgets, and when they run out", Args: args(cobra.NoArgs),
		Long: `Measure the budgets of cost.budgets in their current period, cut in UTC as bills
are: what is spent of them, exactly and with one-off charges; what the whole period
will cost by the forecast of its remaining days, with an interval of 80 %; the day
on which they run out; and which of the percentages of alert_at are reached. Costs
are measured by cost.measure; meters never count beside bills.

With --fail-on budget the exit code is 1 when a budget is spent or a percentage of
its alert_at is reached. What is only projected does not fail.`,
		Example: `  slactl cost budget
  slactl cost budget --period 2026-10
  slactl cost budget --fail-on budget
  slactl cost budget --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	badNews(cmd, "a budget is spent or a percentage of its alert_at is reached")
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "", "the budgets' periods that this `period` begins in (default the current ones)")
	f.StringVar(&o.failOn, "fail-on", "", "exit with 1 on this `state`: budget")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostBudget(ctx context.Context, a *app, o *budgetOptions) error {
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return err
	}
	if o.failOn != "" {
		if err := oneOf("--fail-on", o.failOn, []string{"budget"}); err != nil {
			return err
		}
	}
	at := ev.Now
	if o.period != "" {
		p, err := begun(ev, o.period)
		if err != nil {
			return err
		}
		at = ev.BillingPeriod(p).Start
	}
	progress := a.startProgress("reading bills")
	r, err := ev.Budgets(ctx, at)
	progress.end()
	if err != nil {
		return err
	}
	switch {
	case o.format == "json":
		err = writeJSON(a.Stdout, r)
	case o.format == "csv":
		err = writeBudgetsCSV(a.Stdout, r)
	case len(r.Budgets) == 0:
		fmt.Fprintln(a.Stderr, "no budget is configured; set cost.budgets")
	default:
		err = a.printBlocks(report.BudgetBlocks(r), r.Notes)
	}
	if err != nil {
		return err
	}
	if err := rejectedFiles(a, r.Ledger); err != nil {
		return err
	}
	return o.verdict(r)
}

// verdict is the bad news that was asked for.
func (o *budgetOptions) verdict(r *cost.BudgetReport) error {
	var reached []string
	for _, b := range r.Budgets {
		if b.Reached() {
			reached = append(reached, b.Name)
		}
	}
	if o.failOn == "" || len(reached) == 0 {
		return nil
	}
	return &ExitError{Code: BadNews, Err: fmt.Errorf("watching budgets: %s reached a threshold", strings.Join(reached, ", "))}
}

// writeBudgetsCSV writes a row for each budget.
func writeBudgetsCSV(w io.Writer, r *cost.BudgetReport) error {
	rows := [][]string{{"name", "period", "currency", "amount", "spent", "remaining", "consumed_ratio", "projected", "projected_low", "projected_high", "exhausts_at", "alerts", "alerts_projected", "reason"}}
	for _, b := range r.Budgets {
		exhausts, reason := "", b.Reason
		if b.ExhaustsAt != nil {
			exhausts = b.ExhaustsAt.Format(time.RFC3339)
		}
		if b.Outlook != nil && reason == "" {
			reason = b.Outlook.Reason
		}
		rows = append(rows, []string{b.Name, b.Period.Name, b.Currency, b.Amount.String(), orEmpty(b.Spent), orEmpty(b.Remaining), orEmpty(b.ConsumedRatio), orEmpty(b.Projected), orEmpty(b.ProjectedLow),
			orEmpty(b.ProjectedHigh), exhausts, list(b.Alerts), list(b.AlertsProjected), reason})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func list(percents []unit.Decimal) string {
	var out []string
	for _, p := range percents {
		out = append(out, p.Canonical())
	}
	return strings.Join(out, " ")
}
