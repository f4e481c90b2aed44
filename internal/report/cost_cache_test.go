package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/unit"
)

const tokenPrices = `
prices:
  - {model: sonnet, provider: anthropic, currency: USD, rates: [{from: 2026-01-01, input: 3, output: 15, cache_read: 0.30, cache_write_5m: 3.75}]}
  - {model: gemini, provider: google, currency: USD, rates: [{from: 2026-01-01, input: 1, output: 10, cache_read: 0.1, tiers: [{above: 200000, input: 2, cache_read: 0.2}]}]}
  - {model: euro, provider: mistral, currency: EUR, rates: [{from: 2026-01-01, input: 1, output: 1}]}
`

// work is a month's: one that wrote more than it read, one of unknown lengths, and
// one that nobody knows.
func work() []cost.Usage {
	d, day := unit.DecimalOfInt, time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	return []cost.Usage{
		{Provider: "anthropic", Model: "sonnet", Team: "research", Day: day, Tokens: cost.Tokens{Input: d(5_000_000), CacheRead: d(1_000_000), CacheWrite5m: d(20_000_000)}},
		{Provider: "google", Model: "gemini", Day: day, Tokens: cost.Tokens{Input: d(10_000_000), CacheRead: d(90_000_000)}},
		{Provider: "openai", Model: "gpt-9", Day: day, Tokens: cost.Tokens{Input: d(400), CacheRead: d(600)}},
	}
}

func catalogue(t *testing.T) *price.Catalogue {
	t.Helper()
	l, diags := price.Parse("prices.yaml", []byte(tokenPrices))
	if l == nil {
		t.Fatal(diags)
	}
	return price.New(l)
}

func drawn(t *testing.T, table doc.Table) string {
	t.Helper()
	var b strings.Builder
	if err := term.Table(&b, table, term.Options{Width: 120}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCacheTable(t *testing.T) {
	r := catalogue(t).CacheSavings(work(), []string{"team"})
	want := `
Saved by caching, net of what writing into caches costs
Model   Team            Savings     At most        Read     Written  Other input  Hit share
───────────────────────────────────────────────────────────────────────────────────────────
sonnet  research  ✗ -12.30 USD                1,000,000  20,000,000    5,000,000      3.8 %
gemini  (none)       81.00 USD¹  162.00 USD  90,000,000           0   10,000,000     90.0 %
gpt-9   (none)             n/a²                     600           0          400     60.0 %
  ¹ at least: how long requests were is not known, and long ones have other prices
  ² the catalogue does not have this model
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), drawn(t, report.CacheTable(r, []string{"team"}))); diff != "" {
		t.Error(diff)
	}
	notes := strings.Join(report.PricingNotes(r.Pricing), "\n")
	if want := "99.9 % of the tokens are priced\ngpt-9 is unpriced (1,000 tokens): the catalogue does not have this model"; notes != want {
		t.Errorf("notes %q", notes)
	}
}

func TestCompareTable(t *testing.T) {
	c := catalogue(t)
	var with []price.Match
	for _, name := range []string{"gemini", "euro"} {
		m, ok := c.Find("", name)
		if !ok {
			t.Fatal(name)
		}
		with = append(with, m)
	}
	// By hand: sonnet's work is 90.30, gemini's own 19.00 to 38.00. Sonnet's by gemini:
	// 25M × 1 + 1M × 0.1, times 0.75, is 18.825; 26M × 2 × 1.35 is 70.20.
	want := `
The same work with other models
Model                                               At least     At most  Change at best  Change at worst
─────────────────────────────────────────────────────────────────────────────────────────────────────────
as it was done (anthropic/sonnet, google/gemini)  109.30 USD  128.30 USD
google/gemini                                      37.82 USD  108.20 USD   ✓ -71.48 USD     ✓ -20.10 USD
mistral/euro                                       94.50 EUR  170.10 EUR            n/a¹             n/a¹
  ¹ the work was paid in another currency
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), drawn(t, report.CompareTable(c.Compare(work()[:2], with, price.DefaultSpread())))); diff != "" {
		t.Error(diff)
	}
}
