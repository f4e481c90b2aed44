package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Entry is what one source says of a day: how much something cost, and how much
// of it there was. A missing text is "", and matches only another missing one.
type Entry struct {
	Day                   time.Time // midnight UTC of the date that the source gives
	Provider, Model, Kind string    // Kind: input, output, cache_read, cache_write_5m, cache_write_1h
	Category              string    // Tax, Credit, Adjustment, Purchase; "" is usage
	Currency              string
	Amount                *unit.Decimal // nil when it is unpriced
	Reason                string        // why it is
	Tokens                *unit.Decimal // nil when the source does not count them
	Rows                  int64         // how many amounts were added up, each of which may be rounded
	// Listed is what the tokens cost by the catalogue, nil without a price, and
	// Otherwise what they would cost beyond that by other terms.
	Listed    *unit.Decimal
	Otherwise []Otherwise
}

// Otherwise is how an amount changes when its tokens are charged by other terms.
type Otherwise struct {
	Cause    Cause
	Evidence string // what the terms are: cached tokens charged as input
	Change   unit.Decimal
}

// Side is one of two sources that are reconciled.
type Side struct {
	Source  string  `json:"source"`
	Role    string  `json:"role"` // bill or meter
	Measure Measure `json:"measure"`
	// Beyond are amounts that the other side cannot have, and that are not
	// compared: other services than language models, beside a meter of tokens.
	Beyond  []Amount `json:"beyond"`
	Entries []Entry  `json:"-"`
}

// Reconciliation sets one source beside another. Of every currency the parts by
// cause add up to the difference exactly.
type Reconciliation struct {
	Schema     string               `json:"schema"`
	Period     period.Info          `json:"period"`
	By         []string             `json:"by"`
	MatchedBy  []string             `json:"matched_by"` // the finest keys that both sides have
	Tolerance  unit.Decimal         `json:"tolerance"`  // a share: 0.01
	A          Side                 `json:"a"`
	B          Side                 `json:"b"`
	Currencies []ReconciledCurrency `json:"currencies"`
	Rows       []ReconciledRow      `json:"rows"`
	Ledger     []LedgerEntry        `json:"ledger"`
	Notes      []string             `json:"notes"`
}

// ReconciledCurrency is both totals of a currency, and why they differ.
type ReconciledCurrency struct {
	Currency   string       `json:"currency"`
	A          unit.Decimal `json:"a"`
	B          unit.Decimal `json:"b"`
	Difference unit.Decimal `json:"difference"` // a − b
	Causes     []CausePart  `json:"causes"`     // the largest first, unexplained last
}

// CausePart is how much of a difference has one cause.
type CausePart struct {
	Cause    Cause        `json:"cause"`
	Amount   unit.Decimal `json:"amount"`
	Places   int          `json:"places"`   // so many days of a model and kind
	Evidence []string     `json:"evidence"` // what the cause is concluded from
}

// ReconciledRow is what both sides say of the same thing.
type ReconciledRow struct {
	Keys       map[string]*string `json:"keys"`
	Currency   string             `json:"currency"`
	A          *unit.Decimal      `json:"a"` // nil where the side has nothing, or no price
	B          *unit.Decimal      `json:"b"`
	Difference unit.Decimal       `json:"difference"`
	Status     string             `json:"status"`
	Causes     []Cause            `json:"causes"` // the largest first
}

// The states of a row.
const (
	Agrees   = "matched"          // equal, or as near as rounding
	Within   = "within_tolerance" // nearly equal
	Differs  = "differs"
	OnlyInA  = "only_in_a"
	OnlyInB  = "only_in_b"
	decimals = 12 // of an amount that is divided
)

// Reconciler says how sources are compared.
type Reconciler struct {
	Period    period.Period
	By        []string     // the keys of rows; day and model when empty
	Tolerance unit.Decimal // a share of the larger amount
	// Now and Delay tell what need not be billed yet: days that ended less than
	// Delay before Now.
	Now   time.Time
	Delay time.Duration
}

// ReconcileKeys are the keys of rows.
func ReconcileKeys() []string { return []string{"day", "provider", "model", "kind"} }

// cellKey is what is compared: the finest that both sides have.
type cellKey struct {
	currency, provider, model, kind, category string
	day                                       time.Time
}

func (k cellKey) value(name string) string {
	switch name {
	case "day":
		return k.day.Format(time.DateOnly)
	case "provider":
		return k.provider
	case "model":
		return k.model
	}
	return k.kind
}

func (k cellKey) series() cellKey { k.day = time.Time{}; return k }

// cell is what both sides say of one key.
type cell struct {
	key   cellKey
	a, b  half
	parts []caused
	// open is the part of the difference that has no cause yet; counts says that
	// the tokens differ.
	open   unit.Decimal
	counts bool
}

// caused is a part of a cell's difference.
type caused struct {
	cause    Cause
	amount   unit.Decimal
	evidence string
}

// half is one side of a cell.
type half struct {
	present, priced               bool
	unpriced, uncounted, unlisted bool // some of it
	amount, tokens, listed        unit.Sum
	rows                          int64
	reason                        string
	otherwise                     map[Otherwise]*unit.Sum // Change is 0 in the key
}

func (h *half) add(e Entry) {
	h.present = true
	h.rows += max(1, e.Rows)
	if e.Amount == nil {
		h.unpriced, h.reason = true, e.Reason
	} else {
		h.priced = true
		h.amount.Add(*e.Amount)
	}
	if e.Tokens == nil {
		h.uncounted = true
	} else {
		h.tokens.Add(*e.Tokens)
	}
	if e.Listed == nil {
		h.unlisted = true
		return
	}
	h.listed.Add(*e.Listed)
	for _, o := range e.Otherwise {
		key := Otherwise{Cause: o.Cause, Evidence: o.Evidence}
		if h.otherwise == nil {
			h.otherwise = map[Otherwise]*unit.Sum{}
		}
		if h.otherwise[key] == nil {
			h.otherwise[key] = &unit.Sum{}
		}
		h.otherwise[key].Add(o.Change)
	}
}

func (c *cell) difference() unit.Decimal { return c.a.amount.Total().Sub(c.b.amount.Total()) }

// Reconcile sets a beside b, by the finest keys that both have, and looks for the
// causes of what differs.
func (r Reconciler) Reconcile(a, b Side) *Reconciliation {
	if len(r.By) == 0 {
		r.By = []string{"day", "model"}
	}
	m := newMatching(r, a, b)
	for _, c := range m.cells {
		m.explain(c)
	}
	m.shifts()
	for _, c := range m.cells {
		m.close(c)
	}
	out := &Reconciliation{Schema: Schema, Period: r.Period.Info(), By: r.By, MatchedBy: m.keys(), Tolerance: r.Tolerance, A: a, B: b,
		Currencies: m.currencies(), Rows: m.rows(), Ledger: []LedgerEntry{}, Notes: []string{}}
	for _, s := range []*Side{&out.A, &out.B} {
		if s.Beyond == nil {
			s.Beyond = []Amount{}
		}
	}
	return out
}

// matching is two sides, cell by cell.
type matching struct {
	Reconciler
	a, b         facts
	cells        []*cell // by key
	models, kind bool    // both sides name them
}

// facts are what is to be known of a whole side.
type facts struct {
	name   string
	digits int                           // after the point of its amounts, at most
	days   map[string]map[time.Time]bool // by provider
	models map[[2]string]bool            // provider and model
	kinds  map[[2]string]map[string]bool // of their tokens
	last   time.Time
}

func factsOf(s Side) facts {
	f := facts{name: s.Source, days: map[string]map[time.Time]bool{}, models: map[[2]string]bool{}, kinds: map[[2]string]map[string]bool{}}
	for _, e := range s.Entries {
		if e.Amount != nil {
			_, fraction, _ := strings.Cut(e.Amount.Canonical(), ".")
			f.digits = max(f.digits, len(fraction))
		}
		if e.Category != "" {
			continue
		}
		if f.days[e.Provider] == nil {
			f.days[e.Provider] = map[time.Time]bool{}
		}
		model := [2]string{e.Provider, e.Model}
		if f.kinds[model] == nil {
			f.kinds[model] = map[string]bool{}
		}
		f.days[e.Provider][e.Day], f.models[model], f.kinds[model][e.Kind] = true, true, true
		if e.Day.After(f.last) {
			f.last = e.Day
		}
	}
	return f
}

func newMatching(r Reconciler, a, b Side) *matching {
	m := &matching{Reconciler: r, a: factsOf(a), b: factsOf(b)}
	names := func(e Entry) bool { return e.Model != "" }
	m.models = slices.ContainsFunc(a.Entries, names) && slices.ContainsFunc(b.Entries, names)
	cells := map[cellKey]*cell{}
	for i, s := range []Side{a, b} {
		for _, e := range s.Entries {
			key := m.key(e)
			c := cells[key]
			if c == nil {
				c = &cell{key: key}
				cells[key] = c
			}
			if i == 0 {
				c.a.add(e)
			} else {
				c.b.add(e)
			}
		}
	}
	m.cells = slices.SortedFunc(maps.Values(cells), func(x, y *cell) int {
		j, k := x.key, y.key
		return cmp.Or(cmp.Compare(j.currency, k.currency), j.day.Compare(k.day), cmp.Compare(j.provider, k.provider), cmp.Compare(j.model, k.model),
			cmp.Compare(j.kind, k.kind), cmp.Compare(j.category, k.category))
	})
	for _, c := range m.cells {
		m.kind = m.kind || c.key.kind != ""
	}
	return m
}

// key is what an entry is compared by. The kinds of a model count only where both
// sides tell the same ones apart: one that charges cached tokens as input has no
// line for them.
func (m *matching) key(e Entry) cellKey {
	k := cellKey{currency: e.Currency, provider: e.Provider, category: e.Category, day: e.Day}
	if m.models {
		k.model = e.Model
		if of := [2]string{e.Provider, e.Model}; maps.Equal(m.a.kinds[of], m.b.kinds[of]) {
			k.kind = e.Kind
		}
	}
	return k
}

func (m *matching) keys() []string {
	out := []string{"day", "provider"}
	if m.models {
		out = append(out, "model")
	}
	if m.kind {
		out = append(out, "kind")
	}
	return out
}

// currencies adds up each currency by cause.
func (m *matching) currencies() []ReconciledCurrency {
	type sums struct {
		a, b   unit.Sum
		causes map[Cause]*causeSum
	}
	all := map[string]*sums{}
	for _, c := range m.cells {
		s := all[c.key.currency]
		if s == nil {
			s = &sums{causes: map[Cause]*causeSum{}}
			all[c.key.currency] = s
		}
		s.a.Add(c.a.amount.Total())
		s.b.Add(c.b.amount.Total())
		for _, p := range c.parts {
			if s.causes[p.cause] == nil {
				s.causes[p.cause] = &causeSum{}
			}
			s.causes[p.cause].add(p)
		}
	}
	out := []ReconciledCurrency{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		a, b := s.a.Total(), s.b.Total()
		c := ReconciledCurrency{Currency: name, A: a, B: b, Difference: a.Sub(b), Causes: []CausePart{}}
		for _, cause := range slices.Sorted(maps.Keys(s.causes)) {
			c.Causes = append(c.Causes, s.causes[cause].part(cause))
		}
		slices.SortStableFunc(c.Causes, func(x, y CausePart) int {
			return cmp.Or(cmp.Compare(last(x.Cause), last(y.Cause)), absolute(y.Amount).Cmp(absolute(x.Amount)))
		})
		out = append(out, c)
	}
	return out
}

func last(c Cause) int {
	if c == Unexplained {
		return 1
	}
	return 0
}

func absolute(d unit.Decimal) unit.Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// causeSum adds up the parts of one cause.
type causeSum struct {
	amount   unit.Sum
	places   int
	evidence []string
}

func (s *causeSum) add(p caused) {
	s.amount.Add(p.amount)
	s.places++
	if p.evidence != "" && !slices.Contains(s.evidence, p.evidence) {
		s.evidence = append(s.evidence, p.evidence)
	}
}

// evidenceShown bounds the evidence of one cause.
const evidenceShown = 12

func (s *causeSum) part(cause Cause) CausePart {
	out := CausePart{Cause: cause, Amount: s.amount.Total(), Places: s.places, Evidence: []string{}}
	out.Evidence = append(out.Evidence, s.evidence[:min(len(s.evidence), evidenceShown)]...)
	if more := len(s.evidence) - evidenceShown; more > 0 {
		out.Evidence = append(out.Evidence, fmt.Sprintf("and %d more", more))
	}
	return out
}

// reconciledGroup is a row that is being added up.
type reconciledGroup struct {
	row      ReconciledRow
	a, b     unit.Sum
	inA, inB bool
	causes   map[Cause]unit.Decimal // without their signs
	bound    unit.Decimal
}

// rows adds cells up by the keys that were asked for.
func (m *matching) rows() []ReconciledRow {
	groups := map[string]*reconciledGroup{}
	var order []*reconciledGroup
	for _, c := range m.cells {
		keys, id := map[string]*string{}, c.key.currency
		for _, name := range m.By {
			v := c.key.value(name)
			keys[name] = nil
			if v != "" {
				keys[name] = &v
			}
			id += "\x00" + v
		}
		g := groups[id]
		if g == nil {
			g = &reconciledGroup{row: ReconciledRow{Keys: keys, Currency: c.key.currency, Causes: []Cause{}}, causes: map[Cause]unit.Decimal{}}
			groups[id] = g
			order = append(order, g)
		}
		g.inA, g.row.A = g.inA || c.a.present, c.a.addTo(&g.a, g.row.A)
		g.inB, g.row.B = g.inB || c.b.present, c.b.addTo(&g.b, g.row.B)
		g.bound = g.bound.Add(m.bound(c))
		for _, p := range c.parts {
			g.causes[p.cause] = g.causes[p.cause].Add(absolute(p.amount))
		}
	}
	out := make([]ReconciledRow, len(order))
	for i, g := range order {
		out[i] = m.row(g)
	}
	return out
}

// addTo adds what is priced to a sum, and returns the sum; before, when nothing is.
func (h *half) addTo(sum *unit.Sum, before *unit.Decimal) *unit.Decimal {
	if !h.priced {
		return before
	}
	sum.Add(h.amount.Total())
	total := sum.Total()
	return &total
}

func (m *matching) row(g *reconciledGroup) ReconciledRow {
	r := g.row
	r.Difference = g.a.Total().Sub(g.b.Total())
	r.Causes = append(r.Causes, slices.SortedFunc(maps.Keys(g.causes), func(x, y Cause) int {
		return cmp.Or(g.causes[y].Cmp(g.causes[x]), cmp.Compare(x, y))
	})...)
	switch {
	case !g.inB:
		r.Status = OnlyInA
	case !g.inA:
		r.Status = OnlyInB
	default:
		r.Status = m.status(r, g.bound)
	}
	return r
}

func (m *matching) status(r ReconciledRow, bound unit.Decimal) string {
	switch {
	case r.A == nil && r.B == nil: // both unpriced
		return Agrees
	case r.A == nil || r.B == nil:
		return Differs
	case absolute(r.Difference).Cmp(bound) <= 0:
		return Agrees
	}
	larger := absolute(*r.A)
	if b := absolute(*r.B); b.Cmp(larger) > 0 {
		larger = b
	}
	if absolute(r.Difference).Cmp(larger.Mul(m.Tolerance)) <= 0 {
		return Within
	}
	return Differs
}

// Differing are the rows that differ by more than the tolerance, or are on one
// side only.
func (r *Reconciliation) Differing() []ReconciledRow {
	return slices.DeleteFunc(slices.Clone(r.Rows), func(row ReconciledRow) bool { return row.Status == Agrees || row.Status == Within })
}
