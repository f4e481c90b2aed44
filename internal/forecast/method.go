package forecast

import "math"

// method continues a series without gaps by so many values. train has at least
// LeastHistory values.
type method struct {
	name string
	next func(train []float64, horizon int) []float64
}

// Naive is the name of the method that every other one has to beat: each day is
// as the last day of its weekday was.
const Naive = "seasonal naive"

// methods are the candidates, the naive one first, then from simple to elaborate.
// Of equals the first is chosen.
func methods() []method {
	return []method{
		{Naive, seasonalNaive},
		{"weekday mean", weekdayMean},
		{"weekday and drift", onSeason(drift)},
		{"weekday and damped trend", onSeason(dampedTrend)},
		{"weekday and theta", onSeason(theta)},
	}
}

// LeastHistory is how many days a method is trained on at least: two weeks.
const LeastHistory = 2 * week

// memory is how many days a method looks back.
const memory = 16 * week

func seasonalNaive(train []float64, horizon int) []float64 {
	out := make([]float64, horizon)
	for h := range out {
		out[h] = train[len(train)-week+h%week]
	}
	return out
}

// weekdayMean is the mean of the last four days of each weekday.
func weekdayMean(train []float64, horizon int) []float64 {
	out := make([]float64, horizon)
	for h := range out {
		var values []float64
		for k := len(train) - week + h%week; k >= 0 && len(values) < 4; k -= week {
			values = append(values, train[k])
		}
		out[h] = mean(values)
	}
	return out
}

// onSeason takes the weekday out of the values, continues what is left, and puts
// the weekday back in: the classical decomposition, by ratios to a centred week
// where everything is above 0, else by differences.
func onSeason(next func([]float64, int) []float64) func([]float64, int) []float64 {
	return func(train []float64, horizon int) []float64 {
		train = train[max(len(train)-memory, 0):]
		factors, ratio := season(train)
		flat := make([]float64, len(train))
		for i, v := range train {
			if flat[i] = v - factors[i%week]; ratio {
				flat[i] = v / factors[i%week]
			}
		}
		out := next(flat, horizon)
		for h := range out {
			if f := factors[(len(train)+h)%week]; ratio {
				out[h] *= f
			} else {
				out[h] += f
			}
		}
		return out
	}
}

// season returns the effect of each phase of the week: the median ratio to, or
// difference from, the mean of the week around each day.
func season(values []float64) (factors [week]float64, ratio bool) {
	ratio = true
	for _, v := range values {
		ratio = ratio && v > 0
	}
	var effects [week][]float64
	for i := week / 2; i+week/2 < len(values); i++ {
		around := mean(values[i-week/2 : i+week/2+1])
		effect := values[i] - around
		if ratio {
			effect = values[i] / around
		}
		effects[i%week] = append(effects[i%week], effect)
	}
	total := 0.0
	for phase, e := range effects {
		factors[phase] = median(e) // two weeks have every phase at least once
		total += factors[phase]
	}
	for phase := range factors {
		if ratio {
			factors[phase] *= week / total
		} else {
			factors[phase] -= total / week
		}
	}
	return factors, ratio
}

// drift continues the straight line through the last eight weeks, by least
// squares, from its end.
func drift(flat []float64, horizon int) []float64 {
	intercept, slope := line(flat[max(len(flat)-BaselineWeeks*week, 0):])
	n := float64(min(len(flat), BaselineWeeks*week))
	out := make([]float64, horizon)
	for h := range out {
		out[h] = intercept + slope*(n+float64(h))
	}
	return out
}

// line fits intercept + slope × i to the values by least squares.
func line(values []float64) (intercept, slope float64) {
	n, middle, centre := float64(len(values)), float64(len(values)-1)/2, mean(values)
	over, under := 0.0, 0.0
	for i, v := range values {
		x := float64(i) - middle
		over += x * (v - centre)
		under += x * x
	}
	if n < 2 {
		return centre, 0
	}
	slope = over / under
	return centre - slope*middle, slope
}

// The parameters that smoothing tries. A coarse grid is as good as an optimiser
// on such short series, and gives the same answer on every machine.
func levelWeights() []float64 { return []float64{0.05, 0.1, 0.2, 0.4, 0.7, 1} }
func trendWeights() []float64 { return []float64{0, 0.02, 0.05, 0.1, 0.2} }
func dampings() []float64     { return []float64{0.9, 0.98} }

// dampedTrend is Holt's exponential smoothing with a damped trend (Gardner and
// McKenzie 1985), with the parameters that had the least squared error one day
// ahead.
func dampedTrend(flat []float64, horizon int) []float64 {
	best, least := holt{}, math.Inf(1)
	for _, alpha := range levelWeights() {
		for _, beta := range trendWeights() {
			for _, phi := range dampings() {
				if fit := smooth(flat, alpha, beta, phi); fit.squares < least {
					best, least = fit, fit.squares
				}
			}
		}
	}
	out := make([]float64, horizon)
	reach, damp := 0.0, 1.0
	for h := range out {
		damp *= best.phi
		reach += damp
		out[h] = best.level + reach*best.trend
	}
	return out
}

// holt is the end of an exponential smoothing.
type holt struct{ level, trend, phi, squares float64 }

func smooth(flat []float64, alpha, beta, phi float64) holt {
	first := min(week, len(flat))
	h := holt{level: mean(flat[:first]), phi: phi}
	for _, v := range flat[first:] {
		expected := h.level + phi*h.trend
		off := v - expected
		h.squares += off * off
		before := h.level
		h.level = expected + alpha*off
		h.trend = phi*h.trend + beta*(h.level-before-phi*h.trend)
	}
	return h
}

// theta is the mean of the straight line through all values and their exponential
// smoothing with the line's slope doubled away (Assimakopoulos and Nikolopoulos
// 2000, in the form of Hyndman and Billah 2003: simple smoothing with half the
// line's slope as drift).
func theta(flat []float64, horizon int) []float64 {
	best, least, weight := holt{}, math.Inf(1), 1.0
	for _, alpha := range levelWeights() {
		if fit := smooth(flat, alpha, 0, 0); fit.squares < least {
			best, least, weight = fit, fit.squares, alpha
		}
	}
	_, slope := line(flat)
	behind := (1 - math.Pow(1-weight, float64(len(flat)))) / weight
	out := make([]float64, horizon)
	for h := range out {
		out[h] = best.level + slope/2*(float64(h)+behind)
	}
	return out
}
