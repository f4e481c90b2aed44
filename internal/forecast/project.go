package forecast

import (
	"fmt"
	"math"
	"slices"
)

// The terms of the back-test.
const (
	// leastOrigins is how many times the past must be forecast before anything is
	// said about the future, and mostOrigins how often it is at most.
	leastOrigins = 8
	mostOrigins  = 84
	// Margin is how much smaller than the naive forecast's the error of another
	// method must be: a smaller one is luck as often as not.
	Margin = 0.05
	// gapsAllowed is the share of days that may be without data.
	gapsAllowed = 0.25
)

// Need is how many days of history a forecast of a horizon asks for: two weeks to
// learn from, the horizon, and some days more to forecast it from.
func Need(horizon int) int { return LeastHistory + horizon + leastOrigins - 1 }

// ShortError says that there is too little history to forecast from.
type ShortError struct{ Have, Need, Horizon, Gaps int }

// Error says what there is and what it takes.
func (e *ShortError) Error() string {
	if e.Have >= e.Need {
		return fmt.Sprintf("%d of %d days of history have no data; a forecast needs three in four, and every weekday", e.Gaps, e.Have)
	}
	return fmt.Sprintf("too little history: %d days; a forecast of %d days is tested on the past, and that takes %d", e.Have, e.Horizon, e.Need)
}

// Range is a forecast with its interval.
type Range struct{ Point, Low, High float64 }

// Projection is what comes next, and how well the same method would have done
// before.
type Projection struct {
	Method string
	Days   []Range // from the day after the last value on
	Total  Range   // of the whole horizon; its interval is its own, not a sum
	Level  float64 // the asked probability of the intervals: 0.8
	Test   Backtest
}

// Backtest is what came out when the past was forecast from earlier days of it.
type Backtest struct {
	Origins int     // how many times it was forecast, a day apart, the last time as late as can be
	Scores  []Score // of every method, the naive one first
	// Covered of Checked days of the past lay in the interval that would have been
	// given: made of errors that were known when the forecast was made. Checked is
	// 0 where the history is too short for that.
	Covered, Checked int
	// The same for the total of the horizon.
	TotalCovered, TotalChecked int
}

// Score is how far off a method was in the back-test.
type Score struct {
	Method string
	// Error is the mean absolute error of a day, TotalError that of the total of the
	// horizon.
	Error, TotalError float64
}

// Score returns the score of a method.
func (b Backtest) Score(name string) Score {
	return b.Scores[slices.IndexFunc(b.Scores, func(s Score) bool { return s.Method == name })]
}

// Project forecasts so many days after the last value. The method is the one that
// did best on the past, if its errors were at least [Margin] below those of the
// naive one, of days and of totals; else it is the naive one. The interval holds
// the given share of its own errors in the back-test (a split conformal interval:
// the k-th smallest absolute error of m, k = ⌈(m + 1) × level⌉). A series that was
// never negative is not forecast to be. The error is a *[ShortError].
func Project(s Series, horizon int, level float64) (Projection, error) {
	short := &ShortError{Have: len(s.Values), Need: Need(horizon), Horizon: horizon}
	for i := range s.Values {
		if _, ok := s.at(i); !ok {
			short.Gaps++
		}
	}
	values, ok := s.filled()
	if short.Have < short.Need || horizon < 1 || !ok || float64(short.Gaps) > gapsAllowed*float64(short.Have) {
		return Projection{}, short
	}
	t := trial{series: s, horizon: horizon, level: level, least: math.Inf(-1)}
	if slices.Min(values) >= 0 {
		t.least = 0
	}
	t.run(values)
	return t.project(values), nil
}

// trial is one back-test. Errors are kept as errors[method][origin][day]; those
// of days without data are NaN.
type trial struct {
	series   Series
	horizon  int
	level    float64
	least    float64
	first    int // the first day that the earliest origin forecasts
	errors   [][][]float64
	backtest Backtest
}

func (t *trial) run(values []float64) {
	last := len(values) - t.horizon
	t.first = max(LeastHistory, last-mostOrigins+1)
	t.backtest.Origins = last - t.first + 1
	for _, m := range methods() {
		var all [][]float64
		for origin := t.first; origin <= last; origin++ {
			off := t.clip(m.next(values[:origin], t.horizon))
			for h := range off {
				actual, ok := t.series.at(origin + h)
				if off[h] = actual - off[h]; !ok {
					off[h] = math.NaN()
				}
			}
			all = append(all, off)
		}
		t.errors = append(t.errors, all)
		t.backtest.Scores = append(t.backtest.Scores, score(m.name, all))
	}
}

func (t *trial) clip(points []float64) []float64 {
	for i, v := range points {
		points[i] = max(v, t.least)
	}
	return points
}

func score(name string, all [][]float64) Score {
	var days, totals []float64
	for _, off := range all {
		known := present(off)
		for _, e := range known {
			days = append(days, math.Abs(e))
		}
		totals = append(totals, math.Abs(sum(known)))
	}
	return Score{Method: name, Error: mean(days), TotalError: mean(totals)}
}

func present(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}

// choose returns the index of the method that the past speaks for.
func (t *trial) choose() int {
	naive, best := t.backtest.Scores[0], 0
	for i, s := range t.backtest.Scores {
		if s.Error < t.backtest.Scores[best].Error && s.Error <= (1-Margin)*naive.Error && s.TotalError <= (1-Margin)*naive.TotalError {
			best = i
		}
	}
	return best
}

func (t *trial) project(values []float64) Projection {
	chosen := t.choose()
	m, errors := methods()[chosen], t.errors[chosen]
	p := Projection{Method: m.name, Level: t.level, Test: t.backtest}
	for h, point := range t.clip(m.next(values, t.horizon)) {
		known := stepErrors(errors, h/week, len(errors))
		if len(known) == 0 { // the past has no data so far ahead: take every step's errors
			known = allErrors(errors)
		}
		p.Days = append(p.Days, t.around(point, quantile(known, t.level)))
		p.Total.Point += point
	}
	p.Total = t.around(p.Total.Point, quantile(totals(errors), t.level))
	t.cover(&p.Test, errors)
	return p
}

func (t *trial) around(point, off float64) Range {
	return Range{Point: point, Low: max(point-off, t.least), High: point + off}
}

// stepErrors are the absolute errors of the days of one week of the horizon that
// were known before a day, counted from the first origin's: an origin's error of
// a day is known once the day is over.
func stepErrors(errors [][]float64, weekOf, before int) []float64 {
	var out []float64
	for origin := range errors {
		for h := weekOf * week; h < min((weekOf+1)*week, len(errors[origin])); h++ {
			if e := errors[origin][h]; !math.IsNaN(e) && (before == len(errors) || origin+h < before) {
				out = append(out, math.Abs(e))
			}
		}
	}
	return out
}

func allErrors(errors [][]float64) []float64 {
	out := present(slices.Concat(errors...))
	for i, e := range out {
		out[i] = math.Abs(e)
	}
	return out
}

func totals(errors [][]float64) []float64 {
	out := make([]float64, len(errors))
	for i, off := range errors {
		out[i] = math.Abs(sum(present(off)))
	}
	return out
}

// quantile is the k-th smallest value, k = ⌈(m + 1) × level⌉, or the largest when
// there are not so many. It needs one.
func quantile(values []float64, level float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	k := int(math.Ceil(float64(len(sorted)+1)*level - 1e-9))
	return sorted[min(k, len(sorted))-1]
}

// enough are the errors that an interval is made of before it is checked.
const enough = 20

// cover checks, for each origin, whether the interval that would have been given
// held what came.
func (t *trial) cover(b *Backtest, errors [][]float64) {
	sums := totals(errors)
	for origin := range errors {
		for w := 0; w*week < t.horizon; w++ {
			known := stepErrors(errors, w, origin)
			if len(known) < enough {
				continue
			}
			q := quantile(known, t.level)
			for h := w * week; h < min((w+1)*week, t.horizon); h++ {
				if e := errors[origin][h]; !math.IsNaN(e) {
					b.Checked++
					if math.Abs(e) <= q {
						b.Covered++
					}
				}
			}
		}
		if known := origin - t.horizon + 1; known >= enough {
			b.TotalChecked++
			if sums[origin] <= quantile(sums[:known], t.level) {
				b.TotalCovered++
			}
		}
	}
}
