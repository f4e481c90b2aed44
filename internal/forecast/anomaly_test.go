package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Planted anomalies are found and little else is: a year of a business week with
// growth and noise of 5 %, and ten days in it that cost half as much again.
func TestPlanted(t *testing.T) {
	found, missed, wrong := 0, 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		planted := map[int]bool{}
		for len(planted) < 10 {
			planted[40+r.IntN(325)] = true
		}
		s := generate(365, func(i int) float64 {
			v := (100 + 0.2*float64(i)) * weekly(i) * (1 + 0.05*r.NormFloat64())
			if planted[i] {
				v *= 1.5
			}
			return v
		})
		days := map[int]bool{}
		for _, a := range Anomalies(s, 0) {
			for _, j := range a.Days {
				days[j.Index] = true
				if !planted[j.Index] {
					wrong++
				}
			}
		}
		for i := range planted {
			if days[i] {
				found++
			} else {
				missed++
			}
		}
	}
	recall, precision := float64(found)/float64(found+missed), float64(found)/float64(found+wrong)
	t.Logf("recall %.3f, precision %.3f: %d found, %d missed, %d false in %d days", recall, precision, found, missed, wrong, 40*325)
	if recall < 0.95 || precision < 0.93 {
		t.Errorf("recall %.3f and precision %.3f, want at least 0.95 and 0.93", recall, precision)
	}
}

// What is usual is not found, and what is found is said once.
func TestUsual(t *testing.T) {
	noise := func(share float64) func() float64 {
		r := rand.New(rand.NewPCG(11, 5))
		return func() float64 { return 1 + share*r.NormFloat64() }
	}
	date := func(i int) time.Time { return monday.AddDate(0, 0, i) }
	tests := []struct {
		name  string
		days  int
		value func(i int) float64
		want  string // the episodes: first..last kind
	}{
		{"constant", 200, func(int) float64 { return 42 }, ""},
		{"all zeros", 200, func(int) float64 { return 0 }, ""},
		{"credits", 200, func(i int) float64 { return -30 * weekly(i) }, ""},
		{"weekly seasonality", 365, func(i int) float64 { return 100 * weekly(i) }, ""},
		{"nothing at weekends", 365, func(i int) float64 {
			if i%7 > 4 {
				return 0
			}
			return 100
		}, ""},
		{"growth of 1 % a day", 200, func(i int) float64 { return 100 * math.Pow(1.01, float64(i)) * weekly(i) }, ""},
		{"decline of 1 % a day", 200, func(i int) float64 { return 100 * math.Pow(0.99, float64(i)) * weekly(i) }, ""},
		{"a fee on the first of each month", 365, func(i int) float64 {
			if date(i).Day() == 1 {
				return 400
			}
			return 100 * weekly(i)
		}, "27..27 spike"}, // the first one that is judged is the first that is seen
		{"a fee on the last of each month", 365, func(i int) float64 {
			if date(i+1).Day() == 1 {
				return 400
			}
			return 100 * weekly(i)
		}, "26..26 spike"},
		{"a fee on the last working day", 365, func(i int) float64 {
			if placesOf(date(i))[3] == 1 {
				return 400
			}
			return 100 * weekly(i)
		}, "25..25 spike"},
		{"a spike", 120, func(i int) float64 {
			if i == 70 {
				return 250
			}
			return 100 * weekly(i)
		}, "70..70 spike"},
		{"a hole", 120, func(i int) float64 {
			if i == 70 || i == 71 {
				return 3
			}
			return 100
		}, "70..71 spike"},
		{"the level doubles", 200, func(i int) float64 {
			if i >= 90 {
				return 200 * weekly(i)
			}
			return 100 * weekly(i)
		}, "90..shift"},
		{"a server more", 200, func(i int) float64 {
			if i >= 93 {
				return 100*weekly(i) + 60
			}
			return 100 * weekly(i)
		}, "93..shift"},
		{"the level halves", 200, func(i int) float64 {
			if i >= 90 {
				return 50 * weekly(i)
			}
			return 100 * weekly(i)
		}, "90..shift"},
		{"now and then", 150, func(i int) float64 {
			if i%5 == 2 && i%7 < 4 {
				return 20 + float64(i%3)
			}
			return 0
		}, ""},
		{"something new", 120, func(i int) float64 {
			if i >= 60 {
				return 12
			}
			return 0
		}, "60..shift"},
	}
	for _, tt := range tests {
		for _, share := range []float64{0, 0.02} {
			t.Run(fmt.Sprintf("%s, noise %g", tt.name, share), func(t *testing.T) {
				more := noise(share)
				s := generate(tt.days, func(i int) float64 { return tt.value(i) * more() })
				var got []string
				for _, a := range Anomalies(s, 1) {
					switch {
					case a.Shift && strings.HasSuffix(tt.want, "..shift"):
						got = append(got, fmt.Sprintf("%d..shift", a.First()))
					case a.Shift:
						got = append(got, fmt.Sprintf("%d..%d shift", a.First(), a.Last()))
					default:
						got = append(got, fmt.Sprintf("%d..%d spike", a.First(), a.Last()))
					}
				}
				if show := strings.Join(got, ", "); show != tt.want {
					t.Errorf("found %q, want %q", show, tt.want)
				}
			})
		}
	}
}

// A judgement can be recomputed from the nine weeks before the day: here by
// hand, for weeks of six days at 10 and one at 20 in which one Wednesday cost 16.
func TestJudgement(t *testing.T) {
	s := generate(9*7+3, func(i int) float64 {
		v := 10.0
		if i%7 == 6 {
			v = 20
		}
		if i == 65 {
			return 16
		}
		return v
	})
	j, ok := Judge(s, 65) // a Wednesday
	if !ok {
		t.Fatal("not judged")
	}
	want := Judgement{Index: 65, Value: 16, Ratio: true, Factor: 1, Level: 10, Expected: 10, MAD: 0, Days: 56, Scale: 0.2, Low: 9.1, High: 10.9}
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"factor", j.Factor, want.Factor}, {"level", j.Level, want.Level}, {"expected", j.Expected, want.Expected}, {"mad", j.MAD, 0},
		{"scale", j.Scale, want.Scale}, {"low", j.Low, want.Low}, {"high", j.High, want.High}, {"score", *j.Score, 30}, {"days", float64(j.Days), 56}, {"baseline", float64(len(j.Baseline)), 8}} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s %g, want %g", c.name, c.got, c.want)
		}
	}
	if first := j.Baseline[0]; first.Index != 65-56 || first.Value != 10 || first.Before != 10 || first.Residual != 1 {
		t.Errorf("the baseline begins with %+v", first)
	}
}

// Whatever the series: no value is judged by what comes after it, gaps are
// neither found nor fatal, and everything in a judgement is a number.
func TestAnomaliesAreCausal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]float64{-5, 0, 0, 1, 2, 10, 10, 10, 11, 500, 1e12}), 0, 120).Draw(t, "values")
		s := Series{First: monday}
		for _, v := range values {
			if v == 2 {
				s.Values = append(s.Values, nil)
				continue
			}
			s.Values = append(s.Values, &v)
		}
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var whole, part []int
		for _, a := range Anomalies(s, 1) {
			for _, j := range a.Days {
				if s.Values[j.Index] == nil || math.IsNaN(j.Expected+j.Scale+j.Low+j.High) || math.IsInf(j.Expected+j.High, 0) {
					t.Fatalf("judgement %+v", j)
				}
				if j.Index < cut {
					whole = append(whole, j.Index)
				}
			}
		}
		for _, a := range Anomalies(Series{First: s.First, Values: s.Values[:cut]}, 1) {
			for _, j := range a.Days {
				part = append(part, j.Index)
			}
		}
		if !slices.Equal(whole, part) {
			t.Errorf("days %v with what follows, %v without", whole, part)
		}
	})
}
