package prom_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

func open(t *testing.T, opt prom.Options) query.Source {
	t.Helper()
	src, err := prom.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func load(t *testing.T, text string) []querytest.Series {
	t.Helper()
	series, err := querytest.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return series
}

// serve serves the samples from a server in process.
func serve(t *testing.T, series []querytest.Series) query.Source {
	t.Helper()
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	return open(t, prom.Options{URL: promtest.Serve(t, dir), Read: "promql"})
}

func request(t *testing.T, c querytest.Case) query.Request {
	t.Helper()
	req, err := c.Request()
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func scan(t *testing.T, src query.Source, req query.Request) *window.Scan {
	t.Helper()
	results, err := src.Scan(t.Context(), []query.Request{req})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	return results[0].Scan
}

func exact(t *testing.T, series []querytest.Series, req query.Request) *window.Scan {
	t.Helper()
	results, err := query.Account(t.Context(), &querytest.Feed{Series: series}, []query.Request{req}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	return results[0].Scan
}

// TestConformance runs the rules of exact accounting against pushing down, which
// must agree where PromQL can: on every group and job, on what `up` says, on
// gauges and probes. It must never show data where there are no samples. What
// needs the samples of several targets at one instant it refuses.
func TestConformance(t *testing.T) {
	for _, c := range querytest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			series, req := load(t, c.Load), request(t, c)
			req.EachSample = false
			if c.Combine != query.CombineSum {
				results, err := serve(t, series).Scan(t.Context(), []query.Request{req})
				if err != nil || results[0].Err == nil || !strings.Contains(results[0].Err.Error(), "any and all need raw samples") {
					t.Errorf("combining by range queries: %+v, %v", results, err)
				}
				return
			}
			want, got := exact(t, series, req), scan(t, serve(t, series), req)
			if got.Accounting != window.PromQL {
				t.Errorf("accounting is %s", got.Accounting)
			}
			raw := scanOf(want)
			for _, g := range got.Groups {
				exactly, ok := raw[fmt.Sprint(g.Labels)]
				if !ok {
					t.Errorf("group %v does not exist", g.Labels)
					continue
				}
				for i, n := range g.Samples {
					if n > 0 && exactly.Samples[i] == 0 {
						t.Errorf("group %v has %d samples in cell %d, which exact accounting calls empty", g.Labels, n, i)
					}
				}
			}
			if diff := cmp.Diff(jobs(want), jobs(got)); diff != "" {
				t.Errorf("jobs (-exact +promql):\n%s", diff)
			}
			if len(got.Notes) == 0 && (c.Kind == query.Gauge || c.Kind == query.Up) {
				if diff := cmp.Diff(comparable(want), comparable(got)); diff != "" {
					t.Errorf("scan (-exact +promql):\n%s", diff)
				}
			}
		})
	}
}

func scanOf(s *window.Scan) map[string]window.Group {
	out := map[string]window.Group{}
	for _, g := range s.Groups {
		out[fmt.Sprint(g.Labels)] = g
	}
	return out
}

// jobs writes down what is known of jobs that were seen at all.
func jobs(s *window.Scan) []string {
	var out []string
	for _, j := range s.Jobs {
		out = append(out, fmt.Sprintf("%s seen %v up %v down %v", j.Name, j.Seen, j.Up, j.Down))
	}
	return out
}

// comparable is a dump without what PromQL cannot tell.
func comparable(s *window.Scan) []string {
	copied := *s
	copied.Notes, copied.Jobs, copied.Groups = nil, nil, nil
	for _, g := range s.Groups {
		g.First = nil
		copied.Groups = append(copied.Groups, g)
	}
	return strings.Split(querytest.Dump(&copied), "\n")
}

// company is six hours of a steady service, scraped every 15 s: two instances
// with a ratio, a histogram and a rating, by organization.
func company() string {
	var b strings.Builder
	b.WriteString("load 15s from -1h\n")
	add := func(name, labels string, perScrape int) {
		fmt.Fprintf(&b, "  %s{job=\"api\",%s} %d+%dx1680\n", name, labels, 100*perScrape, perScrape)
	}
	for _, instance := range []string{"a", "b"} {
		i := fmt.Sprintf(`instance="%s"`, instance)
		fmt.Fprintf(&b, "  up{job=\"api\",%s} 1x1680\n", i)
		for n, org := range []string{"acme", "globex"} {
			l := fmt.Sprintf(`%s,org="%s"`, i, org)
			add("http_requests_total", l+`,code="200"`, 40*(n+1))
			add("http_requests_total", l+`,code="500"`, 2)
			for k, le := range []string{"0.1", "0.5", "+Inf"} {
				add("latency_seconds_bucket", l+`,le="`+le+`"`, 4*(k+1))
			}
			add("score_sum", l, 45)
			add("score_count", l, 10)
		}
	}
	return b.String()
}

func steadyCases() []querytest.Case {
	grid := make([]string, 0, 73)
	for i := range 73 {
		grid = append(grid, (time.Duration(i) * 5 * time.Minute).String())
	}
	edges := strings.Join(grid, " ")
	return []querytest.Case{
		{Name: "ratio", Kind: query.Ratio, Total: `http_requests_total`, Bad: `http_requests_total{code="500"}`, GroupBy: []string{"org"}, Grid: edges},
		{Name: "good", Kind: query.Ratio, Total: `http_requests_total`, Good: `http_requests_total{code="200"}`, Grid: edges},
		{Name: "histogram", Kind: query.Histogram, Total: `latency_seconds`, GroupBy: []string{"org"}, Grid: edges},
		{Name: "rating", Kind: query.Rating, Total: `score_count`, Sum: `score_sum`, Grid: edges},
		{Name: "irregular", Kind: query.Counter, Total: `http_requests_total`, Grid: "0m 3m 5m 8m 10m 13m 15m 18m 20m 1h 3h7m"},
	}
}

// TestSteady is the ground truth: on counters that grow evenly, pushing down
// agrees with exact accounting in every window.
func TestSteady(t *testing.T) {
	series := load(t, company())
	src := serve(t, series)
	var reqs []query.Request
	for _, c := range steadyCases() {
		reqs = append(reqs, request(t, c))
	}
	results, err := src.Scan(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range steadyCases() {
		if results[i].Err != nil {
			t.Fatal(c.Name, results[i].Err)
		}
		off := compare(t, c.Name, exact(t, series, reqs[i]), results[i].Scan, 1e-12)
		t.Logf("%-9s largest difference of a window %.1e", c.Name, off)
	}
	if got := src.Info(); got.Detail != "version "+promtest.Version+"; pushed down as PromQL, as configured" || got.Kind != "prometheus" {
		t.Errorf("info is %+v", got)
	}
}

// compare compares every window of every quantity and returns the largest
// relative difference.
func compare(t *testing.T, name string, want, got *window.Scan, bound float64) float64 {
	t.Helper()
	largest := 0.0
	theirs := scanOf(got)
	if len(theirs) != len(want.Groups) {
		t.Fatalf("%s: %d groups, want %d", name, len(theirs), len(want.Groups))
	}
	for _, g := range want.Groups {
		h := theirs[fmt.Sprint(g.Labels)]
		pairs := [][2]window.Counts{{g.Total, h.Total}, {g.Bad, h.Bad}, {g.Sum, h.Sum}}
		if len(g.Buckets) != len(h.Buckets) || h.Estimate != g.Estimate {
			t.Fatalf("%s: %d buckets, want %d", name, len(h.Buckets), len(g.Buckets))
		}
		for i := range g.Buckets {
			pairs = append(pairs, [2]window.Counts{g.Buckets[i].Counts, h.Buckets[i].Counts})
		}
		for i := range want.Grid.Cells() {
			if g.Samples[i] != h.Samples[i] {
				t.Errorf("%s: %v has %d samples in cell %d, want %d", name, g.Labels, h.Samples[i], i, g.Samples[i])
			}
			for _, p := range pairs {
				a, b := p[0].Windowed.At(i).Float(), p[1].Windowed.At(i).Float()
				off := math.Abs(b-a) / max(math.Abs(a), 1)
				largest = max(largest, off)
				if off > bound {
					t.Errorf("%s: %v counts %v in cell %d, want %v", name, g.Labels, b, i, a)
				}
			}
		}
	}
	return largest
}

// TestDebian checks a closed-left server of the 2.x line against the left-open
// one in process, over the same blocks, and both against what promtool says.
func TestDebian(t *testing.T) {
	series := load(t, company())
	dir, same := t.TempDir(), t.TempDir()
	promtest.WriteBlock(t, dir, series)
	if err := os.CopyFS(same, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	url := promtest.Debian(t, dir, "")
	closed, left := open(t, prom.Options{URL: url, Read: "promql"}), open(t, prom.Options{URL: promtest.Serve(t, same), Read: "promql"})
	for _, c := range steadyCases() {
		req := request(t, c)
		off := compare(t, c.Name, scan(t, left, req), scan(t, closed, req), 1e-12)
		t.Logf("%-9s largest difference between 2.42 and 3.x %.1e", c.Name, off)
	}
	if info := closed.Info(); !strings.HasPrefix(info.Detail, "version 2.42") {
		t.Logf("the binary is %s", info.Detail)
	}
	req := request(t, steadyCases()[0])
	got := scan(t, closed, req)
	if !strings.Contains(got.Expressions[0], "[4m59s999ms]") {
		t.Errorf("a closed-left server is asked %s", got.Expressions[0])
	}
	end := req.Grid[72] / 1000
	for org, g := range map[string]window.Group{"acme": got.Groups[0], "globex": got.Groups[1]} {
		expr := fmt.Sprintf(`sum_over_time(sum(rate(http_requests_total{org=%q}[4m59s999ms]))[5h55m:5m]) * 300`, org)
		text := promtest.Promtool(t, url, expr, end)
		_, number, _ := strings.Cut(text, "=> ")
		number, _, _ = strings.Cut(number, " ")
		want, err := strconv.ParseFloat(number, 64)
		if err != nil {
			t.Fatalf("promtool printed %q", text)
		}
		if total := g.Total.Windowed.Range(0, 72).Float(); math.Abs(total-want) > 1e-9*want {
			t.Errorf("%s: the windows add up to %v, promtool says %v", org, total, want)
		} else {
			t.Logf("%s: windows %v, promtool %v", org, total, want)
		}
	}
}

// TestLosses shows how far PromQL's windows are off where counters do not grow
// evenly: here samples of a day, 60 s apart, in windows of 5 minutes. It fails
// when PromQL becomes right, for then the documentation of query.PushDown is
// wrong.
func TestLosses(t *testing.T) {
	grid := make([]string, 0, 289)
	for i := range 289 {
		grid = append(grid, (time.Duration(i) * 5 * time.Minute).String())
	}
	edges := strings.Join(grid, " ")
	slow := func(phase int) string { // an error every 15 minutes
		var b strings.Builder
		b.WriteString("load 1m\n  requests_total{job=\"api\",instance=\"a\",code=\"200\"} 0+10x1440\n")
		b.WriteString("  requests_total{job=\"api\",instance=\"a\",code=\"500\"}")
		for i := range 24*60 + 1 {
			fmt.Fprintf(&b, " %d", 100+(i+15-phase)/15)
		}
		return b.String()
	}
	for _, c := range []struct{ name, load string }{
		{"an error every 15m, just after the edge of a window", slow(1)},
		{"an error every 15m, inside of a window", slow(3)},
		{"46 errors of a series born in mid-period", `
			load 1m
			  requests_total{job="api",instance="a",code="200"} 0+10x1440
			  requests_total{job="api",instance="a",code="500"} _x700 46x700`},
	} {
		series := load(t, c.load)
		req := request(t, querytest.Case{Kind: query.Ratio, Total: `requests_total`, Bad: `requests_total{code="500"}`, Grid: edges})
		want := exact(t, series, req).Groups[0].Bad.Windowed.Range(0, 288).Float()
		got := scan(t, serve(t, series), req).Groups[0].Bad.Windowed.Range(0, 288).Float()
		t.Logf("%s: exact %v, promql %.2f (%+.0f %%)", c.name, want, got, 100*(got-want)/want)
		if math.Abs(got-want) < 0.05*want {
			t.Errorf("%s: PromQL counts %v of %v", c.name, got, want)
		}
	}
}

func TestEmptyResult(t *testing.T) {
	src := serve(t, load(t, "load 1m\n  a_total{job=\"x\"} 0+1x10\n"))
	got := scan(t, src, request(t, querytest.Case{Total: `nothing_total{job="x"}`, Grid: "0m 5m"}))
	if len(got.Groups) != 0 || !strings.Contains(strings.Join(got.Notes, "\n"), `nothing was found for nothing_total{job="x"}`) {
		t.Errorf("an empty result is %+v", got)
	}
}

func TestExpression(t *testing.T) {
	src := serve(t, load(t, company()))
	req := request(t, steadyCases()[0])
	req.Indicator = query.Indicator{Kind: query.Expression, TotalExpr: `sum by (org) (increase(http_requests_total[$window]))`,
		BadExpr: `sum by (org) (increase(http_requests_total{code="500"}[$window]))`}
	got := scan(t, src, req)
	compare(t, "expression", withoutSamples(scan(t, src, request(t, steadyCases()[0]))), got, 0)
}

// withoutSamples makes every cell have one sample, as expressions do.
func withoutSamples(s *window.Scan) *window.Scan {
	for _, g := range s.Groups {
		for i := range g.Samples {
			g.Samples[i] = 1
		}
	}
	return s
}

func TestLists(t *testing.T) {
	src := serve(t, load(t, company()))
	span := period.Span{Start: querytest.Base(), End: querytest.Base().Add(time.Hour)}
	metrics, err := src.Metrics(t.Context(), span)
	if err != nil || len(metrics) != 5 || metrics[0].Name != "http_requests_total" {
		t.Errorf("metrics are %v, %v", metrics, err)
	}
	sel, err := query.ParseSelector(`http_requests_total{org="acme"}`)
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]int{1: 1, 3: 3, 100: 4, 0: 4} {
		if got, err := src.Series(t.Context(), sel, span, limit); err != nil || len(got) != want {
			t.Errorf("Series with limit %d gives %v, %v", limit, got, err)
		}
	}
}

func TestCanceled(t *testing.T) {
	src := serve(t, load(t, company()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Scan(ctx, []query.Request{request(t, steadyCases()[0])}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled scan ends with %v", err)
	}
}
