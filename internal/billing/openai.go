package billing

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// modelCategory is FOCUS's service category of language models.
const modelCategory = "AI and Machine Learning"

// openaiCostsFormat is what OpenAI's organization/costs answers: amounts by day,
// and by project and line item where the request grouped by them.
func openaiCostsFormat() format {
	return format{name: "openai-costs", recognise: recogniseOpenAICosts, bind: bindOpenAICosts, kindOf: openaiKind,
		api:    openaiAPI(endpoint{"/v1/organization/costs", "costs", url.Values{"limit": {"180"}, "group_by[]": {"line_item", "project_id"}}}),
		fields: []string{"start_time", "amount.value", "amount.currency", "line_item", "project_id", "project_name", "organization_id", "quantity", "quantity_unit"}}
}

func recogniseOpenAICosts(header []string) (string, bool) {
	return "", columnIn(header, "amount.value", "amount_value") >= 0 && columnIn(header, "start_time") >= 0
}

// openaiKind is the endpoint of a result by its object:
// organization.usage.completions.result.
func openaiKind(object string) string {
	return strings.TrimPrefix(strings.TrimSuffix(object, ".result"), "organization.")
}

type openaiCosts struct {
	*table
	texts                             []textColumn
	start, amountAt, currencyAt, item int
	quantity                          int
	into                              func(*cost.LineItem) **unit.Decimal
	amountValue, quantityValue        unit.Decimal
}

func bindOpenAICosts(t *table) (reader, error) {
	c := &openaiCosts{table: t, into: t.single(), item: t.column("line_item"), quantity: t.column("quantity"), texts: t.textColumns([]namedText{
		{"account", "project_id", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "project_name", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"billing_account", "organization_id", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"unit", "quantity_unit", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
	})}
	var err error
	if c.start, err = t.required("start_time"); err != nil {
		return nil, err
	}
	if c.amountAt, err = t.required("amount.value", "amount_value"); err != nil {
		return nil, err
	}
	c.currencyAt = t.column("amount.currency", "amount_currency")
	return c, nil
}

func (c *openaiCosts) read(r *row, item *cost.LineItem) error {
	amount, err := c.amount(r, c.amountAt, &c.amountValue)
	if err != nil {
		return err
	}
	*c.into(item) = amount
	if err := c.bucketStart(r, c.start, item); err != nil {
		return err
	}
	if item.BillingCurrency, err = c.currencyCode(r, c.currencyAt); err != nil {
		return err
	}
	if c.want.Quantity {
		if item.ConsumedQuantity, err = c.amount(r, c.quantity, &c.quantityValue); err != nil {
			return err
		}
	}
	fill(item, r, c.texts)
	item.ChargeDescription = r.text(c.item)
	item.SkuID, item.Model = item.ChargeDescription, lineModel(item.ChargeDescription)
	item.ServiceProvider, item.InvoiceIssuer, item.ServiceName, item.ServiceCategory = "OpenAI", "OpenAI", "OpenAI API", modelCategory
	item.ChargeCategory = "Usage"
	if amount != nil && amount.Sign() < 0 {
		item.ChargeCategory = "Credit"
	}
	return nil
}

func (c *openaiCosts) month(r *row) string { return c.bucketMonth(r, c.start) }

// lineModel is the model of a line item such as "gpt-4o, cached input"; those of
// tools and storage name none.
func lineModel(lineItem string) string {
	i := strings.LastIndex(lineItem, ", ")
	if i < 0 || strings.Contains(lineItem, "|") {
		return ""
	}
	return lineItem[:i]
}

// openaiUsageFormat is what OpenAI's organization/usage endpoints answer. What
// has no tokens (images, seconds of audio, sessions) is counted as quantity only.
func openaiUsageFormat() format {
	return format{name: "openai-usage", meter: true, recognise: recogniseOpenAIUsage, bind: bindOpenAIUsage, kindOf: openaiKind,
		api: openaiAPI(
			endpoint{"/v1/organization/usage/completions", "usage.completions", url.Values{"limit": {"31"}, "group_by[]": {"batch", "model", "project_id", "service_tier"}}},
			endpoint{"/v1/organization/usage/embeddings", "usage.embeddings", url.Values{"limit": {"31"}, "group_by[]": {"model", "project_id"}}}),
		fields: []string{"object", "start_time", "input_tokens", "input_cached_tokens", "input_cache_write_tokens", "output_tokens", "input_audio_tokens", "output_audio_tokens",
			"num_model_requests", "project_id", "project_name", "organization_id", "user_id", "api_key_id", "model", "batch", "service_tier",
			"images", "characters", "seconds", "usage_bytes", "num_sessions", "num_requests"}}
}

func recogniseOpenAIUsage(header []string) (string, bool) {
	return "", columnIn(header, "num_model_requests", "usage_bytes", "num_sessions", "num_requests") >= 0 && columnIn(header, "start_time") >= 0
}

type openaiUsage struct {
	*table
	noted
	texts                                []textColumn
	start, model, batch, tier            int
	input, cached, written, output, asks int
	audio                                [2]int
	quantities                           []quantityColumn
	user, key                            int
	tokens                               cost.Tokens
	quantityValue                        unit.Decimal
}

// quantityColumn is something counted that is no token.
type quantityColumn struct {
	at   int
	unit string
}

func bindOpenAIUsage(t *table) (reader, error) {
	u := &openaiUsage{table: t, model: t.column("model"), batch: t.column("batch"), tier: t.column("service_tier"),
		input: t.column("input_tokens"), cached: t.column("input_cached_tokens"), written: t.column("input_cache_write_tokens"), output: t.column("output_tokens"),
		asks: t.column("num_model_requests"), audio: [2]int{t.column("input_audio_tokens"), t.column("output_audio_tokens")}, user: t.column("user_id"), key: t.column("api_key_id"),
		texts: t.textColumns([]namedText{
			{"account", "project_id", func(i *cost.LineItem) *string { return &i.SubAccountID }},
			{"sub_account", "project_name", func(i *cost.LineItem) *string { return &i.SubAccountName }},
			{"billing_account", "organization_id", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		})}
	for _, q := range [...]struct{ column, unit string }{{"images", "images"}, {"characters", "characters"}, {"seconds", "seconds"},
		{"usage_bytes", "bytes"}, {"num_sessions", "sessions"}, {"num_requests", "requests"}} {
		if i := t.column(q.column); i >= 0 {
			u.quantities = append(u.quantities, quantityColumn{i, q.unit})
		}
	}
	var err error
	u.start, err = t.required("start_time")
	return u, err
}

func (u *openaiUsage) read(r *row, item *cost.LineItem) error {
	if err := u.bucketStart(r, u.start, item); err != nil {
		return err
	}
	item.Model, item.ServiceTier = r.text(u.model), r.text(u.tier)
	if r.text(u.batch) == "true" {
		item.ServiceTier = "batch"
	}
	fill(item, r, u.texts)
	item.ServiceProvider, item.InvoiceIssuer, item.ServiceName, item.ServiceCategory, item.ChargeCategory = "OpenAI", "OpenAI", "OpenAI API", modelCategory, "Usage"
	u.setTag(item, "user", r.text(u.user))
	u.setTag(item, "api_key", r.text(u.key))
	if r.text(u.input) == "" && r.text(u.output) == "" {
		return u.untokened(r, item)
	}
	if err := u.included(r, item); err != nil {
		return err
	}
	if r.text(u.batch) == "" && r.text(u.output) != "" {
		u.note("the usage does not tell batch requests apart; ask for it with group_by[]=batch, since they cost half")
	}
	for _, at := range u.audio {
		if n := r.text(at); n != "" && n != "0" {
			u.note("tokens of audio have prices of their own, which are not in the catalogue; those of " + strings.Clone(item.Model) + " are not counted")
		}
	}
	return nil
}

// included reads tokens of which the input includes the cached ones.
func (u *openaiUsage) included(r *row, item *cost.LineItem) error {
	var n [5]unit.Decimal
	for i, at := range [...]int{u.input, u.cached, u.written, u.output, u.asks} {
		var err error
		if n[i], err = u.count(r, at); err != nil {
			return err
		}
	}
	tokens, ok := cost.IncludedTokens(n[0], n[1], n[2], unit.Decimal{}, n[3])
	if !ok {
		return fmt.Errorf("%s: %s of input are fewer than the cached ones, which it includes", u.name(u.input), n[0].Canonical())
	}
	tokens.Requests = n[4]
	u.tokens = tokens
	item.Tokens = &u.tokens
	return nil
}

// untokened reads what is counted otherwise.
func (u *openaiUsage) untokened(r *row, item *cost.LineItem) error {
	for _, q := range u.quantities {
		n, err := u.amount(r, q.at, &u.quantityValue)
		if err != nil {
			return err
		}
		if n != nil {
			item.ConsumedQuantity, item.ConsumedUnit = n, q.unit
			u.note("what is counted in " + q.unit + " has no price in the catalogue and is not in the sum")
			return nil
		}
	}
	return nil
}

func (u *openaiUsage) month(r *row) string { return u.bucketMonth(r, u.start) }
