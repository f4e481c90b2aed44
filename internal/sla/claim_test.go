package sla

import (
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

func TestCheckClaim(t *testing.T) {
	tests := []struct {
		name, states string // windows of five minutes from 0
		from, to     int    // minutes that are claimed
		want         Finding
		worse        int
		seen         string
	}{
		{"every window inside is worse", "mmwwwmm", 10, 25, Confirmed, 3, "10-25"},
		{"windows at the edges do not speak against it", "mmwwwmm", 8, 27, Confirmed, 3, "10-25"},
		{"a claim inside of one window", "mmwwwmm", 11, 13, Confirmed, 1, "10-15"},
		{"longer than what we saw", "mmwwwmm", 0, 25, Partly, 3, "10-25"},
		{"two runs with a good window between them", "wwmww", 0, 25, Partly, 4, "0-10 15-25"},
		{"only an edge is worse", "mmwwwmm", 22, 35, Partly, 1, "20-25"},
		{"nothing is worse", "mmimm", 0, 25, NotSeen, 0, ""},
		{"missing windows say nothing", "nwwnn", 0, 25, Confirmed, 2, "5-15"},
		{"no data at all", "nnunn", 0, 25, NoData, 0, ""},
		{"nothing but maintenance", "eee", 0, 15, Exempt, 0, ""},
		{"beyond the windows", "mmm", 60, 90, NoData, 0, ""},
		{"touching is not overlapping", "wmm", 5, 15, NotSeen, 0, ""},
	}
	for _, tt := range tests {
		at := func(m int) time.Time { return start().Add(time.Duration(m) * time.Minute) }
		got := CheckClaim(windowsOf(start(), 5*time.Minute, tt.states), period.Span{Start: at(tt.from), End: at(tt.to)})
		seen := ""
		for i, s := range got.Seen {
			if i > 0 {
				seen += " "
			}
			seen += unit.DecimalOfInt(int64(s.Start.Sub(start()).Minutes())).String() + "-" + unit.DecimalOfInt(int64(s.End.Sub(start()).Minutes())).String()
		}
		if got.Finding != tt.want || got.Windows.Worse != tt.worse || seen != tt.seen {
			t.Errorf("%s: %s with %+v, seen %s; want %s, %d worse, seen %s", tt.name, got.Finding, got.Windows, seen, tt.want, tt.worse, tt.seen)
		}
	}
}

// An accepted claim makes every event in it bad, and no other.
func TestAccept(t *testing.T) {
	o := Objective{SLA: "availability", Name: "availability", Method: Events, Comparison: AtLeast, Target: unit.DecimalOfInt(99), Unit: "percent",
		MeasurementWindow: 5 * time.Minute, MinCoverage: unit.DecimalOfInt(90), Idle: HandleMet, NoData: HandleExcluded}
	p := period.Period{Name: "hour", Zone: time.UTC, Complete: true, Span: period.Span{Start: start(), End: start().Add(time.Hour)}}
	cuts := append(Instants(o, p, p.End), start().Add(7*time.Minute), start().Add(16*time.Minute))
	grid := window.NewGrid(cuts)
	total, bad, samples := unit.NewSums(grid.Cells()), unit.NewSums(grid.Cells()), make([]uint32, grid.Cells())
	for i := range grid.Cells() { // ten events a minute, one of them bad in the first window
		minutes := int64(grid.Span(i).Duration().Minutes())
		if grid[i] < start().UnixMilli() {
			continue
		}
		total.AddInt(i, 10*minutes)
		samples[i] = 1
	}
	first, _ := grid.Range(period.Span{Start: start(), End: start().Add(5 * time.Minute)})
	bad.AddInt(first, 1)
	g := &window.Group{Total: window.Counts{Windowed: total}, Bad: window.Counts{Windowed: bad}, Samples: samples}
	in := Input{Objective: o, Period: p, Now: p.End, Scan: &window.Scan{Grid: grid}, Members: []Member{{Groups: []*window.Group{g}}}}
	claim := period.Span{Start: start().Add(7 * time.Minute), End: start().Add(16 * time.Minute)}
	accepted := Accept(in, claim)
	if r := accepted.Least; *accepted.Most.Attained != *r.Attained || r.Events.Bad.Canonical() != "91" || r.Events.Total.Canonical() != "600" { // 1 + 9 minutes of 10
		t.Errorf("accepted: %+v", accepted)
	}
	if r := Evaluate(in); r.Events.Bad.Canonical() != "1" {
		t.Errorf("the input was changed: %+v", r.Events)
	}
}

// Of a histogram, what a claim settles depends on what is asked of it. An hour of
// ten observations in five minutes, all of them at or below 0.2 s except two of
// each ten, which lie up to 0.8 s; six windows are claimed.
func TestAcceptOfHistograms(t *testing.T) {
	hour := `
  le0.2: 8x12
  le0.5: 8x12
  le0.8: 10x12
  le+Inf: 10x12`
	const unknownHeight = "a claim does not say how far above the target the values were"
	for _, tt := range []struct{ name, objective, least, most, because string }{
		{"a share within a bound is settled: 48 of 120 are not bad", "at_least 75 within=0.2", "40 breached", "40 breached", ""},
		{"and under at_most", "at_most 75 within=0.2", "60 met", "60 met", ""},
		// At least: 48 up to 0.2 s, where the claimed ones are no longer, 96 up to 0.5
		// and 120 up to 0.8. Rank 60 is 200 + 300 × 12/48, rank 108 is 500 + 300 × 12/24.
		// At most: 48, 48 and 60, the claimed ones being anywhere above 0.8.
		{"a quantile is at least what puts the interval just above the target", "at_most 200 quantile=50", "275 breached", "800 breached", unknownHeight},
		{"and lies at the most above the highest bound", "at_most 200 quantile=90", "650 breached", "800 lower breached", unknownHeight},
		{"a target above every bound is seen to be missed by nobody", "at_most 1000 quantile=90", "800 lower insufficient_data", "800 lower insufficient_data", unknownHeight},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := readCase(t, "case x\n objective "+tt.objective+hour).input()
			got := Accept(in, period.Span{Start: start().Add(10 * time.Minute), End: start().Add(40 * time.Minute)})
			if least := writeAcceptance(&got.Least); least != tt.least {
				t.Errorf("at least %s, want %s", least, tt.least)
			}
			if most := writeAcceptance(got.Most); most != tt.most || got.Because != tt.because {
				t.Errorf("at most %s because %q, want %s because %q", most, got.Because, tt.most, tt.because)
			}
		})
	}
	in := readCase(t, "case x\n objective at_least 4 method=value\n sum: 40x12\n total: 10x12").input()
	if got := Accept(in, in.Period.Span); got.Most != nil || got.Because != "a claim does not say what the values were" || got.Least.State != Met {
		t.Errorf("a mean: %+v", got)
	}
}

func writeAcceptance(r *Result) string {
	out := r.Attained.Canonical()
	if r.Bound != nil {
		out += " " + *r.Bound
	}
	return out + " " + string(r.State)
}

// Ten observations in five minutes, all of them in the native bucket from 0.5 to 1 s;
// six of twelve windows are claimed. What the total counts and no bucket has lies
// above every bound.
func TestAcceptOfNativeHistograms(t *testing.T) {
	for _, tt := range []struct{ objective, least, most string }{
		{"at_least 75 within=1", "50 breached", "50 breached"},
		{"at_most 1000 quantile=90", "933.0329915368074 met", "1000 lower breached"}, // at the least as measured: 500 × 2^0.9
	} {
		in := readCase(t, "case x\n objective "+tt.objective+"\n le+Inf: 10x12").input()
		g := in.Members[0].Groups[0]
		g.Native = &window.Native{Buckets: []window.NativeBucket{{Place: window.Place{Sign: 1}, Counts: g.Buckets[0].Counts}}}
		g.Buckets = nil
		got := Accept(in, period.Span{Start: start().Add(10 * time.Minute), End: start().Add(40 * time.Minute)})
		if least, most := writeAcceptance(&got.Least), writeAcceptance(got.Most); least != tt.least || most != tt.most {
			t.Errorf("%s: at least %s, at most %s; want %s and %s", tt.objective, least, most, tt.least, tt.most)
		}
	}
}
