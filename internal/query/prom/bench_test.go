package prom_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
)

// BenchmarkLive reads 250 counters, scraped every 15 s, from the Debian
// Prometheus over blocks in the three ways. SLACTL_BENCH_DAYS says of how many
// days, 7 if it is not set; a month is 31.
func BenchmarkLive(b *testing.B) {
	days, err := strconv.Atoi(os.Getenv("SLACTL_BENCH_DAYS"))
	if err != nil {
		days = 7
	}
	base := promtest.Debian(b, counters(b, days), "")
	var grid strings.Builder
	for at := time.Duration(0); at <= time.Duration(days)*24*time.Hour; at += 5 * time.Minute {
		grid.WriteString(at.String() + " ")
	}
	c := querytest.Case{Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code=~"5.."}`, GroupBy: []string{"tier", "code"}, Grid: grid.String()}
	req, err := c.Request()
	if err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct{ name, url, read string }{
		{"query_range", base, "promql"},
		{"remote read", base, "raw"},
		{"raw queries", promtest.Without(b, base, "/api/v1/read", 404), "raw"},
	} {
		b.Run(way.name, func(b *testing.B) {
			src, err := prom.New(prom.Options{URL: way.url, Read: way.read, Timeout: 2 * time.Minute})
			if err != nil {
				b.Fatal(err)
			}
			defer src.Close()
			debug.FreeOSMemory()
			_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins anew
			before := peak()
			samples := int64(0)
			for b.Loop() {
				results, err := src.Scan(context.Background(), []query.Request{req})
				if err != nil || results[0].Err != nil {
					b.Fatal(err, results)
				}
				samples += results[0].Scan.Samples
			}
			b.ReportMetric(float64(samples)/b.Elapsed().Seconds()/1e6, "Msamples/s")
			b.ReportMetric(peak(), "MB-peak")
			b.ReportMetric(before, "MB-before")
		})
	}
}

// counters writes blocks of 250 counters and returns their directory.
func counters(b *testing.B, days int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "data")
	var all []tsdb.SampleSeries
	for i := range 250 {
		ls := labels.FromStrings(labels.MetricName, "reqs_total", "job", "api", "instance", fmt.Sprintf("i%03d", i/5),
			"code", []string{"200", "201", "404", "500", "503"}[i%5], "tier", []string{"gold", "silver", "free"}[i%3])
		all = append(all, tsdb.SampleSeries{Labels: ls, Samples: func(yield func(int64, float64) bool) {
			r, v := rand.New(rand.NewPCG(1, uint64(i))), 0.0
			for t := querytest.Base().Add(-time.Hour); !t.After(querytest.Base().Add(time.Duration(days) * 24 * time.Hour)); t = t.Add(15 * time.Second) {
				v += float64(r.IntN(100))
				if !yield(t.UnixMilli()+int64(i), v) {
					return
				}
			}
		}})
	}
	slices.SortFunc(all, func(x, y tsdb.SampleSeries) int { return labels.Compare(x.Labels, y.Labels) })
	if _, err := tsdb.WriteBlocks(context.Background(), dir, all, tsdb.WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	return dir
}

// peak returns the most memory, in MiB, that the process has had, where Linux
// says so.
func peak() float64 {
	data, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	kb, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kb / 1024
}
