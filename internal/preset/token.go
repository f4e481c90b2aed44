package preset

// TokenPreset is how one kind of software counts the tokens of language models.
type TokenPreset struct {
	Name string // as `preset:` of a token-counters source names it
	Doc  string // the address at which the metrics are documented
	// Metrics are the counters that are read.
	Metrics []TokenMetric
	// Labels are, by what they say (model, kind, provider, service_tier,
	// organization, team), the labels that may say it: the first one that a series
	// has counts.
	Labels map[string][]string
	// Note says what the counters cannot tell, or "".
	Note string
}

// TokenMetric is a counter, by the names that versions give it: the first one
// that has samples counts.
type TokenMetric struct {
	Names []string
	// Counts is what it counts: tokens, requests, or USD for what they cost.
	Counts string
	// Kind is the kind of its tokens, "" when a label tells.
	Kind string
}

// What a [TokenMetric] counts.
const (
	CountsTokens   = "tokens"
	CountsRequests = "requests"
	CountsUSD      = "USD"
)

// TokensNamed returns the preset of token counters with the given name.
func TokensNamed(name string) (TokenPreset, bool) {
	for _, p := range tokenPresets() {
		if p.Name == name {
			return p, true
		}
	}
	return TokenPreset{}, false
}

func tokenPresets() []TokenPreset {
	litellm := func(name, counts, kind string) TokenMetric {
		return TokenMetric{[]string{name + "_total", name}, counts, kind} // clients of OpenMetrics add _total
	}
	return []TokenPreset{
		{
			Name: "litellm", Doc: "https://docs.litellm.ai/docs/proxy/prometheus",
			Metrics: []TokenMetric{
				litellm("litellm_input_tokens_metric", CountsTokens, "input"), litellm("litellm_output_tokens_metric", CountsTokens, "output"),
				litellm("litellm_requests_metric", CountsRequests, ""), litellm("litellm_spend_metric", CountsUSD, ""),
			},
			Labels: map[string][]string{"model": {"model", "requested_model"}, "team": {"team_alias", "team"}, "organization": {"end_user"}},
			Note:   "LiteLLM's counters do not tell cached tokens apart: they are counted, and priced, as plain input",
		},
		{
			Name: "otel-genai", Doc: "https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/",
			Metrics: []TokenMetric{
				{[]string{"gen_ai_client_token_usage_sum"}, CountsTokens, ""},
				{[]string{"gen_ai_client_operation_duration_seconds_count", "gen_ai_client_operation_duration_count"}, CountsRequests, ""},
			},
			Labels: map[string][]string{"model": {"gen_ai_response_model", "gen_ai_request_model"}, "kind": {"gen_ai_token_type"},
				"provider": {"gen_ai_provider_name", "gen_ai_system"}},
			Note: "the metric gen_ai.client.token.usage does not tell cached tokens apart: they are counted, and priced, as plain input",
		},
	}
}
