package cli

import (
	"context"
	"encoding/csv"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report"
)

// costFlags say which costs are looked at day by day.
type costFlags struct {
	by      []string
	measure string
}

func (o *costFlags) declare(f *pflag.FlagSet, by ...string) {
	f.StringSliceVar(&o.by, "by", by, "one series for each value of these `keys`, as in `slactl cost breakdown`; none for the total")
	measureFlag(f, &o.measure)
}

// check returns the keys and the measure, if they exist.
func (o *costFlags) check(ev *evaluate.Evaluator) ([]string, cost.Measure, error) {
	measure := cost.Measure(o.measure)
	if o.measure == "" {
		measure = ev.Measure()
	}
	if err := oneOf("--measure", string(measure), []string{string(cost.Billed), string(cost.Effective), string(cost.List), string(cost.Contracted)}); err != nil {
		return nil, "", err
	}
	for _, key := range []string{"day", "week", "month"} {
		for _, by := range o.by {
			if by == key {
				return nil, "", usageErrorf("leave it out: every series is daily", "reading --by: %s is no group of days", key)
			}
		}
	}
	if err := cost.DailyQuery(cost.Query{Measure: measure}, o.by).Validate(); err != nil {
		return nil, "", usageErrorf("", "%w", err)
	}
	return o.by, measure, nil
}

type forecastOptions struct {
	costFlags
	horizon, format string
}

func newCostForecast(a *app, run func(context.Context, *app, *forecastOptions) error) *cobra.Command {
	var o forecastOptions
	cmd := &cobra.Command{
		Use: "forecast", Short: "Forecast costs, with an interval and its track record", Args: args(cobra.NoArgs),
		Long: `Forecast daily costs up to a horizon. Several methods that know the weekday are
tried on the past: each forecasts it from earlier days, over and over. The one with
the smallest errors is taken, if they are at least 5 % below those of the seasonal
naive forecast, which repeats the last week; else it is that one. The interval of
80 % is made of the same errors, widened where it would have held less often; how
often it would have held is told.

Methods do not learn from unusual days, and days that are not over are left out.
What comes every month on the same day is expected on that day. Charges that come
once, such as purchases and taxes, are not forecast. With too little history there
is no forecast but the reason: it takes the horizon and three weeks more.`,
		Example: `  slactl cost forecast
  slactl cost forecast --horizon 14d --by provider
  slactl cost forecast --horizon quarter-end --by category --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f)
	f.StringVar(&o.horizon, "horizon", "month-end", "forecast up to this `horizon`: a number of days such as 30d, month-end or quarter-end")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostForecast(ctx context.Context, a *app, o *forecastOptions) error {
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return err
	}
	q := evaluate.ForecastQuestion{Horizon: o.horizon}
	if q.By, q.Measure, err = o.check(ev); err != nil {
		return err
	}
	if _, err := ev.ForecastQuery(q); err != nil {
		return usageErrorf("", "reading --horizon: %w", err)
	}
	progress := a.startProgress("reading bills")
	r, err := ev.Forecast(ctx, q)
	progress.end()
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		err = writeJSON(a.Stdout, r)
	case "csv":
		err = writeForecastCSV(a.Stdout, r)
	default:
		err = a.printBlocks(report.ForecastBlocks(r), r.Notes)
	}
	if err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

// writeForecastCSV writes a row for each day, and one without a date for the total
// of each group.
func writeForecastCSV(w io.Writer, r *cost.ForecastReport) error {
	rows := [][]string{append(append([]string{}, r.By...), "currency", "date", "amount", "low", "high", "method", "reason")}
	for _, f := range r.Forecasts {
		row := func(date string, i *cost.Interval) {
			cells := append(keyValues(f.Keys, r.By), f.Currency, date)
			if i == nil {
				cells = append(cells, "", "", "")
			} else {
				cells = append(cells, i.Amount.String(), i.Low.String(), i.High.String())
			}
			rows = append(rows, append(cells, f.Method, f.Reason))
		}
		for i := range f.Days {
			row(f.Days[i].Date, &f.Days[i].Interval)
		}
		row("", f.Total)
	}
	return csv.NewWriter(w).WriteAll(rows)
}
