package query

import (
	"sort"

	"github.com/slactl/slactl/internal/window"
)

// sweep is what one range query is asked for: cells of equal width whose ends
// are a whole number of strides apart.
type sweep struct {
	width, first, stride int64 // in milliseconds; first is the end of the first cell
	// cells[i] is the cell that ends at first + i × stride, or −1 where there is
	// none of that width: the value at that instant is then not used.
	cells []int
}

// last is the end of the last cell.
func (s sweep) last() int64 { return s.first + int64(len(s.cells)-1)*s.stride }

// cell returns the cell that ends at t, −1 where the sweep has a hole, and
// whether t is an instant of the sweep at all.
func (s sweep) cell(t int64) (int, bool) {
	i := (t - s.first) / s.stride
	if t < s.first || (t-s.first)%s.stride != 0 || i >= int64(len(s.cells)) {
		return 0, false
	}
	return s.cells[i], true
}

// halves cuts a sweep of at least two instants in two.
func (s sweep) halves() [2]sweep {
	n := len(s.cells) / 2
	first, second := s, s
	first.cells, second.cells = s.cells[:n], s.cells[n:]
	second.first += int64(n) * s.stride
	return [2]sweep{first, second}
}

// maxHole is how many instants of a sweep in a row may be evaluated for nothing:
// cheaper than one more query.
const maxHole = 32

// sweepsOf sorts the cells of a grid into few sweeps, the one with most cells
// first.
//
// Grids are tilings laid over each other: the windows of a month, those of a
// span that ends now, and a few edges of exclusions. So the ends of the cells of
// one width repeat with a period, even where wide and narrow cells alternate,
// and those at the same place of the pattern go into one sweep (into more where
// a query would have more than maxPoints instants). Each stray edge takes two or
// three queries of its own.
func sweepsOf(grid window.Grid, maxPoints int) []sweep {
	byWidth := map[int64][]int64{}
	for i := range grid.Cells() {
		width := grid[i+1] - grid[i]
		byWidth[width] = append(byWidth[width], grid[i+1])
	}
	period := make(map[int64]int64, len(byWidth))
	for width, ends := range byWidth {
		period[width] = periodOf(ends, width)
	}
	type class struct{ width, phase int64 }
	open := map[class]int{}
	var out []sweep
	for i := range grid.Cells() {
		width, end := grid[i+1]-grid[i], grid[i+1]
		c := class{width, end % period[width]}
		if j, ok := open[c]; ok {
			s := &out[j]
			hole := int((end-s.last())/s.stride) - 1
			if hole <= maxHole && len(s.cells)+hole < maxPoints {
				for range hole {
					s.cells = append(s.cells, -1)
				}
				s.cells = append(s.cells, i)
				continue
			}
		}
		open[c] = len(out)
		out = append(out, sweep{width: width, first: end, stride: period[width], cells: []int{i}})
	}
	sort.SliceStable(out, func(i, j int) bool { return len(out[i].cells) > len(out[j].cells) })
	return out
}

// maxPattern is the longest pattern of cells that is looked for.
const maxPattern = 16

// periodOf returns the time after which increasing instants repeat: the
// commonest distance between one and the k-th after it, for the smallest k for
// which nearly all distances are the same. Two instants or fewer have none;
// then it returns the alternative.
func periodOf(instants []int64, alternative int64) int64 {
	best, bestShare := alternative, 0.0
	for k := 1; k <= maxPattern && len(instants) > 2*k; k++ {
		counts := map[int64]int{}
		common := instants[k] - instants[0]
		for i := k; i < len(instants); i++ {
			d := instants[i] - instants[i-k]
			counts[d]++
			if counts[d] > counts[common] {
				common = d
			}
		}
		share := float64(counts[common]) / float64(len(instants)-k)
		if share > bestShare {
			best, bestShare = common, share
		}
		if share > 0.8 {
			break
		}
	}
	return best
}

// wholeGrid is the grid as one cell, which stands for cell 0.
func wholeGrid(grid window.Grid) []sweep {
	first, last := grid[0], grid[len(grid)-1]
	return []sweep{{width: last - first, first: last, stride: last - first, cells: []int{0}}}
}
