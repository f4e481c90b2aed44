package sla

import (
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// CourseDay is one day of a period: what was counted in it, and what was left of
// the period's error budget at its end.
type CourseDay struct {
	Date string    `json:"date"` // in the period's zone
	End  time.Time `json:"end"`  // of the day, or of the period so far
	// Total and Bad are what the budget is kept in: events, observations above the
	// target, windows under [Slices], minutes under [Downtime].
	Total     unit.Number  `json:"total"`
	Bad       unit.Number  `json:"bad"`
	Consumed  unit.Decimal `json:"consumed"` // since the period's start
	Remaining unit.Decimal `json:"remaining"`
	// Left is the remaining share of the budget, 1 at the start and below 0 once
	// it is overdrawn; nil where nothing is allowed to be bad.
	Left *unit.Decimal `json:"left"`
}

// course returns how the error budget went, day by day. It is empty without a
// budget and under [Mean], whose budget is no sum over days. To date, each day is
// set against the projected budget of the whole period, so the last one agrees
// with the result.
//
// A day ends at the last instant of the grid that is not after its midnight: the
// midnight itself where measurement windows divide the day.
func (j *judgement) course() []CourseDay {
	if j.budget == nil || j.account == nil {
		return nil
	}
	p := j.in.Period
	p.End = time.UnixMilli(j.frame.until)
	from := j.cells.at(j.frame.start)
	lo := from
	var out []CourseDay
	for _, day := range p.Days(p.Zone) {
		hi := j.cells.at(day.End.UnixMilli())
		if j.cells.grid[hi] > day.End.UnixMilli() {
			hi--
		}
		consumed := ratOf(positive(j.account.bad.amount(from, hi)))
		remaining := new(big.Rat).Sub(j.budget.allowed, consumed)
		d := CourseDay{Date: day.Name, End: day.End.UTC(),
			Total:    number(positive(j.account.total.amount(lo, hi))),
			Bad:      number(positive(j.account.bad.amount(lo, hi))),
			Consumed: cut(consumed, false), Remaining: cut(remaining, true)}
		if j.budget.allowed.Sign() > 0 {
			d.Left = cutPtr(remaining.Quo(remaining, j.budget.allowed), true)
		}
		out, lo = append(out, d), hi
	}
	return out
}
