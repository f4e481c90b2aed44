package price_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// list reads prices, whose text may be indented.
func list(t testing.TB, text string) *price.List {
	t.Helper()
	l, diags := price.Parse("prices.yaml", []byte(text))
	if l == nil {
		t.Fatal(diags)
	}
	return l
}

// tokens reads "input=1000 cache_read=5 …".
func tokens(text string) cost.Tokens {
	var out cost.Tokens
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		n := unit.MustDecimal(strings.ReplaceAll(value, ",", ""))
		switch name {
		case "input":
			out.Input = n
		case "output":
			out.Output = n
		case "cache_read":
			out.CacheRead = n
		case "write_5m":
			out.CacheWrite5m = n
		case "write_1h":
			out.CacheWrite1h = n
		case "requests":
			out.Requests = n
		default:
			panic(word)
		}
	}
	return out
}

// sonnet has the prices of the figures that are worked out by hand, and further what
// they may have.
const sonnet = `
prices:
  - model: sonnet
    provider: anthropic
    currency: USD
    rates:
      - {from: 2026-01-01, input: 3, output: 15, cache_read: 0.30, cache_write_5m: 3.75, cache_write_1h: 6, batch: {input: 1.5, output: 7.5}}
  - model: gpt-4o
    provider: openai
    currency: USD
    per: 1000000
    aliases: [gpt-4o-latest]
    rates:
      - {from: 2024-05-13, input: 5.00, output: 15.00}
      - {from: 2024-10-02, input: 2.50, output: 10.00, cache_read: 1.25, batch: {input: 1.25, output: 5.00}, tiers: [{above: 200000, input: 5.00, output: 15.00}]}
  - {model: gpt-4o-mini, provider: openai, currency: USD, rates: [{from: 2024-07-18, input: 0.15, output: 0.60}]}
  - {model: free, currency: USD, rates: [{from: 2026-01-01, input: 0, output: 0}]}
  - {model: search, provider: perplexity, currency: USD, rates: [{from: 2026-01-01, input: 1, output: 1, request: 0.005}]}
`

func TestQuote(t *testing.T) {
	c := price.New(list(t, sonnet))
	tests := []struct {
		name, provider, model, tier, day, tokens string
		context                                  string
		low, high, reason                        string // high is "" where it equals low
	}{
		{name: "each kind times its price", provider: "anthropic", model: "sonnet", day: "2026-10-01", tokens: "input=1,000,000 output=1,000,000 cache_read=1,000,000 write_5m=1,000,000 write_1h=1,000,000", low: "28.05"},
		{name: "to the last digit", provider: "anthropic", model: "sonnet", day: "2026-10-01", tokens: "input=1 cache_read=1", low: "0.0000033"},
		{name: "on the last day of the old price", model: "gpt-4o", day: "2024-10-01", tokens: "input=1,000,000 output=1,000,000", low: "20"},
		{name: "on the first day of the new one", model: "gpt-4o", day: "2024-10-02", tokens: "input=100,000 output=1,000,000", low: "10.25"},
		{name: "before the first price", model: "gpt-4o", day: "2024-05-12", tokens: "input=1", reason: "the first price of gpt-4o is of 2024-05-13"},
		{name: "batch", provider: "anthropic", model: "sonnet", tier: "batch", day: "2026-10-01", tokens: "input=1,000,000 output=1,000,000", low: "9"},
		{name: "batch without a price for what was counted is not priced in part", provider: "anthropic", model: "sonnet", tier: "batch", day: "2026-10-01", tokens: "input=1,000,000 cache_read=1", reason: "there is no price for cache_read"},
		{name: "a service tier without prices is not standard", provider: "anthropic", model: "sonnet", tier: "flex", day: "2026-10-01", tokens: "input=1", reason: "there is no price for the service tier flex"},
		{name: "an unknown service tier", model: "sonnet", tier: "scale", day: "2026-10-01", tokens: "input=1", reason: "the service tier scale is not known"},
		{name: "a price of 0 is a price", model: "free", day: "2026-10-01", tokens: "input=5 output=5", low: "0"},
		{name: "an unknown model", model: "gpt-5", day: "2026-10-01", tokens: "input=5", reason: "the catalogue does not have this model"},
		{name: "no model", day: "2026-10-01", tokens: "input=5", reason: "no model is named"},
		{name: "another provider's model", provider: "azure", model: "gpt-4o", day: "2026-10-01", tokens: "input=5", reason: "the catalogue has gpt-4o of openai, and not of azure"},
		{name: "all requests together stay below the tier", model: "gpt-4o", day: "2026-10-01", tokens: "input=150,000 cache_read=50,000", low: "0.4375"},
		{name: "nothing tells how long requests were", model: "gpt-4o", day: "2026-10-01", tokens: "input=1,000,000 cache_read=1,000,000 output=1,000,000", low: "13.75", high: "21.25"},
		{name: "the meter's words decide: short", model: "gpt-4o", day: "2026-10-01", context: "0-200k", tokens: "input=1,000,000 output=1,000,000", low: "12.5"},
		{name: "the meter's words decide: long; the whole request is re-priced", model: "gpt-4o", day: "2026-10-01", context: "200k-1M", tokens: "input=1,000,000 output=1,000,000", low: "20"},
		{name: "the meter's words leave it open", model: "gpt-4o", day: "2026-10-01", context: "128k-1M", tokens: "input=1,000,000", low: "2.5", high: "5"},
		{name: "one request is known", model: "gpt-4o", day: "2026-10-01", tokens: "input=200,001 requests=1", low: "1.000005"},
		{name: "exactly at the threshold is not above", model: "gpt-4o", day: "2026-10-01", tokens: "input=200,000 requests=1", low: "0.5"},
		{name: "requests are charged beside tokens", model: "search", day: "2026-10-01", tokens: "input=1,000,000 requests=10", low: "1.05"},
		{name: "charged requests that are not counted", model: "search", day: "2026-10-01", tokens: "input=1,000,000", reason: "requests are charged, and the meter does not count them"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			context, _ := cost.ParseContext(tt.context)
			q := c.Quote(cost.Usage{Provider: tt.provider, Model: tt.model, ServiceTier: tt.tier, Context: context, Day: day(tt.day), Tokens: tokens(tt.tokens)})
			if q.Reason != tt.reason {
				t.Fatalf("reason %q, want %q", q.Reason, tt.reason)
			}
			if tt.reason != "" {
				return
			}
			if tt.high == "" {
				tt.high = tt.low
			}
			if q.Low.Canonical() != tt.low || q.High.Canonical() != tt.high {
				t.Errorf("%s to %s, want %s to %s", q.Low, q.High, tt.low, tt.high)
			}
		})
	}
}

func TestDiscounts(t *testing.T) {
	c := price.New(list(t, sonnet+`
discounts:
  - {provider: openai, model: gpt-4o*, percent: 12.5, from: 2026-10-01, until: 2026-11-01}
  - {provider: openai, percent: 50, from: 2026-10-01}
`))
	for _, tt := range []struct{ model, day, want string }{
		{"gpt-4o-mini", "2026-09-30", "0.15"}, {"gpt-4o-mini", "2026-10-01", "0.13125"}, {"gpt-4o-mini", "2026-10-31", "0.13125"}, {"gpt-4o-mini", "2026-11-01", "0.075"},
		{"free", "2026-10-01", "0"}, {"sonnet", "2026-10-01", "3"},
	} {
		q := c.Quote(cost.Usage{Model: tt.model, Day: day(tt.day), Tokens: tokens("input=1,000,000")})
		if q.Low.Canonical() != tt.want || q.IsRange() {
			t.Errorf("%s on %s costs %s, want %s", tt.model, tt.day, q.Low, tt.want)
		}
	}
}

// OpenAI counts cached tokens in input, Anthropic beside it. The same request is
// to cost the same whichever way it was counted.
func TestCachedTokensIncludedOrSeparate(t *testing.T) {
	c := price.New(list(t, sonnet))
	d := unit.MustDecimal
	included, ok := cost.IncludedTokens(d("10000"), d("6000"), d("1000"), d("0"), d("500"))
	if !ok {
		t.Fatal("10,000 tokens of input, 6,000 read and 1,000 written are refused")
	}
	separate := tokens("input=3000 cache_read=6000 write_5m=1000 output=500")
	for _, got := range []cost.Tokens{included, separate} {
		// 3000×3 + 6000×0.3 + 1000×3.75 + 500×15 = 9000 + 1800 + 3750 + 7500, per million.
		if q := c.Quote(cost.Usage{Model: "sonnet", Day: day("2026-10-01"), Tokens: got}); q.Low.Canonical() != "0.02205" {
			t.Errorf("costs %s", q.Low)
		}
	}
}

// The cost of any mixture of short and long requests lies in the range that is
// given for their sum. The truth is added up request by request with fractions.
func TestRangeHoldsTheTruth(t *testing.T) {
	c := price.New(list(t, sonnet))
	rapid.Check(t, func(t *rapid.T) {
		var sum cost.Tokens
		truth := new(big.Rat)
		for range rapid.IntRange(1, 6).Draw(t, "requests") {
			in := rapid.Int64Range(0, 400_000).Draw(t, "input")
			cached := rapid.Int64Range(0, in).Draw(t, "cached")
			out := rapid.Int64Range(0, 10_000).Draw(t, "output")
			sum = sum.Add(cost.Tokens{Input: unit.DecimalOfInt(in - cached), CacheRead: unit.DecimalOfInt(cached), Output: unit.DecimalOfInt(out), Requests: unit.DecimalOfInt(1)})
			inPrice, outPrice := int64(250), int64(1000) // cents per million
			if in > 200_000 {
				inPrice, outPrice = 500, 1500
			}
			truth.Add(truth, big.NewRat((in-cached)*inPrice+cached*125+out*outPrice, 100_000_000))
		}
		q := c.Quote(cost.Usage{Model: "gpt-4o", Day: day("2026-10-01"), Tokens: sum})
		if q.Low.Rat().Cmp(truth) > 0 || q.High.Rat().Cmp(truth) < 0 {
			t.Fatalf("%s lies outside of %s to %s", truth.FloatString(8), q.Low, q.High)
		}
	})
}

func TestFind(t *testing.T) {
	c := price.New(list(t, sonnet), list(t, `
prices:
  - {model: gpt-4o-2024-05-13, provider: openai, currency: USD, rates: [{from: 2024-05-13, input: 5, output: 15}]}
  - {model: gpt-4o, provider: azure, currency: USD, rates: [{from: 2026-01-01, input: 2.75, output: 11}]}
  - {model: anthropic.claude-3-5-sonnet, provider: bedrock, currency: USD, aliases: [us.anthropic.claude-3-5-sonnet], rates: [{from: 2026-01-01, input: 3, output: 15}]}
  - {model: deepseek-ai/DeepSeek-V3, provider: together_ai, currency: USD, rates: [{from: 2026-01-01, input: 1.25, output: 1.25}]}
  - {model: mistral-large, provider: mistral, currency: USD, rates: [{from: 2026-01-01, input: 2, output: 6}]}
`))
	tests := []struct{ provider, model, entry, how string }{
		{"openai", "gpt-4o", "openai/gpt-4o", "exact"},
		{"", "gpt-4o", "openai/gpt-4o", "exact"},
		{"OpenAI", "GPT-4o", "openai/gpt-4o", "exact"},
		{"openai", "gpt-4o-latest", "openai/gpt-4o", "alias"},
		{"openai", "gpt-4o-2024-08-06", "openai/gpt-4o", "undated"},
		{"openai", "gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13", "exact"},
		{"openai", "gpt-4o-mini", "openai/gpt-4o-mini", "exact"},
		{"openai", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "undated"},
		{"openai", "gpt-4o-mini-tts", "", ""},
		{"openai", "gpt-4", "", ""},
		{"openai", "gpt-4o-2024-13-45", "", ""}, // no date
		{"openai", "gpt-4o-0806", "", ""},
		{"azure", "gpt-4o", "azure/gpt-4o", "exact"},
		{"azure.ai.openai", "gpt-4o-2024-11-20", "azure/gpt-4o", "undated"},
		{"", "azure/gpt-4o", "azure/gpt-4o", "exact"},
		{"openai", "openai/gpt-4o", "openai/gpt-4o", "exact"},
		{"openrouter", "openai/gpt-4o", "", ""}, // a reseller's own price
		{"aws.bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", "bedrock/anthropic.claude-3-5-sonnet", "undated"},
		{"bedrock", "us.anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock/anthropic.claude-3-5-sonnet", "undated"},
		{"bedrock", "bedrock/anthropic.claude-3-5-sonnet", "bedrock/anthropic.claude-3-5-sonnet", "exact"},
		{"bedrock", "eu.anthropic.claude-3-5-sonnet", "", ""},
		{"together_ai", "deepseek-ai/DeepSeek-V3", "together_ai/deepseek-ai/DeepSeek-V3", "exact"},
		{"together", "together_ai/deepseek-ai/deepseek-v3", "together_ai/deepseek-ai/DeepSeek-V3", "exact"},
		{"mistral", "mistral-large-2411", "", ""},
		{"anything", "free", "free", "exact"}, // an entry without a provider
	}
	for _, tt := range tests {
		m, ok := c.Find(tt.provider, tt.model)
		got := ""
		if ok {
			got = m.Model.ID()
		}
		if got != tt.entry || string(m.How) != tt.how {
			t.Errorf("%s of %q finds %q (%s), want %q (%s)", tt.model, tt.provider, got, m.How, tt.entry, tt.how)
		}
	}
}

func TestUserPricesReplaceWholeEntries(t *testing.T) {
	user := list(t, `
prices:
  - {model: gpt-4o, provider: openai, currency: EUR, rates: [{from: 2026-01-01, input: 1, output: 2}]}
  - {model: sonnet, currency: USD, rates: [{from: 2026-01-01, input: 9, output: 9}]}
`)
	c := price.New(user, list(t, sonnet))
	for _, model := range []string{"gpt-4o", "gpt-4o-latest", "gpt-4o-2024-08-06"} {
		if q := c.Quote(cost.Usage{Provider: "openai", Model: model, Day: day("2026-10-01"), Tokens: tokens("input=1,000,000")}); q.Low.String() != "1.000000" && q.Low.Canonical() != "1" || q.Currency != "EUR" {
			t.Errorf("%s costs %s %s", model, q.Low, q.Currency)
		}
	}
	if q := c.Quote(cost.Usage{Model: "gpt-4o", Day: day("2025-12-31"), Tokens: tokens("input=1")}); q.Reason == "" {
		t.Error("the replaced entry still prices the days before the user's first rate")
	}
	if q := c.Quote(cost.Usage{Provider: "anthropic", Model: "sonnet", Day: day("2026-10-01"), Tokens: tokens("input=1,000,000")}); q.Low.Canonical() != "9" {
		t.Errorf("an entry for any provider does not replace one for anthropic: %s", q.Low)
	}
}

func TestPricing(t *testing.T) {
	c := price.New(list(t, sonnet))
	var tally price.PricingTally
	for _, u := range []cost.Usage{
		{Provider: "openai", Model: "gpt-4o-2024-08-06", Tokens: tokens("input=700,000 output=50,000")},
		{Provider: "openai", Model: "gpt-9", Tokens: tokens("input=100,000")},
		{Provider: "openai", Model: "gpt-9", Tokens: tokens("input=100,000")},
		{Provider: "openai", Model: "gpt-4o", ServiceTier: "flex", Tokens: tokens("output=50,000")},
	} {
		u.Day = day("2026-10-01")
		tally.Add(u, c.Quote(u))
	}
	p := tally.Pricing()
	if p.PricedShare == nil || p.PricedShare.String() != "0.750000" {
		t.Errorf("priced share %v", p.PricedShare)
	}
	var lines []string
	for _, u := range p.Unpriced {
		lines = append(lines, fmt.Sprintf("%s %s: %s", u.Model, u.Tokens.Canonical(), u.Reason))
	}
	for _, m := range p.Matches {
		lines = append(lines, fmt.Sprintf("%s is %s (%s)", m.Model, m.Entry, m.How))
	}
	want := []string{"gpt-9 200000: the catalogue does not have this model", "gpt-4o 50000: there is no price for the service tier flex",
		"gpt-4o is openai/gpt-4o (exact)", "gpt-4o-2024-08-06 is openai/gpt-4o (undated)"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if empty := new(price.PricingTally).Pricing(); empty.PricedShare != nil {
		t.Errorf("the share of no tokens is %s", empty.PricedShare)
	}
}

// Every embedded price is a number of the file, dated and with a source, and its
// own names find it.
func TestEmbedded(t *testing.T) {
	l := price.Embedded()
	c := price.New(l)
	if len(c.Models) != len(l.Models) {
		t.Errorf("%d entries of %d are left", len(c.Models), len(l.Models))
	}
	providers := map[string]int{}
	for _, m := range l.Models {
		providers[m.Provider]++
		if m.Source == "" || m.Provider == "" {
			t.Errorf("%s: source %q", m.ID(), m.Source)
		}
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if got, ok := c.Find(m.Provider, name); !ok || got.Model.ID() != m.ID() {
				t.Errorf("%s of %s finds %v", name, m.ID(), got)
			}
		}
		for _, r := range m.Rates {
			if s := r.Sets[price.Standard]; s.Prices[price.Input] == nil || s.Prices[price.Output] == nil {
				t.Errorf("%s lacks a price of input or output", m.ID())
			}
		}
	}
	for _, p := range []string{"anthropic", "openai", "google", "mistral", "xai", "cohere", "azure", "bedrock", "vertex_ai", "groq", "together_ai", "fireworks_ai"} {
		if providers[p] == 0 {
			t.Errorf("nothing of %s", p)
		}
	}
	if got := c.Stale(l.Checked.Add(price.MaxAge)); got != "" {
		t.Errorf("after 60 days: %s", got)
	}
	if got := c.Stale(l.Checked.Add(price.MaxAge + time.Hour)); !strings.Contains(got, l.Checked.Format(time.DateOnly)) {
		t.Errorf("after 61 days: %q", got)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, diags := price.Parse(filepath.Base(file), text)
		var b strings.Builder
		if _, err := diags.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		want, err := os.ReadFile(golden)
		if os.Getenv("UPDATE") != "" {
			want, err = []byte(b.String()), os.WriteFile(golden, []byte(b.String()), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sonnet))
	f.Add([]byte("discounts: [{percent: 5}]\nchecked: 2026-01-01"))
	f.Add([]byte("prices: [{model: &a x, rates: *a}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, diags := price.Parse("f.yaml", text); l == nil && len(diags) == 0 {
			t.Error("nothing is read and nothing is said")
		} else if l != nil {
			price.New(l).Quote(cost.Usage{Model: "x", Day: day("2026-01-01"), Tokens: tokens("input=1")})
		}
	})
}
