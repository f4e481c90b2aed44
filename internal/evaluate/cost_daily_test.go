package evaluate

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
)

// A horizon begins with the first day that is not over in every zone of the bills.
func TestHorizon(t *testing.T) {
	const source = "sources: {billing: [{name: a, format: focus, path: a.csv}, {name: b, format: focus, path: b.csv, timezone: America/Los_Angeles}]}\n"
	e := costEvaluator(t, source, nil)
	tests := []struct{ now, horizon, want string }{
		{"2026-11-11T09:00:00Z", "30d", "2026-11-11..2026-12-11"},
		{"2026-11-11T09:00:00Z", "month-end", "2026-11-01..2026-12-01 whole"},
		{"2026-11-11T09:00:00Z", "quarter-end", "2026-10-01..2027-01-01 whole"},
		{"2026-11-01T03:00:00Z", "month-end", "2026-10-01..2026-11-01 whole"}, // it is still October in California
		{"2026-11-01T03:00:00Z", "1d", "2026-10-31..2026-11-01"},
		{"2026-11-01T03:00:00Z", "0d", "error"},
		{"2026-11-01T03:00:00Z", "367d", "error"},
		{"2026-11-01T03:00:00Z", "week-end", "error"},
		{"2026-11-01T03:00:00Z", "", "error"},
	}
	for _, tt := range tests {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		e.Now = now
		got := "error"
		if span, whole, err := e.horizon(tt.horizon); err == nil {
			got = span.Start.Format(time.DateOnly) + ".." + span.End.Format(time.DateOnly)
			if whole {
				got += " whole"
			}
		}
		if got != tt.want {
			t.Errorf("%s at %s: %s, want %s", tt.horizon, tt.now, got, tt.want)
		}
	}
}

// Budgets are cut in UTC, by the week that the configuration begins.
func TestBudgetPeriod(t *testing.T) {
	e := costEvaluator(t, "timezone: Asia/Tokyo\nweek_start: sunday\nsources: {billing: [{name: a, format: focus, path: a.csv}]}\n", nil)
	e.Now = time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC) // November in Tokyo
	var got []string
	for _, kind := range []string{"day", "week", "month", "quarter", "year"} {
		got = append(got, e.budgetPeriod(config.Budget{Period: kind}, e.Now).Name)
	}
	if want := "2026-10-31 2026-10-25..2026-11-01 2026-10 2026-Q4 2026"; strings.Join(got, " ") != want {
		t.Errorf("periods %v, want %s", got, want)
	}
}
