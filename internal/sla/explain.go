package sla

import (
	"fmt"
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Detail is a judgement laid open: what [Evaluate] returns, and how it came
// about.
type Detail struct {
	Result Result
	// Windows are those of the period so far, in order; empty where nothing could
	// be judged.
	Windows []Window
	// Arithmetic is every formula with its numbers put in.
	Arithmetic []Equation
	// Steps lead from the numbers to the state. The last one names it.
	Steps  []Step
	Course []CourseDay
}

// WindowState is what is known of a window. The states are disjoint.
type WindowState string

// The states of a window.
const (
	WindowMeasured    WindowState = "measured"
	WindowIdle        WindowState = "idle"
	WindowNoData      WindowState = "no_data"
	WindowUnreachable WindowState = "unreachable"
	WindowExcluded    WindowState = "excluded"
)

// Window is one measurement window of a judgement.
type Window struct {
	period.Span
	State WindowState
	// Worse tells that it is worse than the target, under [Downtime] that it is a
	// down minute that counts.
	Worse bool
	// Total and Bad are the events in it; Bad are observations above the target
	// for a quantile, and 0 for a mean value.
	Total, Bad unit.Decimal
	// Sum is that of the values, for a mean value.
	Sum unit.Decimal
}

// Equation is a formula and the same with its numbers, ready to be recomputed.
type Equation struct {
	Name    string `json:"name"`    // attained, budget allowed, ...
	Formula string `json:"formula"` // 100 × (1 − bad / total)
	Numbers string `json:"numbers"` // 100 × (1 − 12234 / 7643747)
	Value   string `json:"value"`   // 99.839947606847
	Unit    string `json:"unit"`    // of the value: percent, ms, events, ...
}

// Step is a finding on the way to a state.
type Step struct {
	Text string `json:"text"`
	// Against tells that the finding speaks against the state met.
	Against bool `json:"against"`
}

// Explain judges like [Evaluate] and lays the judgement open.
func Explain(in Input) Detail {
	j := judge(in)
	d := Detail{Result: j.r}
	if j.cells == nil {
		d.Steps = []Step{{"nothing can be judged: " + *j.r.Reason, true}, j.conclusion()}
		return d
	}
	d.Windows, d.Course = j.exportWindows(), j.course()
	d.Arithmetic = append(j.attainedEquation(), j.budgetEquations()...)
	d.Steps = j.steps()
	return d
}

func (j *judgement) exportWindows() []Window {
	states := [...]WindowState{measured: WindowMeasured, idle: WindowIdle, noData: WindowNoData, unreachable: WindowUnreachable, outside: WindowExcluded}
	out := make([]Window, len(j.windows))
	for i := range j.windows {
		w := &j.windows[i]
		out[i] = Window{State: states[w.state], Worse: w.bad, Total: j.within(w)(j.cells.total), Bad: positive(j.within(w)(j.cells.bad)),
			Sum:  j.within(w)(j.cells.sum),
			Span: period.Span{Start: time.UnixMilli(j.cells.grid[w.lo]).UTC(), End: time.UnixMilli(j.cells.grid[w.hi]).UTC()}}
	}
	return out
}

// attainedEquation is how the attained value was computed; nothing without one.
func (j *judgement) attainedEquation() []Equation {
	if j.value == nil || j.r.Attained == nil {
		return nil
	}
	e := Equation{Name: "attained", Value: j.r.Attained.Canonical(), Unit: j.o.Unit}
	total, bad := j.soFar(j.cells.total), positive(j.soFar(j.cells.bad))
	switch j.o.Method {
	case Slices, Downtime:
		things := j.counted()
		e.ratio(j.o.Comparison, "bad "+things, "judged "+things, j.soFar(j.account.bad), j.soFar(j.account.total))
	case Mean:
		e.mean(j)
	case Value:
		e.Formula = "sum / count"
		e.Numbers = fmt.Sprintf("%s / %s", j.soFar(j.cells.sum).Canonical(), total.Canonical())
	case Quantile:
		e.quantile(j, total)
	default:
		things := j.counted()
		if bad.Cmp(total) > 0 {
			bad = total
		}
		e.ratio(j.o.Comparison, "bad "+things, things, bad, total)
	}
	if total.Sign() == 0 && isRatio(j.o.Method) && j.r.Windows.Measured == 0 {
		e.Formula, e.Numbers = "without events nothing was bad", ""
	}
	return []Equation{e}
}

// counted names what a ratio counts.
func (j *judgement) counted() string {
	switch j.o.Method {
	case Slices:
		return "windows"
	case Downtime:
		return "minutes"
	case Within, Quantile:
		return "observations"
	}
	if j.o.Up {
		return "samples"
	}
	return "events"
}

func (e *Equation) ratio(c Comparison, part, whole string, bad, total unit.Decimal) {
	pattern := "100 × %s / %s"
	if c == AtLeast {
		pattern = "100 × (1 − %s / %s)"
	}
	e.Formula = fmt.Sprintf(pattern, part, whole)
	e.Numbers = fmt.Sprintf(pattern, bad.Canonical(), total.Canonical())
}

// mean shows the sum of the windows' bad ratios, which is cut after twelve
// digits where it has more.
func (e *Equation) mean(j *judgement) {
	n := 0
	for _, w := range j.windows {
		if j.judged(w) {
			n++
		}
	}
	sum := new(big.Rat).Quo(j.value, hundred())
	if j.o.Comparison == AtLeast {
		sum.Sub(big.NewRat(1, 1), sum)
	}
	sum.Mul(sum, big.NewRat(int64(n), 1))
	pattern := "100 × Σ (bad / events of each window) / windows"
	numbers := "100 × %s / %d"
	if j.o.Comparison == AtLeast {
		pattern, numbers = "100 × (1 − Σ (bad / events of each window) / windows)", "100 × (1 − %s / %d)"
	}
	e.Formula, e.Numbers = pattern, fmt.Sprintf(numbers, cut(sum, false).Canonical(), n)
}

// quantile shows the interpolation within the bucket that holds the rank.
func (e *Equation) quantile(j *judgement, total unit.Decimal) {
	q := percentage(j.o.Quantile)
	c := j.cells
	if len(c.natives) > 0 {
		e.native(j, total)
		return
	}
	i, count, below := c.rank(q, total, j.soFar)
	if i == len(c.buckets) {
		e.Formula = "the highest finite bound: the rank lies above it"
		e.Numbers = fmt.Sprintf("rank %s × %s, and %s observations at or below %s", cut(q.Rat, false).Canonical(), total.Canonical(), below.Canonical(), c.buckets[i-1].bound.Canonical())
		return
	}
	lower := unit.DecimalOfInt(0)
	if i > 0 {
		lower = c.buckets[i-1].bound
	}
	e.Formula = "lower + (upper − lower) × (q × observations − below) / (up to upper − below)"
	e.Numbers = fmt.Sprintf("%[1]s + (%[2]s − %[1]s) × (%[3]s × %[4]s − %[5]s) / (%[6]s − %[5]s)", lower.Canonical(), c.buckets[i].bound.Canonical(),
		cut(q.Rat, false).Canonical(), total.Canonical(), below.Canonical(), count.Canonical())
}

// native shows the interpolation within an exponential bucket.
func (e *Equation) native(j *judgement, total unit.Decimal) {
	l := j.cells.locate(floatOf(j.o.Quantile)/100, total, j.soFar)
	lower, upper := j.o.scaled(l.lower).Canonical(), j.o.scaled(l.upper).Canonical()
	part := fmt.Sprintf("%v", l.fraction)
	switch {
	case l.open:
		e.Formula, e.Numbers = "the highest finite bound: the rank lies above it", lower
	case l.linear:
		e.Formula = "lower + (upper − lower) × share of the zero bucket's observations below the rank"
		e.Numbers = fmt.Sprintf("%[1]s + (%[2]s − %[1]s) × %[3]s", lower, upper, part)
	default:
		e.Formula = "lower × (upper / lower) ^ share of the bucket's observations below the rank"
		e.Numbers = fmt.Sprintf("%[1]s × (%[2]s / %[1]s) ^ %[3]s", lower, upper, part)
	}
}

// budgetEquations are how the error budget was computed; nothing without one.
func (j *judgement) budgetEquations() []Equation {
	b := j.r.Budget
	if b == nil {
		return nil
	}
	allowed := Equation{Name: "budget allowed", Value: b.Allowed.Canonical(), Unit: j.counted()}
	consumed := Equation{Name: "budget consumed", Value: b.Consumed.Canonical(), Unit: j.counted()}
	share := cut(new(big.Rat).Mul(j.budget.share.Rat, hundred()), true).Canonical()
	origin := j.shareText()
	if j.o.Method == Mean {
		allowed.Unit, consumed.Unit = "percent", "percent"
		allowed.Formula, allowed.Numbers = origin, share
		consumed.Formula, consumed.Numbers = "100 − attained", "100 − "+j.r.Attained.Canonical()
		if j.o.Comparison == AtMost {
			consumed.Formula, consumed.Numbers = "attained", j.r.Attained.Canonical()
		}
		if f := j.frame; f.toDate {
			consumed.Formula = fmt.Sprintf("(%s) × seconds so far / seconds of the period", consumed.Formula)
			consumed.Numbers = fmt.Sprintf("(%s) × %d / %d", consumed.Numbers, (f.until-f.start)/1000, (f.end-f.start)/1000)
		}
	} else {
		total := j.soFar(j.account.total)
		allowed.Formula = fmt.Sprintf("%s %% of the %s", origin, j.counted())
		allowed.Numbers = fmt.Sprintf("%s / 100 × %s", share, total.Canonical())
		if j.frame.toDate {
			allowed.Formula += " so far and expected until the end"
			allowed.Numbers = fmt.Sprintf("%s / 100 × (%s + %s)", share, total.Canonical(), cut(j.expected(j.account.total), true).Canonical())
		}
		consumed.Formula, consumed.Numbers = "bad "+j.counted(), b.Consumed.Canonical()
		if j.o.Method == Quantile {
			consumed.Formula = "observations not known to be within the target"
		}
	}
	remaining := Equation{Name: "budget remaining", Formula: "allowed − consumed", Numbers: b.Allowed.Canonical() + " − " + b.Consumed.Canonical(),
		Value: b.Remaining.Canonical(), Unit: allowed.Unit}
	used := Equation{Name: "budget used", Formula: "100 × consumed / allowed", Numbers: fmt.Sprintf("100 × %s / %s", b.Consumed.Canonical(), b.Allowed.Canonical()),
		Value: b.ConsumedRatio.Mul(unit.DecimalOfInt(100)).Canonical(), Unit: "percent"}
	if b.Allowed.IsZero() {
		used.Formula, used.Numbers = "of a budget of 0: all once anything is bad, else nothing", ""
	}
	return []Equation{allowed, consumed, remaining, used}
}

// shareText says which share may be bad, in percent.
func (j *judgement) shareText() string {
	switch {
	case j.o.Method == Quantile:
		return "(100 − rank)"
	case j.o.Comparison == AtMost:
		return "target"
	}
	return "(100 − target)"
}
