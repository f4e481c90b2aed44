package sla

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// steps tell how decide came to its state, check by check in its order.
func (j *judgement) steps() []Step {
	w := j.r.Windows
	var out []Step
	add := func(against bool, format string, args ...any) {
		out = append(out, Step{fmt.Sprintf(format, args...), against})
	}
	covered, all := w.Measured+w.Idle, w.Total-w.Excluded
	enough := big.NewRat(int64(100*covered), int64(max(1, all))).Cmp(j.o.MinCoverage.Rat()) >= 0
	switch {
	case j.value == nil && *j.r.Reason != reasonNoEvents:
		add(true, "there is no value: %s", *j.r.Reason)
		return append(out, j.conclusion())
	case !enough:
		add(true, "%d of %d windows have data, less than the %s %% that a verdict needs", covered, all, j.o.MinCoverage.Canonical())
		return append(out, j.conclusion())
	}
	add(false, "%d of %d windows have data, and a verdict needs %s %% of them", covered, all, j.o.MinCoverage.Canonical())
	switch {
	case j.value == nil:
		add(false, "there were no events, so nothing was worse than the target")
	case j.open:
		add(true, "the value is known only to lie above %s, the highest finite bucket bound", j.r.Attained.Canonical())
	default:
		out = append(out, j.verdictSteps()...)
	}
	if j.worstCase != nil {
		worse := isWorse(j.o.Comparison, j.worstCase, j.o.Target.Rat())
		add(worse, "if every window without data had been bad, the value would be %s: %s", j.r.AttainedIfNoDataBad.Canonical(), j.side(worse))
		if worse && j.o.StrictCoverage && j.r.State == InsufficientData {
			add(true, "strict_coverage asks for a proof")
		}
	}
	return append(out, j.conclusion())
}

// verdictSteps tell of the comparison with the target, and to date of what the
// budget says.
func (j *judgement) verdictSteps() []Step {
	worse := isWorse(j.o.Comparison, j.value, j.o.Target.Rat())
	out := []Step{{fmt.Sprintf("%s %s %s: %s", j.r.Attained.Canonical(), j.relation(), j.o.Target.Canonical(), j.side(worse)), worse}}
	if !j.frame.toDate {
		return append(out, Step{"the period is over, so the target decides", false})
	}
	if j.budget == nil {
		out = append(out, Step{"the period is to date, and without a budget the target decides", false})
		return append(out, j.warning()...)
	}
	b := j.budget
	used := j.r.Budget.ConsumedRatio.Canonical()
	switch {
	case b.spent():
		return append(out, Step{fmt.Sprintf("the period is to date, and its whole budget as projected is spent: %s times", used), true})
	case b.ratio.Cmp(big.NewRat(4, 5)) >= 0:
		out = append(out, Step{fmt.Sprintf("the period is to date, and %s of its projected budget is used: 0.8 or more is a risk", used), true})
	default:
		out = append(out, Step{fmt.Sprintf("the period is to date, and %s of its projected budget is used: less than 0.8", used), false})
	}
	if b.exhausts != nil {
		early := b.exhausts.UnixMilli() < j.frame.end
		when := "not before the end"
		if early {
			when = "before the end"
		}
		out = append(out, Step{fmt.Sprintf("at the rate of the last 6 hours the budget ends %s, %s", b.exhausts.Format(time.RFC3339), when), early})
	}
	return append(out, j.warning()...)
}

// warning tells of warn_at where there is one that is looked at.
func (j *judgement) warning() []Step {
	if j.o.WarnAt == nil {
		return nil
	}
	if j.warned() {
		return []Step{{fmt.Sprintf("the value is worse than warn_at, %s", j.o.WarnAt.Canonical()), true}}
	}
	return []Step{{fmt.Sprintf("warn_at, %s, is not crossed or not stricter than the target", j.o.WarnAt.Canonical()), false}}
}

// relation writes how the value lies to the target.
func (j *judgement) relation() string {
	return [...]string{"<", "=", ">"}[j.value.Cmp(j.o.Target.Rat())+1]
}

func (j *judgement) side(worse bool) string {
	bound := "at least"
	if j.o.Comparison == AtMost {
		bound = "at most"
	}
	if worse {
		return fmt.Sprintf("worse than %s %s", bound, j.o.Target.Canonical())
	}
	return fmt.Sprintf("within %s %s", bound, j.o.Target.Canonical())
}

// conclusion names the state.
func (j *judgement) conclusion() Step {
	return Step{"so the state is " + strings.ReplaceAll(string(j.r.State), "_", " "), j.r.State != Met}
}
