package window_test

import (
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

func minutes(ms ...int) window.Grid {
	var at []time.Time
	for _, m := range ms {
		at = append(at, time.Unix(int64(m)*60, 0))
	}
	return window.NewGrid(at)
}

func sums(values ...int64) *unit.Sums {
	s := unit.NewSums(len(values))
	for i, v := range values {
		s.AddInt(i, v)
	}
	return s
}

func TestGrid(t *testing.T) {
	g := minutes(10, 0, 5, 5, 20)
	if g.Cells() != 3 || g.Span(2).Duration() != 10*time.Minute {
		t.Errorf("grid %v", g)
	}
	tests := []struct{ from, to, lo, hi int }{{0, 20, 0, 3}, {5, 10, 1, 2}, {3, 12, 1, 2}, {6, 9, 2, 2}, {-5, 0, 0, 0}, {20, 30, 3, 3}}
	for _, tt := range tests {
		lo, hi := g.Range(period.Span{Start: time.Unix(int64(tt.from)*60, 0), End: time.Unix(int64(tt.to)*60, 0)})
		if lo != tt.lo || hi != tt.hi {
			t.Errorf("minutes %d to %d are cells %d to %d, want %d to %d", tt.from, tt.to, lo, hi, tt.lo, tt.hi)
		}
	}
	if (window.Grid{}).Cells() != 0 || minutes(1).Cells() != 0 {
		t.Error("a grid needs two instants for a cell")
	}
}

func TestSplice(t *testing.T) {
	acme, initech := map[string]string{"org": "acme"}, map[string]string{"org": "initech"}
	coarse := &window.Scan{
		Grid: minutes(0, 5, 10, 15),
		Groups: []window.Group{{Labels: acme, Total: window.Counts{Windowed: sums(10, 20, 30)}, Samples: []uint32{1, 2, 3},
			Buckets: []window.Bucket{{Bound: 1, Counts: window.Counts{Windowed: sums(1, 2, 3)}}}}},
		Jobs:   []window.Job{{Name: "api", Seen: []bool{true, true, true}, Up: []uint32{5, 5, 5}, Down: []uint32{0, 0, 0}}},
		Series: 3,
	}
	fine := &window.Scan{
		Grid: minutes(5, 6, 10),
		Groups: []window.Group{
			{Labels: initech, Total: window.Counts{Windowed: sums(7, 0)}, Samples: []uint32{1, 0}},
			{Labels: acme, Total: window.Counts{Windowed: sums(4, 16)}, Bad: window.Counts{Windowed: sums(1, 0)}, Samples: []uint32{1, 1},
				Buckets: []window.Bucket{{Bound: 1, Counts: window.Counts{Windowed: sums(2, 0)}}}},
		},
		Jobs:  []window.Job{{Name: "api", Seen: []bool{true, false}, Up: []uint32{1, 0}, Down: []uint32{0, 4}}},
		Notes: []string{"n"},
	}
	got, err := coarse.Splice(fine)
	if err != nil {
		t.Fatal(err)
	}
	row := func(s *unit.Sums, want ...int64) {
		t.Helper()
		if s.Len() != len(want) {
			t.Fatalf("%d cells, want %d", s.Len(), len(want))
		}
		for i, w := range want {
			if s.At(i).Cmp(unit.DecimalOfInt(w)) != 0 {
				t.Errorf("cell %d is %s, want %d", i, s.At(i), w)
			}
		}
	}
	if got.Grid.Cells() != 4 || len(got.Groups) != 2 || got.Groups[0].Labels["org"] != "acme" || got.Series != 3 || len(got.Notes) != 1 {
		t.Fatalf("spliced into %+v", got)
	}
	row(got.Groups[0].Total.Windowed, 10, 4, 16, 30)
	row(got.Groups[0].Bad.Windowed, 0, 1, 0, 0)
	row(got.Groups[0].Buckets[0].Counts.Windowed, 1, 2, 0, 3)
	row(got.Groups[1].Total.Windowed, 0, 7, 0, 0)
	if s := got.Groups[0].Samples; s[0] != 1 || s[1] != 1 || s[3] != 3 {
		t.Errorf("samples %v", s)
	}
	if j := got.Jobs[0]; !j.Seen[1] || j.Seen[2] || !j.Seen[3] || j.Up[3] != 5 || j.Down[2] != 4 {
		t.Errorf("job %+v", j)
	}
	row(coarse.Groups[0].Total.Windowed, 10, 20, 30) // unchanged

	if _, err := coarse.Splice(&window.Scan{Grid: minutes(4, 10)}); err == nil {
		t.Error("a scan that begins inside a cell was spliced")
	}
	if same, err := coarse.Splice(&window.Scan{}); err != nil || same != coarse {
		t.Error("an empty scan changed something")
	}
}
