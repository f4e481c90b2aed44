package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// costs shows what was spent by provider and service, each currency for itself.
func costs(r *Results) []doc.Block {
	if r.Cost == nil {
		return missing(r, "cost")
	}
	blocks := missing(r, "cost")
	for _, total := range r.Cost.Totals {
		if c, ok := costChart(r.CostDaily, total.Currency); ok {
			blocks = append(blocks, c)
		}
		blocks = append(blocks, costTable(r, total))
		if r.Cost.Compare == nil {
			continue
		}
		if t := MoversTable(r.Cost, total.Currency); len(t.Rows) > 0 {
			blocks = append(blocks, t, doc.Paragraph{Text: moversKey})
		}
	}
	if r.Invoices != nil && len(r.Invoices.Invoices) > 0 {
		blocks = append(blocks, InvoicesTable(r.Invoices))
	}
	if len(r.Cost.Totals) == 0 {
		blocks = append(blocks, doc.Paragraph{Text: "No charge falls into this period."})
	}
	for i, x := range r.Reconciliations {
		for _, b := range ReconciliationBlocks(x) {
			if t, ok := b.(doc.Table); ok {
				t.ID += fmt.Sprintf("_%d", i+1) // there can be several
				b = t
			}
			blocks = append(blocks, b)
		}
	}
	blocks = append(blocks, doc.Paragraph{Text: fmt.Sprintf("Measure: %s. Bills are cut in UTC: %s up to %s.", r.Cost.Measure,
		r.Cost.Period.Start.Format("2006-01-02"), r.Cost.Period.End.Format("2006-01-02"))})
	for _, n := range r.Cost.Notes {
		blocks = append(blocks, doc.Paragraph{Text: n})
	}
	return blocks
}

// moversKey says what the reasons of a change are.
const moversKey = "Price: paid more or less for the same. Usage: more or less of everything. Mix: dearer or cheaper items instead of others. Unexplained: charges without a quantity. They add up to the change."

// costTable lists the groups of one currency with the change against the period
// before.
func costTable(r *Results, total cost.Total) doc.Table {
	if r.Cost.Compare != nil {
		t := ComparedTable(r.Cost, total)
		t.ID, t.Title = "cost_"+strings.ToLower(total.Currency), "By provider and service, "+total.Currency
		return t
	}
	t := BreakdownTable(r.Cost, total)
	t.ID, t.Title = "cost_"+strings.ToLower(total.Currency), "By provider and service, "+total.Currency
	t.Columns = append(t.Columns, doc.Column{Title: "Before", Numeric: true, Priority: 2, Sum: true}, doc.Column{Title: "Change", Numeric: true, Priority: 1})
	before := map[string]*unit.Decimal{}
	if r.CostPrevious != nil {
		for i, g := range r.CostPrevious.Groups {
			if g.Currency == total.Currency {
				before[keyText(g, r.Cost.By)] = &r.CostPrevious.Groups[i].Amount
			}
		}
	}
	row := 0
	for _, g := range r.Cost.Groups {
		if g.Currency != total.Currency {
			continue
		}
		t.Rows[row].Cells = append(t.Rows[row].Cells, movement(&g.Amount, before[keyText(g, r.Cost.By)], total.Currency)...)
		row++
	}
	if t.Total != nil {
		t.Total.Cells = append(t.Total.Cells, movement(&total.Amount, totalOf(r.CostPrevious, total.Currency), total.Currency)...)
	}
	return t
}

// movement is the amount of the period before, and the change from it.
func movement(now, before *unit.Decimal, currency string) []doc.Cell {
	previous := doc.Cell{Value: doc.Missing{Why: "no charge in the period before"}}
	if before != nil {
		previous = doc.Cell{Value: doc.Money{Amount: *before, Currency: currency}}
	}
	return []doc.Cell{previous, {Value: change(now, before)}}
}

func keyText(g cost.Group, by []string) string {
	parts := make([]string, len(by))
	for i, k := range by {
		if v := g.Keys[k]; v != nil {
			parts[i] = *v
		}
	}
	return strings.Join(parts, "\x00")
}

// BreakdownTable lists the groups of one currency, with a total row.
func BreakdownTable(r *cost.Report, total cost.Total) doc.Table {
	t := doc.Table{ID: "breakdown_" + strings.ToLower(total.Currency), Title: fmt.Sprintf("Cost (%s), %s", r.Measure, total.Currency)}
	sum := doc.Row{}
	for i, k := range r.By {
		t.Columns = append(t.Columns, doc.Column{Title: heading(k)})
		label := ""
		if i == 0 {
			label = "Total"
		}
		sum.Cells = append(sum.Cells, text(label))
	}
	t.Columns = append(t.Columns, doc.Column{Title: "Amount", Numeric: true, Sum: true}, doc.Column{Title: "Share", Numeric: true, Priority: 3},
		doc.Column{Title: "Rows", Numeric: true, Priority: 4, Sum: true})
	for _, g := range r.Groups {
		if g.Currency != total.Currency {
			continue
		}
		var row doc.Row
		for i, k := range r.By {
			cell := keyCell(g.Keys[k])
			if g.Folded > 0 { // the rest beyond the largest groups
				cell = text("")
				if i == 0 {
					cell = text(fmt.Sprintf("(%d others)", g.Folded))
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		share := doc.Value(doc.Missing{Why: "the total is 0"})
		if g.Share != nil {
			share = doc.Ratio{Percent: inPercent(*g.Share), Digits: ratioDigits}
		}
		row.Cells = append(row.Cells, amountCell(g.Amount, g.Currency, r.Measure, g.NullRows, g.Rows, g.Range), doc.Cell{Value: share},
			doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(g.Rows)}})
		t.Rows = append(t.Rows, row)
	}
	amount := amountCell(total.Amount, total.Currency, r.Measure, total.NullRows, total.Rows, total.Range)
	sum.Cells = append(sum.Cells, amount, doc.Cell{Value: doc.Text("")}, doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(total.Rows)}})
	t.Total = &sum
	return t
}

// amountCell is a sum with what a reader must know of it: that rows have no amount,
// or that it may be more. A sum of nothing but such rows is no amount.
func amountCell(amount unit.Decimal, currency string, m cost.Measure, nulls, rows int64, r *cost.Range) doc.Cell {
	c := doc.Cell{Value: doc.Money{Amount: amount, Currency: currency}}
	switch {
	case nulls > 0 && nulls == rows:
		return doc.Cell{Value: doc.Missing{Why: fmt.Sprintf("no row has a %s amount", m)}}
	case nulls > 0:
		c.Notes = append(c.Notes, fmt.Sprintf("%d rows have no %s amount and are left out", nulls, m))
	}
	if r != nil {
		c.Notes = append(c.Notes, fmt.Sprintf("at most %s: how long the requests were is not known, and long ones cost more", unit.FormatMoney(r.High, currency)))
	}
	return c
}

func keyCell(v *string) doc.Cell {
	if v == nil {
		return text("(none)")
	}
	return text(*v)
}

func heading(key string) string {
	if tag, ok := strings.CutPrefix(key, "tag."); ok {
		return "Tag " + tag
	}
	if key == "org" {
		key = "organization"
	}
	key = strings.ReplaceAll(key, "_", " ")
	return strings.ToUpper(key[:1]) + key[1:]
}

// costChart stacks the providers of one currency by day.
func costChart(r *cost.Report, currency string) (doc.Chart, bool) {
	if r == nil {
		return doc.Chart{}, false
	}
	var days, providers []string
	amounts := map[[2]string]float64{}
	for _, g := range r.Groups {
		day, provider := g.Keys["day"], "(none)"
		if g.Currency != currency || day == nil {
			continue
		}
		if p := g.Keys["provider"]; p != nil {
			provider = *p
		}
		days, providers = append(days, *day), append(providers, provider)
		amounts[[2]string{*day, provider}] = g.Amount.Float()
	}
	slices.Sort(days)
	slices.Sort(providers)
	days, providers = slices.Compact(days), slices.Compact(providers)
	c := doc.Chart{ID: "cost_daily_" + strings.ToLower(currency), Title: "Cost by day and provider", Kind: doc.StackedBar, Labels: days, Unit: currency}
	for _, p := range providers {
		s := doc.Series{Name: p}
		for _, d := range days {
			v := amounts[[2]string{d, p}]
			s.Points = append(s.Points, &v)
		}
		c.Series = append(c.Series, s)
	}
	return c, len(days) > 1
}
