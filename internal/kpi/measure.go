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

// growthDigits is how finely growth is written.
const growthDigits = 6

// Measure computes a metric from a scan whose grid holds the edges of the
// period, of the one before and of the days.
func Measure(d Definition, scan *window.Scan, this, previous period.Span, days []period.Span) Metric {
	m := d.Empty("")
	m.Reason = nil
	m.Notes = append(m.Notes, scan.Notes...)
	if len(scan.Groups) == 0 {
		return d.Empty("no series match")
	}
	all := scan.Groups[0] // a business metric is not grouped
	value, why := d.value(scan.Grid, all, this)
	m.Value = value
	if value == nil {
		m.Reason = &why
	}
	m.Previous, _ = d.value(scan.Grid, all, previous)
	for _, day := range days {
		v, _ := d.value(scan.Grid, all, day)
		m.Daily = append(m.Daily, v)
	}
	if m.Value != nil && m.Previous != nil && !m.Previous.IsZero() {
		g := new(big.Rat).Quo(m.Value.Sub(*m.Previous).Rat(), m.Previous.Rat())
		growth := unit.DecimalOfRat(g, growthDigits, true)
		m.Growth = &growth
	}
	if lo, hi := scan.Grid.Range(this); d.Kind != Gauge {
		if n := all.Total.Unwitnessed.Range(lo, hi); !n.IsZero() {
			m.Notes = append(m.Notes, fmt.Sprintf("%s of first values were not counted: nobody saw their target before", n.Canonical()))
		}
	}
	return m
}

// value computes the metric over one span, or says why there is none. A span
// without a sample has no value, which is not 0.
func (d Definition) value(grid window.Grid, g window.Group, s period.Span) (*unit.Decimal, string) {
	lo, hi := grid.Range(s)
	samples := uint32(0)
	for _, n := range g.Samples[lo:hi] {
		samples += n
	}
	if samples == 0 {
		return nil, "no data in the period"
	}
	total := increase(g.Total, lo, hi)
	switch d.Kind {
	case Counter:
		return &total, ""
	case Gauge:
		return d.aggregate(g, total, lo, hi)
	}
	if total.IsZero() {
		return nil, "no events in the period"
	}
	good := total.Sub(increase(g.Bad, lo, hi))
	r := new(big.Rat).Quo(good.Rat(), total.Rat())
	v := unit.DecimalOfRat(r.Mul(r, big.NewRat(100, 1)), 12, true)
	return &v, ""
}

// aggregate is a gauge's mean. The other aggregates are known for the whole scan
// only, which this version does not ask for.
func (d Definition) aggregate(g window.Group, samples unit.Decimal, lo, hi int) (*unit.Decimal, string) {
	if d.Aggregate != "" && d.Aggregate != "mean" {
		return nil, fmt.Sprintf("aggregate: %s is not supported by this version", d.Aggregate)
	}
	r := new(big.Rat).Quo(increase(g.Sum, lo, hi).Rat(), samples.Rat())
	v := unit.DecimalOfRat(r, 12, true)
	return &v, ""
}

// increase is what counts for a period: what windows hold, and what was
// recovered across gaps.
func increase(c window.Counts, lo, hi int) unit.Decimal {
	return c.Windowed.Range(lo, hi).Add(c.Recovered.Range(lo, hi))
}
