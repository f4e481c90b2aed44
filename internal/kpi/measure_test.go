package kpi

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// The periods of the tests are two days: cell 0 is the one before, cells 1 and 2
// are the halves of this one.
func day(n int) time.Time { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC) }

func spans() (this, previous period.Span, days []period.Span) {
	days = []period.Span{{Start: day(3), End: day(4)}, {Start: day(4), End: day(5)}}
	return period.Span{Start: day(3), End: day(5)}, period.Span{Start: day(1), End: day(3)}, days
}

// row makes a row of accumulators of "5 1.25 0".
func row(text string) *unit.Sums {
	if text == "" {
		return nil
	}
	f := strings.Fields(text)
	out := unit.NewSums(len(f))
	for i, v := range f {
		out.Add(i, unit.MustDecimal(v))
	}
	return out
}

func counts(windowed string) window.Counts { return window.Counts{Windowed: row(windowed)} }

func TestMeasure(t *testing.T) {
	every := []uint32{9, 9, 9}
	tests := []struct {
		name                                      string
		kind                                      Kind
		aggregate                                 string
		group                                     window.Group
		value, previous, growth, first, last, why string
	}{
		{"the growth of a counter, in full", Counter, "", window.Group{Total: counts("8 4.5 1.50000000000001"), Samples: every},
			"6.00000000000001", "8", "-0.250000", "4.5", "1.50000000000001", ""},
		{"what was recovered across a gap counts", Counter, "",
			window.Group{Total: window.Counts{Windowed: row("8 4 0"), Recovered: row("0 0 6")}, Samples: []uint32{9, 9, 0}},
			"10", "8", "0.250000", "4", "6", ""},
		{"a counter that does not grow is 0", Counter, "", window.Group{Samples: every}, "0", "0", "", "0", "0", ""},
		{"a day without samples is missing, not 0", Counter, "", window.Group{Total: counts("0 4 0"), Samples: []uint32{0, 9, 0}},
			"4", "", "", "4", "", ""},
		{"a period without samples has no value", Counter, "", window.Group{Total: counts("4 0 0"), Samples: []uint32{9, 0, 0}},
			"", "4", "", "", "", "no data in the period"},
		{"a ratio of sums, not the mean of ratios", Ratio, "", window.Group{Total: counts("10 100 2"), Bad: counts("1 0 1"), Samples: every},
			"99.019607843137", "90", "0.100218", "100", "50", ""}, // 101/102; growth of it, not of the rounded one
		{"a ratio of nothing", Ratio, "", window.Group{Total: counts("10 0 0"), Samples: every}, "", "100", "", "", "", "no events in the period"},
		{"a ratio is rounded to the nearer side", Ratio, "", window.Group{Total: counts("3 3 0"), Bad: counts("2 1 0"), Samples: every},
			"66.666666666667", "33.333333333333", "1.000000", "66.666666666667", "", ""},
		{"the mean of a gauge weighs samples, not days", Gauge, "", window.Group{Total: counts("9 8 1"), Sum: counts("90 80 1"), Samples: []uint32{9, 8, 1}},
			"9", "10", "-0.100000", "10", "1", ""},
		{"another aggregate says that it is none yet", Gauge, "last", window.Group{Total: counts("9 8 1"), Sum: counts("90 80 1"), Samples: []uint32{9, 8, 1}},
			"", "", "", "", "", "aggregate: last is not supported by this version"},
		{"growth from a negative mean keeps its sign", Gauge, "", window.Group{Total: counts("1 1 1"), Sum: counts("-4 -2 -2"), Samples: every},
			"-2", "-4", "-0.500000", "-2", "-2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			this, previous, days := spans()
			scan := &window.Scan{Grid: window.NewGrid([]time.Time{day(1), day(3), day(4), day(5)}), Groups: []window.Group{tt.group}}
			m := Measure(Definition{Name: "m", Title: "M", Kind: tt.kind, Aggregate: tt.aggregate}, scan, this, previous, days)
			is := func(what string, got *unit.Decimal, want string) {
				if (got == nil) != (want == "") || got != nil && got.Cmp(unit.MustDecimal(want)) != 0 {
					t.Errorf("%s is %v, want %q", what, got, want)
				}
			}
			is("value", m.Value, tt.value)
			is("previous", m.Previous, tt.previous)
			is("growth", m.Growth, tt.growth)
			is("the first day", m.Daily[0], tt.first)
			is("the last day", m.Daily[1], tt.last)
			if m.Growth != nil && m.Growth.String() != tt.growth {
				t.Errorf("growth is written %s, want %s", m.Growth, tt.growth)
			}
			if got := m.Reason; (got == nil) != (tt.why == "") || got != nil && *got != tt.why {
				t.Errorf("reason %v, want %q", got, tt.why)
			}
		})
	}
}

// What a reader must know of a value stands beside it, also when there is none.
func TestMeasureNotes(t *testing.T) {
	this, previous, days := spans()
	scan := &window.Scan{Grid: window.NewGrid([]time.Time{day(1), day(3), day(4), day(5)}), Notes: []string{"3 samples were NaN"}}
	d := Definition{Name: "orders", Kind: Counter}
	none := Measure(d, scan, this, previous, days)
	if none.Value != nil || none.Reason == nil || *none.Reason != "no series match" || len(none.Notes) != 1 {
		t.Errorf("without series: %+v", none)
	}
	scan.Groups = []window.Group{{Total: window.Counts{Windowed: row("1 1 1"), Unwitnessed: row("7 0 40")}, Samples: []uint32{1, 1, 1}}}
	want := []string{"3 samples were NaN", "40 of first values were not counted: nobody saw their target before"}
	if got := Measure(d, scan, this, previous, days).Notes; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("notes %q, want %q", got, want)
	}
}
