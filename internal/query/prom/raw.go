package prom

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query"
)

// rawQueries is the query.Feed of servers without remote read: a range selector,
// asked as an instant query, answers with the samples themselves. A long time is
// asked in slices, of which a few are under way at once; what has arrived is kept
// compressed until each series is whole.
type rawQueries struct {
	*source
	warn func([]string)
}

const (
	// perAnswer is how many samples one answer should hold. In JSON they take 30
	// bytes each, and some answers are in memory at once.
	perAnswer = 100_000
	// narrowest is the shortest slice, in milliseconds, that is still divided.
	narrowest = 60_000
	// widest is the longest slice that is asked for, however few samples there are.
	widest = 7 * day
	// perChunk is how many samples a chunk takes: enough to make what it costs
	// beside them small.
	perChunk = 1000
)

// Read implements query.Feed.
func (r *rawQueries) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	rate, err := r.rate(ctx, sel, slice{from, to})
	if err != nil {
		return err
	}
	width := int64(widest)
	if rate > 0 {
		width = int64(min(float64(width), max(r.perAnswer/rate, narrowest)))
	}
	return r.gather(ctx, slice{from, to}.cut(width), func(ctx context.Context, in slice) ([]*series, error) {
		return r.fetch(ctx, sel, in)
	}, each)
}

// fetch asks for the samples of a slice. Servers differ in whether a range holds
// its left edge: it is put where a sample that it may hold is left out here.
func (r *rawQueries) fetch(ctx context.Context, sel query.Selector, in slice) ([]*series, error) {
	end := floor(in.to+999, 1000) // whole seconds reach every server unrounded
	expr := fmt.Sprintf("%s[%dms]", sel.Text, end-(in.from-1))
	value, warnings, _, err := r.api.Query(ctx, expr, time.UnixMilli(end), v1.WithTimeout(r.opt.Timeout))
	if err != nil {
		return nil, r.explain(ctx, expr, err)
	}
	r.warn(warnings)
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, &Error{Server: r.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s is a %s, not raw samples", expr, value.Type())}
	}
	out := make([]*series, 0, len(matrix))
	for _, stream := range matrix {
		s := &series{labels: labelsOf(model.LabelSet(stream.Metric)), to: closed}
		for _, h := range stream.Histograms {
			if t := int64(h.Timestamp); in.from <= t && t <= in.to {
				s.histograms++
			}
		}
		if err := s.compress(stream.Values, in); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// compress appends the samples that lie in the slice.
func (s *series) compress(samples []model.SamplePair, in slice) error {
	for len(samples) > 0 {
		n := min(len(samples), perChunk)
		c := chunkenc.NewXORChunk()
		app, err := c.Appender()
		if err != nil {
			return err
		}
		for _, p := range samples[:n] {
			if t := int64(p.Timestamp); in.from <= t && t <= in.to {
				app.Append(0, t, float64(p.Value))
			}
		}
		c.Compact()
		s.chunks = append(s.chunks, chunk{in, c.Encoding(), c.Bytes()})
		samples = samples[n:]
	}
	return nil
}

// rate estimates how many samples a selector has per millisecond: the most of
// three hours that lie evenly over the time.
func (s *source) rate(ctx context.Context, sel query.Selector, in slice) (float64, error) {
	width := max(min(3_600_000, in.to-in.from), 1)
	largest := 0.0
	for k := int64(1); k <= 3; k++ {
		at := time.UnixMilli(floor(in.from+(in.to-in.from)*k/3, 1000))
		expr := fmt.Sprintf("sum(count_over_time(%s[%dms]))", sel.Text, width)
		vector, err := s.instant(ctx, expr, at)
		if isRefusal(err) {
			// Metrics of several names may not be counted over time together. They are
			// taken to be scraped every 10 seconds.
			expr = fmt.Sprintf("count(%s) * %d / 10000", sel.Text, width)
			vector, err = s.instant(ctx, expr, at)
		}
		if isRefusal(err) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		for _, v := range vector {
			largest = math.Max(largest, float64(v.Value)/float64(width))
		}
	}
	return largest, nil
}

// instant asks for a vector.
func (s *source) instant(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	value, _, _, err := s.api.Query(ctx, expr, at, v1.WithTimeout(s.opt.Timeout))
	if err != nil {
		return nil, s.explain(ctx, expr, err)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, &Error{Server: s.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s is a %s, not a vector", expr, value.Type())}
	}
	return vector, nil
}

// gather fetches slices, a few at once, and hands over the series of all of them
// together.
func (s *source) gather(ctx context.Context, slices []slice, fetch func(context.Context, slice) ([]*series, error), each func(query.RawSeries) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	type answer struct {
		series []*series
		err    error
	}
	queue := make(chan chan answer, s.opt.Concurrency)
	wg.Go(func() {
		defer close(queue)
		for _, part := range slices {
			one := make(chan answer, 1)
			select {
			case queue <- one:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				var a answer
				a.series, a.err = halve(ctx, part, fetch)
				one <- a
			})
		}
	})
	kept := &shelf{}
	for one := range queue {
		a := <-one
		if a.err != nil {
			return a.err
		}
		kept.add(a.series)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	kept.index = nil
	for i, whole := range kept.order {
		kept.order[i] = nil // from here on it is the reader's
		if err := each(whole); err != nil {
			return err
		}
	}
	return nil
}

// halve fetches a slice, or its halves one after the other where the server
// refuses so much at once.
func halve(ctx context.Context, in slice, fetch func(context.Context, slice) ([]*series, error)) ([]*series, error) {
	all, err := fetch(ctx, in)
	width := (in.to - in.from + 1) / 2
	if err == nil || !divisible(err) || width < narrowest/2 {
		return all, err
	}
	kept := &shelf{}
	for _, half := range in.cut(width) {
		part, err := halve(ctx, half, fetch)
		if err != nil {
			return nil, err
		}
		kept.add(part)
	}
	return kept.order, nil
}
