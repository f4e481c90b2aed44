package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// BudgetBlocks shows how the budgets of costs stand, with a picture of each.
func BudgetBlocks(r *cost.BudgetReport) []doc.Block {
	if len(r.Budgets) == 0 {
		return []doc.Block{doc.Paragraph{Text: "No budget is configured."}}
	}
	blocks := []doc.Block{BudgetTable(r)}
	for i, b := range r.Budgets {
		if c, ok := spendingChart(fmt.Sprintf("cost_budget_%d", i+1), b); ok {
			blocks = append(blocks, c)
		}
	}
	return blocks
}

// BudgetTable lists the budgets of costs.
func BudgetTable(r *cost.BudgetReport) doc.Table {
	t := doc.Table{ID: "cost_budgets", Title: fmt.Sprintf("Budgets (%s)", r.Measure), Columns: []doc.Column{{Title: "Budget"}, {Title: "Period"}, {Title: "Amount", Numeric: true}, {Title: "Spent", Numeric: true},
		{Title: "Used", Numeric: true}, {Title: "Projected", Numeric: true, Priority: 1}, {Title: fmt.Sprintf("%d %% interval", cost.IntervalLevel), Numeric: true, Priority: 3}, {Title: "Runs out", Priority: 1}, {Title: "Reached", Numeric: true}}}
	for _, b := range r.Budgets {
		used := missingCell(b.Reason)
		if b.ConsumedRatio != nil {
			used = doc.Cell{Value: doc.Ratio{Percent: inPercent(*b.ConsumedRatio), Digits: 1, Worse: +1}}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: append([]doc.Cell{text(b.Name), text(b.Period.Name), money(b.Amount, b.Currency), orMissing(b.Spent, b.Currency, b.Reason), used},
			append(projectedCells(b), runsOut(b), reachedCell(b))...)})
	}
	return t
}

func projectedCells(b cost.Budget) []doc.Cell {
	switch {
	case b.Projected == nil:
		why := b.Reason
		if b.Outlook != nil {
			why = cmp.Or(b.Outlook.Reason, why)
		}
		return []doc.Cell{missingCell(why), missingCell(why)}
	case b.Outlook == nil: // the period is over
		return []doc.Cell{money(*b.Projected, b.Currency), text("–")}
	}
	c := money(*b.Projected, b.Currency)
	if b.Projected.Cmp(b.Amount) > 0 {
		c.Tone = doc.Bad
	}
	return []doc.Cell{c, text(amounts(*b.ProjectedLow, *b.ProjectedHigh, b.Currency))}
}

func runsOut(b cost.Budget) doc.Cell {
	switch {
	case b.ExhaustsAt != nil:
		return doc.Cell{Value: doc.Instant{Time: *b.ExhaustsAt, DateOnly: true}, Tone: doc.Bad}
	case b.Projected == nil:
		return missingCell("nothing is forecast")
	}
	return text("no")
}

// reachedCell lists the thresholds that are reached, else those that will be.
func reachedCell(b cost.Budget) doc.Cell {
	tone := doc.Good
	switch {
	case b.Spent == nil:
		return missingCell(b.Reason)
	case b.Reached() && b.Spent.Cmp(b.Amount) >= 0:
		tone = doc.Bad
	case b.Reached() || len(b.AlertsProjected) > 0:
		tone = doc.Warn
	}
	list := percents(b.Alerts)
	if list == "" && len(b.AlertsProjected) > 0 {
		list = "none yet"
	}
	c := doc.Cell{Value: doc.Text(cmp.Or(list, "none")), Tone: tone}
	if more := b.AlertsProjected[min(len(b.Alerts), len(b.AlertsProjected)):]; len(more) > 0 {
		c.Notes = []string{percents(more) + " will be reached by the end of the period"}
	}
	return c
}

func percents(list []unit.Decimal) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Canonical()+" %")
	}
	return strings.Join(out, ", ")
}

// spendingChart draws what was spent up to each day, and what will be, with a line
// at the amount. It reports false where there is too little to draw.
func spendingChart(id string, b cost.Budget) (doc.Chart, bool) {
	limit := b.Amount.Float()
	c := doc.Chart{ID: id, Title: fmt.Sprintf("%s, %s", b.Name, b.Period.Name), Kind: doc.Line, Unit: b.Currency, Target: &limit, Series: []doc.Series{{Name: "spent"}}}
	var sum unit.Decimal
	for _, d := range b.Course {
		c.Labels = append(c.Labels, d.Date)
		f := d.Amount.Float()
		c.Series[0].Points = append(c.Series[0].Points, &f)
		sum = *d.Amount
	}
	if b.Outlook != nil && b.Outlook.Total != nil {
		c.Series = append(c.Series, doc.Series{Name: "forecast", Points: make([]*float64, len(c.Labels))})
		for _, d := range b.Outlook.Days {
			if n := len(b.Course); n > 0 && d.Date <= b.Course[n-1].Date {
				continue // a day that is not over
			}
			sum = sum.Add(d.Amount)
			f := sum.Float()
			c.Labels = append(c.Labels, d.Date)
			c.Series[0].Points = append(c.Series[0].Points, nil)
			c.Series[1].Points = append(c.Series[1].Points, &f)
		}
	}
	_, err := time.Parse(time.DateOnly, b.Period.Name)
	return c, len(c.Labels) > 1 && err != nil // a budget of a day has nothing to draw
}
