package price

import (
	"cmp"
	"maps"
	"slices"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Pricing says how much of what was counted has a price, and by which entries.
type Pricing struct {
	// Share of the tokens that are priced, six digits, half even; nil without tokens.
	PricedShare *unit.Decimal `json:"priced_share"`
	Unpriced    []Unpriced    `json:"unpriced"`
	Matches     []Matched     `json:"matches"`
}

// Unpriced are tokens without a price.
type Unpriced struct {
	Model    string      `json:"model"`
	Provider string      `json:"provider,omitempty"`
	Tokens   unit.Number `json:"tokens"`
	Reason   string      `json:"reason"`
}

// Matched says which entry answered for a model.
type Matched struct {
	Model    string `json:"model"`    // as the meter names it
	Provider string `json:"provider"` // likewise
	Entry    string `json:"entry"`    // provider/name of the catalogue
	How      How    `json:"how"`
}

// PricingTally gathers a [Pricing] from quotes.
type PricingTally struct {
	priced   unit.Sum
	total    unit.Sum
	unpriced map[Unpriced]*unit.Sum
	matches  map[Matched]bool
}

// Add counts the tokens of a usage and what became of them.
func (t *PricingTally) Add(u cost.Usage, q Quote) {
	if t.matches == nil {
		t.unpriced, t.matches = map[Unpriced]*unit.Sum{}, map[Matched]bool{}
	}
	tokens := u.Tokens.Total()
	t.total.Add(tokens)
	if m := q.Match.Model; m != nil {
		t.matches[Matched{u.Model, u.Provider, m.ID(), q.Match.How}] = true
	}
	if q.Reason == "" {
		t.priced.Add(tokens)
		return
	}
	key := Unpriced{Model: u.Model, Provider: u.Provider, Reason: q.Reason}
	if t.unpriced[key] == nil {
		t.unpriced[key] = &unit.Sum{}
	}
	t.unpriced[key].Add(tokens)
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
func (t *PricingTally) Pricing() Pricing {
	p := Pricing{Unpriced: []Unpriced{}, Matches: []Matched{}}
	if ratio, ok := unit.RatioOf(t.priced.Total(), t.total.Total()); ok {
		share := unit.QuantizeRat(ratio, 6, unit.HalfEven)
		p.PricedShare = &share
	}
	for key, sum := range t.unpriced {
		key.Tokens = unit.Number{Decimal: sum.Total()}
		p.Unpriced = append(p.Unpriced, key)
	}
	slices.SortFunc(p.Unpriced, func(a, b Unpriced) int {
		return cmp.Or(b.Tokens.Cmp(a.Tokens.Decimal), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Reason, b.Reason))
	})
	p.Matches = slices.SortedFunc(maps.Keys(t.matches), func(a, b Matched) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Entry, b.Entry))
	})
	if p.Matches == nil {
		p.Matches = []Matched{}
	}
	return p
}
