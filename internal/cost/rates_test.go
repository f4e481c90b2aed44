package cost_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/cost"
)

const table = `date,from,to,rate
2024-09-10,EUR,USD,1.125
2024-09-02,eur,usd,1.1
`

func TestRates(t *testing.T) {
	rates, err := cost.ParseRates("fx.csv", []byte(table))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ from, to, at, want string }{
		{"EUR", "USD", "2024-09-01T23:59:59Z", ""}, // before the first rate
		{"EUR", "USD", "2024-09-02T00:00:00Z", "1.1"},
		{"EUR", "USD", "2024-09-09T23:59:59Z", "1.1"},
		{"EUR", "USD", "2024-09-10T00:00:00Z", "1.125"},
		{"EUR", "USD", "2030-01-01T00:00:00Z", "1.125"},
		{"USD", "EUR", "2024-09-10T00:00:00Z", ""}, // no inverse
		{"CHF", "CHF", "2024-09-10T00:00:00Z", "1"},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := rates.At(tt.from, tt.to, at)
		if ok != (tt.want != "") || ok && got.String() != tt.want {
			t.Errorf("%s to %s at %s: %s %v, want %q", tt.from, tt.to, tt.at, got, ok, tt.want)
		}
	}
}

func TestRatesErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "the first line is not date,from,to,rate",
		"2024-09-02,EUR,USD,1.1\n":         "the first line is not",
		table + "2024-13-01,EUR,USD,1\n":   "row 3: \"2024-13-01\" is not a date",
		table + "2024-10-01,EUR,USD,x\n":   "row 3: \"x\" is not a decimal number",
		table + "2024-10-01,EUR,USD,0\n":   "the rate 0 is not positive",
		table + "2024-10-01,EUR,EUR,1\n":   "a rate needs two currencies",
		table + "2024-09-10,EUR,USD,1.2\n": "two rates from EUR to USD on 2024-09-10",
		table + "2024-10-01,EUR,USD\n":     "wrong number of fields",
	} {
		if _, err := cost.ParseRates("fx.csv", []byte(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "reading fx.csv") {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestConversion(t *testing.T) {
	rates, err := cost.ParseRates("fx.csv", []byte(table))
	if err != nil {
		t.Fatal(err)
	}
	q := cost.Query{Period: september(), Currency: "USD", Rates: rates}
	all, part := cost.NewTally(q, nil), cost.NewTally(q, nil)
	day := func(d int) time.Time { return time.Date(2024, 9, d, 12, 0, 0, 0, time.UTC) }
	all.Add(&cost.LineItem{BillingCurrency: "USD", BilledCost: amount("1"), ChargePeriodStart: day(1)})
	all.Add(&cost.LineItem{BillingCurrency: "EUR", BilledCost: amount("0.001"), ChargePeriodStart: day(5)})
	part.Add(&cost.LineItem{BillingCurrency: "EUR", BilledCost: amount("2"), ChargePeriodStart: day(20)})
	part.Add(&cost.LineItem{BillingCurrency: "EUR", BilledCost: amount("5"), ChargePeriodStart: day(1)})
	part.Add(&cost.LineItem{BillingCurrency: "CHF", BilledCost: amount("7"), ChargePeriodStart: day(20)})
	all.Merge(part)
	r := all.Report()
	var got []string
	for _, total := range r.Totals {
		got = append(got, total.Currency+" "+total.Amount.String())
	}
	if want := []string{"CHF 7", "EUR 5", "USD 3.2511"}; !slices.Equal(got, want) {
		t.Errorf("totals %v, want %v", got, want)
	}
	want := []string{"amounts in EUR are converted into USD at the rate of their day", "amounts in CHF without an exchange rate into USD on their day stay in CHF",
		"amounts in EUR without an exchange rate into USD on their day stay in EUR"}
	if !slices.Equal(r.Notes, want) {
		t.Errorf("notes %q", r.Notes)
	}
}

// FuzzParseRates holds that a table is read or refused by name, and that a rate
// which is found is one of the table.
func FuzzParseRates(f *testing.F) {
	for _, seed := range []string{table, "date,from,to,rate\n", "date,from,to,rate\n2026-10-01,EUR,USD,1e400\n", "date,from,to,rate\n2026-10-01,EUR,USD,NaN\n",
		"\ufeffDate,From,To,Rate\n2026-10-01,EUR,USD,-1\n", "date,from,to,rate\n2026-10-01,EUR,USD,1\n2026-10-01,EUR,USD,2\n", "date;from;to;rate\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := cost.ParseRates("fx.csv", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "reading fx.csv: ") {
				t.Fatalf("%v does not name the file", err)
			}
			return
		}
		if rate, ok := rates.At("EUR", "USD", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); ok && rate.Sign() <= 0 {
			t.Fatalf("the rate %s is not positive", rate)
		}
	})
}
