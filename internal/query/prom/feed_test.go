package prom_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/window"
)

// ways are the feeds of raw samples: what a server must be like, and what Info
// says of it.
func ways() []struct {
	name, says string
	url        func(t testing.TB, base string) string
} {
	return []struct {
		name, says string
		url        func(t testing.TB, base string) string
	}{
		{"remote read", "raw samples by remote read", func(_ testing.TB, base string) string { return base }},
		{"raw queries", "raw samples by instant queries", func(t testing.TB, base string) string {
			return promtest.Without(t, base, "/api/v1/read", 404)
		}},
	}
}

// TestExact runs the rules of exact accounting against both feeds of the server
// in process.
func TestExact(t *testing.T) {
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			for _, c := range append(querytest.Cases(), querytest.NativeCases()...) {
				t.Run(c.Name, func(t *testing.T) {
					dir := t.TempDir()
					promtest.WriteBlock(t, dir, load(t, c.Load))
					src := open(t, prom.Options{URL: way.url(t, promtest.Serve(t, dir)), Read: "raw"})
					results, err := src.Scan(t.Context(), []query.Request{request(t, c)})
					if err != nil || results[0].Err != nil {
						t.Fatal(err, results)
					}
					if way.name == "raw queries" && strings.Contains(c.Load, "{{") {
						notes := len(results[0].Scan.Notes)
						results[0].Scan.Notes = slices.DeleteFunc(results[0].Scan.Notes, func(n string) bool { return strings.Contains(n, "read as JSON") })
						if notes == len(results[0].Scan.Notes) {
							t.Error("it is not noted that JSON says less")
						}
						if strings.Contains(c.Load, "custom_values") {
							if n := len(results[0].Scan.Groups); n > 0 {
								t.Errorf("custom buckets, of which JSON does not tell the bounds, make %d groups", n)
							}
							return
						}
					}
					c.Check(t, results[0])
				})
			}
		})
	}
}

// TestExactDebian does the same with Prometheus 2.42, whose ranges hold their
// left edge and which adds its external labels to what is read remotely.
func TestExactDebian(t *testing.T) {
	dir := t.TempDir()
	series := load(t, company())
	promtest.WriteBlock(t, dir, series)
	base := promtest.Debian(t, dir, "global: {external_labels: {cluster: eu}}\n")
	for _, way := range ways() {
		src := open(t, prom.Options{URL: way.url(t, base), Read: "raw"})
		prom.SetPerAnswer(src, 100) // samples lie where slices meet
		for _, c := range steadyCases() {
			c.GroupBy = append(c.GroupBy, "instance")
			req := request(t, c)
			want, got := exact(t, series, req), scan(t, src, req)
			if a, b := querytest.Dump(want), querytest.Dump(got); a != b || got.Accounting != window.Exact || got.Series != want.Series {
				t.Errorf("%s, %s gives\n%swant\n%s", way.name, c.Name, b, a)
			}
		}
		t.Log(src.Info().Detail)
	}
	src := open(t, prom.Options{URL: base})
	for label, says := range map[string]string{"cluster": "the label cluster, which is asked for", "instance": "by remote read"} {
		req := request(t, querytest.Case{Total: "http_requests_total", Grid: "0m 1h", GroupBy: []string{label}})
		got := scan(t, src, req)
		if detail := src.Info().Detail; !strings.Contains(detail, says) {
			t.Errorf("grouped by %s: %s; want %q", label, detail, says)
		}
		if a, b := querytest.Dump(exact(t, series, req)), querytest.Dump(got); a != b {
			t.Errorf("grouped by %s: the scan is\n%swant\n%s", label, b, a)
		}
	}
}

// TestVictoria: VictoriaMetrics has no remote read, so `read: auto` takes raw
// queries and says why, and the counts are those of the samples that it was given.
func TestVictoria(t *testing.T) {
	series := load(t, company())
	base := promtest.Victoria(t, series)
	src := open(t, prom.Options{URL: base})
	prom.SetPerAnswer(src, 100) // samples lie where slices meet
	for _, c := range steadyCases() {
		c.GroupBy = append(c.GroupBy, "instance")
		req := request(t, c)
		want, got := exact(t, series, req), scan(t, src, req)
		if a, b := querytest.Dump(want), querytest.Dump(got); a != b || got.Accounting != window.Exact {
			t.Errorf("%s gives, %s,\n%swant\n%s", c.Name, got.Accounting, b, a)
		}
	}
	if detail := src.Info().Detail; !strings.Contains(detail, "raw samples by instant queries") || !strings.Contains(detail, "no remote read: the server answers 400 Bad Request: requestURI: /api/v1/read") {
		t.Errorf("the choice is told as %q", detail)
	}
	t.Log(src.Info().Detail)
}

// TestFeedsAgree: on random series the feeds give what a feed in memory gives,
// whatever the slices: no sample is lost or doubled where they meet.
func TestFeedsAgree(t *testing.T) {
	drawn := 0
	rapid.Check(t, func(r *rapid.T) {
		if drawn++; drawn > 30 && !t.Failed() {
			return // a server for each takes its time
		}
		values := rapid.OneOf(rapid.SampledFrom([]string{"_", "_x2", "_x7", "_x40", "stale", "NaN", "Inf", "0+1x8", "7+3x15", "0.1+0.2x6", "1e-7", "123456789.125"}),
			rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,2})?`))
		var text strings.Builder
		fmt.Fprintf(&text, "load %dms from %dms\n", rapid.IntRange(900, 20_000).Draw(r, "step"), rapid.IntRange(0, 70_000).Draw(r, "offset"))
		for _, name := range []string{`reqs_total{job="a",instance="x"}`, `reqs_total{job="a",instance="y"}`, `reqs_total{job="a"}`, `reqs_created{job="a"}`, `up{job="a",instance="y"}`} {
			fmt.Fprintf(&text, "  %s %s\n", name, strings.Join(rapid.SliceOfN(values, 1, 60).Draw(r, name), " "))
		}
		series, err := querytest.Load(text.String())
		if err != nil {
			r.Fatal(err)
		}
		grid := []string{"1m"}
		for at, n := 60_000, rapid.IntRange(1, 8).Draw(r, "cells"); n > 0; n-- {
			at += rapid.IntRange(1, 600_000).Draw(r, "width")
			grid = append(grid, fmt.Sprintf("%dms", at))
		}
		req := request(t, querytest.Case{Total: "reqs_total", GroupBy: []string{"instance"}, Grid: strings.Join(grid, " "),
			MaxGap: 30 * time.Second, Lookback: time.Duration(rapid.IntRange(1, 600).Draw(r, "lookback")) * time.Second})
		want := querytest.Dump(exact(t, series, req))
		dir := t.TempDir()
		promtest.WriteBlock(t, dir, series)
		base := promtest.Serve(t, dir)
		blocks, err := tsdb.OpenBlocks(dir, tsdb.Options{})
		if err != nil {
			r.Fatal(err)
		}
		defer blocks.Close()
		if got := querytest.Dump(scan(t, blocks, req)); got != want {
			r.Fatalf("the blocks give\n%swant\n%s", got, want)
		}
		for _, way := range ways() {
			src := open(t, prom.Options{URL: way.url(t, base), Read: "raw"})
			prom.SetPerAnswer(src, 40) // slices of a few minutes
			if got := querytest.Dump(scan(t, src, req)); got != want {
				r.Fatalf("%s gives\n%swant\n%s", way.name, got, want)
			}
		}
	})
}

// TestTruth: what PromQL loses (see TestLosses) is counted by both feeds.
func TestTruth(t *testing.T) {
	var b strings.Builder
	b.WriteString("load 1m\n  requests_total{job=\"api\",instance=\"a\",code=\"200\"} 0+10x1440\n  requests_total{job=\"api\",instance=\"a\",code=\"500\"}")
	for i := range 24*60 + 1 {
		b.WriteString(" " + strconv.Itoa(100+(i+14)/15)) // an error every 15 minutes, just after the edge of a window
	}
	b.WriteString("\n  requests_total{job=\"api\",instance=\"a\",code=\"503\"} _x700 46x700\n")
	series := load(t, b.String())
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	base := promtest.Serve(t, dir)
	var grid []string
	for at := time.Duration(0); at <= 24*time.Hour; at += 5 * time.Minute {
		grid = append(grid, at.String())
	}
	slow := request(t, querytest.Case{Kind: query.Ratio, Total: `requests_total`, Bad: `requests_total{code=~"5.."}`, GroupBy: []string{"code"}, Grid: strings.Join(grid, " ")})
	for _, way := range ways() {
		got := scan(t, open(t, prom.Options{URL: way.url(t, base)}), slow)
		for code, want := range map[string]string{"500": "96", "503": "46"} {
			if bad := scanOf(got)[fmt.Sprint(map[string]string{"code": code})].Bad.Windowed.Range(0, 288).String(); bad != want {
				t.Errorf("%s counts %s errors %s, want %s", way.name, bad, code, want)
			}
		}
	}
}

// TestSeams: a gauge, of which each sample counts, has samples in every
// millisecond beside and on each whole second, where slices meet. None is lost
// on a server whose ranges are open on the left, and none doubled on one whose
// are closed.
func TestSeams(t *testing.T) {
	var samples []querytest.Sample
	for second := int64(-30); second <= 600; second++ {
		for ms := int64(-1); ms <= 1; ms++ {
			samples = append(samples, querytest.Sample{T: querytest.Base().UnixMilli() + 1000*second + ms, V: float64(second)})
		}
	}
	series := []querytest.Series{{Labels: labels.FromStrings("__name__", "depth", "job", "api"), Samples: samples}}
	dir, same := t.TempDir(), t.TempDir()
	promtest.WriteBlock(t, dir, series)
	promtest.WriteBlock(t, same, series)
	req := request(t, querytest.Case{Kind: query.Gauge, Total: "depth", Grid: "1ms 2m 2m1ms 5m3s 9m59s999ms", Lookback: 7 * time.Millisecond})
	want := querytest.Dump(exact(t, series, req))
	for name, base := range map[string]string{"left-open": promtest.Serve(t, same), "closed-left": promtest.Debian(t, dir, "")} {
		for _, way := range ways() {
			src := open(t, prom.Options{URL: way.url(t, base), Read: "raw"})
			prom.SetPerAnswer(src, 1) // slices of a minute
			if got := querytest.Dump(scan(t, src, req)); got != want {
				t.Errorf("%s, %s: the scan is\n%swant\n%s", name, way.name, got, want)
			}
		}
	}
}
