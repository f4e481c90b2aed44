package sla

import (
	"math"
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// layout is the finite bucket bounds that all histograms of a result share.
type layout struct {
	bounds []bound
	// limit is the index of the highest bound that is not above the target, or
	// −1: observations beyond it are not known to be within the target.
	limit    int
	estimate bool
	native   nativeLayout
}

type bound struct {
	le     float64      // as the histogram has it
	scaled unit.Decimal // in the objective's unit
}

// newLayout merges the members' histograms on their common bounds. It is an
// estimate where the layouts differ or the limit stands on no bound.
func newLayout(o Objective, members []Member) layout {
	l := layout{limit: -1}
	if o.Method != Within && o.Method != Quantile {
		return l
	}
	var common []float64
	first := true
	var natives []*window.Native
	for _, m := range members {
		for _, g := range m.Groups {
			l.estimate = l.estimate || g.Estimate
			if g.Native != nil {
				natives = append(natives, g.Native)
				if len(g.Buckets) == 0 {
					continue
				}
			}
			bounds := finiteBounds(g)
			switch {
			case first:
				common, first = bounds, false
			case !slices.Equal(common, bounds):
				l.estimate = true
				common = slices.DeleteFunc(common, func(b float64) bool { return !slices.Contains(bounds, b) })
			}
		}
	}
	limit := o.Bound
	if o.Method == Quantile {
		limit = o.Target
	}
	exact := false
	for i, le := range common {
		d, _ := unit.DecimalOfFloat(le)
		if o.Method == Quantile && !o.Scale.IsZero() {
			d = d.Mul(o.Scale)
		}
		l.bounds = append(l.bounds, bound{le, d})
		if c := d.Cmp(limit); c <= 0 {
			l.limit, exact = i, c == 0
		}
	}
	l.estimate = l.estimate || !exact && !first
	l.native = newNativeLayout(o, limit, natives)
	l.estimate = l.estimate || l.native.inside
	return l
}

func finiteBounds(g *window.Group) []float64 {
	var out []float64
	for _, b := range g.Buckets {
		if !math.IsInf(b.Bound, 1) {
			out = append(out, b.Bound)
		}
	}
	return out
}

// of returns the counts of a group's bucket with bound i.
func (l layout) of(g *window.Group, i int) window.Counts {
	j := slices.IndexFunc(g.Buckets, func(b window.Bucket) bool { return b.Bound == l.bounds[i].le })
	if j < 0 {
		return window.Counts{}
	}
	return g.Buckets[j].Counts
}

// rank finds the bucket that holds the quantile of total observations: the first
// one with at least the rank. read gives the cumulative counts. As in PromQL a
// bucket never counts less than the one below it. It returns the bucket, its
// count and the count below; the bucket is len(buckets) when the quantile lies
// above every finite bound.
func (c *cells) rank(q fraction, total unit.Decimal, read reading) (i int, count, below unit.Decimal) {
	for i = range c.buckets {
		if n := read(c.buckets[i].quantity); compare(n, below) > 0 {
			count = n
		} else {
			count = below
		}
		if q.compare(count, total) >= 0 {
			return i, count, below
		}
		below = count
	}
	return len(c.buckets), total, below
}

// interpolate is PromQL's histogram_quantile of a classic histogram, in exact
// fractions: observations spread evenly in their bucket, and the first bucket
// begins at 0 unless its bound is not above 0. i is the bucket that rank found.
func (c *cells) interpolate(q fraction, total unit.Decimal, i int, count, below unit.Decimal) *big.Rat {
	upper := c.buckets[i].edge
	lower := new(big.Rat)
	if i > 0 {
		lower.Set(c.buckets[i-1].edge)
	} else if upper.Sign() <= 0 {
		return upper
	}
	in := count.Sub(below)
	if in.IsZero() { // only a rank of 0 falls into an empty bucket
		return lower
	}
	part := q.of(ratOf(total))
	part.Sub(part, ratOf(below))
	part.Quo(part, ratOf(in))
	width := new(big.Rat).Sub(upper, lower)
	return lower.Add(lower, width.Mul(width, part))
}
