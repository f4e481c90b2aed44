package kpi

import (
	"fmt"
	"math/big"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Kind is how a business metric is computed.
type Kind string

// The kinds that this version computes.
const (
	Counter Kind = "counter" // exact growth in the period
	Gauge   Kind = "gauge"   // mean, or the aggregate asked for
	Ratio   Kind = "ratio"   // 100 × Σgood / Σtotal
)

// Definition is a business metric as configured.
type Definition struct {
	Name, Title string
	Kind        Kind
	Unit        string
	Better      string // "", higher, lower
	Aggregate   string // of a gauge: "" or mean, last, max, min
	Target      *unit.Decimal
}

// Empty returns the metric without a value, for a reason.
func (d Definition) Empty(reason string) Metric {
	return Metric{Name: d.Name, Title: d.Title, Kind: string(d.Kind), Unit: d.Unit, Better: d.Better,
		Target: d.Target, Daily: []*unit.Decimal{}, Reason: &reason, Notes: []string{}}
}

// The digits after the point that a quotient is rounded to, half to even. A
// counter's growth is written in full.
const (
	valueDigits  = 12
	growthDigits = 6
)

// Measure computes a metric from a scan whose grid holds the edges of the
// period, of the one before and of the days.
func Measure(d Definition, scan *window.Scan, this, previous period.Span, days []period.Span) Metric {
	if len(scan.Groups) == 0 {
		m := d.Empty("no series match")
		m.Notes = append(m.Notes, scan.Notes...)
		return m
	}
	all := scan.Groups[0] // a business metric is not grouped
	value, why := d.value(scan.Grid, all, this)
	m := d.Empty(why)
	if value != nil {
		m.Reason = nil
	}
	before, _ := d.value(scan.Grid, all, previous)
	m.Value, m.Previous, m.Growth = d.write(value), d.write(before), growth(value, before)
	for _, day := range days {
		v, _ := d.value(scan.Grid, all, day)
		m.Daily = append(m.Daily, d.write(v))
	}
	m.Notes = append(m.Notes, scan.Notes...)
	if lo, hi := scan.Grid.Range(this); d.Kind != Gauge {
		if n := all.Total.Unwitnessed.Range(lo, hi); !n.IsZero() {
			m.Notes = append(m.Notes, fmt.Sprintf("%s of first values were not counted: nobody saw their target before", n.Canonical()))
		}
	}
	return m
}

// growth is (value − previous) / previous, nil where there is none.
func growth(value, previous *big.Rat) *unit.Decimal {
	if value == nil || previous == nil || previous.Sign() == 0 {
		return nil
	}
	g := new(big.Rat).Sub(value, previous)
	out := unit.QuantizeRat(g.Quo(g, previous), growthDigits, unit.HalfEven)
	return &out
}

// write rounds a value as it is shown. The growth of a counter is a sum of
// decimals, and ends.
func (d Definition) write(v *big.Rat) *unit.Decimal {
	if v == nil {
		return nil
	}
	digits := valueDigits
	if n, ends := v.FloatPrec(); ends && d.Kind == Counter {
		digits = n
	}
	out := unit.QuantizeRat(v, digits, unit.HalfEven)
	return &out
}

// value computes the metric over one span, or says why there is none. A span
// without a sample has no value, which is not 0, unless a counter's growth across
// a gap ends in it.
func (d Definition) value(grid window.Grid, g window.Group, s period.Span) (*big.Rat, string) {
	lo, hi := grid.Range(s)
	samples := uint64(0)
	for _, n := range g.Samples[lo:hi] {
		samples += uint64(n)
	}
	total := increase(g.Total, lo, hi)
	if samples == 0 && total.IsZero() {
		return nil, "no data in the period"
	}
	switch d.Kind {
	case Counter:
		return total.Rat(), ""
	case Gauge:
		return d.aggregate(g, total, lo, hi)
	}
	if total.Sign() <= 0 {
		return nil, "no events in the period"
	}
	good := total.Sub(increase(g.Bad, lo, hi)).Rat()
	return good.Mul(good.Quo(good, total.Rat()), big.NewRat(100, 1)), ""
}

// aggregate is a gauge's mean. The other aggregates are known for the whole scan
// only, which this version does not ask for.
func (d Definition) aggregate(g window.Group, samples unit.Decimal, lo, hi int) (*big.Rat, string) {
	if d.Aggregate != "" && d.Aggregate != "mean" {
		return nil, fmt.Sprintf("aggregate: %s is not supported by this version", d.Aggregate)
	}
	if samples.IsZero() {
		return nil, "no data in the period"
	}
	return new(big.Rat).Quo(increase(g.Sum, lo, hi).Rat(), samples.Rat()), ""
}

// increase is what counts for a period: what windows hold, and what was
// recovered across gaps.
func increase(c window.Counts, lo, hi int) unit.Decimal {
	return c.Windowed.Range(lo, hi).Add(c.Recovered.Range(lo, hi))
}
