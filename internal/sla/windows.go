package sla

import "github.com/slactl/slactl/internal/window"

// windowState is what is known of a window. The states are disjoint.
type windowState uint8

const (
	measured    windowState = iota // it has events
	idle                           // series are there, without events
	noData                         // no samples
	unreachable                    // no samples, because no target could be scraped
	outside                        // wholly excluded, for every member
)

// slot is one measurement window: the cells lo up to and without hi.
type slot struct {
	lo, hi int
	state  windowState
	bad    bool // worse than the target
}

// slots cuts the cells at the edges of the windows.
func slots(c *cells, f frame) []slot {
	out := make([]slot, 0, len(f.edges)-1)
	lo := c.at(f.edges[0])
	for _, edge := range f.edges[1:] {
		hi := lo
		for c.grid[hi] < edge {
			hi++
		}
		out = append(out, slot{lo: lo, hi: hi})
		lo = hi
	}
	return out
}

// stateOf tells the state of a window as far as samples tell it; whether a
// measured one is idle shows when everything is added up. Excluded cells have no
// samples, so a window that is partly excluded is judged on what is left.
func (f *fold) stateOf(w *slot, samples []int64, jobs []window.Job) windowState {
	last := -1
	for i := w.lo; i < w.hi; i++ {
		if f.cells.treatments[i] != excluded {
			last = i
		}
	}
	switch {
	case last < 0:
		return outside
	case samples[w.hi] > samples[w.lo]:
		return measured
	case f.allDown(w, last, jobs):
		return unreachable
	}
	return noData
}

// allDown reports whether every job that the selection had within lookback
// before the end of what is left of the window was scraped in vain in it, and
// there was such a job.
func (f *fold) allDown(w *slot, last int, jobs []window.Job) bool {
	seen := false
	for _, job := range jobs {
		if !job.Seen[f.base+last] {
			continue
		}
		seen = true
		var up, down uint64
		for i := w.lo; i < w.hi; i++ {
			if f.cells.treatments[i] != excluded {
				up += uint64(job.Up[f.base+i])
				down += uint64(job.Down[f.base+i])
			}
		}
		if up > 0 || down == 0 {
			return false
		}
	}
	return seen
}
