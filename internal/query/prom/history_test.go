package prom_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
)

// recordFrom records from a server the days that answers to the requests need.
func recordFrom(t *testing.T, base, path string, reqs []query.Request) {
	t.Helper()
	var inds []query.Indicator
	for _, req := range reqs {
		inds = append(inds, req.Indicator)
	}
	sels, err := query.Footprint(inds)
	if err != nil {
		t.Fatal(err)
	}
	feed, why, err := query.FeedOf(t.Context(), open(t, prom.Options{URL: base}), reqs)
	if err != nil || feed == nil {
		t.Fatal(why, err)
	}
	r, err := tsdb.OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	grid := reqs[0].Grid
	first, end := grid.Span(0).Start.Add(-query.DefaultLookback), grid.Span(grid.Cells()-1).End
	for in := tsdb.DayOf(first); in.Start.Before(end); in = tsdb.DayOf(in.End.Add(time.Millisecond)) {
		if _, err := r.Record(t.Context(), feed, tsdb.Recording{Day: in, Until: in.End, Complete: true, Selectors: sels}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHistoryOfServer records from a server by each way of reading it, and finds
// that a server which has forgotten the first day, joined with the history, one
// that is down, and one that is read in PromQL count what was counted before.
func TestHistoryOfServer(t *testing.T) {
	all := load(t, company())
	var reqs []query.Request
	for _, c := range steadyCases() {
		reqs = append(reqs, request(t, c))
	}
	bases := []struct{ name, url string }{{"Prometheus 3", serveIn(t, all, promtest.Serve)}}
	if _, err := exec.LookPath("prometheus"); err == nil {
		bases = append(bases, struct{ name, url string }{"Debian", serveIn(t, all, func(tb testing.TB, dir string) string { return promtest.Debian(tb, dir, "") })})
	}
	for _, base := range bases {
		for _, way := range ways() {
			path := t.TempDir()
			recordFrom(t, way.url(t, base.url), path, reqs)
			for name, live := range map[string]query.Source{
				"read again": open(t, prom.Options{URL: way.url(t, base.url)}),
				"forgetful":  serve(t, after(all, querytest.Base().UnixMilli())),
				"down":       open(t, prom.Options{URL: "http://127.0.0.1:1"}),
				"promql":     open(t, prom.Options{URL: base.url, Read: "promql"}),
			} {
				h, err := tsdb.OpenHistory(path, tsdb.Options{})
				if err != nil {
					t.Fatal(err)
				}
				src := query.JoinSources(live, h, query.JoinOptions{Workers: 2})
				for i, req := range reqs {
					want, got := querytest.Dump(exact(t, all, req)), querytest.Dump(scan(t, src, req))
					if got != want {
						t.Errorf("%s, recorded by %s, %s, request %d:\n%swant\n%s", base.name, way.name, name, i, got, want)
					}
				}
				if detail := src.Info().Detail; !strings.Contains(detail, "2026-10-01 from the history") {
					t.Errorf("%s: %s", name, detail)
				}
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// TestPartOfHistory has a server that forgot the first day, whose samples are in
// the history, and has the second alone: the growth over midnight needs both.
func TestPartOfHistory(t *testing.T) {
	all := load(t, company())
	base := serveIn(t, all, promtest.Serve)
	var reqs []query.Request
	for _, c := range steadyCases() {
		reqs = append(reqs, request(t, c))
	}
	path := t.TempDir()
	recordFrom(t, base, path, reqs)
	r, err := tsdb.OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	gone := r.Days()[1]
	for _, way := range ways() {
		h, err := tsdb.OpenHistory(path, tsdb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		first := &onlyBefore{h, gone.Span.Start.UnixMilli()}
		url := way.url(t, serveIn(t, after(all, querytest.Base().UnixMilli()), promtest.Serve))
		src := query.JoinSources(open(t, prom.Options{URL: url}), first, query.JoinOptions{Workers: 2})
		for i, req := range reqs {
			if got, want := querytest.Dump(scan(t, src, req)), querytest.Dump(exact(t, all, req)); got != want {
				t.Errorf("%s, request %d:\n%swant\n%s", way.name, i, got, want)
			}
		}
		h.Close()
	}
}

// onlyBefore is a history that ends at an instant.
type onlyBefore struct {
	*tsdb.History
	end int64
}

func (o *onlyBefore) Has(sel query.Selector, from, to int64) []query.Stretch {
	return o.History.Has(sel, from, min(to, o.end))
}

// after returns the samples after an instant.
func after(all []querytest.Series, t int64) []querytest.Series {
	var out []querytest.Series
	for _, s := range all {
		i := slices.IndexFunc(s.Samples, func(p querytest.Sample) bool { return p.T > t })
		if i >= 0 {
			out = append(out, querytest.Series{Labels: s.Labels, Samples: s.Samples[i:]})
		}
	}
	return out
}

func serveIn(t *testing.T, all []querytest.Series, with func(testing.TB, string) string) string {
	t.Helper()
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, all)
	return with(t, dir)
}
