package window

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Part is what one of several sources counted.
type Part struct {
	Source string // its name
	Scan   *Scan
}

// SumSources returns the sum of what several sources counted for the same request, such
// as clusters that serve the same customers. Their series are distinct, even
// those of the same labels: each source accounted its own.
//
// A sum without one of its parts would look like fewer events, or fewer errors.
// So where a source has no samples for maxGap or longer, the cells are without
// data in the sum, whatever the others have: their increments are recovered,
// which counts them for the period but for no window. A note names the source.
// Jobs are named with their sources, accounting is exact if that of every part
// is, and a gauge's outermost values are not kept.
//
// The grids of the parts are the same, or each is cut at its own samples. The
// parts are not changed.
func SumSources(parts []Part, maxGap time.Duration) *Scan {
	out := &Scan{Accounting: parts[0].Scan.Accounting}
	for _, p := range parts {
		out.Grid = append(out.Grid, p.Scan.Grid...)
	}
	slices.Sort(out.Grid)
	out.Grid = slices.Compact(out.Grid)
	byLabels := map[string][]*Group{}
	all := make([]*Scan, len(parts))
	for i, p := range parts {
		all[i] = p.Scan.on(out.Grid)
	}
	missing := out.holes(parts, all, maxGap)
	for i, p := range parts {
		s := all[i]
		for i := range s.Groups {
			key := fmt.Sprint(s.Groups[i].Labels) // in the order of the names
			byLabels[key] = append(byLabels[key], &s.Groups[i])
		}
		for _, j := range s.Jobs {
			j.Name += " of " + p.Source
			out.Jobs = append(out.Jobs, j)
		}
		out.Series, out.Samples = out.Series+s.Series, out.Samples+s.Samples
		for _, x := range s.Expressions {
			if !slices.Contains(out.Expressions, x) {
				out.Expressions = append(out.Expressions, x)
			}
		}
		for _, n := range s.Notes {
			out.Notes = append(out.Notes, p.Source+": "+n)
		}
	}
	out.weakest(parts)
	for _, groups := range byLabels {
		g := Merge(groups, groups[0].Labels, out.Grid.Cells())
		g.Native = g.Native.clone() // which is a part's own where only one has any
		g.withhold(missing)
		out.Groups = append(out.Groups, g)
	}
	sort.Slice(out.Groups, func(i, j int) bool { return before(out.Groups[i].Labels, out.Groups[j].Labels) })
	sort.SliceStable(out.Jobs, func(i, j int) bool { return out.Jobs[i].Name < out.Jobs[j].Name })
	return out
}

// weakest makes the accounting of the sum that of the part which is not exact,
// and says so.
func (s *Scan) weakest(parts []Part) {
	var ways []string
	for _, p := range parts {
		if p.Scan.Accounting != Exact {
			s.Accounting = p.Scan.Accounting
		}
		ways = append(ways, fmt.Sprintf("%s is %s", p.Source, p.Scan.Accounting))
	}
	if slices.ContainsFunc(parts, func(p Part) bool { return p.Scan.Accounting != s.Accounting }) {
		s.Notes = append(s.Notes, "the sources are not accounted alike: "+strings.Join(ways, ", "))
	}
}

// holes returns the cells in which a source is missing, and notes where another
// one was not.
func (s *Scan) holes(parts []Part, all []*Scan, maxGap time.Duration) []bool {
	cells := s.Grid.Cells()
	missing, have := make([]bool, cells), make([][]bool, len(all))
	for i, scan := range all {
		have[i] = scan.sampled()
	}
	for i, own := range have {
		var felt []period.Span
		for lo := 0; lo < cells; lo++ {
			hi, others := lo, false
			for ; hi < cells && !own[hi]; hi++ {
				others = others || slices.ContainsFunc(have, func(h []bool) bool { return h[hi] })
			}
			if s.Grid[hi]-s.Grid[lo] >= maxGap.Milliseconds() {
				for cell := lo; cell < hi; cell++ {
					missing[cell] = true
				}
				if others {
					felt = append(felt, period.Span{Start: s.Grid.Span(lo).Start, End: s.Grid.Span(hi - 1).End})
				}
			}
			lo = hi
		}
		switch {
		case !slices.Contains(own, true):
			s.Notes = append(s.Notes, fmt.Sprintf("source %s has no samples, and without them the sum has no data", parts[i].Source))
		case len(felt) > 0:
			s.Notes = append(s.Notes, fmt.Sprintf("source %s has no samples %s; what the others counted there counts for the period, but for no window", parts[i].Source, stretches(felt)))
		}
	}
	return missing
}

// sampled tells in which cells any group has samples.
func (s *Scan) sampled() []bool {
	out := make([]bool, s.Grid.Cells())
	for _, g := range s.Groups {
		for i, n := range g.Samples {
			out[i] = out[i] || n > 0
		}
	}
	return out
}

// stretches writes the first few spans of a list.
func stretches(spans []period.Span) string {
	var texts []string
	for _, s := range spans[:min(len(spans), 3)] {
		texts = append(texts, fmt.Sprintf("from %s to %s", s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339)))
	}
	if more := len(spans) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d times more", more))
	}
	return strings.Join(texts, ", ")
}

// withhold takes the cells out of the windows' view.
func (g *Group) withhold(missing []bool) {
	for lo := 0; lo < len(missing); lo++ {
		hi := lo
		for hi < len(missing) && missing[hi] {
			g.Samples[hi] = 0
			hi++
		}
		for _, q := range g.Quantities() {
			q.Counts.recover(lo, hi)
		}
		lo = hi
	}
}

// recover turns the windowed increments of some cells into recovered ones.
func (c *Counts) recover(lo, hi int) {
	if lo == hi || c.Windowed == nil {
		return
	}
	whole, recovered := c.Windowed, c.Recovered
	c.Recovered = unit.NewSums(whole.Len())
	c.Recovered.AddCells(0, recovered, 0, recovered.Len(), false)
	c.Recovered.AddCells(lo, whole, lo, hi, false)
	c.Windowed = unit.NewSums(whole.Len())
	c.Windowed.AddCells(0, whole, 0, lo, false)
	c.Windowed.AddCells(hi, whole, hi, whole.Len(), false)
}

// clone returns a copy whose rows can be replaced.
func (n *Native) clone() *Native {
	if n == nil {
		return nil
	}
	out := *n
	out.Buckets = slices.Clone(n.Buckets)
	return &out
}

// on returns the scan on a finer grid. What was counted in a cell lies at its
// end, where its sample is if the grid was cut at the samples.
func (s *Scan) on(grid Grid) *Scan {
	if slices.Equal(s.Grid, grid) {
		return s
	}
	to := make([]int, s.Grid.Cells()) // the cell that ends where the own one does
	for i := range to {
		to[i], _ = slices.BinarySearch(grid, s.Grid[i+1])
		to[i]--
	}
	out := *s
	out.Grid, out.Groups, out.Jobs = grid, nil, nil
	for _, g := range s.Groups {
		g.Buckets, g.Native = slices.Clone(g.Buckets), g.Native.clone()
		g.Samples = placed(g.Samples, to, grid)
		for _, q := range g.Quantities() {
			for _, row := range []**unit.Sums{&q.Counts.Windowed, &q.Counts.Recovered, &q.Counts.Unwitnessed} {
				*row = placedSums(*row, to, grid)
			}
		}
		g.Labels = maps.Clone(g.Labels)
		out.Groups = append(out.Groups, g)
	}
	for _, j := range s.Jobs {
		j.Up, j.Down = placed(j.Up, to, grid), placed(j.Down, to, grid)
		seen := make([]bool, grid.Cells())
		next := 0
		for i, end := range to {
			for ; next <= end; next++ {
				seen[next] = j.Seen[i]
			}
		}
		j.Seen = seen
		out.Jobs = append(out.Jobs, j)
	}
	return &out
}

func placed(row []uint32, to []int, grid Grid) []uint32 {
	out := make([]uint32, grid.Cells())
	for i, n := range row {
		out[to[i]] = n
	}
	return out
}

func placedSums(row *unit.Sums, to []int, grid Grid) *unit.Sums {
	if row == nil {
		return nil
	}
	out := unit.NewSums(grid.Cells())
	for i, at := range to {
		out.AddCells(at, row, i, i+1, false)
	}
	return out
}
