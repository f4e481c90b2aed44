package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/slactl/slactl/internal/unit"
)

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
