package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/unit"
)

type recordOptions struct {
	backfill string
	again    bool
	format   string
}

func newRecord(a *app, run func(context.Context, *app, *recordOptions) error) *cobra.Command {
	var o recordOptions
	cmd := &cobra.Command{
		Use: "record", Short: "Keep the raw samples that SLAs are measured by", Args: args(cobra.NoArgs),
		Long: `Copy the raw samples that the SLAs and business metrics select, and what tells
whether their targets were up, from each metrics source into sources.history: a
Prometheus block for each day of UTC. So periods can be evaluated that are older
than what the source keeps, with the same results.

Days that the history has in full are left alone. The others, of those since its
first day, are read: the running day as far as it goes, and holes, which are
listed when the source has no samples of them any more. Run it from cron, at
least once within the time that the source keeps; it may be stopped at any time,
and nothing is lost or counted twice.`,
		Example: `  slactl record
  slactl record --backfill 30d
  slactl record --again --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.backfill, "backfill", "", "go back this `duration`, such as 30d, also beyond the first recorded day")
	f.BoolVar(&o.again, "again", false, "read also the days that the history has in full, and add what is new")
	formatFlag(f, &o.format, "table", "json")
	return cmd
}

func runRecord(ctx context.Context, a *app, o *recordOptions) error {
	opt := evaluate.RecordOptions{Again: o.again}
	if o.backfill != "" {
		d, err := period.ParseDuration(o.backfill)
		if err != nil || d <= 0 {
			return usageErrorf("write a length of time such as 30d", "reading --backfill: %q is not a duration", o.backfill)
		}
		opt.Backfill = d
	}
	e, err := a.historyEvaluator(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	if len(e.Config.Sources.Metrics) == 0 {
		return usageErrorf("add sources.metrics to the configuration", "recording: no metrics source is configured")
	}
	progress := a.startProgress("recording")
	e.Progress = progress.set
	recorded, err := e.Record(ctx, opt)
	progress.end()
	written := a.writeRecorded(o.format, recorded)
	if errors.Is(err, tsdb.ErrLocked) {
		return &ExitError{Code: Failure, Err: err}
	}
	return errors.Join(err, written)
}

// historyEvaluator is an evaluator whose configuration has a history.
func (a *app) historyEvaluator(ctx context.Context) (*evaluate.Evaluator, error) {
	e, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil {
		return nil, err
	}
	if e.Config.Sources.History == nil {
		return nil, usageErrorf("add `history: {path: ./slactl-history}` to sources", "opening the history: none is configured")
	}
	return e, nil
}

// writeRecorded tells what was recorded, and what there was to say on stderr.
func (a *app) writeRecorded(format string, recorded []evaluate.Recorded) error {
	for _, r := range recorded {
		of := ""
		if r.Source != "" {
			of = " of " + r.Source
		}
		for _, n := range r.Notes {
			fmt.Fprintf(a.Stderr, "note: %s\n", n)
		}
		if len(r.Days) == 0 && len(r.Notes) == 0 {
			fmt.Fprintf(a.Stderr, "note: nothing%s was recorded: %s has no samples of days that are not in the history\n", of, r.Target)
		}
		if len(r.Holes) > 0 {
			fmt.Fprintf(a.Stderr, "note: holes%s, of which the source has no samples: %s\n", of, dateRanges(r.Holes))
		}
	}
	if format == "json" {
		return writeJSON(a.Stdout, recorded)
	}
	table := listing{head: []string{"DAY", "UNTIL", "SERIES", "SAMPLES", "SIZE", "", "SOURCE"}}
	for _, r := range recorded {
		for _, d := range r.Days {
			table.rows = append(table.rows, []string{d.Day, until(d), strconv.FormatUint(d.Series, 10), strconv.FormatUint(d.Samples, 10),
				unit.FormatBytes(d.Bytes), news(d), r.Target})
		}
	}
	if len(table.rows) == 0 {
		return nil
	}
	return table.write(a.Stdout, format, nil)
}

// until says up to when a day was recorded.
func until(d evaluate.RecordedDay) string {
	if d.Complete {
		return "complete"
	}
	if text := d.Until.Format("15:04:05"); text != "00:00:00" {
		return text
	}
	return "24:00:00"
}

func news(d evaluate.RecordedDay) string {
	if d.Written {
		return "written"
	}
	return "nothing new"
}

// dateRanges writes dates in order, those that follow each other as a range.
func dateRanges(dates []string) string {
	var out []string
	for i := 0; i < len(dates); {
		last := i
		for last+1 < len(dates) && follows(dates[last], dates[last+1]) {
			last++
		}
		text := dates[i]
		if last > i {
			text += " to " + dates[last]
		}
		out = append(out, text)
		i = last + 1
	}
	return strings.Join(out, ", ")
}

func follows(date, next string) bool {
	t, err := time.Parse(time.DateOnly, date)
	return err == nil && t.AddDate(0, 0, 1).Format(time.DateOnly) == next
}
