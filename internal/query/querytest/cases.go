package querytest

import (
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/window"
)

// Case is a rule of the accounting: samples, a request and what must come out.
type Case struct {
	Name string
	Load string // see Load
	Kind query.Kind
	// Selectors, as a configuration writes them.
	Total, Bad, Good, Sum string
	GroupBy               []string
	Grid                  string // offsets from Base, such as "0m 5m 10m"
	MaxGap, Lookback      time.Duration
	EachSample            bool
	Want                  string // see Dump; indentation by tabs is removed
}

// Request returns what the case asks.
func (c Case) Request() (query.Request, error) {
	req := query.Request{GroupBy: c.GroupBy, MaxGap: c.MaxGap, Lookback: c.Lookback, EachSample: c.EachSample}
	req.Indicator.Kind = c.Kind
	for _, s := range []struct {
		text string
		into *query.Selector
	}{{c.Total, &req.Indicator.Total}, {c.Bad, &req.Indicator.Bad}, {c.Good, &req.Indicator.Good}, {c.Sum, &req.Indicator.Sum}} {
		if s.text == "" {
			continue
		}
		sel, err := query.ParseSelector(s.text)
		if err != nil {
			return req, err
		}
		*s.into = sel
	}
	var instants []time.Time
	for _, f := range strings.Fields(c.Grid) {
		d, err := time.ParseDuration(f)
		if err != nil {
			return req, fmt.Errorf("parsing grid: %w", err)
		}
		instants = append(instants, Base().Add(d))
	}
	req.Grid = window.NewGrid(instants)
	return req, nil
}

// Cases returns the rules of SEMANTICS, "From samples to windows".
func Cases() []Case {
	return append(append(counterCases(), birthCases()...), kindCases()...)
}

func counterCases() []Case {
	return []Case{
		{
			Name: "an increment belongs to the cell that holds its sample, whose right edge is inside",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+1x10`,
			Total: `reqs_total`, Grid: "0m 5m 10m",
			Want: `
				group
				  total: 5 5
				  samples: 5 5
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "the sample before the grid is where growth starts",
			Load: `
				load 2m
				  reqs_total{job="api",instance="a"} 100 107 109 120`, // at 0m, 2m, 4m, 6m
			Total: `reqs_total`, Grid: "1m 3m 5m",
			Want: `
				group
				  total: 7 2
				  samples: 1 1
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "after a reset the value itself is the increment",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0 10 20 5 8`,
			Total: `reqs_total`, Grid: "0m 4m",
			Want: `
				group
				  total: 28
				  samples: 4
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a reset at the edge of a cell",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0 10 20 5 8`,
			Total: `reqs_total`, Grid: "0m 2m 4m",
			Want: `
				group
				  total: 20 8
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "growth over more than max_gap is recovered, and its sample alone lets no cell be judged",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+1x5 _x5 20 _x8 30 33`, // gaps end at 11m and 20m
			Total: `reqs_total`, Grid: "0m 5m 10m 15m 20m 25m",
			Want: `
				group
				  total: 5 0 0 0 3
				  total recovered: 0 0 15 10 0
				  samples: 5 0 0 0 1
				job api seen: 1 1 1 1 1 up: 0 0 0 0 0 down: 0 0 0 0 0`,
		}, {
			Name: "a distance of exactly max_gap is no gap",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0 _x4 10`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 10
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a reset inside a gap recovers the new value",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+10x2 _x6 7 9`, // again at 9m
			Total: `reqs_total`, Grid: "0m 5m 10m",
			Want: `
				group
				  total: 20 2
				  total recovered: 0 7
				  samples: 2 1
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a wider max_gap recovers nothing",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+10x2 _x6 7 9`,
			Total: `reqs_total`, Grid: "0m 5m 10m", MaxGap: 10 * time.Minute,
			Want: `
				group
				  total: 20 9
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "values are decimals: 0.3 less 0.2 is 0.1",
			Load: `
				load 1m
				  cost_total{job="api",instance="a"} 0.1 0.2 0.3 1.05 1e-7`,
			Total: `cost_total`, Grid: "0m 1m 2m 3m 4m",
			Want: `
				group
				  total: 0.1 0.1 0.75 0.0000001
				  samples: 1 1 1 1
				job api seen: 1 1 1 1 up: 0 0 0 0 down: 0 0 0 0`,
		}, {
			Name: "NaN and infinities are no samples, and are noted",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0 1 NaN 3 Inf 5`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 5
				  samples: 3
				job api seen: 1 up: 0 down: 0
				note: 2 samples of reqs_total are NaN or infinite and were left out`,
		}, {
			Name: "groups are formed after the increments; a series without the label has an empty one",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",tier="gold"} 0 10 1 2
				  reqs_total{job="api",instance="b",tier="gold"} 5 6 7 8
				  reqs_total{job="api",instance="a"}             0 1 2 4`,
			Total: `reqs_total`, GroupBy: []string{"tier"}, Grid: "0m 3m",
			Want: `
				group tier=
				  total: 4
				  samples: 3
				group tier=gold
				  total: 15
				  samples: 6
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "nothing selected gives no groups",
			Load: `
				load 1m
				  other_total{job="api",instance="a"} 0 1`,
			Total: `reqs_total`, Grid: "0m 5m", Want: ``,
		}, {
			Name: "a grid cut at every sample",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",code="500"} 0 0 2
				  reqs_total{job="api",instance="a",code="200"} 0 5 9`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 5m", EachSample: true,
			Want: `
				group
				  total: 5 6 0
				  bad: 0 2 0
				  samples: 2 2 0
				job api seen: 1 1 1 up: 0 0 0 down: 0 0 0`,
		},
	}
}

func birthCases() []Case {
	return []Case{
		{
			Name: "the first error of a new status code counts in full: another series of its target is the witness",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",code="200"} 0+10x10
				  reqs_total{job="api",instance="a",code="500"} _x5 3 4`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 5m 10m",
			Want: `
				group
				  total: 53 51
				  bad: 3 1
				  samples: 6 6
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a target never seen before: the first values are reported, not counted",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",code="200"} _x2 100 110
				  reqs_total{job="api",instance="a",code="500"} _x2 7 8`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 5m",
			Want: `
				group
				  total: 11
				  total unwitnessed: 107
				  bad: 1
				  bad unwitnessed: 7
				  samples: 2
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "another instance of the job is no witness",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+10x4
				  reqs_total{job="api",instance="b"} _x2 100 101 102`,
			Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: "0m 4m",
			Want: `
				group instance=a
				  total: 40
				  samples: 4
				group instance=b
				  total: 2
				  total unwitnessed: 100
				  samples: 2
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "up == 1 before the first value is a witness",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} _x3 4 5
				  up{job="api",instance="a"} 1x10`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 5
				  samples: 2
				job api seen: 1 up: 5 down: 0`,
		}, {
			Name: "up == 0 is no witness, nor is up == 1 at the same instant",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} _x3 4 5
				  up{job="api",instance="a"} 0x2 1x7`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 1
				  total unwitnessed: 4
				  samples: 1
				job api seen: 1 up: 3 down: 2`,
		}, {
			Name: "a witness is at most lookback old",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} _x10 3
				  reqs_total{job="api",instance="b"} _x11 3
				  up{job="api",instance="a"} 1
				  up{job="api",instance="b"} 1`,
			Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: "5m 15m", Lookback: 10 * time.Minute,
			Want: `
				group instance=a
				  total: 3
				  samples: 1
				group instance=b
				  total unwitnessed: 3
				  samples: 0
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a created timestamp within lookback is a witness, also without a target",
			Load: `
				load 1m
				  reqs_total{path="/"} _x5 3 4
				  reqs_created{path="/"} _x5 1790812980 1790812980
				  reqs_total{path="/old"} _x5 30 31
				  reqs_created{path="/old"} _x5 1790805600 1790805600`, // 3m after the base; 2h before it
			Total: `reqs_total`, GroupBy: []string{"path"}, Grid: "0m 10m",
			Want: `
				group path=/
				  total: 4
				  samples: 2
				group path=/old
				  total: 1
				  total unwitnessed: 30
				  samples: 1`,
		}, {
			Name: "the start time of the target's process is a witness, unless it lies after the first value",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} _x5 3 4
				  reqs_total{job="api",instance="b"} _x5 3 4
				  process_start_time_seconds{job="api",instance="a"} _x5 1790812980
				  process_start_time_seconds{job="api",instance="b"} _x10 1790813400`, // 3m and 10m after the base
			Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: "0m 10m",
			Want: `
				group instance=a
				  total: 4
				  samples: 2
				group instance=b
				  total: 1
				  total unwitnessed: 3
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "series without job or instance have no target and no witness",
			Load: `
				load 1m
				  reqs_total{job="batch",code="200"} 0+10x5
				  reqs_total{job="batch",code="500"} _x3 2 3`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 5m",
			Want: `
				group
				  total: 51
				  total unwitnessed: 2
				  bad: 1
				  bad unwitnessed: 2
				  samples: 6
				job batch seen: 1 up: 0 down: 0`,
		}, {
			Name: "a series that was left out for lookback continues; for longer it is born again and counts in full",
			Load: `
				load 10m
				  reqs_total{job="api",instance="a",path="/a"} 5 _x5 8
				  reqs_total{job="api",instance="a",path="/b"} 5 _x6 8
				  up{job="api",instance="a"} 1x10`, // again after 60m and 70m
			Total: `reqs_total`, GroupBy: []string{"path"}, Grid: "5m 80m",
			Want: `
				group path=/a
				  total recovered: 3
				  samples: 0
				group path=/b
				  total: 8
				  samples: 1
				job api seen: 1 up: 8 down: 0`,
		}, {
			Name: "the witness of one request is not that of another: only its own selection counts",
			Load: `
				load 1m
				  other_total{job="api",instance="a"} 0+10x5
				  reqs_total{job="api",instance="a"} _x3 2 3`,
			Total: `reqs_total`, Grid: "0m 5m",
			Want: `
				group
				  total: 1
				  total unwitnessed: 2
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		},
	}
}

func kindCases() []Case {
	return []Case{
		{
			Name: "bad events from good ones",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",code="200"} 0+9x4
				  reqs_total{job="api",instance="a",code="500"} 0+1x4`,
			Kind: query.Ratio, Total: `reqs_total`, Good: `reqs_total{code="200"}`, Grid: "0m 2m 4m",
			Want: `
				group
				  total: 20 20
				  bad: 2 2
				  samples: 4 4
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "total and bad may be two metrics, of which bad need not exist",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+9x4`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `errors_total`, Grid: "0m 2m 4m",
			Want: `
				group
				  total: 18 18
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "only series of the total let a cell be judged",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+9x2
				  errors_total{job="api",instance="a"} 0+1x4`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `errors_total`, Grid: "0m 2m 4m",
			Want: `
				group
				  total: 18 0
				  bad: 2 2
				  samples: 2 0
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a classic histogram: buckets by bound, however it is written",
			Load: `
				load 1m
				  lat_bucket{job="api",instance="a",le="0.5"}  0 3 3
				  lat_bucket{job="api",instance="a",le="1"}    0 4 6
				  lat_bucket{job="api",instance="a",le="+Inf"} 0 5 8
				  lat_bucket{job="api",instance="b",le="0.5"}  0 1 1
				  lat_bucket{job="api",instance="b",le="1.0"}  0 1 2
				  lat_bucket{job="api",instance="b",le="+Inf"} 0 1 2`,
			Kind: query.Histogram, Total: `lat{job="api"}`, Grid: "0m 1m 2m",
			Want: `
				group
				  total: 6 4
				  le 0.5: 4 0
				  le 1: 5 3
				  le +Inf: 6 4
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "layouts that differ merge on their common bounds, flagged",
			Load: `
				load 1m
				  lat_bucket{job="api",instance="a",le="0.5"}  0 3
				  lat_bucket{job="api",instance="a",le="1"}    0 4
				  lat_bucket{job="api",instance="a",le="+Inf"} 0 5
				  lat_bucket{job="api",instance="b",le="0.7"}  0 1
				  lat_bucket{job="api",instance="b",le="1"}    0 1
				  lat_bucket{job="api",instance="b",le="+Inf"} 0 1`,
			Kind: query.Histogram, Total: `lat`, Grid: "0m 1m",
			Want: `
				group
				  total: 6
				  le 1: 5
				  le +Inf: 6
				  estimate
				  samples: 2
				job api seen: 1 up: 0 down: 0
				note: the histograms of lat differ in their buckets and were merged on the bounds that all share: quantiles are estimates`,
		}, {
			Name: "a bucket that was added on the way is not common",
			Load: `
				load 1m
				  lat_bucket{job="api",instance="a",le="0.5"}  _ 2 3
				  lat_bucket{job="api",instance="a",le="1"}    0 4 5
				  lat_bucket{job="api",instance="a",le="+Inf"} 0 5 6`,
			Kind: query.Histogram, Total: `lat`, Grid: "0m 2m",
			Want: `
				group
				  total: 6
				  le 1: 5
				  le +Inf: 6
				  estimate
				  samples: 2
				job api seen: 1 up: 0 down: 0
				note: the histograms of lat differ in their buckets and were merged on the bounds that all share: quantiles are estimates`,
		}, {
			Name: "a gauge: every sample stands for itself, also after a gap",
			Load: `
				load 1m
				  score{job="api",instance="a"} 9 4.1 4.2 4.3 _x6 5 NaN -1`,
			Kind: query.Gauge, Total: `score`, Grid: "0m 2m 4m 10m 12m",
			Want: `
				group
				  total: 2 1 1 1
				  sum: 8.3 4.3 5 -1
				  first 4.1 last -1 min -1 max 5
				  samples: 2 1 1 1
				job api seen: 1 1 1 1 up: 0 0 0 0 down: 0 0 0 0
				note: 1 samples of score are NaN or infinite and were left out`,
		}, {
			Name: "a rating kept as two counters",
			Load: `
				load 1m
				  stars_sum{job="api",instance="a"}   0 9 13.5
				  stars_count{job="api",instance="a"} 0 2 3`,
			Kind: query.Rating, Total: `stars_count`, Sum: `stars_sum`, Grid: "0m 1m 2m",
			Want: `
				group
				  total: 2 1
				  sum: 9 4.5
				  samples: 1 1
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "an up or probe gauge: its samples are the events",
			Load: `
				load 1m
				  probe_success{job="probe",instance="x"} 1 1 0 1 0.5
				  probe_success{job="probe",instance="y"} 1 1 1 _ 0`,
			Kind: query.Up, Total: `probe_success`, Grid: "0m 2m 4m",
			Want: `
				group
				  total: 4 3
				  bad: 1 2
				  samples: 4 3
				job probe seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "reachability: up of every target of a job that was seen within lookback",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a"} 0+1x3
				  up{job="api",instance="a"} 1x3 0x7
				  up{job="api",instance="b"} _x4 0x7
				  up{job="else",instance="c"} 1x10`,
			Total: `reqs_total`, Grid: "0m 3m 6m 9m", Lookback: 5 * time.Minute,
			Want: `
				group
				  total: 3 0 0
				  samples: 3 0 0
				job api seen: 1 1 0 up: 3 0 0 down: 0 6 6`,
		}, {
			Name: "one replica is no HA pair, though some of its series are total and bad at once",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="0",code="500"} 0 1 2`,
			Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "0m 2m",
			Want: `
				group
				  total: 2
				  bad: 2
				  samples: 2
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "an HA pair is noted",
			Load: `
				load 1m
				  reqs_total{job="api",instance="a",replica="0"} 0 1 2
				  reqs_total{job="api",instance="a",replica="1"} 0 1 2`,
			Total: `reqs_total`, Grid: "0m 2m",
			Want: `
				group
				  total: 4
				  samples: 4
				job api seen: 1 up: 0 down: 0
				note: 1 series are there more than once, differing only in the label replica, and were all counted: an HA pair? Select one replica, or name the label in dedup_labels of a prometheus source`,
		},
	}
}
