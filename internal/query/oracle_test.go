package query_test

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// The oracle is docs/rules.md, "Counting", word by word: it looks at
// every sample and searches all others for its predecessor and its witness. It
// is slow and shares nothing with the accounting.
type oracle struct {
	grid             window.Grid
	maxGap, lookback int64
	selected, all    []querytest.Series
}

// valid returns the samples that are samples.
func valid(s querytest.Series) []querytest.Sample {
	var out []querytest.Sample
	for _, p := range s.Samples {
		if !math.IsNaN(p.V) && !math.IsInf(p.V, 0) {
			out = append(out, p)
		}
	}
	return out
}

func (o oracle) cell(t int64) int {
	for i := range o.grid.Cells() {
		if o.grid[i] < t && t <= o.grid[i+1] {
			return i
		}
	}
	return -1
}

func sameTarget(a, b labels.Labels) bool {
	return a.Get("job") != "" && a.Get("instance") != "" && a.Get("job") == b.Get("job") && a.Get("instance") == b.Get("instance")
}

func (o oracle) witnessed(ls labels.Labels, c querytest.Sample) bool {
	recent := func(t int64) bool { return t < c.T && c.T-t <= o.lookback }
	for _, s := range o.selected {
		for _, p := range valid(s) {
			if sameTarget(s.Labels, ls) && recent(p.T) {
				return true
			}
		}
	}
	for _, s := range o.all {
		for _, p := range valid(s) {
			start := int64(math.Round(p.V * 1000))
			began := start <= c.T && c.T-start <= o.lookback
			switch s.Labels.Get("__name__") {
			case "up":
				if sameTarget(s.Labels, ls) && p.V == 1 && recent(p.T) {
					return true
				}
			case "process_start_time_seconds":
				if sameTarget(s.Labels, ls) && began {
					return true
				}
			case "reqs_created":
				b := labels.NewBuilder(s.Labels).Set("__name__", "reqs_total").Labels()
				if labels.Equal(b, ls) && began {
					return true
				}
			}
		}
	}
	return false
}

// counts returns the windowed, recovered and unwitnessed growth of the series
// that pick selects, and the samples that let each cell be judged.
func (o oracle) counts(pick func(labels.Labels) bool) (c window.Counts, judged []uint32) {
	n := o.grid.Cells()
	c = window.Counts{Windowed: unit.NewSums(n), Recovered: unit.NewSums(n), Unwitnessed: unit.NewSums(n)}
	judged = make([]uint32, n)
	for _, s := range o.selected {
		if !pick(s.Labels) {
			continue
		}
		samples := valid(s)
		for i, now := range samples {
			cell := o.cell(now.T)
			if cell < 0 {
				continue
			}
			value, _ := unit.DecimalOfFloat(now.V)
			if i == 0 || now.T-samples[i-1].T > o.lookback {
				if o.witnessed(s.Labels, now) {
					c.Windowed.Add(cell, value)
					judged[cell]++
				} else {
					c.Unwitnessed.Add(cell, value)
				}
				continue
			}
			before, _ := unit.DecimalOfFloat(samples[i-1].V)
			if value.Cmp(before) >= 0 {
				value = value.Sub(before)
			}
			if now.T-samples[i-1].T > o.maxGap {
				c.Recovered.Add(cell, value)
			} else {
				c.Windowed.Add(cell, value)
				judged[cell]++
			}
		}
	}
	return c, judged
}

// jobs returns what is known of the jobs of the selection.
func (o oracle) jobs() []window.Job {
	byName := map[string]*window.Job{}
	for _, s := range o.selected {
		name := s.Labels.Get("job")
		for _, p := range valid(s) {
			if name == "" || p.T < o.grid[0]-o.lookback || p.T > o.grid[len(o.grid)-1] {
				continue
			}
			if byName[name] == nil {
				n := o.grid.Cells()
				byName[name] = &window.Job{Name: name, Seen: make([]bool, n), Up: make([]uint32, n), Down: make([]uint32, n)}
			}
			for i := range o.grid.Cells() {
				if start, end := o.grid[i], o.grid[i+1]; p.T <= end && (p.T > start || p.T >= end-o.lookback) {
					byName[name].Seen[i] = true
				}
			}
		}
	}
	for _, s := range o.all {
		job := byName[s.Labels.Get("job")]
		if s.Labels.Get("__name__") != "up" || job == nil {
			continue
		}
		for _, p := range valid(s) {
			if i := o.cell(p.T); i >= 0 && p.V == 1 {
				job.Up[i]++
			} else if i >= 0 {
				job.Down[i]++
			}
		}
	}
	var out []window.Job
	for _, j := range byName {
		out = append(out, *j)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// scan answers a ratio of all series and those with code 500, by instance.
func (o oracle) scan() *window.Scan {
	out := &window.Scan{Grid: o.grid, Jobs: o.jobs()}
	instances := map[string]bool{}
	for _, s := range o.selected {
		for _, p := range valid(s) {
			if p.T >= o.grid[0]-o.lookback && p.T <= o.grid[len(o.grid)-1] {
				instances[s.Labels.Get("instance")] = true
			}
		}
	}
	for name := range instances {
		g := window.Group{Labels: map[string]string{"instance": name}}
		g.Total, g.Samples = o.counts(func(ls labels.Labels) bool { return ls.Get("instance") == name })
		g.Bad, _ = o.counts(func(ls labels.Labels) bool { return ls.Get("instance") == name && ls.Get("code") == "500" })
		out.Groups = append(out.Groups, g)
	}
	sort.Slice(out.Groups, func(i, j int) bool { return out.Groups[i].Labels["instance"] < out.Groups[j].Labels["instance"] })
	return out
}

// TestAccountOracle compares the accounting with the oracle on random series.
func TestAccountOracle(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.OneOf(rapid.SampledFrom([]string{"_", "_x2", "_x5", "_x12", "_x40", "stale", "NaN", "Inf", "0+1x8", "7+3x5", "0.1+0.2x6"}),
			rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,2})?`))
		var text strings.Builder
		line := func(name string, value *rapid.Generator[string], longest int) {
			fmt.Fprintf(&text, "  %s %s\n", name, strings.Join(rapid.SliceOfN(value, 1, longest).Draw(r, name), " "))
		}
		text.WriteString("load 30s\n")
		for _, instance := range []string{`,instance="a"`, `,instance="b"`, ``} {
			for _, code := range []string{"200", "500"} {
				line(`reqs_total{job="api"`+instance+`,code="`+code+`"}`, values, 25)
			}
		}
		// Some moments around the samples, in seconds since the epoch.
		start := rapid.SampledFrom([]string{"1790812500", "1790812800.5", "1790813100", "1790814000", "_x9"})
		line(`reqs_created{job="api",code="500"}`, start, 3)
		line(`reqs_created{job="api",instance="a",code="500"}`, start, 3)
		line(`process_start_time_seconds{job="api",instance="b"}`, start, 3)
		line(`up{job="api",instance="a"}`, rapid.SampledFrom([]string{"1", "0", "_x7", "_x30", "1x10"}), 12)
		line(`up{job="api",instance="c"}`, rapid.SampledFrom([]string{"1", "0", "_x3"}), 30)

		all, err := querytest.Load(text.String())
		if err != nil {
			r.Fatal(err)
		}
		c := querytest.Case{Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, GroupBy: []string{"instance"},
			Grid: "3m 4m 4m30s 9m 15m 40m", MaxGap: 2 * 60e9, Lookback: 10 * 60e9}
		req := requests(t, c)[0]
		o := oracle{grid: req.Grid, maxGap: req.MaxGap.Milliseconds(), lookback: req.Lookback.Milliseconds(), all: all}
		for _, s := range all {
			if s.Labels.Get("__name__") == "reqs_total" {
				o.selected = append(o.selected, s)
			}
		}
		results, err := query.Account(context.Background(), &querytest.Feed{Series: all}, []query.Request{req}, 2)
		if err != nil || results[0].Err != nil {
			r.Fatal(err, results)
		}
		got := results[0].Scan
		got.Notes = nil
		if a, b := querytest.Dump(got), querytest.Dump(o.scan()); a != b {
			r.Fatalf("the accounting gives\n%sthe oracle\n%s", a, b)
		}
	})
}
