package query

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// replicas finds series that differ only in the label by which the two
// Prometheus servers of an HA pair are told apart, and that overlap in time: the
// same events, counted twice.
type replicas map[replicaKey][]run

type replicaKey struct{ label, series string }

// replicaLabels are the labels that HA pairs carry by convention.
func replicaLabels() []string { return []string{"prometheus_replica", "replica", "__replica__"} }

func (r replicas) add(ls labels.Labels, rs []run) {
	for _, name := range replicaLabels() {
		if len(rs) > 0 && ls.Get(name) != "" {
			key := replicaKey{name, labels.NewBuilder(ls).Del(name).Labels().String()}
			r[key] = append(r[key], run{rs[0].first, rs[len(rs)-1].last})
		}
	}
}

// overlapping returns how many series are doubled, and by which label.
func (r replicas) overlapping() (label string, n int) {
	for _, name := range replicaLabels() {
		for key, spans := range r {
			if key.label != name {
				continue
			}
			slices.SortFunc(spans, func(a, b run) int { return int(min(1, max(-1, a.first-b.first))) })
			for i := 1; i < len(spans); i++ {
				if spans[i].first <= spans[i-1].last {
					n++
					break
				}
			}
		}
		if n > 0 {
			return name, n
		}
	}
	return "", 0
}
