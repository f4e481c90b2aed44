package billing

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// FuzzJSON looks for an export in JSON that panics, or whose rows are counted
// although the file is rejected.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"data": [{"start_time": 1790812800, "end_time": 1790899200, "results": [{"amount": {"value": 1e-7, "currency": "usd"}, "line_item": "gpt-4o, input"}]}], "has_more": true}`,
		`{"data": [{"start_time": 1790812800, "end_time": 1790899200, "results": [{"input_tokens": 5, "input_cached_tokens": 6, "num_model_requests": 1}]}]}`,
		`{"data": [{"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z", "results": [{"amount": "12.5", "currency": "USD", "cost_type": "tokens"}]}]}`,
		`{"data": [{"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z", "results": [{"uncached_input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 2}}]}]}`,
		`[{"startTime": "2026-10-01T00:00:00Z", "spend": 0.1, "prompt_tokens": 5, "completion_tokens": 1, "metadata": "{\"usage_object\": {\"cache_read_input_tokens\": 9}}"}]`,
		`{"data": null}`, `{"error": {}}`, `[[{}]]`, `{"data": [{"results": [null]}]}`, `{"data": [`,
	} {
		f.Add(s)
	}
	p, err := period.Calendar{Zone: time.UTC, Now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}.Parse("2026-10")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"", "openai-costs", "openai-usage", "anthropic-cost", "anthropic-usage", "litellm-spend"} {
			s := &Source{Name: "s", Format: name, Meter: name == ""}
			one := &file{source: s, parts: map[string]*part{}, pages: &pageBook{}}
			qs := &questions{breakdowns: []cost.Query{{Period: p, Measure: cost.Metered, By: []string{"model", "tag.user"}}}, usage: &usageQuestion{period: p}}
			marks, err := one.readJSON(t.Context(), strings.NewReader(text), qs)
			if err != nil && len(one.parts) > 0 {
				t.Errorf("%s: %q: %v, and rows are counted", name, text, err)
			}
			one.marks = marks
			b := &book{source: s, files: []*file{one}}
			b.findFollowing()
			b.missing(p)
		}
	})
}

// The cached tokens of a request stand in its metadata, where the versions of
// LiteLLM differ.
func TestCachedIn(t *testing.T) {
	for _, tt := range []struct{ metadata, read, written string }{
		{`{"usage_object": {"prompt_tokens_details": {"cached_tokens": 7}}}`, "7", "0"},
		{`{"usage_object": {"cache_read_input_tokens": 9, "cache_creation_input_tokens": 4, "prompt_tokens_details": null}}`, "9", "4"},
		{`{"additional_usage_values": {"cache_read_input_tokens": 3, "cache_creation_input_tokens": 2}}`, "3", "2"},
		{`{"usage_object": null}`, "0", "0"},
		{`{`, "0", "0"},
		{`"x"`, "0", "0"},
	} {
		if read, written := cachedIn(tt.metadata); read.Canonical() != tt.read || written.Canonical() != tt.written {
			t.Errorf("%s: %s and %s", tt.metadata, read.Canonical(), written.Canonical())
		}
	}
}

func TestLineModel(t *testing.T) {
	for line, want := range map[string]string{"gpt-4o, input": "gpt-4o", "gpt-4o-2024-08-06, cached input": "gpt-4o-2024-08-06", "ft:gpt-4o, a, output": "ft:gpt-4o, a",
		"web search tool calls | gpt-4o, low": "", "assistants api | file search": "", "": ""} {
		if got := lineModel(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
