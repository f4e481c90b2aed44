package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// topMovers is how many groups the table of movers names.
const topMovers = 10

// ComparedTable is [BreakdownTable] with the amounts of the other period and the
// changes, for a breakdown that is compared.
func ComparedTable(r *cost.Report, total cost.Total) doc.Table {
	t := BreakdownTable(r, total)
	t.Columns = append(t.Columns, doc.Column{Title: r.Compare.Period.Name, Numeric: true, Sum: true}, doc.Column{Title: "Change", Numeric: true, Sum: true}, doc.Column{Title: "%", Numeric: true})
	row := 0
	for _, g := range r.Groups {
		if g.Currency != total.Currency {
			continue
		}
		t.Rows[row].Cells = append(t.Rows[row].Cells, movementCells(*g.Movement, g.Amount, g.Currency)...)
		row++
	}
	for _, m := range r.Compare.Totals {
		if m.Currency == total.Currency && t.Total != nil {
			t.Total.Cells = append(t.Total.Cells, movementCells(m.Movement, total.Amount, m.Currency)...)
		}
	}
	return t
}

func movementCells(m cost.Movement, now unit.Decimal, currency string) []doc.Cell {
	percent := doc.Cell{Value: change(&now, m.Before)}
	switch m.State {
	case cost.New:
		percent = text("new")
	case cost.Gone:
		percent = text("gone")
	}
	before := doc.Cell{Value: doc.Missing{Why: "no charge"}}
	if m.Before != nil {
		before = money(*m.Before, currency)
	}
	return []doc.Cell{before, signedMoney(m.Change, currency), percent}
}

func signedMoney(amount unit.Decimal, currency string) doc.Cell {
	return doc.Cell{Value: doc.Money{Amount: amount, Currency: currency, Signed: true}}
}

// MoversTable lists the groups of one currency that moved most, in either
// direction, with the reasons.
func MoversTable(r *cost.Report, currency string) doc.Table {
	t := doc.Table{ID: "movers_" + strings.ToLower(currency), Title: fmt.Sprintf("Top movers since %s, %s", r.Compare.Period.Name, currency)}
	for _, k := range r.By {
		t.Columns = append(t.Columns, doc.Column{Title: heading(k)})
	}
	for _, title := range []string{"Change", "Price", "Usage", "Mix", "Unexplained"} {
		t.Columns = append(t.Columns, doc.Column{Title: title, Numeric: true})
	}
	var moved []cost.Group
	for _, g := range r.Groups {
		if g.Currency == currency && g.Folded == 0 && !g.Change.IsZero() {
			moved = append(moved, g)
		}
	}
	slices.SortStableFunc(moved, func(a, b cost.Group) int { return magnitude(b.Change).Cmp(magnitude(a.Change)) })
	for _, g := range moved[:min(len(moved), topMovers)] {
		var row doc.Row
		for _, k := range r.By {
			row.Cells = append(row.Cells, keyCell(g.Keys[k]))
		}
		for _, d := range []unit.Decimal{g.Change, g.Price, g.Usage, g.Mix, g.Unexplained} {
			row.Cells = append(row.Cells, signedMoney(d, currency))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func magnitude(d unit.Decimal) unit.Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// InvoicesTable is the bridge from what was charged to the total of each invoice.
// Columns that are 0 for all of them are left out, but for usage and tax.
func InvoicesTable(r *cost.Invoices) doc.Table {
	t := doc.Table{ID: "invoices", Title: fmt.Sprintf("Invoices (%s)", r.Measure), Columns: []doc.Column{{Title: "Provider"}, {Title: "Invoice"}}}
	parts := [...]struct {
		title  string
		always bool
		read   func(cost.Invoice) unit.Decimal
	}{
		{"Usage", true, func(i cost.Invoice) unit.Decimal { return i.Usage }},
		{"Purchases", false, func(i cost.Invoice) unit.Decimal { return i.Purchases }},
		{"Credits", false, func(i cost.Invoice) unit.Decimal { return i.Credits }},
		{"Adjustments", false, func(i cost.Invoice) unit.Decimal { return i.Adjustments }},
		{"Corrections", false, func(i cost.Invoice) unit.Decimal { return i.Corrections }},
		{"Other", false, func(i cost.Invoice) unit.Decimal { return i.Other }},
		{"Tax", true, func(i cost.Invoice) unit.Decimal { return i.Tax }},
		{"Total", true, func(i cost.Invoice) unit.Decimal { return i.Total }},
	}
	t.Rows = make([]doc.Row, len(r.Invoices))
	for i, inv := range r.Invoices {
		number := keyCell(inv.Invoice)
		if inv.Invoice == nil {
			number = text("(not yet on one)")
		}
		t.Rows[i].Cells = []doc.Cell{keyCell(inv.Provider), number}
	}
	for _, p := range parts {
		if !p.always && !slices.ContainsFunc(r.Invoices, func(i cost.Invoice) bool { return !p.read(i).IsZero() }) {
			continue
		}
		t.Columns = append(t.Columns, doc.Column{Title: p.title, Numeric: true})
		for i, inv := range r.Invoices {
			t.Rows[i].Cells = append(t.Rows[i].Cells, money(p.read(inv), inv.Currency))
		}
	}
	return t
}
