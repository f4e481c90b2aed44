package cost_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

func september() period.Period {
	start := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	return period.Period{Name: "2024-09", Kind: period.Month, Span: period.Span{Start: start, End: start.AddDate(0, 1, 0)}, Zone: time.UTC, Complete: true}
}

func amount(s string) *unit.Decimal {
	d := unit.MustDecimal(s)
	return &d
}

func TestValidate(t *testing.T) {
	tests := []struct {
		q    cost.Query
		want string // "" for valid
	}{
		{cost.Query{By: []string{"provider", "service", "tag.team", "day", "org", "organization", "tier", "team", "model"}, Measure: cost.List, Basis: cost.ByBilling, Top: 5}, ""},
		{cost.Query{By: []string{"provder"}}, `no such key; did you mean "provider"?`},
		{cost.Query{By: []string{"Services"}}, `did you mean "service"?`},
		{cost.Query{By: []string{"colour of the sky"}}, "write account, billing_account,"},
		{cost.Query{By: []string{"tag."}}, "no such key"},
		{cost.Query{By: []string{"day", "day"}}, "twice"},
		{cost.Query{Measure: "net"}, `no measure "net"; write billed`},
		{cost.Query{Basis: "cash"}, `no basis "cash"`},
		{cost.Query{Top: -1}, "top -1"},
	}
	for _, tt := range tests {
		err := tt.q.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: error %v, want %q", tt.q, err, tt.want)
		}
	}
}

func TestReport(t *testing.T) {
	q := cost.Query{Period: september(), Measure: cost.List, By: []string{"provider", "team"}, Top: 1}
	tally := cost.NewTally(q, nil)
	at := q.Period.Start
	for _, i := range []cost.LineItem{
		{ServiceProvider: "AWS", BillingCurrency: "USD", ListCost: amount("2"), ChargePeriodStart: at},
		{ServiceProvider: "AWS", BillingCurrency: "USD", BilledCost: amount("9"), ChargePeriodStart: at},
		{ServiceProvider: "", BillingCurrency: "USD", ListCost: amount("1"), ChargePeriodStart: at},
		{ServiceProvider: "OCI", BillingCurrency: "USD", ListCost: amount("-3"), ChargePeriodStart: at},
		{ServiceProvider: "OCI", BillingCurrency: "EUR", ListCost: amount("0.10"), ChargePeriodStart: at},
		{ServiceProvider: "late", BillingCurrency: "USD", ListCost: amount("5"), ChargePeriodStart: q.Period.End},
	} {
		tally.Add(&i)
	}
	got, err := json.MarshalIndent(tally.Report(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "schema": "slactl.cost/v1",
 "period": {
  "name": "2024-09",
  "start": "2024-09-01T00:00:00Z",
  "end": "2024-10-01T00:00:00Z",
  "timezone": "UTC",
  "complete": true
 },
 "measure": "list",
 "basis": "charge",
 "by": [
  "provider",
  "team"
 ],
 "totals": [
  {
   "currency": "EUR",
   "amount": "0.1",
   "rows": 1,
   "null_rows": 0
  },
  {
   "currency": "USD",
   "amount": "0",
   "rows": 4,
   "null_rows": 1
  }
 ],
 "groups": [
  {
   "keys": {
    "provider": "OCI",
    "team": null
   },
   "currency": "EUR",
   "amount": "0.1",
   "share": "1.000000",
   "rows": 1
  },
  {
   "keys": {
    "provider": "AWS",
    "team": null
   },
   "currency": "USD",
   "amount": "2",
   "share": null,
   "rows": 2,
   "null_rows": 1
  },
  {
   "keys": {
    "provider": null,
    "team": null
   },
   "currency": "USD",
   "amount": "-2",
   "share": null,
   "rows": 2,
   "folded": 2
  }
 ],
 "ledger": [],
 "notes": [
  "1 rows have no list amount and are not in the sum",
  "sums of list costs are plain and can count commitments twice: a purchase and the usage that it covers"
 ]
}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestGroupsAndPartsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := cost.Query{Period: september(), By: []string{"service", "day"}, Top: rapid.IntRange(0, 3).Draw(t, "top")}
		whole, left, right := cost.NewTally(q, nil), cost.NewTally(q, nil), cost.NewTally(q, nil)
		want := map[string]*big.Rat{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			i := cost.LineItem{
				ServiceName:       rapid.SampledFrom([]string{"", "a", "ab", "b"}).Draw(t, "service"),
				BillingCurrency:   rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency"),
				BilledCost:        amount(rapid.StringMatching(`-?[0-9]{1,19}\.[0-9]{1,24}`).Draw(t, "amount")),
				ChargePeriodStart: q.Period.Start.AddDate(0, 0, rapid.IntRange(0, 3).Draw(t, "day")),
			}
			if want[i.BillingCurrency] == nil {
				want[i.BillingCurrency] = new(big.Rat)
			}
			want[i.BillingCurrency].Add(want[i.BillingCurrency], i.BilledCost.Rat())
			whole.Add(&i)
			if rapid.Bool().Draw(t, "left") {
				left.Add(&i)
			} else {
				right.Add(&i)
			}
		}
		left.Merge(right)
		a, b := whole.Report(), left.Report()
		if fmt.Sprint(show(a)) != fmt.Sprint(show(b)) {
			t.Fatalf("merged parts differ from the whole:\n%s\n%s", show(a), show(b))
		}
		for _, total := range a.Totals {
			sum, rows := new(big.Rat), int64(0)
			for _, g := range a.Groups {
				if g.Currency == total.Currency {
					sum.Add(sum, g.Amount.Rat())
					rows += g.Rows
				}
			}
			if sum.Cmp(want[total.Currency]) != 0 || sum.Cmp(total.Amount.Rat()) != 0 || rows != total.Rows {
				t.Fatalf("%s: groups %s in %d rows, total %s in %d, want %s", total.Currency, sum, rows, total.Amount, total.Rows, want[total.Currency])
			}
		}
	})
}

func show(r *cost.Report) string {
	out, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

func BenchmarkTally(b *testing.B) {
	q := cost.Query{Period: september(), By: []string{"provider", "service", "day"}}
	tally := cost.NewTally(q, nil)
	var items []cost.LineItem
	for i := range 64 {
		items = append(items, cost.LineItem{ServiceProvider: "AWS", ServiceName: fmt.Sprint("service ", i%16), BillingCurrency: "USD",
			BilledCost: amount("0.00001605990"), ChargePeriodStart: q.Period.Start.Add(time.Duration(i) * time.Hour)})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tally.Add(&items[i%len(items)])
	}
}

// A tally that follows another one counts what it counts alone, also where that
// one leaves an item out, and follows none that asks something else.
func TestFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query := func(m cost.Measure) cost.Query {
			p, err := period.Calendar{Zone: time.UTC}.Parse("2026-10")
			if err != nil {
				t.Fatal(err)
			}
			q := cost.Query{Period: p, Measure: m, By: []string{"service", "day"}}
			if rapid.Bool().Draw(t, "match") {
				q.Match = cost.Match{"service": {"a*"}}
			}
			if rapid.Bool().Draw(t, "basis") {
				q.Basis = cost.ByBilling
			}
			return q
		}
		first, second := query(cost.Billed), query(cost.Effective)
		ahead, follows, alone := cost.NewTally(first, nil), cost.NewTally(second, nil), cost.NewTally(second, nil)
		follows.Follow(ahead)
		for range rapid.IntRange(0, 30).Draw(t, "items") {
			day := time.Date(2026, 9, 29, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4).Draw(t, "day"))
			billed, effective := unit.DecimalOfInt(rapid.Int64Range(-9, 9).Draw(t, "billed")), unit.DecimalOfInt(rapid.Int64Range(-9, 9).Draw(t, "effective"))
			item := &cost.LineItem{ServiceName: rapid.SampledFrom([]string{"a", "ab", "b"}).Draw(t, "service"), BillingCurrency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency"),
				ChargePeriodStart: day, BillingPeriodStart: time.Date(2026, day.Month(), 1, 0, 0, 0, 0, time.UTC), BilledCost: &billed, EffectiveCost: &effective}
			ahead.Add(item)
			if follows.Add(item) != alone.Add(item) {
				t.Fatalf("a follower and one alone differ about %+v", item)
			}
		}
		if diff := cmp.Diff(alone.Report(), follows.Report(), cmp.Comparer(func(a, b unit.Decimal) bool { return a.String() == b.String() })); diff != "" {
			t.Fatal(diff)
		}
	})
}
