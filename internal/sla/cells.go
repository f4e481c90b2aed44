package sla

import (
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// treatment says how what happened in a cell is taken into account.
type treatment uint8

// The treatments, from none to full. A cell of several members is treated as the
// member that is judged the most.
const (
	excluded treatment = iota // neither numerator nor denominator
	asMet                     // bad events count as good ones
	judged
)

// quantity is something counted, added up over the members of a result.
type quantity struct{ windowed, recovered unit.Running }

// amount returns what was counted in the cells lo up to and without hi,
// recovered increments included.
func (q quantity) amount(lo, hi int) unit.Decimal {
	return q.windowed.Between(lo, hi).Add(q.recovered.Between(lo, hi))
}

// cells is what happened in each cell of the grid from the first burn rate's
// start to now, summed over the members after each one's exclusions.
type cells struct {
	grid        window.Grid
	treatments  []treatment
	samples     []int64 // running totals, one more than there are cells
	total, bad  quantity
	sum         quantity // under Value
	buckets     []bucket // under Quantile, by increasing bound; without the one for +Inf
	natives     []nativeBucket
	unwitnessed unit.Decimal
	series      bool // there is at least one group
	estimate    bool
}

// bucket is a bucket of the members' merged histograms.
type bucket struct {
	bound    unit.Decimal // in the objective's unit
	edge     *big.Rat     // the same
	quantity              // observations at or below the bound
}

// at returns the index of an instant that the grid has.
func (c *cells) at(t int64) int {
	i, _ := slices.BinarySearch(c.grid, t)
	return i
}

// track is a quantity while it is being added up.
type track struct{ windowed, recovered *unit.Sums }

func newTrack(n int) track { return track{unit.NewSums(n), unit.NewSums(n)} }

func (t track) add(c window.Counts, r stretch, negate bool) {
	t.windowed.AddCells(r.at, c.Windowed, r.lo, r.hi, negate)
	t.recovered.AddCells(r.at, c.Recovered, r.lo, r.hi, negate)
}

func (t track) done() quantity { return quantity{t.windowed.Running(), t.recovered.Running()} }

// stretch is a run of cells of a scan that a member treats alike, and where it
// lands in the sums.
type stretch struct {
	treatment
	lo, hi, at int
}

// fold is the adding up.
type fold struct {
	o               Objective
	base            int // of the scan's cells, the first that is folded
	cells           *cells
	samples         []int64
	total, bad, sum track
	buckets         []track
	natives         []track
	layout          layout
	period          [2]int // cells of the period, for what is reported of it
	unwitnessed     *unit.Sums
}

func newFold(o Objective, scan *window.Scan, f frame, members []Member) *fold {
	base, _ := slices.BinarySearch(scan.Grid, min(f.start, slices.Min(f.burns[:])))
	last, _ := slices.BinarySearch(scan.Grid, f.until)
	n := last - base
	c := &cells{grid: scan.Grid[base : last+1], treatments: make([]treatment, n)}
	fold := &fold{o: o, base: base, cells: c, samples: make([]int64, n), total: newTrack(n), bad: newTrack(n), sum: newTrack(n),
		unwitnessed: unit.NewSums(1), period: [2]int{c.at(f.start), c.at(f.until)}}
	fold.layout = newLayout(o, members)
	if o.Method == Quantile {
		for range fold.layout.bounds {
			fold.buckets = append(fold.buckets, newTrack(n))
		}
		for range fold.layout.native.places {
			fold.natives = append(fold.natives, newTrack(n))
		}
	}
	for _, m := range members {
		fold.member(m)
	}
	if len(members) == 0 {
		for i := range c.treatments {
			c.treatments[i] = judged
		}
	}
	return fold
}

// member adds what one member contributes.
func (f *fold) member(m Member) {
	treatments := treat(f.cells.grid, m.Excluded, f.o.Method)
	for i, t := range treatments {
		f.cells.treatments[i] = max(f.cells.treatments[i], t)
	}
	for _, g := range m.Groups {
		f.cells.series = true
		for lo := 0; lo < len(treatments); {
			hi := lo + 1
			for hi < len(treatments) && treatments[hi] == treatments[lo] {
				hi++
			}
			if treatments[lo] != excluded {
				f.group(g, stretch{treatments[lo], f.base + lo, f.base + hi, lo})
			}
			lo = hi
		}
	}
}

// group adds a stretch of one group.
func (f *fold) group(g *window.Group, r stretch) {
	for i, n := range g.Samples[r.lo:r.hi] {
		f.samples[r.at+i] += int64(n)
	}
	f.total.add(g.Total, r, false)
	if lo, hi := max(r.lo, f.base+f.period[0]), min(r.hi, f.base+f.period[1]); lo < hi && g.Total.Unwitnessed != nil {
		f.unwitnessed.Add(0, g.Total.Unwitnessed.Range(lo, hi))
	}
	switch f.o.Method {
	case Value:
		f.sum.add(g.Sum, r, false)
	case Within, Quantile:
		f.histogram(g, r)
	default:
		if r.treatment == judged {
			f.bad.add(g.Bad, r, false)
		}
	}
}

// histogram adds a stretch of a group's buckets. The observations that are not
// known to be at or below the limit are bad: under count_as: met they move below
// it.
func (f *fold) histogram(g *window.Group, r stretch) {
	if r.treatment == judged {
		f.bad.add(g.Total, r, false)
		if f.layout.limit >= 0 {
			f.bad.add(f.layout.of(g, f.layout.limit), r, true)
		}
		f.layout.native.each(g, func(i int, c window.Counts) {
			if i < f.layout.native.within {
				f.bad.add(c, r, true)
			}
		})
	}
	f.native(g, r)
	for i, t := range f.buckets {
		if r.treatment == asMet && i >= f.layout.limit {
			t.add(g.Total, r, false)
		} else {
			t.add(f.layout.of(g, i), r, false)
		}
	}
}

// native adds a stretch of a group's native buckets.
func (f *fold) native(g *window.Group, r stretch) {
	if len(f.natives) == 0 {
		return
	}
	last := max(0, f.layout.native.within-1) // that is within the target
	if r.treatment == asMet && g.Native != nil {
		f.natives[last].add(g.Total, r, false)
	}
	f.layout.native.each(g, func(i int, c window.Counts) {
		switch {
		case r.treatment != asMet:
			f.natives[i].add(c, r, false)
		case i < last:
			f.natives[i].add(c, r, false)
			f.natives[last].add(c, r, true)
		}
	})
}

// unreachable adds the samples of `up` that were 0 in a cell: to an objective
// over an up or probe gauge each is a bad event.
func (f *fold) unreachable(cell int, down int64) {
	if f.cells.treatments[cell] >= asMet {
		f.total.windowed.AddInt(cell, down)
	}
	if f.cells.treatments[cell] == judged {
		f.bad.windowed.AddInt(cell, down)
	}
}

// done returns the cells; nothing may be added afterwards.
func (f *fold) done() *cells {
	c := f.cells
	c.samples = runningCounts(f.samples)
	c.total, c.bad, c.sum = f.total.done(), f.bad.done(), f.sum.done()
	for i, t := range f.buckets {
		c.buckets = append(c.buckets, bucket{f.layout.bounds[i].scaled, f.layout.bounds[i].scaled.Rat(), t.done()})
	}
	for i, t := range f.natives {
		lower, upper := f.layout.native.Bounds(f.layout.native.places[i])
		c.natives = append(c.natives, nativeBucket{lower, upper, t.done()})
	}
	c.unwitnessed, c.estimate = f.unwitnessed.At(0), f.layout.estimate
	return c
}

func runningCounts(counts []int64) []int64 {
	out := make([]int64, len(counts)+1)
	for i, n := range counts {
		out[i+1] = out[i] + n
	}
	return out
}

// treat returns how each cell of the grid is treated. What is excluded by one
// entry stays excluded whatever another says. A value has no bad events that
// could be counted as good ones, so there count_as: met excludes.
func treat(g window.Grid, ex []Exclusion, m Method) []treatment {
	out := make([]treatment, g.Cells())
	for i := range out {
		out[i] = judged
	}
	for _, e := range ex {
		t := excluded
		if e.AsMet && m != Value {
			t = asMet
		}
		lo, hi := g.Range(e.Span)
		for i := lo; i < hi; i++ {
			out[i] = min(out[i], t)
		}
	}
	return out
}
