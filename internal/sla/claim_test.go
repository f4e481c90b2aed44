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
	accepted, ok := Accept(in, claim)
	if r := Evaluate(accepted); !ok || r.Events.Bad.Canonical() != "91" || r.Events.Total.Canonical() != "600" { // 1 + 9 minutes of 10
		t.Errorf("accepted: %+v", r.Events)
	}
	if r := Evaluate(in); r.Events.Bad.Canonical() != "1" {
		t.Errorf("the input was changed: %+v", r.Events)
	}
	in.Objective.Method = Quantile
	if _, ok := Accept(in, claim); ok {
		t.Error("a quantile was recomputed from a claim")
	}
}
