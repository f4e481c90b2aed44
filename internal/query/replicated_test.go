package query_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// TestReplicated shows the rules by which the replicas of an HA pair are one
// series.
func TestReplicated(t *testing.T) {
	for _, c := range []querytest.Case{
		{
			Name: "each series counts once, without the label",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 1 2 4
				  up{job="api",instance="a",replica="1"} 1x3
				load 1m from 20s
				  reqs_total{job="api",instance="a",replica="2"} 0 1 2 3
				  up{job="api",instance="a",replica="2"} 1x3`,
			Total: `reqs_total`, GroupBy: []string{"instance", "replica"}, Grid: "0m 3m",
			Want: `
				group instance=a replica=
				  total: 4
				  samples: 3
				job api seen: 1 up: 3 down: 0`,
		}, {
			Name: "where the first replica has a gap, the next one continues from the value that was counted",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 10 20 _x5 90 100
				load 1m from 30s
				  reqs_total{job="api",instance="a",replica="2"} 5 15 25 35 45 55 65 75 95`,
			Total: `reqs_total`, Grid: "0m 2m 3m 7m30s 9m",
			Want: `
				group
				  total: 20 5 50 25
				  samples: 2 1 5 2
				job api seen: 1 1 1 1 up: 0 0 0 0 down: 0 0 0 0`,
		}, {
			Name: "a gap of max_gap is bridged by the replica itself",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 10 20 _x4 70 80
				load 1m from 30s
				  reqs_total{job="api",instance="a",replica="2"} 5 15 25 35 45 55 65 75 85`,
			Total: `reqs_total`, Grid: "0m 2m 3m 8m",
			Want: `
				group
				  total: 20 0 60
				  samples: 2 0 2
				job api seen: 1 1 1 up: 0 0 0 down: 0 0 0`,
		}, {
			Name: "a gap of all replicas is a gap",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 10 _x8 200
				load 1m from 30s
				  reqs_total{job="api",instance="a",replica="2"} 5 15 _x6 110 120 _ 220`,
			Total: `reqs_total`, Grid: "0m 5m 11m30s",
			Want: `
				group
				  total: 15 110
				  total recovered: 0 95
				  samples: 2 3
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a late reading of the next replica is no reset",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 10 20
				load 1m from 1s
				  reqs_total{job="api",instance="a",replica="2"} 0 9 19 29`, // 19 lies below 20, a second before
			Total: `reqs_total`, Grid: "0m 1m 2m 3m 4m",
			Want: `
				group
				  total: 10 10 0 9
				  samples: 1 1 0 1
				job api seen: 1 1 1 1 up: 0 0 0 0 down: 0 0 0 0`,
		}, {
			Name: "a reset between the replicas counts once",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="1"} 0 10 20 3
				  reqs_total{job="api",instance="b",replica="1"} 0 10 20
				load 1m from 30s
				  reqs_total{job="api",instance="a",replica="2"} 5 15 2 4
				  reqs_total{job="api",instance="b",replica="2"} 5 15 2 4`,
			Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: "0m 2m 4m",
			Want: `
				group instance=a
				  total: 20 4
				  samples: 2 2
				group instance=b
				  total: 20 4
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "the birth of a second replica is no birth of the series",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="2"} 100 101 102 103 104 105
				load 1m from 150s
				  reqs_total{job="api",instance="a",replica="1"} 102 103 104 105`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 4
				  samples: 5
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a series without the label is a replica like others, and a selected one is alone",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"}             0 1 2
				  reqs_total{job="api",instance="a",replica="1"} 0 1 2 3`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{replica="1"}`, Grid: "0m 5m",
			Want: `
				group
				  total: 3
				  bad: 3
				  samples: 3
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "gauges: the samples of one replica at a time, also where they fall",
			Load: `
				load 1m
				  score{job="api",instance="a",replica="1"} 5 4 _x6 3
				load 1m from 1s
				  score{job="api",instance="a",replica="2"} 9 2 1 1 1 1 1 1 9`,
			Kind: query.Gauge, Total: `score`, Grid: "-1m 8m",
			Want: `
				group
				  total: 10
				  sum: 20
				  first 5 last 3 min 1 max 5
				  samples: 10
				job api seen: 1 up: 0 down: 0`,
		},
	} {
		t.Run(c.Name, func(t *testing.T) {
			series, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			c.Check(t, query.Result{Scan: accountReplicated(t, series, c, "replica")})
		})
	}
}

func accountReplicated(t testing.TB, series []querytest.Series, c querytest.Case, by ...string) *window.Scan {
	t.Helper()
	req, err := c.Request()
	if err != nil {
		t.Fatal(err)
	}
	results, err := query.Account(context.Background(), query.Replicated(&querytest.Feed{Series: series}, by), []query.Request{req}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	return results[0].Scan
}

// TestReplicatedError shows that a replica which breaks off is named.
func TestReplicatedError(t *testing.T) {
	series, err := querytest.Load(`
		load 1m
		  torn_total{job="api",instance="a",replica="x"} 0+1x9
		  torn_total{job="api",instance="a",replica="y"} 0+1x9`)
	if err != nil {
		t.Fatal(err)
	}
	feed := &querytest.Feed{Series: series, Fail: map[string]error{"torn_total": io.ErrUnexpectedEOF}}
	results, err := query.Account(context.Background(), query.Replicated(feed, []string{"replica"}),
		requests(t, querytest.Case{Total: `torn_total`, Grid: "0m 9m"}), 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := results[0].Err; !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), `replica="x"`) {
		t.Errorf("a torn replica gives %v", err)
	}
}

// covers is the rule of coverage, word by word.
func covers(r []querytest.Sample, t, maxGap int64) bool {
	for i, p := range r {
		if p.T == t || i > 0 && r[i-1].T < t && t < p.T && p.T-r[i-1].T <= maxGap {
			return true
		}
	}
	return false
}

// mergeByRule merges replicas, in their order, sample by sample.
func mergeByRule(replicas [][]querytest.Sample, maxGap, lookback int64) []querytest.Sample {
	type own struct{ s, before querytest.Sample }
	var covered []own
	for i, r := range replicas {
		before := querytest.Sample{T: math.MinInt64 / 2}
		for _, s := range r {
			if !slices.ContainsFunc(replicas[:i], func(e []querytest.Sample) bool { return covers(e, s.T, maxGap) }) {
				covered = append(covered, own{s, before})
			}
			before = s
		}
	}
	sort.Slice(covered, func(i, j int) bool { return covered[i].s.T < covered[j].s.T })
	var out []querytest.Sample
	for _, c := range covered {
		n := len(out)
		if n > 0 && c.s.V < out[n-1].V && c.s.T-out[n-1].T <= maxGap && c.before.T <= out[n-1].T && (c.before.V <= c.s.V || c.s.T-c.before.T > lookback) {
			continue
		}
		out = append(out, c.s)
	}
	return out
}

// steps is how long a drawn counter lives, in units of 5 s.
const steps = 600

// drawPair draws how two servers observe a counter every 30 s, with outages; the
// target answers up to slow steps later than the time of the sample.
func drawPair(r *rapid.T, counter []float64, slow int64) (a, b []querytest.Sample) {
	observe := func(name string, offset int64) []querytest.Sample {
		var out []querytest.Sample
		outage := 0
		for i := offset; i < steps; i += 6 {
			if outage--; outage < 0 && rapid.IntRange(0, 9).Draw(r, name+" fails") == 9 {
				outage = rapid.IntRange(1, 40).Draw(r, name+" outage")
			}
			if outage <= 0 {
				late := rapid.Int64Range(0, slow).Draw(r, name+" is late")
				out = append(out, querytest.Sample{T: querytest.Base().UnixMilli() + 5000*i, V: counter[i+late]})
			}
		}
		return out
	}
	return observe("a", 0), observe("b", rapid.Int64Range(0, 5).Draw(r, "offset"))
}

// drawCounter draws the values of a counter at every step.
func drawCounter(r *rapid.T, restarts bool) []float64 {
	out := make([]float64, steps+5)
	for i := 1; i < len(out); i++ {
		out[i] = out[i-1] + float64(rapid.IntRange(0, 3).Draw(r, "events"))
		if restarts && rapid.IntRange(0, 49).Draw(r, "restart") == 49 {
			out[i] = 0
		}
	}
	return out
}

func pairOf(a, b []querytest.Sample) []querytest.Series {
	name := func(replica string) labels.Labels {
		return labels.FromStrings("__name__", "reqs_total", "instance", "i", "job", "api", "replica", replica)
	}
	return []querytest.Series{{Labels: name("y"), Samples: b}, {Labels: name("x"), Samples: a}} // in no order
}

// TestReplicatedRule compares what is read of a pair with the rule, as a plain
// series, and adds up days.
func TestReplicatedRule(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := drawPair(r, drawCounter(r, true), 1)
		c := querytest.Case{Total: `reqs_total`, Grid: "0m 5m 6m 20m 50m", MaxGap: 2 * time.Minute, Lookback: 10 * time.Minute}
		got := accountReplicated(t, pairOf(a, b), c, "replica")
		plain := querytest.Series{Labels: labels.FromStrings("__name__", "reqs_total", "instance", "i", "job", "api"),
			Samples: mergeByRule([][]querytest.Sample{a, b}, 120_000, 600_000)}
		want := accountReplicated(t, []querytest.Series{plain}, c)
		if g, w := querytest.Dump(got), querytest.Dump(want); g != w {
			r.Fatalf("the pair gives\n%sthe rule\n%s", g, w)
		}
		cut := rapid.IntRange(1, 49).Draw(r, "midnight")
		parts := unit.Decimal{}
		for _, grid := range []string{fmt.Sprintf("0m %dm", cut), fmt.Sprintf("%dm 50m", cut)} {
			c.Grid = grid
			parts = parts.Add(sumOf(accountReplicated(t, pairOf(a, b), c, "replica")))
		}
		if whole := sumOf(got); whole.Cmp(parts) != 0 {
			r.Fatalf("two days add up to %s, the whole to %s", parts, whole)
		}
	})
}

// sumOf is all that a scan counted.
func sumOf(s *window.Scan) unit.Decimal {
	sum := unit.Decimal{}
	for _, g := range s.Groups {
		for _, row := range []*unit.Sums{g.Total.Windowed, g.Total.Recovered} {
			for i := range row.Len() {
				sum = sum.Add(row.At(i))
			}
		}
	}
	return sum
}

// TestReplicatedTruth compares with the true growth of a counter that does not
// restart, from the first sample that anybody has of it to the last one: however
// slowly the target answers, none of it is lost and none counts twice.
func TestReplicatedTruth(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		counter := drawCounter(r, false)
		for i := range counter {
			counter[i] += 1000 // a reset that is none would count a thousand
		}
		a, b := drawPair(r, counter, 2)
		all := mergeByRule([][]querytest.Sample{a, b}, 120_000, 7_200_000)
		if len(all) == 0 {
			return
		}
		c := querytest.Case{Total: `reqs_total`, Grid: "0m 10m 50m", MaxGap: 2 * time.Minute, Lookback: 2 * time.Hour}
		got, want := sumOf(accountReplicated(t, pairOf(a, b), c, "replica")), unit.DecimalOfInt(int64(all[len(all)-1].V-all[0].V))
		if got.Cmp(want) != 0 {
			r.Fatalf("%s events were counted of %s", got, want)
		}
	})
}
