package cost

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Cause is why two sources differ.
type Cause string

// The causes.
const (
	// MissingDays are days of which one side has nothing, though it has the
	// provider on others.
	MissingDays Cause = "missing_days"
	// NotBilledYet are the last days, which a bill need not have yet.
	NotBilledYet Cause = "not_billed_yet"
	// OnlyOneSide are models and providers that one side never has.
	OnlyOneSide Cause = "only_one_side"
	// NoPrice are tokens that the catalogue has no price for.
	NoPrice Cause = "unpriced"
	// Taxes, Credits and the others are charges that no token causes.
	Taxes       Cause = "tax"
	Credits     Cause = "credits"
	Adjustments Cause = "adjustments"
	Purchases   Cause = "purchases"
	// CachedTokens are charged by other terms than those of the catalogue.
	CachedTokens Cause = "cached_tokens"
	// OtherTier is another service tier: batch, flex, priority.
	OtherTier Cause = "service_tier"
	// LongContext is the price of long requests.
	LongContext Cause = "context_tier"
	// PriceDate is the price of another time.
	PriceDate Cause = "price_date"
	// TimeZone are days that begin at another hour.
	TimeZone Cause = "time_zone"
	// Rounding is of single amounts, at most half of their last digit each.
	Rounding Cause = "rounding"
	// Counts says that the sides count different numbers of tokens.
	Counts Cause = "counts"
	// Unexplained is the rest.
	Unexplained Cause = "unexplained"
)

// bound is how much of a cell's difference can be rounding: half of the last
// digit of either side for every amount that was added up, and a millionth where
// digits are many, since providers compute in binary fractions.
func (m *matching) bound(c *cell) unit.Decimal {
	each := func(h half, digits int) unit.Decimal {
		return unit.DecimalOfInt(max(1, h.rows) * 5).Mul(unit.MustDecimal(fmt.Sprintf("1e-%d", min(digits, 6)+1)))
	}
	a, b := each(c.a, m.a.digits), each(c.b, m.b.digits)
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// categories are the causes of charges that are no usage.
func categoryCause(category string) Cause {
	switch category {
	case "Tax":
		return Taxes
	case "Credit":
		return Credits
	case "Purchase":
		return Purchases
	}
	return Adjustments
}

// explain finds the causes of a cell's difference that can be seen in the cell.
func (m *matching) explain(c *cell) {
	d := c.difference()
	switch {
	case d.IsZero():
	case c.key.category != "":
		c.say(categoryCause(c.key.category), d, fmt.Sprintf("%s of %s", categoryCause(c.key.category), whose(c.key.provider)))
	case !c.b.present:
		m.onlyIn(c, d, m.b)
	case !c.a.present:
		m.onlyIn(c, d, m.a)
	case c.a.unpriced || c.b.unpriced:
		c.say(NoPrice, d, c.key.name()+": "+c.a.reason+c.b.reason)
	default:
		m.compare(c, d)
	}
}

func whose(provider string) string {
	if provider == "" {
		return "no provider"
	}
	return provider
}

func (k cellKey) name() string {
	return strings.TrimSpace(k.model + " " + strings.ReplaceAll(k.kind, "_", " "))
}

func (c *cell) say(cause Cause, amount unit.Decimal, evidence string) {
	if !amount.IsZero() {
		c.parts = append(c.parts, caused{cause, amount, evidence})
	}
}

// onlyIn explains what a side lacks.
func (m *matching) onlyIn(c *cell, d unit.Decimal, lacks facts) {
	day := c.key.day.Format(time.DateOnly)
	days := lacks.days[c.key.provider]
	switch {
	case c.key.day.After(lacks.last) && m.Now.Sub(c.key.day.AddDate(0, 0, 1)) < m.Delay && len(lacks.days) > 0:
		c.say(NotBilledYet, d, fmt.Sprintf("%s ends on %s", lacks.name, lacks.last.Format(time.DateOnly)))
	case len(days) == 0:
		c.say(OnlyOneSide, d, fmt.Sprintf("%s has nothing of %s", lacks.name, whose(c.key.provider)))
	case !days[c.key.day]:
		c.say(MissingDays, d, fmt.Sprintf("%s has nothing of %s on %s", lacks.name, whose(c.key.provider), day))
	case m.models && !lacks.models[[2]string{c.key.provider, c.key.model}]:
		c.say(OnlyOneSide, d, fmt.Sprintf("%s has no %s", lacks.name, c.key.model))
	default:
		c.open = d
	}
}

// compare explains a difference of what both sides have. What comes of different
// counts is taken out first; the rest is compared with what the tokens would cost
// by other terms.
func (m *matching) compare(c *cell, d unit.Decimal) {
	bound := m.bound(c)
	if absolute(d).Cmp(bound) <= 0 {
		c.say(Rounding, d, m.rounding())
		return
	}
	rest, scale := d, big.NewRat(1, 1)
	if ta, tb := c.a.tokens.Total(), c.b.tokens.Total(); !c.a.uncounted && !c.b.uncounted && ta.Cmp(tb) != 0 && tb.Sign() > 0 && ta.Sign() > 0 {
		c.counts = true
		scale = new(big.Rat).Quo(ta.Rat(), tb.Rat())
		// What b would be with the tokens of a.
		atA := unit.QuantizeRat(new(big.Rat).Mul(c.b.amount.Total().Rat(), scale), decimals, unit.HalfEven)
		c.open = atA.Sub(c.b.amount.Total())
		rest = d.Sub(c.open)
	}
	if absolute(rest).Cmp(bound) <= 0 {
		c.say(Rounding, rest, m.rounding())
		return
	}
	if o, change, ok := c.otherwise(rest, scale, bound); ok {
		c.say(o.Cause, change, c.key.name()+": "+o.Evidence)
		c.say(Rounding, rest.Sub(change), m.rounding())
		return
	}
	if !c.a.uncounted && !c.b.uncounted {
		c.say(Unexplained, rest, c.key.name()+": the price of a token differs")
		return
	}
	c.open = c.open.Add(rest)
}

func (m *matching) rounding() string {
	if m.a.digits == m.b.digits {
		return fmt.Sprintf("amounts have %d digits after the point", m.a.digits)
	}
	fewer, more := m.a, m.b
	if fewer.digits > more.digits {
		fewer, more = more, fewer
	}
	return fmt.Sprintf("amounts of %s have %d digits after the point, those of %s up to %d", fewer.name, fewer.digits, more.name, more.digits)
}

// otherwise finds the terms by which one side charges what the other lists, and
// the part of the difference that they make.
func (c *cell) otherwise(rest unit.Decimal, scale *big.Rat, bound unit.Decimal) (Otherwise, unit.Decimal, bool) {
	var best Otherwise
	var change, off unit.Decimal
	found := false
	try := func(usual *half, by *big.Rat, sign int64) {
		if usual.unlisted || absolute(usual.amount.Total().Sub(usual.listed.Total())).Cmp(bound) > 0 {
			return // it has no list price, or charges something else itself
		}
		for _, o := range slices.SortedFunc(maps.Keys(usual.otherwise), func(x, y Otherwise) int {
			return strings.Compare(string(x.Cause)+x.Evidence, string(y.Cause)+y.Evidence)
		}) {
			if usual.otherwise[o].Total().IsZero() {
				continue
			}
			scaled := new(big.Rat).Mul(usual.otherwise[o].Total().Rat(), by)
			made := unit.QuantizeRat(scaled.Mul(scaled, big.NewRat(sign, 1)), decimals, unit.HalfEven)
			miss := absolute(rest.Sub(made))
			if miss.Cmp(bound) <= 0 && (!found || miss.Cmp(off) < 0) {
				best, change, off, found = o, made, miss, true
			}
		}
	}
	try(&c.b, scale, 1) // a charges b's tokens otherwise
	try(&c.a, big.NewRat(1, 1), -1)
	return best, change, found
}

// close gives what is still open the cause that it is named by.
func (m *matching) close(c *cell) {
	switch {
	case c.open.IsZero():
	case c.counts:
		c.say(Counts, c.open, fmt.Sprintf("%s on %s: %s tokens and %s", c.key.name(), c.key.day.Format(time.DateOnly),
			unit.FormatCount(c.a.tokens.Total()), unit.FormatCount(c.b.tokens.Total())))
	default:
		c.say(Unexplained, c.open, fmt.Sprintf("%s on %s", c.key.name(), c.key.day.Format(time.DateOnly)))
	}
	c.open = unit.Decimal{}
}
