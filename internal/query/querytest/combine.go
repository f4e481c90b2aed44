package querytest

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// combineCases are about services of several probed targets.
func combineCases() []Case {
	const together = `
		load 1m
		  probe_success{job="probe",instance="x"} 1 1 0 0 1
		  probe_success{job="probe",instance="y"} 1 0 0 1 1`
	const staggered = `
		load 1m
		  probe_success{job="probe",instance="x"} 1 0 0
		load 1m from 30s
		  probe_success{job="probe",instance="y"} 1 0 0`
	return []Case{
		{
			Name: "any: an instant is bad when no target is up",
			Load: together, Kind: query.Up, Total: `probe_success`, Grid: "0m 2m 4m", Combine: query.CombineAny,
			Want: `
				group
				  total: 2 2
				  bad: 1 0
				  samples: 2 2
				job probe seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "all: an instant is bad when a target is not up",
			Load: together, Kind: query.Up, Total: `probe_success`, Grid: "0m 2m 4m", Combine: query.CombineAll,
			Want: `
				group
				  total: 2 2
				  bad: 2 1
				  samples: 2 2
				job probe seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			// At 30s both are up, at 60s only y, from 90s on none.
			Name: "any: targets that are not scraped at the same instants count at each instant of any",
			Load: staggered, Kind: query.Up, Total: `probe_success`, Grid: "0m 1m 3m", Combine: query.CombineAny,
			Want: `
				group
				  total: 2 3
				  bad: 0 3
				  samples: 2 3
				job probe seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			Name: "all: targets that are not scraped at the same instants count at each instant of any",
			Load: staggered, Kind: query.Up, Total: `probe_success`, Grid: "0m 1m 3m", Combine: query.CombineAll,
			Want: `
				group
				  total: 2 3
				  bad: 1 3
				  samples: 2 3
				job probe seen: 1 1 up: 0 0 down: 0 0`,
		}, {
			// y, down, is there until 2m, and from then on nothing is known of it.
			Name: "all: a target without a sample for max_gap is not there",
			Load: `
				load 1m
				  probe_success{job="probe",instance="x"} 1 1 1 1 0
				  probe_success{job="probe",instance="y"} 1 0`,
			Kind: query.Up, Total: `probe_success`, Grid: "0m 5m", MaxGap: time.Minute, Combine: query.CombineAll,
			Want: `
				group
				  total: 4
				  bad: 3
				  samples: 4
				job probe seen: 1 up: 0 down: 0`,
		}, {
			Name: "any: what a target said before the grid holds on",
			Load: `
				load 1m
				  probe_success{job="probe",instance="x"} 0 0 0 0
				  probe_success{job="probe",instance="y"} 1 _ _ NaN`,
			Kind: query.Up, Total: `probe_success`, Grid: "0m 5m", MaxGap: 2 * time.Minute, Combine: query.CombineAny,
			Want: `
				group
				  total: 3
				  bad: 1
				  samples: 3
				job probe seen: 1 up: 0 down: 0
				note: 1 samples of probe_success are NaN or infinite and were left out`,
		}, {
			Name: "targets are combined within their group",
			Load: together, Kind: query.Up, Total: `probe_success`, GroupBy: []string{"instance"}, Grid: "0m 4m", Combine: query.CombineAny,
			Want: `
				group instance=x
				  total: 4
				  bad: 2
				  samples: 4
				group instance=y
				  total: 4
				  bad: 2
				  samples: 4
				job probe seen: 1 up: 0 down: 0`,
		},
	}
}
