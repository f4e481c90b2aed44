package cost

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Usage is what meters counted on one UTC day for one model, under one service
// tier, and for one customer and team. A missing text is "".
type Usage struct {
	Source, Provider, Model string
	ServiceTier             string
	Context                 Context
	Organization, Team      string
	Day                     time.Time // midnight UTC: prices change by UTC days
	Tokens                  Tokens
}

// Context bounds how long the requests of a usage were: each had more than Above
// and at most UpTo tokens of input, cached ones included. An UpTo of 0 is no
// bound, so the zero value knows nothing. Providers charge long requests by
// other prices.
type Context struct{ Above, UpTo int64 }

// ParseContext reads a provider's words for a range of the context window:
// "0-200k", "200k-1M". It reports false for words that it does not know.
func ParseContext(words string) (Context, bool) {
	low, high, found := strings.Cut(words, "-")
	above, first := contextSize(low)
	upTo, second := contextSize(high)
	if !found || !first || !second || upTo <= above {
		return Context{}, false
	}
	return Context{above, upTo}, true
}

func contextSize(text string) (int64, bool) {
	scale := int64(1)
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		text, scale = text[:len(text)-1], 1000
	case strings.HasSuffix(text, "M"), strings.HasSuffix(text, "m"):
		text, scale = text[:len(text)-1], 1000_000
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return n * scale, err == nil && n >= 0
}

// ContextOf returns what a line item tells of its requests: by the provider's
// words, and by its tokens.
func ContextOf(i *LineItem) Context {
	c, _ := ParseContext(i.ContextTier)
	if i.Tokens == nil {
		return c
	}
	return c.Narrow(*i.Tokens)
}

// Narrow bounds requests by the tokens that were counted for them: none is longer
// than all of them together, and a single one is exactly so long.
func (c Context) Narrow(t Tokens) Context {
	n, fits := t.Context().Quantize(0, unit.Up).Int64()
	n = max(n, 1) // a bound of 0 would be none
	if !fits || n <= c.Above || (c.UpTo > 0 && c.UpTo <= n) {
		return c
	}
	c.UpTo = n
	if t.Requests.Cmp(unit.DecimalOfInt(1)) == 0 {
		c.Above = n - 1
	}
	return c
}

// Context is the number of tokens that count as a request's length: all but the
// output.
func (t Tokens) Context() unit.Decimal {
	return t.Input.Add(t.CacheRead).Add(t.CacheWrite5m).Add(t.CacheWrite1h)
}

// UsageTally adds up the tokens of line items, streamed, by what their price
// depends on. Tallies of the same period can be filled apart and merged: sums
// are exact. A tally is not safe for concurrent use.
type UsageTally struct {
	span       period.Span
	thresholds []int64
	groups     map[usageKey]*usageSum
}

type usageKey struct {
	source, provider, model, serviceTier string
	context                              Context
	organization, team                   string
	day                                  int64 // days since 1970 in UTC
}

type usageSum struct {
	input, cacheRead, cacheWrite5m, cacheWrite1h, output, requests unit.Sum
}

// NewUsageTally returns an empty tally of a period as [NewTally] cuts it. The
// thresholds, ascending, are the lengths of requests at which prices change:
// usages keep apart what certainly lies between two of them.
func NewUsageTally(p period.Period, zone *time.Location, thresholds []int64) *UsageTally {
	if zone == nil {
		zone = time.UTC
	}
	return &UsageTally{span: p.In(zone, p.End).Span, thresholds: thresholds, groups: map[usageKey]*usageSum{}}
}

// Add counts an item, if it belongs to the period and has tokens. The item may
// be reused afterwards.
func (t *UsageTally) Add(i *LineItem) {
	at := i.ChargePeriodStart
	if i.Tokens == nil || at.Before(t.span.Start) || !at.Before(t.span.End) {
		return
	}
	key := usageKey{source: i.Source, provider: i.ServiceProvider, model: i.Model, serviceTier: i.ServiceTier, context: t.context(i),
		organization: i.Organization, team: i.Team, day: floorDay(at)}
	g := t.groups[key]
	if g == nil {
		key.clone() // a field shares the memory of its row
		g = &usageSum{}
		t.groups[key] = g
	}
	g.input.Add(i.Tokens.Input)
	g.cacheRead.Add(i.Tokens.CacheRead)
	g.cacheWrite5m.Add(i.Tokens.CacheWrite5m)
	g.cacheWrite1h.Add(i.Tokens.CacheWrite1h)
	g.output.Add(i.Tokens.Output)
	g.requests.Add(i.Tokens.Requests)
}

// context widens what an item tells to the nearest thresholds around it, so that
// there are few different ones.
func (t *UsageTally) context(i *LineItem) Context {
	c, wide := ContextOf(i), Context{}
	for _, at := range t.thresholds {
		if at <= c.Above {
			wide.Above = at
		}
		if c.UpTo > 0 && at >= c.UpTo {
			wide.UpTo = at
			break
		}
	}
	return wide
}

func floorDay(at time.Time) int64 {
	seconds := at.Unix()
	day := seconds / 86400
	if seconds%86400 < 0 {
		day--
	}
	return day
}

func (k *usageKey) clone() {
	for _, s := range []*string{&k.source, &k.provider, &k.model, &k.serviceTier, &k.organization, &k.team} {
		*s = strings.Clone(*s)
	}
}

// Merge adds what another tally of the same period counted.
func (t *UsageTally) Merge(u *UsageTally) {
	for key, g := range u.groups {
		mine := t.groups[key]
		if mine == nil {
			mine = &usageSum{}
			t.groups[key] = mine
		}
		mine.input.AddSum(&g.input)
		mine.cacheRead.AddSum(&g.cacheRead)
		mine.cacheWrite5m.AddSum(&g.cacheWrite5m)
		mine.cacheWrite1h.AddSum(&g.cacheWrite1h)
		mine.output.AddSum(&g.output)
		mine.requests.AddSum(&g.requests)
	}
}

// Usages returns what was counted, by provider, model, day and the rest.
func (t *UsageTally) Usages() []Usage {
	keys := slices.SortedFunc(maps.Keys(t.groups), func(a, b usageKey) int {
		return cmp.Or(strings.Compare(a.provider, b.provider), strings.Compare(a.model, b.model), cmp.Compare(a.day, b.day),
			strings.Compare(a.source, b.source), strings.Compare(a.serviceTier, b.serviceTier), cmp.Compare(a.context.Above, b.context.Above),
			cmp.Compare(a.context.UpTo, b.context.UpTo), strings.Compare(a.organization, b.organization), strings.Compare(a.team, b.team))
	})
	out := make([]Usage, len(keys))
	for i, k := range keys {
		g := t.groups[k]
		out[i] = Usage{Source: k.source, Provider: k.provider, Model: k.model, ServiceTier: k.serviceTier, Context: k.context,
			Organization: k.organization, Team: k.team, Day: time.Unix(k.day*86400, 0).UTC(),
			Tokens: Tokens{Input: g.input.Total(), CacheRead: g.cacheRead.Total(), CacheWrite5m: g.cacheWrite5m.Total(),
				CacheWrite1h: g.cacheWrite1h.Total(), Output: g.output.Total(), Requests: g.requests.Total()}}
	}
	return out
}

// IncludedTokens returns the disjoint parts of what providers count whose input
// includes the cached tokens: OpenAI, Gemini and OpenTelemetry. It reports false
// when the parts exceed the whole, which no such provider counts.
func IncludedTokens(input, cacheRead, cacheWrite5m, cacheWrite1h, output unit.Decimal) (Tokens, bool) {
	rest := input.Sub(cacheRead).Sub(cacheWrite5m).Sub(cacheWrite1h)
	return Tokens{Input: rest, CacheRead: cacheRead, CacheWrite5m: cacheWrite5m, CacheWrite1h: cacheWrite1h, Output: output}, rest.Sign() >= 0
}
