package report

import (
	"cmp"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// MarginTables show what is left of the revenue of each organization or tier, and
// the costs that no margin has.
func MarginTables(r *cost.MarginReport) []doc.Block {
	t := doc.Table{ID: "margins", Title: "Margin by " + r.By + " (revenue: " + r.Revenue + ")", Columns: []doc.Column{{Title: heading(r.By)}, {Title: "Currency", Priority: 3},
		{Title: "Revenue", Numeric: true}, {Title: "Credits", Numeric: true}, {Title: "Cost", Numeric: true}, {Title: "Margin", Numeric: true}, {Title: "Of revenue", Numeric: true}}}
	for _, m := range r.Margins {
		why := "no revenue"
		if m.Reason != nil {
			why = *m.Reason
		}
		amount := func(d *unit.Decimal) doc.Cell {
			if d == nil {
				return doc.Cell{Value: doc.Missing{Why: why}}
			}
			return money(*d, m.Currency)
		}
		margin, ratio := amount(m.Margin), doc.Cell{Value: doc.Missing{Why: why}}
		if m.Margin != nil && m.Margin.Sign() < 0 {
			margin.Tone = doc.Bad
		}
		if m.Ratio != nil {
			ratio = shareCell(m.Ratio)
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(cmp.Or(deref(m.Keys[r.By]), "(none)")), text(m.Currency), amount(m.Revenue), amount(m.Credits), amount(m.Cost), margin, ratio}})
	}
	out := []doc.Block{t}
	if len(r.Unallocated) > 0 {
		rest := doc.Table{ID: "margins_unallocated", Title: "Costs in no margin", Columns: []doc.Column{{Title: "Currency"}, {Title: "Unallocated", Numeric: true}}}
		for _, u := range r.Unallocated {
			rest.Rows = append(rest.Rows, doc.Row{Cells: []doc.Cell{text(u.Currency), money(u.Amount, u.Currency)}})
		}
		out = append(out, rest)
	}
	return out
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
