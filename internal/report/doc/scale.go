package doc

import (
	"math"
	"strconv"
	"time"
)

// Extent returns the least and the greatest value that a chart has to show, its
// target among them. Bars stand on 0 and stacked bars reach up to their sum, the
// negative parts down to theirs. It reports false for a chart without a point.
func (c Chart) Extent() (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	include := func(v float64) { lo, hi = math.Min(lo, v), math.Max(hi, v) }
	for i := range c.Labels {
		up, down := 0.0, 0.0
		for _, s := range c.Series {
			if i >= len(s.Points) || s.Points[i] == nil || !finite(*s.Points[i]) {
				continue
			}
			v := *s.Points[i]
			ok = true
			switch {
			case c.Kind != StackedBar:
				include(v)
			case v < 0:
				down += v
			default:
				up += v
			}
		}
		if c.Kind == StackedBar {
			include(up)
			include(down)
		}
	}
	if !ok {
		return 0, 0, false
	}
	if c.Kind != Line {
		include(0)
	}
	if c.Target != nil && finite(*c.Target) {
		include(*c.Target)
	}
	return lo, hi, true
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Scale is an axis with ticks at round numbers.
type Scale struct {
	Lo, Hi float64
	Ticks  []float64
	digits int
}

// NewScale lays an axis over [lo, hi] with about n steps of 1, 2, 2.5 or 5 times
// a power of ten; its ends are ticks. The percent scale never passes 0 or 100
// when the values do not.
func NewScale(lo, hi float64, n int) Scale {
	if hi <= lo {
		d := math.Max(math.Abs(lo)*0.01, 1e-9)
		if lo == 0 {
			d = 1
		}
		lo, hi = lo-d, lo+d
		if lo < 0 && hi-d >= 0 { // a lone value that is not negative stands on 0
			lo = 0
		}
	}
	step := niceStep((hi - lo) / float64(n))
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	s := Scale{Lo: first * step, Hi: last * step}
	for s.digits < 12 && math.Abs(step*math.Pow10(s.digits)-math.Round(step*math.Pow10(s.digits))) > 1e-6 {
		s.digits++
	}
	for i := first; i <= last; i++ {
		s.Ticks = append(s.Ticks, i*step)
	}
	return s
}

func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// At maps v to [0, 1] along the axis.
func (s Scale) At(v float64) float64 { return (v - s.Lo) / (s.Hi - s.Lo) }

// Label writes a tick with the digits that its step needs.
func (s Scale) Label(tick float64) string {
	if math.Abs(tick) >= 1e6 {
		return strconv.FormatFloat(tick/1e6, 'f', -1, 64) + "M"
	}
	if math.Abs(tick) >= 1e4 {
		return strconv.FormatFloat(tick/1e3, 'f', -1, 64) + "k"
	}
	if tick == 0 {
		tick = 0 // not "-0"
	}
	return strconv.FormatFloat(tick, 'f', s.digits, 64)
}

// Plain writes a float with the fewest digits that tell it apart.
func Plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// ShortLabels are the labels as an axis shows them: days lose their year, which
// the title of a report already says.
func (c Chart) ShortLabels() []string {
	out := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		day, err := time.Parse(time.DateOnly, l)
		if err != nil {
			copy(out, c.Labels)
			return out
		}
		out[i] = day.Format("2 Jan")
	}
	return out
}
