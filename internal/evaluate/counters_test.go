package evaluate

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
)

// october1 is October 1, 2026 in UTC.
const october1 = 1790812800

// counted is a metrics file: lines of a series, seconds after October 1, and
// values every minute from there.
func counted(series ...string) string {
	var out strings.Builder
	for _, s := range series {
		f := strings.Fields(s)
		var at int
		if _, err := fmt.Sscan(f[1], &at); err != nil {
			panic(err)
		}
		for i, v := range f[2:] {
			fmt.Fprintf(&out, "%s %s %d\n", f[0], v, october1+at+60*i)
		}
	}
	return out.String() + "# EOF\n"
}

func TestTokenCounters(t *testing.T) {
	const target = `job="j",instance="a"`
	spelt := "tokens: 'llm_total{}', labels: {model: model, kind: type, provider: by, service_tier: tier, organization: org, team: team}"
	tests := []struct {
		name, source, metrics string
		want                  string // day provider/model tier org team input+read+write5m+write1h>output requests usd
		notes                 string // parts, by "; "
	}{
		{"days are UTC, and a sample at midnight ends its day", spelt,
			counted(`llm_total{model="m",type="input",` + target + `} 86280 10 20 40 80`),
			"10-01 /m    30+0+0+0>0 0; 10-02 /m    40+0+0+0>0 0", ""},
		{"labels tell apart, kinds add up", spelt,
			counted(`llm_total{model="m",by="p",tier="batch",org="acme",team="t",type="prompt",`+target+`} 60 0 100`,
				`llm_total{model="m",by="p",tier="batch",org="acme",team="t",type="cached",`+target+`} 60 0 60`,
				`llm_total{model="m",by="p",tier="batch",org="acme",team="t",type="cache_write",`+target+`} 60 0 4`,
				`llm_total{model="m",by="p",tier="batch",org="acme",team="t",type="cache_write_1h",`+target+`} 60 0 6`,
				`llm_total{model="m",by="p",tier="batch",org="acme",team="t",type="completion",`+target+`} 60 0 7`),
			"10-01 p/m batch acme t 30+60+4+6>7 0", ""},
		{"cached tokens beside the input", spelt + ", cached: separate",
			counted(`llm_total{model="m",type="input",`+target+`} 60 0 10`, `llm_total{model="m",type="cache_read",`+target+`} 60 0 60`),
			"10-01 /m    10+60+0+0>0 0", ""},
		{"cached tokens beyond the input", spelt,
			counted(`llm_total{model="m",type="input",`+target+`} 60 0 10`, `llm_total{model="m",type="cache_read",`+target+`} 60 0 60`),
			"", "counting tokens: on 2026-10-01, m has more cached tokens than input, which would include them; set cached: separate"},
		{"resets, births and gaps count as for SLAs", spelt,
			counted(`llm_total{model="m",type="input",`+target+`} 60 100 110 5`, // 10, and 5 after a reset
				`llm_total{model="m",type="output",`+target+`} 120 7`,                   // born where its target was seen: 7
				`llm_total{model="m",type="input",job="j",instance="new"} 60 1000 1001`, // a target never seen: 1
				`llm_total{model="m",type="output",job="j",instance="gap"} 60 0`,        // nothing,
				`llm_total{model="m",type="output",job="j",instance="gap"} 1200 50`),    // then 50 after 19 minutes
			"10-01 /m    16+0+0+0>57 0",
			"1100 tokens of first values of llm_total{} were not counted: nobody saw their target before; 50 tokens of llm_total{} were counted after a gap"},
		{"a kind of one's own", spelt + ", kinds: {thinking: output}",
			counted(`llm_total{model="m",type="thinking",`+target+`} 60 0 5`, `llm_total{model="m",type="audio",`+target+`} 60 0 9`),
			"10-01 /m    0+0+0+0>5 0", `9 tokens of the kind "audio" are not counted; map it with kinds:`},
		{"nothing at all", spelt, counted(`other{type="x"} 60 1`),
			"", "counting tokens: no series match llm_total{} between 2026-10-01 and 2026-10-03"},
		{"days without samples", spelt, counted(`llm_total{model="m",type="input",` + target + `} 60 0 5`),
			"10-01 /m    5+0+0+0>0 0", "the counters have no samples on 2026-10-02"},
		{"litellm", "preset: litellm",
			counted(`litellm_input_tokens_metric_total{model="gpt-4o",requested_model="best",team="7",team_alias="blue",end_user="acme",`+target+`} 60 0 10`,
				`litellm_output_tokens_metric_total{model="gpt-4o",requested_model="best",team="7",team_alias="blue",end_user="acme",`+target+`} 60 0 3`,
				`litellm_requests_metric_total{model="gpt-4o",requested_model="best",team="7",team_alias="blue",end_user="acme",`+target+`} 60 0 2`,
				`litellm_spend_metric_total{model="gpt-4o",team="7",team_alias="blue",end_user="acme",`+target+`} 60 0.25 0.2500625`),
			"10-01 /gpt-4o  acme blue 10+0+0+0>3 2 0.0000625", "LiteLLM's counters do not tell cached tokens apart"},
		{"otel-genai", "preset: otel-genai",
			counted(`gen_ai_client_token_usage_sum{gen_ai_request_model="gpt-4o",gen_ai_response_model="gpt-4o-2024-08-06",gen_ai_provider_name="openai",gen_ai_token_type="input",`+target+`} 60 0 10`,
				`gen_ai_client_token_usage_sum{gen_ai_request_model="sonnet",gen_ai_system="anthropic",gen_ai_token_type="output",`+target+`} 60 0 4`),
			"10-01 anthropic/sonnet    0+0+0+0>4 0; 10-01 openai/gpt-4o-2024-08-06    10+0+0+0>0 0", "the metric gen_ai.client.token.usage does not tell cached tokens apart"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "timezone: UTC\nsources:\n  metrics: {openmetrics: metrics.om}\n  billing: [{name: llm, format: token-counters, " + tt.source + "}]\n"
			e := costEvaluator(t, text, map[string]string{"metrics.om": tt.metrics})
			e.Open = func(_ context.Context, src config.MetricsSource) (query.Source, error) {
				return tsdb.OpenMetrics(string(src.OpenMetrics), tsdb.Options{Name: "metrics"})
			}
			defer e.Close()
			r, err := billing.Usage(t.Context(), []billing.Source{e.billingSource(e.Config.Sources.Billing[0])}, parsePeriod(t, e, "2026-10-01..2026-10-03"), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range r.Usages {
				k := u.Tokens
				got = append(got, fmt.Sprintf("%s %s/%s %s %s %s %s+%s+%s+%s>%s %s", u.Day.Format("01-02"), u.Provider, u.Model, u.ServiceTier, u.Organization, u.Team,
					k.Input.Canonical(), k.CacheRead.Canonical(), k.CacheWrite5m.Canonical(), k.CacheWrite1h.Canonical(), k.Output.Canonical(), k.Requests.Canonical()))
			}
			want, usd := tt.want, ""
			if rest, ok := strings.CutSuffix(want, " 0.0000625"); ok {
				want, usd = rest, "0.0000625"
			}
			if s := strings.Join(got, "; "); s != want {
				t.Errorf("counted %q\nwant    %q", s, want)
			}
			said := strings.Join(r.Notes, "; ") + "; " + r.Ledger[0].Reason
			for _, part := range strings.Split(tt.notes, "; ") {
				if !strings.Contains(said, part) {
					t.Errorf("%q does not say %q", said, part)
				}
			}
			if usd != "" && (len(r.Ledger[0].Amounts) != 1 || r.Ledger[0].Amounts[0].Amount.String() != usd) {
				t.Errorf("spent %v, want %s", r.Ledger[0].Amounts, usd)
			}
		})
	}
}
