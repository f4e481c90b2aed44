package prom_test

import (
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

// TestReplicas reads a pair of servers' samples, as Thanos or Mimir would hold
// them, by every way of reading: each event counts once.
func TestReplicas(t *testing.T) {
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, load(t, `
		load 15s
		  reqs_total{job="api",instance="a",replica="1"} 0+3x80
		  reqs_total{job="api",instance="a",replica="2"} 0+3x80
		  up{job="api",instance="a",replica="1"} 1x80
		  up{job="api",instance="a",replica="2"} 1x80`))
	base := promtest.Serve(t, dir)
	c := querytest.Case{Kind: query.Counter, Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: "0m 5m 10m 15m",
		Want: `
			group instance=a
			  total: 60 60 60
			  samples: 20 20 20
			job api seen: 1 1 1 up: 20 20 20 down: 0 0 0`}
	for _, way := range ways() {
		src := open(t, prom.Options{URL: way.url(t, base), Read: "raw", DedupLabels: []string{"replica"}})
		c.Check(t, query.Result{Scan: scan(t, src, request(t, c))})
		if !strings.Contains(src.Info().Detail, way.says) {
			t.Errorf("%s: %s", way.name, src.Info().Detail)
		}
	}
	got := scan(t, open(t, prom.Options{URL: base, Read: "promql", DedupLabels: []string{"replica"}}), request(t, c))
	if got.Accounting != window.PromQL {
		t.Errorf("the accounting is %s", got.Accounting)
	}
	got.Notes = nil
	c.Check(t, query.Result{Scan: got})
}
