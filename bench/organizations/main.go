// Organizations shows that the time of an evaluation follows the series that there
// are and not the customers that are configured: 1, 100 or 10,000, of whom one
// makes requests.
//
//	go run ./organizations
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/bench/internal/peer"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
)

func main() {
	rounds := flag.Int("n", 5, "run every contender so `often`")
	dir := flag.String("dir", "", "`directory` of the blocks; a temporary one is used without it")
	flag.Parse()
	runtime.GOMAXPROCS(2)
	kept, err := run(*rounds, *dir)
	peer.Exit("organizations", kept, err)
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
		if err := write(dir); err != nil {
			return false, err
		}
	}
	var all []peer.Contender
	for _, n := range []int{1, 100, 10_000} {
		all = append(all, peer.Contender{Name: fmt.Sprintf("%d organizations", n), Run: func() (func() (int64, error), error) { return status(dir, n) }})
	}
	results, err := peer.Compare(rounds, all)
	if err != nil {
		return false, err
	}
	return peer.Print(results, []peer.Bound{
		{Of: "100 organizations", By: "1 organizations", Most: 1.35},
		{Of: "10000 organizations", By: "1 organizations", Most: 1.35},
	}, nil), nil
}

// series is how many instances serve the one customer: 18 million samples.
const series = 100

// write makes blocks of a month of one customer's requests.
func write(dir string) error {
	var all []tsdb.SampleSeries
	for i := range series {
		ls := labels.FromStrings(labels.MetricName, "reqs_total", "job", "api", "instance", fmt.Sprintf("i%03d", i/2), "code", []string{"200", "500"}[i%2], "org", "org0")
		all = append(all, tsdb.SampleSeries{Labels: ls, Samples: func(yield func(int64, float64) bool) {
			v := 0.0
			for t := peer.Start().Add(-time.Hour); !t.After(peer.Start().AddDate(0, 0, peer.Days)); t = t.Add(peer.Scrape) {
				if v += 1000 * float64(1-i%2); !yield(t.UnixMilli()+int64(i), v) {
					return
				}
			}
		}})
	}
	// By code, instance, job and organization.
	sorted := make([]tsdb.SampleSeries, 0, len(all))
	for code := range 2 {
		for i := code; i < len(all); i += 2 {
			sorted = append(sorted, all[i])
		}
	}
	_, err := tsdb.WriteBlocks(context.Background(), dir, sorted, tsdb.WriteOptions{})
	return err
}

// status evaluates the month with n customers configured, in five zones and three
// tiers.
func status(dir string, n int) (func() (int64, error), error) {
	var b strings.Builder
	fmt.Fprintf(&b, `
sources: {metrics: {blocks: %s}}
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
service_tiers: {gold: {availability_target: 99.9}, silver: {}, bronze: {}}
organizations:
  label: org
  list:
`, filepath.ToSlash(dir))
	for i := range n {
		zone := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata"}[i%5]
		fmt.Fprintf(&b, "    - {id: org%d, tier: %s, timezone: %s}\n", i, []string{"gold", "silver", "bronze"}[i%3], zone)
	}
	cfg, diags := config.Parse("slactl.yaml", []byte(b.String()), func(string) (string, bool) { return "", false })
	if cfg == nil {
		return nil, fmt.Errorf("%v", diags)
	}
	now := peer.Start().AddDate(0, 1, 1)
	e := &evaluate.Evaluator{Config: cfg, Now: now, Open: func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		return tsdb.OpenBlocks(dir, tsdb.Options{Workers: 2})
	}}
	month, err := e.Calendar().Parse("2026-10")
	return func() (int64, error) {
		out, err := e.In(context.Background(), month, evaluate.Filter{})
		if err == nil && len(out.Reports) == 0 {
			err = errors.New("there are no results")
		}
		return 0, err
	}, err
}
