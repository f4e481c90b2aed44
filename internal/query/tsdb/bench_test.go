package tsdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

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

// BenchmarkMonth measures the exact scan beside a bare loop, in the same two
// goroutines, that decodes the same chunks and adds up deltas.
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
		{"bare loop", func(b *testing.B) int64 { return bareLoop(b, s) }},
		{"counter", func(b *testing.B) int64 { return scan(b, s, counter).Samples }},
		{"ratio", func(b *testing.B) int64 { return scan(b, s, ratio).Samples }},
		{"engine", func(b *testing.B) int64 { return engine(b, s) }},
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
			b.ReportMetric(peak(), "MB-peak")
		})
	}
}

// engine has Prometheus's own engine answer the range query that is equivalent
// to the counter scan: growth in windows of five minutes. It returns the samples
// that the windows hold.
func engine(b *testing.B, s *Source) int64 {
	start := querytest.Base()
	got, _, err := s.QueryRange(b.Context(), `sum by (tier, code) (increase(reqs_total[5m]))`, start.Add(5*time.Minute), start.Add(benchSpan), 5*time.Minute)
	if err != nil || len(got) == 0 {
		b.Fatalf("%d series, %v", len(got), err)
	}
	return benchSeries * int64(benchSpan/benchStep)
}

// bareLoop is the least that anybody can do who reads the samples.
func bareLoop(b *testing.B, s *Source) int64 {
	sel, err := query.ParseSelector(`reqs_total`)
	if err != nil {
		b.Fatal(err)
	}
	queue := make(chan *series)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var total float64
	var count int64
	for range 2 {
		wg.Go(func() {
			var it chunkenc.Iterator
			sum, n := 0.0, int64(0)
			for s := range queue {
				last := 0.0
				for _, c := range s.chunks {
					it = c.Iterator(it)
					for it.Next() == chunkenc.ValFloat {
						_, v := it.At()
						sum += v - last
						last = v
						n++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total += sum
			count += n
		})
	}
	err = s.Read(context.Background(), sel, earliest, latest, func(r query.RawSeries) error {
		queue <- r.(*series)
		return nil
	})
	close(queue)
	wg.Wait()
	if err != nil || total == 0 {
		b.Fatal(err, total)
	}
	return count
}

// peak returns the most memory that the process ever had, where Linux says so.
func peak() float64 {
	data, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	kb, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kb / 1024
}
