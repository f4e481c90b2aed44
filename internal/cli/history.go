package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/term"
)

type historyOptions struct {
	evaluateFlags
	by     string
	last   int
	filter evaluate.Filter
	format string
}

func newSLAHistory(a *app, run func(context.Context, *app, *historyOptions) error) *cobra.Command {
	o := historyOptions{by: "month", last: 12}
	cmd := &cobra.Command{
		Use: "history", Short: "Show how the service levels went over the last periods", Args: args(cobra.NoArgs),
		Long: `Judge every objective in each of the last days, weeks, months, quarters or years,
by the target in force at the time. The newest is to date while it is not over.

An overview with the trend comes first. When --sla, --tier and --org leave few
enough, each of their periods is listed as well; JSON and CSV always list them.`,
		Example: `  slactl sla history --by month --last 6
  slactl sla history --by day --last 31 --sla availability --org acme
  slactl sla history --by week --last 12 --tier gold --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f)
	var names []string
	for _, k := range historyKinds() {
		names = append(names, k.name)
	}
	f.Var(&choice{&o.by, names}, "by", "judge by this `unit`: day, week, month, quarter or year")
	f.IntVar(&o.last, "last", o.last, "so many `periods`, the newest of which may be to date")
	f.StringSliceVar(&o.filter.SLAs, "sla", nil, "only SLAs of this `name`; may be repeated")
	f.StringSliceVar(&o.filter.Tiers, "tier", nil, "only results of this `tier`; may be repeated")
	f.StringSliceVar(&o.filter.Organizations, "org", nil, "only results of this `organization`; may be repeated")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

// historyKind is a unit of the calendar by its name.
type historyKind struct {
	name string
	kind period.Kind
}

func historyKinds() [5]historyKind {
	return [5]historyKind{{"day", period.Day}, {"week", period.Week}, {"month", period.Month}, {"quarter", period.Quarter}, {"year", period.Year}}
}

// mostPeriods is how many periods may be asked for: ten years of days.
const mostPeriods = 3660

// detailedSeries is how many series are listed period by period in a terminal.
const detailedSeries = 6

func runSLAHistory(ctx context.Context, a *app, o *historyOptions) error {
	if o.last < 1 || o.last > mostPeriods {
		return usageErrorf("write a number such as 12", "reading --last: %d is not a number of periods from 1 to %d", o.last, mostPeriods)
	}
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	if err := (&statusOptions{filter: o.filter}).checkFilter(ev); err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	var kind period.Kind
	for _, k := range historyKinds() {
		if k.name == o.by {
			kind = k.kind
		}
	}
	h, failed, err := ev.History(ctx, o.by, ev.LastPeriods(kind, o.last), o.filter)
	progress.end()
	if err != nil {
		return err
	}
	if len(h.Series) > 0 || len(failed) == 0 {
		if err := writeHistory(a, o.format, h); err != nil {
			return err
		}
	}
	return failures(a, failed)
}

func writeHistory(a *app, format string, h *report.History) error {
	switch format {
	case "json":
		return writeJSON(a.Stdout, h)
	case "csv":
		return writeHistoryCSV(a.Stdout, h)
	}
	if len(h.Series) == 0 {
		fmt.Fprintln(a.Stderr, "nothing to show: no SLA is configured, or the filters leave none")
		return nil
	}
	if err := term.Table(a.Stdout, report.HistoryTable(h), a.termOptions()); err != nil {
		return err
	}
	if len(h.Series) > detailedSeries {
		h.Notes = append(h.Notes, fmt.Sprintf("%d rows are too many to list each period of; narrow them to %d with --sla, --tier and --org", len(h.Series), detailedSeries))
	} else {
		for _, s := range h.Series {
			fmt.Fprintln(a.Stdout)
			if err := term.Table(a.Stdout, report.HistorySeriesTable(h, s), a.termOptions()); err != nil {
				return err
			}
		}
	}
	for _, n := range h.Notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return nil
}

// writeHistoryCSV writes the exact values, a row for each series and period.
func writeHistoryCSV(w io.Writer, h *report.History) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"sla", "objective", "tier", "organization", "group", "period", "start", "end", "complete", "comparison", "target", "unit",
		"attained", "state", "total", "bad", "coverage", "budget_consumed_ratio", "attained_without_exclusions", "reason"}}
	for _, s := range h.Series {
		var group []string
		for k, v := range s.Group {
			group = append(group, k+"="+strconv.Quote(v))
		}
		slices.Sort(group)
		for _, p := range s.Points {
			reason := ""
			if p.Reason != nil {
				reason = *p.Reason
			}
			rows = append(rows, []string{s.SLA, s.Objective, p.Tier, s.Organization, strings.Join(group, ","), p.Name, p.Period.Start.Format(timeLayout), p.Period.End.Format(timeLayout),
				strconv.FormatBool(p.Period.Complete), string(s.Comparison), p.Target.Canonical(), s.Unit, orEmpty(p.Attained), string(p.State),
				p.Events.Total.Canonical(), p.Events.Bad.Canonical(), p.Coverage.Canonical(), orEmpty(p.BudgetUsed), orEmpty(p.AttainedWithoutExclusions), reason})
		}
	}
	return c.WriteAll(rows)
}
