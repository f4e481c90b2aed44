package querytest

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// NativeCases are the rules of native histograms. OpenMetrics text has none, so
// that sources of files run the other cases only.
func NativeCases() []Case {
	cases := append(nativeCounts(), nativeLayouts()...)
	for i := range cases {
		cases[i].Kind = query.Histogram
		if cases[i].Total == "" {
			cases[i].Total = "lat"
		}
	}
	return cases
}

// nativeCounts are about increments from one sample to the next.
func nativeCounts() []Case {
	return []Case{
		{
			Name: "native histograms grow bucket by bucket",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:4 buckets:[2 2]}} {{schema:0 count:9 buckets:[2 5 0 2]}}
				  lat{job="api",instance="b"} {{schema:0 count:0}} {{schema:0 count:0}} {{schema:0 count:1 buckets:[1]}}`,
			Grid: "0m 1m 2m",
			Want: `
				group
				  total: 3 6
				  schema 0
				  (0.5,1]: 1 1
				  (1,2]: 2 3
				  (4,8]: 0 2
				  samples: 2 2
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a bucket that falls is a reset, though the count grows",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:5 buckets:[3 2]}} {{schema:0 count:6 buckets:[1 5]}} {{schema:0 count:8 buckets:[2 6]}}`,
			Grid: "0m 2m",
			Want: `
				group
				  total: 8
				  schema 0
				  (0.5,1]: 2
				  (1,2]: 6
				  samples: 2
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a count that falls is a reset, and negative observations have buckets",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:5 buckets:[3 2]}} {{schema:0 count:4 z_bucket:1 z_bucket_w:0.001 buckets:[1] n_buckets:[0 2]}}`,
			Grid: "0m 1m",
			Want: `
				group
				  total: 4
				  schema 0
				  [-2,-1): 2
				  [-0.001,0.001]: 1
				  (0.5,1]: 1
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "a native histogram across a gap: recovered, and in no window",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:2 buckets:[2]}} _x6 {{schema:0 count:5 buckets:[3 2]}} {{schema:0 count:6 buckets:[4 2]}}`,
			Grid: "0m 5m 10m",
			Want: `
				group
				  total: 1 1
				  total recovered: 0 3
				  schema 0
				  (0.5,1]: 1 1
				  (0.5,1] recovered: 0 1
				  (1,2] recovered: 0 2
				  samples: 1 1
				job api seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "a native histogram is born: witnessed by another of its target, or not",
			Load: `
				load 1m
				  lat{job="api",instance="a",path="/"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:1 buckets:[1]}}
				  lat{job="api",instance="a",path="/new"} _ _ {{schema:0 count:2 buckets:[0 2]}}
				  lat{job="api",instance="b"} _ _ {{schema:0 count:70 buckets:[0 0 70]}}`,
			Grid: "0m 5m",
			Want: `
				group
				  total: 2
				  total unwitnessed: 70
				  schema 0
				  (1,2]: 2
				  (2,4] unwitnessed: 70
				  samples: 3
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "stale markers of native histograms are not samples",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} stale {{schema:0 count:3 buckets:[3]}}`,
			Grid: "0m 5m",
			Want: `
				group
				  total: 2
				  schema 0
				  (0.5,1]: 2
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "the grid is cut at samples that are native histograms",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:2 buckets:[2]}} {{schema:0 count:5 buckets:[5]}}`,
			Grid: "0m 5m", EachSample: true,
			Want: `
				group
				  total: 1 3 0
				  schema 0
				  (0.5,1]: 1 3 0
				  samples: 1 1 0
				job api seen: 1 1 1 up: 0 0 0 down: 0 0 0`,
		},
	}
}

// nativeLayouts are about buckets that differ, from sample to sample and from
// series to series, and about histograms of both kinds.
func nativeLayouts() []Case {
	return []Case{
		{
			Name: "a native histogram that halves its resolution goes on, one that doubles it begins anew",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:1 count:3 buckets:[1 1 1]}} {{schema:0 count:6 buckets:[2 4]}} {{schema:1 count:7 buckets:[2 2 3]}}`,
			Grid: "0m 1m 2m",
			Want: `
				group
				  total: 3 7
				  schema 0
				  (0.5,1]: 1 2
				  (1,2]: 2 5
				  samples: 1 1
				job api seen: 1 1 up: 0 0 down: 0 0
				note: the native histograms of lat differ in their resolution and were added up at the coarsest: schema 0, zero bucket up to 0`,
		}, {
			Name: "zero buckets of different widths: the widest, up to the end of the bucket that it lies in",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:0}} {{schema:0 count:4 z_bucket:1 z_bucket_w:0.001 buckets:[2 1]}}
				  lat{job="api",instance="b"} {{schema:0 z_bucket_w:0.7 count:0}} {{schema:0 count:5 z_bucket:2 z_bucket_w:0.7 offset:1 buckets:[3]}}`,
			Grid: "0m 1m",
			Want: `
				group
				  total: 9
				  schema 0
				  [-1,1]: 5
				  (1,2]: 4
				  samples: 2
				job api seen: 1 up: 0 down: 0
				note: the native histograms of lat differ in their resolution and were added up at the coarsest: schema 0, zero bucket up to 1`,
		}, {
			Name: "custom buckets are classic ones",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:-53 count:1 custom_values:[0.5 1] buckets:[1]}} {{schema:-53 count:6 custom_values:[0.5 1] buckets:[3 2 1]}}`,
			Grid: "0m 1m",
			Want: `
				group
				  total: 5
				  le 0.5: 2
				  le 1: 4
				  le +Inf: 5
				  samples: 1
				job api seen: 1 up: 0 down: 0`,
		}, {
			Name: "custom buckets that differ have the common bounds",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:-53 count:1 custom_values:[0.5 1] buckets:[1]}} {{schema:-53 count:6 custom_values:[0.5 1] buckets:[3 2 1]}}
				  lat{job="api",instance="b"} {{schema:-53 count:0 custom_values:[0.7 1] buckets:[0]}} {{schema:-53 count:2 custom_values:[0.7 1] buckets:[1 1]}}`,
			Grid: "0m 1m",
			Want: `
				group
				  total: 7
				  le 1: 6
				  le +Inf: 7
				  estimate
				  samples: 2
				job api seen: 1 up: 0 down: 0
				note: the histograms of lat differ in their buckets and were merged on the bounds that all share: quantiles are estimates`,
		}, {
			Name: "a histogram with classic and native buckets counts once, by its classic ones",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:4 buckets:[4]}}
				  lat_bucket{job="api",instance="a",le="1"} 1 4
				  lat_bucket{job="api",instance="a",le="+Inf"} 1 4`,
			Grid: "0m 1m",
			Want: `
				group
				  total: 3
				  le 1: 3
				  le +Inf: 3
				  samples: 1
				job api seen: 1 up: 0 down: 0
				note: 1 histograms of lat have classic and native buckets; their classic ones were counted`,
		}, {
			Name: "and by its native ones where the classic ones were given up",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:4 buckets:[4]}} {{schema:0 count:6 buckets:[6]}}
				  lat_bucket{job="api",instance="a",le="1"} 1 4
				  lat_bucket{job="api",instance="a",le="+Inf"} 1 4`,
			Grid: "0m 1m 2m",
			Want: `
				group
				  total: 3 2
				  schema 0
				  (0.5,1]: 3 2
				  samples: 1 1
				job api seen: 1 1 up: 0 0 down: 0 0
				note: lat has classic and native buckets; its native ones, which have more samples, were counted`,
		}, {
			Name: "targets with classic and targets with native buckets",
			Load: `
				load 1m
				  lat{job="api",instance="a"} {{schema:0 count:1 buckets:[1]}} {{schema:0 count:4 buckets:[4]}}
				  lat_bucket{job="api",instance="b",le="1"} 1 3
				  lat_bucket{job="api",instance="b",le="+Inf"} 1 4`,
			Grid: "0m 1m", MaxGap: time.Minute,
			Want: `
				group
				  total: 6
				  le 1: 2
				  le +Inf: 3
				  schema 0
				  (0.5,1]: 3
				  samples: 2
				job api seen: 1 up: 0 down: 0
				note: some histograms of lat have classic or custom buckets and some are exponential: no quantile can be told of both together`,
		},
	}
}
