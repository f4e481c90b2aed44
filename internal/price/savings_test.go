package price_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// used makes usages of a model on a day of October 2026.
func used(provider, model, text string) cost.Usage {
	return cost.Usage{Provider: provider, Model: model, Day: day("2026-10-05"), Tokens: tokens(text)}
}

// The figures are worked out by hand, at 3 / 0.30 / 3.75 per million.
func TestCacheSavingsOracle(t *testing.T) {
	c := price.New(list(t, sonnet))
	for text, want := range map[string]string{
		"write_5m=20,000":                  "-0.015",
		"cache_read=20,000":                "0.054",
		"cache_read=1,000 write_5m=20,000": "-0.0123",
		"write_1h=1,000,000":               "-3",
	} {
		r := c.CacheSavings([]cost.Usage{used("anthropic", "sonnet", text)}, nil)
		if len(r.Cache) != 1 || r.Cache[0].Savings == nil || r.Cache[0].Savings.Canonical() != want || r.Cache[0].Range != nil {
			t.Errorf("%s saves %+v, want %s", text, r.Cache, want)
		}
	}
}

func TestCacheSavings(t *testing.T) {
	c := price.New(list(t, sonnet))
	batch := used("anthropic", "sonnet", "cache_read=10")
	batch.ServiceTier, batch.Team = "batch", "research"
	team := used("anthropic", "sonnet", "input=50,000 cache_read=50,000 write_5m=100,000")
	team.Team = "platform"
	r := c.CacheSavings([]cost.Usage{
		used("openai", "gpt-4o", "input=100,000 cache_read=100,000"),
		used("openai", "gpt-4o", "input=1,000,000 cache_read=1,000,000"), // of unknown length: 1.25 or, above 200k, 5 − 1.25
		used("openai", "gpt-4o-mini", "input=5"),                         // no cache, no line
		used("openai", "gpt-9", "cache_read=7"),
		batch, team,
	}, []string{"team"})
	var lines []string
	for _, s := range r.Cache {
		who := "none"
		if s.Keys["team"] != nil {
			who = *s.Keys["team"]
		}
		line := fmt.Sprintf("%s %s: ", s.Model, who)
		switch {
		case s.Savings == nil:
			line += s.Reason
		case s.Range != nil:
			line += s.Range.Low.Canonical() + " to " + s.Range.High.Canonical()
		default:
			line += s.Savings.Canonical()
		}
		lines = append(lines, fmt.Sprintf("%s; read %s, written %s, hits %s", line, s.Read.Canonical(), s.Written.Canonical(), s.HitShare))
	}
	want := []string{
		"gpt-4o none: 1.375 to 3.875; read 1100000, written 0, hits 0.500000",
		"sonnet platform: 0.06; read 50000, written 100000, hits 0.250000",
		"gpt-9 none: the catalogue does not have this model; read 7, written 0, hits 1.000000",
		"sonnet research: there is no price for cache_read; read 10, written 0, hits 1.000000",
	}
	want[0], want[1] = want[1], want[0] // the least first: 50,000 × 2.70 − 100,000 × 0.75 per million
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// Caching saves exactly what the same tokens would have cost as plain input,
// less what they did cost.
func TestSavingsAreTheDifferenceOfTwoCosts(t *testing.T) {
	c := price.New(list(t, sonnet))
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) unit.Decimal { return unit.DecimalOfInt(rapid.Int64Range(0, 1e9).Draw(t, name)) }
		u := used("anthropic", "sonnet", "")
		u.Tokens = cost.Tokens{Input: n("input"), CacheRead: n("read"), CacheWrite5m: n("5m"), CacheWrite1h: n("1h"), Output: n("output")}
		bare := u
		bare.Tokens = cost.Tokens{Input: u.Tokens.Context(), Output: u.Tokens.Output}
		want := c.Quote(bare).Low.Sub(c.Quote(u).Low)
		r := c.CacheSavings([]cost.Usage{u}, nil)
		if len(r.Cache) == 0 {
			if !want.IsZero() {
				t.Fatalf("no line, want %s", want)
			}
			return
		}
		if got := r.Cache[0].Savings; got == nil || got.Cmp(want) != 0 {
			t.Fatalf("%v, want %s", got, want)
		}
	})
}

func match(t *testing.T, c *price.Catalogue, model string) price.Match {
	t.Helper()
	m, ok := c.Find("", model)
	if !ok {
		t.Fatalf("no %s", model)
	}
	return m
}

func TestCompare(t *testing.T) {
	c := price.New(list(t, sonnet))
	us := []cost.Usage{used("anthropic", "sonnet", "input=1,000,000 output=100,000 cache_read=1,000,000 requests=100")}
	spread := price.Spread{Low: unit.MustDecimal("0.8"), High: unit.MustDecimal("1.25")}
	r := c.Compare(us, []price.Match{match(t, c, "gpt-4o-mini"), match(t, c, "sonnet"), match(t, c, "free"), match(t, c, "gpt-4o")}, spread)
	if len(r.Actual) != 1 || r.Actual[0].Low.Canonical() != "4.8" || r.Actual[0].High.Canonical() != "4.8" {
		t.Fatalf("actual %+v", r.Actual) // 3 + 0.3 + 1.5
	}
	want := []struct{ low, high, change string }{
		// No price of cached tokens, so 2M input at 0.15 and 0.1M output at 0.60 are 0.36; times 0.8 and 1.25.
		{"0.288", "0.45", "-4.512 to -4.35"},
		{"4.8", "4.8", "0 to 0"},
		{"0", "0", "-4.8 to -4.8"},
		// At 0.8: 0.8×2.5 + 0.8×1.25 + 0.08×10 = 3.8. At 1.25 and all of it long: 2.5M×5 + 0.125M×15 = 14.375.
		{"3.8", "14.375", "-1 to 9.575"},
	}
	for i, w := range want {
		got := r.WhatIf[i]
		if got.Low == nil || got.Change == nil {
			t.Fatalf("%+v", got)
		}
		change := got.Change.Low.Canonical() + " to " + got.Change.High.Canonical()
		if got.Low.Canonical() != w.low || got.High.Canonical() != w.high || change != w.change {
			t.Errorf("%s: %s to %s, %s; want %v", got.Model, got.Low, got.High, change, w)
		}
	}
	if got := strings.Join(r.WhatIf[0].Assumptions, "; "); got != "it has no price of cached tokens, and charges them as input" {
		t.Errorf("assumptions of gpt-4o-mini: %s", got)
	}
}

func TestCompareSaysWhatItCannotTell(t *testing.T) {
	c := price.New(list(t, sonnet+`
  - {model: euro, currency: EUR, rates: [{from: 2026-10-20, input: 1, output: 1}]}
  - {model: mute, currency: USD, rates: [{from: 2026-01-01, input: 1}]}
`))
	us := []cost.Usage{used("openai", "gpt-9", "input=1,000,000 output=5")}
	r := c.Compare(us, []price.Match{match(t, c, "euro"), match(t, c, "mute")}, price.DefaultSpread())
	if w := r.WhatIf[0]; w.Low == nil || w.Change != nil || w.ChangeReason != "some of the work is unpriced as it was done" || len(w.Assumptions) != 1 ||
		w.Assumptions[0] != "before 2026-10-20 it costs what it did from then on" {
		t.Errorf("%+v", w)
	}
	if w := r.WhatIf[1]; w.Low != nil || w.Reason != "there is no price for output" {
		t.Errorf("%+v", w)
	}
	r = c.Compare([]cost.Usage{used("anthropic", "sonnet", "input=5")}, []price.Match{match(t, c, "euro")}, price.DefaultSpread())
	if w := r.WhatIf[0]; w.ChangeReason != "the work was paid in another currency" {
		t.Errorf("%+v", w)
	}
}

// A what-if holds whatever the other tokenizer and cache would have done within
// the assumptions; the truth is computed with fractions.
func TestWhatIfHoldsTheTruth(t *testing.T) {
	c := price.New(list(t, sonnet))
	spread := price.DefaultSpread()
	with := []price.Match{match(t, c, "sonnet")}
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) int64 { return rapid.Int64Range(0, 1e7).Draw(t, name) }
		in, cached, out := n("input"), n("cached"), n("output")
		u := used("openai", "gpt-4o", "")
		u.Tokens = cost.Tokens{Input: unit.DecimalOfInt(in), CacheRead: unit.DecimalOfInt(cached), Output: unit.DecimalOfInt(out)}
		r := c.Compare([]cost.Usage{u}, with, spread)
		factor := big.NewRat(rapid.Int64Range(75, 135).Draw(t, "factor"), 100)
		kept := rapid.Int64Range(0, cached).Draw(t, "kept")
		truth := big.NewRat((in+cached-kept)*300+kept*30+out*1500, 100_000_000)
		truth.Mul(truth, factor)
		if w := r.WhatIf[0]; w.Low.Rat().Cmp(truth) > 0 || w.High.Rat().Cmp(truth) < 0 {
			t.Fatalf("%s lies outside of %s to %s", truth.FloatString(8), w.Low, w.High)
		}
	})
}

func TestParseSpread(t *testing.T) {
	if s, err := price.ParseSpread("0.9..1.2"); err != nil || s.Low.String() != "0.9" || s.High.String() != "1.2" {
		t.Error(s, err)
	}
	for _, bad := range []string{"", "1", "1.2..0.9", "0..1", "a..b", "0.5..50", "-1..1"} {
		if s, err := price.ParseSpread(bad); err == nil {
			t.Errorf("%q reads as %v", bad, s)
		}
	}
}

func TestDiff(t *testing.T) {
	mine := list(t, "prices:\n  - {model: gpt-4o, provider: openai, currency: USD, per: 1000, rates: [{from: 2026-01-01, input: 0.0025, output: 0.012}]}\n  - {model: own, currency: USD, rates: [{from: 2026-01-01, input: 1}]}\n  - {model: gpt-4o-latest, provider: openai, currency: USD, rates: [{from: 2026-01-01, input: 1}]}")
	later := list(t, "prices:\n  - {model: gpt-4o, provider: openai, currency: USD, rates: [{from: 2026-12-01, input: 1}]}")
	var lines []string
	for _, d := range price.Diff(day("2026-11-01"), mine, list(t, sonnet), later) {
		line := d.Model + " " + d.Price + ":"
		for _, a := range d.Amounts {
			if a == nil {
				line += " -"
				continue
			}
			line += " " + a.Canonical()
		}
		lines = append(lines, line)
	}
	want := []string{"openai/gpt-4o batch input: - 1.25 -", "openai/gpt-4o batch output: - 5 -", "openai/gpt-4o cache_read: - 1.25 -", "openai/gpt-4o input above 200000: - 5 -",
		"openai/gpt-4o output: 12 10 -", "openai/gpt-4o output above 200000: - 15 -"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// An entry is compared with the one of which its name is an alias.
func TestDiffByAlias(t *testing.T) {
	mine := list(t, "prices: [{model: gpt-4o-latest, provider: openai, currency: USD, rates: [{from: 2026-01-01, input: 1, output: 10}]}]")
	got := price.Diff(day("2026-11-01"), mine, list(t, sonnet))
	i := slices.IndexFunc(got, func(d price.Difference) bool { return d.Price == "input" })
	if i < 0 || got[i].Model != "openai/gpt-4o-latest" || got[i].Amounts[1].Canonical() != "2.5" {
		t.Errorf("%+v", got)
	}
}
