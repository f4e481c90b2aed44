// Package window is the data structure between those who read samples and those
// who judge them: what one scan of a metrics source counted, per group of series
// and per cell of time. It holds no policy. Sources fill it, and sla and kpi
// read it.
package window

import (
	"sort"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Grid is an increasing list of instants, in milliseconds since the epoch. Cell
// i owns the samples in (Grid[i], Grid[i+1]].
//
// A grid is the common refinement of everything that will be asked of a scan:
// the edges of the measurement windows of every zone, of exclusions and of burn
// rate windows. Whoever judges then only adds up whole cells, and the source
// reads each sample once.
type Grid []int64

// NewGrid returns the grid with the given instants, in any order and with
// repetitions.
func NewGrid(instants []time.Time) Grid {
	g := make(Grid, 0, len(instants))
	for _, t := range instants {
		g = append(g, t.UnixMilli())
	}
	sort.Slice(g, func(i, j int) bool { return g[i] < g[j] })
	out := g[:0]
	for i, v := range g {
		if i == 0 || v != out[len(out)-1] {
			out = append(out, v)
		}
	}
	return out
}

// Cells returns the number of cells.
func (g Grid) Cells() int { return max(0, len(g)-1) }

// Span returns the span of cell i.
func (g Grid) Span(i int) period.Span {
	return period.Span{Start: time.UnixMilli(g[i]).UTC(), End: time.UnixMilli(g[i+1]).UTC()}
}

// Range returns the cells lo up to and without hi that lie wholly inside s. When
// both ends of s are instants of the grid, those cells are exactly s.
func (g Grid) Range(s period.Span) (lo, hi int) {
	lo = sort.Search(len(g), func(i int) bool { return g[i] >= s.Start.UnixMilli() })
	hi = sort.Search(len(g), func(i int) bool { return g[i] > s.End.UnixMilli() }) - 1
	return lo, max(lo, min(hi, g.Cells()))
}

// Counts is one counted quantity of a group: the increments per cell, kept
// apart by how well they are known (docs/concepts.md, "Counting").
// Every row has one accumulator per cell, or is nil when all are 0.
type Counts struct {
	// Windowed increments belong to the cell that holds their sample.
	Windowed *unit.Sums
	// Recovered increments bridge a gap longer than max_gap. They count for the
	// period that holds their sample, but for no window.
	Recovered *unit.Sums
	// Unwitnessed first values are counted nowhere: nobody saw their target
	// before, so they may have been growing for weeks. They are reported.
	Unwitnessed *unit.Sums
}

// Bucket is one bucket of a classic histogram: observations at or below the
// bound, as Prometheus counts them, cumulatively.
type Bucket struct {
	Bound  float64 // in the metric's own unit; +Inf for the last
	Counts Counts
}

// Group is what was counted for the series that share the values of the
// grouping labels.
type Group struct {
	// Labels holds the value of each grouping label; a series without the label
	// has "" here.
	Labels map[string]string

	// Total and Bad are the events of a ratio or of an up/probe gauge. For a
	// rating kept as sum and count, Total is the count. For a gauge, Total counts
	// samples. For a plain counter only Total is set.
	Total, Bad Counts
	// Sum is Σ of values: of a gauge's samples, or of a rating's sum counter.
	Sum Counts
	// Buckets are those of a histogram, by increasing bound; Total is then the
	// count of all observations. Layouts that differ between series have been
	// merged on their common bounds, and Estimate is set.
	Buckets  []Bucket
	Estimate bool
	// Native is the exponential buckets of native histograms, nil where there are
	// none. Custom buckets are classic ones, and stand in Buckets. Total counts the
	// observations of both; those that lie in no bucket were NaN.
	Native *Native

	// Samples counts, per cell, the samples that let the cell be judged: every
	// sample of the total (or gauge, count, bucket) series, but not the first
	// one after a gap. A cell with none is without data.
	Samples []uint32

	// First and Last are a gauge's outermost values in the grid, Min and Max its
	// extremes; nil when there was no sample or the indicator is no gauge.
	First, Last, Min, Max *unit.Decimal
}

// Job is the reachability of one scrape job that was seen in the selection:
// what its targets' `up` said, per cell.
type Job struct {
	Name string
	// Seen tells for each cell whether a selected series of the job had a sample
	// in the cell or within lookback before its end.
	Seen []bool
	// Up and Down count the samples of `up` that were 1 and 0.
	Up, Down []uint32
}

// Accounting says how increments were obtained.
type Accounting string

// The ways of accounting. Exact ones read raw samples; they never mix with the
// others silently.
const (
	Exact    Accounting = "exact"    // from raw samples
	PromQL   Accounting = "promql"   // pushed down as range queries
	Recorded Accounting = "recorded" // from slactl's recording rules
)

// Scan is the answer to one request.
type Scan struct {
	Grid       Grid
	Groups     []Group // sorted by label values; empty when nothing was selected
	Jobs       []Job   // sorted by name
	Accounting Accounting
	// Series and Samples are how many were read for this request, for the
	// appendix.
	Series, Samples int64
	// Expressions are the selectors or queries that were read, as an operator
	// could paste them.
	Expressions []string
	// Notes are data problems that a reader of the result must know of.
	Notes []string
}
