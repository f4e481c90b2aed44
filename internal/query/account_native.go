package query

import (
	"context"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// growth is what a native histogram gained in a cell.
type growth struct {
	cell int32
	by   *histogram.FloatHistogram
}

// layoutRun is how many samples in a row had the same custom bounds.
type layoutRun struct {
	bounds  []float64
	samples int64
}

// spread is the [tally] of native histograms: the increments between samples
// that follow each other are taken bucket by bucket, and a reset is what
// Prometheus takes for one. Reset hints are not needed for that, but believed
// where a sample says that it follows a reset.
type spread struct {
	tally
	last, next histogram.FloatHistogram // the sample before, and the one that is read
	base       histogram.FloatHistogram // from which the open cell grew
}

func newSpread(key tallyKey, grid window.Grid) *spread { return &spread{tally: *newTally(key, grid)} }

// read tallies a series to its end.
func (s *spread) read(ctx context.Context, from RawSeries) (*tallied, error) {
	s.reset()
	s.growths, s.regained, s.first, s.layouts = nil, nil, nil, nil
	s.base, s.last = histogram.FloatHistogram{}, histogram.FloatHistogram{}
	for i := 0; ; i++ {
		t, err := readHistogram(from, &s.next)
		switch {
		case errors.Is(err, io.EOF):
			s.flush()
			s.endRun(s.pt)
			return &s.tallied, nil
		case err != nil:
			return nil, err
		case i%batch == 0 && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		if !value.IsStaleNaN(s.next.Sum) && s.admit(t, s.next.Count) {
			s.step(t)
		}
	}
}

// step counts the sample that was read.
func (s *spread) step(t int64) {
	if s.next.Validate() != nil {
		s.dropped++
		return
	}
	distance := t - s.pt
	reset := distance <= s.key.lookback && isReset(&s.next, &s.last)
	if t > s.limit || distance > s.near || reset {
		s.flush()
		s.tally.open(t)
		s.rebase(reset, distance)
		if distance > s.key.lookback {
			s.appear(t, s.pt)
			if s.cell >= 0 {
				s.births = append(s.births, birth{cell: int32(s.cell), time: t, value: s.next.Count})
				s.first = append(s.first, s.next.Copy())
			}
		}
	}
	if distance <= s.near {
		s.n++
	} else {
		s.samples++
	}
	s.last, s.next, s.pt = s.next, s.last, t
	s.layout()
}

// rebase sets from where the cell grows that begins with the sample that was
// read.
func (s *spread) rebase(reset bool, distance int64) {
	switch {
	case distance > s.key.lookback:
		s.next.CopyTo(&s.base)
	case distance > s.key.maxGap:
		if by := s.difference(&s.next, &s.last, reset); s.cell >= 0 {
			s.regained = append(s.regained, growth{int32(s.cell), by})
			if d := decimalOf(by.Count); !d.IsZero() {
				s.recovered = append(s.recovered, cellValue{int32(s.cell), *d})
			}
		}
		s.next.CopyTo(&s.base)
	case reset:
		s.base = histogram.FloatHistogram{Schema: s.next.Schema, ZeroThreshold: s.next.ZeroThreshold, CustomValues: s.next.CustomValues}
	default:
		s.last.CopyTo(&s.base)
	}
}

// isReset reports whether a histogram began at 0 again after the one before.
func isReset(next, last *histogram.FloatHistogram) bool {
	if next.CounterResetHint == histogram.NotCounterReset {
		// That is about the sample that was stored before, which need not be the one
		// that was counted before.
		next.CounterResetHint = histogram.UnknownCounterReset
	}
	return next.DetectReset(last)
}

// difference returns what a gained since b, of which it is a continuation.
func (s *spread) difference(a, b *histogram.FloatHistogram, reset bool) *histogram.FloatHistogram {
	by := a.Copy()
	if reset {
		return by
	}
	if d, _, _, err := by.Sub(b); err == nil {
		return d
	}
	return a.Copy() // of different kinds, which is a reset
}

// flush writes down what the open cell gained.
func (s *spread) flush() {
	s.samples += int64(s.n)
	if s.cell >= 0 && s.n > 0 {
		by := s.difference(&s.last, &s.base, false)
		count := cellCount{cell: int32(s.cell), samples: s.n}
		if isWhole(by.Count) {
			count.value = int64(by.Count)
		} else {
			s.wide = append(s.wide, cellValue{count.cell, *decimalOf(by.Count)})
		}
		s.cells = append(s.cells, count)
		s.growths = append(s.growths, growth{count.cell, by})
	}
	s.n = 0
}

// layout counts the sample to those with the same custom bounds.
func (s *spread) layout() {
	if !s.last.UsesCustomBuckets() {
		return
	}
	if n := len(s.layouts); n > 0 && slices.Equal(s.layouts[n-1].bounds, s.last.CustomValues) {
		s.layouts[n-1].samples++
		return
	}
	s.layouts = append(s.layouts, layoutRun{slices.Clone(s.last.CustomValues), 1})
}

// spreads tallies every native histogram of an extent.
func (l *ledger) spreads(ctx context.Context, e extent, key tallyKey, take func(labels.Labels, *tallied)) error {
	return l.series(ctx, e, func(b *buffers, s RawSeries) error {
		if b.spreads[key] == nil {
			b.spreads[key] = newSpread(key, l.grids[key.grid])
		}
		done, err := b.spreads[key].read(ctx, s)
		if err == nil {
			take(s.Labels(), done)
		}
		return err
	})
}

// nativeSamples hands over the times of the native histograms of an extent.
func (l *ledger) nativeSamples(ctx context.Context, e extent, each func(labels.Labels, []int64, []float64)) error {
	var mu sync.Mutex
	return l.series(ctx, e, func(_ *buffers, s RawSeries) error {
		var h histogram.FloatHistogram
		var ts []int64
		for {
			t, err := readHistogram(s, &h)
			switch {
			case errors.Is(err, io.EOF):
				mu.Lock()
				defer mu.Unlock()
				each(s.Labels(), ts, nil)
				return nil
			case err != nil:
				return err
			case !value.IsStaleNaN(h.Sum):
				ts = append(ts, t)
			}
		}
	})
}

// takeNative adds what a native histogram contributes.
func (a *account) takeNative(ls labels.Labels, t *tallied) {
	a.meet(ls, t)
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.samples == 0 {
		return
	}
	if !slices.Contains(a.scan.Expressions, a.req.Indicator.Total.Text) {
		if !a.classic { // none were found
			a.scan.Expressions = nil
		}
		a.scan.Expressions = append(a.scan.Expressions, a.req.Indicator.Total.Text)
	}
	a.untold("native histograms are counted bucket by bucket")
	g := a.group(ls)
	for _, r := range t.layouts {
		for _, b := range r.bounds {
			g.layout(ls, b, r.samples)
		}
		g.layout(ls, math.Inf(1), r.samples)
	}
	a.fill(g, roleNative, math.Inf(1), t)
	for _, by := range t.growths {
		a.spread(g, by, func(c *window.Counts) **unit.Sums { return &c.Windowed })
	}
	for _, by := range t.regained {
		a.spread(g, by, func(c *window.Counts) **unit.Sums { return &c.Recovered })
	}
	for i, b := range t.births {
		a.pending = append(a.pending, pendingBirth{birth: b, group: g, role: roleNative, bound: math.Inf(1), series: ls, native: t.first[i]})
	}
}

// spread adds a growth to the buckets of a group, in rows that into picks.
// Custom buckets are those of a classic histogram, and counted like these.
func (a *account) spread(g *group, by growth, into func(*window.Counts) **unit.Sums) {
	h, n := by.by, a.grid.Cells()
	add := func(c *window.Counts, count float64) {
		switch d, finite := unit.DecimalOfFloat(count); {
		case !finite:
			a.dropped++
		case isWhole(count):
			row(into(c), n).AddInt(int(by.cell), int64(count))
		default:
			row(into(c), n).Add(int(by.cell), d)
		}
	}
	if h.UsesCustomBuckets() {
		a.spreadCustom(g, h, add)
		return
	}
	scale := window.Scale{Schema: h.Schema, ZeroThreshold: h.ZeroThreshold}
	rows := g.native[scale]
	if rows == nil {
		rows = map[window.Place]*window.Counts{}
		g.native[scale] = rows
	}
	at := func(p window.Place, count float64) {
		if count == 0 {
			return
		}
		if rows[p] == nil {
			rows[p] = &window.Counts{}
		}
		add(rows[p], count)
	}
	at(window.Place{}, h.ZeroCount)
	for sign, it := range map[int32]histogram.BucketIterator[float64]{1: h.PositiveBucketIterator(), -1: h.NegativeBucketIterator()} {
		for it.Next() {
			b := it.At()
			at(window.Place{Sign: sign, Index: b.Index}, b.Count)
		}
	}
}

// spreadCustom adds the growth of custom buckets.
func (a *account) spreadCustom(g *group, h *histogram.FloatHistogram, add func(*window.Counts, float64)) {
	at := func(bound float64, count float64) {
		if g.buckets[bound] == nil {
			g.buckets[bound] = &window.Counts{}
		}
		if count != 0 {
			add(g.buckets[bound], count)
		}
	}
	own := make([]float64, len(h.CustomValues)+1)
	for it := h.PositiveBucketIterator(); it.Next(); {
		if b := it.At(); b.Index >= 0 && int(b.Index) < len(own) {
			own[b.Index] = b.Count
		}
	}
	below := 0.0
	for i, bound := range h.CustomValues {
		below += own[i]
		at(bound, below)
	}
	at(math.Inf(1), h.Count)
}

// layNative puts the buckets of a group's native histograms together.
func (a *account) layNative(g *group) {
	var all []*window.Native
	populated := len(slices.DeleteFunc(slices.Collect(maps.Values(g.native)), func(rows map[window.Place]*window.Counts) bool { return len(rows) == 0 }))
	for scale, rows := range g.native {
		if len(rows) == 0 && populated > 0 { // nothing was observed on this scale
			continue
		}
		n := &window.Native{Scale: scale}
		for p, c := range rows {
			n.Buckets = append(n.Buckets, window.NativeBucket{Place: p, Counts: *c})
		}
		n.Sort()
		all = append(all, n)
	}
	g.Native = window.Sum(all...)
	if populated > 1 {
		a.note("the native histograms of %s differ in their resolution and were added up at the coarsest: schema %d, zero bucket up to %v", a.req.Indicator.Total, g.Native.Schema, g.Native.ZeroThreshold)
	}
	if g.Native != nil && len(g.Buckets) > 0 {
		a.note("some histograms of %s have classic or custom buckets and some are exponential: no quantile can be told of both together", a.req.Indicator.Total)
	}
}
