package sla

import (
	"slices"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/window"
)

// burnSpans are the spans of [BurnRates], in its order.
var burnSpans = [...]time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// burnSixHours is the index of the burn rate from which the end of a budget is
// foreseen.
const burnSixHours = 2

// recentSpan is how far back the events of the rest of a period are estimated
// from.
const recentSpan = 7 * 24 * time.Hour

// frame is the time that a judgement is about, in milliseconds since the epoch
// like a grid.
type frame struct {
	start, end int64
	until      int64 // the end, or now while the period is to date
	toDate     bool
	edges      []int64 // of the windows, from start up to until
	burns      [len(burnSpans)]int64
	recent     int64 // where the last seven days of the period so far begin
}

func newFrame(o Objective, p period.Period, now time.Time) frame {
	f := frame{start: p.Start.UnixMilli(), end: p.End.UnixMilli(), toDate: p.End.After(now)}
	f.until = min(f.end, now.UnixMilli())
	width := o.windowWidth().Milliseconds()
	if width <= 0 {
		width = max(1, f.end-f.start)
	}
	f.edges = make([]int64, 0, max(0, f.until-f.start)/width+2)
	for t := f.start; t < f.until; t += width {
		f.edges = append(f.edges, t)
	}
	f.edges = append(f.edges, max(f.start, f.until))
	for i, d := range burnSpans {
		f.burns[i] = f.until - d.Milliseconds()
	}
	f.recent = max(f.start, f.until-recentSpan.Milliseconds())
	return f
}

// windowWidth is the length of the windows that are judged: under downtime they
// are whole minutes.
func (o Objective) windowWidth() time.Duration {
	if o.Method == Downtime {
		return time.Minute
	}
	return o.MeasurementWindow
}

// began reports whether any of the period lies before now.
func (f frame) began() bool { return f.until > f.start }

// needed returns the instants that must be in a grid, in order.
func (f frame) needed() []int64 {
	out := slices.Concat(f.edges, f.burns[:])
	if f.toDate && f.began() {
		out = append(out, f.recent)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Instants returns the instants that a grid must hold for [Evaluate] to judge o
// in p at the time now, in increasing order: the edges of the measurement
// windows from the period's start up to its end or now, the starts of the burn
// rates' spans, which may lie before the period, and the start of the days from
// which the rest of a period to date is estimated. The edges of exclusions come
// on top; every finer grid does as well.
func Instants(o Objective, p period.Period, now time.Time) []time.Time {
	ms := newFrame(o, p, now).needed()
	out := make([]time.Time, len(ms))
	for i, t := range ms {
		out[i] = time.UnixMilli(t).UTC()
	}
	return out
}

// lacks returns the first of the sorted instants that the grid does not have.
func lacks(g window.Grid, instants []int64) (int64, bool) {
	i := 0
	for _, t := range instants {
		for i < len(g) && g[i] < t {
			i++
		}
		if i == len(g) || g[i] != t {
			return t, true
		}
	}
	return 0, false
}
