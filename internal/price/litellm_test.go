package price_test

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
)

const litellm = `{
  "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of …", "mode": "chat"},
  "gpt-4o": {"litellm_provider": "openai", "mode": "chat", "max_tokens": 16384, "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
    "input_cost_per_token_batches": 1.25e-06, "output_cost_per_token_batches": 5e-06, "cache_read_input_token_cost": 1.25e-06, "input_cost_per_image": 0.001,
    "source": "https://openai.com/pricing"},
  "openai/gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
    "input_cost_per_token_batches": 1.25e-06, "output_cost_per_token_batches": 5e-06, "cache_read_input_token_cost": 1.25e-06},
  "azure/gpt-4o": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 2.75e-06, "output_cost_per_token": 1.1e-05},
  "claude-sonnet-4": {"litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
    "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06, "cache_read_input_token_cost": 3e-07,
    "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
    "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06, "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05, "cache_read_input_token_cost_above_200k_tokens": 6e-07},
  "gpt-5": {"litellm_provider": "openai", "mode": "responses", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "input_cost_per_token_flex": 6.25e-07,
    "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_flex": 5e-06, "cache_read_input_token_cost_above_272k_tokens_priority": 5e-07},
  "dashscope/qwen3-max": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
    {"range": [0, 32000.0], "input_cost_per_token": 1.2e-06, "output_cost_per_token": 6e-06}, {"range": [32000.0, 128000.0], "input_cost_per_token": 2.4e-06, "output_cost_per_token": 1.2e-05}]},
  "deepseek/deepseek-reasoner": {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 5.5e-07, "input_cost_per_token_cache_hit": 1.4e-07, "output_cost_per_token": 2.19e-06},
  "perplexity/sonar-online": {"litellm_provider": "perplexity", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 2.8e-07, "input_cost_per_request": 0.005},
  "ollama/llama3": {"litellm_provider": "ollama", "mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
  "text-embedding-3": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 2e-08},
  "dall-e-3": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_pixel": 3.8e-08},
  "rerank-v3.5": {"litellm_provider": "cohere", "mode": "rerank", "input_cost_per_token": 0.0, "input_cost_per_query": 0.002, "output_cost_per_token": 0.0},
  "snowflake/llama": {"litellm_provider": "snowflake", "mode": "chat"},
  "half": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06},
  "thinker": {"litellm_provider": "google", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "output_cost_per_reasoning_token": 3e-06},
  "same-thinker": {"litellm_provider": "google", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "output_cost_per_reasoning_token": 2e-06},
  "odd": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": "free", "output_cost_per_token": 1e-06},
  "minus": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1e-06, "output_cost_per_token": 1e-06},
  "nobody": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
  "gpt-4o ": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 9e-06, "output_cost_per_token": 1e-05}
}`

func TestImportLiteLLM(t *testing.T) {
	got, err := price.ParseLiteLLM("prices.json", []byte(litellm), day("2026-11-01"), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := price.Update("prices.yaml", nil, got.Models)
	if err != nil {
		t.Fatal(err)
	}
	// Worked out from the text above by hand.
	want := `prices:
  - model: claude-sonnet-4
    provider: anthropic
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 3, output: 15, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, tiers: [{above: 200000, input: 6, output: 22.5, cache_read: 0.6, cache_write_5m: 7.5, cache_write_1h: 12}]}
  - model: gpt-4o
    provider: azure
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 2.75, output: 11}
  - model: qwen3-max
    provider: dashscope
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 1.2, output: 6, tiers: [{above: 32000, input: 2.4, output: 12}]}
  - model: deepseek-reasoner
    provider: deepseek
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 0.55, output: 2.19, cache_read: 0.14}
  - model: same-thinker
    provider: google
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 1, output: 2}
  - model: llama3
    provider: ollama
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 0, output: 0}
  - model: gpt-4o
    provider: openai
    currency: USD
    per: 1000000
    source: https://openai.com/pricing
    rates:
      - {from: 2026-11-01, input: 2.5, output: 10, cache_read: 1.25, batch: {input: 1.25, output: 5}}
  - model: gpt-5
    provider: openai
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 1.25, output: 10, flex: {input: 0.625, output: 5}, priority: {input: 2.5, tiers: [{above: 272000, cache_read: 0.5}]}}
  - model: text-embedding-3
    provider: openai
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 0.02}
  - model: sonar-online
    provider: perplexity
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 0, output: 0.28, request: 0.005}
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	var skipped []string
	for _, s := range got.Skipped {
		skipped = append(skipped, s.Model+": "+s.Reason)
	}
	wantSkipped := []string{
		"sample_spec: it explains the file",
		"openai/gpt-4o: the same model stands before it under another name, with the same prices",
		"dall-e-3: its mode is image_generation, which is not charged by tokens of text alone",
		"rerank-v3.5: it is not charged by tokens, but input_cost_per_query",
		"snowflake/llama: it has no price of input tokens",
		"half: it has no price of output tokens",
		"thinker: its tokens of reasoning cost something else than its output, and meters count both as output",
		"odd: its input_cost_per_token is not a number: free",
		"minus: its input_cost_per_token is negative: -1e-06",
		"nobody: it names no provider",
		"gpt-4o : the same model stands before it under another name, with other prices, which are kept",
	}
	if diff := cmp.Diff(wantSkipped, skipped); diff != "" {
		t.Error(diff)
	}
	if len(got.LeftOut) != 1 || got.LeftOut[0].Field != "input_cost_per_image" || got.LeftOut[0].Models[0] != "gpt-4o" {
		t.Errorf("left out: %v", got.LeftOut)
	}
}

func TestImportRefusesWhatIsNoPriceList(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "EOF",
		"[]":                 "does not begin with {",
		`{"a": 5}`:           `the entry "a"`,
		`{"a": {}, "a": {}}`: "stands twice",
		`{"a": {}`:           "EOF",
		`{"a": {}} {}`:       "something follows",
	} {
		if _, err := price.ParseLiteLLM("prices.json", []byte(text), day("2026-11-01"), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Each field of the real file that slactl prices with is found again, exactly:
// the file is read a second time by another way, as fractions.
func TestImportLosesNothingOfTheRealFile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "litellm-prices-sample.json"))
	if err != nil {
		t.Skip("the real file is not here")
	}
	got, err := price.ParseLiteLLM("prices.json", text, day("2026-11-01"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	written, _, err := price.Update("prices.yaml", nil, got.Models)
	if err != nil {
		t.Fatal(err)
	}
	c := price.New(list(t, string(written)))
	skipped := map[string]bool{}
	for _, s := range got.Skipped {
		skipped[s.Model] = true
	}
	if len(got.Models)+len(got.Skipped) != len(file) {
		t.Errorf("%d models taken and %d skipped of %d", len(got.Models), len(got.Skipped), len(file))
	}
	fields, checked := []struct {
		name, tokens, tier, context string
	}{
		{"input_cost_per_token", "input=1,000,000", "", "0-1k"}, {"output_cost_per_token", "output=1,000,000", "", "0-1k"},
		{"cache_read_input_token_cost", "cache_read=1,000,000", "", "0-1k"}, {"cache_creation_input_token_cost", "write_5m=1,000,000", "", "0-1k"},
		{"input_cost_per_token_cache_hit", "cache_read=1,000,000", "", "0-1k"},
		{"input_cost_per_token_batches", "input=1,000,000", "batch", "0-1k"}, {"output_cost_per_token_batches", "output=1,000,000", "batch", "0-1k"},
		{"input_cost_per_token_above_128k_tokens", "input=1,000,000", "", "128k-129k"}, {"output_cost_per_token_above_128k_tokens", "output=1,000,000", "", "128k-129k"},
		{"input_cost_per_token_above_200k_tokens", "input=1,000,000", "", "200k-201k"}, {"output_cost_per_token_above_200k_tokens", "output=1,000,000", "", "200k-201k"},
		{"cache_read_input_token_cost_above_200k_tokens", "cache_read=1,000,000", "", "200k-201k"},
		{"cache_creation_input_token_cost_above_200k_tokens", "write_5m=1,000,000", "", "200k-201k"},
	}, 0
	for key, entry := range file {
		if skipped[key] {
			continue
		}
		provider, _ := entry["litellm_provider"].(string)
		for _, f := range fields {
			number, ok := entry[f.name].(json.Number)
			if !ok {
				continue
			}
			want, _ := new(big.Rat).SetString(number.String())
			want.Mul(want, big.NewRat(1_000_000, 1))
			context, _ := cost.ParseContext(f.context)
			u := cost.Usage{Provider: provider, Model: key, ServiceTier: f.tier, Context: context, Day: day("2026-11-01"), Tokens: tokens(f.tokens + " requests=1000")}
			q := c.Quote(u)
			if request, ok := entry["input_cost_per_request"].(json.Number); ok {
				r, _ := new(big.Rat).SetString(request.String())
				want.Add(want, r.Mul(r, big.NewRat(1000, 1)))
			}
			if q.Reason != "" || q.Low.Rat().Cmp(want) != 0 || q.IsRange() {
				t.Errorf("%s %s: %s (%s), want %s", key, f.name, q.Low, q.Reason, want.FloatString(12))
			}
			checked++
		}
	}
	t.Logf("%d prices of %d models; %d skipped", checked, len(got.Models), len(got.Skipped))
	if checked < 2500 {
		t.Errorf("only %d prices were compared", checked)
	}
}

func TestUpdateKeepsTheFileAndItsHistory(t *testing.T) {
	before := `# What we pay.
checked: 2026-10-01
prices:
  # negotiated in June
  - {model: gpt-4o, provider: openai, currency: USD, per: 1000, rates: [{from: 2026-06-01, input: 0.0025, output: 0.01}]}

  # the old one
  - model: claude-sonnet-4 # not 4.5
    provider: anthropic
    currency: USD
    aliases: [sonnet]
    rates:
      - {from: 2026-01-01, input: 4, output: 15, cache_read: 0.30, flex: {input: 1}}
  # after the entries
  - {model: kept, provider: openai, currency: EUR, rates: [{from: 2026-01-01, input: 1, output: 1}]}

discounts:
  - {provider: openai, percent: 5}
`
	imported := list(t, `
prices:
  - {model: gpt-4o, provider: openai, currency: USD, rates: [{from: 2026-11-01, input: 2.50, output: 10}]}
  - {model: claude-sonnet-4, provider: anthropic, currency: USD, rates: [{from: 2026-11-01, input: 3, output: 15}]}
  - {model: kept, provider: openai, currency: USD, rates: [{from: 2026-11-01, input: 2, output: 1}]}
  - {model: "new:one", provider: openai, currency: USD, rates: [{from: 2026-11-01, input: 2, output: 1}]}
`)
	text, changes, err := price.Update("prices.yaml", []byte(before), imported.Models)
	if err != nil {
		t.Fatal(err)
	}
	want := `# What we pay.
checked: 2026-10-01
prices:
  # negotiated in June
  - {model: gpt-4o, provider: openai, currency: USD, per: 1000, rates: [{from: 2026-06-01, input: 0.0025, output: 0.01}]}

  # the old one
  - model: claude-sonnet-4
    provider: anthropic
    currency: USD
    per: 1000000
    aliases: [sonnet]
    rates:
      - {from: 2026-01-01, input: 4, output: 15, cache_read: 0.3, flex: {input: 1}}
      - {from: 2026-11-01, input: 3, output: 15}
  # after the entries
  - {model: kept, provider: openai, currency: EUR, rates: [{from: 2026-01-01, input: 1, output: 1}]}
  - model: "new:one"
    provider: openai
    currency: USD
    per: 1000000
    rates:
      - {from: 2026-11-01, input: 2, output: 1}

discounts:
  - {provider: openai, percent: 5}
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	wantChanges := []price.Change{{Model: "openai/gpt-4o", What: price.Same}, {Model: "anthropic/claude-sonnet-4", What: price.Changed, Reason: "the new rate has no price for cache_read, flex"},
		{Model: "openai/kept", What: price.Kept, Reason: "it is in EUR"}, {Model: "openai/new:one", What: price.Added}}
	if diff := cmp.Diff(wantChanges, changes); diff != "" {
		t.Error(diff)
	}
	again, changes, err := price.Update("prices.yaml", text, imported.Models)
	if err != nil || string(again) != string(text) || changes[1].What != price.Same {
		t.Errorf("importing twice changes the file: %v %v\n%s", err, changes, again)
	}
}

func TestUpdateRefusesWhatItCannotExtend(t *testing.T) {
	m := list(t, "prices: [{model: a, currency: USD, rates: [{from: 2026-01-01, input: 1}]}]").Models
	for _, text := range []string{"prices: [{model: b, currency: USD, rates: [{from: 2026-01-01, input: 1}]}]\n", "prices: []\n", "prices: [\n"} {
		if out, _, err := price.Update("prices.yaml", []byte(text), m); err == nil {
			t.Errorf("%q becomes %q", text, out)
		}
	}
	for _, text := range []string{"", "\n", "# nothing yet\n", "discounts: [{percent: 5}]\n", "prices:\n- {model: b, currency: USD, rates: [{from: 2026-01-01, input: 1}]}"} {
		if out, _, err := price.Update("prices.yaml", []byte(text), m); err != nil {
			t.Errorf("%q: %v", text, err)
		} else if l := list(t, string(out)); l.Models[len(l.Models)-1].Name != "a" {
			t.Errorf("%q becomes %q", text, out)
		}
	}
}

// Whatever is imported can be written, read again, and says the same.
func FuzzParseLiteLLM(f *testing.F) {
	f.Add([]byte(litellm))
	f.Add([]byte(`{"a: b": {"litellm_provider": "- x", "input_cost_per_token": 1e-30, "output_cost_per_token": 1e30, "source": "http://\n#"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := price.ParseLiteLLM("f.json", text, day("2026-11-01"), nil)
		if err != nil {
			return
		}
		out, _, err := price.Update("f.yaml", nil, got.Models)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, changes, err := price.Update("f.yaml", out, got.Models); err != nil {
			t.Fatalf("%v\n%s", err, out)
		} else {
			for _, c := range changes {
				if c.What != price.Same {
					t.Fatalf("%v\n%s", c, out)
				}
			}
		}
	})
}
