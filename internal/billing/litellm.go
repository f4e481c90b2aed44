package billing

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// litellmFormat is what the LiteLLM proxy keeps: a row per request
// (LiteLLM_SpendLogs), or sums by day (LiteLLM_DailyUserSpend and its siblings).
// LiteLLM counts in USD.
func litellmFormat() format {
	return format{name: "litellm-spend", meter: true, recognise: recogniseLiteLLM, bind: bindLiteLLM,
		fields: []string{"startTime", "date", "spend", "model", "custom_llm_provider", "prompt_tokens", "completion_tokens", "cache_read_input_tokens",
			"cache_creation_input_tokens", "api_requests", "organization_id", "team_id", "user", "user_id", "end_user", "tag", "api_key", "cache_hit", "metadata"}}
}

func recogniseLiteLLM(header []string) (string, bool) {
	if columnIn(header, "spend") < 0 || columnIn(header, "prompt_tokens") < 0 {
		return "", false
	}
	switch {
	case columnIn(header, "startTime") >= 0:
		return "SpendLogs", true
	case columnIn(header, "date") < 0:
		return "", false
	case columnIn(header, "tag") >= 0:
		return "DailyTagSpend", true
	case columnIn(header, "organization_id") >= 0:
		return "DailyOrganizationSpend", true
	case columnIn(header, "team_id") >= 0:
		return "DailyTeamSpend", true
	}
	return "DailyUserSpend", true
}

// litellmTags are the columns that become tags, with the tag's key.
var litellmTags = [...]struct{ column, key string }{{"user", "user"}, {"user_id", "user"}, {"end_user", "end_user"}, {"tag", "tag"}, {"api_key", "api_key"}}

const (
	noteTags   = "a request counts under each of its tags, so the total counts it as often; export the spend by user or team for a total"
	noteCached = "some rows count more cached tokens than tokens of the prompt; there they are taken to stand beside it"
)

type litellm struct {
	*table
	noted
	texts                                         []textColumn
	logged, day, spend                            int
	prompt, completion, cached, written, requests int
	hit, metadata                                 int
	tags                                          []tagColumn
	spendValue                                    unit.Decimal
	tokens                                        cost.Tokens
}

func bindLiteLLM(t *table) (reader, error) {
	l := &litellm{table: t, logged: t.column("startTime"), day: t.column("date"), prompt: t.column("prompt_tokens"), completion: t.column("completion_tokens"),
		cached: t.column("cache_read_input_tokens"), written: t.column("cache_creation_input_tokens"), requests: t.column("api_requests"),
		hit: t.column("cache_hit"), metadata: t.column("metadata"), texts: t.textColumns([]namedText{
			{"", "model", func(i *cost.LineItem) *string { return &i.Model }},
			{"", "custom_llm_provider", func(i *cost.LineItem) *string { return &i.ServiceProvider }},
			{"", "organization_id", func(i *cost.LineItem) *string { return &i.Organization }},
			{"", "team_id", func(i *cost.LineItem) *string { return &i.Team }},
		})}
	for _, c := range litellmTags {
		if i := t.column(c.column); i >= 0 {
			l.tags = append(l.tags, tagColumn{i, c.key})
		}
	}
	if l.logged < 0 && l.day < 0 {
		return nil, missingColumn("startTime")
	}
	var err error
	l.spend, err = t.required("spend")
	return l, err
}

func (l *litellm) read(r *row, item *cost.LineItem) error {
	at := l.day
	if r.text(l.logged) != "" || l.day < 0 {
		at = l.logged
	}
	start, err := l.instant(r, at)
	if err != nil {
		return err
	}
	item.ChargePeriodStart = start
	if item.MeteredCost, err = l.amount(r, l.spend, &l.spendValue); err != nil {
		return err
	}
	fill(item, r, l.texts)
	describeLiteLLM(l.source, item)
	for _, c := range l.tags {
		l.setTag(item, c.key, r.text(c.at))
		if c.key == "tag" && r.text(c.at) != "" {
			l.note(noteTags)
		}
	}
	return l.counted(r, item)
}

// describeLiteLLM gives an item what follows from its instant and its provider.
func describeLiteLLM(s *Source, item *cost.LineItem) {
	item.Source, item.BillingPeriodStart, item.BillingCurrency = s.Name, monthStart(item.ChargePeriodStart), cmp.Or(s.Currency, defaultCurrency)
	item.ServiceName, item.ServiceCategory, item.ChargeCategory = item.ServiceProvider, modelCategory, "Usage"
}

// counted reads the tokens. LiteLLM's prompt includes what was read from a cache
// or written into one. What LiteLLM answered from its own cache was asked of no
// provider.
func (l *litellm) counted(r *row, item *cost.LineItem) error {
	if strings.EqualFold(r.text(l.hit), "true") {
		return nil
	}
	var n [5]unit.Decimal
	for i, at := range [...]int{l.prompt, l.cached, l.written, l.completion, l.requests} {
		var err error
		if n[i], err = l.count(r, at); err != nil {
			return err
		}
	}
	if text := r.text(l.metadata); text != "" && n[1].IsZero() && n[2].IsZero() {
		n[1], n[2] = cachedIn(text)
	}
	if r.text(l.logged) != "" {
		n[4] = unit.DecimalOfInt(1) // a row is a request
	}
	tokens, ok := cost.IncludedTokens(n[0], n[1], n[2], unit.Decimal{}, n[3])
	if !ok {
		tokens.Input = n[0]
		l.note(noteCached)
	}
	tokens.Requests = n[4]
	l.tokens = tokens
	item.Tokens = &l.tokens
	return nil
}

// cachedIn finds the cached tokens in the metadata of a request.
func cachedIn(metadata string) (read, written unit.Decimal) {
	var m struct {
		Usage struct {
			Read    json.Number `json:"cache_read_input_tokens"`
			Written json.Number `json:"cache_creation_input_tokens"`
			Details struct {
				Cached json.Number `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
		} `json:"usage_object"`
		Additional struct {
			Read    json.Number `json:"cache_read_input_tokens"`
			Written json.Number `json:"cache_creation_input_tokens"`
		} `json:"additional_usage_values"`
	}
	if json.Unmarshal([]byte(metadata), &m) != nil {
		return read, written
	}
	number := func(list ...json.Number) unit.Decimal {
		for _, n := range list {
			if d, err := unit.ParseDecimal(string(n)); err == nil && d.Sign() > 0 {
				return d
			}
		}
		return unit.Decimal{}
	}
	return number(m.Usage.Read, m.Usage.Details.Cached, m.Additional.Read), number(m.Usage.Written, m.Additional.Written)
}

func (l *litellm) month(r *row) string {
	if m := l.monthOf(r, l.logged); m != "" {
		return m[:min(len(m), len("2006-01"))]
	}
	m := l.monthOf(r, l.day)
	return m[:min(len(m), len("2006-01"))]
}
