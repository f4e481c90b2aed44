package tsdb

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

// TestReplicasConform writes every series of the conformance suite twice, as two
// servers would: what comes out is that of one.
func TestReplicasConform(t *testing.T) {
	for _, c := range querytest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			s, err := ReadOpenMetrics(strings.NewReader(twice(t, c)), "pair.txt", Options{DedupLabels: []string{"server"}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c.Check(t, query.Result{Scan: scanOf(t, s, c)})
		})
	}
}

// twice returns the case's samples as a pair of servers has them.
func twice(t *testing.T, c querytest.Case) string {
	t.Helper()
	series, err := querytest.Load(c.Load)
	if err != nil {
		t.Fatal(err)
	}
	var one strings.Builder
	if err := querytest.WriteOpenMetrics(&one, series); err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(one.String(), "# EOF\n")
	return strings.ReplaceAll(text, "{", `{server="west",`) + strings.ReplaceAll(text, "{", `{server="east",`) + "# EOF\n"
}

func scanOf(t *testing.T, s *Source, c querytest.Case) *window.Scan {
	t.Helper()
	results, err := s.Scan(context.Background(), []query.Request{request(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	return results[0].Scan
}

// TestReplicasPushedDown asks Prometheus's engine about a pair and about one
// server.
func TestReplicasPushedDown(t *testing.T) {
	c := querytest.Case{
		Load: `
			load 15s
			  reqs_total{job="api",instance="a",code="200"} 0+9x80
			  reqs_total{job="api",instance="a",code="500"} 0+1x80
			  up{job="api",instance="a"} 1x80`,
		Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, GroupBy: []string{"instance"}, Grid: "0m 5m 10m 20m",
	}
	pair, err := ReadOpenMetrics(strings.NewReader(twice(t, c)), "pair.txt", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pair.Close()
	series, err := querytest.Load(c.Load)
	if err != nil {
		t.Fatal(err)
	}
	var one strings.Builder
	if err := querytest.WriteOpenMetrics(&one, series); err != nil {
		t.Fatal(err)
	}
	got, err := query.PushDown(context.Background(), pair.QueryRange, request(t, c), query.PushDownOptions{DedupLabels: []string{"server"}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := query.PushDown(context.Background(), openText(t, one.String()).QueryRange, request(t, c), query.PushDownOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(querytest.Dump(want), querytest.Dump(got)); diff != "" {
		t.Errorf("the pair differs from one server (-one +pair):\n%s", diff)
	}
}
