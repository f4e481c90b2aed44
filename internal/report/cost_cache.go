package report

import (
	"strconv"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// CacheTable lists what caching saved, those who lost by it first.
func CacheTable(r price.Savings, by []string) doc.Table {
	t := doc.Table{ID: "cache", Title: "Saved by caching, net of what writing into caches costs", Columns: []doc.Column{{Title: "Model"}}}
	for _, k := range by {
		t.Columns = append(t.Columns, doc.Column{Title: heading(k)})
	}
	t.Columns = append(t.Columns, doc.Column{Title: "Savings", Numeric: true}, doc.Column{Title: "At most", Numeric: true, Priority: 4}, doc.Column{Title: "Read", Numeric: true, Priority: 2},
		doc.Column{Title: "Written", Numeric: true, Priority: 2}, doc.Column{Title: "Other input", Numeric: true, Priority: 3}, doc.Column{Title: "Hit share", Numeric: true, Priority: 1})
	for _, s := range r.Cache {
		row := doc.Row{Cells: []doc.Cell{text(s.Model)}}
		for _, k := range by {
			row.Cells = append(row.Cells, keyCell(s.Keys[k]))
		}
		row.Cells = append(row.Cells, savingCells(s)...)
		for _, n := range []unit.Number{s.Read, s.Written, s.Input} {
			row.Cells = append(row.Cells, doc.Cell{Value: doc.Count{N: n.Decimal}})
		}
		share := doc.Value(doc.Missing{Why: "no input"})
		if s.HitShare != nil {
			share = doc.Ratio{Percent: inPercent(*s.HitShare), Digits: ratioDigits}
		}
		row.Cells = append(row.Cells, doc.Cell{Value: share})
		t.Rows = append(t.Rows, row)
	}
	return t
}

// savingCells are the savings, and their upper end where they are a range.
func savingCells(s price.Saving) []doc.Cell {
	if s.Savings == nil {
		return []doc.Cell{{Value: doc.Missing{Why: s.Reason}}, text("")}
	}
	least := doc.Cell{Value: doc.Money{Amount: *s.Savings, Currency: s.Currency}}
	if s.Savings.Sign() < 0 {
		least.Tone = doc.Bad
	}
	most := text("")
	if s.Range != nil {
		least.Notes = []string{"at least: how long requests were is not known, and long ones have other prices"}
		most = doc.Cell{Value: doc.Money{Amount: s.Range.High, Currency: s.Currency}}
	}
	return []doc.Cell{least, most}
}

// CompareTable lists what the same work would have cost with other models, from
// the best to the worst case, below what it did cost.
func CompareTable(r price.Comparison) doc.Table {
	t := doc.Table{ID: "compare", Title: "The same work with other models", Columns: []doc.Column{{Title: "Model"}, {Title: "At least", Numeric: true}, {Title: "At most", Numeric: true},
		{Title: "Change at best", Numeric: true, Priority: 1}, {Title: "Change at worst", Numeric: true, Priority: 1}}}
	for _, a := range r.Actual {
		who := strings.Join(a.Models, ", ")
		if len(a.Models) > 2 {
			who = strconv.Itoa(len(a.Models)) + " models"
		}
		none := doc.Cell{Value: doc.Text("")}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text("as it was done (" + who + ")"), money(a.Low, a.Currency), money(a.High, a.Currency), none, none}})
	}
	for _, w := range r.WhatIf {
		row := doc.Row{Cells: []doc.Cell{text(w.Model)}}
		if w.Low == nil {
			missing := doc.Cell{Value: doc.Missing{Why: w.Reason}}
			t.Rows = append(t.Rows, doc.Row{Cells: append(row.Cells, missing, missing, missing, missing)})
			continue
		}
		row.Cells = append(row.Cells, money(*w.Low, w.Currency), money(*w.High, w.Currency))
		if w.Change == nil {
			missing := doc.Cell{Value: doc.Missing{Why: w.ChangeReason}}
			row.Cells = append(row.Cells, missing, missing)
		} else {
			row.Cells = append(row.Cells, differenceCell(w.Change.Low, w.Currency), differenceCell(w.Change.High, w.Currency))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func differenceCell(amount unit.Decimal, currency string) doc.Cell {
	c := doc.Cell{Value: doc.Money{Amount: amount, Currency: currency, Signed: true}}
	switch amount.Sign() {
	case -1:
		c.Tone = doc.Good
	case 1:
		c.Tone = doc.Bad
	}
	return c
}

// PricingNotes say what could not be priced, and how much that is.
func PricingNotes(p cost.Pricing) []string {
	var out []string
	if p.PricedShare != nil && len(p.Unpriced) > 0 {
		out = append(out, unit.FormatPercent(inPercent(*p.PricedShare), ratioDigits, -1)+" of the tokens are priced")
	}
	for _, u := range p.Unpriced {
		out = append(out, u.Model+" is unpriced ("+unit.FormatCount(u.Tokens.Decimal)+" tokens): "+u.Reason)
	}
	for _, m := range p.Matches {
		if m.How != string(price.Exact) {
			out = append(out, m.Model+" is priced as "+m.Entry)
		}
	}
	return out
}
