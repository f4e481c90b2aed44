package report

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// cells writes the cells of a row as text, with the marks of their tones and the
// reasons of what is missing.
func cells(row doc.Row) string {
	var out []string
	for _, c := range row.Cells {
		text := doc.Format(c.Value)
		if m, ok := c.Value.(doc.Missing); ok {
			text = "? " + m.Why
		}
		if c.Tone != doc.Neutral {
			text = c.Tone.Mark() + " " + text
		}
		if len(c.Notes) > 0 {
			text += " (" + strings.Join(c.Notes, "; ") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

func decimal(text string) *unit.Decimal {
	d := unit.MustDecimal(text)
	return &d
}

func decimals(texts ...string) []unit.Decimal {
	var out []unit.Decimal
	for _, t := range texts {
		out = append(out, unit.MustDecimal(t))
	}
	return out
}

func TestBudgetTable(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	open := &cost.Outlook{Total: &cost.Interval{}}
	base := cost.Budget{Name: "b", Currency: "USD", Amount: unit.MustDecimal("100"), Spent: decimal("10"), ConsumedRatio: decimal("0.100001"), Projected: decimal("30"), ProjectedLow: decimal("28.5"), ProjectedHigh: decimal("31.25"), Outlook: open}
	base.Period.Name = "2026-11"
	with := func(change func(b *cost.Budget)) cost.Budget {
		b := base
		change(&b)
		return b
	}
	tests := []struct {
		budget cost.Budget
		want   string
	}{
		{base, "b | 2026-11 | 100.00 USD | 10.00 USD | 10.1 % | 30.00 USD | 28.50 – 31.25 USD | no | ✓ none"}, // what is used is cut upwards
		{with(func(b *cost.Budget) {
			b.Projected, b.ExhaustsAt, b.AlertsProjected = decimal("120"), &day, decimals("80", "100")
		}), "b | 2026-11 | 100.00 USD | 10.00 USD | 10.1 % | ✗ 120.00 USD | 28.50 – 31.25 USD | ✗ 2026-11-20 | ! none yet (80 %, 100 % will be reached by the end of the period)"},
		{with(func(b *cost.Budget) { b.Alerts, b.AlertsProjected = decimals("80"), decimals("80", "100") }),
			"b | 2026-11 | 100.00 USD | 10.00 USD | 10.1 % | 30.00 USD | 28.50 – 31.25 USD | no | ! 80 % (100 % will be reached by the end of the period)"},
		{with(func(b *cost.Budget) { b.Spent, b.Alerts = decimal("100"), decimals("100") }),
			"b | 2026-11 | 100.00 USD | 100.00 USD | 10.1 % | 30.00 USD | 28.50 – 31.25 USD | no | ✗ 100 %"},
		{with(func(b *cost.Budget) { b.Projected, b.Outlook = nil, &cost.Outlook{Reason: "too little history"} }),
			"b | 2026-11 | 100.00 USD | 10.00 USD | 10.1 % | ? too little history | ? too little history | ? nothing is forecast | ✓ none"},
		{with(func(b *cost.Budget) { b.Outlook = nil }), "b | 2026-11 | 100.00 USD | 10.00 USD | 10.1 % | 30.00 USD | – | no | ✓ none"},
		{with(func(b *cost.Budget) {
			b.Spent, b.ConsumedRatio, b.Projected, b.Outlook, b.Reason = nil, nil, nil, nil, "two currencies"
		}),
			"b | 2026-11 | 100.00 USD | ? two currencies | ? two currencies | ? two currencies | ? two currencies | ? nothing is forecast | ? two currencies"},
	}
	for _, tt := range tests {
		table := BudgetTable(&cost.BudgetReport{Budgets: []cost.Budget{tt.budget}})
		if got := cells(table.Rows[0]); got != tt.want || len(table.Rows[0].Cells) != len(table.Columns) {
			t.Errorf("%s\nwant\n%s", got, tt.want)
		}
	}
}

func TestForecastTable(t *testing.T) {
	service := "EC2"
	keys := map[string]*string{"service": &service}
	interval := &cost.Interval{Amount: unit.MustDecimal("20"), Low: unit.MustDecimal("18"), High: unit.MustDecimal("22.5")}
	tests := []struct {
		name     string
		forecast cost.Forecast
		want     string
	}{
		{"days", cost.Forecast{Outlook: cost.Outlook{Total: interval, Method: "weekday mean"}}, "EC2 | 2026-11-11 | 20.00 USD | 18.00 – 22.50 USD | weekday mean"},
		{"a month", cost.Forecast{Outlook: cost.Outlook{Total: interval, Method: "weekday mean"}, Spent: decimal("5"), Period: &cost.Interval{Amount: unit.MustDecimal("25")}},
			"EC2 | 5.00 USD | 2026-11-11 | 20.00 USD | 18.00 – 22.50 USD | 25.00 USD | weekday mean"},
		{"too little", cost.Forecast{Outlook: cost.Outlook{Reason: "too little history"}, Spent: decimal("5")},
			"EC2 | 5.00 USD | 2026-11-11 | ? too little history | ? too little history | ? too little history | –"},
	}
	for _, tt := range tests {
		tt.forecast.Keys, tt.forecast.Currency, tt.forecast.From = keys, "USD", "2026-11-11"
		r := &cost.ForecastReport{By: []string{"service"}, Forecasts: []cost.Forecast{tt.forecast}}
		table := ForecastTable(r)
		if got := cells(table.Rows[0]); got != tt.want || len(table.Rows[0].Cells) != len(table.Columns) {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
	if blocks := ForecastBlocks(&cost.ForecastReport{}); len(blocks) != 1 {
		t.Errorf("%d blocks without a charge", len(blocks))
	}
}
