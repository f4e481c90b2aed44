package sla

import (
	"testing"

	"pgregory.net/rapid"
)

// A budget is spent, as projected, where the target is missed even if no more
// goes bad; and more errors never make anything better than fewer.
func TestForeseenWithoutMoreErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		d := drawAt(t, o, true)
		in := Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups}}}
		j := judge(in)
		burn, best := Foresee(in)[1], Foresee(in)[2]
		if best.State == InsufficientData || best.Bound != nil || burn.Bound != nil {
			return
		}
		if isRatio(o.Method) && j.budget != nil && j.budget.spent() != (best.State == Breached) {
			t.Fatalf("the budget is used %s times, and without more errors %s is attained of %s", j.r.Budget.ConsumedRatio, best.Attained, best.Target)
		}
		if isRatio(o.Method) && burn.Attained != nil && isWorse(o.Comparison, best.Attained.Rat(), burn.Attained.Rat()) {
			t.Fatalf("%s without more errors is worse than %s at the current burn", best.Attained, burn.Attained)
		}
	})
}
