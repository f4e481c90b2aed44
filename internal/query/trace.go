package query

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/window"
)

// Trace is how the samples of one series were counted for one request: the
// evidence behind its counts. A series that a request selects in several roles
// has a trace in each.
type Trace struct {
	Series map[string]string // its labels
	// Group holds the labels of the group that it counts for.
	Group map[string]string
	// Counts names the quantities of the group, as [window.Group.Quantities] does,
	// that its increments are added to, or, after a minus, subtracted from. PerSample
	// names those that each sample adds 1 to.
	Counts, PerSample []string
	// Judges tells that its samples let their cells be judged.
	Judges bool
	// Gauge tells that each sample counts for itself: its value, or for a Probe 1 if
	// it is not 1. Otherwise what counts is growth.
	Gauge, Probe bool
	// Untold, if set, says why the samples of a series cannot be told of; then there
	// is nothing else here.
	Untold string
	// Samples are in the order of their times.
	Samples []TracedSample
}

// TracedSample is a sample and how it was counted.
type TracedSample struct {
	Time  int64 // milliseconds since the epoch
	Value float64
	How   How
}

// How says how a sample was counted.
type How uint8

// The ways in which a sample counts.
const (
	// Before lies before the grid; the next sample is compared with it.
	Before How = iota
	// Growth counts the difference to the sample before, in its cell.
	Growth
	// Reset counts the whole value, in its cell: the counter began at 0 again.
	Reset
	// Recovered counts like Growth, or like Reset where the value fell, but for no
	// window, for the sample before lies beyond a gap.
	Recovered
	// Birth counts the whole value of a first sample, in its cell.
	Birth
	// Unwitnessed is a first sample that counts nowhere. It is told of in a trace of
	// its own, after the one that calls the sample a Birth.
	Unwitnessed
	// Itself is a sample of a gauge.
	Itself
)

// Tracer is told of the traces of a request, in no certain order, and by one
// goroutine at a time. It keeps the slices only if it copies them.
type Tracer func(Trace)

// untold tells the request's tracer that there is something that it is not told.
func (a *account) untold(why string) {
	if a.req.Trace != nil {
		a.req.Trace(Trace{Untold: why})
	}
}

// traceOf describes a series in a role, without its samples.
func (a *account) traceOf(g *group, r role, bound float64, ls labels.Labels) Trace {
	t := Trace{Series: ls.Map(), Group: g.Labels, Judges: r.judges(bound), Gauge: r == roleGauge || r == roleProbe, Probe: r == roleProbe}
	switch r {
	case roleGauge:
		t.Counts, t.PerSample = []string{"sum"}, []string{"total"}
		return t
	case roleProbe:
		t.Counts, t.PerSample = []string{"bad"}, []string{"total"}
		return t
	}
	for _, s := range a.sinks(g, r, bound) {
		name := window.BucketName(bound)
		switch s.counts {
		case &g.Total:
			name = "total"
		case &g.Bad:
			name = "bad"
		case &g.Sum:
			name = "sum"
		}
		if s.sign < 0 {
			name = "-" + name
		}
		t.Counts = append(t.Counts, name)
	}
	return t
}

// trace tells the request's tracer of a series.
func (a *account) trace(g *group, r role, bound float64, ls labels.Labels, samples []TracedSample) {
	if a.req.Trace == nil || len(samples) == 0 {
		return
	}
	t := a.traceOf(g, r, bound, ls)
	t.Samples = samples
	a.req.Trace(t)
}

// traceStep remembers how a counter's sample was counted. Of those before the
// grid only the last one is of interest.
func (c *tally) traceStep(t int64, v float64, how How) {
	switch {
	case !c.key.traced:
	case c.cell < 0:
		c.traces = append(c.traces[:0], TracedSample{t, v, Before})
	default:
		c.traces = append(c.traces, TracedSample{t, v, how})
	}
}

// addTraced counts samples one by one.
func (c *tally) addTraced(ts []int64, vs []float64) {
	for i, t := range ts {
		before, fell := c.pt, vs[i] < c.pv
		c.step(t, vs[i])
		if c.pt != t || math.IsNaN(vs[i]) || before == t {
			continue // it was not admitted
		}
		switch distance := t - before; {
		case distance > c.key.lookback:
			c.traceStep(t, vs[i], Birth)
		case distance > c.key.maxGap:
			c.traceStep(t, vs[i], Recovered)
		case fell:
			c.traceStep(t, vs[i], Reset)
		default:
			c.traceStep(t, vs[i], Growth)
		}
	}
}
