package evaluate_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// metering is an evaluator whose meter counts the given items.
func metering(t *testing.T, items ...cost.LineItem) (*evaluate.Evaluator, period.Period) {
	t.Helper()
	dir := t.TempDir()
	prices := "prices:\n  - {model: sonnet, provider: anthropic, currency: USD, rates: [{from: 2026-01-01, input: 3, output: 15, cache_read: 0.30, cache_write_5m: 3.75}]}\n"
	text := "version: 1\nsources: {billing: [{name: cloud, format: focus, path: b.csv}, {name: meter, format: openai-usage, path: u.json}]}\ncost: {prices: prices.yaml}\n"
	for name, text := range map[string]string{"prices.yaml": prices, "slactl.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, diags := config.Load([]string{filepath.Join(dir, "slactl.yaml")}, os.LookupEnv)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := &evaluate.Evaluator{Config: cfg, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Dir: dir}
	e.Usage = func(_ context.Context, sources []billing.Source, p period.Period, thresholds []int64) (*billing.UsageReport, error) {
		if len(sources) != 1 || sources[0].Name != "meter" {
			t.Errorf("asked to read %v", sources)
		}
		tally := cost.NewUsageTally(p, nil, thresholds)
		for i := range items {
			tally.Add(&items[i])
		}
		return &billing.UsageReport{Usages: tally.Usages(), Ledger: []cost.LedgerEntry{{Source: "meter", File: filepath.Join(dir, "u.json"), Status: cost.Used}}, Notes: []string{"a note of the meter"}}, nil
	}
	p, err := e.Calendar().Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	return e, e.BillingPeriod(p)
}

func item(model string, day int, tokens cost.Tokens) cost.LineItem {
	return cost.LineItem{ServiceProvider: "anthropic", Model: model, ChargePeriodStart: time.Date(2026, 10, day, 7, 0, 0, 0, time.UTC), Tokens: &tokens}
}

func TestCacheSavings(t *testing.T) {
	d := unit.DecimalOfInt
	e, p := metering(t,
		item("sonnet", 1, cost.Tokens{CacheRead: d(1000)}), item("sonnet", 2, cost.Tokens{CacheWrite5m: d(20_000)}),
		item("nobody", 3, cost.Tokens{CacheRead: d(5)}), item("sonnet", 40, cost.Tokens{CacheRead: d(1e9)}))
	r, err := e.CacheSavings(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "schema": "slactl.cost/v1",
 "period": {
  "name": "2026-10",
  "start": "2026-10-01T00:00:00Z",
  "end": "2026-11-01T00:00:00Z",
  "timezone": "UTC",
  "complete": true
 },
 "prices_checked": "` + price.Embedded().Checked.Format(time.DateOnly) + `",
 "ledger": [
  {
   "source": "meter",
   "file": "u.json",
   "status": "used",
   "rows": 0,
   "amounts": null
  }
 ],
 "notes": [
  "a note of the meter",
  "STALE"
 ],
 "cache": [
  {
   "model": "sonnet",
   "provider": "anthropic",
   "currency": "USD",
   "savings": "-0.0123",
   "input": 0,
   "cache_read": 1000,
   "cache_written": 20000,
   "hit_share": "0.047619"
  },
  {
   "model": "nobody",
   "provider": "anthropic",
   "savings": null,
   "reason": "the catalogue does not have this model",
   "input": 0,
   "cache_read": 5,
   "cache_written": 0,
   "hit_share": "1.000000"
  }
 ],
 "pricing": {
  "priced_share": "0.999762",
  "unpriced": [
   {
    "model": "nobody",
    "provider": "anthropic",
    "tokens": 5,
    "reason": "the catalogue does not have this model"
   }
  ],
  "matches": [
   {
    "model": "sonnet",
    "provider": "anthropic",
    "entry": "anthropic/sonnet",
    "how": "exact"
   }
  ]
 }
}`
	text := strings.Replace(string(got), r.Notes[1], "STALE", 1)
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(r.Notes[1], "the embedded prices are of 2026-09-23, 69 days ago") {
		t.Errorf("note %q", r.Notes[1])
	}
}

func TestCompareModels(t *testing.T) {
	d := unit.DecimalOfInt
	e, p := metering(t, item("sonnet", 1, cost.Tokens{Input: d(1_000_000), Requests: d(1)}), item("other", 1, cost.Tokens{Input: d(5)}))
	r, err := e.CompareModels(t.Context(), p, []string{"sonnet", "gpt-4o"}, "son*", price.DefaultSpread())
	if err != nil {
		t.Fatal(err)
	}
	// 3 USD as it was done; gpt-4o at 2.50 and 0.75 to 1.35 times as many tokens.
	if r.WhatIf[0].High.Canonical() != "3" || r.WhatIf[1].Low.Canonical() != "1.875" || r.WhatIf[1].High.Canonical() != "3.375" || r.WhatIf[1].Model != "openai/gpt-4o" {
		t.Errorf("%+v", r.WhatIf)
	}
	if len(r.Pricing.Unpriced) != 0 {
		t.Errorf("the work of other models is in it: %v", r.Pricing.Unpriced)
	}
	if _, err := e.CompareModels(t.Context(), p, []string{"gpt4o"}, "", price.DefaultSpread()); err == nil || !strings.Contains(err.Error(), `"gpt4o"`) {
		t.Errorf("an unknown model: %v", err)
	}
}

func TestPricesThatCannotBeRead(t *testing.T) {
	e, p := metering(t)
	for text, want := range map[string]string{
		"prices: [{model: a, currency: USD, rates: [{from: 2026-01-01, input: x}]}]": `prices.yaml:1:70: "x" is not a decimal number`,
		"": "",
	} {
		if err := os.WriteFile(filepath.Join(e.Dir, "prices.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := e.CacheSavings(t.Context(), p, nil); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := os.Remove(filepath.Join(e.Dir, "prices.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CacheSavings(t.Context(), p, nil); err == nil || err.Error() != "reading prices.yaml: no such file or directory; cost.prices names this file" {
		t.Error(err)
	}
	e.Config.Sources.Billing = e.Config.Sources.Billing[:1]
	e.Config.Cost.Prices = ""
	if _, err := e.CacheSavings(t.Context(), p, nil); err == nil || !strings.Contains(err.Error(), "no source counts tokens") {
		t.Error(err)
	}
}
