package query

import (
	"context"
	"io"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
)

// Limits of the accounting where a request gives none.
const (
	DefaultMaxGap   = 5 * time.Minute
	DefaultLookback = time.Hour
)

// Feed delivers raw samples. It is what a source implements to have its samples
// accounted exactly by [Account].
type Feed interface {
	// Read hands over every series that the selector matches and that may have
	// samples at from ≤ t ≤ to, in milliseconds since the epoch; samples outside
	// may come along. It calls each from one goroutine, and stops with the error
	// that each returns. A series that was handed over is read afterwards, on
	// another goroutine than Read's, while Read goes on or after it returned.
	Read(ctx context.Context, sel Selector, from, to int64, each func(RawSeries) error) error
}

// RawSeries is one series on its way into the accounting. It is read once, by
// one goroutine.
type RawSeries interface {
	Labels() labels.Labels
	// Read fills ts and vs, which have the same length, with the next samples in
	// the order of their times and returns how many there were. At the end it
	// returns 0 and io.EOF. Stale markers, NaN and infinities may be among the
	// samples: the accounting knows what to do with them.
	Read(ts []int64, vs []float64) (int, error)
	// Histograms is how many samples were native histograms, which Read passes
	// over. It is asked after the end.
	Histograms() int
}

// NativeSeries is a RawSeries that may have native histograms among its samples.
type NativeSeries interface {
	RawSeries
	// ReadHistogram puts the next native histogram into h, whose memory it uses
	// again, and returns its time. At the end it returns io.EOF. It passes over
	// other samples, and goes its own way through the series, whatever Read has
	// read. A stale marker has it in its sum.
	ReadHistogram(h *histogram.FloatHistogram) (int64, error)
}

// readHistogram reads the next native histogram of a series, if it has any.
func readHistogram(s RawSeries, h *histogram.FloatHistogram) (int64, error) {
	if native, ok := s.(NativeSeries); ok {
		return native.ReadHistogram(h)
	}
	return 0, io.EOF
}

// Started is a RawSeries whose samples may carry start timestamps, as Prometheus
// stores them where `st-storage` is enabled.
type Started interface {
	RawSeries
	// Starts are the start timestamps of the samples that were read, in
	// milliseconds since the epoch, without those that are 0. It is asked after the
	// end.
	Starts() []int64
}

// startsOf returns the start timestamps of a series that has them.
func startsOf(s RawSeries) []int64 {
	if st, ok := s.(Started); ok {
		return st.Starts()
	}
	return nil
}
