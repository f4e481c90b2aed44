package price

import (
	"fmt"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Quote is what counted tokens cost. Where the lengths of requests do not tell
// which context tier re-prices them, that is a range: from what they cost if
// every request is charged the cheapest way to the dearest way. The point that
// stands for it where one is needed is Low, since nearly all requests are short,
// and is to be shown with the range.
type Quote struct {
	Match     Match
	Rate      Rate
	Currency  string
	Low, High unit.Decimal // equal when the cost is known exactly
	// Reason says why the tokens are unpriced; "" when they are priced. Nothing is
	// priced in part: an amount that lacks something would pass for the whole.
	Reason string
}

// IsRange reports whether the cost is known only between Low and High.
func (q Quote) IsRange() bool { return q.Low.Cmp(q.High) != 0 }

// Quote prices a usage at the prices of its day.
func (c *Catalogue) Quote(u cost.Usage) Quote {
	m, ok := c.Find(u.Provider, u.Model)
	if !ok {
		return Quote{Reason: c.unknown(u)}
	}
	q := Quote{Match: m, Currency: m.Model.Currency}
	if q.Rate, ok = m.Model.At(u.Day); !ok {
		q.Reason = fmt.Sprintf("the first price of %s is of %s", m.Model.Name, m.Model.Rates[0].From.Format(time.DateOnly))
		return q
	}
	set, reason := q.Rate.set(u.ServiceTier)
	if reason != "" {
		q.Reason = reason
		return q
	}
	q.Low, q.High, q.Reason = set.cost(u.Tokens, u.Context, m.Model.Per)
	if d := c.Discount(m.Model, u.Day); d != nil {
		q.Low, q.High = d.off(q.Low), d.off(q.High)
	}
	q.Low, q.High = trimmed(q.Low), trimmed(q.High)
	return q
}

// trimmed writes an amount without the zeros that multiplying left at its end.
func trimmed(d unit.Decimal) unit.Decimal {
	var s unit.Sum
	s.Add(d)
	return s.Total()
}

// unknown says why no entry answers for a model, and who does sell it.
func (c *Catalogue) unknown(u cost.Usage) string {
	if m, ok := c.Find("", u.Model); ok && u.Provider != "" {
		return fmt.Sprintf("the catalogue has %s of %s, and not of %s", m.Model.Name, m.Model.Provider, Provider(u.Provider))
	}
	if u.Model == "" {
		return "no model is named"
	}
	return "the catalogue does not have this model"
}

// set returns the prices of a service tier as a meter names it, or the reason why
// there are none.
func (r Rate) set(name string) (*Set, string) {
	service, known := ParseService(name)
	if !known {
		return nil, fmt.Sprintf("the service tier %s is not known", name)
	}
	if r.Sets[service] == nil {
		return nil, fmt.Sprintf("there is no price for the service tier %s", service)
	}
	return r.Sets[service], ""
}

// cost is the sum of each kind times its price, over the context tiers that are
// possible. Each kind goes to its own extremes, which encloses whatever mixture
// of long and short requests there was.
func (s *Set) cost(t cost.Tokens, c cost.Context, per unit.Decimal) (low, high unit.Decimal, reason string) {
	from, to := s.context(c.Narrow(t))
	for k, n := range counted(t) {
		kind := Kind(k)
		if kind == Request {
			if p := s.at(kind, from); p != nil && p.Sign() > 0 && n.IsZero() && !t.Total().IsZero() {
				return unit.Decimal{}, unit.Decimal{}, "requests are charged, and the meter does not count them"
			}
			if s.at(kind, from) == nil {
				continue // not charged
			}
		}
		if n.IsZero() {
			continue
		}
		least, most := s.extremes(kind, from, to)
		if least == nil {
			return unit.Decimal{}, unit.Decimal{}, fmt.Sprintf("there is no price for %s", kind)
		}
		if kind != Request {
			n = n.Mul(inverse(per))
		}
		low, high = low.Add(n.Mul(*least)), high.Add(n.Mul(*most))
	}
	return low, high, ""
}

// extremes returns the lowest and the highest price of a kind in a range of
// context tiers, nil where one of them has none.
func (s *Set) extremes(k Kind, from, to int) (least, most *unit.Decimal) {
	for tier := from; tier <= to; tier++ {
		p := s.at(k, tier)
		if p == nil {
			return nil, nil
		}
		if least == nil || p.Cmp(*least) < 0 {
			least = p
		}
		if most == nil || p.Cmp(*most) > 0 {
			most = p
		}
	}
	return least, most
}

// inverse is 1/n of a power of ten, which prices are per.
func inverse(n unit.Decimal) unit.Decimal {
	return unit.MustDecimal(fmt.Sprintf("1e-%d", len(n.Canonical())-1))
}

// off takes the discount off an amount.
func (d *Discount) off(amount unit.Decimal) unit.Decimal {
	return amount.Mul(unit.DecimalOfInt(100).Sub(d.Percent)).Mul(unit.MustDecimal("0.01"))
}

// Item prices a line item by its own tokens, and returns the quote. A meter's own
// amount is not its business: callers keep MeteredCost where there is one.
func (c *Catalogue) Item(i *cost.LineItem) Quote {
	if i.Tokens == nil {
		return Quote{Reason: "no tokens were counted"}
	}
	return c.Quote(cost.Usage{Provider: i.ServiceProvider, Model: i.Model, ServiceTier: i.ServiceTier, Context: cost.ContextOf(i),
		Day: i.ChargePeriodStart.UTC().Truncate(24 * time.Hour), Tokens: *i.Tokens})
}
