package demo

import (
	"sort"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// The simulated time, in milliseconds since the epoch. The metrics begin early
// enough for September to be whole in every zone of the company and end when
// October is over in all of them. Prometheus scraped every two minutes until
// October, and every minute since.
const (
	beginMS  = 1_788_177_600_000 // 2026-08-31T12:00:00Z
	fasterMS = 1_790_812_800_000 // 2026-10-01T00:00:00Z
	endMS    = 1_793_523_600_000 // 2026-11-01T09:00:00Z

	slowInterval = 120_000
	interval     = 60_000

	slowTicks = (fasterMS - beginMS) / slowInterval
	// ticks is how many scrapes there are. Tick k is the time between the scrapes
	// k − 1 and k.
	ticks = slowTicks + (endMS-fasterMS)/interval + 1
)

// Begin is the first scrape of the simulated metrics.
func Begin() time.Time { return time.UnixMilli(beginMS).UTC() }

// End is the last scrape of the simulated metrics, and the instant that the
// commands printed after `slactl demo` name with --now.
func End() time.Time { return time.UnixMilli(endMS).UTC() }

// at is an instant of 2026 in UTC.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

// scrape returns the instant of scrape k in milliseconds, without the offset by
// which Prometheus spreads its jobs over the interval.
func scrape(k int) int64 {
	if k >= slowTicks {
		return fasterMS + int64(k-slowTicks)*interval
	}
	return beginMS + int64(k)*slowInterval
}

// tickAt returns the first scrape at or after t.
func tickAt(t time.Time) int { return firstTick(t.UnixMilli(), 0) }

// firstTick returns the first scrape that a job with an offset has at or after
// an instant.
func firstTick(ms, offset int64) int {
	return sort.Search(ticks, func(k int) bool { return scrape(k)+offset >= ms })
}

// minutes is the length of tick k.
func minutes(k int) int64 {
	if k <= slowTicks {
		return 2
	}
	return 1
}

// stretch is a run of ticks: from is in it, to is not.
type stretch struct{ from, to int }

func between(from, to time.Time) stretch { return stretch{tickAt(from), tickAt(to)} }

func (s stretch) has(k int) bool { return s.from <= k && k < s.to }

// seen returns the ticks whose scrape by a job with an offset lies in a span.
// What happened in the first tick is not known to be of the time simulated.
func seen(in period.Span, offset int64) stretch {
	return stretch{max(1, firstTick(in.Start.UnixMilli()+1, offset)), firstTick(in.End.UnixMilli()+1, offset)}
}
