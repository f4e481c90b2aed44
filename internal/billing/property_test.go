package billing_test

import (
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
)

// The same rows in another order, and in any number of files, give the same
// breakdown; its groups and the days of its month add up to the exact sum.
func TestRowsInAnyOrderAndAnyFiles(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		want := new(big.Rat)
		var rows []string
		for i := range rapid.IntRange(1, 12).Draw(rt, "rows") {
			amount := rapid.StringMatching(`-?[0-9]{1,6}\.[0-9]{1,14}`).Draw(rt, "amount")
			value, _ := new(big.Rat).SetString(amount)
			want.Add(want, value)
			rows = append(rows, fmt.Sprintf("%s,USD,2024-09-01,2024-09-%02d,%s", amount, rapid.IntRange(1, 30).Draw(rt, "day"), []string{"a", `"b, c"`, "NULL"}[i%3]))
		}
		shuffled := rapid.Permutation(rows).Draw(rt, "order")
		cut := rapid.IntRange(0, len(rows)).Draw(rt, "cut")
		files := map[string][]string{"one/0.csv": rows, "two/0.csv": shuffled[:cut], "two/1.csv": shuffled[cut:]}
		for name, lines := range files {
			write(t, filepath.Join(dir, fmt.Sprint(runs), name), []byte("BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName\n"+strings.Join(lines, "\n")))
		}
		qs := []cost.Query{{Period: month(t, "2024-09"), By: []string{"service", "day"}}, {Period: month(t, "2024-09"), By: []string{"day"}}}
		var shown []string
		for _, name := range []string{"one", "two"} {
			reports, err := billing.Breakdown(t.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: filepath.Join(dir, fmt.Sprint(runs), name, "*.csv")}}, qs)
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range reports {
				r.Ledger = nil // it lists the files
				sum := new(big.Rat)
				for _, g := range r.Groups {
					sum.Add(sum, g.Amount.Rat())
				}
				if sum.Cmp(want) != 0 || r.Totals[0].Amount.Rat().Cmp(want) != 0 {
					rt.Fatalf("by %s: groups %s, total %s, rows %s", r.By, sum.FloatString(14), r.Totals[0].Amount, want.FloatString(14))
				}
			}
			shown = append(shown, show(reports[0])+show(reports[1]))
		}
		if shown[0] != shown[1] {
			rt.Fatalf("one file:\n%s\ntwo files in another order:\n%s", shown[0], shown[1])
		}
	})
}
