package cost

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

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
