// Package tsdb reads metrics from files: Prometheus blocks and data directories,
// and OpenMetrics text. Both come down to compressed chunks of raw samples,
// which package query accounts exactly, and over which Prometheus's own engine
// answers free PromQL.
//
// Nothing is ever written into a directory that is read, and none is locked: it
// may belong to a running server.
package tsdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sort"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/xor"
)

// Options are the settings that both kinds of source share. The zero value is
// ready for use.
type Options struct {
	// Name is the source's name in the configuration; "metrics" if empty.
	Name string
	// Workers is how many goroutines decode samples; one per processor if 0.
	Workers int
	// DedupLabels tell replicas of a series apart, which count once, see
	// query.Replicated.
	DedupLabels []string
	// TempDir is where the write-ahead log of a data directory is replayed; the
	// system's directory for temporary files if empty.
	TempDir string
}

// Source is an open metrics source. It is a query.Source, and in addition it
// answers PromQL range queries, see [Source.QueryRange].
type Source struct {
	info    query.Info
	workers int
	dedup   []string
	// chunks returns a querier over the chunks that may have samples at
	// from ≤ t ≤ to.
	chunks func(ctx context.Context, from, to int64) (storage.ChunkQuerier, error)
	// metadata is what is known of metric names, if anything.
	metadata map[string]query.Metric
	// notes are added to every scan.
	notes func() []string
	close func() error
}

func newSource(kind, path string, opt Options) *Source {
	if opt.Name == "" {
		opt.Name = "metrics"
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	return &Source{info: query.Info{Name: opt.Name, Kind: kind, Target: path}, workers: opt.Workers, dedup: opt.DedupLabels,
		notes: func() []string { return nil }, close: func() error { return nil }}
}

// Info implements query.Source.
func (s *Source) Info() query.Info { return s.info }

// Close implements query.Source.
func (s *Source) Close() error { return s.close() }

// Scan implements query.Source: exactly, but for free expressions.
func (s *Source) Scan(ctx context.Context, reqs []query.Request) ([]query.Result, error) {
	out := make([]query.Result, len(reqs))
	var exact []query.Request
	var index []int
	ask := query.ShareAnswers(s.QueryRange)
	for i, req := range reqs {
		if req.Indicator.Kind == query.Expression {
			out[i] = s.express(ctx, req, ask)
			continue
		}
		exact, index = append(exact, req), append(index, i)
	}
	results, err := query.Account(ctx, query.Replicated(s, s.dedup), exact, s.workers)
	if err != nil {
		return nil, s.in("reading", err)
	}
	for i, r := range results {
		if r.Err != nil {
			r.Err = s.in("reading", r.Err)
		}
		out[index[i]] = r
	}
	for _, r := range out {
		if r.Scan != nil {
			r.Scan.Notes = append(r.Scan.Notes, s.notes()...)
		}
	}
	return out, nil
}

// in says in which file something went wrong.
func (s *Source) in(doing string, err error) error {
	if strings.Contains(err.Error(), "checksum mismatch") { // tsdb's own error has no type
		return fmt.Errorf("%s %s: a block is damaged; restore it, or move it away to evaluate without its samples: %w", doing, s.info.Target, err)
	}
	return fmt.Errorf("%s %s: %w", doing, s.info.Target, err)
}

// Read implements query.Feed. Only the index is read here; chunks are decoded
// where the series is read.
func (s *Source) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	q, err := s.chunks(ctx, from, to)
	if err != nil {
		return err
	}
	defer q.Close()
	// Untrimmed chunks need not be encoded again; the accounting knows its span.
	set := q.Select(ctx, true, &storage.SelectHints{Start: from, End: to, DisableTrimming: true}, sel.Matchers...)
	var it chunks.Iterator
	for set.Next() {
		at := set.At()
		it = at.Iterator(it)
		raw := &series{labels: at.Labels()}
		for it.Next() {
			raw.chunks = append(raw.chunks, it.At().Chunk)
		}
		if err := it.Err(); err != nil {
			return fmt.Errorf("reading series %s: %w", raw.labels, err)
		}
		raw.natives = natives{chunks: raw.chunks}
		if err := each(raw); err != nil {
			return err
		}
	}
	return set.Err()
}

// series is a query.RawSeries of chunks in the order of their times.
type series struct {
	labels     labels.Labels
	chunks     []chunkenc.Chunk
	packed     bool // the open chunk is read by xor
	xor        xor.Decoder
	it         chunkenc.Iterator
	open       bool
	starts     []int64
	start      int64 // the last start timestamp
	hasStarts  bool  // the open chunk can have them
	histograms int
	natives
}

// Labels implements query.RawSeries.
func (s *series) Labels() labels.Labels { return s.labels }

// Histograms implements query.RawSeries.
func (s *series) Histograms() int { return s.histograms }

// Starts implements query.Started.
func (s *series) Starts() []int64 { return s.starts }

// Read implements query.RawSeries.
func (s *series) Read(ts []int64, vs []float64) (int, error) {
	vs = vs[:len(ts)]
	n := 0
	for n < len(ts) {
		if !s.open {
			if len(s.chunks) == 0 {
				break
			}
			if err := s.next(); err != nil {
				return n, err
			}
		}
		if s.packed {
			got, err := s.xor.Read(ts[n:], vs[n:])
			if err != nil {
				return n + got, fmt.Errorf("decoding a chunk: %w", err)
			}
			n += got
			s.open = n == len(ts)
			continue
		}
		switch s.it.Next() {
		case chunkenc.ValFloat:
			ts[n], vs[n] = s.it.At()
			n++
			if s.hasStarts {
				s.began(s.it.AtST())
			}
		case chunkenc.ValNone:
			if err := s.it.Err(); err != nil {
				return n, fmt.Errorf("decoding a chunk: %w", err)
			}
			s.open = false
		default:
			s.histograms++
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// next opens the next chunk. Almost all are what xor reads; a chunk of a
// write-ahead log that is being filled is none.
func (s *series) next() error {
	c := s.chunks[0]
	s.chunks, s.open = s.chunks[1:], true
	if plain, ok := c.(*chunkenc.XORChunk); ok {
		s.packed = true
		if err := s.xor.Reset(plain.Bytes()); err != nil {
			return fmt.Errorf("decoding a chunk: %w", err)
		}
		return nil
	}
	s.packed, s.it, s.hasStarts = false, c.Iterator(s.it), c.Encoding() == chunkenc.EncXOR2
	return nil
}

// began keeps the start timestamps that differ from the one before.
func (s *series) began(start int64) {
	if start != 0 && start != s.start {
		s.start, s.starts = start, append(s.starts, start)
	}
}

// Metrics implements query.Source.
func (s *Source) Metrics(ctx context.Context, in period.Span) ([]query.Metric, error) {
	count := map[string]int{}
	all := labels.MustNewMatcher(labels.MatchNotEqual, labels.MetricName, "")
	err := s.list(ctx, in, []*labels.Matcher{all}, func(ls labels.Labels) bool {
		count[ls.Get(labels.MetricName)]++
		return true
	})
	out := make([]query.Metric, 0, len(count))
	for name, n := range count {
		m := s.metadata[name]
		m.Name, m.Series = name, n
		out = append(out, m)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, err
}

// Series implements query.Source.
func (s *Source) Series(ctx context.Context, sel query.Selector, in period.Span, limit int) ([]labels.Labels, error) {
	var out []labels.Labels
	err := s.list(ctx, in, sel.Matchers, func(ls labels.Labels) bool {
		if len(out) < limit {
			out = append(out, ls)
		}
		return len(out) < limit
	})
	return out, err
}

// list calls each for the series with samples in the span, until it returns
// false.
func (s *Source) list(ctx context.Context, in period.Span, matchers []*labels.Matcher, each func(labels.Labels) bool) error {
	from, to := in.Start.UnixMilli()+1, in.End.UnixMilli()
	q, err := s.chunks(ctx, from, to)
	if err != nil {
		return s.in("listing series of", err)
	}
	defer q.Close()
	set := q.Select(ctx, true, &storage.SelectHints{Start: from, End: to}, matchers...)
	var it chunks.Iterator
	for set.Next() {
		at := set.At()
		it = at.Iterator(it)
		found, err := anyWithin(it, from, to)
		if err := errors.Join(err, ctx.Err()); err != nil {
			return s.in("listing series of", err)
		}
		if found && !each(at.Labels()) {
			return nil
		}
	}
	if err := set.Err(); err != nil {
		return s.in("listing series of", err)
	}
	return nil
}

// anyWithin reports whether one of the chunks has a sample at from ≤ t ≤ to. It
// decodes only a chunk that begins before and ends after the span.
func anyWithin(it chunks.Iterator, from, to int64) (bool, error) {
	for it.Next() {
		meta := it.At()
		if from <= meta.MinTime && meta.MinTime <= to || from <= meta.MaxTime && meta.MaxTime <= to {
			return true, nil
		}
		samples := meta.Chunk.Iterator(nil)
		if samples.Seek(from) != chunkenc.ValNone && samples.AtT() <= to {
			return true, nil
		}
		if err := samples.Err(); err != nil {
			return false, err
		}
	}
	return false, it.Err()
}

// The widest span of samples.
const (
	earliest = math.MinInt64
	latest   = math.MaxInt64
)
