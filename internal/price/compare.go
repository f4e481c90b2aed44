package price

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Spread is by what the number of tokens of the same text may differ between two
// models: Low and High times as many.
type Spread struct{ Low, High unit.Decimal }

// DefaultSpread is 0.75 to 1.35 times as many. Anthropic documents about 30 %, and
// up to 35 %, more tokens of the same text with the tokenizer that came with Claude
// Opus 4.7 than with the one before; 1 / 1.35 is 0.74.
func DefaultSpread() Spread {
	return Spread{unit.MustDecimal("0.75"), unit.MustDecimal("1.35")}
}

// ParseSpread reads a spread such as 0.9..1.2.
func ParseSpread(text string) (Spread, error) {
	low, high, found := strings.Cut(text, "..")
	var s Spread
	var err, err2 error
	s.Low, err = unit.ParseDecimal(low)
	s.High, err2 = unit.ParseDecimal(high)
	switch {
	case !found || err != nil || err2 != nil:
		return Spread{}, fmt.Errorf("%q is not a spread; write 0.75..1.35", text)
	case s.Low.Sign() <= 0 || s.High.Cmp(s.Low) < 0 || s.High.Cmp(unit.DecimalOfInt(10)) > 0:
		return Spread{}, errors.New("a spread goes from more than 0 up to at most 10, the lower end first")
	}
	return s, nil
}

// Comparison is what the same work would have cost with other models.
type Comparison struct {
	// Actual is what it cost with the models that did it, by the catalogue.
	Actual []Actual `json:"actual"` // a line per currency
	WhatIf []WhatIf `json:"what_if"`
	// Assumptions hold for all lines of WhatIf, whole sentences without a full stop.
	Assumptions []string     `json:"assumptions"`
	Pricing     cost.Pricing `json:"pricing"`
}

// Actual is the cost of the work in one currency.
type Actual struct {
	Currency string       `json:"currency"`
	Low      unit.Decimal `json:"low"`
	High     unit.Decimal `json:"high"`
	Models   []string     `json:"models"`
	Tokens   unit.Number  `json:"tokens"`
}

// WhatIf is what the work would have cost with one model: a range, since
// tokenizers differ.
type WhatIf struct {
	Model    string        `json:"model"` // provider/name of the catalogue
	Currency string        `json:"currency"`
	Low      *unit.Decimal `json:"low"`
	High     *unit.Decimal `json:"high"`
	Reason   string        `json:"reason,omitempty"` // why there is no cost
	// Change is the cost less the actual one, from the best to the worst case; nil
	// when that is unknown in part, or in another currency.
	Change       *cost.Range `json:"change"`
	ChangeReason string      `json:"change_reason,omitempty"`
	Assumptions  []string    `json:"assumptions"` // of this model
}

// Compare prices usages with each of the entries, which [Catalogue.Find] found.
//
// Every count of tokens is multiplied by both ends of the spread, unless the
// entry itself did the work. The low end keeps what was read from caches and the
// prices of caching, the high end pays plain input for all of it, or the other
// way round where that is dearer. A context tier that cannot be decided goes to
// both ends too.
func (c *Catalogue) Compare(us []cost.Usage, with []Match, spread Spread) Comparison {
	r := Comparison{WhatIf: []WhatIf{}}
	var tally PricingTally
	var quotes []Quote
	for _, u := range us {
		q := c.Quote(u)
		tally.Add(u, q)
		quotes = append(quotes, q)
	}
	r.Pricing = tally.Pricing()
	r.Actual = actual(us, quotes)
	r.Assumptions = []string{
		fmt.Sprintf("another model's tokenizer makes %s to %s times as many tokens of the same text, of input and of output", spread.Low.Canonical(), spread.High.Canonical()),
		"the number of requests and what they ask and answer stay the same; quality, speed and limits are not compared",
		"the range reaches from keeping the share of cached tokens to losing all of it",
		"each day's prices are used",
	}
	for _, m := range with {
		r.WhatIf = append(r.WhatIf, c.whatIf(us, quotes, m.Model, spread, r))
	}
	return r
}

func actual(us []cost.Usage, quotes []Quote) []Actual {
	var out []Actual
	for i, q := range quotes {
		if q.Reason != "" {
			continue
		}
		at := slices.IndexFunc(out, func(a Actual) bool { return a.Currency == q.Currency })
		if at < 0 {
			at = len(out)
			out = append(out, Actual{Currency: q.Currency})
		}
		a := &out[at]
		a.Low, a.High, a.Tokens.Decimal = a.Low.Add(q.Low), a.High.Add(q.High), a.Tokens.Add(us[i].Tokens.Total())
		if id := q.Match.Model.ID(); !slices.Contains(a.Models, id) {
			a.Models = append(a.Models, id)
		}
	}
	for i := range out {
		slices.Sort(out[i].Models)
	}
	return out
}

func (c *Catalogue) whatIf(us []cost.Usage, quotes []Quote, m *Model, spread Spread, r Comparison) WhatIf {
	w := WhatIf{Model: m.ID(), Currency: m.Currency, Assumptions: []string{}}
	p := project{catalogue: c, model: m, spread: spread}
	for i, u := range us {
		if own := quotes[i]; own.Match.Model == m && own.Reason == "" {
			p.low, p.high = p.low.Add(own.Low), p.high.Add(own.High)
			p.own.Low, p.own.High = p.own.Low.Add(own.Low), p.own.High.Add(own.High)
			p.assume("what it did itself costs what it cost")
			continue
		}
		if p.add(u); p.reason != "" {
			w.Reason = p.reason
			return w
		}
	}
	p.low, p.high = trimmed(p.low), trimmed(p.high)
	w.Low, w.High = &p.low, &p.high
	w.Assumptions = append(w.Assumptions, p.assumptions...)
	switch {
	case len(r.Pricing.Unpriced) > 0:
		w.ChangeReason = "some of the work is unpriced as it was done"
	case len(r.Actual) == 0:
		w.ChangeReason = "nothing was done"
	case len(r.Actual) > 1 || r.Actual[0].Currency != m.Currency:
		w.ChangeReason = "the work was paid in another currency"
	default:
		// What the model did itself does not change, whatever it cost.
		others := cost.Range{Low: r.Actual[0].Low.Sub(p.own.Low), High: r.Actual[0].High.Sub(p.own.High)}
		w.Change = &cost.Range{Low: trimmed(p.low.Sub(p.own.Low).Sub(others.High)), High: trimmed(p.high.Sub(p.own.High).Sub(others.Low))}
	}
	return w
}

// project adds up what work would cost with a model.
type project struct {
	catalogue   *Catalogue
	model       *Model
	spread      Spread
	low, high   unit.Decimal
	own         cost.Range // of that, what the model did itself
	reason      string
	assumptions []string
}

func (p *project) assume(text string) {
	if !slices.Contains(p.assumptions, text) {
		p.assumptions = append(p.assumptions, text)
	}
}

// add prices a usage.
func (p *project) add(u cost.Usage) {
	rate, ok := p.model.At(u.Day)
	if !ok {
		rate = p.model.Rates[0]
		p.assume(fmt.Sprintf("before %s it costs what it did from then on", rate.From.Format(time.DateOnly)))
	}
	set, reason := rate.set(u.ServiceTier)
	if reason != "" {
		p.assume(fmt.Sprintf("work under the service tier %s costs the standard prices, since it has no others", u.ServiceTier))
		set = rate.Sets[Standard]
	}
	kept, lost := p.cached(u.Tokens, set)
	context := u.Context.Narrow(u.Tokens)
	for _, factor := range []unit.Decimal{p.spread.Low, p.spread.High} {
		if factor.Cmp(p.spread.Low) == 0 {
			context.Above = floor(context.Above, factor)
		} else if context.UpTo > 0 {
			context.UpTo = floor(context.UpTo, factor) + 1
		}
	}
	low, high := unit.Decimal{}, unit.Decimal{}
	for i, t := range []cost.Tokens{times(kept, p.spread.Low), times(lost, p.spread.Low), times(kept, p.spread.High), times(lost, p.spread.High)} {
		least, most, reason := set.cost(t, context, p.model.Per)
		if reason != "" {
			p.reason = reason
			return
		}
		if i == 0 || least.Cmp(low) < 0 {
			low = least
		}
		if i == 0 || most.Cmp(high) > 0 {
			high = most
		}
	}
	if d := p.catalogue.Discount(p.model, u.Day); d != nil {
		low, high = d.off(low), d.off(high)
		p.assume(fmt.Sprintf("the configured discount of %s %% applies", d.Percent.Canonical()))
	}
	p.low, p.high = p.low.Add(low), p.high.Add(high)
}

// cached returns the tokens as they would be charged when the model caches the
// same share, and when nothing is cached. What it has no price for is input.
func (p *project) cached(t cost.Tokens, set *Set) (kept, lost cost.Tokens) {
	lost = t
	lost.Input = t.Context()
	lost.CacheRead, lost.CacheWrite5m, lost.CacheWrite1h = unit.Decimal{}, unit.Decimal{}, unit.Decimal{}
	kept = t
	if !t.CacheWrite1h.IsZero() && set.Prices[CacheWrite1h] == nil {
		kept.CacheWrite5m, kept.CacheWrite1h = kept.CacheWrite5m.Add(kept.CacheWrite1h), unit.Decimal{}
		p.assume("it does not charge more for a cache of an hour")
	}
	if !kept.CacheWrite5m.IsZero() && set.Prices[CacheWrite5m] == nil {
		kept.Input, kept.CacheWrite5m = kept.Input.Add(kept.CacheWrite5m), unit.Decimal{}
		p.assume("it charges writing into a cache as input")
	}
	if !t.CacheRead.IsZero() && set.Prices[CacheRead] == nil {
		kept.Input, kept.CacheRead = kept.Input.Add(kept.CacheRead), unit.Decimal{}
		p.assume("it has no price of cached tokens, and charges them as input")
	}
	return kept, lost
}

// times multiplies the tokens; requests stay as many.
func times(t cost.Tokens, factor unit.Decimal) cost.Tokens {
	return cost.Tokens{Input: t.Input.Mul(factor), CacheRead: t.CacheRead.Mul(factor), CacheWrite5m: t.CacheWrite5m.Mul(factor),
		CacheWrite1h: t.CacheWrite1h.Mul(factor), Output: t.Output.Mul(factor), Requests: t.Requests}
}

// floor is the whole part of a length times a factor.
func floor(n int64, factor unit.Decimal) int64 {
	out, _ := unit.DecimalOfInt(n).Mul(factor).Quantize(0, unit.Down).Int64()
	return out
}
