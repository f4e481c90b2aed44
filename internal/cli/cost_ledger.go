package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
)

func newCostLedger(a *app, run func(context.Context, *app, *breakdownOptions) error) *cobra.Command {
	var o breakdownOptions
	cmd := &cobra.Command{
		Use: "ledger", Short: "Show which billing files count, and why", Args: args(cobra.NoArgs),
		Long: `List every file of the billing sources, once for each billing period in it:

  used         it counts
  superseded   a newer snapshot of the billing period counts instead
  rejected     a row is broken, so the whole file is left out; the exit code is 3
  ignored      it is no bill

with its rows and amounts. Snapshots are ordered by the date in their path, or by
the manifest, never by the file's time.`,
		Example: `  slactl cost ledger
  slactl cost ledger --period 2026-10
  slactl cost ledger --format csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	o.basis = string(cost.ByBilling)
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "", "only billing periods in this `period`, and files that have none (default all)")
	f.StringVar(&o.measure, "measure", "", "show this `measure`: billed, effective, list or contracted (default cost.measure, else effective)")
	sourceFlag(f, &o.sources)
	f.StringVar(&o.file, "file", "", "read these `files` (a ** glob) instead of the configured sources")
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostLedger(ctx context.Context, a *app, o *breakdownOptions) error {
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	keep := func(cost.LedgerEntry) bool { return true }
	if o.period != "" {
		keep = func(e cost.LedgerEntry) bool {
			p, err := ev.Calendar().Parse(e.BillingPeriod)
			asked, _ := ev.Calendar().Parse(o.period) // read by query below
			return e.BillingPeriod == "" || err == nil && overlap(ev.BillingPeriod(p), ev.BillingPeriod(asked))
		}
	} else {
		o.period = "last-month" // a ledger has every file, whatever is summed
	}
	q, err := o.query(ev)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading bills")
	reports, err := ev.Cost(ctx, []cost.Query{q})
	progress.end()
	if err != nil {
		return err
	}
	got := cost.NewLedger(reports[0], keep)
	if err := writeLedger(a, o, got); err != nil {
		return err
	}
	return rejectedFiles(a, got.Ledger)
}

func overlap(p, q period.Period) bool {
	_, ok := p.Intersect(q.Span)
	return ok
}

func writeLedger(a *app, o *breakdownOptions, r *cost.Ledger) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, "source", "file", "billing_period", "snapshot", "status", "rows", "skipped_rows", "currency", "amount", "reason")
		for _, e := range r.Ledger {
			amounts := e.Amounts
			if len(amounts) == 0 {
				amounts = []cost.Amount{{}}
			}
			for _, m := range amounts {
				value := ""
				if m.Currency != "" {
					value = m.Amount.String()
				}
				out.row(e.Source, e.File, e.BillingPeriod, e.Snapshot, e.Status, strconv.FormatInt(e.Rows, 10), strconv.FormatInt(e.SkippedRows, 10), m.Currency, value, e.Reason)
			}
		}
		return out.end()
	}
	return a.printBlocks(report.LedgerTables(r), r.Notes)
}
