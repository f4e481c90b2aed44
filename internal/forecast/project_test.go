package forecast

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// monday is a date that series of tests begin on.
var monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// generate makes a series of a process that is known.
func generate(days int, value func(i int) float64) Series {
	s := Series{First: monday}
	for i := range days {
		v := value(i)
		s.Values = append(s.Values, &v)
	}
	return s
}

// weekly is a business week: weekends at four tenths.
func weekly(i int) float64 { return [...]float64{1, 1.05, 1.1, 1.05, 1, 0.4, 0.4}[i%7] }

// split parts the days that a forecast sees from those that come.
func split(s Series, horizon int) (Series, []float64) {
	n := len(s.Values) - horizon
	var future []float64
	for _, v := range s.Values[n:] {
		future = append(future, *v)
	}
	return Series{First: s.First, Values: s.Values[:n]}, future
}

// An interval of 80 % holds about 80 % of what comes, measured on the future
// that the forecast has not seen, over many histories of known processes; and
// the coverage that the back-test claims is near to that. The peer is the
// seasonal naive forecast: where there is something to learn, the error is
// below its error.
func TestCoverage(t *testing.T) {
	const horizon, histories = 30, 40
	noise := func(r *rand.Rand) float64 { return r.NormFloat64() }
	tests := []struct {
		name    string
		process func(r *rand.Rand) func(i int) float64
		beats   float64 // the error is at most this share of the naive one's
	}{
		{"season and noise", func(r *rand.Rand) func(int) float64 {
			return func(i int) float64 { return 100*weekly(i) + 8*noise(r) }
		}, 0.8},
		{"trend, season and noise", func(r *rand.Rand) func(int) float64 {
			return func(i int) float64 { return (100+0.5*float64(i))*weekly(i) + 8*noise(r) }
		}, 0.8},
		{"heavy tails", func(r *rand.Rand) func(int) float64 {
			return func(i int) float64 { return 100 * weekly(i) * math.Exp(0.15*noise(r)) }
		}, 0.85},
		{"a season that wanders", func(r *rand.Rand) func(int) float64 {
			var at [7]float64
			return func(i int) float64 { at[i%7] += 10 * noise(r); return 1000*weekly(i) + at[i%7] }
		}, 1.02},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inside, insideTotal, covered, checked, naive := 0, 0, 0, 0, 0
			off, offNaive := 0.0, 0.0
			for seed := range uint64(histories) {
				s, future := split(generate(160+horizon, tt.process(rand.New(rand.NewPCG(seed, 7)))), horizon)
				p, err := Project(s, horizon, 0.8)
				if err != nil {
					t.Fatal(err)
				}
				total := 0.0
				for h, v := range future {
					total += v
					off += math.Abs(v - p.Days[h].Point)
					offNaive += math.Abs(v - *s.Values[len(s.Values)-7+h%7])
					if p.Days[h].Low <= v && v <= p.Days[h].High {
						inside++
					}
				}
				if p.Total.Low <= total && total <= p.Total.High {
					insideTotal++
				}
				if p.Method == Naive {
					naive++
				}
				covered, checked = covered+p.Test.Covered, checked+p.Test.Checked
			}
			real, claimed := float64(inside)/(horizon*histories), float64(covered)/float64(checked)
			t.Logf("days %.3f inside, back-test %.3f; totals %.3f; naive kept %d of %d; error %.3f of the naive one's", real, claimed, float64(insideTotal)/histories, naive, histories, off/offNaive)
			if math.Abs(real-0.8) > 0.05 || math.Abs(real-claimed) > 0.05 {
				t.Errorf("%.3f of the days are inside an interval of 80 %%; the back-test measured %.3f", real, claimed)
			}
			if share := float64(insideTotal) / histories; math.Abs(share-0.8) > 0.12 {
				t.Errorf("%.3f of the totals are inside an interval of 80 %%", share)
			}
			if off > tt.beats*offNaive {
				t.Errorf("the error is %.3f of the naive one's, want at most %.2f", off/offNaive, tt.beats)
			}
		})
	}
}

// A walk has nothing to learn from but where it is. Whatever is chosen is hardly
// worse than the naive forecast; a walk of weekdays keeps the naive one
// (TestCoverage).
func TestWalk(t *testing.T) {
	const horizon = 14
	off, offNaive := 0.0, 0.0
	for seed := range uint64(100) {
		r, at := rand.New(rand.NewPCG(seed, 1)), 1000.0
		s, future := split(generate(150+horizon, func(int) float64 { at += 10 * r.NormFloat64(); return at }), horizon)
		p, err := Project(s, horizon, 0.8)
		if err != nil {
			t.Fatal(err)
		}
		for h, v := range future {
			off += math.Abs(v - p.Days[h].Point)
			offNaive += math.Abs(v - *s.Values[len(s.Values)-7+h%7])
		}
	}
	if t.Logf("error %.3f of the naive one's", off/offNaive); off > 1.03*offNaive {
		t.Errorf("the error is %.3f of the naive one's", off/offNaive)
	}
}

func TestProjectWhatIsKnown(t *testing.T) {
	gap := func(s Series, days ...int) Series {
		for _, i := range days {
			s.Values[i] = nil
		}
		return s
	}
	tests := []struct {
		name    string
		series  Series
		horizon int
		total   float64
		method  string // of the forecast; "" for an error
	}{
		{"constant", generate(60, func(int) float64 { return 5 }), 10, 50, Naive},
		{"all zeros", generate(60, func(int) float64 { return 0 }), 10, 0, Naive},
		{"credits", generate(60, func(int) float64 { return -5 }), 10, -50, Naive},
		{"a business week", generate(63, func(i int) float64 { return 100 * weekly(i) }), 7, 600, Naive},
		{"a spike is not learned", generate(63, func(i int) float64 {
			if i == 60 {
				return 900
			}
			return 100 * weekly(i)
		}), 7, 600, Naive},
		// From 5 January on, the first of a month is day 27, 55, 86, 116 and 147.
		{"a fee of every month is expected again", generate(140, func(i int) float64 {
			if monday.AddDate(0, 0, i).Day() == 1 {
				return 600
			}
			return 100
		}), 10, 10*100 + 500, Naive},
		{"a straight line", generate(70, func(i int) float64 { return float64(i) }), 2, 70 + 71, "weekday and drift"},
		{"gaps", gap(generate(70, func(i int) float64 { return 100 * weekly(i) }), 3, 10, 44, 69), 7, 600, Naive},
		{"one day", generate(1, func(int) float64 { return 5 }), 7, 0, ""},
		{"a day too few", generate(Need(7)-1, func(int) float64 { return 5 }), 7, 0, ""},
		{"just enough", generate(Need(7), func(int) float64 { return 5 }), 7, 35, Naive},
		{"nothing", Series{First: monday}, 7, 0, ""},
		{"no horizon", generate(60, func(int) float64 { return 5 }), 0, 0, ""},
		{"no Sunday", gap(generate(60, func(int) float64 { return 5 }), 6, 13, 20, 27, 34, 41, 48, 55), 7, 0, ""},
	}
	for _, tt := range tests {
		p, err := Project(tt.series, tt.horizon, 0.8)
		var short *ShortError
		switch {
		case tt.method == "":
			if !errors.As(err, &short) {
				t.Errorf("%s: %v, want a ShortError", tt.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case p.Method != tt.method || math.Abs(p.Total.Point-tt.total) > 0.02*math.Abs(tt.total) || len(p.Days) != tt.horizon:
			t.Errorf("%s: %g by %s, want %g by %s", tt.name, p.Total.Point, p.Method, tt.total, tt.method)
		}
	}
}

// Whatever the series, a forecast is the same twice, its point lies in its
// interval, nothing that was never negative becomes so, and the method has at most
// the naive error.
func TestProjectHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]float64{-5, 0, 1, 2, 10, 11, 500, 1e12}), 40, 80).Draw(t, "values")
		least := rapid.Bool().Draw(t, "not negative")
		s := Series{First: monday}
		for i, v := range values {
			if v == 2 && i >= 7 {
				s.Values = append(s.Values, nil)
				continue
			}
			if least {
				v = math.Abs(v)
			}
			s.Values = append(s.Values, &v)
		}
		horizon := rapid.IntRange(1, 20).Draw(t, "horizon")
		p, err := Project(s, horizon, 0.8)
		if err != nil {
			return
		}
		again, _ := Project(s, horizon, 0.8)
		if again.Total != p.Total || again.Method != p.Method {
			t.Errorf("%v, then %v", p.Total, again.Total)
		}
		for _, r := range append(p.Days, p.Total) {
			if !(r.Low <= r.Point && r.Point <= r.High) || least && r.Low < 0 {
				t.Errorf("range %+v", r)
			}
		}
		if p.Test.Score(p.Method).Error > p.Test.Score(Naive).Error {
			t.Errorf("%s was worse than the naive forecast: %+v", p.Method, p.Test.Scores)
		}
	})
}
