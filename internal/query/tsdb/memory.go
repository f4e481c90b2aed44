package tsdb

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// perChunk is how many samples a chunk takes, as Prometheus's own.
const perChunk = 120

// memory holds series as compressed chunks: about two bytes a sample, where the
// text takes a hundred.
type memory struct{ series []*memSeries }

// memSeries is one series being filled.
type memSeries struct {
	labels      labels.Labels
	chunks      []chunks.Meta
	app         chunkenc.Appender
	first, last int64
	samples     int
	late        []sample // out of order; merged in by seal
	histograms  chunker  // native ones, of a recording
}

type sample struct {
	t int64
	v float64
}

// append adds a sample. A repeated line does no harm, two values for one instant
// are an error.
func (s *memSeries) append(t int64, v float64) error {
	if s.samples > 0 && t <= s.last {
		s.late = append(s.late, sample{t, v})
		return nil
	}
	if s.samples%perChunk == 0 {
		c := chunkenc.NewXORChunk()
		app, err := c.Appender()
		if err != nil {
			return err
		}
		s.app = app
		s.chunks = append(s.chunks, chunks.Meta{Chunk: c, MinTime: t})
	}
	s.app.Append(0, t, v)
	if s.samples == 0 {
		s.first = t
	}
	s.last = t
	s.chunks[len(s.chunks)-1].MaxTime = t
	s.samples++
	return nil
}

// seal ends filling: samples out of order get their place, and series theirs.
func (m *memory) seal() error {
	for _, s := range m.series {
		if err := s.settle(); err != nil {
			return err
		}
	}
	m.sortSeries()
	return nil
}

// settle merges the late samples in.
func (s *memSeries) settle() error {
	if len(s.late) == 0 {
		return nil
	}
	var all []sample
	var it chunkenc.Iterator
	for _, c := range s.chunks {
		it = c.Chunk.Iterator(it)
		for it.Next() == chunkenc.ValFloat {
			t, v := it.At()
			all = append(all, sample{t, v})
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	all = append(all, s.late...)
	slices.SortStableFunc(all, func(a, b sample) int { return int(min(1, max(-1, a.t-b.t))) })
	*s = memSeries{labels: s.labels}
	for i, p := range all {
		if i > 0 && p.t == all[i-1].t {
			if math.Float64bits(p.v) != math.Float64bits(all[i-1].v) {
				return fmt.Errorf("series %s has two values at %s: %v and %v", s.labels, instant(p.t), all[i-1].v, p.v)
			}
			continue
		}
		if err := s.append(p.t, p.v); err != nil {
			return err
		}
	}
	return nil
}

// memQuerier is a storage.ChunkQuerier over memory. It looks at every series:
// files are small, and there is no index to keep right.
type memQuerier struct {
	store    *memory
	from, to int64
}

// Select implements storage.ChunkQuerier.
func (q *memQuerier) Select(_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.ChunkSeriesSet {
	from, to := q.from, q.to
	if hints != nil {
		from, to = hints.Start, hints.End
	}
	set := &memSet{at: -1}
	for _, s := range q.store.series {
		if matches(s.labels, matchers) {
			if c := s.between(from, to); len(c) > 0 {
				set.series = append(set.series, &storage.ChunkSeriesEntry{Lset: s.labels,
					ChunkIteratorFn: func(chunks.Iterator) chunks.Iterator { return storage.NewListChunkSeriesIterator(c...) }})
			}
		}
	}
	return set
}

func matches(ls labels.Labels, matchers []*labels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) })
}

// between returns the chunks with samples in the span.
func (s *memSeries) between(from, to int64) []chunks.Meta {
	var out []chunks.Meta
	for _, c := range s.chunks {
		if c.MinTime <= to && from <= c.MaxTime {
			out = append(out, c)
		}
	}
	return out
}

// LabelValues implements storage.LabelQuerier; nothing here asks for them.
func (q *memQuerier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements storage.LabelQuerier; nothing here asks for them.
func (q *memQuerier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements storage.LabelQuerier.
func (q *memQuerier) Close() error { return nil }

type memSet struct {
	series []storage.ChunkSeries
	at     int
}

func (s *memSet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *memSet) At() storage.ChunkSeries           { return s.series[s.at] }
func (s *memSet) Err() error                        { return nil }
func (s *memSet) Warnings() annotations.Annotations { return nil }
