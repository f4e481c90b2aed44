package cost

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Two months at 10 a day until the given day of November, so that what comes is
// known: every method says 10.
func steadily(until string) []string {
	return everyDay("2026-09-01", between(date("2026-09-01"), date(until))+1, "a", always("10"))
}

func TestSpendBudget(t *testing.T) {
	november := period.Period{Name: "2026-11", Kind: period.Month, Span: period.Span{Start: date("2026-11-01"), End: date("2026-12-01")}, Zone: time.UTC}
	tests := []struct {
		name   string
		lines  []string
		plan   string // amount, then alert_at
		last   string // the last day that is over
		want   string // spent remaining ratio projected(low..high) exhausts alerts/projected
		reason string
	}{
		{"it lasts", steadily("2026-11-10"), "400 80 100", "2026-11-10", "100 300 0.250000 300(300..300) – /", ""},
		{"it will reach a threshold", steadily("2026-11-10"), "320 80 100", "2026-11-10", "100 220 0.312500 300(300..300) – /80", ""},
		{"it runs out on the day on which it is passed", steadily("2026-11-10"), "250 80 100", "2026-11-10", "100 150 0.400000 300(300..300) 2026-11-26 /80 100", ""},
		{"it reached a threshold exactly", steadily("2026-11-10"), "125 80 100", "2026-11-10", "100 25 0.800000 300(300..300) 2026-11-13 80/80 100", ""},
		{"it is spent", steadily("2026-11-10"), "95", "2026-11-10", "100 -5 1.052632 300(300..300) 2026-11-10 100/100", ""},
		{"spent to the last cent is reached, not passed", steadily("2026-11-30"), "300", "2026-11-30", "300 0 1.000000 300(300..300) – 100/100", ""},
		{"a purchase counts, and does not come again", append(steadily("2026-11-10"), "2026-11-03 plan 50 USD Purchase"), "400", "2026-11-10", "150 250 0.375000 350(350..350) – /", ""},
		{"the day that is not over counts once", append(steadily("2026-11-10"), "2026-11-11 a 4", "2026-11-11 vat 6 USD Tax"), "400", "2026-11-10", "110 290 0.275000 306(306..306) – /", ""},
		{"bills that lag", steadily("2026-10-28"), "400", "2026-11-10", "0 400 0.000000 300(300..300) – /", ""},
		{"a credit brings it back", append(steadily("2026-11-10"), "2026-11-10 a -80 USD Credit"), "50", "2026-11-10", "20 30 0.400000 220(220..220) 2026-11-14 /100", ""},
		{"another currency does not count", append(steadily("2026-11-10"), "2026-11-10 a 900 EUR"), "400 80", "2026-11-10", "100 300 0.250000 300(300..300) – /", ""},
		{"too little history", everyDay("2026-11-01", 10, "a", always("10")), "400", "2026-11-10", "100 300 0.250000 ? – /", "too little history: 10 days; a forecast of 20 days is tested on the past, and that takes 41"},
		{"nothing was ever charged", nil, "400", "2026-11-10", "0 400 0.000000 ? – /", "no charge matches in the history"},
	}
	for _, tt := range tests {
		numbers := strings.Fields(tt.plan)
		plan := Plan{Name: "b", Amount: unit.MustDecimal(numbers[0]), Currency: "USD"}
		for _, p := range numbers[1:] {
			plan.AlertAt = append(plan.AlertAt, unit.MustDecimal(p))
		}
		b := SpendBudget(plan, november, dailyReport(t, nil, tt.lines...), date(tt.last))
		projected, exhausts, reason := "?", "–", ""
		if b.Projected != nil {
			projected = b.Projected.Canonical() + "(" + b.ProjectedLow.Canonical() + ".." + b.ProjectedHigh.Canonical() + ")"
		}
		if b.ExhaustsAt != nil {
			exhausts = b.ExhaustsAt.Format(time.DateOnly)
		}
		if b.Outlook != nil {
			reason = b.Outlook.Reason
		}
		list := func(ds []unit.Decimal) string {
			var out []string
			for _, d := range ds {
				out = append(out, d.Canonical())
			}
			return strings.Join(out, " ")
		}
		got := strings.Join([]string{b.Spent.Canonical(), b.Remaining.Canonical(), b.ConsumedRatio.String(), projected, exhausts, list(b.Alerts) + "/" + list(b.AlertsProjected)}, " ")
		if got != tt.want || reason != tt.reason {
			t.Errorf("%s:\n%s %q, want\n%s %q", tt.name, got, reason, tt.want, tt.reason)
		}
	}
}

func TestBudgetWithoutCurrency(t *testing.T) {
	p := period.Period{Name: "2026-11", Span: period.Span{Start: date("2026-11-01"), End: date("2026-12-01")}, Zone: time.UTC}
	plan := Plan{Name: "b", Amount: unit.MustDecimal("100")}
	if b := SpendBudget(plan, p, dailyReport(t, nil, "2026-11-01 a 7"), date("2026-11-10")); b.Currency != "USD" || b.Spent.Canonical() != "7" {
		t.Errorf("the only currency: %s %v", b.Currency, b.Spent)
	}
	b := SpendBudget(plan, p, dailyReport(t, nil, "2026-11-01 a 7", "2026-11-01 a 7 EUR"), date("2026-11-10"))
	if b.Spent != nil || !strings.Contains(b.Reason, "set currency on it") || b.Reached() {
		t.Errorf("two currencies: %v, %q", b.Spent, b.Reason)
	}
}

// What a forecast says adds up: its days to its total, and with what is spent to
// the period.
func TestForecastDaily(t *testing.T) {
	by := []string{"service"}
	lines := slices.Concat(steadily("2026-11-10"), everyDay("2026-09-01", 71, "b", always("0.25")), everyDay("2026-11-01", 10, "new", always("3")), []string{"2026-11-02 a 99 USD Purchase"})
	daily := DailyOf(dailyReport(t, by, lines...), by, date("2026-11-10"))
	r := ForecastDaily(daily, by, "month-end", period.Span{Start: date("2026-11-01"), End: date("2026-12-01")}, true)
	want := map[string]string{"a": "199 200 399 20 days", "b": "2.5 5 7.5 20 days", "new": "30 60 90 20 days"}
	for _, f := range r.Forecasts {
		name := *f.Keys["service"]
		if f.Total == nil {
			t.Errorf("%s: %s", name, f.Reason)
			continue
		}
		var days unit.Decimal
		for _, d := range f.Days {
			days = days.Add(d.Amount)
		}
		if days.Cmp(f.Total.Amount) != 0 || f.Period.Amount.Cmp(f.Spent.Add(days)) != 0 {
			t.Errorf("%s: days %s, total %s, period %s", name, days, f.Total.Amount, f.Period.Amount)
		}
		got := strings.Join([]string{f.Spent.Canonical(), f.Total.Amount.Canonical(), f.Period.Amount.Canonical()}, " ") + " 20 days"
		if name != "new" && (got != want[name] || len(f.Days) != 20 || f.Days[0].Date != "2026-11-11" || f.From != "2026-11-11") {
			t.Errorf("%s: %s from %s, want %s", name, got, f.From, want[name])
		}
	}
	if len(r.Forecasts) != 3 || r.Until != "2026-11-30" {
		t.Errorf("%d forecasts until %s", len(r.Forecasts), r.Until)
	}
	over := ForecastDaily(daily, by, "month-end", period.Span{Start: date("2026-10-01"), End: date("2026-11-01")}, true)
	if f := over.Forecasts[0]; f.Total != nil || f.Reason != "every day is billed already" {
		t.Errorf("a month that is over: %v, %q", f.Total, f.Reason)
	}
}
