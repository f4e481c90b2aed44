package window

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/slactl/slactl/internal/unit"
)

// Splice returns a scan on the grid of s in which the cells between the first
// and the last instant of fine's grid are those of fine: a part of the span was
// read again in more detail. Both ends of fine's grid must be instants of s's.
// Groups are matched by their labels and jobs by their names; what only one of
// the scans has is 0 in the cells of the other. Neither scan is changed.
//
// Only s's outermost values of gauges, counters of what was read, expressions
// and accounting are kept: fine read a part of the same data.
func (s *Scan) Splice(fine *Scan) (*Scan, error) {
	if fine.Grid.Cells() == 0 {
		return s, nil
	}
	lo, found := slices.BinarySearch(s.Grid, fine.Grid[0])
	hi, ends := slices.BinarySearch(s.Grid, fine.Grid[len(fine.Grid)-1])
	if !found || !ends {
		span := fine.Grid.Span(0)
		return nil, fmt.Errorf("splicing scans: the finer one from %s to %s does not begin and end on edges of the other one",
			span.Start, fine.Grid.Span(fine.Grid.Cells()-1).End)
	}
	cut := seam{lo: lo, hi: hi, cells: s.Grid.Cells(), inner: fine.Grid.Cells()}
	out := *s
	out.Grid = slices.Concat(s.Grid[:lo], fine.Grid, s.Grid[hi+1:])
	out.Groups = cut.groups(s.Groups, fine.Groups)
	out.Jobs = cut.jobs(s.Jobs, fine.Jobs)
	out.Notes = slices.Clone(s.Notes)
	for _, n := range fine.Notes {
		if !slices.Contains(out.Notes, n) {
			out.Notes = append(out.Notes, n)
		}
	}
	return &out, nil
}

// seam says which cells are replaced: lo up to and without hi, of so many, by
// the inner ones.
type seam struct{ lo, hi, cells, inner int }

func (c seam) groups(outer, inner []Group) []Group {
	var out []Group
	taken := make([]bool, len(inner))
	for _, g := range outer {
		var in Group
		for i := range inner {
			if maps.Equal(inner[i].Labels, g.Labels) {
				in, taken[i] = inner[i], true
			}
		}
		out = append(out, c.group(g, in))
	}
	for i, in := range inner {
		if !taken[i] {
			out = append(out, c.group(Group{Labels: in.Labels, First: in.First, Last: in.Last, Min: in.Min, Max: in.Max}, in))
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return before(out[i].Labels, out[j].Labels) })
	return out
}

// before orders groups by their label values, label by label.
func before(a, b map[string]string) bool {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			return a[name] < b[name]
		}
	}
	return false
}

func (c seam) group(g, in Group) Group {
	g.Total, g.Bad, g.Sum = c.counts(g.Total, in.Total), c.counts(g.Bad, in.Bad), c.counts(g.Sum, in.Sum)
	g.Samples = splice(c, g.Samples, in.Samples)
	g.Estimate = g.Estimate || in.Estimate
	g.Buckets = c.buckets(g.Buckets, in.Buckets)
	g.Native = c.native(g.Native, in.Native)
	return g
}

// native matches the buckets of native histograms on their common scale.
func (c seam) native(outer, inner *Native) *Native {
	all := slices.DeleteFunc([]*Native{outer, inner}, func(n *Native) bool { return n == nil })
	if len(all) == 0 {
		return nil
	}
	out := &Native{Scale: Common(all...)}
	was, is := map[Place]*Counts{}, map[Place]*Counts{}
	if outer != nil {
		outer.addTo(was, out.Scale)
	}
	if inner != nil {
		inner.addTo(is, out.Scale)
	}
	places := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(is))
	slices.SortFunc(places, Place.Compare)
	for _, p := range slices.Compact(places) {
		counts := [2]Counts{}
		for i, m := range []map[Place]*Counts{was, is} {
			if m[p] != nil {
				counts[i] = *m[p]
			}
		}
		out.Buckets = append(out.Buckets, NativeBucket{p, c.counts(counts[0], counts[1])})
	}
	return out
}

// buckets matches buckets by their bounds. Where a scan found fewer bounds than
// the other one, only the common ones are known in every cell.
func (c seam) buckets(outer, inner []Bucket) []Bucket {
	if len(outer) == 0 || len(inner) == 0 { // one of them saw no observations
		outer, inner = withBounds(outer, inner), withBounds(inner, outer)
	}
	var out []Bucket
	for _, b := range outer {
		for _, in := range inner {
			if in.Bound == b.Bound {
				out = append(out, Bucket{Bound: b.Bound, Counts: c.counts(b.Counts, in.Counts)})
			}
		}
	}
	return out
}

// withBounds returns buckets, or, when there are none, empty ones with the
// bounds of the model.
func withBounds(buckets, model []Bucket) []Bucket {
	if len(buckets) > 0 {
		return buckets
	}
	for _, b := range model {
		buckets = append(buckets, Bucket{Bound: b.Bound})
	}
	return buckets
}

func (c seam) counts(outer, inner Counts) Counts {
	return Counts{
		Windowed:    c.sums(outer.Windowed, inner.Windowed),
		Recovered:   c.sums(outer.Recovered, inner.Recovered),
		Unwitnessed: c.sums(outer.Unwitnessed, inner.Unwitnessed),
	}
}

func (c seam) sums(outer, inner *unit.Sums) *unit.Sums {
	if outer == nil && inner == nil {
		return nil
	}
	out := unit.NewSums(c.cells - (c.hi - c.lo) + c.inner)
	out.AddCells(0, outer, 0, c.lo, false)
	out.AddCells(c.lo, inner, 0, c.inner, false)
	out.AddCells(c.lo+c.inner, outer, c.hi, c.cells, false)
	return out
}

func (c seam) jobs(outer, inner []Job) []Job {
	byName := map[string][2]Job{}
	for _, j := range outer {
		byName[j.Name] = [2]Job{j, byName[j.Name][1]}
	}
	for _, j := range inner {
		byName[j.Name] = [2]Job{byName[j.Name][0], j}
	}
	var out []Job
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		o, i := byName[name][0], byName[name][1]
		out = append(out, Job{Name: name, Seen: splice(c, o.Seen, i.Seen), Up: splice(c, o.Up, i.Up), Down: splice(c, o.Down, i.Down)})
	}
	return out
}

// splice replaces cells of a row; a nil row is all zeros.
func splice[T any](c seam, outer, inner []T) []T {
	out := make([]T, c.cells-(c.hi-c.lo)+c.inner)
	if len(outer) == c.cells {
		copy(out, outer[:c.lo])
		copy(out[c.lo+c.inner:], outer[c.hi:])
	}
	if len(inner) == c.inner {
		copy(out[c.lo:], inner)
	}
	return out
}
