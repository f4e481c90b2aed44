package advice

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

var dec = unit.MustDecimal

// group is a group of a breakdown: keys as "key=value", and an amount in USD.
func group(amount string, keys ...string) cost.Group {
	g := cost.Group{Keys: map[string]*string{}, Currency: "USD", Amount: dec(amount)}
	for _, k := range keys {
		key, value, _ := strings.Cut(k, "=")
		g.Keys[key] = &value
	}
	return g
}

func breakdown(groups ...cost.Group) *cost.Report { return &cost.Report{Groups: groups} }

// catalogue has two versions of one family, of which the newer costs a third, a
// smaller family, and no cache prices for the latter.
func catalogue(t *testing.T) *price.Catalogue {
	t.Helper()
	l, diags := price.Parse("prices.yaml", []byte(`
prices:
  - {model: big-3, provider: acme, currency: USD, per: 1000000, rates: [{from: 2026-01-01, input: 3, output: 15, cache_read: 0.30, cache_write_5m: 3.75, batch: {input: 1.5, output: 7.5}}]}
  - {model: big-4, provider: acme, currency: USD, per: 1000000, rates: [{from: 2026-01-01, input: 1, output: 5, cache_read: 0.10, cache_write_5m: 1.25}]}
  - {model: big-2, provider: acme, currency: USD, per: 1000000, rates: [{from: 2026-01-01, input: 0.1, output: 0.5}]}
  - {model: big-mini-4, provider: acme, currency: USD, per: 1000000, rates: [{from: 2026-01-01, input: 0.1, output: 0.5}]}
`))
	if l == nil {
		t.Fatal(diags)
	}
	return price.New(l)
}

func usage(model, tier string, t cost.Tokens) cost.Usage {
	return cost.Usage{Provider: "acme", Model: model, ServiceTier: tier, Day: time.Date(2026, 10, 7, 0, 0, 0, 0, time.UTC), Tokens: t}
}

// show writes advice as "id amount low..high".
func show(list []Recommendation) []string {
	out := []string{}
	for _, r := range list {
		saving := "-"
		if r.Saving != nil {
			saving = r.Saving.Low.Canonical() + ".." + r.Saving.High.Canonical()
		}
		out = append(out, r.ID+" "+r.Amount.Canonical()+" "+saving)
	}
	return out
}

// Each kind of waste, planted; the expected figures are worked out by hand.
func TestFind(t *testing.T) {
	totals := []cost.Total{{Currency: "USD", Amount: dec("1000")}}
	low, idle := dec("0.031"), dec("0.05")
	team := "a"
	tests := []struct {
		name string
		data Data
		want []string
	}{
		{"nothing known", Data{}, []string{}},
		{"a clean month", Data{Totals: totals, Catalogue: catalogue(t),
			Usages: []cost.Usage{usage("big-4", "", cost.Tokens{Input: dec("1000000"), CacheRead: dec("9000000"), CacheWrite5m: dec("1000000"), Output: dec("1000000")})},
			// The month keeps 1 of 500 unused, which is a thousandth of the costs at most.
			Commitments: breakdown(group("499.5", "commitment=c", "commitment_status=Used", "charge_category=Usage"), group("0.5", "commitment=c", "commitment_status=Unused", "charge_category=Usage")),
			Purchases:   breakdown(group("500", "commitment=c", "charge_category=Purchase")),
			Storage:     breakdown(group("30", "month=2026-07", "service=S3"), group("31", "month=2026-08", "service=S3"), group("30", "month=2026-09", "service=S3"), group("31", "month=2026-10", "service=S3")),
			Allocation:  &cost.Allocation{By: "team", Groups: []cost.AllocatedGroup{{Unallocated: true, Currency: "USD", Amount: dec("49"), Share: new(dec("0.049"))}, {Keys: map[string]*string{"team": &team}, Currency: "USD", Amount: dec("951"), Share: new(dec("0.951"))}}},
			Budgets:     []cost.Budget{{Name: "all", Currency: "USD", Amount: dec("1000"), Spent: new(dec("1000")), Projected: new(dec("1000"))}}}, []string{}},
		// 10 M input at 3 and 1 M output at 15 are 45. With big-4 that is 15 times 0.75
		// to 1.35: 11.25 to 20.25. big-2 is older and big-mini-4 another family.
		// Caching 20 % of the input: 1.8 M read at 0.30 and 0.2 M written at 3.75 instead
		// of 6.00 are 1.29, so 4.71 less; 60 % is three times that. Batches of all halve 45: 10 % and 50 % of 22.5.
		{"a model", Data{Totals: totals, Catalogue: catalogue(t), Usages: []cost.Usage{usage("big-3", "", cost.Tokens{Input: dec("10000000"), Output: dec("1000000")})}},
			[]string{"model:acme/big-3 45 24.75..33.75", "caching:acme/big-3 45 4.71..14.13", "batch:acme/big-3 45 2.25..11.25"}},
		// 4 M written at 3.75 − 3 and nothing read: 3 lost. Nothing else: it is batched too.
		{"a cache that nobody reads", Data{Totals: totals, Catalogue: catalogue(t), Usages: []cost.Usage{usage("big-4", "", cost.Tokens{Input: dec("1000000"), CacheWrite5m: dec("16000000")})}},
			[]string{"caching:acme/big-4 4 4..4"}},
		// 10 M input at 3 and 20 M read at 0.30 are 36. With big-4 that is 12 × 0.75 = 9 at
		// least, and 30 × 1.35 = 40.5 at most, without the cache: 4.5 more to 27 less. The
		// middle is above that of the commitment, and yet it comes later. Batches
		// have no price of cached tokens, so nothing is said of them.
		{"what could also cost more comes later", Data{Totals: totals, Catalogue: catalogue(t), Usages: []cost.Usage{usage("big-3", "", cost.Tokens{Input: dec("10000000"), CacheRead: dec("20000000")})},
			Commitments: breakdown(group("300", "commitment=c", "provider=AWS", "commitment_status=Used", "charge_category=Usage"), group("6", "commitment=c", "provider=AWS", "commitment_status=Unused", "charge_category=Usage"))},
			[]string{"commitment:c 6 3..6", "model:acme/big-3 36 -4.5..27"}},
		{"an unused commitment", Data{Totals: totals, Commitments: breakdown(group("300", "commitment=c", "provider=AWS", "commitment_status=Used", "charge_category=Usage"), group("100", "commitment=c", "provider=AWS", "commitment_status=Unused", "charge_category=Usage"))},
			[]string{"commitment:c 100 50..100"}},
		{"a purchase that covers nothing", Data{Totals: totals, Commitments: breakdown(group("0", "commitment=c", "charge_category=Purchase")), Purchases: breakdown(group("80", "commitment=c", "charge_category=Purchase"))},
			[]string{"commitment:c 80 40..80"}},
		{"an idle machine, by its id and by the end of its id", Data{Totals: totals, Utilisation: []Utilisation{{Resource: "i-1", P95: &low, IdleBelow: idle, Windows: 8928}},
			Resources: breakdown(group("30", "resource=arn:aws:ec2:eu:1:instance/i-1"), group("6", "resource=i-1"), group("900", "resource=mini-1"))}, []string{"idle:i-1 36 18..36"}},
		{"idle by one metric and busy by another", Data{Totals: totals, Utilisation: []Utilisation{{Resource: "i-1", P95: &low, IdleBelow: idle}, {Resource: "i-1", P95: &idle, IdleBelow: idle}},
			Resources: breakdown(group("30", "resource=i-1"))}, []string{}},
		{"idle, but not known well", Data{Totals: totals, Utilisation: []Utilisation{{Resource: "i-1", IdleBelow: idle}}, Resources: breakdown(group("30", "resource=i-1"))}, []string{}},
		// 10 % a month per day: 310/31, 330/30, 375.1/31, 399.3/30 are 10, 11, 12.1, 13.31.
		// 399.3 × 1.1³ = 531.4683 and × 1.1¹² = 1253.1744…, less 399.3.
		{"storage that grows", Data{Totals: totals, Storage: breakdown(group("310", "month=2026-08", "service=S3"), group("330", "month=2026-09", "service=S3"), group("375.1", "month=2026-10", "service=S3"), group("399.3", "month=2026-11", "service=S3"))},
			[]string{"storage:S3 399.3 132.17..853.87"}},
		{"owned by nobody", Data{Totals: totals, Allocation: &cost.Allocation{By: "team", Groups: []cost.AllocatedGroup{{Unallocated: true, Currency: "USD", Amount: dec("50"), Share: new(dec("0.05"))}}}}, []string{"untagged 50 -"}},
		{"a budget", Data{Totals: totals, Budgets: []cost.Budget{{Name: "LLM", Currency: "USD", Amount: dec("100"), Spent: new(dec("90")), Projected: new(dec("130"))}}}, []string{"budget:LLM 30 -"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(Find(&tt.data)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What came of advice is told by money.
func TestFollowed(t *testing.T) {
	unused := func(amount string) *Data {
		return &Data{Totals: []cost.Total{{Currency: "USD", Amount: dec("1000")}},
			Commitments: breakdown(group("300", "commitment=c", "commitment_status=Used", "charge_category=Usage"), group(amount, "commitment=c", "commitment_status=Unused", "charge_category=Usage"))}
	}
	for _, tt := range []struct {
		now      *Data
		realised string
		state    State
	}{
		{unused("0"), "100", Done},
		{unused("0.9"), "99.1", Done}, // no longer worth advice
		{unused("90"), "10", Partly},
		{unused("90.01"), "9.99", NotFollowed},
		{unused("120"), "-20", NotFollowed},
		{&Data{Commitments: breakdown()}, "100", Done}, // it is gone from the bill
		{&Data{}, "", Unknown},
	} {
		then := unused("100")
		got := Followed(then, tt.now, Find(then), Find(tt.now))
		realised := ""
		if got[0].Realised != nil {
			realised = got[0].Realised.Canonical()
		}
		if len(got) != 1 || realised != tt.realised || got[0].State != tt.state || got[0].ID != "commitment:c" {
			t.Errorf("%+v, want %s, %s", got, tt.realised, tt.state)
		}
	}
}

// Caching that was advised and then used has saved what `cost cache` says: 2 M read
// at 3 − 0.30, less 1 M written at 3.75 − 3.
func TestFollowedCaching(t *testing.T) {
	data := func(tokens cost.Tokens) *Data {
		return &Data{Catalogue: catalogue(t), Usages: []cost.Usage{usage("big-3", "", tokens)}}
	}
	then, now := data(cost.Tokens{Input: dec("3000000")}), data(cost.Tokens{CacheRead: dec("2000000"), CacheWrite5m: dec("1000000")})
	for _, o := range Followed(then, now, Find(then), Find(now)) {
		if o.Kind == Caching && (o.State != Done || o.Realised.Canonical() != "4.65") {
			t.Errorf("caching: %s, realised %s", o.State, o.Realised)
		}
	}
}

func TestLineage(t *testing.T) {
	for _, tt := range []struct {
		name, family string
		version      []int
	}{
		{"claude-opus-4-1", "claude opus", []int{4, 1}},
		{"claude-3-5-haiku-20241022", "claude haiku", []int{3, 5}},
		{"gpt-4o-2024-05-13", "gpt", []int{4}},
		{"gpt-4o-mini", "gpt mini", []int{4}},
		{"gpt-4.1", "gpt", []int{4, 1}},
		{"o3-mini", "mini o", []int{3}},
		{"gemini-2.5-flash-lite", "flash gemini lite", []int{2, 5}},
		{"gemini-3-pro-preview", "gemini pro", []int{3}},
	} {
		if family, version := lineage(tt.name); family != tt.family || !slices.Equal(version, tt.version) {
			t.Errorf("%s is %q %v, want %q %v", tt.name, family, version, tt.family, tt.version)
		}
	}
}
