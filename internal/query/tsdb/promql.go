package tsdb

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/slactl/slactl/internal/query"
)

// querier shows chunks as samples to Prometheus's engine.
type querier struct{ storage.ChunkQuerier }

// Select implements storage.Querier.
func (q querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return storage.NewSeriesSetFromChunkSeriesSet(q.ChunkQuerier.Select(ctx, sorted, hints, matchers...))
}

// QueryRange evaluates a PromQL expression at start, start+step, ... up to end
// with Prometheus's own engine, and returns the matrix and the engine's
// warnings.
func (s *Source) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) (promql.Matrix, annotations.Annotations, error) {
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:           50_000_000, // as Prometheus's default
		Timeout:              time.Hour,  // the context decides
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
	if result.Err != nil {
		return nil, nil, fmt.Errorf("evaluating %q: %w", expr, result.Err)
	}
	matrix, err := result.Matrix()
	if err != nil {
		return nil, nil, fmt.Errorf("evaluating %q: %w", expr, err)
	}
	// The engine reuses its memory once the query is closed.
	out := make(promql.Matrix, len(matrix))
	for i, m := range matrix {
		out[i] = promql.Series{Metric: m.Metric, Floats: append([]promql.FPoint(nil), m.Floats...)}
	}
	return out, result.Warnings, nil
}

// express answers a free expression.
func (s *Source) express(_ context.Context, _ query.Request) query.Result {
	return query.Result{Err: fmt.Errorf("evaluating an expression on %s: not supported yet", s.info.Target)}
}
