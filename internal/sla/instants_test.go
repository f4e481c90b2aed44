package sla

import (
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
)

func TestInstants(t *testing.T) {
	for _, tc := range []struct {
		name        string
		method      Method
		window      time.Duration
		length, now time.Duration
		want        []string // offsets from the start of the period
	}{
		{"closed", Events, 30 * time.Minute, time.Hour, 2 * time.Hour,
			[]string{"-71h0m0s", "-23h0m0s", "-5h0m0s", "0s", "30m0s", "55m0s", "1h0m0s"}},
		{"the last window is short", Events, 40 * time.Minute, time.Hour, time.Hour,
			[]string{"-71h0m0s", "-23h0m0s", "-5h0m0s", "0s", "40m0s", "55m0s", "1h0m0s"}},
		{"to date", Events, 30 * time.Minute, time.Hour, 50 * time.Minute,
			[]string{"-71h10m0s", "-23h10m0s", "-5h10m0s", "-10m0s", "0s", "30m0s", "45m0s", "50m0s"}},
		{"to date, with more than seven days", Events, 120 * time.Hour, 20 * 24 * time.Hour, 240 * time.Hour,
			[]string{"0s", "72h0m0s", "120h0m0s", "168h0m0s", "216h0m0s", "234h0m0s", "239h0m0s", "239h55m0s", "240h0m0s"}},
		{"minutes under downtime", Downtime, 30 * time.Minute, 3 * time.Minute, time.Hour,
			[]string{"-71h57m0s", "-23h57m0s", "-5h57m0s", "-57m0s", "-2m0s", "0s", "1m0s", "2m0s", "3m0s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := period.Period{Span: period.Span{Start: start(), End: start().Add(tc.length)}, Zone: time.UTC}
			got := Instants(Objective{Method: tc.method, MeasurementWindow: tc.window}, p, start().Add(tc.now))
			if len(got) != len(tc.want) {
				t.Fatalf("%d instants, want %d: %s", len(got), len(tc.want), got)
			}
			for i, at := range got {
				if off := at.Sub(start()).String(); off != tc.want[i] {
					t.Errorf("instant %d at %s, want %s", i, off, tc.want[i])
				}
			}
		})
	}
}

// A day on which the clocks go forward has 276 windows of five minutes.
func TestInstantsFollowElapsedTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	day := period.Period{Zone: berlin, Span: period.Span{
		Start: time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), End: time.Date(2026, 3, 30, 0, 0, 0, 0, berlin)}}
	f := newFrame(Objective{Method: Events, MeasurementWindow: 5 * time.Minute}, day, day.End)
	if got := len(f.edges) - 1; got != 276 {
		t.Errorf("%d windows, want 276", got)
	}
}
