// Package query says what a metrics source is: selectors and kinds of indicator
// go in, counts per group and cell come out. It holds what all sources share:
// the exact accounting of raw samples, and the translation of an indicator into
// PromQL for sources that can only be asked that way.
//
// A caller never writes a query string. It names selectors, which this package
// parses with Prometheus's own parser, and the source decides how to read them.
package query

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/window"
)

// Source is a place that metrics are read from. Implementations are safe for
// concurrent use.
type Source interface {
	// Info describes the source for a report's appendix.
	Info() Info
	// Scan answers the requests, reading series that several of them select only
	// once where it can. Results are in the order of the requests; a request
	// that fails carries its error and leaves the others alone. The error of Scan
	// itself means that the source as a whole could not be read.
	Scan(ctx context.Context, reqs []Request) ([]Result, error)
	// Metrics lists the metric names that have samples in the span, sorted.
	Metrics(ctx context.Context, in period.Span) ([]Metric, error)
	// Series lists the label sets that a selector matches in the span, at most
	// limit of them.
	Series(ctx context.Context, sel Selector, in period.Span, limit int) ([]labels.Labels, error)
	// Close releases files and connections.
	Close() error
}

// Info describes a source.
type Info struct {
	Name   string `json:"name"`   // the name in the configuration, or "metrics"
	Kind   string `json:"kind"`   // "prometheus", "blocks" or "openmetrics"
	Target string `json:"target"` // the URL without credentials, or the path
	// Detail is what was found out about it: a version, a range of samples.
	Detail string `json:"detail,omitempty"`
}

// Metric is a metric name and what is known of it.
type Metric struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // counter, gauge, histogram, ...; "" if unknown
	Help string `json:"help,omitempty"`
	// Series is how many label sets the name has, 0 if unknown.
	Series int `json:"series,omitempty"`
}

// Result is the answer to one request: a scan, or the reason why there is none.
type Result struct {
	Scan *window.Scan
	Err  error
}

// Kind is a kind of indicator.
type Kind int

// The kinds of indicator.
const (
	// Counter is the growth of one counter: Indicator.Total.
	Counter Kind = iota
	// Ratio is bad (or good) events out of all: Total with Bad or Good.
	Ratio
	// Histogram is the distribution of a classic histogram: Indicator.Total
	// selects the base name, without _bucket.
	Histogram
	// Gauge is the samples of a gauge: Indicator.Total.
	Gauge
	// Rating is a mean kept as two counters: Sum over Total.
	Rating
	// Up is an up or probe gauge whose samples are the events, bad where they are
	// not 1: Indicator.Total.
	Up
	// Expression is a ratio of two free PromQL expressions in which $window
	// stands for the length of a window: TotalExpr with BadExpr or GoodExpr.
	// Sources answer it with PromQL accounting.
	Expression
)

// Indicator says what is counted.
type Indicator struct {
	Kind                         Kind
	Total, Bad, Good, Sum        Selector
	TotalExpr, BadExpr, GoodExpr string
	// Combine is how the targets of an Up indicator make one service.
	Combine Combine
}

// Request asks for one indicator.
type Request struct {
	Indicator Indicator
	// GroupBy names the labels that groups are formed by.
	GroupBy []string
	Grid    window.Grid
	// MaxGap and Lookback are the accounting's limits (docs/concepts.md,
	// "Counting"): up to MaxGap two samples of a series enclose a window's
	// growth, and up to Lookback a sample knows its predecessor.
	MaxGap, Lookback time.Duration
	// EachSample asks for a grid that is cut at every instant at which a selected
	// sample lies, between the first and last instant of Grid. It finds the
	// moment at which a budget ran out, and is for short grids. Sources that
	// cannot do so answer on Grid.
	EachSample bool
	// Trace, if set, is told how every sample was counted. Only exact accounting
	// can tell, and it takes a multiple of the time.
	Trace Tracer
}

// Selector is a parsed instant vector selector.
type Selector struct {
	// Matchers include the one for the metric name, if the selector has one.
	Matchers []*labels.Matcher
	// Text is the selector in PromQL's canonical form.
	Text string
}

// IsZero reports whether there is no selector.
func (s Selector) IsZero() bool { return len(s.Matchers) == 0 }
