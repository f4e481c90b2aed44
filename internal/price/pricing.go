package price

import (
	"cmp"
	"maps"
	"slices"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// PricingTally gathers a [cost.Pricing] from quotes.
type PricingTally struct {
	priced   unit.Sum
	total    unit.Sum
	unpriced map[cost.Unpriced]*unit.Sum
	matches  map[cost.Matched]bool
}

// Add counts the tokens of a usage and what became of them.
func (t *PricingTally) Add(u cost.Usage, q Quote) {
	if t.matches == nil {
		t.unpriced, t.matches = map[cost.Unpriced]*unit.Sum{}, map[cost.Matched]bool{}
	}
	tokens := u.Tokens.Total()
	t.total.Add(tokens)
	if m := q.Match.Model; m != nil {
		t.matches[cost.Matched{Model: u.Model, Provider: u.Provider, Entry: m.ID(), How: string(q.Match.How)}] = true
	}
	if q.Reason == "" {
		t.priced.Add(tokens)
		return
	}
	key := cost.Unpriced{Model: u.Model, Provider: u.Provider, Reason: q.Reason}
	if t.unpriced[key] == nil {
		t.unpriced[key] = &unit.Sum{}
	}
	t.unpriced[key].Add(tokens)
}

// Merge adds what another tally gathered.
func (t *PricingTally) Merge(u *PricingTally) {
	if u.matches == nil {
		return
	}
	if t.matches == nil {
		t.unpriced, t.matches = map[cost.Unpriced]*unit.Sum{}, map[cost.Matched]bool{}
	}
	t.priced.AddSum(&u.priced)
	t.total.AddSum(&u.total)
	maps.Copy(t.matches, u.matches)
	for key, sum := range u.unpriced {
		if t.unpriced[key] == nil {
			t.unpriced[key] = &unit.Sum{}
		}
		t.unpriced[key].AddSum(sum)
	}
}

// ID names an entry with its provider.
func (m *Model) ID() string {
	if m.Provider == "" {
		return m.Name
	}
	return m.Provider + "/" + m.Name
}

// Pricing returns what was gathered: the unpriced models with the most tokens
// first.
func (t *PricingTally) Pricing() cost.Pricing {
	p := cost.Pricing{Unpriced: []cost.Unpriced{}, Matches: []cost.Matched{}}
	if ratio, ok := unit.RatioOf(t.priced.Total(), t.total.Total()); ok {
		share := unit.QuantizeRat(ratio, 6, unit.HalfEven)
		p.PricedShare = &share
	}
	for key, sum := range t.unpriced {
		key.Tokens = unit.Number{Decimal: sum.Total()}
		p.Unpriced = append(p.Unpriced, key)
	}
	slices.SortFunc(p.Unpriced, func(a, b cost.Unpriced) int {
		return cmp.Or(b.Tokens.Cmp(a.Tokens.Decimal), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Reason, b.Reason))
	})
	p.Matches = slices.SortedFunc(maps.Keys(t.matches), func(a, b cost.Matched) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Entry, b.Entry))
	})
	if p.Matches == nil {
		p.Matches = []cost.Matched{}
	}
	return p
}
