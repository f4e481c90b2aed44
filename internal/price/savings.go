package price

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Saving is what caching saved for one model, net of what writing into the cache
// cost beyond plain input, in one currency. It can be negative.
type Saving struct {
	Model    string `json:"model"` // as the meter names it
	Provider string `json:"provider,omitempty"`
	// Keys are the further keys that were asked for, nil where a usage has no value.
	Keys     map[string]*string `json:"keys,omitempty"`
	Currency string             `json:"currency,omitempty"`
	// Savings = read × (input − read price) − writes × (write price − input). Where
	// a context tier cannot be decided it is the low end of Range. Nil with a
	// reason when any of the tokens has no price.
	Savings *unit.Decimal `json:"savings"`
	Range   *cost.Range   `json:"range,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Input   unit.Number   `json:"input"` // tokens that were neither read from a cache nor written into one
	Read    unit.Number   `json:"cache_read"`
	Written unit.Number   `json:"cache_written"` // for five minutes and for an hour
	// HitShare is read / (input + read + written), six digits, half even; nil
	// without such tokens.
	HitShare *unit.Decimal `json:"hit_share"`
}

// Savings are the result of `slactl cost cache`.
type Savings struct {
	Cache   []Saving     `json:"cache"`
	Pricing cost.Pricing `json:"pricing"`
}

// UsageKeys are the keys by which usages can be grouped beside their model.
func UsageKeys() []string {
	return []string{"day", "month", "organization", "service_tier", "source", "team"}
}

// usageKey returns what a usage says to a key, "" for nothing.
func usageKey(u cost.Usage, key string) string {
	switch key {
	case "day":
		return u.Day.Format(time.DateOnly)
	case "month":
		return u.Day.Format("2006-01")
	case "organization":
		return u.Organization
	case "service_tier":
		return cmp.Or(u.ServiceTier, Standard.String())
	case "source":
		return u.Source
	case "team":
		return u.Team
	}
	return ""
}

// CacheSavings computes what caching saved, by model and further keys, those who
// lost the most first. Models that used no cache have no line.
func (c *Catalogue) CacheSavings(us []cost.Usage, by []string) Savings {
	r := Savings{Cache: []Saving{}}
	groups := map[string]*Saving{}
	var order []*Saving
	var pricing PricingTally
	for _, u := range us {
		q := c.Quote(u)
		pricing.Add(u, q)
		values := make([]string, len(by))
		for i, key := range by {
			values[i] = usageKey(u, key)
		}
		id := strings.Join(slices.Concat(values, []string{u.Provider, u.Model, q.Currency}), "\x00")
		s := groups[id]
		if s == nil {
			s = &Saving{Model: u.Model, Provider: u.Provider, Keys: keyValues(by, values), Currency: q.Currency, Savings: &unit.Decimal{}, Range: &cost.Range{}}
			groups[id] = s
			order = append(order, s)
		}
		s.add(u, q, c.Discount)
	}
	for _, s := range order {
		if s.Read.IsZero() && s.Written.IsZero() {
			continue
		}
		s.finish()
		r.Cache = append(r.Cache, *s)
	}
	slices.SortStableFunc(r.Cache, func(a, b Saving) int {
		if a.Savings == nil || b.Savings == nil {
			return cmp.Or(missing(a.Savings)-missing(b.Savings), cmp.Compare(a.Model, b.Model))
		}
		return cmp.Or(a.Savings.Cmp(*b.Savings), cmp.Compare(a.Model, b.Model))
	})
	r.Pricing = pricing.Pricing()
	return r
}

func missing(d *unit.Decimal) int {
	if d == nil {
		return 1
	}
	return 0
}

func keyValues(by, values []string) map[string]*string {
	if len(by) == 0 {
		return nil
	}
	out := map[string]*string{}
	for i, key := range by {
		out[key] = nil
		if values[i] != "" {
			out[key] = &values[i]
		}
	}
	return out
}

// add counts a usage and what its cached tokens saved.
func (s *Saving) add(u cost.Usage, q Quote, discount func(*Model, time.Time) *Discount) {
	t := u.Tokens
	s.Input.Decimal = s.Input.Add(t.Input)
	s.Read.Decimal = s.Read.Add(t.CacheRead)
	s.Written.Decimal = s.Written.Add(t.CacheWrite5m).Add(t.CacheWrite1h)
	if t.CacheRead.IsZero() && t.CacheWrite5m.IsZero() && t.CacheWrite1h.IsZero() {
		return
	}
	if q.Reason != "" {
		s.Reason = q.Reason
		return
	}
	set, _ := q.Rate.set(u.ServiceTier) // there, or the quote had a reason
	low, high, reason := set.savings(t, u.Context, q.Match.Model.Per)
	if reason != "" {
		s.Reason = reason
		return
	}
	if d := discount(q.Match.Model, u.Day); d != nil {
		low, high = d.off(low), d.off(high)
	}
	s.Range.Low, s.Range.High = s.Range.Low.Add(low), s.Range.High.Add(high)
}

// finish writes the sums in the form of the result.
func (s *Saving) finish() {
	all := s.Input.Add(s.Read.Decimal).Add(s.Written.Decimal)
	if ratio, ok := unit.RatioOf(s.Read.Decimal, all); ok {
		share := unit.QuantizeRat(ratio, 6, unit.HalfEven)
		s.HitShare = &share
	}
	s.Range.Low, s.Range.High = trimmed(s.Range.Low), trimmed(s.Range.High)
	low := s.Range.Low
	s.Savings = &low
	switch {
	case s.Reason != "":
		s.Savings, s.Range = nil, nil
	case s.Range.Low.Cmp(s.Range.High) == 0:
		s.Range = nil
	}
}

// savings is, for each kind of cached token, its number times what plain input
// costs more, over the context tiers that are possible. A request's kinds lie in
// one tier, and different requests may lie in different ones, so each kind goes to
// its own extremes.
func (s *Set) savings(t cost.Tokens, c cost.Context, per unit.Decimal) (low, high unit.Decimal, reason string) {
	from, to := s.context(c.Narrow(t))
	n := counted(t)
	for _, kind := range []Kind{CacheRead, CacheWrite5m, CacheWrite1h} {
		if n[kind].IsZero() {
			continue
		}
		var least, most *unit.Decimal
		for tier := from; tier <= to; tier++ {
			input, price := s.at(Input, tier), s.at(kind, tier)
			if input == nil || price == nil {
				return low, high, fmt.Sprintf("there is no price for %s to compare with", map[bool]Kind{true: Input, false: kind}[input == nil])
			}
			d := input.Sub(*price)
			if least == nil || d.Cmp(*least) < 0 {
				least = &d
			}
			if most == nil || d.Cmp(*most) > 0 {
				most = &d
			}
		}
		tokens := n[kind].Mul(inverse(per))
		low, high = low.Add(tokens.Mul(*least)), high.Add(tokens.Mul(*most))
	}
	return low, high, ""
}
