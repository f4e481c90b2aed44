package billing

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// gcpFormat is Google Cloud's billing export from BigQuery, as a table whose
// columns have the names of the fields, nested ones with dots or underscores. A
// row's amount is its cost with its credits.
func gcpFormat() format {
	return format{name: "gcp", recognise: recogniseGCP, bind: bindGCP}
}

func recogniseGCP(header []string) (string, bool) {
	if columnIn(header, "usage_start_time") < 0 || columnIn(header, "cost") < 0 {
		return "", false
	}
	if columnIn(header, "resource.name", "resource_name", "resource.global_name") >= 0 {
		return "detailed", true
	}
	return "standard", true
}

// dotted returns the spellings of a nested field.
func dotted(name string) []string { return []string{name, strings.ReplaceAll(name, ".", "_")} }

func gcpTexts() []namedText {
	return []namedText{
		{"description", "sku.description", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"billing_account", "billing_account_id", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"account", "project.id", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "project.name", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"service", "service.description", func(i *cost.LineItem) *string { return &i.ServiceName }},
		{"region", "location.location", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"region", "location.region", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"resource", "resource.name", func(i *cost.LineItem) *string { return &i.ResourceID }},
		{"sku", "sku.id", func(i *cost.LineItem) *string { return &i.SkuID }},
		{"unit", "usage.unit", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
		{"charge_category", "cost_type", func(i *cost.LineItem) *string { return &i.ChargeCategory }},
	}
}

type gcp struct {
	*table
	texts                              []textColumn
	cost, credits, atList              int
	start, invoice, currencyAt         int
	quantity, labels                   int
	into                               func(*cost.LineItem) **unit.Decimal
	amountValue, listValue, usageValue unit.Decimal
}

func bindGCP(t *table) (reader, error) {
	g := &gcp{table: t, into: t.single(), credits: t.column("credits"), atList: t.column("cost_at_list"), currencyAt: t.column("currency"),
		quantity: t.column(dotted("usage.amount")...), labels: t.column("labels")}
	for _, n := range gcpTexts() {
		if at := t.column(dotted(n.names)...); at >= 0 && t.asks(n.key) {
			g.texts = append(g.texts, textColumn{at, n.into})
		}
	}
	var err error
	if g.cost, err = t.required("cost"); err != nil {
		return nil, err
	}
	if g.start, err = t.required("usage_start_time"); err != nil {
		return nil, err
	}
	g.invoice, err = t.required(dotted("invoice.month")...)
	return g, err
}

func (g *gcp) read(r *row, item *cost.LineItem) error {
	amount, err := g.amount(r, g.cost, &g.amountValue)
	if err != nil {
		return err
	}
	credits, err := g.creditsOf(r)
	if err != nil {
		return err
	}
	if amount != nil {
		g.amountValue = amount.Add(credits)
		*g.into(item) = &g.amountValue
	}
	if g.atList >= 0 && item.ListCost == nil {
		if item.ListCost, err = g.amount(r, g.atList, &g.listValue); err != nil {
			return err
		}
	}
	if item.ChargePeriodStart, err = g.instant(r, g.start); err != nil {
		return err
	}
	if item.BillingPeriodStart, err = g.invoiceMonth(r); err != nil {
		return err
	}
	if item.BillingCurrency, err = g.currency(r, g.currencyAt); err != nil {
		return err
	}
	if g.want.Quantity {
		if item.ConsumedQuantity, err = g.amount(r, g.quantity, &g.usageValue); err != nil {
			return err
		}
	}
	fill(item, r, g.texts)
	item.InvoiceID = r.text(g.invoice)
	item.ServiceProvider, item.InvoiceIssuer = "Google Cloud", "Google Cloud"
	item.ChargeCategory = gcpCategory(item.ChargeCategory)
	item.Tags, err = g.tagsOf(r)
	return err
}

func gcpCategory(kind string) string {
	switch strings.ToLower(kind) {
	case "", "regular":
		return "Usage"
	case "tax":
		return "Tax"
	case "adjustment", "rounding_error":
		return "Adjustment"
	case "credit":
		return "Credit"
	}
	return kind
}

// invoiceMonth reads YYYYMM.
func (g *gcp) invoiceMonth(r *row) (time.Time, error) {
	text := r.text(g.invoice)
	if text == "" {
		return time.Time{}, fmt.Errorf("%s is empty", g.name(g.invoice))
	}
	at, err := time.ParseInLocation("200601", text, g.source.zone())
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q is no month; write 202610", g.name(g.invoice), text)
	}
	return at, nil
}

func (g *gcp) month(r *row) string {
	at, err := g.invoiceMonth(r)
	if err != nil {
		return ""
	}
	return cost.BillingPeriodName(at)
}

// creditsOf adds up the credits of a row: a list of objects, in JSON or as
// Python prints it.
func (g *gcp) creditsOf(r *row) (unit.Decimal, error) {
	var total unit.Decimal
	text := r.text(g.credits)
	if text == "" || text == "[]" {
		return total, nil
	}
	var list []struct {
		Amount json.Number `json:"amount"`
	}
	if err := decodeLiteral(text, &list); err != nil {
		return total, fmt.Errorf("%s %.60q: %w", g.name(g.credits), text, err)
	}
	for _, c := range list {
		amount, err := unit.ParseDecimal(c.Amount.String())
		if err != nil {
			return total, fmt.Errorf("%s: amount %w", g.name(g.credits), err)
		}
		total = total.Add(amount)
	}
	return total, nil
}

// tagsOf reads the labels: a list of keys with values, or an object.
func (g *gcp) tagsOf(r *row) (map[string]string, error) {
	text := r.text(g.labels)
	if text == "" || !g.want.Tags {
		return nil, nil
	}
	if strings.HasPrefix(text, "{") {
		return g.tags(r, g.labels)
	}
	var list []struct{ Key, Value string }
	if err := decodeLiteral(text, &list); err != nil {
		return nil, fmt.Errorf("%s %.60q: %w", g.name(g.labels), text, err)
	}
	out := make(map[string]string, len(list))
	for _, l := range list {
		out[l.Key] = l.Value
	}
	return out, nil
}

// decodeLiteral decodes JSON, or a literal of Python's, which some exports write
// instead: texts in single quotes, None, True and False.
func decodeLiteral(text string, into any) error {
	if json.Valid([]byte(text)) {
		return json.Unmarshal([]byte(text), into)
	}
	translated, err := pythonJSON(text)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(translated), into); err != nil {
		return errors.New("this is neither JSON nor a Python literal")
	}
	return nil
}

// pythonJSON writes a literal of Python's as JSON.
func pythonJSON(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			end := i + 1
			for end < len(s) && s[end] != c {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(s) {
				return "", errors.New("a text does not end")
			}
			text := strings.NewReplacer(`\'`, `'`, `\"`, `"`, `\\`, `\`).Replace(s[i+1 : end])
			quoted, err := json.Marshal(text)
			if err != nil {
				return "", err
			}
			b.Write(quoted)
			i = end + 1
		case c >= 'A' && c <= 'Z':
			end := i
			for end < len(s) && (s[end] >= 'A' && s[end] <= 'Z' || s[end] >= 'a' && s[end] <= 'z') {
				end++
			}
			word, ok := map[string]string{"None": "null", "True": "true", "False": "false"}[s[i:end]]
			if !ok {
				return "", errors.New(strconv.Quote(s[i:end]) + " is no value")
			}
			b.WriteString(word)
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), nil
}
