package sla

import (
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

// promQuantile is BucketQuantile of promql/quantile.go in Prometheus, for
// buckets that are sorted and end with +Inf.
func promQuantile(q float64, bounds, counts []float64) float64 {
	for i := 1; i < len(counts); i++ {
		counts[i] = max(counts[i], counts[i-1])
	}
	rank := q * counts[len(counts)-1]
	b := sort.Search(len(counts)-1, func(i int) bool { return counts[i] >= rank })
	switch {
	case b == len(counts)-1:
		return bounds[len(bounds)-2]
	case b == 0 && bounds[0] <= 0:
		return bounds[0]
	}
	lower, count := 0.0, counts[b]
	if b > 0 {
		lower = bounds[b-1]
		count -= counts[b-1]
		rank -= counts[b-1]
	}
	return lower + (bounds[b]-lower)*(rank/count)
}

// Exact fractions give PromQL's quantiles, but for the rounding of floats; and
// whether a window is worse than its target, found without interpolating, is
// what its quantile says.
func TestQuantileIsPromQLs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "buckets")
		q := rapid.Int64Range(1, 99).Draw(t, "q")
		target := rapid.Int64Range(-2, 60).Draw(t, "target")
		var bounds, counts []float64
		row := unit.NewSums(n + 1)
		le, cum := rapid.Int64Range(-3, 3).Draw(t, "first"), int64(0)
		c := &cells{}
		for i := range n + 1 {
			cum = max(0, cum+rapid.Int64Range(-1, 20).Draw(t, "count"))
			if i == n { // +Inf counts all
				for _, v := range counts {
					cum = max(cum, int64(v))
				}
			}
			row.AddInt(i, cum)
			counts = append(counts, float64(cum))
			if i == n {
				bounds = append(bounds, math.Inf(1))
				break
			}
			bounds = append(bounds, float64(le))
			one := unit.NewSums(1)
			one.AddInt(0, cum)
			d := unit.DecimalOfInt(le)
			c.buckets = append(c.buckets, bucket{d, d.Rat(), quantity{windowed: one.Running()}})
			le += rapid.Int64Range(1, 10).Draw(t, "width")
		}
		all := unit.NewSums(1)
		all.AddInt(0, cum)
		c.total = quantity{windowed: all.Running()}
		if cum == 0 {
			t.Skip("no observations")
		}
		read := func(q quantity) unit.Decimal { return q.windowed.Between(0, 1) }
		m := quantileMeasure{c, Objective{Comparison: AtMost, Target: unit.DecimalOfInt(target)}, percentage(unit.DecimalOfInt(q))}
		v, open := m.value(read)
		got, _ := v.Float64()
		want := promQuantile(float64(q)/100, bounds, counts)
		if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Fatalf("p%d of %v in %v is %v, PromQL says %v", q, counts, bounds, got, want)
		}
		if worse := open || isWorse(AtMost, v, m.o.Target.Rat()); m.worse(read) != worse {
			t.Fatalf("worse is %v for %v against %d", !worse, got, target)
		}
	})
}
