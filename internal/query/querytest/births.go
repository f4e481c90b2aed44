package querytest

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// birthCases are about series that appear, and who saw their target before.
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
