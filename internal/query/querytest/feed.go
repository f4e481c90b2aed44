package querytest

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
)

// Feed is a query.Feed of series in memory, which counts what is read of it.
type Feed struct {
	Series []Series
	// Reads is how many samples were handed on, with repetitions.
	Reads atomic.Int64
	// Fail, if set, is the error with which a series ends instead of io.EOF.
	Fail map[string]error // by metric name
}

// Read implements query.Feed.
func (f *Feed) Read(_ context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	for _, s := range f.Series {
		if !sel.Matches(s.Labels) {
			continue
		}
		r := &reader{feed: f, labels: s.Labels, end: io.EOF}
		if err := f.Fail[s.Labels.Get(labels.MetricName)]; err != nil {
			r.end = err
		}
		for _, p := range s.Samples {
			if from <= p.T && p.T <= to {
				r.samples = append(r.samples, p)
			}
		}
		for _, p := range s.Histograms {
			if from <= p.T && p.T <= to {
				r.histograms = append(r.histograms, p)
			}
		}
		if len(r.samples) == 0 && len(r.histograms) == 0 {
			continue
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

type reader struct {
	feed    *Feed
	labels  labels.Labels
	samples []Sample
	end     error

	histograms []Histogram
	next       int // of them, to be read
}

func (r *reader) Labels() labels.Labels { return r.labels }
func (r *reader) Histograms() int       { return len(r.histograms) }

// ReadHistogram implements query.NativeSeries.
func (r *reader) ReadHistogram(h *histogram.FloatHistogram) (int64, error) {
	if r.next == len(r.histograms) {
		return 0, r.end
	}
	p := r.histograms[r.next]
	r.next++
	p.H.CopyTo(h)
	return p.T, nil
}

func (r *reader) Read(ts []int64, vs []float64) (int, error) {
	if len(r.samples) == 0 {
		return 0, r.end
	}
	n := min(len(ts), len(r.samples))
	for i, p := range r.samples[:n] {
		ts[i], vs[i] = p.T, p.V
	}
	r.samples = r.samples[n:]
	r.feed.Reads.Add(int64(n))
	return n, nil
}
