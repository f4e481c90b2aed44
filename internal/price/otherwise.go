package price

import (
	"fmt"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Otherwise returns what a usage of one kind of tokens costs, nil when it is
// unpriced, and how that changes by the terms which providers and meters confuse:
// cached tokens charged as plain input, not at all, or twice; the prices of
// another service tier, of long requests, or of another day.
func (c *Catalogue) Otherwise(u cost.Usage) (listed *unit.Decimal, terms []cost.Otherwise) {
	q := c.Quote(u)
	if q.Reason != "" {
		return nil, nil
	}
	add := func(cause cost.Cause, to unit.Decimal, format string, args ...any) {
		if change := trimmed(to.Sub(q.Low)); !change.IsZero() {
			terms = append(terms, cost.Otherwise{Cause: cause, Evidence: fmt.Sprintf(format, args...), Change: change})
		}
	}
	cached := u.Tokens.Context().Sub(u.Tokens.Input)
	if !cached.IsZero() {
		plain := u
		plain.Tokens = cost.Tokens{Input: cached}
		if p := c.Quote(plain); p.Reason == "" {
			add(cost.CachedTokens, p.Low, "cached tokens are charged as input")
			add(cost.CachedTokens, q.Low.Add(p.Low), "cached tokens are charged twice, as input too")
		}
		add(cost.CachedTokens, unit.Decimal{}, "cached tokens are not charged")
	}
	own, _ := ParseService(u.ServiceTier)
	for s := range services {
		other := u
		other.ServiceTier = s.String()
		if o := c.Quote(other); s != own && o.Reason == "" {
			add(cost.OtherTier, o.Low, "the prices of the service tier %s", s)
		}
	}
	if q.IsRange() {
		add(cost.LongContext, q.High, "the prices of long requests")
	}
	for _, r := range q.Match.Model.Rates {
		other := u
		other.Day = r.From
		if o := c.Quote(other); !r.From.Equal(q.Rate.From) && o.Reason == "" {
			add(cost.PriceDate, o.Low, "the prices that hold from %s", r.From.Format(time.DateOnly))
		}
	}
	return &q.Low, terms
}

// Each cuts a usage into its kinds, by their names. What is known of the length
// of its requests goes with each.
func Each(u cost.Usage) map[string]cost.Usage {
	out := map[string]cost.Usage{}
	context := u.Context.Narrow(u.Tokens)
	for k, n := range counted(u.Tokens) {
		if n.IsZero() || Kind(k) == Request {
			continue
		}
		part := u
		part.Context, part.Tokens = context, OfKind(Kind(k).String(), n)
		out[Kind(k).String()] = part
	}
	return out
}

// OfKind returns so many tokens of the kind with that name, none for an unknown one.
func OfKind(kind string, n unit.Decimal) cost.Tokens {
	switch kind {
	case Input.String():
		return cost.Tokens{Input: n}
	case Output.String():
		return cost.Tokens{Output: n}
	case CacheRead.String():
		return cost.Tokens{CacheRead: n}
	case CacheWrite5m.String():
		return cost.Tokens{CacheWrite5m: n}
	case CacheWrite1h.String():
		return cost.Tokens{CacheWrite1h: n}
	}
	return cost.Tokens{}
}
