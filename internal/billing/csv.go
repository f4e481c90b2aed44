package billing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// csvFormat is any other table. The source's columns say under which name each
// field of a line item stands; the fields have FOCUS's names.
func csvFormat() format {
	return format{name: "csv", bind: bindCSV}
}

// csvAmounts, csvTexts and csvOthers are the fields that columns can name.
func csvTexts() []namedText {
	return append(focusTexts(),
		namedText{"provider", "ServiceProviderName|ProviderName", func(i *cost.LineItem) *string { return &i.ServiceProvider }},
		namedText{"", "Model", func(i *cost.LineItem) *string { return &i.Model }},
		namedText{"", "Organization", func(i *cost.LineItem) *string { return &i.Organization }},
		namedText{"", "Team", func(i *cost.LineItem) *string { return &i.Team }})
}

// Fields are the names that the columns of the format csv can have: those of
// FOCUS, then what it has no name for. Beside them, Tags/KEY is a column with the
// values of one tag.
func Fields() []string {
	out := []string{"ChargePeriodStart", "BillingPeriodStart", "BillingCurrency", "ConsumedQuantity", "Tags"}
	for _, a := range focusAmounts {
		out = append(out, first(a.names))
	}
	for _, n := range csvTexts() {
		out = append(out, first(n.names))
	}
	return out
}

func first(names string) string {
	name, _, _ := strings.Cut(names, "|")
	return name
}

type csvRows struct {
	*table
	amounts                   []focusAmount
	texts                     []textColumn
	charge, period            int
	currencyAt, tagsAt, usage int
	tagColumns                []tagColumn
	usageValue                unit.Decimal
}

func bindCSV(t *table) (reader, error) {
	c := &csvRows{table: t}
	if len(t.source.Columns) == 0 {
		return nil, fmt.Errorf("the format csv needs columns: on the source, such as {ChargePeriodStart: Day, BilledCost: Amount}")
	}
	at := map[string]int{}
	for _, field := range slices.Sorted(maps.Keys(t.source.Columns)) {
		i, err := t.required(t.source.Columns[field])
		if err != nil {
			return nil, fmt.Errorf("%w; columns.%s names it", err, field)
		}
		if tag, ok := strings.CutPrefix(field, "Tags/"); ok {
			c.tagColumns = append(c.tagColumns, tagColumn{i, tag})
		}
		at[strings.ToLower(field)] = i
	}
	find := func(names string) int {
		for name := range strings.SplitSeq(names, "|") {
			if i, ok := at[strings.ToLower(name)]; ok {
				return i
			}
		}
		return -1
	}
	for _, n := range csvTexts() {
		if i := find(n.names); i >= 0 && t.asks(n.key) {
			c.texts = append(c.texts, textColumn{i, n.into})
		}
	}
	for _, a := range focusAmounts {
		if i := find(a.names); i >= 0 {
			m := a.measure
			if len(t.source.Columns) > 0 && a.measure == cost.Billed {
				m = cmp.Or(cost.Measure(t.source.Measure), cost.Billed)
			}
			c.amounts = append(c.amounts, focusAmount{at: i, into: amountOf(m), value: new(unit.Decimal)})
		}
	}
	c.charge, c.period, c.currencyAt, c.tagsAt, c.usage = find("ChargePeriodStart"), find("BillingPeriodStart"), find("BillingCurrency"), find("Tags"), find("ConsumedQuantity")
	if c.charge < 0 || len(c.amounts) == 0 {
		return nil, fmt.Errorf("the source's columns lack ChargePeriodStart or an amount such as BilledCost")
	}
	return c, nil
}

func (c *csvRows) read(r *row, item *cost.LineItem) error {
	for _, a := range c.amounts {
		amount, err := c.amount(r, a.at, a.value)
		if err != nil {
			return err
		}
		*a.into(item) = amount
	}
	var err error
	if item.ChargePeriodStart, err = c.instant(r, c.charge); err != nil {
		return err
	}
	item.BillingPeriodStart = monthStart(item.ChargePeriodStart)
	if r.text(c.period) != "" {
		if item.BillingPeriodStart, err = c.instant(r, c.period); err != nil {
			return err
		}
	}
	if item.BillingCurrency, err = c.currency(r, c.currencyAt); err != nil {
		return err
	}
	if item.ConsumedQuantity, err = c.amount(r, c.usage, &c.usageValue); err != nil {
		return err
	}
	fill(item, r, c.texts)
	if item.Tags, err = c.tags(r, c.tagsAt); err != nil || !c.want.Tags {
		return err
	}
	if item.Tags == nil && len(c.tagColumns) > 0 {
		item.Tags = map[string]string{}
	}
	for _, t := range c.tagColumns {
		if v := r.text(t.at); v != "" {
			item.Tags[t.key] = v
		}
	}
	return nil
}

func (c *csvRows) month(r *row) string {
	if m := c.monthOf(r, c.period); m != "" {
		return m
	}
	at, err := c.instant(r, c.charge)
	if err != nil {
		return ""
	}
	return cost.BillingPeriodName(monthStart(at))
}
