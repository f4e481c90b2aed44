package billing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// count reads a number of tokens or requests; a missing one is 0.
func (t *table) count(r *row, i int) (unit.Decimal, error) {
	var n unit.Decimal
	value, err := t.amount(r, i, &n)
	if err != nil || value == nil {
		return unit.Decimal{}, err
	}
	if n.Sign() < 0 || n.Cmp(n.Quantize(0, unit.Down)) != 0 {
		return n, fmt.Errorf("%s: %s is no count", t.name(i), n.Canonical())
	}
	return n, nil
}

// bucketStart reads the start of a bucket, which the charge and its billing month
// belong to.
func (t *table) bucketStart(r *row, i int, item *cost.LineItem) error {
	text := r.text(i)
	at, ok := t.dates[text]
	if !ok {
		if text == "" {
			return fmt.Errorf("%s is empty", t.name(i))
		}
		var err error
		if at, err = bucketTime(text); err != nil {
			return fmt.Errorf("%s: %w", t.name(i), err)
		}
		at = at.In(t.source.zone())
		t.remember(text, at)
	}
	item.ChargePeriodStart, item.BillingPeriodStart = at, monthStart(at)
	return nil
}

func (t *table) bucketMonth(r *row, i int) string {
	var item cost.LineItem
	if t.bucketStart(r, i, &item) != nil {
		return ""
	}
	return cost.BillingPeriodName(item.BillingPeriodStart)
}

// currencyCode is currency for formats whose amounts are always in a real one.
func (t *table) currencyCode(r *row, i int) (string, error) {
	code, err := t.currency(r, i)
	if err != nil {
		return "", err
	}
	if len(code) != 3 || slices.ContainsFunc([]byte(code), func(c byte) bool { return c < 'A' || c > 'Z' }) {
		return "", fmt.Errorf("%q is no currency; write a code such as USD", code)
	}
	return code, nil
}

// setTag gives an item a tag, where tags are asked for.
func (t *table) setTag(item *cost.LineItem, key, value string) {
	if !t.want.Tags || value == "" {
		return
	}
	if item.Tags == nil {
		item.Tags = map[string]string{}
	}
	item.Tags[key] = value
}

// noted collects what a reader has to say about what it read, once each.
type noted struct{ said map[string]bool }

func (n *noted) note(text string) {
	if n.said == nil {
		n.said = map[string]bool{}
	}
	n.said[text] = true
}

func (n *noted) notes() []string { return slices.Sorted(maps.Keys(n.said)) }

// note keeps what a reader has to say.
func (f *file) note(r reader) {
	if n, ok := r.(interface{ notes() []string }); ok {
		for _, text := range n.notes() {
			if !slices.Contains(f.notes, text) {
				f.notes = append(f.notes, text)
			}
		}
	}
}

// metering prices the items of a source.
type metering struct {
	source *Source
	kind   format
	value  unit.Decimal
	high   unit.Decimal
	quote  price.Quote
}

// price gives an item its metered amount: what the meter itself says, else its
// tokens at the prices of their day. Of a bill that serves as a meter it is the
// amount of the bill. A meter that serves as a bill gets its amount as one.
func (m *metering) price(item *cost.LineItem) {
	m.quote = price.Quote{}
	switch {
	case item.MeteredCost != nil:
	case item.Tokens != nil && m.source.Prices != nil:
		m.quote = m.source.Prices.Item(item)
		item.BillingCurrency = cmp.Or(m.quote.Currency, m.source.Currency, defaultCurrency)
		if m.quote.Reason == "" {
			m.value, m.high = m.quote.Low, m.quote.High
			item.MeteredCost, item.MeteredHigh = &m.value, &m.high
		}
	case item.Tokens != nil || m.kind.meter:
		item.BillingCurrency = cmp.Or(item.BillingCurrency, m.source.Currency, defaultCurrency)
	case m.source.Meter:
		item.MeteredCost = item.Amount(cmp.Or(cost.Measure(m.source.Measure), cost.Billed))
	}
	if m.kind.meter && !m.source.Meter {
		*amountOf(cost.Measure(m.source.Measure))(item) = item.MeteredCost
	}
}

// defaultCurrency is that of what has tokens and no price.
const defaultCurrency = "USD"

// usageOf is the part of a usage that [price.PricingTally] looks at.
func usageOf(item *cost.LineItem) cost.Usage {
	return cost.Usage{Source: item.Source, Provider: item.ServiceProvider, Model: item.Model, Day: item.ChargePeriodStart.UTC().Truncate(24 * time.Hour), Tokens: *item.Tokens}
}
