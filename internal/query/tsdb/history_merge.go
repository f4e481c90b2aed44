package tsdb

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
)

// merger brings together what several recordings of a day have of each series.
type merger struct {
	all map[string]*merged
	key []byte

	mu  sync.Mutex
	err error // the first that a series had, while it was written
}

// merged is a series and its recordings, of which the later ones complete the
// first.
type merged struct {
	labels labels.Labels
	parts  []query.RawSeries
}

// add adds a recording of a series.
func (m *merger) add(s query.RawSeries) {
	m.key = s.Labels().Bytes(m.key)
	one := m.all[string(m.key)]
	if one == nil {
		one = &merged{labels: s.Labels()}
		m.all[string(m.key)] = one
	}
	one.parts = append(one.parts, s)
}

// series returns the series in order, for a single pass over each.
func (m *merger) series() []SampleSeries {
	out := make([]SampleSeries, 0, len(m.all))
	for _, one := range m.all {
		s := SampleSeries{Labels: one.labels, Samples: m.samples(one)}
		if slices.ContainsFunc(one.parts, hasNatives) {
			s.Histograms = m.histograms(one)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b SampleSeries) int { return labels.Compare(a.Labels, b.Labels) })
	return out
}

// samples yields the samples of all parts in the order of their times, one for
// each instant. Where parts differ, the last one is right: it was recorded first,
// and what was recorded stays.
func (m *merger) samples(one *merged) iter.Seq2[int64, float64] {
	return func(yield func(int64, float64) bool) {
		cursors := make([]*cursor, len(one.parts))
		for i, p := range one.parts {
			cursors[i] = &cursor{raw: p, ts: make([]int64, 256), vs: make([]float64, 256)}
		}
		for {
			var first *cursor
			for _, c := range cursors {
				if c.next() && (first == nil || c.ts[c.i] <= first.ts[first.i]) {
					first = c
				}
				if c.err != nil {
					m.fail(fmt.Errorf("reading series %s: %w", one.labels, c.err))
					return
				}
			}
			if first == nil {
				return
			}
			t := first.ts[first.i]
			if !yield(t, first.vs[first.i]) {
				return
			}
			for _, c := range cursors {
				if c.next() && c.ts[c.i] == t {
					c.i++
				}
			}
		}
	}
}

// histograms is samples for native histograms.
func (m *merger) histograms(one *merged) iter.Seq2[int64, *histogram.FloatHistogram] {
	return func(yield func(int64, *histogram.FloatHistogram) bool) {
		type waiting struct {
			t    int64
			h    histogram.FloatHistogram
			done bool
		}
		heads := make([]waiting, len(one.parts))
		step := func(i int) bool {
			w := &heads[i]
			native, ok := one.parts[i].(query.NativeSeries)
			if w.done = !ok; w.done {
				return true
			}
			var err error
			w.t, err = native.ReadHistogram(&w.h)
			w.done = err != nil
			if err != nil && !errors.Is(err, io.EOF) {
				m.fail(fmt.Errorf("reading series %s: %w", one.labels, err))
				return false
			}
			return true
		}
		for i := range heads {
			if !step(i) {
				return
			}
		}
		for {
			first := -1
			for i := range heads {
				if !heads[i].done && (first < 0 || heads[i].t <= heads[first].t) {
					first = i
				}
			}
			if first < 0 || !yield(heads[first].t, &heads[first].h) {
				return
			}
			t := heads[first].t
			for i := range heads {
				if !heads[i].done && heads[i].t == t && !step(i) {
					return
				}
			}
		}
	}
}

func (m *merger) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

func (m *merger) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// cursor stands at a sample of a series.
type cursor struct {
	raw  query.RawSeries
	ts   []int64
	vs   []float64
	i, n int
	done bool
	err  error
}

// next reports whether there is a sample at i, and reads on where the last batch
// is used up.
func (c *cursor) next() bool {
	for c.i >= c.n && !c.done && c.err == nil {
		n, err := c.raw.Read(c.ts, c.vs)
		c.i, c.n = 0, n
		if errors.Is(err, io.EOF) {
			c.done = true
		} else {
			c.err = err
		}
	}
	return c.i < c.n && c.err == nil
}
