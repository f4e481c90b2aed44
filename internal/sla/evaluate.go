package sla

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// The reasons of results without a value.
const (
	reasonNoSeries    = "no series"
	reasonNoData      = "no data"
	reasonNoEvents    = "no events"
	reasonAllExcluded = "every window is excluded"
	reasonNotBegun    = "the period has not begun"
)

// judgement is an evaluation on its way from cells to a result.
type judgement struct {
	in      Input
	o       Objective
	frame   frame
	cells   *cells
	windows []slot
	measure measure
	// account is what a budget is made of; nil where there is none.
	account *account

	value *big.Rat // attained, before it is cut
	open  bool     // value is only a lower bound
	// worstCase is the value if every window without data were bad; nil if there
	// is no such window or no such case.
	worstCase *big.Rat
	budget    *purse // nil without one
	r         Result
}

// Evaluate judges one objective for one organization or wider group. It is a
// pure function of its input. Where the grid lacks an instant that it needs (see
// [Instants]) the result is insufficient data with the reason, never a number
// that is only nearly right.
func Evaluate(in Input) Result { return judge(in).r }

// judge goes through a judgement up to its verdict, or to the obstacle that
// there is; then there are no cells.
func judge(in Input) *judgement {
	j := &judgement{in: in, o: in.Objective, frame: newFrame(in.Objective, in.Period, in.Now)}
	j.begin()
	if reason := j.obstacle(); reason != "" {
		j.r.State, j.r.Reason = InsufficientData, &reason
		return j
	}
	j.count()
	j.attain()
	j.spend()
	j.r.Violations = j.violations()
	j.ifNoDataWereBad()
	j.decide()
	return j
}

// begin fills in what a result is about.
func (j *judgement) begin() {
	j.r = Result{SLA: j.o.SLA, Objective: j.o.Name, Tier: j.in.Tier, Organization: j.in.Organization, Group: j.in.Group,
		Method: j.o.Method, Accounting: j.in.Scan.Accounting, Target: j.o.Target, Comparison: j.o.Comparison, Unit: j.o.Unit,
		Violations: []Violation{}, Notes: []string{}}
}

// obstacle says why the input cannot be judged, or "".
func (j *judgement) obstacle() string {
	if !j.frame.began() {
		return reasonNotBegun
	}
	grid := j.in.Scan.Grid
	needed := j.frame.needed()
	first, last := needed[0], needed[len(needed)-1]
	for _, m := range j.in.Members {
		for _, e := range m.Excluded {
			for _, t := range []int64{e.Start.UnixMilli(), e.End.UnixMilli()} {
				if first < t && t < last {
					needed = append(needed, t)
				}
			}
		}
	}
	slices.Sort(needed)
	if t, missing := lacks(grid, needed); missing {
		return fmt.Sprintf("the scan was not cut at %s, which this judgement needs", time.UnixMilli(t).UTC().Format(time.RFC3339Nano))
	}
	return ""
}

// count adds the members up, sorts the windows by state and counts them.
func (j *judgement) count() {
	f := newFold(j.o, j.in.Scan, j.frame, j.in.Members)
	j.windows = slots(f.cells, j.frame)
	samples := runningCounts(f.samples)
	for i := range j.windows {
		w := &j.windows[i]
		w.state = f.stateOf(w, samples, j.in.Scan.Jobs)
		if w.state == unreachable && j.o.Up {
			for cell := w.lo; cell < w.hi; cell++ {
				f.unreachable(cell, downSamples(j.in.Scan.Jobs, f.base+cell))
			}
		}
	}
	j.cells = f.done()
	j.measure = measureOf(j.o, j.cells)
	for i := range j.windows {
		if w := &j.windows[i]; w.state == measured && j.idle(w) {
			w.state = idle
		}
	}
	j.findBad()
	j.account = j.newAccount()
	j.countWindows()
}

// findBad marks the windows that are worse than the target.
func (j *judgement) findBad() {
	for i := range j.windows {
		j.windows[i].bad = j.isBad(&j.windows[i])
	}
	if j.o.Method == Downtime {
		j.keepLongRuns()
	}
}

// isBad reports whether a window is worse than the target.
func (j *judgement) isBad(w *slot) bool {
	switch w.state {
	case measured:
		return j.measure.worse(j.within(w))
	case unreachable:
		return judgesWindows(j.o.Method) || j.o.Up && j.measure.worse(j.within(w))
	case noData:
		return j.o.NoData == HandleBreached && judgesWindows(j.o.Method)
	}
	return false
}

// idle reports whether a window with samples has no events. A bad event without
// any in the total (they are not scraped in the same instant) is none the less
// one.
func (j *judgement) idle(w *slot) bool {
	c := j.cells
	return c.total.windowed.Between(w.lo, w.hi).Sign() <= 0 && c.bad.windowed.Between(w.lo, w.hi).Sign() <= 0
}

// within reads what was counted in a window.
func (j *judgement) within(w *slot) reading {
	return func(q quantity) unit.Decimal { return q.windowed.Between(w.lo, w.hi) }
}

// soFar reads what was counted in the period, recovered increments included.
func (j *judgement) soFar(q quantity) unit.Decimal {
	return q.amount(j.cells.at(j.frame.start), j.cells.at(j.frame.until))
}

func (j *judgement) countWindows() {
	c := &j.r.Windows
	c.Total = len(j.windows)
	for _, w := range j.windows {
		switch w.state {
		case measured:
			c.Measured++
		case idle:
			c.Idle++
		case noData:
			c.NoData++
		case unreachable:
			c.Unreachable++
		case outside:
			c.Excluded++
		}
		if w.bad {
			c.Bad++
		}
	}
	j.r.Coverage = unit.DecimalOfInt(0)
	if covered := c.Measured + c.Idle; covered > 0 {
		j.r.Coverage = cut(big.NewRat(int64(covered), int64(c.Total-c.Excluded)), true)
	}
	var ms int64
	for i := j.cells.at(j.frame.start); i < j.cells.at(j.frame.until); i++ {
		if j.cells.treatments[i] == excluded {
			ms += j.cells.grid[i+1] - j.cells.grid[i]
		}
	}
	j.r.ExcludedSeconds = ms / 1000
	within := c.Measured + c.Idle
	if j.o.Up {
		within += c.Unreachable
	}
	if within > 0 && !judgesWindows(j.o.Method) {
		j.r.WindowsWithin = cutPtr(big.NewRat(int64(within-c.Bad), int64(within)), true)
	}
}

// attain finds the attained value, or why there is none, and what was counted.
func (j *judgement) attain() {
	c := j.cells
	total, bad := j.soFar(c.total), j.soFar(c.bad)
	if bad.Sign() < 0 {
		j.note("more good events than events were counted, by %s: taken as no bad event", bad.Neg().Canonical())
	}
	if bad.Cmp(total) > 0 {
		j.note("more bad events than events were counted, by %s: taken as all bad", bad.Sub(total).Canonical())
	}
	from, to := c.at(j.frame.start), c.at(j.frame.until)
	j.r.Events = EventCounts{Total: number(total), Bad: number(positive(bad)),
		Recovered: number(c.total.recovered.Between(from, to)), Unwitnessed: number(c.unwitnessed)}
	j.r.Estimate = c.estimate
	j.value, j.open = j.attained()
	if j.value == nil {
		reason := j.absence()
		if reason == reasonNoEvents && isRatio(j.o.Method) {
			j.value = new(big.Rat)
			if j.o.Comparison == AtLeast {
				j.value = hundred()
			}
		} else {
			j.r.Reason = &reason
		}
	}
	if j.open {
		lower := "lower"
		j.r.Bound = &lower
	}
	j.r.Attained = cutPtr(j.value, j.o.Comparison == AtLeast)
}

// attained is the value of the period so far, nil without one.
func (j *judgement) attained() (v *big.Rat, open bool) {
	switch j.o.Method {
	case Slices, Downtime:
		return share(j.o.Comparison, j.soFar(j.account.bad), j.soFar(j.account.total)), false
	case Mean:
		return j.meanRatio(j.o.NoData), false
	}
	return j.measure.value(j.soFar)
}

// absence says why there is no value.
func (j *judgement) absence() string {
	w := j.r.Windows
	switch {
	case w.Excluded == w.Total:
		return reasonAllExcluded
	case !j.cells.series:
		j.note("no series was selected")
		return reasonNoSeries
	case w.Measured+w.Idle > 0:
		if j.o.Method == Quantile && j.soFar(j.cells.total).Sign() > 0 {
			if len(j.cells.natives) > 0 {
				return "some histograms have classic buckets and some native ones"
			}
			if len(j.cells.buckets) == 0 {
				return "the histogram has no finite bucket"
			}
		}
		return reasonNoEvents
	}
	return reasonNoData
}

// judgesWindows reports whether a method judges windows one by one, and so has a
// handling of those that were idle or without data.
func judgesWindows(m Method) bool { return m == Slices || m == Mean || m == Downtime }

func isRatio(m Method) bool { return m != Quantile && m != Value }

func (j *judgement) note(format string, args ...any) {
	j.r.Notes = append(j.r.Notes, fmt.Sprintf(format, args...))
}

// downSamples is how many samples of `up` were 0 in a cell of the scan.
func downSamples(jobs []window.Job, cell int) int64 {
	var n int64
	for _, job := range jobs {
		if job.Seen[cell] {
			n += int64(job.Down[cell])
		}
	}
	return n
}
