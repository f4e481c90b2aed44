package sla

import (
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/unit"
)

// ifNoDataWereBad computes what would be attained if every window without data
// were bad. A quantile or a mean value has no worst case.
func (j *judgement) ifNoDataWereBad() {
	n := int64(j.r.Windows.NoData)
	if n == 0 {
		return
	}
	switch j.o.Method {
	case Events, Within:
		j.worstCase = j.worstEvents(n)
	case Mean:
		j.worstCase = j.meanRatio(HandleBreached)
	case Slices, Downtime:
		j.worstCase = j.ifBreached()
	}
	j.r.AttainedIfNoDataBad = cutPtr(j.worstCase, j.o.Comparison == AtLeast)
}

// ifBreached is the value that no_data: breached gives. Under downtime a minute
// without data may join runs that are too short without it.
func (j *judgement) ifBreached() *big.Rat {
	worst := *j
	worst.o.NoData, worst.windows = HandleBreached, slices.Clone(j.windows)
	worst.findBad()
	a := worst.newAccount()
	return share(j.o.Comparison, worst.soFar(a.bad), worst.soFar(a.total))
}

// worstEvents takes each of n windows as wholly bad, with as many events as the
// windows with data have in the mean. It is nil where no window has data.
func (j *judgement) worstEvents(n int64) *big.Rat {
	var seen unit.Decimal
	for i := range j.windows {
		if s := j.windows[i].state; s == measured || s == idle {
			seen = seen.Add(j.within(&j.windows[i])(j.cells.total))
		}
	}
	covered := int64(j.r.Windows.Measured + j.r.Windows.Idle)
	if covered == 0 {
		return nil
	}
	more := new(big.Rat).Mul(ratOf(positive(seen)), big.NewRat(n, covered))
	total := more.Add(more, ratOf(positive(j.soFar(j.cells.total)))) // more is not needed any longer
	if total.Sign() == 0 {
		return j.value // nothing happened, also in the mean
	}
	good := new(big.Rat).Sub(ratOf(j.soFar(j.cells.total)), ratOf(positive(j.soFar(j.cells.bad))))
	if good.Sign() < 0 {
		good.SetInt64(0)
	}
	r := good.Quo(good, total)
	if j.o.Comparison == AtMost {
		r.Sub(big.NewRat(1, 1), r)
	}
	return r.Mul(r, hundred())
}

// decide gives the verdict.
func (j *judgement) decide() {
	w := j.r.Windows
	covered := big.NewRat(int64(100*(w.Measured+w.Idle)), int64(max(1, w.Total-w.Excluded)))
	switch {
	case j.value == nil && *j.r.Reason != reasonNoEvents:
		j.r.State = InsufficientData
	case covered.Cmp(j.o.MinCoverage.Rat()) < 0:
		j.r.State = InsufficientData
		j.note("%d of %d windows have data, less than the %s %% that a verdict needs", w.Measured+w.Idle, w.Total-w.Excluded, j.o.MinCoverage.Canonical())
	case j.value == nil:
		j.r.State = Met
	case j.open:
		j.r.State = j.openState()
	default:
		j.r.State = j.verdict()
	}
	if j.r.State == Met && j.worstCase != nil && isWorse(j.o.Comparison, j.worstCase, j.o.Target.Rat()) {
		j.note("not proven for %d windows", w.NoData)
		if j.o.StrictCoverage {
			j.r.State = InsufficientData
		}
	}
}

// openState judges a quantile of which only a lower bound is known: it can be
// seen to be too high, but never to be low enough.
func (j *judgement) openState() State {
	if j.o.Comparison == AtMost && j.value.Cmp(j.o.Target.Rat()) >= 0 {
		return Breached
	}
	return InsufficientData
}

// verdict judges a value that is there.
func (j *judgement) verdict() State {
	worse := isWorse(j.o.Comparison, j.value, j.o.Target.Rat())
	if !j.frame.toDate || j.budget == nil {
		switch {
		case worse:
			return Breached
		case j.frame.toDate && j.warned():
			return AtRisk
		}
		return Met
	}
	b := j.budget
	switch {
	case b.spent():
		return Breached
	case worse, b.ratio.Cmp(big.NewRat(4, 5)) >= 0, b.exhausts != nil && b.exhausts.UnixMilli() < j.frame.end, j.warned():
		return AtRisk
	}
	return Met
}

// warned reports whether the early warning is crossed. One that is not stricter
// than the target is ignored.
func (j *judgement) warned() bool {
	if j.o.WarnAt == nil {
		return false
	}
	warn := j.o.WarnAt.Rat()
	return isWorse(j.o.Comparison, j.o.Target.Rat(), warn) && isWorse(j.o.Comparison, j.value, warn)
}
