package cli

import (
	"context"
	"encoding/csv"
	"io"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/unit"
)

type anomaliesOptions struct {
	costFlags
	period, least, format string
	last                  int
}

func newCostAnomalies(a *app, run func(context.Context, *app, *anomaliesOptions) error) *cobra.Command {
	var o anomaliesOptions
	cmd := &cobra.Command{
		Use: "anomalies", Short: "Find days on which something cost more or less than usual", Args: args(cobra.NoArgs),
		Long: `Judge every day of each group by the nine weeks before it: by the level of the
last week and by what its weekday usually is to that. A day is unusual when it is
further from what was expected than 4.5 times the usual deviation, more than 9 %
of it, and more than 1 % of what all groups cost on a median day.

A step to another level is told once. What comes every month on the same day, and
charges that come once (purchases, taxes, credits, corrections), are not unusual.
Days that are not over are not judged. An anomaly is critical from 5 % of all that
was spent in the period on, a warning from 1 % on. The JSON form has every value
that a figure was computed from.`,
		Example: `  slactl cost anomalies
  slactl cost anomalies --by provider --period 2026-10
  slactl cost anomalies --by service --last 7 --min-excess 50
  slactl cost anomalies --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f, "service")
	f.StringVar(&o.period, "period", "", "judge the days of this `period` (default the last 30 days)")
	f.IntVar(&o.last, "last", 30, "judge the last `number` of days that are over")
	f.StringVar(&o.least, "min-excess", "", "tell only of days this `amount` away from what was expected, or more")
	formatFlag(f, &o.format, "table", "json", "csv")
	cmd.MarkFlagsMutuallyExclusive("period", "last")
	return cmd
}

func runCostAnomalies(ctx context.Context, a *app, o *anomaliesOptions) error {
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return err
	}
	q, err := o.question(ev)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading bills")
	r, err := ev.Anomalies(ctx, q)
	progress.end()
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		err = writeJSON(a.Stdout, r)
	case "csv":
		err = writeAnomaliesCSV(a.Stdout, r)
	default:
		err = a.printBlocks(report.AnomalyBlocks(r), r.Notes)
	}
	if err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

func (o *anomaliesOptions) question(ev *evaluate.Evaluator) (evaluate.AnomalyQuestion, error) {
	q := evaluate.AnomalyQuestion{}
	var err error
	if q.By, q.Measure, err = o.check(ev); err != nil {
		return q, err
	}
	if o.least != "" {
		least, err := unit.ParseDecimal(o.least)
		if err != nil || least.Sign() < 0 {
			return q, usageErrorf("write an amount such as 50 or 0.01", "reading --min-excess: %q is not an amount", o.least)
		}
		q.Least = &least
	}
	if o.last < 1 {
		return q, usageErrorf("write 1 or more", "reading --last: %d days are none", o.last)
	}
	if o.period == "" {
		q.Period = ev.LastDays(o.last)
		return q, nil
	}
	p, err := begun(ev, o.period)
	q.Period = ev.BillingPeriod(p)
	return q, err
}

// writeAnomaliesCSV writes a row for each unusual day, with its evidence.
func writeAnomaliesCSV(w io.Writer, r *cost.AnomalyReport) error {
	c := csv.NewWriter(w)
	rows := [][]string{append(append([]string{}, r.By...), "currency", "kind", "severity", "start", "end", "date", "amount", "expected", "low", "high", "level", "factor", "mad", "weekday_mad", "scale", "score")}
	for _, x := range r.Anomalies {
		for _, e := range x.Evidence {
			rows = append(rows, append(keyValues(x.Keys, r.By), x.Currency, x.Kind, string(x.Severity), x.Start, x.End, e.Date, e.Amount.String(), e.Expected.String(), e.Low.String(), e.High.String(),
				e.Level.String(), e.Factor.String(), e.MAD.String(), e.OwnMAD.String(), e.Scale.String(), orEmpty(e.Score)))
		}
	}
	return c.WriteAll(rows)
}

// keyValues are the values of a group's keys, "" for none.
func keyValues(keys map[string]*string, by []string) []string {
	out := make([]string, len(by))
	for i, k := range by {
		if v := keys[k]; v != nil {
			out[i] = *v
		}
	}
	return out
}
