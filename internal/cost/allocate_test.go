package cost_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

func TestApportion(t *testing.T) {
	tests := []struct {
		name, amount, currency, weights, want string
	}{
		{"exact", "10", "USD", "1 1", "5 5"},
		{"a cent is left for the first of equals", "10", "USD", "1 1 1", "3.34 3.33 3.33"},
		{"ties go in the order of the keys", "0.05", "USD", "1 2 3 4", "0.01 0.01 0.01 0.02"}, // 0.005 0.010 0.015 0.020: one cent is left, and two tie for it
		{"finer than a cent when the amount is", "0.001", "USD", "1 1 1", "0.001 0 0"},
		{"but not when it is only written so", "0.0100", "USD", "1 1 1", "0.01 0 0"},
		{"a currency without a minor unit", "100", "JPY", "1 1 1", "34 33 33"},
		{"negative: by the absolute value", "-10", "USD", "1 1 1", "-3.34 -3.33 -3.33"},
		{"nothing for no weight", "1", "USD", "0 3", "0 1"},
		{"of nothing", "0", "USD", "1 2", "0 0"},
		{"fractional weights", "1", "USD", "0.1 0.2", "0.33 0.67"},
	}
	for _, tt := range tests {
		var weights []unit.Decimal
		for _, w := range strings.Fields(tt.weights) {
			weights = append(weights, unit.MustDecimal(w))
		}
		var got []string
		for _, p := range cost.Apportion(unit.MustDecimal(tt.amount), tt.currency, weights) {
			got = append(got, p.Canonical())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
	for _, weights := range [][]unit.Decimal{nil, {unit.MustDecimal("0")}, {unit.MustDecimal("1"), unit.MustDecimal("-1")}} {
		if got := cost.Apportion(unit.MustDecimal("1"), "USD", weights); got != nil {
			t.Errorf("by %v: %v, want none", weights, got)
		}
	}
}

// rules are a team's own, a pool that is shared out over organizations, one that
// cannot be, and one for an organization.
func rules() *cost.Allocator {
	share := func(key, weight string) cost.Share { return cost.Share{Key: key, Weight: unit.MustDecimal(weight)} }
	return &cost.Allocator{
		Rules: []cost.Rule{
			{Match: cost.Match{"tag.team": {"research"}}, Team: "research"},
			{Match: cost.Match{"service": {"pool*"}}, Team: "platform", Split: &cost.Split{Over: "org", By: "debates",
				Shares: []cost.Share{share("acme", "1"), share("globex", "1"), share("nobody", "1")}}},
			{Match: cost.Match{"service": {"idle"}}, Split: &cost.Split{Over: "org", By: "debates", Missing: "debates: no series match"}},
			{Match: cost.Match{"service": {"own"}}, Org: "acme"},
		},
		Tier: func(org string) string {
			return map[string]string{"acme": "gold", "globex": "gold", "hooli": "silver"}[org]
		},
	}
}

func tallied(q cost.Query, items []cost.LineItem) *cost.Report {
	tally := cost.NewTally(q, nil)
	for i := range items {
		items[i].ChargePeriodStart = q.Period.Start
		tally.Add(&items[i])
	}
	return tally.Report()
}

func TestAllocate(t *testing.T) {
	item := func(service, cost_, currency string, tags ...string) cost.LineItem {
		i := cost.LineItem{ServiceName: service, BillingCurrency: currency, BilledCost: amount(cost_), Tags: map[string]string{}}
		for _, tag := range tags {
			k, v, _ := strings.Cut(tag, "=")
			i.Tags[k] = v
		}
		return i
	}
	items := []cost.LineItem{
		item("pool a", "7", "USD", "team=research"), // the first rule wins
		item("pool a", "6", "USD"),
		item("pool b", "4", "USD", "org=hooli"), // the pool is shared out, whatever a charge says
		item("idle", "2", "USD", "org=hooli"),
		item("own", "1", "USD"),
		item("else", "0.5", "USD", "org=hooli", "team=web"),
		item("else", "0.25", "USD"),
		item("pool a", "-1", "EUR"),
	}
	const (
		noRule  = "no rule matches, and the charge names no "
		missing = "rule 3 (split over org by debates) cannot be shared out: debates: no series match"
	)
	tests := map[string]string{
		"team": "EUR platform -1=-1+0 unallocated 0; USD platform 10=10+0 research 7=7+0 web 0.5=0.5+0 unallocated 3.25" +
			" | rule 3 (split over org by debates) says no team, nor does the charge 2; rule 4 (org acme) says no team, nor does the charge 1; " + noRule + "team 0.25",
		"org": "EUR globex -0.33=0+-0.33 nobody -0.33=0+-0.33 acme -0.34=0+-0.34 unallocated 0; USD acme 4.34=1+3.34 globex 3.33=0+3.33 nobody 3.33=0+3.33 hooli 0.5=0.5+0 unallocated 9.25" +
			" | rule 1 (team research) says no org, nor does the charge 7; " + missing + " 2; " + noRule + "org 0.25",
		"tier": "EUR gold -0.67=0+-0.67 unallocated -0.33; USD gold 7.67=1+6.67 silver 0.5=0.5+0 unallocated 12.58" +
			" | EUR: rule 2 (team platform, split over org by debates) shares it out to an organization without a tier -0.33; rule 1 (team research) says no tier, nor does the charge 7; " +
			"rule 2 (team platform, split over org by debates) shares it out to an organization without a tier 3.33; " + missing + " 2; " + noRule + "tier 0.25",
	}
	for by, want := range tests {
		a := rules()
		q := cost.Query{Period: september(), By: []string{by}}
		got := allocationText(a.Allocate(by, tallied(a.Query(q), items)))
		if got != want {
			t.Errorf("by %s:\n got %s\nwant %s", by, got, want)
		}
	}
}

func allocationText(r *cost.Allocation) string {
	var currencies, because []string
	for _, total := range r.Totals {
		line := total.Currency
		for _, g := range r.Groups {
			switch {
			case g.Currency != total.Currency:
			case g.Unallocated:
				line += " unallocated " + g.Amount.Canonical()
			default:
				line += fmt.Sprintf(" %s %s=%s+%s", *g.Keys[r.By], g.Amount.Canonical(), g.Direct.Canonical(), g.Shared.Canonical())
			}
		}
		currencies = append(currencies, line)
	}
	for _, u := range r.Because {
		prefix := ""
		if u.Currency != "USD" {
			prefix = u.Currency + ": "
		}
		because = append(because, prefix+u.Reason+" "+u.Amount.Canonical())
	}
	return strings.Join(currencies, "; ") + " | " + strings.Join(because, "; ")
}

func TestAppliedRules(t *testing.T) {
	a := rules()
	q := cost.Query{Period: september(), By: []string{"org"}}
	r := a.Allocate("org", tallied(a.Query(q), []cost.LineItem{{ServiceName: "pool", BillingCurrency: "USD", BilledCost: amount("10")}}))
	got := ""
	for _, x := range r.Rules {
		got += fmt.Sprintf("%d %s%s", x.Rule, x.Amount, x.Currency)
		for _, p := range x.Parts {
			got += fmt.Sprintf(" %s:%s", p.Key, p.Amount.Canonical())
		}
		if x.Reason != nil {
			got += " " + *x.Reason
		}
		got += "; "
	}
	if want := "1 0 no charge matches; 2 10USD acme:3.34 globex:3.33 nobody:3.33; 3 0 no charge matches; 4 0 no charge matches; "; got != want {
		t.Errorf("rules %q, want %q", got, want)
	}
}

// Whatever is charged and however it is broken down: the groups add up to the
// bill, and an organization has the same however its costs are broken down.
func TestAllocatedPartsAddUpToTheBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rules()
		for i := range a.Rules[1].Split.Shares {
			a.Rules[1].Split.Shares[i].Weight = unit.MustDecimal(rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,4})?`).Draw(t, "weight"))
		}
		var items []cost.LineItem
		want := map[string]*big.Rat{}
		for range rapid.IntRange(1, 15).Draw(t, "n") {
			i := cost.LineItem{ServiceProvider: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "provider"),
				ServiceName:     rapid.SampledFrom([]string{"pool a", "pool b", "idle", "own", "else"}).Draw(t, "service"),
				BillingCurrency: rapid.SampledFrom([]string{"USD", "JPY"}).Draw(t, "currency"),
				BilledCost:      amount(rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,9})?`).Draw(t, "amount")),
				Tags:            map[string]string{"team": rapid.SampledFrom([]string{"", "research", "web"}).Draw(t, "team"), "org": rapid.SampledFrom([]string{"", "hooli"}).Draw(t, "org")}}
			items = append(items, i)
			if want[i.BillingCurrency] == nil {
				want[i.BillingCurrency] = new(big.Rat)
			}
			want[i.BillingCurrency].Add(want[i.BillingCurrency], i.BilledCost.Rat())
		}
		owned := map[string]string{}
		for _, by := range [][]string{{"org"}, {"provider", "org"}, {"org", "team", "service"}, {"tier", "org"}} {
			q := cost.Query{Period: september(), By: by}
			r := a.Apply(q, tallied(a.Query(q), items))
			sums, orgs := map[string]*big.Rat{}, map[string]*big.Rat{}
			for _, g := range r.Groups {
				org := g.Currency
				if v := g.Keys["org"]; v != nil {
					org += " " + *v
				}
				add(sums, g.Currency, g.Amount)
				add(orgs, org, g.Amount)
			}
			for currency, sum := range want {
				if sums[currency].Cmp(sum) != 0 {
					t.Fatalf("by %v: %s %s, want %s", by, currency, sums[currency], sum)
				}
			}
			for org, sum := range orgs {
				if before, ok := owned[org]; ok && before != sum.String() {
					t.Fatalf("by %v: %s has %s, and by itself %s", by, org, sum, before)
				}
				owned[org] = sum.String()
			}
		}
		direct := a.Allocate("org", tallied(a.Query(cost.Query{Period: september(), By: []string{"org"}}), items))
		for _, g := range direct.Groups {
			key := strings.TrimSpace(g.Currency + " " + orgOf(g))
			if owned[key] != "" && owned[key] != g.Amount.Rat().String() {
				t.Fatalf("%s is allocated %s, and has %s in breakdowns", key, g.Amount, owned[key])
			}
		}
	})
}

func add(sums map[string]*big.Rat, key string, d unit.Decimal) {
	if sums[key] == nil {
		sums[key] = new(big.Rat)
	}
	sums[key].Add(sums[key], d.Rat())
}

func orgOf(g cost.AllocatedGroup) string {
	if v := g.Keys["org"]; v != nil {
		return *v
	}
	return ""
}

// Hamilton's method keeps every part within one unit of its exact share.
func TestPartsAreWithinAUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := unit.MustDecimal(rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,6})?`).Draw(t, "amount"))
		weights := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 1000), unit.DecimalOfInt), 1, 9).Draw(t, "weights")
		if !slices.ContainsFunc(weights, func(w unit.Decimal) bool { return w.Sign() > 0 }) {
			t.Skip("no weight")
		}
		all, sum := new(big.Rat), new(big.Rat)
		for _, w := range weights {
			all.Add(all, w.Rat())
		}
		for i, p := range cost.Apportion(whole, "USD", weights) {
			sum.Add(sum, p.Rat())
			exact := new(big.Rat).Quo(new(big.Rat).Mul(whole.Rat(), weights[i].Rat()), all)
			if off := exact.Sub(exact, p.Rat()); off.Abs(off).Cmp(big.NewRat(1, 100)) >= 0 {
				t.Fatalf("part %d is %s off", i, off.FloatString(8))
			}
		}
		if sum.Cmp(whole.Rat()) != 0 {
			t.Fatalf("the parts of %s add up to %s", whole, sum)
		}
	})
}
