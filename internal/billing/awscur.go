package billing

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// curFormat is AWS's Cost and Usage Report: the legacy one, whose columns are
// named group/Name, and CUR 2.0, whose names are those in snake case. Its
// unblended cost is the billed amount. The effective one is amortized: what
// commitments cost is spread over their use.
func curFormat() format {
	return format{name: "aws-cur", recognise: recogniseCUR, bind: bindCUR}
}

func recogniseCUR(header []string) (string, bool) {
	switch {
	case columnIn(header, "lineItem/UnblendedCost", "lineItem/LineItemType") >= 0:
		return "legacy", true
	case columnIn(header, "line_item_unblended_cost", "line_item_line_item_type") >= 0:
		return "2.0", true
	}
	return "", false
}

// curColumn finds a column by its legacy name, or by the one that CUR 2.0 makes
// of it: lineItem/UnblendedCost is line_item_unblended_cost, and
// reservation/ReservationARN is reservation_reservation_a_r_n.
func curColumn(t *table, legacy string) int {
	group, name, _ := strings.Cut(legacy, "/")
	return t.column(legacy, snake(group)+"_"+snake(name))
}

func snake(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

func curTexts() []namedText {
	return []namedText{
		{"description", "lineItem/LineItemDescription", func(i *cost.LineItem) *string { return &i.ChargeDescription }},
		{"invoice", "bill/InvoiceId", func(i *cost.LineItem) *string { return &i.InvoiceID }},
		{"issuer", "bill/BillingEntity", func(i *cost.LineItem) *string { return &i.InvoiceIssuer }},
		{"billing_account", "bill/PayerAccountId", func(i *cost.LineItem) *string { return &i.BillingAccountID }},
		{"account", "lineItem/UsageAccountId", func(i *cost.LineItem) *string { return &i.SubAccountID }},
		{"sub_account", "lineItem/UsageAccountName", func(i *cost.LineItem) *string { return &i.SubAccountName }},
		{"", "product/ProductName", func(i *cost.LineItem) *string { return &i.ServiceName }},
		{"region", "product/regionCode", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"region", "product/region", func(i *cost.LineItem) *string { return &i.RegionID }},
		{"resource", "lineItem/ResourceId", func(i *cost.LineItem) *string { return &i.ResourceID }},
		{"sku", "lineItem/UsageType", func(i *cost.LineItem) *string { return &i.SkuID }},
		{"unit", "pricing/unit", func(i *cost.LineItem) *string { return &i.ConsumedUnit }},
		{"", "savingsPlan/SavingsPlanARN", func(i *cost.LineItem) *string { return &i.CommitmentID }},
		{"", "reservation/ReservationARN", func(i *cost.LineItem) *string { return &i.CommitmentID }},
	}
}

// curCategory is FOCUS's category of one of AWS's kinds of lines, or the kind
// itself. A negation takes back what a savings plan covers, so both are usage;
// discounts and refunds adjust what was charged.
func curCategory(kind string) string {
	switch kind {
	case "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation":
		return "Usage"
	case "Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee":
		return "Purchase"
	case "Refund", "EdpDiscount", "PrivateRateDiscount", "BundledDiscount", "Discount":
		return "Adjustment"
	}
	return kind // Usage, Tax, Credit
}

// cur reads the rows of a report.
type cur struct {
	*table
	texts                          []textColumn
	kind, usageStart, period       int
	currencyAt, productCode        int
	unblended, onDemand, quantity  int
	planEffective, planTotal       int
	planUsed, reservationEffective int
	unusedUpfront, unusedRecurring int
	tagsAt                         int
	tagColumns                     []tagColumn
	billed, effective, list, used  unit.Decimal
	scratch                        unit.Decimal
}

func bindCUR(t *table) (reader, error) {
	c := &cur{table: t, tagsAt: t.column("resource_tags")}
	for _, n := range curTexts() {
		if at := curColumn(t, n.names); at >= 0 && t.asks(n.key) {
			c.texts = append(c.texts, textColumn{at, n.into})
		}
	}
	for name, at := range map[string]*int{
		"lineItem/LineItemType": &c.kind, "lineItem/UsageStartDate": &c.usageStart, "bill/BillingPeriodStartDate": &c.period,
		"lineItem/CurrencyCode": &c.currencyAt, "lineItem/ProductCode": &c.productCode, "lineItem/UnblendedCost": &c.unblended,
		"pricing/publicOnDemandCost": &c.onDemand, "lineItem/UsageAmount": &c.quantity,
		"savingsPlan/SavingsPlanEffectiveCost": &c.planEffective, "savingsPlan/TotalCommitmentToDate": &c.planTotal, "savingsPlan/UsedCommitment": &c.planUsed,
		"reservation/EffectiveCost": &c.reservationEffective, "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": &c.unusedUpfront, "reservation/UnusedRecurringFee": &c.unusedRecurring,
	} {
		*at = curColumn(t, name)
	}
	for _, name := range []string{"lineItem/LineItemType", "lineItem/UsageStartDate", "bill/BillingPeriodStartDate", "lineItem/UnblendedCost"} {
		if curColumn(t, name) < 0 {
			return nil, missingColumn(name)
		}
	}
	c.tagColumns = t.tagColumns("resourceTags/user:", "resourceTags/", "resource_tags_user_", "resource_tags_")
	return c, nil
}

func (c *cur) read(r *row, item *cost.LineItem) error {
	var err error
	if item.ChargePeriodStart, err = c.instant(r, c.usageStart); err != nil {
		return err
	}
	if item.BillingPeriodStart, err = c.instant(r, c.period); err != nil {
		return err
	}
	if item.BillingCurrency, err = c.currency(r, c.currencyAt); err != nil {
		return err
	}
	fill(item, r, c.texts)
	item.ServiceProvider = "AWS"
	if item.ServiceName == "" {
		item.ServiceName = r.text(c.productCode)
	}
	if err := c.amounts(r, item); err != nil {
		return err
	}
	if c.want.Quantity {
		if item.ConsumedQuantity, err = c.amount(r, c.quantity, &c.used); err != nil {
			return err
		}
	}
	item.Tags, err = c.allTags(r)
	return err
}

// amounts reads what a line costs, and its category.
func (c *cur) amounts(r *row, item *cost.LineItem) error {
	kind := r.text(c.kind)
	item.ChargeCategory, item.CommitmentStatus = curCategory(kind), curCommitmentStatus(kind)
	unblended, err := c.amount(r, c.unblended, &c.billed)
	if err != nil {
		return err
	}
	if item.BilledCost = unblended; slices.Contains(c.want.Measures, cost.Effective) {
		if item.EffectiveCost, err = c.amortized(r, kind, item.CommitmentID, unblended); err != nil {
			return err
		}
	}
	if slices.Contains(c.want.Measures, cost.List) {
		item.ListCost, err = c.amount(r, c.onDemand, &c.list)
	}
	return err
}

// curCommitmentStatus tells lines about what of a commitment was used from those
// whose effective cost is what was not.
func curCommitmentStatus(kind string) string {
	switch kind {
	case "DiscountedUsage", "SavingsPlanCoveredUsage":
		return cost.CommitmentUsed
	case "RIFee", "SavingsPlanRecurringFee":
		return cost.CommitmentUnused
	}
	return ""
}

// amortized is the effective cost of a line. A savings plan's fee counts as far
// as the plan was not used, and the covered usage with its share of the plan;
// reservations likewise.
func (c *cur) amortized(r *row, kind, commitment string, unblended *unit.Decimal) (*unit.Decimal, error) {
	switch kind {
	case "SavingsPlanCoveredUsage":
		return c.amount(r, c.planEffective, &c.effective)
	case "SavingsPlanRecurringFee":
		return c.combined(r, c.planTotal, c.planUsed, unit.Decimal.Sub)
	case "DiscountedUsage":
		return c.amount(r, c.reservationEffective, &c.effective)
	case "RIFee":
		return c.combined(r, c.unusedUpfront, c.unusedRecurring, unit.Decimal.Add)
	case "SavingsPlanNegation", "SavingsPlanUpfrontFee":
		return &unit.Decimal{}, nil
	case "Fee":
		if commitment != "" {
			return &unit.Decimal{}, nil
		}
	}
	return unblended, nil
}

// combined joins two amounts. A missing one counts as 0 beside one that is there;
// without both there is no amount.
func (c *cur) combined(r *row, a, b int, op func(x, y unit.Decimal) unit.Decimal) (*unit.Decimal, error) {
	x, err := c.amount(r, a, &c.effective)
	if err != nil {
		return nil, err
	}
	y, err := c.amount(r, b, &c.scratch)
	if err != nil || x == nil && y == nil {
		return nil, err
	}
	if x == nil {
		x = &unit.Decimal{}
	}
	if y == nil {
		y = &unit.Decimal{}
	}
	c.effective = op(*x, *y)
	return &c.effective, nil
}

// allTags joins the columns of single tags with the map of CUR 2.0, without the
// prefix that AWS gives to the tags of users.
func (c *cur) allTags(r *row) (map[string]string, error) {
	if !c.want.Tags {
		return nil, nil
	}
	raw, err := c.tags(r, c.tagsAt)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(raw)+len(c.tagColumns))
	for k, v := range raw {
		out[strings.TrimPrefix(strings.TrimPrefix(k, "user_"), "user:")] = v
	}
	for _, t := range c.tagColumns {
		if v := r.text(t.at); v != "" {
			out[t.key] = v
		}
	}
	return out, nil
}

func (c *cur) month(r *row) string { return c.monthOf(r, c.period) }
