package report

import (
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// LedgerTables list the files of the bills, and add them up by what became of
// them.
func LedgerTables(r *cost.Ledger) []doc.Block {
	files := doc.Table{ID: "ledger", Title: "Billing files (" + string(r.Measure) + ")", Columns: []doc.Column{{Title: "Source", Priority: 3}, {Title: "File"}, {Title: "Period"},
		{Title: "Status"}, {Title: "Rows", Numeric: true, Priority: 2}, {Title: "Amount", Numeric: true, Priority: 1}, {Title: "Because", Priority: 2}}}
	for _, e := range r.Ledger {
		files.Rows = append(files.Rows, doc.Row{Cells: []doc.Cell{text(e.Source), text(e.File), orDash(e.BillingPeriod), statusCell(e.Status),
			{Value: doc.Count{N: unit.DecimalOfInt(e.Rows)}}, amountsCell(e.Amounts), text(e.Reason)}})
	}
	sums := doc.Table{ID: "ledger_totals", Title: "In all", Columns: []doc.Column{{Title: "Status"}, {Title: "Entries", Numeric: true}, {Title: "Rows", Numeric: true}, {Title: "Amount", Numeric: true}}}
	for _, t := range r.Totals {
		sums.Rows = append(sums.Rows, doc.Row{Cells: []doc.Cell{statusCell(t.Status), {Value: doc.Count{N: unit.DecimalOfInt(t.Entries)}},
			{Value: doc.Count{N: unit.DecimalOfInt(t.Rows)}}, amountsCell(t.Amounts)}})
	}
	return []doc.Block{files, sums}
}

func statusCell(status string) doc.Cell {
	c := text(status)
	switch status {
	case cost.Used:
		c.Tone = doc.Good
	case cost.Rejected:
		c.Tone = doc.Bad
	}
	return c
}

// amountsCell shows an amount, or those of several currencies side by side.
func amountsCell(amounts []cost.Amount) doc.Cell {
	if len(amounts) == 1 {
		return money(amounts[0].Amount, amounts[0].Currency)
	}
	var all []string
	for _, a := range amounts {
		all = append(all, unit.FormatMoney(a.Amount, a.Currency))
	}
	return orDash(strings.Join(all, ", "))
}
