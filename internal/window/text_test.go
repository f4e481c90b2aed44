package window_test

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// written is the text form of a scan.
type written struct {
	head          window.Head
	cells, counts string
}

func write(t rapid.TB, s *window.Scan) written {
	t.Helper()
	var cells, counts strings.Builder
	if err := s.WriteCells(&cells); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteCounts(&counts); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s.Head()) // it goes through JSON in an archive
	if err != nil {
		t.Fatal(err)
	}
	var head window.Head
	if err := json.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	return written{head, cells.String(), counts.String()}
}

func (w written) read() (*window.Scan, error) {
	return window.ReadText(w.head, strings.NewReader(w.cells), strings.NewReader(w.counts))
}

func textScan() *window.Scan {
	fraction := unit.NewSums(2)
	fraction.Add(0, unit.MustDecimal("0.1"))
	fraction.Add(1, unit.MustDecimal("-2.25"))
	return &window.Scan{
		Grid: minutes(0, 5, 10), Accounting: window.Exact,
		Groups: []window.Group{
			{Labels: map[string]string{"org": "acme"}, Samples: []uint32{3, 0}, Estimate: true,
				Total:   window.Counts{Windowed: sums(7, 0), Recovered: sums(0, 4)},
				Buckets: []window.Bucket{{Bound: 0.5, Counts: window.Counts{Windowed: sums(6, 0)}}, {Bound: math.Inf(1), Counts: window.Counts{Windowed: sums(7, 0)}}}},
			{Labels: map[string]string{"org": "a,\"b\""}, Samples: []uint32{0, 0}, Sum: window.Counts{Windowed: fraction}},
			{Labels: map[string]string{"org": "quiet"}, Samples: []uint32{0, 0}},
		},
		Jobs:  []window.Job{{Name: "api", Seen: []bool{true, false}, Up: []uint32{5, 0}, Down: []uint32{0, 4}}},
		Notes: []string{"a note"},
	}
}

func TestTextForm(t *testing.T) {
	got := write(t, textScan())
	wantCells := `cell,start,end,seen api,up api,down api
1,1970-01-01T00:00:00Z,1970-01-01T00:05:00Z,true,5,0
2,1970-01-01T00:05:00Z,1970-01-01T00:10:00Z,false,0,4
`
	wantCounts := `group,cell,start,end,samples,total,total recovered,sum,le 0.5,le +Inf
1,1,1970-01-01T00:00:00Z,1970-01-01T00:05:00Z,3,7,,,6,7
1,2,1970-01-01T00:05:00Z,1970-01-01T00:10:00Z,,,4,,,
2,1,1970-01-01T00:00:00Z,1970-01-01T00:05:00Z,,,,0.1,,
2,2,1970-01-01T00:05:00Z,1970-01-01T00:10:00Z,,,,-2.25,,
`
	if diff := cmp.Diff(wantCells, got.cells) + cmp.Diff(wantCounts, got.counts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	back, err := got.read()
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Groups) != 3 || !back.Groups[0].Estimate || back.Groups[1].Sum.Windowed.At(1).Canonical() != "-2.25" || back.Groups[2].Total.Windowed != nil ||
		!math.IsInf(back.Groups[0].Buckets[1].Bound, 1) || back.Jobs[0].Down[1] != 4 || back.Jobs[0].Seen[1] || back.Notes[0] != "a note" {
		t.Errorf("read back as %+v", back)
	}
	if again := write(t, back); !reflect.DeepEqual(again, got) {
		t.Errorf("written again it is\n%+v\nand not\n%+v", again, got)
	}
}

// Whatever was counted comes back as it was.
func TestTextFormComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.IntRange(1, 6).Draw(t, "cells")
		s := &window.Scan{Grid: window.Grid{0}, Accounting: window.PromQL}
		for i := range cells {
			s.Grid = append(s.Grid, s.Grid[i]+rapid.Int64Range(1, 1e10).Draw(t, "width"))
		}
		row := func() *unit.Sums {
			if rapid.Bool().Draw(t, "nothing") {
				return nil
			}
			out := unit.NewSums(cells)
			for i := range cells {
				if rapid.Bool().Draw(t, "whole") {
					out.AddInt(i, rapid.Int64().Draw(t, "n"))
				} else {
					f, _ := unit.DecimalOfFloat(rapid.Float64Range(-1e20, 1e20).Draw(t, "f"))
					out.Add(i, f)
				}
			}
			return out
		}
		for range rapid.IntRange(0, 3).Draw(t, "groups") {
			g := window.Group{Labels: map[string]string{"l": rapid.String().Draw(t, "label")}, Samples: make([]uint32, cells)}
			for i := range cells {
				g.Samples[i] = rapid.Uint32().Draw(t, "samples")
			}
			for b := range rapid.IntRange(0, 2).Draw(t, "buckets") {
				g.Buckets = append(g.Buckets, window.Bucket{Bound: float64(b) / 3})
			}
			for _, q := range g.Quantities() {
				*q.Counts = window.Counts{Windowed: row(), Recovered: row(), Unwitnessed: row()}
			}
			s.Groups = append(s.Groups, g)
		}
		back, err := write(t, s).read()
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Groups {
			want, got := &s.Groups[i], &back.Groups[i]
			if !maps.Equal(got.Labels, want.Labels) && strings.ToValidUTF8(want.Labels["l"], "") == want.Labels["l"] || !reflect.DeepEqual(got.Samples, want.Samples) {
				t.Fatalf("group %d came back as %+v", i, got)
			}
			theirs := got.Quantities()
			for k, q := range want.Quantities() {
				for _, pair := range [][2]*unit.Sums{{q.Counts.Windowed, theirs[k].Counts.Windowed}, {q.Counts.Recovered, theirs[k].Counts.Recovered}, {q.Counts.Unwitnessed, theirs[k].Counts.Unwitnessed}} {
					for cell := range cells {
						if pair[0].At(cell).Cmp(pair[1].At(cell)) != 0 {
							t.Fatalf("%s in cell %d came back as %s and not %s", q.Name, cell, pair[1].At(cell), pair[0].At(cell))
						}
					}
				}
			}
		}
	})
}

func TestTextFormErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*written)
		want   string
	}{
		{"schema", func(w *written) { w.head.Schema = "slactl.scan/v9" }, `its schema is "slactl.scan/v9"`},
		{"no cell", func(w *written) { w.cells = "cell,start,end,seen api,up api,down api\n"; w.counts = "" }, "it has no cell"},
		{"columns", func(w *written) { w.head.Jobs = nil }, "the columns are not cell,start,end"},
		{"a hole", func(w *written) { w.cells = strings.Replace(w.cells, "2,1970-01-01T00:05", "2,1970-01-01T00:06", 1) }, "line 3: the cell begins at 1970-01-01T00:06:00Z"},
		{"bound", func(w *written) { w.head.Groups[0].Bounds = []string{"+Inf", "0.5"} }, `"0.5" is no bound of a bucket above the one before`},
		{"group", func(w *written) { w.counts = strings.Replace(w.counts, "\n2,1", "\n9,1", 1) }, `line 4: "9" is no number from 1 to 3`},
		{"number", func(w *written) { w.counts = strings.Replace(w.counts, "-2.25", "two", 1) }, "line 5"},
		{"quantity", func(w *written) { w.counts = strings.Replace(w.counts, "sum", "mean", 1) }, `group 2 counts no "mean"`},
		{"span", func(w *written) {
			w.counts = strings.Replace(w.counts, "1,1,1970-01-01T00:00", "1,1,1970-01-01T00:01", 1)
		}, "cell 1 is from 1970-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := write(t, textScan())
			tt.change(&w)
			if _, err := w.read(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, and not %q", err, tt.want)
			}
		})
	}
}

// Everything that sla judges by has a place in the text form.
func TestTextFormIsComplete(t *testing.T) {
	var fields []string
	for i := range reflect.TypeFor[window.Group]().NumField() {
		fields = append(fields, reflect.TypeFor[window.Group]().Field(i).Name)
	}
	want := []string{"Labels", "Total", "Bad", "Sum", "Buckets", "Estimate", "Native", "Samples", "First", "Last", "Min", "Max"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("a group has other fields; give them a place in text.go and merge.go (-known +have):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	bucket := func(bound float64, n ...int64) window.Bucket {
		return window.Bucket{Bound: bound, Counts: window.Counts{Windowed: sums(n...)}}
	}
	a := &window.Group{Total: window.Counts{Windowed: sums(1, 2)}, Samples: []uint32{1, 1}, Buckets: []window.Bucket{bucket(1, 1, 1), bucket(2, 1, 2)}}
	b := &window.Group{Total: window.Counts{Windowed: sums(10, 20), Recovered: sums(0, 5)}, Samples: []uint32{2, 0}, Buckets: []window.Bucket{bucket(2, 10, 20)}}
	got := window.Merge([]*window.Group{a, b}, map[string]string{"org": "x"}, 2)
	if got.Total.Windowed.At(1).Canonical() != "22" || got.Total.Recovered.At(1).Canonical() != "5" || got.Bad.Windowed != nil || got.Samples[0] != 3 ||
		len(got.Buckets) != 1 || got.Buckets[0].Counts.Windowed.At(1).Canonical() != "22" || !got.Estimate || got.Labels["org"] != "x" {
		t.Errorf("merged into %+v", got)
	}
	if a.Total.Windowed.At(1).Canonical() != "2" || len(a.Buckets) != 2 {
		t.Error("a merged group was changed")
	}
	if one := window.Merge([]*window.Group{a}, nil, 2); one.Estimate || len(one.Buckets) != 2 {
		t.Errorf("one group became %+v", one)
	}
}
