package sla

import (
	"math"
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// nativeLayout is the exponential buckets that the native histograms of a result
// have together.
type nativeLayout struct {
	window.Scale
	places []window.Place // by increasing bounds, those with observations
	within int            // how many of them lie at or below the target
	inside bool           // the target lies inside the next one
}

func newNativeLayout(o Objective, limit unit.Decimal, all []*window.Native) nativeLayout {
	if len(all) == 0 {
		return nativeLayout{}
	}
	l := nativeLayout{Scale: window.Common(all...)}
	for _, n := range all {
		for _, b := range n.Buckets {
			l.places = append(l.places, l.At(b.Place, n.Scale))
		}
	}
	slices.SortFunc(l.places, window.Place.Compare)
	l.places = slices.Compact(l.places)
	above := func(bound float64, orAt bool) bool {
		d, finite := unit.DecimalOfFloat(bound)
		if !finite {
			return bound > 0
		}
		if o.Method == Quantile && !o.Scale.IsZero() {
			d = d.Mul(o.Scale)
		}
		c := d.Cmp(limit)
		return c > 0 || orAt && c == 0
	}
	for _, p := range l.places {
		lower, upper := l.Bounds(p)
		if above(upper, false) {
			l.inside = !above(lower, true)
			break
		}
		l.within++
	}
	return l
}

// each calls f with every bucket of a group and its index in the layout.
func (l nativeLayout) each(g *window.Group, f func(i int, c window.Counts)) {
	if g.Native == nil {
		return
	}
	for _, b := range g.Native.Buckets {
		i, _ := slices.BinarySearchFunc(l.places, l.At(b.Place, g.Native.Scale), window.Place.Compare)
		f(i, b.Counts)
	}
}

// nativeBucket is a bucket of the members' merged native histograms. It counts
// what lies in it alone.
type nativeBucket struct {
	lower, upper float64 // in the metric's unit
	quantity
}

// located is where a quantile lies in native buckets.
type located struct {
	lower, upper float64 // of the bucket
	fraction     float64 // of its observations that lie below
	linear       bool    // they spread evenly, not exponentially
	open         bool    // the quantile lies above every bucket; lower is the highest bound
}

// locate finds a quantile of total observations as PromQL's histogram_quantile
// does, step by step in floats: the bounds of the buckets have no decimals. From
// the median on it counts from above, so that of two buckets with nothing between
// them, which a rank may fall between, the upper one is taken.
func (c *cells) locate(q float64, total unit.Decimal, read reading) located {
	counts, n, sum := make([]float64, len(c.natives)), floatOf(total), 0.0
	for i := range counts {
		counts[i] = floatOf(read(c.natives[i].quantity))
		sum += counts[i]
	}
	upward := q < 0.5 || sum < n // some observed NaN, which counts as above everything
	rank, order := q*n, func(i int) int { return i }
	if !upward {
		rank, order = (1-q)*n, func(i int) int { return len(counts) - 1 - i }
	}
	at, count := -1, 0.0
	for i := range counts {
		if k := order(i); counts[k] > 0 {
			at, count = k, count+counts[k]
			if count >= rank {
				break
			}
		}
	}
	if at < 0 {
		return located{open: true}
	}
	b := c.natives[at]
	if count < rank && upward || math.IsInf(b.upper, 1) {
		l := located{lower: b.upper, open: true}
		if math.IsInf(b.upper, 1) {
			l.lower = b.lower
		}
		return l
	}
	count = min(count, n)
	out := located{lower: b.lower, upper: b.upper, linear: b.lower <= 0 && b.upper >= 0}
	if b.lower < 0 && b.upper > 0 {
		// The zero bucket of a histogram on one side of 0 reaches only to there.
		if at == 0 && len(counts) > 1 {
			out.lower = 0
		} else if at == len(counts)-1 && at > 0 {
			out.upper = 0
		}
	}
	if upward {
		rank -= count - counts[at]
	} else {
		rank = count - rank
	}
	out.fraction = rank / counts[at]
	return out
}

// value interpolates.
func (l located) value() float64 {
	if l.open {
		return l.lower
	}
	if l.linear {
		return l.lower + (l.upper-l.lower)*l.fraction
	}
	lower, upper := math.Log2(math.Abs(l.lower)), math.Log2(math.Abs(l.upper))
	if l.lower > 0 {
		return math.Exp2(lower + (upper-lower)*l.fraction)
	}
	return -math.Exp2(upper + (lower-upper)*(1-l.fraction))
}

// scaled is a number of the metric's unit in that of the objective.
func (o Objective) scaled(v float64) unit.Decimal {
	d, _ := unit.DecimalOfFloat(v)
	if !o.Scale.IsZero() {
		d = d.Mul(o.Scale)
	}
	return d
}

func floatOf(d unit.Decimal) float64 {
	if n, ok := d.Int64(); ok {
		return float64(n)
	}
	f, _ := d.Rat().Float64()
	return f
}

// quantileOf is the quantile of native buckets in the objective's unit.
func (m quantileMeasure) quantileOf(total unit.Decimal, read reading) (*big.Rat, bool) {
	l := m.c.locate(floatOf(m.o.Quantile)/100, total, read)
	return m.o.scaled(l.value()).Rat(), l.open
}
