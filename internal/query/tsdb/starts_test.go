package tsdb

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/slactl/slactl/internal/query/querytest"
)

// TestStartTimestamps reads chunks that hold a start timestamp beside each
// sample: one within lookback is the witness of a birth, one before is not, and
// 0 is none.
func TestStartTimestamps(t *testing.T) {
	base := querytest.Base()
	for _, c := range []struct {
		name  string
		start time.Time
		want  string
	}{
		{"within lookback", base.Add(-30 * time.Minute), "group\n  total: 9\n  samples: 2\n"},
		{"before lookback", base.Add(-90 * time.Minute), "group\n  total: 2\n  total unwitnessed: 7\n  samples: 1\n"},
		{"none", time.Unix(0, 0), "group\n  total: 2\n  total unwitnessed: 7\n  samples: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunk := chunkenc.NewXOR2Chunk()
			app, err := chunk.Appender()
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range []float64{7, 9} {
				app.Append(c.start.UnixMilli(), base.Add(time.Duration(i+1)*time.Minute).UnixMilli(), v)
			}
			store := &memory{series: []*memSeries{{labels: labels.FromStrings(labels.MetricName, "reqs_total"), chunks: []chunks.Meta{{
				Chunk: chunk, MinTime: base.Add(time.Minute).UnixMilli(), MaxTime: base.Add(2 * time.Minute).UnixMilli()}}}}}
			s := newSource("memory", "memory", Options{})
			s.chunks = func(_ context.Context, from, to int64) (storage.ChunkQuerier, error) {
				return &memQuerier{store, from, to}, nil
			}
			if got := querytest.Dump(scanOf(t, s, querytest.Case{Total: `reqs_total`, Grid: "0m 5m"})); got != c.want {
				t.Errorf("the scan is\n%swant\n%s", got, c.want)
			}
		})
	}
}
