package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
)

type maintenanceListOptions struct{ period, format string }

func newMaintenanceList(a *app, run func(context.Context, *app, *maintenanceListOptions) error) *cobra.Command {
	var o maintenanceListOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List what is excluded in a period", Args: args(cobra.NoArgs),
		Long: `List every occurrence of maintenance in a period, single, recurring and from
iCalendar files, and the time outside of service hours: when it is, for whom, and
whether it is counted as excluded or why not. Nothing is measured.`,
		Example: "  slactl maintenance list\n  slactl maintenance list --period 2026-10 --format csv",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	cmd.Flags().StringVar(&o.period, "period", "this-month", "list what lies in this `period`")
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

func runMaintenanceList(_ context.Context, a *app, o *maintenanceListOptions) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	ev := &evaluate.Evaluator{Config: cfg, Now: a.Now()}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return usageErrorf("", "reading --period: %w", err)
	}
	list := ev.Maintenance(p)
	if len(list) == 0 && o.format == "table" {
		fmt.Fprintf(a.Stderr, "nothing is to be excluded in %s\n", p.Name)
		return nil
	}
	out := listing{head: []string{"START", "END", "NAME", "SCOPE", "COUNTED", "BECAUSE"}}
	instant := func(t time.Time) string {
		switch {
		case t.IsZero():
			return ""
		case o.format == "csv":
			return t.Format(timeLayout)
		}
		return t.In(p.Zone).Format("2006-01-02 15:04 MST")
	}
	for _, x := range list {
		out.rows = append(out.rows, []string{instant(x.Start), instant(x.End), x.Name, x.Scope, x.Counted, strings.Join(x.Because, "; ")})
	}
	return out.write(a.Stdout, o.format, list)
}
