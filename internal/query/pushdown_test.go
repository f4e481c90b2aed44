package query

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/window"
)

// tiling returns the edges of windows of one width in minutes, from and up to
// minutes after the epoch.
func tiling(from, to, width int64) []int64 {
	var out []int64
	for t := from; t < to; t += width {
		out = append(out, t*60_000)
	}
	return append(out, to*60_000)
}

func gridOf(parts ...[]int64) window.Grid {
	var all []int64
	for _, p := range parts {
		all = append(all, p...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestSweepsAreFew(t *testing.T) {
	month := int64(31 * 24 * 60)
	now := month - 1003 // minutes: not on the edge of a window
	burn := []int64{(now - 60) * 60_000, (now - 360) * 60_000, (now - 1440) * 60_000}
	for _, c := range []struct {
		name string
		grid window.Grid
		most int
	}{
		{"a month of 5m windows", gridOf(tiling(0, month, 5)), 1},
		{"a quarter of 5m windows, over the limit of points", gridOf(tiling(0, 3*month, 5)), 3},
		{"a month to date", gridOf(tiling(0, now, 5), burn), 8},
		{"a month to date under a rolling day", gridOf(tiling(0, now, 5), tiling(now-1440, now, 5), burn), 8},
		{"a month under a rolling month", gridOf(tiling(0, now, 5), tiling(now-30*1440, now, 5), burn), 6},
		{"windows that are no divisor of the other tiling's", gridOf(tiling(0, now, 60), tiling(now-1440, now, 5)), 8},
		{"maintenance every Sunday night", gridOf(tiling(0, month, 5), []int64{123 * 60_000, 151 * 60_000, (10080 + 123) * 60_000, (10080 + 151) * 60_000}), 10},
		{"two cells", window.Grid{0, 100, 5000}, 2},
		{"one cell", window.Grid{0, 100}, 1},
	} {
		if got := sweepsOf(c.grid, DefaultMaxPoints); len(got) > c.most {
			t.Errorf("%s: %d sweeps for %d cells, want at most %d", c.name, len(got), c.grid.Cells(), c.most)
		}
	}
}

// TestSweepsCover checks that every cell is asked for exactly once, at its own
// end and with its own width, and that no query has too many instants.
func TestSweepsCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		widths := rapid.SliceOfN(rapid.SampledFrom([]int64{1, 7, 60, 60, 60, 300, 3600}), 1, 200).Draw(t, "widths")
		grid := window.Grid{rapid.Int64Range(-1000, 1_700_000_000_000).Draw(t, "start")}
		for _, w := range widths {
			grid = append(grid, grid[len(grid)-1]+w)
		}
		limit := rapid.IntRange(1, 50).Draw(t, "limit")
		seen := make([]int, grid.Cells())
		for _, s := range sweepsOf(grid, limit) {
			if len(s.cells) > limit {
				t.Fatalf("%d instants in one query, limit %d", len(s.cells), limit)
			}
			for i, cell := range s.cells {
				if cell < 0 {
					continue
				}
				seen[cell]++
				end := s.first + int64(i)*s.stride
				if got, ok := s.cell(end); end != grid[cell+1] || grid[cell+1]-grid[cell] != s.width || !ok || got != cell {
					t.Fatalf("cell %d of %v is asked for at %d with width %d", cell, grid, end, s.width)
				}
			}
		}
		if i := slices.IndexFunc(seen, func(n int) bool { return n != 1 }); i >= 0 {
			t.Fatalf("cell %d is asked for %d times", i, seen[i])
		}
	})
}

// asker records what it is asked and answers one value at every instant.
type asker struct {
	mu    sync.Mutex
	asked []string
	value map[string]float64 // by a part of the expression
	label labels.Labels
	err   error
	shift int64
	limit int64 // instants, from which on a query is too large; 0 for none
}

func (a *asker) ask(_ context.Context, expr string, start, end time.Time, step time.Duration) ([]RangeSeries, []string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, fmt.Sprintf("%s @ %d..%d/%d", expr, start.Unix(), end.Unix(), int64(step.Seconds())))
	if a.err != nil {
		return nil, nil, a.err
	}
	if n := end.Sub(start)/step + 1; a.limit > 0 && int64(n) >= a.limit {
		return nil, nil, fmt.Errorf("refusing %d instants: %w", n, ErrTooLarge)
	}
	for part, v := range a.value {
		if strings.Contains(expr, part) {
			rs := RangeSeries{Labels: a.label}
			for t := start; !t.After(end); t = t.Add(step) {
				rs.Points = append(rs.Points, Point{t.UnixMilli() + a.shift, v})
			}
			return []RangeSeries{rs}, []string{"partial answer"}, nil
		}
	}
	return nil, nil, nil
}

func mustSelector(t *testing.T, text string) Selector {
	t.Helper()
	sel, err := ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return sel
}

// TestPushDownQuestions shows what each kind of indicator asks.
func TestPushDownQuestions(t *testing.T) {
	sel := func(text string) Selector { return mustSelector(t, text) }
	for _, c := range []struct {
		name    string
		ind     Indicator
		groupBy []string
		closed  bool
		want    []string
	}{
		{"counter", Indicator{Kind: Counter, Total: sel(`a_total{job="x"}`)}, nil, false, []string{
			`sum by (job) (count_over_time(a_total{job="x"}[1h])) @ 600..600/3600`,
			`sum by (job) (count_over_time(a_total{job="x"}[5m])) @ 900..1500/300`,
			`sum(increase(a_total{job="x"}[5m])) @ 900..1500/300`,
		}},
		{"ratio on a server with closed ranges", Indicator{Kind: Ratio, Total: sel(`a_total`), Bad: sel(`a_total{code=~"5.."}`)}, []string{"org"}, true, []string{
			`sum by (job) (count_over_time(a_total[59m59s999ms])) @ 600..600/3600`,
			`sum by (job, org) (count_over_time(a_total[4m59s999ms])) @ 900..1500/300`,
			`sum by (org) (rate(a_total[4m59s999ms])) * 300 @ 900..1500/300`,
			`sum by (org) (rate(a_total{code=~"5.."}[4m59s999ms])) * 300 @ 900..1500/300`,
		}},
		{"histogram", Indicator{Kind: Histogram, Total: sel(`lat_seconds{job="x"}`)}, []string{"org"}, false, []string{
			`sum by (job) (count_over_time(lat_seconds_bucket{job="x",le="+Inf"}[1h])) @ 600..600/3600`,
			`sum by (job, org) (count_over_time(lat_seconds_bucket{job="x",le="+Inf"}[5m])) @ 900..1500/300`,
			`sum by (le, org) (count_over_time(lat_seconds_bucket{job="x"}[15m])) @ 1500..1500/900`,
			`sum by (le, org) (increase(lat_seconds_bucket{job="x"}[5m])) @ 900..1500/300`,
			`sum(count_over_time(lat_seconds{job="x"}[15m])) @ 1500..1500/900`, // no bucket: a native histogram?
		}},
		{"gauge", Indicator{Kind: Gauge, Total: sel(`g`)}, nil, false, []string{
			`max(last_over_time(g[5m])) @ 900..1500/300`,
			`max(max_over_time(g[15m])) @ 1500..1500/900`,
			`min(min_over_time(g[15m])) @ 1500..1500/900`,
			`sum by (job) (count_over_time(g[1h])) @ 600..600/3600`,
			`sum by (job) (count_over_time(g[5m])) @ 900..1500/300`,
			`sum(sum_over_time(g[5m])) @ 900..1500/300`,
		}},
		{"rating", Indicator{Kind: Rating, Total: sel(`r_count`), Sum: sel(`r_sum`)}, []string{"job"}, false, []string{
			`sum by (job) (count_over_time(r_count[1h])) @ 600..600/3600`,
			`sum by (job) (count_over_time(r_count[5m])) @ 900..1500/300`,
			`sum by (job) (increase(r_count[5m])) @ 900..1500/300`,
			`sum by (job) (increase(r_sum[5m])) @ 900..1500/300`,
		}},
		{"expression", Indicator{Kind: Expression, TotalExpr: `rate(a[$window]) * 300`, BadExpr: `1`}, []string{"org"}, false, []string{
			`sum by (org) (rate(a[5m]) * 300) @ 900..1500/300`,
			`sum by (org) (vector(1)) @ 900..1500/300`,
		}},
	} {
		a := &asker{}
		scan, err := PushDown(t.Context(), a.ask, Request{Indicator: c.ind, GroupBy: c.groupBy, Grid: gridOf(tiling(10, 25, 5))}, PushDownOptions{ClosedLeft: c.closed})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		slices.Sort(a.asked)
		if diff := cmp.Diff(c.want, a.asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if len(scan.Groups) != 0 || scan.Accounting != window.PromQL || !strings.Contains(strings.Join(scan.Notes, "\n"), "nothing was found for") {
			t.Errorf("%s: an empty answer gives %+v", c.name, scan)
		}
	}
}

func TestPushDownValues(t *testing.T) {
	a := &asker{label: labels.FromStrings("job", "x", "org", "acme"),
		value: map[string]float64{`increase(a_total[`: 10.5, `increase(a_total{`: 9.25, `count_over_time(a_total`: 5, `count_over_time(up`: 5, `sum_over_time(up`: 3}}
	good := mustSelector(t, `a_total{code="200"}`)
	ind := Indicator{Kind: Ratio, Total: mustSelector(t, `a_total`), Good: good}
	ask := ShareAnswers(a.ask)
	req := Request{Indicator: ind, GroupBy: []string{"org"}, Grid: gridOf(tiling(10, 25, 5))}
	scan, err := PushDown(t.Context(), ask, req, PushDownOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g := scan.Groups[0]
	if g.Labels["org"] != "acme" || g.Total.Windowed.Range(0, 3).String() != "31.5" || g.Bad.Windowed.Range(0, 3).Canonical() != "3.75" || g.Samples[2] != 5 {
		t.Errorf("the group is %+v: total %s, bad %s", g, g.Total.Windowed.Range(0, 3), g.Bad.Windowed.Range(0, 3))
	}
	if j := scan.Jobs[0]; j.Name != "x" || !j.Seen[0] || j.Up[1] != 3 || j.Down[1] != 2 {
		t.Errorf("the job is %+v", j)
	}
	if n := strings.Join(scan.Notes, "\n"); !strings.Contains(n, "partial answer") || !strings.Contains(n, "increase()") {
		t.Errorf("the notes are %q", scan.Notes)
	}
	before := len(a.asked)
	if _, err := PushDown(t.Context(), ask, req, PushDownOptions{}); err != nil || len(a.asked) != before {
		t.Errorf("asking again puts %d more questions, %v", len(a.asked)-before, err)
	}
}

// TestSettled: sums of doubles come with noise that is no event.
func TestSettled(t *testing.T) {
	sum := 0.0
	for range 3 {
		sum += 0.1
	}
	for in, want := range map[float64]float64{sum: 0.3, 1680.0000000000002: 1680, 1679.9999999999998: 1680, 2.5: 2.5, 1 << 60: 1 << 60, math.MaxFloat64: math.MaxFloat64} {
		if got := settled(in); got != want {
			t.Errorf("settled(%v) = %v, want %v", in, got, want)
		}
	}
}

// TestPushDownTooLarge: an engine that cannot hold a month answers for parts of
// it.
func TestPushDownTooLarge(t *testing.T) {
	a := &asker{value: map[string]float64{`increase(a_total`: 10, `count_over_time(a_total`: 5}, limit: 3}
	req := Request{Indicator: Indicator{Total: mustSelector(t, `a_total`)}, Grid: gridOf(tiling(0, 55, 5))}
	scan, err := PushDown(t.Context(), a.ask, req, PushDownOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := scan.Groups[0].Total.Windowed; got.Range(0, 11).String() != "110" || got.At(10).String() != "10" {
		t.Errorf("the total is %s", got.Range(0, 11))
	}
	a.limit = 1
	if _, err := PushDown(t.Context(), a.ask, req, PushDownOptions{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an engine that cannot hold one instant gives %v", err)
	}
}

// TestPushDownShortWindows: a scrape as rare as the window gives increase()
// nothing to work with. That is no idle time.
func TestPushDownShortWindows(t *testing.T) {
	a := &asker{value: map[string]float64{`count_over_time(a_total`: 1}}
	scan, err := PushDown(t.Context(), a.ask, Request{Indicator: Indicator{Total: mustSelector(t, `a_total`)}, Grid: gridOf(tiling(10, 12, 1))}, PushDownOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s := scan.Groups[0].Samples; s[0] != 0 || s[1] != 0 || !strings.Contains(strings.Join(scan.Notes, "\n"), "2 windows have samples but no value") {
		t.Errorf("samples are %v with notes %q", s, scan.Notes)
	}
}

func TestPushDownErrors(t *testing.T) {
	down := errors.New("connection refused")
	req := Request{Indicator: Indicator{Total: mustSelector(t, `a_total`)}, Grid: gridOf(tiling(10, 25, 5))}
	if _, err := PushDown(t.Context(), (&asker{err: down}).ask, req, PushDownOptions{}); !errors.Is(err, down) {
		t.Errorf("the source's error is lost: %v", err)
	}
	a := &asker{value: map[string]float64{"increase": 1}, shift: 1000}
	if _, err := PushDown(t.Context(), a.ask, req, PushDownOptions{}); err == nil || !strings.Contains(err.Error(), "an instant that was not asked for") {
		t.Errorf("a server that answers at other instants is believed: %v", err)
	}
	if _, err := PushDown(t.Context(), a.ask, Request{Indicator: req.Indicator, Grid: window.Grid{1}}, PushDownOptions{}); err == nil {
		t.Error("a grid without cells is accepted")
	}
	bad := Request{Indicator: Indicator{Kind: Expression, TotalExpr: `increase(a[1d$window])`}, Grid: window.Grid{0, 2 * 86400_000}}
	if _, err := PushDown(t.Context(), a.ask, bad, PushDownOptions{}); err == nil {
		t.Error("a duration that only some windows complete is accepted")
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := PushDown(canceled, (&asker{}).ask, req, PushDownOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled scan ends with %v", err)
	}
}
