package querytest

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// kindCases are about the other kinds of indicator.
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
