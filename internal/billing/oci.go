package billing

import (
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// ociFormat is Oracle Cloud's cost report. A correction repeats the interval of
// what it corrects, so it restates a closed day.
func ociFormat() format {
	return format{name: "oci", recognise: recogniseOCI, bind: bindOCI}
}

func recogniseOCI(header []string) (string, bool) {
	return "", columnIn(header, "cost/myCost") >= 0 || columnIn(header, "lineItem/intervalUsageStart") >= 0
}

func ociTexts() []namedText {
	return []namedText{
		{"description", "product/Description", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"billing_account", "lineItem/tenantId", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"account", "product/compartmentId", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "product/compartmentName", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"service", "product/service", func(i *cost.LineItem) *string { return &i.ServiceName }},
		{"region", "product/region", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"resource", "product/resourceId", func(i *cost.LineItem) *string { return &i.ResourceID }},
		{"sku", "cost/productSku", func(i *cost.LineItem) *string { return &i.SkuID }},
		{"unit", "cost/billingUnitReadable|cost/skuUnitDescription", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
	}
}

type oci struct {
	*table
	texts                      []textColumn
	cost, start, currencyAt    int
	correction, quantity       int
	tagColumns                 []tagColumn
	into                       func(*cost.LineItem) **unit.Decimal
	amountValue, quantityValue unit.Decimal
}

func bindOCI(t *table) (reader, error) {
	o := &oci{table: t, texts: t.textColumns(ociTexts()), into: t.single(), currencyAt: t.column("cost/currencyCode"),
		correction: t.column("lineItem/isCorrection"), quantity: t.column("usage/billedQuantity"), tagColumns: t.tagColumns("tags/")}
	var err error
	if o.cost, err = t.required("cost/myCost"); err != nil {
		return nil, err
	}
	o.start, err = t.required("lineItem/intervalUsageStart")
	return o, err
}

func (o *oci) read(r *row, item *cost.LineItem) error {
	amount, err := o.amount(r, o.cost, &o.amountValue)
	if err != nil {
		return err
	}
	*o.into(item) = amount
	if item.ChargePeriodStart, err = o.instant(r, o.start); err != nil {
		return err
	}
	item.BillingPeriodStart = monthStart(item.ChargePeriodStart)
	if item.BillingCurrency, err = o.currency(r, o.currencyAt); err != nil {
		return err
	}
	if o.want.Quantity {
		if item.ConsumedQuantity, err = o.amount(r, o.quantity, &o.quantityValue); err != nil {
			return err
		}
	}
	fill(item, r, o.texts)
	item.ServiceProvider, item.InvoiceIssuer, item.ChargeCategory = "Oracle", "Oracle", "Usage"
	if strings.EqualFold(r.text(o.correction), "true") {
		item.ChargeClass = "Correction"
	}
	if o.want.Tags {
		item.Tags = map[string]string{}
		for _, c := range o.tagColumns {
			if v := r.text(c.at); v != "" {
				item.Tags[c.key] = v
			}
		}
	}
	return nil
}

func (o *oci) month(r *row) string {
	at, err := o.instant(r, o.start)
	if err != nil {
		return ""
	}
	return cost.BillingPeriodName(monthStart(at))
}
