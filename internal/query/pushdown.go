package query

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Point is the value of an expression at an instant, in milliseconds since the
// epoch.
type Point struct {
	T int64
	V float64
}

// RangeSeries is one series of the answer to a range query.
type RangeSeries struct {
	Labels labels.Labels
	Points []Point
}

// RangeFunc evaluates a PromQL expression at start, start+step, … up to end. It
// also returns the warnings that came with the answer. It is safe for concurrent
// use.
type RangeFunc func(ctx context.Context, expr string, start, end time.Time, step time.Duration) (series []RangeSeries, warnings []string, err error)

// PushDownOptions say what the answering engine is like.
type PushDownOptions struct {
	// ClosedLeft is set for engines whose ranges also hold their left edge, as
	// Prometheus 2's do: a range is then asked 1 ms shorter, because windows own
	// the samples in (start, end].
	ClosedLeft bool
	// MaxPoints is the most instants that one query may have; 0 means
	// DefaultMaxPoints.
	MaxPoints int
	// Concurrency is the most queries that are asked at once; 0 means 4.
	Concurrency int
	// DedupLabels tell the replicas of a series apart, see [Replicated]. What
	// PromQL can say is less: of the values that the replicas of a series have in
	// a window, the largest counts.
	DedupLabels []string
}

// ErrTooLarge is what a RangeFunc's error wraps when the engine refused a query
// because it would hold too many samples in memory. PushDown then asks for the
// halves of the range.
var ErrTooLarge = errors.New("the query would load too many samples")

// DefaultMaxPoints is the limit of a Prometheus server.
const DefaultMaxPoints = 11000

// PushDown answers a request by having its indicator evaluated in PromQL, for
// engines whose raw samples cannot be read and for free expressions. Cells of
// the grid that have equal width and regular ends are asked in one range query.
//
// What comes out is an approximation, named `promql` in the scan. increase()
// knows only the samples inside a window: it extrapolates to the window's edges,
// so counts are fractional, and growth between the last sample of a window and
// the first one of the next is guessed from the rest, or lost; it never sees the
// first value of a series; and with less than two samples in a window it has no
// value (such windows are reported as without data, never as idle). On evenly
// growing counters that makes no difference. In measured cases it lost 18 % of
// the errors of a slow counter, all errors of one that always grows at the edge
// of a window, and all 46 errors of a series born in mid-period: a breached
// 99.9 % read 100 %. Nothing is recovered
// across gaps and nothing is unwitnessed here, and MaxGap is not used. Lookback,
// which decides when a job counts as seen, is honoured to the cell. A gauge's
// First is not known.
func PushDown(ctx context.Context, ask RangeFunc, req Request, opt PushDownOptions) (*window.Scan, error) {
	if req.Grid.Cells() == 0 {
		return nil, errors.New("pushing down a request: the grid has no cell")
	}
	if req.Lookback <= 0 {
		req.Lookback = DefaultLookback
	}
	if opt.MaxPoints <= 0 {
		opt.MaxPoints = DefaultMaxPoints
	}
	if opt.Concurrency <= 0 {
		opt.Concurrency = 4
	}
	p := &pushDown{account: newAccount(req, req.Grid), ask: ask, opt: opt, sweeps: sweepsOf(req.Grid, opt.MaxPoints),
		known: map[*group][]bool{}, present: map[string][]bool{}, before: map[string]bool{}}
	p.scan.Accounting = window.PromQL
	first, err := p.questions()
	if err != nil {
		return nil, err
	}
	if err := p.put(ctx, first); err != nil {
		return nil, err
	}
	if err := p.put(ctx, p.followUps()); err != nil {
		return nil, err
	}
	p.conclude()
	r := p.result()
	return r.Scan, r.Err
}

// ShareAnswers returns an ask that puts each distinct question to the given one
// only once and keeps the answer. It is for the requests of one scan, many of
// which ask about the same selectors; the answers live as long as it does.
func ShareAnswers(ask RangeFunc) RangeFunc {
	type key struct {
		expr             string
		start, end, step int64
	}
	type answer struct {
		once     sync.Once
		series   []RangeSeries
		warnings []string
		err      error
	}
	var mu sync.Mutex
	answers := map[key]*answer{}
	return func(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]RangeSeries, []string, error) {
		k := key{expr, start.UnixMilli(), end.UnixMilli(), step.Milliseconds()}
		mu.Lock()
		a, ok := answers[k]
		if !ok {
			a = &answer{}
			answers[k] = a
		}
		mu.Unlock()
		a.once.Do(func() { a.series, a.warnings, a.err = ask(ctx, expr, start, end, step) })
		return a.series, a.warnings, a.err
	}
}

// pushDown is one request being pushed down. It fills the same account that
// exact accounting does.
type pushDown struct {
	*account
	ask    RangeFunc
	opt    PushDownOptions
	sweeps []sweep

	known   map[*group][]bool // cells in which what judges has a value
	present map[string][]bool // by job, the cells with samples of the selection
	before  map[string]bool   // jobs with samples in the lookback before the grid
}

// question is an expression to be evaluated over cells of any width, and what
// becomes of each value.
type question struct {
	expr   func(width int64) parser.Expr // width in milliseconds
	sweeps []sweep
	// listed questions appear in the scan's Expressions and its count of series.
	listed bool
	take   func(cell int, ls labels.Labels, v float64)
}

// put asks the questions, a bounded number at once. After the first error no new
// one is asked. Those under way are not broken off: other requests may be
// waiting for the same answer.
func (p *pushDown) put(ctx context.Context, questions []question) error {
	slots := make(chan struct{}, p.opt.Concurrency)
	var wg sync.WaitGroup
	for _, q := range questions {
		if q.listed {
			p.list(q.expr(q.sweeps[0].width).String())
		}
		for _, s := range q.sweeps {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if p.failed(nil) {
					return
				}
				p.failed(p.askOne(ctx, q, s))
			})
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.err
}

// failed keeps the first error and reports whether there is one.
func (p *pushDown) failed(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	return p.err != nil
}

// list writes down an expression once.
func (p *pushDown) list(expr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.scan.Expressions {
		if e == expr {
			return
		}
	}
	p.scan.Expressions = append(p.scan.Expressions, expr)
}

// width is the range to ask for a cell: the engine's idea of (start, end].
func (p *pushDown) width(ms int64) time.Duration {
	if p.opt.ClosedLeft && ms > 1 {
		ms--
	}
	return time.Duration(ms) * time.Millisecond
}

// askOne puts one question about one sweep and takes the answer.
func (p *pushDown) askOne(ctx context.Context, q question, s sweep) error {
	expr := q.expr(s.width).String()
	series, warnings, err := p.ask(ctx, expr, time.UnixMilli(s.first).UTC(), time.UnixMilli(s.last()).UTC(), time.Duration(s.stride)*time.Millisecond)
	if errors.Is(err, ErrTooLarge) && len(s.cells) > 1 {
		for _, half := range s.halves() {
			if err := p.askOne(ctx, q, half); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range warnings {
		p.note("the server warns: %s", w)
	}
	if q.listed {
		p.scan.Series += int64(len(series))
	}
	for _, rs := range series {
		for _, pt := range rs.Points {
			cell, ok := s.cell(pt.T)
			if !ok {
				return fmt.Errorf("querying %s: the server answers for %s, an instant that was not asked for; switch off the alignment of queries in its front end",
					expr, time.UnixMilli(pt.T).UTC().Format(time.RFC3339Nano))
			}
			if cell < 0 {
				continue // between two cells of the sweep
			}
			if _, finite := unit.DecimalOfFloat(pt.V); !finite {
				p.dropped++
				continue
			}
			if q.listed {
				p.scan.Samples++
			}
			q.take(cell, rs.Labels, settled(pt.V))
		}
	}
	return nil
}

// settled cuts a value that an engine computed to the 15 digits that a double
// surely holds. What lies behind them is noise of the order of summing, which
// would make windows without a bad event bad by 10^-13.
func settled(v float64) float64 {
	if v == math.Trunc(v) {
		return v
	}
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		return v // unreachable: what has a fraction is small
	}
	return out
}

// count adds a value, as its shortest decimal, to a cell of a quantity.
func (p *pushDown) count(into *window.Counts, cell int, v float64, sign int64) {
	sums := row(&into.Windowed, p.grid.Cells())
	if isWhole(v) {
		sums.AddInt(cell, sign*int64(v))
		return
	}
	d, _ := unit.DecimalOfFloat(v)
	if sign < 0 {
		d = d.Neg()
	}
	sums.Add(cell, d)
}
