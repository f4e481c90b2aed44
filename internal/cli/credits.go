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
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/term"
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
has none. Missing data gives no credit and a note. Where the terms of a tier set a
deadline (claim_within), it is shown until when the credit must be claimed.

Nothing is owed for the running month. Without --period, or with it, a preview
shows what would be attained and owed at its end under three assumptions:

  as is            nothing more is counted: the value to date stays
  at current burn  traffic goes on at the mean rate of the last 7 days, and as bad
                   as in the last day (the burn rate of 1d)
  no more errors   traffic goes on, and nothing bad comes

A quantile or mean goes on like the observations of the last day, or like those of
the last 7 days that were within the target. CSV has the credits of the period, or
for the running month the preview's, with the assumption in the first column.`,
		Example: `  slactl sla credits
  slactl sla credits --period 2026-09
  slactl sla credits --period 2026-Q3 --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	f.StringVar(&o.period, "period", "", "the credits of the complete months of this `period` (default last-month, and the preview of this one)")
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
	// Preview is of the running month; null where nobody's month is running or
	// nobody is promised credits.
	Preview *sla.Preview `json:"preview"`
	Notes   []string     `json:"notes"`
}

// creditsSchema names the version of [creditsReport].
const creditsSchema = "slactl.credits/v1"

func runSLACredits(ctx context.Context, a *app, o *creditsOptions) error {
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	if err := (&statusOptions{filter: o.filter}).checkFilter(ev); err != nil {
		return err
	}
	var asked *period.Period
	if o.period != "" {
		p, err := begun(ev, o.period)
		if err != nil {
			return err
		}
		asked = &p
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, err := ev.Credits(ctx, asked, o.filter)
	progress.end()
	if err != nil {
		return err
	}
	r := got.Reports[0]
	preview := got.Reports[len(got.Reports)-1].Preview
	if len(r.Results) > 0 || len(got.Failed) == 0 {
		if err := writeCredits(a, o.format, r, preview); err != nil {
			return err
		}
	}
	if len(got.Failed) > 0 {
		return failures(a, got.Failed)
	}
	return nil
}

func writeCredits(a *app, format string, r *sla.Report, preview *sla.Preview) error {
	switch {
	case format == "json":
		return writeJSON(a.Stdout, creditsReport{creditsSchema, r.Period, r.Credits, sla.Exposures(r.Credits), preview, r.Notes})
	case format == "csv" && !r.Period.Complete && preview != nil:
		return writePreviewCSV(a.Stdout, preview)
	case format == "csv":
		return writeCreditsCSV(a.Stdout, r)
	}
	if err := printOwed(a, r); err != nil || preview == nil {
		return err
	}
	return printPreview(a, preview)
}

// printOwed prints what is owed.
func printOwed(a *app, r *sla.Report) error {
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

// printPreview prints what the running month would come to.
func printPreview(a *app, p *sla.Preview) error {
	tables := report.PreviewTables(p)
	if len(tables) == 0 {
		fmt.Fprintf(a.Stderr, "no credit is foreseen for %s under any assumption\n", p.Period.Name)
		return nil
	}
	blocks := []doc.Block{doc.Paragraph{Text: report.PreviewText(p)}}
	for _, t := range tables {
		blocks = append(blocks, t)
	}
	for _, n := range report.PreviewNotes(p) {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return term.Render(a.Stdout, &doc.Document{Sections: []doc.Section{{ID: "preview", Title: "Preview of " + p.Period.Name, Blocks: blocks}}}, a.termOptions())
}

// writeCreditsCSV writes a row per organization and month.
func writeCreditsCSV(w io.Writer, r *sla.Report) error {
	c := csv.NewWriter(w)
	err := c.Write([]string{"organization", "month", "percent", "amount", "currency", "capped", "because", "claim_by"})
	for _, t := range r.Credits {
		month := t.Period
		if month == "" {
			month = r.Period.Name
		}
		by := ""
		if t.ClaimBy != nil {
			by = t.ClaimBy.Format(timeLayout)
		}
		if err == nil {
			err = c.Write([]string{t.Organization, month, t.Percent.Canonical(), t.Amount.String(), t.Currency, strconv.FormatBool(t.Capped), strings.Join(t.Because, "; "), by})
		}
	}
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}

// writePreviewCSV writes a row per assumption and organization.
func writePreviewCSV(w io.Writer, p *sla.Preview) error {
	rows := [][]string{{"assumption", "organization", "month", "percent", "amount", "currency", "capped", "because"}}
	for _, s := range p.Scenarios {
		for _, t := range s.Credits {
			rows = append(rows, []string{string(s.Assumption), t.Organization, p.Period.Name, t.Percent.Canonical(), t.Amount.String(), t.Currency,
				strconv.FormatBool(t.Capped), strings.Join(t.Because, "; ")})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
