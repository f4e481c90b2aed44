package querytest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

// Run runs the conformance suite. open returns a source that holds the samples
// of an OpenMetrics text; Run closes it. Sources whose accounting is not exact
// run their own tests instead.
func Run(t *testing.T, open func(t *testing.T, openMetrics string) query.Source) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			src, req := c.open(t, open)
			results, err := src.Scan(context.Background(), []query.Request{req})
			if err != nil {
				t.Fatal(err)
			}
			if results[0].Err != nil {
				t.Fatal(results[0].Err)
			}
			c.Check(t, results[0])
		})
	}
	t.Run("a failing request leaves the others alone", func(t *testing.T) { runErrors(t, open) })
	t.Run("scans at the same time", func(t *testing.T) { runConcurrent(t, open) })
	t.Run("metrics and series", func(t *testing.T) { runLists(t, open) })
}

// Check compares a result with what the case wants.
func (c Case) Check(t *testing.T, r query.Result) {
	t.Helper()
	if diff := cmp.Diff(lines(c.Want), lines(Dump(r.Scan))); diff != "" {
		t.Errorf("scan differs (-want +got):\n%s\nload:%s", diff, c.Load)
	}
}

// lines returns the lines of a text without their common indentation.
func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimLeft(l, "\t"); strings.TrimSpace(l) != "" {
			out = append(out, l)
		}
	}
	return out
}

// open opens a source with the samples of the case until the end of the test,
// and returns the request of the case.
func (c Case) open(t *testing.T, open func(t *testing.T, openMetrics string) query.Source) (query.Source, query.Request) {
	t.Helper()
	series, err := Load(c.Load)
	if err != nil {
		t.Fatal(err)
	}
	req, err := c.Request()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteOpenMetrics(&text, series); err != nil {
		t.Fatal(err)
	}
	src := open(t, text.String())
	t.Cleanup(func() { src.Close() })
	return src, req
}

func runErrors(t *testing.T, open func(t *testing.T, openMetrics string) query.Source) {
	c := counterCases()[0]
	src, good := c.open(t, open)
	bad := good
	bad.Indicator = query.Indicator{Kind: query.Ratio, Total: good.Indicator.Total} // without bad or good
	results, err := src.Scan(context.Background(), []query.Request{bad, good})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err == nil || results[0].Scan != nil {
		t.Errorf("a ratio without bad gives %+v", results[0])
	}
	c.Check(t, results[1])

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := src.Scan(canceled, []query.Request{good}); err == nil {
		t.Error("scanning goes on after it was canceled")
	}
}

func runConcurrent(t *testing.T, open func(t *testing.T, openMetrics string) query.Source) {
	c := counterCases()[0]
	src, req := c.open(t, open)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			results, err := src.Scan(context.Background(), []query.Request{req, req})
			if err != nil || results[0].Err != nil || results[1].Err != nil {
				t.Errorf("scanning gives %v, %+v", err, results)
				return
			}
			c.Check(t, results[0])
			c.Check(t, results[1])
		})
	}
	wg.Wait()
}

func runLists(t *testing.T, open func(t *testing.T, openMetrics string) query.Source) {
	src, req := Case{Total: `a_total`, Grid: "-1m 10m", Load: `
		load 1m
		  a_total{job="api",instance="x"} 0 1
		  a_total{job="api",instance="y"} 0 1
		  b{job="api",instance="x"} _x30 1`}.open(t, open)
	early := req.Grid.Span(0)
	metrics, err := src.Metrics(context.Background(), early)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.Name
	}
	if !slices.Contains(names, "a_total") || !slices.IsSorted(names) {
		t.Errorf("metrics are %v, want a_total among them, sorted", names)
	}
	between := Base().Add(10 * time.Second)
	got, err := src.Series(context.Background(), req.Indicator.Total, period.Span{Start: between, End: between.Add(time.Second)}, 10)
	if err != nil || len(got) != 0 {
		t.Errorf("between two samples Series gives %v, %v; want none", got, err)
	}
	for limit, want := range map[int]int{1: 1, 10: 2} {
		got, err := src.Series(context.Background(), req.Indicator.Total, early, limit)
		if err != nil || len(got) != want {
			t.Errorf("Series with limit %d gives %v, %v; want %d series", limit, got, err, want)
		}
	}
}
