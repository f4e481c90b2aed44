package query_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
)

// TestAccount runs the rules on samples in memory, where stale markers can be
// written as well.
func TestAccount(t *testing.T) {
	for _, c := range append(append(querytest.Cases(), querytest.NativeCases()...), staleCase()) {
		t.Run(c.Name, func(t *testing.T) {
			series, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			req, err := c.Request()
			if err != nil {
				t.Fatal(err)
			}
			for _, workers := range []int{1, 3} {
				results, err := query.Account(context.Background(), &querytest.Feed{Series: series}, []query.Request{req}, workers)
				if err != nil {
					t.Fatal(err)
				}
				if results[0].Err != nil {
					t.Fatal(results[0].Err)
				}
				c.Check(t, results[0])
			}
		})
	}
}

func staleCase() querytest.Case {
	return querytest.Case{
		Name: "stale markers are not samples",
		Load: `
			load 1m
			  reqs_total{job="api",instance="a"} 0 1 stale 3 stale stale`,
		Total: `reqs_total`, Grid: "0m 5m",
		Want: `
			group
			  total: 3
			  samples: 2
			job api seen: 1 up: 0 down: 0`,
	}
}

func requests(t *testing.T, cases ...querytest.Case) []query.Request {
	t.Helper()
	var out []query.Request
	for _, c := range cases {
		req, err := c.Request()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, req)
	}
	return out
}

// TestSharedReads counts the samples that are handed on: selectors that are
// narrower than another one of the same span cost nothing.
func TestSharedReads(t *testing.T) {
	series, err := querytest.Load(`
		load 1m
		  reqs_total{job="api",instance="a",code="200"} 0+1x9
		  reqs_total{job="api",instance="a",code="500"} 0+1x9`)
	if err != nil {
		t.Fatal(err)
	}
	feed := &querytest.Feed{Series: series}
	ratio := querytest.Case{Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 9m"}
	finer := querytest.Case{Total: `reqs_total{job="api"}`, Grid: "0m 5m 9m"}
	gauge := querytest.Case{Kind: query.Gauge, Total: `reqs_total{code="200"}`, Grid: "0m 9m"}
	results, err := query.Account(context.Background(), feed, requests(t, ratio, ratio, finer, gauge), 2)
	if err != nil {
		t.Fatal(err)
	}
	if s := results[0].Scan; s.Series != 2 || s.Samples != 20 {
		t.Errorf("the ratio counts %d series and %d samples, want 2 and 20 though some have two roles", s.Series, s.Samples)
	}
	if got := feed.Reads.Load(); got != 20 {
		t.Errorf("%d samples were read, want the 20 that there are", got)
	}
}

// TestReadError shows that a series that breaks off fails its own requests, with
// its name.
func TestReadError(t *testing.T) {
	series, err := querytest.Load(`
		load 1m
		  good_total{job="api",instance="a"} 0+1x9
		  torn_total{job="api",instance="a"} 0+1x9`)
	if err != nil {
		t.Fatal(err)
	}
	torn := errors.New("unexpected end of chunk")
	feed := &querytest.Feed{Series: series, Fail: map[string]error{"torn_total": torn}}
	results, err := query.Account(context.Background(), feed, requests(t,
		querytest.Case{Total: `torn_total`, Grid: "0m 9m"}, querytest.Case{Total: `good_total`, Grid: "0m 9m"}), 2)
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(results[0].Err, torn) || !strings.Contains(results[0].Err.Error(), "torn_total") {
		t.Errorf("the torn series gives %v", results[0].Err)
	}
	if results[1].Err != nil || results[1].Scan.Samples != 10 {
		t.Errorf("the good series gives %+v", results[1])
	}
}
