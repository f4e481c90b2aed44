package evaluate

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// bills is a FOCUS bill in two currencies.
const bills = `BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargePeriodEnd,ChargePeriodStart,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,ProviderName,PublisherName,ServiceCategory,ServiceName
10.5,1,USD,2026-11-01T00:00:00Z,2026-10-01T00:00:00Z,Usage,2026-10-03T00:00:00Z,2026-10-02T00:00:00Z,10.5,10.5,AWS,10.5,AWS,AWS,Compute,EC2
2,1,EUR,2026-11-01T00:00:00Z,2026-10-01T00:00:00Z,Usage,2026-10-04T00:00:00Z,2026-10-03T00:00:00Z,2,2,AWS,2,AWS,AWS,Compute,EC2
4,1,EUR,2026-11-01T00:00:00Z,2026-10-01T00:00:00Z,Usage,2026-10-21T00:00:00Z,2026-10-20T00:00:00Z,4,4,AWS,4,AWS,AWS,Compute,EC2
`

// costEvaluator writes files into a directory and evaluates a configuration that
// lies there.
func costEvaluator(t *testing.T, yaml string, files map[string]string) *Evaluator {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "slactl.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load([]string{file}, os.LookupEnv)
	if cfg == nil || diags.HasErrors() {
		t.Fatal(diags)
	}
	return &Evaluator{Config: cfg, Now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Dir: dir}
}

func TestCurrencies(t *testing.T) {
	const source = "sources: {billing: [{name: cloud, format: focus, path: bill.csv}]}\n"
	tests := []struct {
		name, yaml, rates, totals, note, err string
	}{
		{"without rates, currencies stay apart", source + "cost: {currency: USD}\n", "", "EUR 6 USD 10.5", "", ""},
		{"each amount at the rate of its day", source + "cost: {currency: USD, exchange_rates: fx.csv}\n",
			"date,from,to,rate\n2026-10-01,EUR,USD,1.1\n2026-10-20,EUR,USD,1.25\n", "USD 17.7", "amounts in EUR are converted into USD", ""}, // 10.5 + 2.2 + 5
		{"before the first rate there is none", source + "cost: {currency: USD, exchange_rates: fx.csv}\n",
			"date,from,to,rate\n2026-10-20,EUR,USD,1.25\n", "EUR 2 USD 15.5", "without an exchange rate into USD", ""},
		{"rates into no currency", source + "cost: {exchange_rates: fx.csv}\n",
			"date,from,to,rate\n2026-10-01,EUR,USD,1.1\n", "EUR 6 USD 10.5", "cost.currency does not say into what", ""},
		{"a broken rate", source + "cost: {currency: USD, exchange_rates: fx.csv}\n",
			"date,from,to,rate\n2026-10-01,EUR,USD,1.1\n2026-10-02,EUR,USD,1;2\n", "", "", `reading fx.csv: row 2: "1;2"`},
		{"no such file", source + "cost: {currency: USD, exchange_rates: fx.csv}\n", "", "", "",
			"reading fx.csv: no such file or directory; cost.exchange_rates names this file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"bill.csv": bills}
			if tt.rates != "" {
				files["fx.csv"] = tt.rates
			}
			e := costEvaluator(t, tt.yaml, files)
			reports, err := e.Cost(context.Background(), []cost.Query{{Period: parsePeriod(t, e, "2026-10"), Measure: cost.Billed}})
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var totals []string
			for _, total := range reports[0].Totals {
				totals = append(totals, total.Currency+" "+total.Amount.Canonical())
			}
			if got := strings.Join(totals, " "); got != tt.totals {
				t.Errorf("totals %q, want %q", got, tt.totals)
			}
			if has := func(n string) bool { return strings.Contains(n, tt.note) }; tt.note != "" && !slices.ContainsFunc(reports[0].Notes, has) {
				t.Errorf("notes %q, want %q", reports[0].Notes, tt.note)
			}
		})
	}
}

// A bill is preliminary until it settles, and never before its month is over.
func TestSettled(t *testing.T) {
	tests := []struct{ yaml, period, want string }{
		{"{}", "2026-10", "2026-11-11"},
		{"{}", "2026-10-03", "2026-11-01"}, // a day of a month that is still open
		{"{}", "2026-10-30", "2026-11-10"},
		{"cost: {settle: 3d}", "2026-10", "2026-11-04"},
		{"cost: {settle: 3d}\nsources: {billing: [{name: a, format: focus, path: a.csv}, {name: b, format: focus, path: b.csv, settle: 20d}]}", "2026-10", "2026-11-21"},
	}
	for _, tt := range tests {
		yaml := tt.yaml
		if !strings.Contains(yaml, "sources") {
			yaml = strings.TrimPrefix(yaml, "{}") + "\nsources: {billing: [{name: a, format: focus, path: a.csv}]}\n"
		}
		e := costEvaluator(t, yaml, nil)
		if got := e.settled(e.BillingPeriod(parsePeriod(t, e, tt.period))).Format(time.DateOnly); got != tt.want {
			t.Errorf("%s under %q is settled at %s, want %s", tt.period, tt.yaml, got, tt.want)
		}
	}
}

// The days of a trend are those that have begun; the one that is not over is to
// date and keeps its end.
func TestTrend(t *testing.T) {
	e := &Evaluator{Config: &config.Config{}, Now: time.Date(2026, 10, 4, 15, 0, 0, 0, time.UTC)}
	show := func(days []period.Period) string {
		var out []string
		for _, d := range days {
			state := "to date"
			if d.Complete {
				state = "complete"
			}
			out = append(out, d.Name+" "+d.Duration().String()+" "+state)
		}
		return strings.Join(out, ", ")
	}
	if got, want := show(e.trend("monthly", parsePeriod(t, e, "2026-10"))),
		"2026-10-01 24h0m0s complete, 2026-10-02 24h0m0s complete, 2026-10-03 24h0m0s complete, 2026-10-04 24h0m0s to date"; got != want {
		t.Errorf("a month to date: %s", got)
	}
	week := e.trend("daily", parsePeriod(t, e, "2026-10-03"))
	if len(week) != 7 || week[0].Name != "2026-09-27" || week[6].Name != "2026-10-03" || !week[6].Complete {
		t.Errorf("a day's trend: %s", show(week))
	}
}
