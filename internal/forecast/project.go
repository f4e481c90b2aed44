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
// the k-th smallest absolute error of m, k = ⌈(m + 1) × level⌉), or more of them
// where that would not have held what came. A series that was never negative is not forecast to be. The error is a *[ShortError].
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
	t := trial{series: s, horizon: horizon, level: level, least: math.Inf(-1), unusual: detect(s, 0)}
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
	unusual  *detector // what was unusual in the history
	asIs     bool      // whether it is learned from nevertheless
	places   [][4]int  // of every day up to the horizon
	first    int       // the first day that the earliest origin forecasts
	errors   [][][]float64
	backtest Backtest
}

func (t *trial) run(values []float64) {
	last := len(values) - t.horizon
	t.first = max(LeastHistory, last-mostOrigins+1)
	t.backtest.Origins = last - t.first + 1
	for day := range len(values) + t.horizon {
		t.places = append(t.places, placesOf(t.series.Date(day)))
	}
	t.asIs = t.naiveError(values, true) < t.naiveError(values, false)
	t.errors = make([][][]float64, len(methods()))
	for origin := t.first; origin <= last; origin++ {
		train := t.usual(values, origin)
		for i, m := range methods() {
			off := t.next(m, train)
			for h := range off {
				actual, ok := t.series.at(origin + h)
				if off[h] = actual - off[h]; !ok {
					off[h] = math.NaN()
				}
			}
			t.errors[i] = append(t.errors[i], off)
		}
	}
	for i, m := range methods() {
		t.backtest.Scores = append(t.backtest.Scores, score(m.name, t.errors[i]))
	}
}

// naiveError is the mean absolute error of the naive method, with the values as
// they are or without what was unusual.
func (t *trial) naiveError(values []float64, asIs bool) float64 {
	t.asIs = asIs
	off, n := 0.0, 0.0
	for origin := t.first; origin+t.horizon <= len(values); origin++ {
		for h, point := range t.next(methods()[0], t.usual(values, origin)) {
			if actual, ok := t.series.at(origin + h); ok {
				off, n = off+math.Abs(actual-point), n+1
			}
		}
	}
	return off / n
}

// usual returns the values before a day, with what was expected in the place of
// spikes and of fees: every method would take them for weekdays. Only what was
// known by then is looked at, so a shift is a spike on its first two days. A
// series that is forecast better as it is, because its spikes stay, is left so.
func (t *trial) usual(values []float64, origin int) []float64 {
	train := slices.Clone(values[:origin])
	if t.asIs {
		return train
	}
	put := func(days []Judgement) {
		for _, j := range days {
			train[j.Index] = j.Expected
		}
	}
	for _, a := range t.unusual.found {
		days := slices.DeleteFunc(slices.Clone(a.Days), func(j Judgement) bool { return j.Index >= origin })
		if len(days) < shiftDays {
			put(days)
		}
	}
	for _, f := range t.unusual.fees {
		if f.Index < origin {
			put([]Judgement{f.Judgement})
		}
	}
	return train
}

// next continues the values by a method, and adds the fees of the months to come
// as they were the last time.
func (t *trial) next(m method, train []float64) []float64 {
	points := m.next(train, t.horizon)
	for h := range points {
		day := len(train) + h
		for _, f := range slices.Backward(t.unusual.fees) {
			if !t.asIs && f.Index < len(train) && t.places[day][f.place] == t.places[f.Index][f.place] {
				if day-f.Index <= feeLapses {
					points[h] += f.Excess()
				}
				break
			}
		}
	}
	return t.clip(points)
}

// feeLapses is how many days after its last time a fee is not expected again.
const feeLapses = 100

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
	known := t.knownSteps(errors)
	days := t.widen(func(level float64) (covered, checked int) { return t.coverDays(errors, known, level) })
	for h, point := range t.next(m, t.usual(values, len(values))) {
		off := stepErrors(errors, h/week, len(errors))
		if len(off) == 0 { // the past has no data so far ahead: take every step's errors
			off = allErrors(errors)
		}
		p.Days = append(p.Days, t.around(point, quantile(off, days)))
		p.Total.Point += point
	}
	sums := totals(errors)
	whole := t.widen(func(level float64) (covered, checked int) { return t.coverTotals(sums, level) })
	p.Total = t.around(p.Total.Point, quantile(sums, whole))
	p.Test.Covered, p.Test.Checked = t.coverDays(errors, known, days)
	p.Test.TotalCovered, p.Test.TotalChecked = t.coverTotals(sums, whole)
	return p
}

// widen returns the level to make intervals of: the asked one, or, where they
// would not have held that often in the back-test, the next of a few higher ones
// with which they would, and at last all errors. Errors of overlapping forecasts
// are alike, so a short history has seen fewer than it has.
func (t *trial) widen(cover func(level float64) (covered, checked int)) float64 {
	const steps = 8
	for i := range steps {
		level := t.level + (1-t.level)*float64(i)/steps
		if covered, checked := cover(level); checked == 0 || float64(covered) >= (t.level-tolerance)*float64(checked) {
			return level
		}
	}
	return 1
}

// tolerance is how far below the asked level the coverage may be before an
// interval is widened: less is chance.
const tolerance = 0.02

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
	return rank(slices.Sorted(slices.Values(values)), level)
}

// rank is [quantile] of sorted values.
func rank(sorted []float64, level float64) float64 {
	k := int(math.Ceil(float64(len(sorted)+1)*level - 1e-9))
	return sorted[min(k, len(sorted))-1]
}

// enough are the errors that an interval is made of before it is checked.
const enough = 20

// knownSteps are, for each origin and week of the horizon, the errors that were
// known then.
func (t *trial) knownSteps(errors [][]float64) [][][]float64 {
	out := make([][][]float64, len(errors))
	for origin := range errors {
		for w := 0; w*week < t.horizon; w++ {
			out[origin] = append(out[origin], slices.Sorted(slices.Values(stepErrors(errors, w, origin))))
		}
	}
	return out
}

// coverDays checks, for each origin, whether the intervals that would have been
// given held the days that came.
func (t *trial) coverDays(errors [][]float64, known [][][]float64, level float64) (covered, checked int) {
	for origin := range errors {
		for w, sorted := range known[origin] {
			if len(sorted) < enough {
				continue
			}
			q := rank(sorted, level)
			for h := w * week; h < min((w+1)*week, t.horizon); h++ {
				if e := errors[origin][h]; !math.IsNaN(e) {
					checked++
					if math.Abs(e) <= q {
						covered++
					}
				}
			}
		}
	}
	return covered, checked
}

// coverTotals checks the intervals of the totals likewise.
func (t *trial) coverTotals(sums []float64, level float64) (covered, checked int) {
	for origin := t.horizon - 1 + enough; origin < len(sums); origin++ {
		checked++
		if sums[origin] <= quantile(sums[:origin-t.horizon+1], level) {
			covered++
		}
	}
	return covered, checked
}
