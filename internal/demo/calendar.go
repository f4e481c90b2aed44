package demo

import (
	"sort"
	"time"
)

// The simulated time. The metrics begin early enough for September to be whole
// in every zone of the company and end when October is over in all of them.
// Prometheus scraped every two minutes until October, and every minute since.
const (
	slowInterval = 2 * time.Minute
	interval     = time.Minute
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

// Begin is the first scrape of the simulated metrics.
func Begin() time.Time { return at(time.August, 31, 12, 0) }

// End is the last scrape of the simulated metrics, and the instant that the
// commands printed after `slactl demo` name with --now.
func End() time.Time { return at(time.November, 1, 9, 0) }

func faster() time.Time { return at(time.October, 1, 0, 0) }

// slowTicks is how many ticks are two minutes long.
func slowTicks() int { return int(faster().Sub(Begin()) / slowInterval) }

// ticks is how many scrapes there are. Tick k is the time between the scrapes
// k − 1 and k.
func ticks() int { return slowTicks() + int(End().Sub(faster())/interval) + 1 }

// scrape returns the instant of scrape k in milliseconds, without the offset by
// which Prometheus spreads its jobs over the interval.
func scrape(k int) int64 {
	if slow := slowTicks(); k >= slow {
		return faster().UnixMilli() + int64(k-slow)*interval.Milliseconds()
	}
	return Begin().UnixMilli() + int64(k)*slowInterval.Milliseconds()
}

// tickAt returns the first scrape at or after t.
func tickAt(t time.Time) int {
	return sort.Search(ticks(), func(k int) bool { return scrape(k) >= t.UnixMilli() })
}

// minutes is the length of tick k.
func minutes(k int) int64 {
	if k <= slowTicks() {
		return 2
	}
	return 1
}

// stretch is a run of ticks: from is in it, to is not.
type stretch struct{ from, to int }

func between(from, to time.Time) stretch { return stretch{tickAt(from), tickAt(to)} }

func (s stretch) has(k int) bool { return s.from <= k && k < s.to }
