package query

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// mode is how the samples of a series are counted.
type mode int

const (
	counting  mode = iota // increments of a counter
	averaging             // a gauge's values
	probing               // an up or probe gauge: how many samples are not 1
	reaching              // like probing, but only samples that are 1 make runs
)

// tallyKey is what two requests must agree on for one tally of a series to serve
// both.
type tallyKey struct {
	grid             int // index among the distinct grids
	maxGap, lookback int64
	mode             mode
	traced           bool // every sample is remembered
}

// tally counts one series at a time into the cells of a grid. It is the inner
// loop of every exact evaluation: each sample costs a few comparisons, and
// nothing is allocated or converted before a cell ends.
//
// That works because the increments of a stretch without a reset add up to its
// last value less the value before it. So a cell needs exact arithmetic only
// once, however many samples it holds.
type tally struct {
	key  tallyKey
	grid window.Grid
	near int64 // the largest distance that is no gap

	cell  int   // the cell that is open; −1 before the grid
	limit int64 // its end, or a time before every sample when none is open
	pt    int64 // the sample before
	pv    float64
	seen  int64   // the sample that the last run reaches to; counters use pt
	base  float64 // counting: the value from which the open cell grew
	n     uint32  // samples that let the open cell be judged
	bad   int64   // probing: samples that are not 1
	sum   exactSum
	// The last value that was split, for it is often the base of the next cell.
	split     scaled
	splitFrom float64

	tallied
}

// tallied is what one series contributes.
type tallied struct {
	cells      []cellCount
	wide       []cellValue // what of cells and recovered is no whole number
	recovered  []cellValue
	births     []birth
	growths    []growth                    // of native histograms, in the order of their times
	regained   []growth                    // the same across gaps longer than max_gap
	first      []*histogram.FloatHistogram // what the births have
	layouts    []layoutRun
	runs       []run
	samples    int64 // inside the grid and the lookback before it
	dropped    int64 // NaN and infinities
	unordered  int64
	histograms int64 // native histograms, which are passed over
	starts     []int64
	extremes   extremes
	traces     []TracedSample
}

// cellCount is a part of a cell: increments, values or bad samples, in units of
// 10^-digits, and how many samples let it be judged. A cell may have several.
type cellCount struct {
	cell    int32
	samples uint32
	value   int64
	digits  uint8
}

type cellValue struct {
	cell  int32
	value unit.Decimal
}

// birth is a first sample without one before it.
type birth struct {
	cell  int32
	time  int64
	value float64
}

// extremes are the outermost and the extreme samples of gauges inside a grid.
type extremes struct {
	any                   bool
	firstTime, lastTime   int64
	first, last, min, max float64
}

const never = math.MinInt64 / 2

func newTally(key tallyKey, grid window.Grid) *tally {
	return &tally{key: key, grid: grid, near: min(key.maxGap, key.lookback), split: scaledOf(0)}
}

// reset makes the tally ready for the next series and keeps its memory.
func (c *tally) reset() {
	t := &c.tallied
	*t = tallied{cells: t.cells[:0], wide: t.wide[:0], recovered: t.recovered[:0], births: t.births[:0], runs: t.runs[:0], traces: t.traces[:0]}
	c.cell, c.limit, c.pt, c.seen = -1, never, never, never
	c.pv, c.base, c.n, c.bad = 0, 0, 0, 0
}

// add counts samples in the order of their times.
func (c *tally) add(ts []int64, vs []float64) {
	vs = vs[:len(ts)]
	if c.key.mode != counting {
		for i, t := range ts {
			c.observe(t, vs[i])
		}
		return
	}
	if c.key.traced {
		c.addTraced(ts, vs)
		return
	}
	limit, near, pt, pv, n := c.limit, c.near, c.pt, c.pv, c.n
	for i, t := range ts {
		v := vs[i]
		// Inside a cell, near the sample before and not below it: nothing to do yet.
		// The comparisons also turn away NaN and infinities.
		if d := t - pt; t <= limit && d <= near && d > 0 && v >= pv && v <= math.MaxFloat64 {
			pt, pv = t, v
			n++
			continue
		}
		c.pt, c.pv, c.n = pt, pv, n
		c.step(t, v)
		limit, pt, pv, n = c.limit, c.pt, c.pv, c.n
	}
	c.pt, c.pv, c.n = pt, pv, n
}

// older reports whether the sample with which another replica continues is older
// than the one before, whatever its time says: it lies below it, near it, and
// this replica did not see the counter fall since its own last sample. The
// sample after it is never older: then the counter fell.
func (c *tally) older(ownTime int64, own float64, t int64, v float64) bool {
	return c.key.mode == counting && ownTime <= c.pt && t-c.pt <= c.key.maxGap && v < c.pv &&
		(own <= v || t-ownTime > c.key.lookback)
}

// admit reports whether t, v is a sample that this tally is about.
func (c *tally) admit(t int64, v float64) bool {
	switch {
	case value.IsStaleNaN(v), t < c.grid[0]-c.key.lookback, t > c.grid[len(c.grid)-1]:
		return false
	case math.IsNaN(v) || math.IsInf(v, 0):
		c.dropped++
		return false
	case t <= c.pt:
		c.unordered++
		return false
	}
	return true
}

// step counts a counter's sample that opens a cell, comes after a gap, follows
// a reset or is the first.
func (c *tally) step(t int64, v float64) {
	if !c.admit(t, v) {
		return
	}
	distance := t - c.pt
	growth := c.pv // what v is compared with
	if v < c.pv {
		growth = 0 // a reset: the counter began at 0 again
	}
	c.close()
	c.open(t)
	c.base, c.n = growth, 1
	switch {
	case distance > c.key.lookback:
		c.appear(t, c.pt)
		c.base, c.n = v, 0
		c.samples++
		if c.cell >= 0 {
			c.births = append(c.births, birth{cell: int32(c.cell), time: t, value: v})
		}
	case distance > c.key.maxGap:
		if c.cell >= 0 && v != growth {
			c.recovered = append(c.recovered, cellValue{int32(c.cell), difference(v, growth)})
		}
		c.base, c.n = v, 0
		c.samples++
	}
	c.pt, c.pv = t, v
}

// observe counts a gauge's sample, each of which stands for itself.
func (c *tally) observe(t int64, v float64) {
	if !c.admit(t, v) {
		return
	}
	if t > c.limit {
		c.close()
		c.open(t)
	}
	if c.key.mode != reaching || v == 1 {
		if t-c.seen > c.key.lookback {
			c.appear(t, c.seen)
		}
		c.seen = t
	}
	c.pt = t
	c.n++
	if c.cell >= 0 {
		c.traceStep(t, v, Itself)
	}
	switch {
	case c.cell < 0:
	case c.key.mode == averaging:
		c.sum.add(v, 1)
		c.extremes.add(t, v)
	case v != 1:
		c.bad++
	}
}

// appear starts a run at t and ends the one before at last.
func (c *tally) appear(t, last int64) {
	c.endRun(last)
	c.runs = append(c.runs, run{first: t})
}

func (c *tally) endRun(last int64) {
	if len(c.runs) > 0 {
		c.runs[len(c.runs)-1].last = last
	}
}

// open makes the cell that owns t the open one.
func (c *tally) open(t int64) {
	for c.cell+1 < len(c.grid) && c.grid[c.cell+1] < t {
		c.cell++
	}
	c.limit = c.grid[c.cell+1]
}

// close writes down what the open cell gained.
func (c *tally) close() {
	c.samples += int64(c.n)
	if c.cell >= 0 {
		count := cellCount{cell: int32(c.cell), samples: c.n}
		switch c.key.mode {
		case averaging:
			c.drain()
		case counting:
			c.grow(&count)
		default:
			count.value = c.bad
		}
		if count.samples != 0 || count.value != 0 {
			c.cells = append(c.cells, count)
		}
	}
	c.n, c.bad = 0, 0
}

// grow puts the growth of the open cell into the count.
func (c *tally) grow(count *cellCount) {
	if isWhole(c.pv) && isWhole(c.base) {
		count.value = int64(c.pv) - int64(c.base)
		return
	}
	base := c.split
	if c.splitFrom != c.base {
		base = scaledOf(c.base)
	}
	c.split, c.splitFrom = scaledOf(c.pv), c.pv
	var ok bool
	if count.value, count.digits, ok = c.split.minus(base); !ok {
		count.value, count.digits = 0, 0
		c.wide = append(c.wide, cellValue{count.cell, difference(c.pv, c.base)})
	}
}

// drain writes down the sum of the open cell.
func (c *tally) drain() {
	cell := int32(c.cell)
	c.sum.drain(func(v int64, digits uint8) {
		c.cells = append(c.cells, cellCount{cell: cell, value: v, digits: digits})
	}, func(d unit.Decimal) { c.wide = append(c.wide, cellValue{cell, d}) })
}

// finish ends the series.
func (c *tally) finish() *tallied {
	c.close()
	if c.key.mode == counting {
		c.seen = c.pt
	}
	c.endRun(c.seen)
	return &c.tallied
}

func (e *extremes) add(t int64, v float64) {
	e.unite(extremes{any: true, firstTime: t, lastTime: t, first: v, last: v, min: v, max: v})
}

// unite widens e by another series. Of samples at the same instant the smaller
// is first and the larger last, so that the order of the series does not matter.
func (e *extremes) unite(o extremes) {
	if !o.any {
		return
	}
	if !e.any {
		*e = o
		return
	}
	if o.firstTime < e.firstTime || o.firstTime == e.firstTime && o.first < e.first {
		e.firstTime, e.first = o.firstTime, o.first
	}
	if o.lastTime > e.lastTime || o.lastTime == e.lastTime && o.last > e.last {
		e.lastTime, e.last = o.lastTime, o.last
	}
	e.min, e.max = min(e.min, o.min), max(e.max, o.max)
}

func isWhole(f float64) bool { return f == math.Trunc(f) && math.Abs(f) < whole }

// difference returns a − b as exact decimals.
func difference(a, b float64) unit.Decimal {
	x, _ := unit.DecimalOfFloat(a)
	y, _ := unit.DecimalOfFloat(b)
	return x.Sub(y)
}
