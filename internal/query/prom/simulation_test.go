package prom_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/window"
)

// scenarios are short days of scrapes every 15 s and every 60 s, and three days
// with an error a day.
func scenarios() []querytest.Scenario {
	return []querytest.Scenario{
		{Seed: 1, Length: 6 * time.Hour, Every: 15 * time.Second, Rate: 0.2, Slow: 40 * time.Minute},
		{Seed: 2, Length: 6 * time.Hour, Every: 60 * time.Second, Rate: 0.2, Slow: 40 * time.Minute},
		{Seed: 3, Length: 72 * time.Hour, Every: 60 * time.Second, Rate: 0.01, Slow: 24 * time.Hour},
	}
}

// question is what is asked of a simulation: a case, and how its truth is told.
type question struct {
	name      string
	kase      querytest.Case
	histogram bool
	by        string
}

func questions(length time.Duration) []question {
	edges := func(step time.Duration) string {
		var out []string
		for at := time.Duration(0); at < length; at += step {
			out = append(out, at.String())
		}
		return strings.Join(append(out, length.String()), " ")
	}
	ratio := func(by, grid string) querytest.Case {
		return querytest.Case{MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback,
			Kind: query.Ratio, Total: `http_requests_total`, Bad: `http_requests_total{code=~"5.."}`, GroupBy: []string{by}, Grid: grid}
	}
	latency := querytest.Case{MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback,
		Kind: query.Histogram, Total: `latency_seconds`, GroupBy: []string{"org"}, Grid: edges(5 * time.Minute)}
	tight := ratio("instance", edges(7*time.Minute))
	tight.MaxGap, tight.Lookback = 100*time.Second, 25*time.Minute
	return []question{
		{"requests by organization", ratio("org", edges(5*time.Minute)), false, "org"},
		{"requests by code, in hours", ratio("code", edges(time.Hour)), false, "code"},
		{"requests by instance, other limits", tight, false, "instance"},
		{"latency by organization", latency, true, "org"},
	}
}

// TestSimulatedRequests is the ground truth of exact accounting: whatever the
// way on which the samples of simulated requests are read, each window counts
// exactly the requests that truly were seen first in it.
func TestSimulatedRequests(t *testing.T) {
	for _, scenario := range scenarios() {
		sim := querytest.Simulate(scenario)
		t.Run(fmt.Sprintf("%s at %s", scenario.Length, scenario.Every), func(t *testing.T) {
			t.Log(sim)
			var reqs []query.Request
			var truth []*window.Scan
			for _, q := range questions(scenario.Length) {
				req := request(t, q.kase)
				want, fate := sim.Truth(q.histogram, q.by, req.Grid, req.MaxGap.Milliseconds(), req.Lookback.Milliseconds())
				t.Logf("%s: %+v", q.name, fate)
				if fate.Counted != fate.Happened-fate.Lost-fate.Hidden-fate.Unwitnessed+fate.Again {
					t.Errorf("%s: the fates do not add up", q.name)
				}
				if fate.Counted == 0 || fate.Lost == 0 || fate.Unwitnessed == 0 {
					t.Errorf("%s: the simulation is too tame", q.name)
				}
				reqs, truth = append(reqs, req), append(truth, want)
			}
			for _, way := range simulatedWays(t, sim, reqs) {
				began := time.Now()
				results, err := way.src.Scan(t.Context(), reqs)
				if err != nil {
					t.Fatal(way.name, err)
				}
				for i, q := range questions(scenario.Length) {
					if results[i].Err != nil {
						t.Fatal(way.name, results[i].Err)
					}
					if got := results[i].Scan.Accounting; got != window.Exact {
						t.Errorf("%s: the accounting is %s", way.name, got)
					}
					if diff := cmp.Diff(querytest.Dump(truth[i]), querytest.Dump(countsOf(results[i].Scan))); diff != "" {
						t.Errorf("%s, %s (-truth +counted):\n%s", way.name, q.name, diff)
					}
				}
				t.Logf("%s: %v", way.name, time.Since(began).Round(time.Millisecond))
			}
		})
	}
}

// countsOf is a scan without its jobs and notes.
func countsOf(s *window.Scan) *window.Scan {
	out := *s
	out.Jobs, out.Notes = nil, nil
	return &out
}

type simulatedWay struct {
	name string
	src  query.Source
}

// simulatedWays are all ways to the raw samples of a simulation: local blocks,
// an OpenMetrics file, servers, and what was recorded from them when they are
// gone.
func simulatedWays(t *testing.T, sim *querytest.Simulation, reqs []query.Request) []simulatedWay {
	t.Helper()
	dir, same := t.TempDir(), t.TempDir()
	promtest.WriteBlock(t, dir, sim.Series)
	if err := os.CopyFS(same, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	blocks, err := tsdb.OpenBlocks(dir, tsdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := querytest.WriteOpenMetrics(&text, sim.Series); err != nil {
		t.Fatal(err)
	}
	file, err := tsdb.ReadOpenMetrics(&text, "simulation.om", tsdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := []simulatedWay{{"blocks", blocks}, {"OpenMetrics", file}}
	servers := map[string]string{"Prometheus 3": promtest.Serve(t, dir)}
	if _, err := exec.LookPath("prometheus"); err == nil || os.Getenv(promtest.RequireVariable) == "1" {
		servers["Debian's"] = promtest.Debian(t, same, "")
	}
	for name, base := range servers {
		for _, way := range ways() {
			url := way.url(t, base)
			whole, slices := open(t, prom.Options{URL: url, Read: "raw"}), open(t, prom.Options{URL: url, Read: "raw"})
			prom.SetPerAnswer(slices, 7000)
			out = append(out, simulatedWay{name + " by " + way.name, whole}, simulatedWay{name + " by " + way.name + " in slices", slices})
			path := t.TempDir()
			recordFrom(t, url, path, reqs)
			h, err := tsdb.OpenHistory(path, tsdb.Options{})
			if err != nil {
				t.Fatal(err)
			}
			gone := open(t, prom.Options{URL: "http://127.0.0.1:1"})
			out = append(out, simulatedWay{"recorded from " + name + " by " + way.name, query.JoinSources(gone, h, query.JoinOptions{Workers: 2})})
		}
	}
	for _, way := range out {
		t.Cleanup(func() { way.src.Close() })
	}
	return out
}

// TestSimulatedPromQL says how far off PromQL is where exact accounting has the
// truth, and that docs/accuracy.md says the same. Requests that come all the time
// are within 3 % over the period; errors may be anything.
func TestSimulatedPromQL(t *testing.T) {
	const bound = 0.03
	document, err := os.ReadFile("../../../docs/accuracy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range scenarios() {
		sim := querytest.Simulate(scenario)
		q := questions(scenario.Length)[0]
		q.kase.GroupBy, q.by = []string{"code"}, "code"
		req := request(t, q.kase)
		truth, _ := sim.Truth(false, "code", req.Grid, req.MaxGap.Milliseconds(), req.Lookback.Milliseconds())
		dir := t.TempDir()
		promtest.WriteBlock(t, dir, sim.Series)
		counted := scanOf(exact(t, sim.Series, req))
		pushed := scanOf(scan(t, open(t, prom.Options{URL: promtest.Serve(t, dir), Read: "promql"}), req))
		for _, g := range truth.Groups {
			in := func(c window.Counts) float64 { return c.Windowed.Range(0, truth.Grid.Cells()).Float() }
			want, got := in(g.Total), in(pushed[fmt.Sprint(g.Labels)].Total)
			off := (got - want) / want
			line := fmt.Sprintf("| %.0f h, every %.0f s | %s | %.0f | %.0f | %.1f | %+.1f %% |", scenario.Length.Hours(), scenario.Every.Seconds(), g.Labels["code"],
				want, in(counted[fmt.Sprint(g.Labels)].Total), got, 100*off)
			t.Log(line)
			if !strings.Contains(string(document), line) {
				t.Errorf("docs/accuracy.md does not have the line\n%s", line)
			}
			if g.Labels["code"] == "200" && math.Abs(off) > bound {
				t.Errorf("%s: PromQL counts %g of %g requests", sim, got, want)
			}
		}
	}
}
