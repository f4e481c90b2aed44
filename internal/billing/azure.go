package billing

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// azureFormat is Microsoft's cost details, as agreements and portals of several
// generations write them: enterprise agreement (EA), customer agreement (MCA) and
// pay as you go, in English or with German heads. The files have one cost
// column; an export of amortized costs has the same header as one of actual
// costs, so the source says which it is.
func azureFormat() format {
	return format{name: "azure", recognise: recogniseAzure, bind: bindAzure}
}

// translated is a head in another language, with the English name in brackets.
var translated = regexp.MustCompile(`^.*\(([A-Za-z]+)\)$`)

// azureHeader is the header in English.
func azureHeader(header []string) []string {
	out := make([]string, len(header))
	for i, h := range header {
		out[i] = strings.TrimSpace(h)
		if m := translated.FindStringSubmatch(out[i]); m != nil {
			out[i] = m[1]
		}
	}
	return out
}

func recogniseAzure(header []string) (string, bool) {
	h := azureHeader(header)
	switch {
	case columnIn(h, "MeterCategory", "MeterId", "ConsumedService") < 0:
		return "", false
	case columnIn(h, "costInUsd", "exchangeRatePricingToBilling", "costInPricingCurrency") >= 0:
		return "MCA", true
	case columnIn(h, "CostInBillingCurrency") >= 0:
		return "EA", true
	case columnIn(h, "PreTaxCost") >= 0:
		return "pay as you go", true
	case columnIn(h, "Cost") >= 0:
		return "EA, older", true
	}
	return "", false
}

func azureTexts() []namedText {
	return []namedText{
		{"description", "ProductName|Product|MeterName", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"invoice", "invoiceId|InvoiceNumber", func(i *cost.LineItem) *string { return &i.InvoiceID }},
		{"billing_account", "BillingAccountId|AccountOwnerId", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"account", "SubscriptionId|SubscriptionGuid", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "SubscriptionName", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"service", "MeterCategory|ConsumedService", func(i *cost.LineItem) *string { return &i.ServiceName }},
		{"category", "ServiceFamily", func(i *cost.LineItem) *string { return &i.ServiceCategory }},
		{"region", "ResourceLocation|ResourceLocationNormalized|MeterRegion", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"resource", "ResourceId|InstanceId|InstanceName", func(i *cost.LineItem) *string { return &i.ResourceID }},
		{"sku", "MeterId|PartNumber", func(i *cost.LineItem) *string { return &i.SkuID }},
		{"commitment", "benefitId|ReservationId", func(i *cost.LineItem) *string { return &i.CommitmentID }},
		{"unit", "UnitOfMeasure", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
		{"charge_category", "ChargeType", func(i *cost.LineItem) *string { return &i.ChargeCategory }},
	}
}

type azure struct {
	*table
	texts                      []textColumn
	cost, date, period         int
	currencyAt, tagsAt         int
	quantity, publisher        int
	into                       func(*cost.LineItem) **unit.Decimal
	amountValue, quantityValue unit.Decimal
}

func bindAzure(t *table) (reader, error) {
	t.header = azureHeader(t.header)
	a := &azure{table: t, texts: t.textColumns(azureTexts()), into: t.single(), period: t.column("BillingPeriodStartDate", "BillingPeriodStart"),
		currencyAt: t.column("BillingCurrency", "BillingCurrencyCode", "Currency"), tagsAt: t.column("Tags"),
		quantity: t.column("Quantity", "UsageQuantity", "ConsumedQuantity"), publisher: t.column("InvoiceSectionName")}
	var err error
	if a.cost, err = t.required("CostInBillingCurrency", "PreTaxCost", "Cost"); err != nil {
		return nil, err
	}
	a.date, err = t.required("Date", "UsageDateTime", "UsageDate")
	return a, err
}

func (a *azure) read(r *row, item *cost.LineItem) error {
	amount, err := a.amount(r, a.cost, &a.amountValue)
	if err != nil {
		return err
	}
	*a.into(item) = amount
	if item.ChargePeriodStart, err = a.instant(r, a.date); err != nil {
		return err
	}
	item.BillingPeriodStart = monthStart(item.ChargePeriodStart)
	if r.text(a.period) != "" {
		if item.BillingPeriodStart, err = a.instant(r, a.period); err != nil {
			return err
		}
	}
	if item.BillingCurrency, err = a.currency(r, a.currencyAt); err != nil {
		return err
	}
	if a.want.Quantity {
		if item.ConsumedQuantity, err = a.amount(r, a.quantity, &a.quantityValue); err != nil {
			return err
		}
	}
	fill(item, r, a.texts)
	item.ServiceProvider, item.InvoiceIssuer = "Microsoft", "Microsoft"
	if strings.HasPrefix(strings.ToLower(item.ChargeCategory), "unused") {
		item.CommitmentStatus = cost.CommitmentUnused
	}
	item.ChargeCategory = azureCategory(item.ChargeCategory)
	item.Tags, err = a.azureTags(r)
	return err
}

// azureCategory is FOCUS's category of a type of charge. What a commitment leaves
// unused is usage of it; a file without types has usage only.
func azureCategory(kind string) string {
	switch strings.ToLower(kind) {
	case "", "usage", "unusedreservation", "unusedsavingsplan":
		return "Usage"
	case "purchase", "tax", "credit":
		return strings.ToUpper(kind[:1]) + strings.ToLower(kind[1:])
	case "refund", "roundingadjustment":
		return "Adjustment"
	}
	return kind
}

// azureTags reads tags, which some exports write without their outer brackets.
func (a *azure) azureTags(r *row) (map[string]string, error) {
	text := strings.TrimSpace(r.text(a.tagsAt))
	if text == "" || !a.want.Tags {
		return nil, nil
	}
	if !strings.HasPrefix(text, "{") {
		text = "{" + text + "}"
	}
	var out map[string]string
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("%s %.60q are no tags", a.name(a.tagsAt), text)
	}
	return out, nil
}

func (a *azure) month(r *row) string {
	if m := a.monthOf(r, a.period); m != "" {
		return m
	}
	at, err := a.instant(r, a.date)
	if err != nil {
		return ""
	}
	return cost.BillingPeriodName(monthStart(at))
}
