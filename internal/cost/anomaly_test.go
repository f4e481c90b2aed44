package cost

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// A spike of exactly known size: ten weeks at 10, one day at 35.50.
func TestFindAnomalies(t *testing.T) {
	spike := func(i int) string {
		if i == 66 {
			return "35.50"
		}
		return "10"
	}
	services := slices.Concat[[]string]
	tests := []struct {
		name     string
		lines    []string
		least    string
		want     string // each anomaly: service, currency, kind, days, amount, expected, excess, share, severity
		unjudged int
	}{
		// 25.50 of the four days' 3 × 10 + 35.50 + 6.70.
		{"a spike", services(everyDay("2026-08-01", 70, "a", spike), []string{"2026-10-09 vat 6.70 USD Tax"}), "", "a USD spike 2026-10-06..2026-10-06 35.5 10 25.5 0.353186 critical", 0},
		{"too small to tell of", everyDay("2026-08-01", 70, "a", spike), "26", "", 0},
		{"a small service beside a large one", services(everyDay("2026-08-01", 70, "a", spike), everyDay("2026-08-01", 70, "b", always("1000"))), "", "a USD spike 2026-10-06..2026-10-06 35.5 10 25.5 0.006272 info", 0},
		{"tiny beside a large one is not worth a word", services(everyDay("2026-08-01", 70, "a", spike), everyDay("2026-08-01", 70, "b", always("10000"))), "", "", 0},
		{"a purchase is none", append(everyDay("2026-08-01", 70, "a", always("10")), "2026-10-07 a 5000 USD Purchase"), "", "", 0},
		{"a spike of credits", services(everyDay("2026-08-01", 70, "a", always("10")), everyDay("2026-08-01", 70, "a", func(i int) string {
			if i == 66 {
				return "-60"
			}
			return ""
		})), "", "a USD drop 2026-10-06..2026-10-06 -50 10 -60 – warning", 0},
		{"too little history", everyDay("2026-09-25", 15, "a", always("10")), "", "", 1},
		{"nothing", nil, "", "", 0},
	}
	for _, tt := range tests {
		var least *unit.Decimal
		if tt.least != "" {
			d := unit.MustDecimal(tt.least)
			least = &d
		}
		by := []string{"service"}
		r := FindAnomalies(DailyOf(dailyReport(t, by, tt.lines...), by, date("2026-10-09")), by, period.Span{Start: date("2026-10-06"), End: date("2026-10-10")}, least)
		var got []string
		for _, a := range r.Anomalies {
			share := "–"
			if a.Share != nil {
				share = a.Share.String()
			}
			got = append(got, strings.Join([]string{*a.Keys["service"], a.Currency, a.Kind, a.Start + ".." + a.End, a.Amount.String(), a.Expected.String(), a.Excess.String(), share, string(a.Severity)}, " "))
		}
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if r.Unjudged != tt.unjudged {
			t.Errorf("%s: %d groups are not judged, want %d", tt.name, r.Unjudged, tt.unjudged)
		}
	}
}

// The evidence holds every value that its figures follow from: here they are
// computed from the history in the JSON form alone, by the rules in words.
func TestEvidence(t *testing.T) {
	noisy := func(i int) string {
		switch {
		case i == 66:
			return "61"
		case i%7 >= 5:
			return []string{"40", "42", "38"}[i%3]
		}
		return []string{"100", "104", "97", "101"}[i%4]
	}
	r := FindAnomalies(DailyOf(dailyReport(t, nil, everyDay("2026-08-01", 70, "a", noisy)...), nil, date("2026-10-09")), nil, period.Span{Start: date("2026-10-06"), End: date("2026-10-10")}, nil)
	if len(r.Anomalies) != 1 {
		t.Fatalf("found %d anomalies", len(r.Anomalies))
	}
	text, err := json.Marshal(r.Anomalies[0])
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		Evidence []struct{ Amount, Factor, Level, Expected, Mad, Weekday_mad, Scale, Limit, Low, High, Score float64 }
		History  []struct{ Amount *float64 }
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(unquoteNumbers(string(text)), `"weekday_mad"`, `"Weekday_mad"`)), &a); err != nil {
		t.Fatal(err)
	}
	var values []float64
	for _, d := range a.History {
		values = append(values, *d.Amount)
	}
	n := len(values) - 1 // the unusual day
	if n != 63 || values[n] != 61 {
		t.Fatalf("the history has %d days before the unusual one and ends with %g", n, values[n])
	}
	middle := func(v []float64) float64 {
		v = slices.Sorted(slices.Values(v))
		return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
	}
	factor := func(phase int) float64 {
		var ratios []float64
		for k := n - phase - 49; k <= n; k += 7 {
			if k-7 >= 0 && k < n && k >= n-56 {
				ratios = append(ratios, values[k]/middle(values[k-7:k]))
			}
		}
		if k := n - phase - 56; phase == 0 && k >= 7 {
			ratios = append(ratios, values[k]/middle(values[k-7:k]))
		}
		return middle(ratios)
	}
	flat := make([]float64, n)
	for k := range flat {
		flat[k] = values[k] / factor((n-k)%7)
	}
	level := middle(flat[n-7:])
	var off, own []float64
	for k := n - 56; k < n; k++ {
		before := middle(flat[k-7 : k])
		o := (flat[k] - before) / before
		if o < 0 {
			o = -o
		}
		off = append(off, o)
		if (n-k)%7 == 0 {
			own = append(own, o)
		}
	}
	e := a.Evidence[0]
	expected := level * factor(0)
	scale := max(1.4826*max(middle(off), middle(own))*expected, 0.02*expected)
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"factor", e.Factor, factor(0)}, {"level", e.Level, level}, {"expected", e.Expected, expected}, {"mad", e.Mad, middle(off)}, {"weekday mad", e.Weekday_mad, middle(own)},
		{"scale", e.Scale, scale}, {"low", e.Low, expected - 4.5*scale}, {"high", e.High, expected + 4.5*scale}, {"score", e.Score, (61 - expected) / scale}, {"limit", e.Limit, 4.5}} {
		if diff := c.got - c.want; diff > 1e-4*max(c.want, -c.want)+1e-9 || diff < -1e-4*max(c.want, -c.want)-1e-9 {
			t.Errorf("%s %g, recomputed %g", c.name, c.got, c.want)
		}
	}
}

// unquoteNumbers turns the decimal strings of a JSON text into numbers.
func unquoteNumbers(text string) string {
	parts := strings.Split(text, `"`)
	var b strings.Builder
	for i, p := range parts {
		_, err := unit.ParseDecimal(p)
		number := i%2 == 1 && err == nil
		if i > 0 && !number {
			_, previous := unit.ParseDecimal(parts[i-1])
			if !(i%2 == 0 && previous == nil) {
				b.WriteByte('"')
			}
		}
		b.WriteString(p)
	}
	return b.String()
}
