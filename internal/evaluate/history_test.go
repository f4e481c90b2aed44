package evaluate

import (
	"context"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// A history says of each period what an evaluation of that period alone says, in
// one line for each audience.
func TestHistoryIsTheResultsOfItsPeriods(t *testing.T) {
	e := evaluatorOf(t, explained, explainedSamples, time.Date(2026, 10, 3, 6, 0, 0, 0, time.UTC))
	periods := e.LastPeriods(period.Day, 4)
	h, failed, err := e.History(context.Background(), "day", periods, Filter{})
	if err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	points := 0
	for _, s := range h.Series {
		points += len(s.Points)
	}
	want := 0
	for i, p := range periods {
		got, err := e.In(context.Background(), p, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if h.Periods[i] != got.Reports[0].Period {
			t.Errorf("period %d is %+v, want %+v", i, h.Periods[i], got.Reports[0].Period)
		}
		for _, r := range got.Reports[0].Results {
			want++
			found := false
			for _, s := range h.Series {
				if s.SLA != r.SLA || s.Objective != r.Objective || s.Organization != r.Organization || s.Tier != r.Tier {
					continue
				}
				for _, point := range s.Points {
					found = found || point.Name == p.Name && point.State == r.State && point.Target.Cmp(r.Target) == 0 && point.Events == r.Events
				}
			}
			if !found {
				t.Errorf("%s: %s of %s %s is not in the history", p.Name, r.SLA, r.Tier, r.Organization)
			}
		}
	}
	if points != want {
		t.Errorf("%d points, want %d", points, want)
	}
}

func TestLastPeriods(t *testing.T) {
	tests := []struct {
		now  time.Time
		kind period.Kind
		want []string
	}{
		{time.Date(2026, 10, 3, 6, 0, 0, 0, time.UTC), period.Day, []string{"2026-10-02", "2026-10-03"}},
		{time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), period.Day, []string{"2026-10-01", "2026-10-02"}}, // nothing of the 3rd is over
		{time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC), period.Month, []string{"2025-12", "2026-01"}},
		{time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC), period.Quarter, []string{"2025-Q4", "2026-Q1"}},
	}
	for _, tt := range tests {
		e := evaluatorOf(t, explained, "", tt.now)
		for i, p := range e.LastPeriods(tt.kind, 2) {
			if p.Name != tt.want[i] {
				t.Errorf("at %s: %s, want %s", tt.now, p.Name, tt.want[i])
			}
		}
	}
}
