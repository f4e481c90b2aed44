package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
)

type creditsOptions struct {
	evaluateFlags
	period string
	filter evaluate.Filter
	format string
}

func newSLACredits(a *app, run func(context.Context, *app, *creditsOptions) error) *cobra.Command {
	var o creditsOptions
	cmd := &cobra.Command{
		Use: "credits", Short: "Show the service credits that are owed", Args: args(cobra.NoArgs),
		Long: `Compute what each organization is owed under the credits of its tier, with the
clause that caused it, and the total per currency. Credits are for complete months
in the organization's zone: a quarter or year lists its months, a shorter period
and the running month have none. Missing data gives no credit and a note.`,
		Example: `  slactl sla credits
  slactl sla credits --period 2026-09
  slactl sla credits --period 2026-Q3 --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	f.StringVar(&o.period, "period", "last-month", "the credits of the complete months of this `period`")
	f.StringSliceVar(&o.filter.Tiers, "tier", nil, "only organizations of this `tier`; may be repeated")
	f.StringSliceVar(&o.filter.Organizations, "org", nil, "only this `organization`; may be repeated")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

// creditsReport is what `slactl sla credits --format json` prints.
type creditsReport struct {
	Schema   string            `json:"schema"`
	Period   period.Info       `json:"period"`
	Credits  []sla.CreditTotal `json:"credits"`
	Exposure []sla.Exposure    `json:"exposure"`
	Notes    []string          `json:"notes"`
}

// creditsSchema names the version of [creditsReport].
const creditsSchema = "slactl.credits/v1"

func runSLACredits(ctx context.Context, a *app, o *creditsOptions) error {
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	status := &statusOptions{period: o.period, filter: o.filter}
	if err := status.checkFilter(ev); err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, err := status.evaluate(ctx, ev)
	progress.end()
	if err != nil {
		return err
	}
	r := got.Reports[0]
	if len(r.Results) > 0 || len(got.Failed) == 0 {
		if err := writeCredits(a, o.format, r); err != nil {
			return err
		}
	}
	if len(got.Failed) > 0 {
		return failures(a, got.Failed)
	}
	return nil
}

func writeCredits(a *app, format string, r *sla.Report) error {
	switch format {
	case "json":
		return writeJSON(a.Stdout, creditsReport{creditsSchema, r.Period, r.Credits, sla.Exposures(r.Credits), r.Notes})
	case "csv":
		return writeCreditsCSV(a.Stdout, r)
	}
	if len(r.Credits) > 0 {
		if err := a.printTable(report.CreditsTable(r.Credits), nil); err != nil {
			return err
		}
		fmt.Fprintln(a.Stdout)
		return a.printTable(report.ExposureTable(r.Credits), r.Notes)
	}
	why := ""
	if !r.Period.Complete {
		why = ": it is not over"
	}
	fmt.Fprintf(a.Stderr, "no credit is owed for %s%s\n", r.Period.Name, why)
	for _, n := range r.Notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return nil
}

// writeCreditsCSV writes a row per organization and month.
func writeCreditsCSV(w io.Writer, r *sla.Report) error {
	c := csv.NewWriter(w)
	err := c.Write([]string{"organization", "month", "percent", "amount", "currency", "capped", "because"})
	for _, t := range r.Credits {
		month := t.Period
		if month == "" {
			month = r.Period.Name
		}
		if err == nil {
			err = c.Write([]string{t.Organization, month, t.Percent.Canonical(), t.Amount.String(), t.Currency, strconv.FormatBool(t.Capped), strings.Join(t.Because, "; ")})
		}
	}
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}
