package sla

import (
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// run is a stretch of time in milliseconds and the windows in it that are worse
// than the target.
type run struct {
	start, end int64
	windows    []*slot
}

// violations are the runs of windows worse than the target. First runs join that
// are at most the grace period apart, then those drop that are not longer.
func (j *judgement) violations() []Violation {
	grace := j.o.GracePeriod.Milliseconds()
	var runs []run
	for i := range j.windows {
		w := &j.windows[i]
		if !w.bad {
			continue
		}
		start, end := j.cells.grid[w.lo], j.cells.grid[w.hi]
		if n := len(runs); n > 0 && start-runs[n-1].end <= grace {
			runs[n-1].end = end
			runs[n-1].windows = append(runs[n-1].windows, w)
		} else {
			runs = append(runs, run{start, end, []*slot{w}})
		}
	}
	out := []Violation{}
	for _, r := range runs {
		if r.end-r.start > grace {
			out = append(out, j.violation(r))
		}
	}
	return out
}

func (j *judgement) violation(r run) Violation {
	v := Violation{Start: time.UnixMilli(r.start).UTC(), End: time.UnixMilli(r.end).UTC(), Seconds: (r.end - r.start) / 1000}
	var bad, consumed unit.Decimal
	var worst *big.Rat
	for _, w := range r.windows {
		bad = bad.Add(positive(j.within(w)(j.cells.bad)))
		if j.account != nil {
			consumed = consumed.Add(positive(j.within(w)(j.account.bad)))
		}
		if own := j.valueOf(w); own != nil && (worst == nil || isWorse(j.o.Comparison, own, worst)) {
			worst = own
		}
	}
	v.BadEvents = number(bad)
	v.Worst = cutPtr(worst, j.o.Comparison == AtLeast)
	if j.account != nil && j.budget != nil && j.budget.allowed.Sign() > 0 {
		v.BudgetShare = cutPtr(ratioOf(ratOf(consumed), j.budget.allowed), false)
	}
	return v
}

// valueOf is a bad window's own value. A window that is bad for want of samples
// has the worst there is.
func (j *judgement) valueOf(w *slot) *big.Rat {
	if w.state != noData && w.state != unreachable {
		v, _ := j.measure.value(j.within(w))
		return v
	}
	if j.o.Comparison == AtLeast {
		return new(big.Rat)
	}
	return hundred()
}
