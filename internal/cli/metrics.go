package cli

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/yamlpos"
)

type metricsFindOptions struct {
	sourceFlags
	pattern, last, format string
}

func newMetricsFind(a *app, run func(context.Context, *app, *metricsFindOptions) error) *cobra.Command {
	var o metricsFindOptions
	cmd := &cobra.Command{
		Use: "find [PATTERN]", Short: "Find metrics by name", Args: args(cobra.MaximumNArgs(1)),
		Long: `Find the metrics whose names a regular expression matches anywhere, ignoring case,
among those that have samples now. Without a pattern all are listed.`,
		Example: `  slactl metrics find requests --prometheus http://localhost:9090
  slactl metrics find '^http_.*_total$' --last 1d --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.pattern = args[0]
			}
			return run(cmd.Context(), a, &o)
		},
	}
	badNews(cmd, "no metric was found")
	o.declare(cmd.Flags())
	cmd.Flags().StringVar(&o.last, "last", "1h", "look at samples of this last `duration`, such as 1h or 30d")
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

func runMetricsFind(ctx context.Context, a *app, o *metricsFindOptions) error {
	re, err := regexp.Compile("(?i)" + o.pattern)
	if err != nil {
		return usageErrorf("write a part of the name", "reading the pattern: %w", err)
	}
	last, err := period.ParseDuration(o.last)
	if err != nil || last <= 0 {
		return usageErrorf("write a length of time such as 1h or 30d", "reading --last: %q is not a duration", o.last)
	}
	src, err := a.openSource(ctx, o.sourceFlags)
	if err != nil {
		return err
	}
	defer src.Close()
	progress := a.startProgress("listing metrics of " + src.Info().Target)
	all, err := src.Metrics(ctx, period.Span{Start: a.Now().Add(-last), End: a.Now()})
	progress.end()
	if err != nil {
		return err
	}
	found, names := []query.Metric{}, make([]string, 0, len(all))
	for _, m := range all {
		names = append(names, m.Name)
		if re.MatchString(m.Name) {
			found = append(found, m)
		}
	}
	if err := writeMetrics(a, o.format, found); err != nil || len(found) > 0 {
		return err
	}
	return nothingFound(o, src.Info(), names)
}

func writeMetrics(a *app, format string, found []query.Metric) error {
	if len(found) == 0 && format == "table" {
		return nil
	}
	table := listing{head: []string{"METRIC", "TYPE", "SERIES", "HELP"}}
	for _, m := range found {
		series := ""
		if m.Series > 0 {
			series = strconv.Itoa(m.Series)
		}
		table.rows = append(table.rows, []string{m.Name, m.Type, series, m.Help})
	}
	return table.write(a.Stdout, format, found)
}

// nothingFound says why the list is empty.
func nothingFound(o *metricsFindOptions, info query.Info, names []string) error {
	if len(names) == 0 {
		return &ExitError{Code: BadNews, Err: fmt.Errorf("finding metrics: %s has no samples in the last %s", info.Target, o.last),
			Hint: "look further back with --last 30d, or from another time with --now"}
	}
	return &ExitError{Code: BadNews, Err: fmt.Errorf("finding metrics: none of the %d of %s matches %q", len(names), info.Target, o.pattern),
		Hint: nearest(o.pattern, names)}
}

// nearest suggests a metric, or how to see all of them.
func nearest(pattern string, names []string) string {
	if near, ok := yamlpos.Nearest(pattern, names); ok {
		return "did you mean " + near + "?"
	}
	return "list all with `slactl metrics find`"
}
