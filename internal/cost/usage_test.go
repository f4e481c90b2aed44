package cost_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

func TestParseContext(t *testing.T) {
	for words, want := range map[string]cost.Context{"0-200k": {Above: 0, UpTo: 200_000}, "200k-1M": {Above: 200_000, UpTo: 1_000_000}, "0-32768": {Above: 0, UpTo: 32768}} {
		if got, ok := cost.ParseContext(words); !ok || got != want {
			t.Errorf("%q reads as %v, %v", words, got, ok)
		}
	}
	for _, words := range []string{"", "long", "200k", "200k-", "-200k", "1M-200k", "0-0", "0-9999999999999999999", "-5-10"} {
		if got, ok := cost.ParseContext(words); ok {
			t.Errorf("%q reads as %v", words, got)
		}
	}
}

// tokens writes input, cached, output and the number of requests.
func tokens(input, cached, output, requests int64) *cost.Tokens {
	d := unit.DecimalOfInt
	return &cost.Tokens{Input: d(input), CacheRead: d(cached), Output: d(output), Requests: d(requests)}
}

func TestContextOf(t *testing.T) {
	tests := []struct {
		name string
		item cost.LineItem
		want cost.Context
	}{
		{"nothing is known of many requests but their sum", cost.LineItem{Tokens: tokens(300_000, 100_000, 5, 9)}, cost.Context{UpTo: 400_000}},
		{"one request is known exactly; output does not count", cost.LineItem{Tokens: tokens(150_000, 100_000, 900_000, 1)}, cost.Context{Above: 249_999, UpTo: 250_000}},
		{"the provider's words", cost.LineItem{ContextTier: "200k-1M", Tokens: tokens(5_000_000, 0, 0, 20)}, cost.Context{Above: 200_000, UpTo: 1_000_000}},
		{"words that contradict the tokens stay", cost.LineItem{ContextTier: "200k-1M", Tokens: tokens(5, 0, 0, 1)}, cost.Context{Above: 200_000, UpTo: 1_000_000}},
		{"no input at all", cost.LineItem{Tokens: tokens(0, 0, 7, 1)}, cost.Context{UpTo: 1}},
		{"not metered in tokens", cost.LineItem{}, cost.Context{}},
	}
	for _, tt := range tests {
		if got := cost.ContextOf(&tt.item); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func october(t *testing.T) period.Period {
	t.Helper()
	p, err := period.Calendar{Zone: time.UTC, Now: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)}.Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUsageTallySeparatesWhatPricesDependOn(t *testing.T) {
	tally := cost.NewUsageTally(october(t), nil, []int64{128_000, 200_000})
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, time.UTC) }
	for _, i := range []cost.LineItem{
		{Model: "m", ChargePeriodStart: at(1, 0), Tokens: tokens(100, 0, 1, 1)},
		{Model: "m", ChargePeriodStart: at(1, 23), Tokens: tokens(127_900, 0, 2, 0)}, // up to 128,000 in all: no request is longer
		{Model: "m", ChargePeriodStart: at(1, 5), Tokens: tokens(200_001, 0, 4, 1)},
		{Model: "m", ChargePeriodStart: at(1, 5), Tokens: tokens(200_001, 0, 8, 2)},
		{Model: "m", ChargePeriodStart: at(2, 0), ServiceTier: "batch", Tokens: tokens(1, 0, 16, 1)},
		{Model: "m", ChargePeriodStart: at(3, 0)}, // a charge without tokens
		{Model: "m", ChargePeriodStart: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Tokens: tokens(1, 0, 1, 1)},
		{Model: "m", ChargePeriodStart: time.Date(2026, 9, 30, 23, 59, 59, 0, time.UTC), Tokens: tokens(1, 0, 1, 1)},
	} {
		tally.Add(&i)
	}
	type line struct {
		day     int
		tier    string
		context cost.Context
		output  string
	}
	want := []line{{1, "", cost.Context{}, "8"}, {1, "", cost.Context{UpTo: 128_000}, "3"}, {1, "", cost.Context{Above: 200_000}, "4"}, {2, "batch", cost.Context{UpTo: 128_000}, "16"}}
	got := tally.Usages()
	if len(got) != len(want) {
		t.Fatalf("%d usages: %v", len(got), got)
	}
	for i, u := range got {
		if l := (line{u.Day.Day(), u.ServiceTier, u.Context, u.Tokens.Output.String()}); l != want[i] {
			t.Errorf("usage %d is %v, want %v", i, l, want[i])
		}
	}
}

// However items are dealt out to tallies, nothing is lost and nothing counts
// twice.
func TestMergedUsageTalliesEqualOne(t *testing.T) {
	p := october(t)
	rapid.Check(t, func(t *rapid.T) {
		all, parts := cost.NewUsageTally(p, nil, []int64{1000}), [2]*cost.UsageTally{cost.NewUsageTally(p, nil, []int64{1000}), cost.NewUsageTally(p, nil, []int64{1000})}
		var total unit.Decimal
		for range rapid.IntRange(0, 20).Draw(t, "items") {
			i := cost.LineItem{Model: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "model"), Team: rapid.SampledFrom([]string{"", "x"}).Draw(t, "team"),
				ChargePeriodStart: p.Start.Add(time.Duration(rapid.IntRange(0, 31*24-1).Draw(t, "hour")) * time.Hour),
				Tokens:            tokens(rapid.Int64Range(0, 2000).Draw(t, "input"), 3, 4, rapid.Int64Range(0, 2).Draw(t, "requests"))}
			all.Add(&i)
			parts[rapid.IntRange(0, 1).Draw(t, "part")].Add(&i)
			total = total.Add(i.Tokens.Total())
		}
		parts[0].Merge(parts[1])
		a, b := all.Usages(), parts[0].Usages()
		if len(a) != len(b) {
			t.Fatalf("%d and %d usages", len(a), len(b))
		}
		var sum unit.Decimal
		for i := range a {
			if a[i].Model != b[i].Model || a[i].Team != b[i].Team || !a[i].Day.Equal(b[i].Day) || a[i].Context != b[i].Context ||
				a[i].Tokens.Total().Cmp(b[i].Tokens.Total()) != 0 || a[i].Tokens.Requests.Cmp(b[i].Tokens.Requests) != 0 {
				t.Fatalf("usage %d: %v and %v", i, a[i], b[i])
			}
			sum = sum.Add(a[i].Tokens.Total())
		}
		if sum.Cmp(total) != 0 {
			t.Fatalf("%s tokens, want %s", sum, total)
		}
	})
}

func TestIncludedTokens(t *testing.T) {
	d := unit.MustDecimal
	got, ok := cost.IncludedTokens(d("1000"), d("600"), d("100"), d("50"), d("7"))
	if !ok || got.Input.String() != "250" || got.Total().String() != "1007" {
		t.Errorf("%v %v", got, ok)
	}
	if _, ok := cost.IncludedTokens(d("1000"), d("1001"), d("0"), d("0"), d("0")); ok {
		t.Error("more cached tokens than input passed")
	}
}
