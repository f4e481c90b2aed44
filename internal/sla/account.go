package sla

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/unit"
)

// account is what a budget is kept in: events under most methods, windows under
// slices, minutes under downtime. A window counts in its last cell, as an event
// that is observed when the window ends.
type account struct{ total, bad quantity }

// newAccount returns the account of the objective, nil for one without a budget
// or, under mean, without anything to count.
func (j *judgement) newAccount() *account {
	switch {
	case j.o.Method == Value, j.o.Method == Mean, j.o.Method == Quantile && j.o.Comparison == AtLeast:
		return nil
	case !judgesWindows(j.o.Method):
		return &account{j.cells.total, j.cells.bad}
	}
	n := j.cells.grid.Cells()
	total, bad := unit.NewSums(n), unit.NewSums(n)
	for _, w := range j.windows {
		if j.judged(w) {
			total.AddInt(w.hi-1, 1)
			if w.bad {
				bad.AddInt(w.hi-1, 1)
			}
		}
	}
	return &account{quantity{windowed: total.Running()}, quantity{windowed: bad.Running()}}
}

// judged reports whether a window takes part under slices, mean and downtime.
func (j *judgement) judged(w slot) bool {
	switch w.state {
	case outside:
		return false
	case idle:
		return j.o.Idle != HandleExcluded
	case noData:
		return j.o.NoData != HandleExcluded
	}
	return true
}

// keepLongRuns makes down minutes good again that are not part of a run of at
// least min_consecutive. Minutes without data and excluded ones break a run.
func (j *judgement) keepLongRuns() {
	c := j.cells
	for i := 0; i < len(j.windows); i++ {
		first := i
		for i < len(j.windows) && j.windows[i].bad {
			i++
		}
		if i == first {
			continue
		}
		ms := c.grid[j.windows[i-1].hi] - c.grid[j.windows[first].lo]
		if ms < j.o.MinConsecutive.Milliseconds() {
			for k := first; k < i; k++ {
				j.windows[k].bad = false
			}
		}
	}
}

// meanRatio is the mean of the windows' own ratios, in percent: of good events
// under at_least, of bad ones under at_most. Idle windows are good; windows
// without data are as the handling says. It is nil without judged windows.
func (j *judgement) meanRatio(handling Handling) *big.Rat {
	var n int64
	bad := new(big.Rat)
	byTotal := map[string]unit.Decimal{} // bad events of the windows with equal totals
	for _, w := range j.windows {
		if !j.judged(w) && (w.state != noData || handling == HandleExcluded) {
			continue
		}
		n++
		if w.state == unreachable || w.state == noData && handling == HandleBreached {
			bad.Add(bad, big.NewRat(1, 1))
		}
		if w.state != measured {
			continue
		}
		b, t := j.within(&w)(j.cells.bad), j.within(&w)(j.cells.total)
		switch {
		case b.Cmp(t) >= 0:
			bad.Add(bad, big.NewRat(1, 1))
		case b.Sign() > 0:
			key := t.Canonical()
			byTotal[key] = byTotal[key].Add(b)
		}
	}
	if n == 0 {
		return nil
	}
	bad.Add(bad, sumRatios(byTotal))
	mean := bad.Quo(bad, big.NewRat(n, 1))
	if j.o.Comparison == AtLeast {
		mean.Sub(big.NewRat(1, 1), mean)
	}
	return mean.Mul(mean, hundred())
}

// sumRatios adds up bad/total, in pairs: the common denominator of thousands of
// windows is long, and should be met only once.
func sumRatios(byTotal map[string]unit.Decimal) *big.Rat {
	var terms []*big.Rat
	for _, key := range slices.SortedFunc(maps.Keys(byTotal), cmp.Compare[string]) {
		terms = append(terms, new(big.Rat).Quo(ratOf(byTotal[key]), unit.MustDecimal(key).Rat()))
	}
	for len(terms) > 1 {
		half := (len(terms) + 1) / 2
		for i := half; i < len(terms); i++ {
			terms[i-half].Add(terms[i-half], terms[i])
		}
		terms = terms[:half]
	}
	if len(terms) == 0 {
		return new(big.Rat)
	}
	return terms[0]
}
