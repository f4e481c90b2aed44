package report

import (
	"fmt"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// chartedForecasts is how many forecasts are drawn, those of the most expensive
// groups.
const chartedForecasts = 3

// ForecastBlocks shows what costs will be, how good the method was on the past,
// and pictures of the most expensive groups.
func ForecastBlocks(r *cost.ForecastReport) []doc.Block {
	if len(r.Forecasts) == 0 {
		return []doc.Block{doc.Paragraph{Text: "There is no charge to forecast from."}}
	}
	blocks := []doc.Block{ForecastTable(r)}
	if t := BacktestTable(r); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	drawn := 0
	for i, f := range r.Forecasts {
		if f.Total != nil && drawn < chartedForecasts {
			blocks = append(blocks, forecastChart(fmt.Sprintf("cost_forecast_%d", i+1), f, r.By))
			drawn++
		}
	}
	return append(blocks, doc.Paragraph{Text: fmt.Sprintf("Intervals of %d %% are made of the errors that the method had when the past was forecast from earlier days of it. "+
		"The seasonal naive forecast repeats the last week, without what was unusual in it; another method is taken only if its errors were at least 5 %% smaller. One-off charges, such as purchases and taxes, are not forecast.", cost.IntervalLevel)})
}

// ForecastTable lists the forecast of each group.
func ForecastTable(r *cost.ForecastReport) doc.Table {
	whole := false
	for _, f := range r.Forecasts {
		whole = whole || f.Spent != nil
	}
	t := doc.Table{ID: "cost_forecast", Title: fmt.Sprintf("Forecast up to %s (%s)", r.Until, r.Measure), Columns: keyColumns(r.By)}
	if whole {
		t.Columns = append(t.Columns, doc.Column{Title: "Spent", Numeric: true})
	}
	t.Columns = append(t.Columns, doc.Column{Title: "From", Priority: 3}, doc.Column{Title: "Forecast", Numeric: true}, doc.Column{Title: fmt.Sprintf("%d %% interval", cost.IntervalLevel), Numeric: true})
	if whole {
		t.Columns = append(t.Columns, doc.Column{Title: "Whole period", Numeric: true})
	}
	t.Columns = append(t.Columns, doc.Column{Title: "Method", Priority: 2})
	for _, f := range r.Forecasts {
		row := keyCells(f.Keys, r.By)
		if whole {
			row = append(row, orMissing(f.Spent, f.Currency, "not known"))
		}
		row = append(row, text(f.From))
		if f.Total == nil {
			row = append(row, missingCell(f.Reason), missingCell(f.Reason))
		} else {
			row = append(row, money(f.Total.Amount, f.Currency), text(amounts(f.Total.Low, f.Total.High, f.Currency)))
		}
		if whole && f.Period == nil {
			row = append(row, missingCell(f.Reason))
		} else if whole {
			row = append(row, money(f.Period.Amount, f.Currency))
		}
		t.Rows = append(t.Rows, doc.Row{Cells: append(row, orDash(f.Method))})
	}
	return t
}

// BacktestTable shows, beside the seasonal naive forecast, how far off each method
// was on the past, and how often its interval held.
func BacktestTable(r *cost.ForecastReport) doc.Table {
	t := doc.Table{ID: "cost_forecast_backtest", Title: "How good the method was on the past"}
	t.Columns = append(keyColumns(r.By), doc.Column{Title: "Method"}, doc.Column{Title: "Error a day", Numeric: true}, doc.Column{Title: "Naive", Numeric: true}, doc.Column{Title: "Error of the total", Numeric: true, Priority: 1},
		doc.Column{Title: "Naive", Numeric: true, Priority: 1}, doc.Column{Title: fmt.Sprintf("In the %d %% interval", cost.IntervalLevel), Numeric: true}, doc.Column{Title: "Tested", Numeric: true, Priority: 2})
	for _, f := range r.Forecasts {
		b := f.Backtest
		if b == nil {
			continue
		}
		held := missingCell("the history is too short to check the interval on it")
		if b.Coverage != nil {
			held = doc.Cell{Value: doc.Ratio{Percent: inPercent(*b.Coverage), Digits: 0}, Notes: []string{fmt.Sprintf("of %d days", b.Checked)}}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: append(keyCells(f.Keys, r.By), text(f.Method), money(b.Error, f.Currency), money(b.NaiveError, f.Currency), money(b.TotalError, f.Currency),
			money(b.NaiveTotalError, f.Currency), held, doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(int64(b.Origins))}})})
	}
	return t
}

// forecastChart draws the last weeks, and the forecast between the ends of its
// interval.
func forecastChart(id string, f cost.Forecast, by []string) doc.Chart {
	c := doc.Chart{ID: id, Title: groupName(f.Keys, by) + " by day", Kind: doc.Line, Unit: f.Currency,
		Series: []doc.Series{{Name: "cost"}, {Name: "forecast"}, {Name: "lower end"}, {Name: "upper end"}}}
	add := func(label string, values ...*unit.Decimal) {
		c.Labels = append(c.Labels, label)
		for i, p := range spark(values) {
			c.Series[i].Points = append(c.Series[i].Points, p)
		}
	}
	for _, d := range f.Past {
		add(d.Date, d.Amount, nil, nil, nil)
	}
	for _, d := range f.Days {
		add(d.Date, nil, &d.Amount, &d.Low, &d.High)
	}
	return c
}

func missingCell(why string) doc.Cell { return doc.Cell{Value: doc.Missing{Why: why}} }

func orMissing(d *unit.Decimal, currency, why string) doc.Cell {
	if d == nil {
		return missingCell(why)
	}
	return money(*d, currency)
}
