package cost_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

func TestBridgeInvoices(t *testing.T) {
	charge := func(invoice, category, class, cost_ string) cost.LineItem {
		return cost.LineItem{ServiceProvider: "AWS", InvoiceID: invoice, ChargeCategory: category, ChargeClass: class, BillingCurrency: "USD", BilledCost: amount(cost_)}
	}
	q := cost.Query{Period: september(), By: []string{"service"}, Top: 1}
	r := cost.BridgeInvoices(tallied(cost.InvoiceQuery(q), []cost.LineItem{
		charge("1", "Usage", "", "10.5"), charge("1", "Usage", "", "0.25"), charge("1", "Purchase", "", "100"), charge("1", "Tax", "", "21"),
		charge("1", "Credit", "", "-5"), charge("1", "Adjustment", "", "-0.01"), charge("1", "Usage", "Correction", "-2"), charge("1", "Tax", "Correction", "-0.4"),
		charge("1", "Fee", "", "3"), charge("", "usage", "", "7"),
	}))
	got := ""
	for _, i := range r.Invoices {
		got += fmt.Sprintf("%s: usage %s purchases %s tax %s credits %s adjustments %s other %s corrections %s total %s rows %d\n", orNil(i.Invoice),
			i.Usage, i.Purchases, i.Tax, i.Credits, i.Adjustments, i.Other, i.Corrections, i.Total, i.Rows)
	}
	want := `nil: usage 7 purchases 0 tax 0 credits 0 adjustments 0 other 0 corrections 0 total 7 rows 1
1: usage 10.75 purchases 100 tax 21 credits -5 adjustments -0.01 other 3 corrections -2.4 total 127.34 rows 9
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func orNil(s *string) string {
	if s == nil {
		return "nil"
	}
	return *s
}

func TestBridgesAddUpToTheBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []cost.LineItem
		want := new(big.Rat)
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			i := cost.LineItem{BillingCurrency: "USD", InvoiceID: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "invoice"),
				ChargeCategory: rapid.SampledFrom([]string{"", "Usage", "Purchase", "Tax", "Credit", "Adjustment", "x"}).Draw(t, "category"),
				ChargeClass:    rapid.SampledFrom([]string{"", "Correction"}).Draw(t, "class"),
				BilledCost:     amount(rapid.StringMatching(`-?[0-9]{1,9}\.[0-9]{1,12}`).Draw(t, "amount"))}
			want.Add(want, i.BilledCost.Rat())
			items = append(items, i)
		}
		sum := new(big.Rat)
		for _, i := range cost.BridgeInvoices(tallied(cost.InvoiceQuery(cost.Query{Period: september()}), items)).Invoices {
			parts := new(big.Rat)
			for _, d := range []unit.Decimal{i.Usage, i.Purchases, i.Tax, i.Credits, i.Adjustments, i.Other, i.Corrections} {
				parts.Add(parts, d.Rat())
			}
			if parts.Cmp(i.Total.Rat()) != 0 {
				t.Fatalf("parts %s, total %s", parts, i.Total)
			}
			sum.Add(sum, parts)
		}
		if sum.Cmp(want) != 0 {
			t.Fatalf("invoices %s, bill %s", sum, want)
		}
	})
}

func TestNewLedger(t *testing.T) {
	entry := func(status, month string, rows int64, amounts ...string) cost.LedgerEntry {
		e := cost.LedgerEntry{Status: status, BillingPeriod: month, Rows: rows}
		for _, a := range amounts {
			value, currency, _ := strings.Cut(a, " ")
			e.Amounts = append(e.Amounts, cost.Amount{Currency: currency, Amount: unit.MustDecimal(value)})
		}
		return e
	}
	r := &cost.Report{Ledger: []cost.LedgerEntry{entry(cost.Used, "2024-09", 3, "1.5 USD", "2 EUR"), entry(cost.Superseded, "2024-09", 9, "7 USD"),
		entry(cost.Used, "2024-09", 1, "0.5 USD"), entry(cost.Used, "2024-08", 5, "9 USD"), entry(cost.Rejected, "", 0)}}
	l := cost.NewLedger(r, func(e cost.LedgerEntry) bool { return e.BillingPeriod != "2024-08" })
	got := fmt.Sprintf("%d entries:", len(l.Ledger))
	for _, total := range l.Totals {
		got += fmt.Sprintf(" %s %d %d", total.Status, total.Entries, total.Rows)
		for _, a := range total.Amounts {
			got += " " + a.Amount.String() + a.Currency
		}
	}
	if want := "4 entries: used 2 4 2EUR 2.0USD superseded 1 9 7USD rejected 1 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r.Ledger[0].Amounts[0].Amount.String() != "1.5" {
		t.Error("the totals changed the entries")
	}
}
