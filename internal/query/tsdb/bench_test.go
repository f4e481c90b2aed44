package tsdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
)

// 250 counters over 31 days at 15 s are 44.6 million
// samples.
const (
	benchSeries = 250
	benchStep   = 15 * time.Second
	benchSpan   = 31 * 24 * time.Hour
)

// monthOfCounters writes the blocks that the benchmarks read, once per process.
func monthOfCounters(b *testing.B) *Source {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "data")
	var all []SampleSeries
	for i := range benchSeries {
		ls := labels.FromStrings(labels.MetricName, "reqs_total", "job", "api", "instance", fmt.Sprintf("i%03d", i/5),
			"code", []string{"200", "201", "404", "500", "503"}[i%5], "tier", []string{"gold", "silver", "free"}[i%3])
		all = append(all, SampleSeries{Labels: ls, Samples: func(yield func(int64, float64) bool) {
			r, v := rand.New(rand.NewPCG(1, uint64(i))), 0.0
			for t := querytest.Base().Add(-time.Hour); !t.After(querytest.Base().Add(benchSpan)); t = t.Add(benchStep) {
				v += float64(r.IntN(100))
				if !yield(t.UnixMilli()+int64(i), v) {
					return
				}
			}
		}})
	}
	slices.SortFunc(all, func(x, y SampleSeries) int { return labels.Compare(x.Labels, y.Labels) })
	if _, err := WriteBlocks(context.Background(), dir, all, WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	s, err := OpenBlocks(dir, Options{Workers: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkMonth measures the exact scan; its peers are in bench/blocks.
func BenchmarkMonth(b *testing.B) {
	runtime.GOMAXPROCS(2)
	s := monthOfCounters(b)
	var grid strings.Builder
	for at := time.Duration(0); at <= benchSpan; at += 5 * time.Minute {
		grid.WriteString(at.String() + " ")
	}
	c := querytest.Case{Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code=~"5.."}`, GroupBy: []string{"tier", "code"}, Grid: grid.String()}
	ratio := request(b, c)
	c.Kind = query.Counter
	counter := request(b, c)
	pairs := *s
	pairs.dedup = []string{"code", "tier"}
	for _, run := range []struct {
		name string
		f    func(*testing.B) int64
	}{
		{"counter", func(b *testing.B) int64 { return scan(b, s, counter).Samples }},
		{"ratio", func(b *testing.B) int64 { return scan(b, s, ratio).Samples }},
		// As if every instance had five replicas: all samples are decoded, and those of one counted.
		{"replicas", func(b *testing.B) int64 { return 5 * scan(b, &pairs, counter).Samples }},
	} {
		b.Run(run.name, func(b *testing.B) {
			b.ReportAllocs()
			var n int64
			for b.Loop() {
				n += run.f(b)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Msamples/s")
		})
	}
}
