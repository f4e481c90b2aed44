package demo

import (
	"iter"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/slactl/slactl/internal/query/tsdb"
)

// target is a process that Prometheus scrapes.
type target struct {
	job, instance string
	offset        int64 // milliseconds after the full interval
	born          int   // the tick from which it counts
	first, last   int   // its first and last scrape
	started       int64 // when the process started, in milliseconds
	// resets are the ticks in which it restarted: its counters are at 0 at their
	// end, and what it counted in them is lost.
	resets []int
	// down is when Prometheus got no answer from it.
	down stretch
}

// scraped returns the instant of scrape k of the target.
func (t *target) scraped(k int) int64 { return scrape(k) + t.offset }

// series returns a series of the target.
func (t *target) series(name string, samples iter.Seq2[int64, float64], more ...string) tsdb.SampleSeries {
	ls := append([]string{"__name__", name, "instance", t.instance, "job", t.job}, more...)
	return tsdb.SampleSeries{Labels: labels.FromStrings(ls...), Samples: samples}
}

// scrapes calls each for every scrape of the target, whether it answered or
// not, and then at the first instant at which the target is gone. The tick of a
// scrape that Prometheus itself missed is left out.
func (t *target) scrapes(each func(k int, answered bool) bool, gone func(ms int64)) {
	pause := prometheusDown()
	for k := t.first; k <= t.last; k++ {
		if !pause.has(k) && !each(k, !t.down.has(k)) {
			return
		}
	}
	if t.last+1 < ticks {
		gone(t.scraped(t.last + 1))
	}
}

// stale is the marker of a series that has ended.
func stale() float64 { return math.Float64frombits(value.StaleNaN) }

// counter returns the samples of a counter that grows by grow(k) in tick k, in
// the given parts of a unit. It is born with the first event, which is the first
// one that events(k) has, as a client library makes it; after a reset of its
// target it is there from the start, at 0. When the target gives no answer or is
// gone, Prometheus writes a stale marker.
func (t *target) counter(parts int64, grow, events func(k int) int64) iter.Seq2[int64, float64] {
	return func(yield func(int64, float64) bool) {
		var total int64
		alive, born, next := false, false, t.born
		sum := func(k int) {
			for ; next <= k; next++ {
				if slices.Contains(t.resets, next) {
					total = 0
				} else {
					total += grow(next)
					born = born || events(next) > 0
				}
			}
		}
		t.scrapes(func(k int, answered bool) bool {
			sum(k)
			switch {
			case answered && born:
				alive = true
				return yield(t.scraped(k), float64(total)/float64(parts))
			case alive && !answered:
				alive = false
				return yield(t.scraped(k), stale())
			}
			return true
		}, func(ms int64) {
			if alive {
				yield(ms, stale())
			}
		})
	}
}

// gauge returns the samples of a gauge that is value(k)/parts at scrape k.
func (t *target) gauge(parts int64, value func(k int) int64) iter.Seq2[int64, float64] {
	return func(yield func(int64, float64) bool) {
		alive := false
		t.scrapes(func(k int, answered bool) bool {
			if answered {
				alive = true
				return yield(t.scraped(k), float64(value(k))/float64(parts))
			}
			was := alive
			alive = false
			return !was || yield(t.scraped(k), stale())
		}, func(ms int64) {
			if alive {
				yield(ms, stale())
			}
		})
	}
}

// own returns the series that Prometheus and the process tell of themselves.
func (t *target) own() []tsdb.SampleSeries {
	up := func(yield func(int64, float64) bool) {
		t.scrapes(func(k int, answered bool) bool {
			v := 0.0
			if answered {
				v = 1
			}
			return yield(t.scraped(k), v)
		}, func(ms int64) { yield(ms, stale()) })
	}
	start := t.gauge(1000, func(k int) int64 {
		started := t.started
		for _, r := range t.resets {
			if r <= k {
				started = t.scraped(r) - 1500
			}
		}
		return started
	})
	return []tsdb.SampleSeries{t.series("up", up), t.series("process_start_time_seconds", start)}
}
