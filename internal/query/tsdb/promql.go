package tsdb

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"github.com/slactl/slactl/internal/query"
)

// querier shows chunks as samples to Prometheus's engine.
type querier struct{ storage.ChunkQuerier }

// Select implements storage.Querier.
func (q querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return storage.NewSeriesSetFromChunkSeriesSet(q.ChunkQuerier.Select(ctx, sorted, hints, matchers...))
}

// QueryRange evaluates a PromQL expression with Prometheus's own engine. It is a
// query.RangeFunc; the engine is that of Prometheus 3, whose ranges are open on
// the left.
func (s *Source) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]query.RangeSeries, []string, error) {
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:           50_000_000, // as a server's default
		Timeout:              24 * time.Hour,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
	})
	defer engine.Close()
	queryable := storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
		q, err := s.chunks(ctx, from, to)
		return querier{q}, err
	})
	q, err := engine.NewRangeQuery(ctx, queryable, nil, expr, start, end, step)
	if err != nil {
		return nil, nil, fmt.Errorf("evaluating %q: %w", expr, err)
	}
	defer q.Close()
	result := q.Exec(ctx)
	matrix, err := result.Matrix()
	if err != nil {
		return nil, nil, fmt.Errorf("evaluating %q: %w", expr, err)
	}
	// The engine takes its memory back when the query is closed: copy.
	out := make([]query.RangeSeries, len(matrix))
	for i, m := range matrix {
		out[i] = query.RangeSeries{Labels: m.Metric, Points: make([]query.Point, len(m.Floats))}
		for j, p := range m.Floats {
			out[i].Points[j] = query.Point{T: p.T, V: p.F}
		}
	}
	warnings, infos := result.Warnings.AsStrings(expr, 10, 0)
	return out, append(warnings, infos...), nil
}

// express answers a free expression.
func (s *Source) express(ctx context.Context, req query.Request, ask query.RangeFunc) query.Result {
	scan, err := query.PushDown(ctx, ask, req, query.PushDownOptions{Concurrency: s.workers, DedupLabels: s.dedup})
	if err != nil {
		return query.Result{Err: s.in("evaluating an expression on", err)}
	}
	return query.Result{Scan: scan}
}
