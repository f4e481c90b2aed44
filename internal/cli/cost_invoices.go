package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/doc"
)

func newCostInvoices(a *app, run func(context.Context, *app, *breakdownOptions) error) *cobra.Command {
	var o breakdownOptions
	cmd := &cobra.Command{
		Use: "invoices", Short: "Show how the total of each invoice comes about", Args: args(cobra.NoArgs),
		Long: `Add up the charges of each invoice by what they are: usage, purchases, credits,
adjustments, corrections of earlier charges, and tax. The parts add up to the
total exactly. Charges are those of the billing period, which is what an invoice
is for, and amounts are billed ones, unless other flags are given.`,
		Example: `  slactl cost invoices --period 2026-10
  slactl cost invoices --period 2026-10 --format csv
  slactl cost invoices --period 2026-10 --file 'billing/**/*.csv*'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "the invoices of this `period`")
	f.StringVar(&o.measure, "measure", string(cost.Billed), "sum this `measure`: billed, effective, list or contracted")
	f.StringVar(&o.basis, "basis", string(cost.ByBilling), "assign rows by this `time`: billing, or charge for the charges' own")
	sourceFlag(f, &o.sources)
	f.StringVar(&o.file, "file", "", "read these `files` (a ** glob) instead of the configured sources")
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostInvoices(ctx context.Context, a *app, o *breakdownOptions) error {
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	q, err := o.query(ev)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading bills")
	reports, err := ev.Cost(ctx, []cost.Query{cost.InvoiceQuery(q)})
	progress.end()
	if err != nil {
		return err
	}
	got := cost.BridgeInvoices(reports[0])
	if err := writeInvoices(a, o, got); err != nil {
		return err
	}
	return rejectedFiles(a, got.Ledger)
}

func writeInvoices(a *app, o *breakdownOptions, r *cost.Invoices) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, "provider", "invoice", "currency", "usage", "purchases", "credits", "adjustments", "corrections", "other", "tax", "total")
		for _, i := range r.Invoices {
			out.row(orNothing(i.Provider), orNothing(i.Invoice), i.Currency, i.Usage.String(), i.Purchases.String(), i.Credits.String(), i.Adjustments.String(),
				i.Corrections.String(), i.Other.String(), i.Tax.String(), i.Total.String())
		}
		return out.end()
	}
	return a.printBlocks([]doc.Block{report.InvoicesTable(r)}, r.Notes)
}
