// Blocks compares the exact scan of Prometheus blocks with Prometheus's own
// engine in process and with a bare loop over Prometheus's own iterator, all with
// two cores. It shows that the scan is linear in samples, and that ten SLAs on the
// same series read them once.
//
//	go run ./blocks
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/slactl/slactl/bench/internal/peer"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
)

func main() {
	rounds := flag.Int("n", 3, "run every contender so `often`")
	dir := flag.String("dir", "", "`directory` of the blocks; they are written where it does not exist, and a temporary one is used without it")
	flag.Parse()
	runtime.GOMAXPROCS(2)
	kept, err := run(*rounds, *dir)
	peer.Exit("blocks", kept, err)
}

func run(rounds int, dir string) (bool, error) {
	if dir == "" {
		temp, err := os.MkdirTemp("", "slactl-bench-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(temp)
		dir = filepath.Join(temp, "data")
		os.Args = append(os.Args, "-dir", dir) // for the processes of the contenders
	}
	if _, err := os.Stat(dir); err != nil && !peer.Inside() {
		if err := peer.WriteMonth(dir); err != nil {
			return false, err
		}
	}
	scan := func(days, slas int) func() (func() (int64, error), error) {
		return func() (func() (int64, error), error) { return exact(dir, days, slas) }
	}
	const total, bad = `sum by (tier, code) (increase(reqs_total[5m]))`, `sum by (tier, code) (increase(reqs_total{code=~"5.."}[5m]))`
	results, err := peer.Compare(rounds, []peer.Contender{
		{Name: "slactl", Run: scan(peer.Days, 1)},
		{Name: "bare loop", Run: func() (func() (int64, error), error) { return bareLoop(dir) }},
		{Name: "engine, total", Run: func() (func() (int64, error), error) { return engine(dir, total) }},
		{Name: "engine, total and bad", Run: func() (func() (int64, error), error) { return engine(dir, total, bad) }},
		{Name: "slactl, half", Run: scan(peer.Days/2, 1)},
		{Name: "slactl, quarter", Run: scan(peer.Days/4, 1)},
		{Name: "slactl, 10 SLAs", Run: scan(peer.Days, 10)},
	})
	if err != nil {
		return false, err
	}
	part := func(days int) float64 { return 1.25 * float64(days) / peer.Days }
	return peer.Print(results, []peer.Bound{
		{Of: "slactl", By: "bare loop", Most: 1.35},
		{Of: "slactl", By: "engine, total", Most: 1. / 5},
		{Of: "slactl", By: "engine, total and bad", Most: 1. / 5},
		{Of: "slactl, half", By: "slactl", Most: part(peer.Days / 2)},
		{Of: "slactl, quarter", By: "slactl", Most: part(peer.Days / 4)},
		{Of: "slactl, 10 SLAs", By: "slactl", Most: 4},
	}, map[string]int64{"slactl": 256 << 20}), nil
}

// exact scans for so many SLAs on the same series: total and bad of each.
func exact(dir string, days, slas int) (func() (int64, error), error) {
	s, err := tsdb.OpenBlocks(dir, tsdb.Options{Workers: 2})
	if err != nil {
		return nil, err
	}
	req, err := peer.Request(days)
	if err != nil {
		return nil, err
	}
	var reqs []query.Request
	for range slas {
		reqs = append(reqs, req)
	}
	counted := &counting{Feed: s}
	return func() (int64, error) {
		results, err := query.Account(context.Background(), counted, reqs, 2)
		if err == nil {
			err = results[0].Err
		}
		if err == nil && len(results[slas-1].Scan.Groups) == 0 {
			err = fmt.Errorf("nothing was counted")
		}
		return counted.samples.Load(), err
	}, err
}

// counting counts the samples that are decoded.
type counting struct {
	query.Feed
	samples atomic.Int64
}

func (c *counting) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	return c.Feed.Read(ctx, sel, from, to, func(s query.RawSeries) error { return each(&countingSeries{s, c}) })
}

type countingSeries struct {
	query.RawSeries
	all *counting
}

func (s *countingSeries) Read(ts []int64, vs []float64) (int, error) {
	n, err := s.RawSeries.Read(ts, vs)
	s.all.samples.Add(int64(n))
	return n, err
}

// engine has Prometheus's own engine answer the range queries that are
// equivalent: growth in windows of five minutes.
func engine(dir string, exprs ...string) (func() (int64, error), error) {
	s, err := tsdb.OpenBlocks(dir, tsdb.Options{Workers: 2})
	return func() (int64, error) {
		for _, expr := range exprs {
			got, _, err := s.QueryRange(context.Background(), expr, peer.Start().Add(peer.Window), peer.Start().AddDate(0, 0, peer.Days), peer.Window)
			if err != nil {
				return 0, err
			}
			if len(got) == 0 {
				return 0, fmt.Errorf("%s has no answer", expr)
			}
		}
		return peer.Samples(peer.Days), nil
	}, err
}

// bareLoop is the least that anybody can do who reads the samples with
// Prometheus's own packages: two goroutines decode every chunk and add up deltas.
func bareLoop(dir string) (func() (int64, error), error) {
	names, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		return nil, err
	}
	var blocks []*promtsdb.Block
	for _, name := range names {
		b, err := promtsdb.OpenBlock(nil, filepath.Dir(name), nil, nil)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return func() (int64, error) {
		queue := make(chan []chunkenc.Chunk)
		var wg sync.WaitGroup
		var all atomic.Int64
		var sum [2]float64
		for worker := range sum {
			wg.Go(func() {
				var it chunkenc.Iterator
				n := int64(0)
				for series := range queue {
					last := 0.0
					for _, c := range series {
						it = c.Iterator(it)
						for it.Next() == chunkenc.ValFloat {
							_, v := it.At()
							sum[worker] += v - last
							last = v
							n++
						}
					}
				}
				all.Add(n)
			})
		}
		for _, b := range blocks {
			if err := feed(b, queue); err != nil {
				return 0, err
			}
		}
		close(queue)
		wg.Wait()
		if sum[0]+sum[1] == 0 {
			return 0, io.ErrUnexpectedEOF
		}
		return all.Load(), nil
	}, nil
}

// feed hands over the chunks of every series of a block.
func feed(b *promtsdb.Block, queue chan<- []chunkenc.Chunk) error {
	q, err := promtsdb.NewBlockChunkQuerier(b, b.MinTime(), b.MaxTime())
	if err != nil {
		return err
	}
	defer q.Close()
	set := q.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, peer.Total))
	var it chunks.Iterator
	for set.Next() {
		it = set.At().Iterator(it)
		var series []chunkenc.Chunk
		for it.Next() {
			series = append(series, it.At().Chunk)
		}
		queue <- series
	}
	return set.Err()
}
