// Package forecast tells what is unusual in a daily series and what comes next.
// It knows weekdays and nothing else: costs and business metrics are series
// alike. It is pure, reads no clock, draws no random number, and gives the same
// answer to the same series.
//
// Values are floats here. They are statistics: medians, ratios and errors have
// no exact decimal, and whoever prints an amount beside them keeps the exact one.
// A series is complete days only. What is not over, a day or a month, and what
// comes once, a purchase or a tax, the caller leaves out before: both would be
// found unusual, rightly and to nobody's use, and would be expected to return.
package forecast

import (
	"slices"
	"time"
)

// week is the one season of a daily series that is always there to be learned.
const week = 7

// Series is a value for each day of the calendar, from the first on without a
// gap in the days. A day is a date, so one with 23 hours is a day like any other.
type Series struct {
	// First is the date of the first value, as its midnight in UTC: a date in no
	// zone.
	First time.Time
	// Values are nil on days without data, which is not 0.
	Values []*float64
}

// Date returns the date of the value at an index, which may lie beyond the last.
func (s Series) Date(i int) time.Time { return s.First.AddDate(0, 0, i) }

// Name returns the date of an index as text, 2026-10-07.
func (s Series) Name(i int) string { return s.Date(i).Format(time.DateOnly) }

// at returns the value of a day, and whether there is one.
func (s Series) at(i int) (float64, bool) {
	if i < 0 || i >= len(s.Values) || s.Values[i] == nil {
		return 0, false
	}
	return *s.Values[i], true
}

// filled returns the values with its gaps closed for fitting, by the value of
// the same weekday before, else of the one after. It reports false when a
// weekday has no value at all.
func (s Series) filled() ([]float64, bool) {
	out := make([]float64, len(s.Values))
	for phase := range min(week, len(out)) {
		known := -1
		for i := phase; i < len(out); i += week {
			v, ok := s.at(i)
			if !ok && known < 0 {
				continue
			}
			if !ok {
				v = out[known]
			}
			out[i] = v
			for j := phase; known < 0 && j < i; j += week {
				out[j] = v
			}
			known = i
		}
		if known < 0 {
			return nil, false
		}
	}
	return out, true
}

// median returns the middle of the values, the mean of both middles of an even
// number. It needs one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
