package sla

import (
	"cmp"
	"math/big"

	"github.com/slactl/slactl/internal/unit"
)

// reading tells how much was counted of a quantity in the cells that are asked
// about.
type reading func(quantity) unit.Decimal

// measure is how a value follows from what was counted, for a period as for one
// of its windows.
type measure interface {
	// value returns the value, nil without events. It is open when the true value
	// is only known to lie above it.
	value(reading) (v *big.Rat, open bool)
	// worse reports whether the value is worse than the target. It is asked for
	// every window, and does not divide.
	worse(reading) bool
}

// measureOf returns the measure of an objective's windows. Under slices a window
// has a target of its own, and under downtime a minute is down above down_when.
func measureOf(o Objective, c *cells) measure {
	switch o.Method {
	case Quantile:
		return quantileMeasure{c, o, percentage(o.Quantile)}
	case Value:
		return valueMeasure{c, o, newFraction(o.Target.Rat())}
	case Slices:
		target := o.Target
		if o.SliceTarget != nil {
			target = *o.SliceTarget
		}
		return ratioMeasure{c, o.Comparison, allowedBad(o.Comparison, target), 0}
	case Downtime:
		return ratioMeasure{c, o.Comparison, percentage(o.DownWhen), o.MinEvents}
	}
	return ratioMeasure{c, o.Comparison, allowedBad(o.Comparison, o.Target), 0}
}

// allowedBad is the share of events that may be bad.
func allowedBad(c Comparison, target unit.Decimal) fraction {
	if c == AtMost {
		return percentage(target)
	}
	return percentage(unit.DecimalOfInt(100).Sub(target))
}

// ratioMeasure is the share of events, of observations within a bound, or of bad
// events under at_most.
type ratioMeasure struct {
	c          *cells
	comparison Comparison
	allowed    fraction
	minEvents  int64 // of all events, for a window to be worse at all
}

func (m ratioMeasure) value(read reading) (*big.Rat, bool) {
	return share(m.comparison, read(m.c.bad), read(m.c.total)), false
}

func (m ratioMeasure) worse(read reading) bool {
	bad := read(m.c.bad)
	if bad.Sign() <= 0 {
		return false
	}
	total := read(m.c.total)
	return m.allowed.compare(bad, total) > 0 && (m.minEvents == 0 || total.Cmp(unit.DecimalOfInt(m.minEvents)) >= 0)
}

// share returns 100 × (1 − bad/total) under at_least and 100 × bad/total under
// at_most, between 0 and 100; nil without events.
func share(c Comparison, bad, total unit.Decimal) *big.Rat {
	r := badRatio(bad, total)
	if r == nil {
		return nil
	}
	if c == AtLeast {
		r.Sub(big.NewRat(1, 1), r)
	}
	return r.Mul(r, hundred())
}

// badRatio is bad/total, between 0 and 1; nil without events.
func badRatio(bad, total unit.Decimal) *big.Rat {
	switch {
	case bad.Sign() <= 0 && total.Sign() <= 0:
		return nil
	case compare(bad, total) >= 0:
		return big.NewRat(1, 1)
	case bad.Sign() <= 0:
		return new(big.Rat)
	}
	return new(big.Rat).Quo(ratOf(bad), ratOf(total))
}

// ratOf is [unit.Decimal.Rat], faster for whole numbers.
func ratOf(d unit.Decimal) *big.Rat {
	if n, ok := d.Int64(); ok {
		return new(big.Rat).SetInt64(n)
	}
	return d.Rat()
}

// compare is [unit.Decimal.Cmp], faster for whole numbers.
func compare(a, b unit.Decimal) int {
	x, ok := a.Int64()
	y, also := b.Int64()
	if ok && also {
		return cmp.Compare(x, y)
	}
	return a.Cmp(b)
}

// valueMeasure is a mean: the sum of values over their count.
type valueMeasure struct {
	c      *cells
	o      Objective
	target fraction
}

func (m valueMeasure) value(read reading) (*big.Rat, bool) {
	count := read(m.c.total)
	if count.Sign() <= 0 {
		return nil, false
	}
	return new(big.Rat).Quo(ratOf(read(m.c.sum)), ratOf(count)), false
}

func (m valueMeasure) worse(read reading) bool {
	side := m.target.compare(read(m.c.sum), read(m.c.total))
	return m.o.Comparison == AtLeast && side < 0 || m.o.Comparison == AtMost && side > 0
}

// quantileMeasure is a quantile of merged buckets.
type quantileMeasure struct {
	c *cells
	o Objective
	q fraction
}

func (m quantileMeasure) value(read reading) (*big.Rat, bool) {
	total := read(m.c.total)
	if total.Sign() <= 0 || (len(m.c.buckets) == 0) == (len(m.c.natives) == 0) {
		return nil, false // no buckets, or two kinds that cannot be added up
	}
	if len(m.c.natives) > 0 {
		return m.quantileOf(total, read)
	}
	i, count, below := m.c.rank(m.q, total, read)
	if i == len(m.c.buckets) {
		return m.c.buckets[i-1].edge, true
	}
	return m.c.interpolate(m.q, total, i, count, below), false
}

// worse interpolates only where the target lies inside the bucket that holds the
// quantile. A quantile above every finite bound may be anything, and counts as
// worse.
func (m quantileMeasure) worse(read reading) bool {
	total := read(m.c.total)
	if len(m.c.natives) > 0 {
		v, open := m.quantileOf(total, read)
		return open || isWorse(m.o.Comparison, v, m.o.Target.Rat())
	}
	i, count, below := m.c.rank(m.q, total, read)
	if i == len(m.c.buckets) {
		return true
	}
	if m.o.Comparison == AtMost && i > 0 {
		switch {
		case m.c.buckets[i].bound.Cmp(m.o.Target) <= 0:
			return false
		case m.c.buckets[i-1].bound.Cmp(m.o.Target) >= 0 && compare(count, below) > 0:
			return true
		}
	}
	return isWorse(m.o.Comparison, m.c.interpolate(m.q, total, i, count, below), m.o.Target.Rat())
}

// isWorse reports whether a value is on the wrong side of a target. Equal is met.
func isWorse(c Comparison, value, target *big.Rat) bool {
	if c == AtMost {
		return value.Cmp(target) > 0
	}
	return value.Cmp(target) < 0
}
