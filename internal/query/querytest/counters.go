package querytest

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// counterCases are about the increments of one series: gaps, resets and edges.
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
