package billing_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
)

// A charge of 10 September was billed with 100 and should have been 80; the
// provider says so in October. Beside it are 5 of 11 September and 50 of 2
// October. The three styles of FOCUS say it with a row back and a row anew, with
// the difference, or with another copy of September.
const correctionHead = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargeClass,InvoiceId\n"

var (
	septemberAsBilled = correctionHead + "100,USD,2024-09-01,2024-09-10,,S\n5,USD,2024-09-01,2024-09-11,,S\n"
	octoberUsage      = "50,USD,2024-10-01,2024-10-02,,O\n"
)

func TestStylesOfCorrectionGiveTheSameTotal(t *testing.T) {
	styles := map[string]struct {
		files   map[string]string
		invoice string // what the invoice of September comes to
	}{
		"ledger": {map[string]string{
			"2024-10-01/september.csv": septemberAsBilled,
			"2024-11-01/october.csv":   correctionHead + octoberUsage + "-100,USD,2024-10-01,2024-09-10,Correction,O\n80,USD,2024-10-01,2024-09-10,Correction,O\n",
		}, "105"},
		"delta": {map[string]string{
			"2024-10-01/september.csv": septemberAsBilled,
			"2024-11-01/october.csv":   correctionHead + octoberUsage + "-20,USD,2024-10-01,2024-09-10,Correction,O\n",
		}, "105"},
		"replacement": {map[string]string{
			"2024-10-01/september.csv": septemberAsBilled,
			"2024-10-20/september.csv": correctionHead + "80,USD,2024-09-01,2024-09-10,Correction,S\n5,USD,2024-09-01,2024-09-11,,S\n",
			"2024-11-01/october.csv":   correctionHead + octoberUsage,
		}, "85"},
	}
	const both = "2024-09-01..2024-11-01"
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			tests := []struct {
				q    cost.Query
				want []string
			}{
				// The charge is restated on the closed day on which it was used.
				{cost.Query{Period: month(t, "2024-09"), By: []string{"day"}}, []string{"2024-09-10 80", "2024-09-11 5"}},
				{cost.Query{Period: month(t, "2024-10"), By: []string{"day"}}, []string{"2024-10-02 50"}},
				{cost.Query{Period: month(t, both), By: []string{"month"}}, []string{"2024-09 85", "2024-10 50"}},
				// Invoices differ: a bill that was sent is corrected by the next one.
				{cost.Query{Period: month(t, "2024-09"), Basis: cost.ByBilling, By: []string{"invoice"}}, []string{"S " + style.invoice}},
				{cost.Query{Period: month(t, both), Basis: cost.ByBilling, By: []string{"source"}}, []string{"cloud 135"}},
			}
			dir := t.TempDir()
			for path, text := range style.files {
				write(t, filepath.Join(dir, path), []byte(text))
			}
			var qs []cost.Query
			for _, tt := range tests {
				qs = append(qs, tt.q)
			}
			reports, err := billing.Breakdown(t.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: filepath.Join(dir, "**/*.csv")}}, qs)
			if err != nil {
				t.Fatal(err)
			}
			for i, tt := range tests {
				var got []string
				for _, g := range reports[i].Groups {
					got = append(got, *g.Keys[tt.q.By[0]]+" "+g.Amount.String())
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s by %s: %v, want %v", tt.q.Basis, tt.q.By, got, tt.want)
				}
			}
		})
	}
}

// A correction of August that arrives with October's export restates a day that
// was closed, and the total of August with it.
func TestLateCorrectionsRestateClosedDays(t *testing.T) {
	dir := t.TempDir()
	source := billing.Source{Name: "cloud", Format: "focus", Path: filepath.Join(dir, "**/*.csv")}
	august := cost.Query{Period: month(t, "2024-08"), By: []string{"day", "charge_class"}}
	write(t, filepath.Join(dir, "2024-09-01/a.csv"), []byte(correctionHead+"7,USD,2024-08-01,2024-08-31,,A\n"))
	for i, want := range []string{"7", "4.5"} {
		if i == 1 {
			write(t, filepath.Join(dir, "2024-11-01/o.csv"), []byte(correctionHead+octoberUsage+"-2.5,USD,2024-10-01,2024-08-31,Correction,O\n"))
		}
		reports, err := billing.Breakdown(t.Context(), []billing.Source{source}, []cost.Query{august})
		if err != nil {
			t.Fatal(err)
		}
		if r := reports[0]; len(r.Totals) != 1 || r.Totals[0].Amount.String() != want || len(r.Groups) != i+1 {
			t.Errorf("with %d exports: %v in %d groups, want %s", i+1, r.Totals, len(r.Groups), want)
		}
	}
}
