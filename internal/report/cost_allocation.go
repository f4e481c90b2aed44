package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// AllocationTables show whom the costs of each currency belong to, what was
// shared out, and why the rest belongs to nobody.
func AllocationTables(r *cost.Allocation) []doc.Block {
	var out []doc.Block
	for _, total := range r.Totals {
		out = append(out, allocationTable(r, total))
	}
	shared := slices.ContainsFunc(r.Groups, func(g cost.AllocatedGroup) bool { return !g.Shared.IsZero() })
	if t := sharedTable(r); shared && len(t.Rows) > 0 {
		out = append(out, t)
	}
	if t := unallocatedTable(r); len(t.Rows) > 0 {
		out = append(out, t)
	}
	return out
}

func money(amount unit.Decimal, currency string) doc.Cell {
	return doc.Cell{Value: doc.Money{Amount: amount, Currency: currency}}
}

func shareCell(share *unit.Decimal) doc.Cell {
	if share == nil {
		return doc.Cell{Value: doc.Missing{Why: "the total is 0"}}
	}
	return doc.Cell{Value: doc.Ratio{Percent: inPercent(*share), Digits: ratioDigits}}
}

func allocationTable(r *cost.Allocation, total cost.Total) doc.Table {
	t := doc.Table{ID: "allocation_" + strings.ToLower(total.Currency), Title: fmt.Sprintf("Cost (%s) by %s, %s", r.Measure, r.By, total.Currency),
		Columns: []doc.Column{{Title: heading(r.By)}, {Title: "Amount", Numeric: true, Sum: true}, {Title: "Direct", Numeric: true, Sum: true, Priority: 2},
			{Title: "Shared", Numeric: true, Sum: true, Priority: 2}, {Title: "Share", Numeric: true, Priority: 3}}}
	var direct, shared unit.Decimal
	for _, g := range r.Groups {
		if g.Currency != total.Currency {
			continue
		}
		direct, shared = direct.Add(g.Direct), shared.Add(g.Shared)
		name := text("unallocated")
		if k := g.Keys[r.By]; k != nil {
			name = text(*k)
		} else if !g.Amount.IsZero() {
			name.Tone = doc.Warn
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{name, money(g.Amount, g.Currency), money(g.Direct, g.Currency), money(g.Shared, g.Currency), shareCell(g.Share)}})
	}
	t.Total = &doc.Row{Cells: []doc.Cell{text("Total"), money(total.Amount, total.Currency), money(direct, total.Currency), money(shared, total.Currency), text("")}}
	return t
}

// sharedTable lists the parts of each split.
func sharedTable(r *cost.Allocation) doc.Table {
	t := doc.Table{ID: "allocation_shared", Title: "Shared out", Columns: []doc.Column{{Title: "Rule"}, {Title: "To"}, {Title: "By", Numeric: true}, {Title: "Amount", Numeric: true}}}
	for _, x := range r.Rules {
		for _, p := range x.Parts {
			t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(fmt.Sprintf("%d: %s", x.Rule, x.Gives)), text(p.Key), {Value: doc.Count{N: p.Weight}}, money(p.Amount, x.Currency)}})
		}
	}
	return t
}

func unallocatedTable(r *cost.Allocation) doc.Table {
	t := doc.Table{ID: "unallocated", Title: "Unallocated", Columns: []doc.Column{{Title: "Because"}, {Title: "Amount", Numeric: true}, {Title: "Rows", Numeric: true, Priority: 2}}}
	for _, u := range r.Because {
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(u.Reason), money(u.Amount, u.Currency), {Value: doc.Count{N: unit.DecimalOfInt(u.Rows)}}}})
	}
	return t
}
