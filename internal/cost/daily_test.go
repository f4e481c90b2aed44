package cost

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// date reads a date as its midnight in UTC.
func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// spend is what a bill charges: a line for each charge, "date service amount
// currency category class", of which the last three may be left out.
func spend(lines ...string) []LineItem {
	var out []LineItem
	for _, line := range lines {
		f := append(strings.Fields(line), "USD", "Usage", "")
		if n := len(strings.Fields(line)); n > 3 {
			f = append(strings.Fields(line), []string{"USD", "Usage", ""}[n-3:]...)
		}
		amount := unit.MustDecimal(f[2])
		out = append(out, LineItem{ChargePeriodStart: date(f[0]), ServiceName: f[1], EffectiveCost: &amount, BillingCurrency: f[3], ChargeCategory: f[4], ChargeClass: f[5]})
	}
	return out
}

// everyDay charges a service on so many days from one on.
func everyDay(from string, days int, service string, amount func(i int) string) []string {
	var out []string
	for i := range days {
		if a := amount(i); a != "" {
			out = append(out, fmt.Sprintf("%s %s %s", date(from).AddDate(0, 0, i).Format(time.DateOnly), service, a))
		}
	}
	return out
}

func always(amount string) func(int) string { return func(int) string { return amount } }

// daily tallies charges by day.
func dailyReport(t *testing.T, by []string, lines ...string) *Report {
	t.Helper()
	span := period.Span{Start: date("2020-01-01"), End: date("2030-01-01")}
	q := DailyQuery(Query{Period: period.Period{Span: span, Zone: time.UTC}, Measure: Effective}, by)
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	tally := NewTally(q, nil)
	for _, item := range spend(lines...) {
		tally.Add(&item)
	}
	return tally.Report()
}

func TestDailyOf(t *testing.T) {
	tests := []struct {
		name  string
		by    []string
		lines []string
		last  string
		want  []string // a line for each series: first day, key, currency, then running+one-off by day; - is a gap
	}{
		{"the day that is not over is left out", nil, []string{"2026-10-01 a 1.10", "2026-10-01 b 2.20", "2026-10-02 a 3", "2026-10-03 a 9"}, "2026-10-02",
			[]string{"2026-10-01 USD 3.3 3"}},
		{"a day without any charge is a gap, one without the service's is 0", []string{"service"}, []string{"2026-10-01 a 1", "2026-10-02 b 2", "2026-10-04 a 4"}, "2026-10-31",
			[]string{"2026-10-01 a USD 1 0 - 4", "2026-10-01 b USD 0 2 - 0"}},
		{"currencies stand for themselves", nil, []string{"2026-10-01 a 1", "2026-10-02 a 2 EUR", "2026-10-03 a 3"}, "2026-10-31",
			[]string{"2026-10-02 EUR 2", "2026-10-01 USD 1 - 3"}},
		{"what comes once is told apart", nil, []string{"2026-10-01 a 1", "2026-10-01 plan 100 USD Purchase", "2026-10-02 a 1", "2026-10-03 a 1", "2026-10-03 a -5 USD Usage Correction", "2026-10-03 vat 7 USD Tax", "2026-10-04 a 1", "2026-10-05 a 1"}, "2026-10-31",
			[]string{"2026-10-01 USD 1+100 1 1+2 1 1"}},
		{"a credit on most days runs", nil, []string{"2026-10-01 a 5", "2026-10-01 a -1 USD Credit", "2026-10-02 a 5", "2026-10-02 a -1 USD Credit", "2026-10-03 a 5"}, "2026-10-31",
			[]string{"2026-10-01 USD 4 4 5"}},
		{"nothing", nil, nil, "2026-10-31", nil},
		{"nothing that is over", nil, []string{"2026-10-01 a 1"}, "2026-09-30", nil},
		{"a spring month of Berlin has as many days as any", nil, []string{"2026-03-28 a 1", "2026-03-29 a 2", "2026-03-30 a 3"}, "2026-03-30", []string{"2026-03-28 USD 1 2 3"}},
	}
	for _, tt := range tests {
		var got []string
		for _, d := range DailyOf(dailyReport(t, tt.by, tt.lines...), tt.by, date(tt.last)) {
			line := d.Name(0)
			for _, k := range tt.by {
				line += " " + *d.Keys[k]
			}
			line += " " + d.Currency
			for _, day := range d.Days {
				text := day.Running.Canonical()
				switch {
				case !day.Known:
					text = "-"
				case !day.OneOff.IsZero():
					text += "+" + day.OneOff.Canonical()
				}
				line += " " + text
			}
			got = append(got, line)
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func TestLastDay(t *testing.T) {
	zone := func(hours int) *time.Location { return time.FixedZone("", hours*3600) }
	now := time.Date(2026, 10, 4, 3, 0, 0, 0, time.UTC)
	tests := []struct {
		zones []*time.Location
		want  string
	}{
		{nil, "2026-10-03"},
		{[]*time.Location{zone(9)}, "2026-10-03"},
		{[]*time.Location{time.UTC, zone(-8)}, "2026-10-02"}, // where it is still the third
	}
	for _, tt := range tests {
		if got := LastDay(now, tt.zones).Format(time.DateOnly); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.zones, got, tt.want)
		}
	}
}

func TestEstimated(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 1234.5678: "1234.57", 12.3456789: "12.3457", 0.00412345678: "0.00412346", -3: "-3", 1e15: "1000000000000000", 1.0 / 3: "0.333333"} {
		if got := estimated(f, "USD").String(); got != want {
			t.Errorf("%g is written %s, want %s", f, got, want)
		}
	}
}
