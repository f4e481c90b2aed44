package cost_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// use is a charge for a quantity of a SKU.
func use(service, sku, quantity, unitName, amountText string) cost.LineItem {
	i := cost.LineItem{ServiceName: service, SkuID: sku, BillingCurrency: "USD", BilledCost: amount(amountText), ChargeCategory: "Usage"}
	if quantity != "" {
		i.ConsumedQuantity, i.ConsumedUnit = amount(quantity), unitName
	}
	return i
}

func compared(q cost.Query, before, now []cost.LineItem) *cost.Report {
	plain := q
	plain.Top = 0
	detail := q.Detailed()
	return cost.Compare(q, tallied(plain, now), tallied(plain, before), tallied(detail, now), tallied(detail, before))
}

func moved(m cost.Movement) string {
	before := "-"
	if m.Before != nil {
		before = m.Before.Canonical()
	}
	return fmt.Sprintf("%s %s: %s = price %s usage %s mix %s unexplained %s", m.State, before, m.Change.Canonical(),
		m.Price.Canonical(), m.Usage.Canonical(), m.Mix.Canonical(), m.Unexplained.Canonical())
}

func TestCompare(t *testing.T) {
	type items = []cost.LineItem
	tests := []struct {
		name        string
		before, now items
		want        string
	}{
		{"more of the same", items{use("s", "a", "10", "h", "20")}, items{use("s", "a", "15", "h", "30")}, "kept 20: 10 = price 0 usage 10 mix 0 unexplained 0"},
		{"dearer", items{use("s", "a", "10", "h", "20")}, items{use("s", "a", "10", "h", "25")}, "kept 20: 5 = price 5 usage 0 mix 0 unexplained 0"},
		// 10 h at 2 and 10 h at 4, 60 in all, 3 on average; then 4 h and 16 h: as many hours, 72.
		{"the dear one instead", items{use("s", "a", "10", "h", "20"), use("s", "b", "10", "h", "40")}, items{use("s", "a", "4", "h", "8"), use("s", "b", "16", "h", "64")},
			"kept 60: 12 = price 0 usage 0 mix 12 unexplained 0"},
		// Then 12 h at 2.5 and 18 h at 4: price 12 × 0.5, usage 10 × 3, mix 12 × 2 + 18 × 4 − 30 × 3.
		{"all at once", items{use("s", "a", "10", "h", "20"), use("s", "b", "10", "h", "40")}, items{use("s", "a", "12", "h", "30"), use("s", "b", "18", "h", "72")},
			"kept 60: 42 = price 6 usage 30 mix 6 unexplained 0"},
		// Thirds are rounded so that the parts add up: 20/3 = 6.666… and 1/3.
		{"thirds", items{use("s", "a", "3", "h", "10")}, items{use("s", "a", "5", "h", "17")}, "kept 10: 7 = price 0.33 usage 6.67 mix 0 unexplained 0"},
		{"a new item is usage at its own price", items{use("s", "a", "10", "h", "20")}, items{use("s", "a", "10", "h", "20"), use("s", "b", "10", "h", "20")},
			"kept 20: 20 = price 0 usage 20 mix 0 unexplained 0"},
		{"units are not added", items{use("s", "a", "10", "h", "20"), use("s", "b", "1000", "GB", "1")}, items{use("s", "a", "20", "h", "40"), use("s", "b", "2000", "GB", "2")},
			"kept 21: 21 = price 0 usage 21 mix 0 unexplained 0"},
		{"a unit that changed explains nothing", items{use("s", "a", "10", "h", "20")}, items{use("s", "a", "600", "min", "25")}, "kept 20: 5 = price 0 usage 0 mix 0 unexplained 5"},
		{"no quantity", items{use("s", "a", "", "", "20")}, items{use("s", "a", "10", "h", "25")}, "kept 20: 5 = price 0 usage 0 mix 0 unexplained 5"},
		{"a cost for nothing", items{use("s", "a", "0", "h", "20")}, items{use("s", "a", "10", "h", "25")}, "kept 20: 5 = price 0 usage 0 mix 0 unexplained 5"},
		{"new", nil, items{use("s", "a", "10", "h", "25")}, "new -: 25 = price 0 usage 25 mix 0 unexplained 0"},
		{"gone", items{use("s", "a", "10", "h", "25")}, nil, "gone 25: -25 = price 0 usage -25 mix 0 unexplained 0"},
	}
	for _, tt := range tests {
		r := compared(cost.Query{Period: september(), By: []string{"service"}}, tt.before, tt.now)
		if len(r.Groups) != 1 || r.Groups[0].Movement == nil || len(r.Compare.Totals) != 1 {
			t.Fatalf("%s: %s", tt.name, show(r))
		}
		if got := moved(*r.Groups[0].Movement); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		if got := moved(r.Compare.Totals[0].Movement); got != tt.want {
			t.Errorf("%s: the total moved by %s", tt.name, got)
		}
	}
}

func TestCompareFoldsTheRest(t *testing.T) {
	q := cost.Query{Period: september(), By: []string{"service"}, Top: 1}
	r := compared(q, []cost.LineItem{use("a", "x", "1", "h", "5"), use("c", "x", "1", "h", "3")}, []cost.LineItem{use("a", "x", "1", "h", "9"), use("b", "x", "1", "h", "2")})
	if len(r.Groups) != 2 || r.Groups[1].Folded != 2 || r.Groups[1].Amount.Canonical() != "2" {
		t.Fatalf("groups %s", show(r))
	}
	if got, want := moved(*r.Groups[1].Movement), "kept 3: -1 = price 0 usage -1 mix 0 unexplained 0"; got != want {
		t.Errorf("the rest: %s, want %s", got, want)
	}
}

// However prices, quantities and units move, the reasons add up to the change,
// and the changes to that of the total.
func TestReasonsAddUpToTheChange(t *testing.T) {
	draw := func(t *rapid.T, label string) []cost.LineItem {
		var items []cost.LineItem
		for range rapid.IntRange(0, 8).Draw(t, label) {
			items = append(items, use(rapid.SampledFrom([]string{"s", "t"}).Draw(t, "service"), rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "sku"),
				rapid.SampledFrom([]string{"", "0", "1", "3", "7", "0.7", "-2"}).Draw(t, "quantity"), rapid.SampledFrom([]string{"h", "GB"}).Draw(t, "unit"),
				rapid.StringMatching(`-?[0-9]{1,5}\.[0-9]{0,5}1`).Draw(t, "amount")))
		}
		return items
	}
	rapid.Check(t, func(t *rapid.T) {
		q := cost.Query{Period: september(), By: []string{"service"}, Top: rapid.IntRange(0, 1).Draw(t, "top")}
		r := compared(q, draw(t, "before"), draw(t, "now"))
		sum := new(big.Rat)
		for _, g := range r.Groups {
			parts := new(big.Rat)
			for _, d := range []unit.Decimal{g.Price, g.Usage, g.Mix, g.Unexplained} {
				parts.Add(parts, d.Rat())
			}
			change := g.Amount.Rat()
			if g.Before != nil {
				change.Sub(change, g.Before.Rat())
			}
			if parts.Cmp(g.Change.Rat()) != 0 || change.Cmp(g.Change.Rat()) != 0 {
				t.Fatalf("%s: the parts add up to %s, and it moved by %s", moved(*g.Movement), parts, change)
			}
			sum.Add(sum, g.Change.Rat())
		}
		for _, total := range r.Compare.Totals {
			if sum.Cmp(total.Change.Rat()) != 0 {
				t.Fatalf("groups moved by %s, the total by %s", sum, total.Change)
			}
		}
	})
}
