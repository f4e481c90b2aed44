package billing

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// focusFormat is the FinOps Open Cost and Usage Specification, 1.0 to 1.4.
func focusFormat() format {
	return format{name: "focus", recognise: recogniseFocus, bind: bindFocus}
}

// focusTexts are the columns of texts by the names that versions gave them. The
// version of a file cannot be told soundly, so the union of the columns is read.
// Columns that nothing asks for (ends of periods, list unit prices) are not
// looked at, so that a mistake in them rejects no bill.
func focusTexts() []namedText {
	return []namedText{
		{"charge_category", "ChargeCategory|ChargeType", func(i *cost.LineItem) *string { return &i.ChargeCategory }},
		{"charge_class", "ChargeClass", func(i *cost.LineItem) *string { return &i.ChargeClass }},
		{"description", "ChargeDescription", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"invoice", "InvoiceId", func(i *cost.LineItem) *string { return &i.InvoiceID }},
		{"issuer", "InvoiceIssuerName", func(i *cost.LineItem) *string { return &i.InvoiceIssuer }},
		{"billing_account", "BillingAccountId", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"account", "SubAccountId", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "SubAccountName", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"category", "ServiceCategory", func(i *cost.LineItem) *string { return &i.ServiceCategory }},
		{"service", "ServiceName", func(i *cost.LineItem) *string { return &i.ServiceName }},
		{"region", "RegionId|Region", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"resource", "ResourceId", func(i *cost.LineItem) *string { return &i.ResourceID }},
		{"sku", "SkuId", func(i *cost.LineItem) *string { return &i.SkuID }},
		{"commitment", "CommitmentDiscountId", func(i *cost.LineItem) *string { return &i.CommitmentID }},
		{"commitment_status", "CommitmentDiscountStatus", func(i *cost.LineItem) *string { return &i.CommitmentStatus }},
		{"unit", "ConsumedUnit|UsageUnit", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
	}
}

// focusAmounts are the cost columns.
var focusAmounts = [...]struct {
	measure cost.Measure
	names   string
}{
	{cost.Billed, "BilledCost"}, {cost.Effective, "EffectiveCost|AmortizedCost"}, {cost.List, "ListCost"}, {cost.Contracted, "ContractedCost"},
}

// focusVersions are columns by which a version is told from the ones before it.
var focusVersions = [...]struct{ version, columns string }{
	{"1.4", "InvoiceDetailId|CommitmentProgramEligibilityDetails"},
	{"1.3", "ServiceProviderName|HostProviderName|AllocatedMethodId"},
	{"1.2", "InvoiceId|BillingAccountType|PricingCurrency"},
	{"1.1", "SkuMeter|ServiceSubcategory|CapacityReservationId"},
	{"1.0", "ServiceCategory|ChargeCategory|EffectiveCost"},
}

// recogniseFocus takes a header with any of FOCUS's own columns of money or
// time. The version is the newest whose columns the header has, at least: an
// export may leave optional ones out.
func recogniseFocus(header []string) (string, bool) {
	known := columnIn(header, "BilledCost", "EffectiveCost", "AmortizedCost", "ListCost", "ContractedCost", "ChargePeriodStart", "BillingPeriodStart") >= 0
	if !known {
		return "", false
	}
	for _, v := range focusVersions {
		if columnIn(header, strings.Split(v.columns, "|")...) >= 0 {
			return v.version, true
		}
	}
	return "", true
}

// focus reads the rows of a FOCUS table.
type focus struct {
	*table
	lastPeriod       string // the text of the billing period of the row before
	lastStart        time.Time
	amounts          []focusAmount
	texts            []textColumn
	serviceProvider  int
	provider         int
	billingPeriod    int
	chargePeriod     int
	currencyAt       int
	tagsAt, quantity int
	quantityValue    unit.Decimal
}

// focusAmount is a cost column that is asked for.
type focusAmount struct {
	at      int
	measure cost.Measure
	into    func(*cost.LineItem) **unit.Decimal
	value   *unit.Decimal
}

func bindFocus(t *table) (reader, error) {
	f := &focus{table: t, texts: t.textColumns(focusTexts()), serviceProvider: t.column("ServiceProviderName"), provider: t.column("ProviderName"),
		currencyAt: t.column("BillingCurrency"), tagsAt: -1, quantity: -1}
	if t.want.Tags {
		f.tagsAt = t.column("Tags")
	}
	if t.want.Quantity {
		f.quantity = t.column("ConsumedQuantity", "UsageQuantity")
	}
	var err error
	if f.chargePeriod, err = t.required("ChargePeriodStart"); err != nil {
		return nil, err
	}
	if f.billingPeriod, err = t.required("BillingPeriodStart"); err != nil {
		return nil, err
	}
	for _, a := range focusAmounts {
		if !slices.Contains(t.want.Measures, a.measure) {
			continue
		}
		at, err := t.required(strings.Split(a.names, "|")...)
		if err != nil {
			return nil, err
		}
		f.amounts = append(f.amounts, focusAmount{at: at, measure: a.measure, into: amountOf(a.measure), value: new(unit.Decimal)})
	}
	if f.currencyAt < 0 && t.source.Currency == "" {
		return nil, errors.New("the column BillingCurrency is missing; set currency: on the source")
	}
	return f, nil
}

func (f *focus) read(r *row, item *cost.LineItem) error {
	for _, a := range f.amounts {
		amount, err := f.amount(r, a.at, a.value)
		if err != nil {
			return err
		}
		*a.into(item) = amount
	}
	var err error
	if item.ChargePeriodStart, err = f.instant(r, f.chargePeriod); err != nil {
		return err
	}
	if item.BillingPeriodStart, err = f.period(r); err != nil {
		return err
	}
	if item.BillingCurrency, err = f.currency(r, f.currencyAt); err != nil {
		return err
	}
	if item.ConsumedQuantity, err = f.amount(r, f.quantity, &f.quantityValue); err != nil {
		return err
	}
	fill(item, r, f.texts)
	if item.ServiceProvider = r.text(f.serviceProvider); item.ServiceProvider == "" {
		item.ServiceProvider = r.text(f.provider)
	}
	item.Tags, err = f.tags(r, f.tagsAt)
	return err
}

// period reads the start of the billing period, which most often is that of the
// row before.
func (f *focus) period(r *row) (time.Time, error) {
	s := r.text(f.billingPeriod)
	if s != "" && s == f.lastPeriod {
		return f.lastStart, nil
	}
	at, err := f.instant(r, f.billingPeriod)
	if err == nil && r.typed == nil {
		f.lastPeriod, f.lastStart = strings.Clone(s), at
	}
	return at, err
}

func (f *focus) month(r *row) string { return f.monthOf(r, f.billingPeriod) }

func (f *focus) summed() []focusAmount { return f.amounts }

func (f *focus) chargeStart() int { return f.chargePeriod }
