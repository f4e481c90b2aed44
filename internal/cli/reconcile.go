package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/report"
)

type reconcileOptions struct {
	evaluateFlags
	claims string
	format string
}

func newSLAReconcile(a *app, run func(context.Context, *app, *reconcileOptions) error) *cobra.Command {
	var o reconcileOptions
	cmd := &cobra.Command{
		Use: "reconcile --claims FILE", Short: "Set the outages that customers claim beside what was measured", Args: args(cobra.NoArgs),
		Long: `Read the intervals in which customers say that a service was bad, and say of each
what the measurement windows say:

  confirmed  every window inside the interval is worse than the target
  partly     some windows that it touches are
  not seen   there is data, and none is
  no data    no window that it touches can be judged
  excluded   all of them are taken out, by a maintenance

Beside it stands what the month's credit would be if the claim alone were accepted,
that is, if everything in the interval had been bad: every event, window, minute or
observation of a histogram within a bound. A quantile says of this only that it was
above the target: the credit is then at least what is shown, and a note says how
much it can be at most. A mean value does not follow from a claim at all. Credits of
several claims do not simply add up.

Where the terms of the tier set a deadline (claim_within), it is shown, with the
days that are left, or whether the claim came late.

The file is CSV with the columns organization,start,end and perhaps sla, note and
received, when the claim was made (default now). Times are RFC 3339, or without an
offset what clocks show where the organization is; received may be a date alone,
which is the start of that day.
Without an sla all of them are looked at. Rows that cannot be read are reported by
their lines, the others are still judged, and the exit code is 3.`,
		Example: `  slactl sla reconcile --claims incidents.csv
  slactl sla reconcile --claims incidents.csv --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	f.StringVar(&o.claims, "claims", "", "the `file` of claims, or - for standard input")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runSLAReconcile(ctx context.Context, a *app, o *reconcileOptions) error {
	if o.claims == "" {
		return usageErrorf("add --claims incidents.csv, with the columns organization,start,end,sla,note,received", "reconciling: no file of claims is named")
	}
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	text, err := a.readInput(o.claims)
	if err != nil {
		return err
	}
	claims, wrong := ev.ReadClaims(o.claims, bytes.NewReader(text))
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, failed, err := ev.Reconcile(ctx, claims)
	progress.end()
	if err != nil {
		return err
	}
	if len(got.Claims) > 0 || len(wrong) == 0 {
		if err := writeReconciliation(a, o.format, got); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return errors.Join(append(wrong, failures(a, failed))...)
	}
	for i, err := range wrong {
		if i == len(wrong)-1 {
			return &ExitError{Code: Failure, Err: err, Hint: fmt.Sprintf("%d of %d rows were read", len(claims), len(claims)+len(wrong))}
		}
		fmt.Fprintf(a.Stderr, "slactl: %v\n", err)
	}
	return nil
}

// readInput reads a file, or standard input for "-".
func (a *app) readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.Stdin)
	}
	text, err := a.Files.ReadFile(name)
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return text, nil
}

func writeReconciliation(a *app, format string, r *report.Reconciliation) error {
	switch format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		return writeReconciliationCSV(a.Stdout, r)
	}
	return a.printTable(report.ReconcileTable(r), r.Notes)
}

// writeReconciliationCSV writes a row for each claim and objective.
func writeReconciliationCSV(w io.Writer, r *report.Reconciliation) error {
	rows := [][]string{{"row", "organization", "tier", "start", "end", "sla", "objective", "finding", "windows", "judged", "worse", "no_data", "unreachable", "excluded", "worse_share",
		"total", "bad", "seen", "month", "currency", "credit_now", "credit_accepted", "credit_at_most", "claim_by", "late", "note"}}
	for _, c := range r.Claims {
		credit := []string{"", "", "", "", ""}
		if len(c.Credits) > 0 {
			first := c.Credits[0]
			credit = []string{first.Month, first.Currency, first.Now.Canonical(), first.Accepted.Canonical(), orEmpty(first.AtMost)}
		}
		if c.ClaimBy != nil {
			credit = append(credit, c.ClaimBy.Format(timeLayout), strconv.FormatBool(c.Late))
		} else {
			credit = append(credit, "", "")
		}
		for _, f := range c.Findings {
			var seen []string
			for _, s := range f.Seen {
				seen = append(seen, s.Start.Format(timeLayout)+".."+s.End.Format(timeLayout))
			}
			n := f.Windows
			row := []string{strconv.Itoa(c.Row), c.Organization, c.Tier, c.Start.Format(timeLayout), c.End.Format(timeLayout), f.SLA, f.Objective, string(f.Finding)}
			for _, count := range [...]int{n.Touched, n.Judged, n.Worse, n.NoData, n.Unreachable, n.Excluded} {
				row = append(row, strconv.Itoa(count))
			}
			row = append(row, orEmpty(f.WorseShare), f.Total.Canonical(), f.Bad.Canonical(), strings.Join(seen, " "))
			rows = append(rows, append(append(row, credit...), c.Note))
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
