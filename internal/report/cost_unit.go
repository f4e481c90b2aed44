package report

import (
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// UnitCostTables show what one unit of business costs, and how tokens were used
// where a meter counts them.
func UnitCostTables(r *cost.UnitReport) []doc.Block {
	out := []doc.Block{unitCostTable(r)}
	if len(r.Tokens) > 0 {
		out = append(out, tokenTable(r.Tokens))
	}
	return out
}

func unitCostTable(r *cost.UnitReport) doc.Table {
	t := doc.Table{ID: "unit_costs", Title: "Unit costs (" + string(r.Measure) + ")", Columns: []doc.Column{{Title: "Unit"}, {Title: "Cost", Numeric: true, Priority: 2},
		{Title: "Events", Numeric: true, Priority: 2}, {Title: "Unit cost", Numeric: true}, {Title: "Before", Numeric: true, Priority: 1}, {Title: "Change", Numeric: true}}}
	for _, u := range r.UnitCosts {
		why := ""
		if u.Reason != nil {
			why = *u.Reason
		}
		row := doc.Row{Cells: []doc.Cell{text(unitName(u))}}
		if u.Cost != nil {
			row.Cells = append(row.Cells, money(*u.Cost, u.Currency))
		} else {
			row.Cells = append(row.Cells, doc.Cell{Value: doc.Missing{Why: why}})
		}
		if u.Events != nil {
			row.Cells = append(row.Cells, doc.Cell{Value: doc.Count{N: *u.Events}})
		} else {
			row.Cells = append(row.Cells, doc.Cell{Value: doc.Missing{Why: why}})
		}
		row.Cells = append(row.Cells, unitPrice(u.UnitCost, u.Currency, why), unitPrice(u.Before, u.Currency, "no value in the period before"), changeCell(u))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func unitName(u cost.UnitCost) string {
	if u.Per.Cmp(unit.DecimalOfInt(1)) == 0 {
		return u.Name
	}
	return u.Name + " (per " + unit.FormatCount(u.Per) + ")"
}

// unitPrice shows a price, a small one with the digits that tell it from others:
// four significant ones.
func unitPrice(v *unit.Decimal, currency, why string) doc.Cell {
	if v == nil {
		return doc.Cell{Value: doc.Missing{Why: why}}
	}
	digits := unit.MinorUnits(currency)
	if rest, small := strings.CutPrefix(strings.TrimPrefix(v.Canonical(), "-"), "0."); small {
		digits = max(digits, len(rest)-len(strings.TrimLeft(rest, "0"))+4)
	}
	return doc.Cell{Value: doc.Number{N: *v, Digits: digits, Unit: currency}}
}

func changeCell(u cost.UnitCost) doc.Cell {
	if u.Change == nil {
		return doc.Cell{Value: change(u.UnitCost, u.Before)}
	}
	return doc.Cell{Value: doc.Ratio{Percent: inPercent(*u.Change), Digits: ratioDigits, Signed: true}}
}

func tokenTable(uses []cost.TokenUse) doc.Table {
	t := doc.Table{ID: "tokens", Title: "Tokens by model", Columns: []doc.Column{{Title: "Model"}, {Title: "Input", Numeric: true}, {Title: "Output", Numeric: true},
		{Title: "Output per input", Numeric: true}, {Title: "Read from a cache", Numeric: true}}}
	for _, u := range uses {
		row := doc.Row{Cells: []doc.Cell{text(u.Model), {Value: doc.Count{N: u.Input}}, {Value: doc.Count{N: u.Output}}}}
		for i, v := range []*unit.Decimal{u.OutputPerInput, u.CacheHitShare} {
			switch {
			case v == nil:
				row.Cells = append(row.Cells, doc.Cell{Value: doc.Missing{Why: "no input"}})
			case i == 0:
				row.Cells = append(row.Cells, doc.Cell{Value: doc.Number{N: *v, Digits: 3}})
			default:
				row.Cells = append(row.Cells, shareCell(v))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
