package billing

import (
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// anthropicCostFormat is what Anthropic's cost_report answers: amounts in cents.
func anthropicCostFormat() format {
	return format{name: "anthropic-cost", recognise: recogniseAnthropicCost, bind: bindAnthropicCost,
		api:    anthropicAPI("/v1/organizations/cost_report", "description", "workspace_id"),
		fields: []string{"starting_at", "amount", "currency", "cost_type", "token_type", "model", "description", "service_tier", "context_window", "inference_geo", "workspace_id"}}
}

func recogniseAnthropicCost(header []string) (string, bool) {
	return "", columnIn(header, "starting_at") >= 0 && columnIn(header, "amount") >= 0 && columnIn(header, "currency") >= 0 ||
		columnIn(header, "cost_type") >= 0 && columnIn(header, "amount") >= 0
}

type anthropicCost struct {
	*table
	noted
	texts                           []textColumn
	start, amountAt, currencyAt     int
	costType, tokenType, tier, size int
	into                            func(*cost.LineItem) **unit.Decimal
	value                           unit.Decimal
}

func anthropicTexts() []namedText {
	return []namedText{
		{"account", "workspace_id", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"region", "inference_geo", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"description", "description", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"", "model", func(i *cost.LineItem) *string { return &i.Model }},
	}
}

func bindAnthropicCost(t *table) (reader, error) {
	c := &anthropicCost{table: t, into: t.single(), texts: t.textColumns(anthropicTexts()), currencyAt: t.column("currency"), costType: t.column("cost_type"),
		tokenType: t.column("token_type"), tier: t.column("service_tier"), size: t.column("context_window")}
	var err error
	if c.start, err = t.required("starting_at"); err != nil {
		return nil, err
	}
	c.amountAt, err = t.required("amount")
	c.note("Anthropic's cost report never has the costs of the Priority Tier")
	return c, err
}

func (c *anthropicCost) read(r *row, item *cost.LineItem) error {
	amount, err := c.amount(r, c.amountAt, &c.value)
	if err != nil {
		return err
	}
	if amount != nil {
		c.value = amount.Mul(unit.MustDecimal("0.01")) // from cents
		*c.into(item) = &c.value
	}
	if err := c.bucketStart(r, c.start, item); err != nil {
		return err
	}
	if item.BillingCurrency, err = c.currencyCode(r, c.currencyAt); err != nil {
		return err
	}
	fill(item, r, c.texts)
	anthropicItem(item)
	item.ServiceTier, item.ContextTier = r.text(c.tier), r.text(c.size)
	if item.SkuID = r.text(c.tokenType); item.SkuID == "" {
		item.SkuID = r.text(c.costType)
	}
	if amount != nil && amount.Sign() < 0 {
		item.ChargeCategory = "Credit"
	}
	return nil
}

func anthropicItem(item *cost.LineItem) {
	item.ServiceProvider, item.InvoiceIssuer, item.ServiceName, item.ServiceCategory, item.ChargeCategory = "Anthropic", "Anthropic", "Claude API", modelCategory, "Usage"
}

func (c *anthropicCost) month(r *row) string { return c.bucketMonth(r, c.start) }

// anthropicUsageFormat is what Anthropic's usage_report/messages answers. Its
// parts are disjoint: cached tokens are beside the input.
func anthropicUsageFormat() format {
	return format{name: "anthropic-usage", meter: true, recognise: recogniseAnthropicUsage, bind: bindAnthropicUsage,
		api: anthropicAPI("/v1/organizations/usage_report/messages", "context_window", "model", "service_tier", "workspace_id"),
		fields: []string{"starting_at", "uncached_input_tokens", "cache_read_input_tokens", "cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens",
			"output_tokens", "server_tool_use.web_search_requests", "model", "workspace_id", "api_key_id", "service_tier", "context_window", "inference_geo"}}
}

func recogniseAnthropicUsage(header []string) (string, bool) {
	return "", columnIn(header, "uncached_input_tokens") >= 0
}

type anthropicUsage struct {
	*table
	noted
	texts             []textColumn
	start, tier, size int
	kinds             [5]int // input, read, written for 5m, for 1h, output
	searches, key     int
	tokens            cost.Tokens
}

func bindAnthropicUsage(t *table) (reader, error) {
	u := &anthropicUsage{table: t, texts: t.textColumns(anthropicTexts()), tier: t.column("service_tier"), size: t.column("context_window"),
		searches: t.column("server_tool_use.web_search_requests"), key: t.column("api_key_id"),
		kinds: [5]int{-1, t.column("cache_read_input_tokens"), t.column("cache_creation.ephemeral_5m_input_tokens"),
			t.column("cache_creation.ephemeral_1h_input_tokens"), t.column("output_tokens")}}
	var err error
	if u.start, err = t.required("starting_at"); err != nil {
		return nil, err
	}
	u.kinds[0], err = t.required("uncached_input_tokens")
	return u, err
}

func (u *anthropicUsage) read(r *row, item *cost.LineItem) error {
	if err := u.bucketStart(r, u.start, item); err != nil {
		return err
	}
	var n [5]unit.Decimal
	for i, at := range u.kinds {
		var err error
		if n[i], err = u.count(r, at); err != nil {
			return err
		}
	}
	searches, err := u.count(r, u.searches)
	if err != nil {
		return err
	}
	if !searches.IsZero() {
		u.note("web searches are charged beside the tokens, and are not in the sum")
	}
	u.tokens = cost.Tokens{Input: n[0], CacheRead: n[1], CacheWrite5m: n[2], CacheWrite1h: n[3], Output: n[4]}
	item.Tokens = &u.tokens
	fill(item, r, u.texts)
	anthropicItem(item)
	item.ServiceTier, item.ContextTier = r.text(u.tier), r.text(u.size)
	u.setTag(item, "api_key", r.text(u.key))
	return nil
}

func (u *anthropicUsage) month(r *row) string { return u.bucketMonth(r, u.start) }
