package sla

import (
	"math/big"

	"github.com/slactl/slactl/internal/unit"
)

// Assumption is what the rest of a running period is taken to bring.
type Assumption string

// The assumptions of a forecast, in its order. Traffic goes on at the mean rate of
// the last seven days, cut to the period so far, as for a projected budget.
const (
	// AsIs: nothing more is counted, the value to date stays.
	AsIs Assumption = "as_is"
	// CurrentBurn: what comes is as bad as the last day was. A day holds a whole
	// cycle of traffic; the burn rate of six hours depends on the time of day.
	CurrentBurn Assumption = "current_burn"
	// NoMoreErrors: nothing bad comes.
	NoMoreErrors Assumption = "no_more_errors"
)

// Assumptions lists the assumptions in order.
func Assumptions() []Assumption { return []Assumption{AsIs, CurrentBurn, NoMoreErrors} }

// burnDay is the index of the burn rate that [CurrentBurn] continues.
const burnDay = 3

// Why a forecast has no value.
const (
	reasonNothingLately = "nothing was counted in the last day"
	reasonNothingGood   = "nothing in the last seven days was within the target"
	reasonNative        = "a native histogram is not foreseen without errors"
)

// Foresee returns what the result of a running period would be at its end, for
// each of [Assumptions]: Attained, State, Bound and Reason follow from the
// assumption, and the state is met, breached or insufficient data. What is only
// known to date (events, windows, budget, violations) is left out.
//
// The events that come are E = those of the last seven days × rest / seven days.
// With T events so far, B of them bad, and a share b of bad events in the last
// day, a ratio is made of B/T, (B + b·E)/(T + E) and B/(T + E). A quantile is that
// of the merged observations: those that come are spread over the buckets as in
// the last day, or as those of the last seven days that were within the target. A
// mean value goes on like the last day, or like the windows of the last seven
// days that met the target. So "breached without more errors" is the same as a
// spent projected budget, where there is one.
func Foresee(in Input) []Result {
	j := judge(in)
	out := make([]Result, 0, len(Assumptions()))
	for _, a := range Assumptions() {
		r := Result{SLA: j.r.SLA, Objective: j.r.Objective, Tier: j.r.Tier, Organization: j.r.Organization, Group: j.r.Group, Method: j.r.Method, Accounting: j.r.Accounting,
			Target: j.r.Target, Comparison: j.r.Comparison, Unit: j.r.Unit, Coverage: j.r.Coverage, Violations: []Violation{}, Notes: []string{}}
		j.foresee(a, &r)
		out = append(out, r)
	}
	return out
}

// foresee fills in what an assumption leads to.
func (j *judgement) foresee(a Assumption, r *Result) {
	if j.value == nil || j.r.State == InsufficientData && !j.open {
		r.State, r.Attained, r.Reason = j.r.State, j.r.Attained, j.r.Reason
		if r.State != InsufficientData { // there were no events: nothing is worse
			r.State = Met
		}
		return
	}
	value, open, reason := j.prospect(a)
	if value == nil {
		r.State, r.Reason = InsufficientData, &reason
		return
	}
	r.Attained = cutPtr(value, j.o.Comparison == AtLeast)
	worse := isWorse(j.o.Comparison, value, j.o.Target.Rat())
	switch {
	case open && (j.o.Comparison != AtMost || value.Cmp(j.o.Target.Rat()) < 0):
		r.State = InsufficientData
	case open, worse:
		r.State = Breached
	default:
		r.State = Met
	}
	if open {
		lower := "lower"
		r.Bound = &lower
	}
}

// prospect is the value at the end of the period, nil with the reason.
func (j *judgement) prospect(a Assumption) (v *big.Rat, open bool, reason string) {
	switch {
	case a == AsIs || !j.frame.toDate:
		return j.value, j.open, ""
	case j.o.Method == Quantile || j.o.Method == Value:
		return j.measureProspect(a)
	}
	acc := j.account
	if acc == nil {
		acc = &account{j.cells.total, j.cells.bad}
	}
	if j.lately(acc.total).IsZero() {
		return j.value, false, "" // nothing more is expected
	}
	like := [2]unit.Decimal{unit.DecimalOfInt(1), {}} // of what comes, the whole and the bad part
	if a == CurrentBurn {
		if like = [2]unit.Decimal{j.lastDay(acc.total), positive(j.lastDay(acc.bad))}; like[0].Sign() <= 0 {
			return nil, false, reasonNothingLately
		}
	}
	if j.o.Method == Mean {
		return j.meanProspect(badRatio(like[1], like[0])), false, ""
	}
	bad := j.prospectOf(positive(j.soFar(j.account.bad)), like[1], j.account.total, like[0])
	total := j.prospectOf(positive(j.soFar(j.account.total)), like[0], j.account.total, like[0])
	return share(j.o.Comparison, bad, total), false, ""
}

// prospectOf is what will have been counted at the end of the period, n so far and
// of what comes as many as there are of the whole `like`. It is multiplied by a
// factor that is the same for everything counted: values are ratios, and so
// nothing need be divided.
func (j *judgement) prospectOf(n, of unit.Decimal, total quantity, like unit.Decimal) unit.Decimal {
	f := j.frame
	expected := j.lately(total).Mul(unit.DecimalOfInt(f.end - f.until))
	return n.Mul(unit.DecimalOfInt(f.until - f.recent)).Mul(like).Add(expected.Mul(of))
}

// lately reads the last seven days of the period so far.
func (j *judgement) lately(q quantity) unit.Decimal {
	return positive(q.amount(j.cells.at(j.frame.recent), j.cells.at(j.frame.until)))
}

// lastDay reads the last day, also of before the period, as its burn rate does.
func (j *judgement) lastDay(q quantity) unit.Decimal {
	return q.windowed.Between(j.cells.at(j.frame.burns[burnDay]), j.cells.at(j.frame.until))
}

// meanProspect is the mean of the windows' ratios when those that come have a
// ratio of bad events. Windows are weighed by time, as in the budget.
func (j *judgement) meanProspect(ratio *big.Rat) *big.Rat {
	f := j.frame
	bad := new(big.Rat).Set(j.value)
	if j.o.Comparison == AtLeast {
		bad.Sub(hundred(), bad)
	}
	bad.Mul(bad, big.NewRat(f.until-f.start, f.end-f.start))
	coming := ratio.Mul(ratio, hundred())
	bad.Add(bad, coming.Mul(coming, big.NewRat(f.end-f.until, f.end-f.start)))
	if j.o.Comparison == AtLeast {
		bad.Sub(hundred(), bad)
	}
	return bad
}

// measureProspect is the value of a quantile or mean when what comes is spread as
// in the last day, or as what was within the target lately.
func (j *judgement) measureProspect(a Assumption) (v *big.Rat, open bool, reason string) {
	like, reason := reading(j.lastDay), reasonNothingLately
	if a == NoMoreErrors {
		if len(j.cells.natives) > 0 { // their counts are no running ones that could be cut at the target
			return nil, false, reasonNative
		}
		like, reason = j.faultless(), reasonNothingGood
	}
	whole := like(j.cells.total)
	if whole.Sign() <= 0 {
		return nil, false, reason
	}
	v, open = j.measure.value(func(q quantity) unit.Decimal {
		return j.prospectOf(j.soFar(q), like(q), j.cells.total, whole)
	})
	return v, open, reason
}

// faultless reads what was within the target in the last seven days: of a
// histogram the observations in the buckets up to the target, of a mean the
// windows that met it.
func (j *judgement) faultless() reading {
	if j.o.Method == Quantile {
		var within unit.Decimal
		for _, b := range j.cells.buckets {
			if b.bound.Cmp(j.o.Target) <= 0 {
				within = j.lately(b.quantity)
			}
		}
		return func(q quantity) unit.Decimal { // the counts of buckets only rise
			if n := j.lately(q); n.Cmp(within) < 0 {
				return n
			}
			return within
		}
	}
	from := j.cells.at(j.frame.recent)
	return func(q quantity) unit.Decimal {
		var n unit.Decimal
		for i := range j.windows {
			if w := &j.windows[i]; w.state == measured && !w.bad && w.lo >= from {
				n = n.Add(j.within(w)(q))
			}
		}
		return n
	}
}
