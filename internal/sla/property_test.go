package sla

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// drawn is a random scan of minutes over twenty minutes before the period and
// the fifty of the period itself, in windows of five minutes.
type drawn struct {
	start, now, end time.Time
	groups          []*window.Group
	jobs            []window.Job
	grid            window.Grid
}

func draw(t *rapid.T, o Objective) drawn { return drawAt(t, o, rapid.Bool().Draw(t, "to date")) }

func drawAt(t *rapid.T, o Objective, toDate bool) drawn {
	d := drawn{start: start(), end: start().Add(50 * time.Minute)}
	d.now = d.end
	if toDate {
		d.now = d.start.Add(time.Duration(rapid.IntRange(1, 49).Draw(t, "now")) * time.Minute)
	}
	cuts := append(Instants(o, d.period(), d.now), d.start.Add(-96*time.Hour))
	for m := -20; m <= 50; m++ {
		cuts = append(cuts, d.start.Add(time.Duration(m)*time.Minute))
	}
	d.grid = window.NewGrid(cuts)
	n := d.grid.Cells()
	job := window.Job{Name: "api", Seen: make([]bool, n), Up: make([]uint32, n), Down: make([]uint32, n)}
	for i := range n {
		job.Seen[i] = true
		job.Up[i] = uint32(rapid.IntRange(0, 1).Draw(t, "up"))
		job.Down[i] = 1 - job.Up[i]
	}
	d.jobs = []window.Job{job}
	for range rapid.IntRange(1, 3).Draw(t, "groups") {
		d.groups = append(d.groups, drawGroup(t, n))
	}
	return d
}

// newGroup returns a group of n cells with rows of every kind.
func newGroup(n int) *window.Group {
	g := &window.Group{Samples: make([]uint32, n), Buckets: []window.Bucket{{Bound: 0.25}, {Bound: 0.5}, {Bound: 1}, {Bound: math.Inf(1)}}}
	for _, c := range countsOf(g) {
		c.Windowed, c.Recovered = unit.NewSums(n), unit.NewSums(n)
	}
	return g
}

func countsOf(g *window.Group) []*window.Counts {
	out := []*window.Counts{&g.Total, &g.Bad, &g.Sum}
	for i := range g.Buckets {
		out = append(out, &g.Buckets[i].Counts)
	}
	return out
}

func drawGroup(t *rapid.T, n int) *window.Group {
	g := newGroup(n)
	outage := rapid.IntRange(0, n).Draw(t, "outage")
	for i := range n {
		if i >= outage && i < outage+17 {
			continue
		}
		total := rapid.Int64Range(0, 50).Draw(t, "total")
		bad := max(0, rapid.Int64Range(-20, total).Draw(t, "bad"))
		row := func(c *window.Counts) *unit.Sums { return c.Windowed }
		if rapid.IntRange(0, 9).Draw(t, "gap?") == 0 {
			row = func(c *window.Counts) *unit.Sums { return c.Recovered }
		} else {
			g.Samples[i] = 5
		}
		row(&g.Total).AddInt(i, total)
		row(&g.Bad).AddInt(i, bad)
		row(&g.Sum).Add(i, unit.DecimalOfInt(total).Mul(unit.MustDecimal("3.3")))
		for k := range g.Buckets { // the slow ones are the bad ones
			row(&g.Buckets[k].Counts).AddInt(i, total-bad*int64(3-k)/3)
		}
	}
	return g
}

func (d drawn) period() period.Period {
	return period.Period{Name: "p", Kind: period.Custom, Span: period.Span{Start: d.start, End: d.end}, Zone: time.UTC, Complete: !d.end.After(d.now)}
}

func (d drawn) scan() *window.Scan {
	return &window.Scan{Grid: d.grid, Jobs: d.jobs, Accounting: window.Exact}
}

func drawObjective(t *rapid.T) Objective {
	return Objective{
		SLA: "availability", Name: "availability", Unit: "percent",
		Method:     rapid.SampledFrom([]Method{Events, Slices, Mean, Downtime, Within, Quantile, Value}).Draw(t, "method"),
		Comparison: rapid.SampledFrom([]Comparison{AtLeast, AtMost}).Draw(t, "comparison"),
		Target:     unit.MustDecimal(rapid.SampledFrom([]string{"50", "70.5", "99.9", "100", "0", "3"}).Draw(t, "target")),
		Idle:       rapid.SampledFrom([]Handling{HandleMet, HandleExcluded}).Draw(t, "idle"),
		NoData:     rapid.SampledFrom([]Handling{HandleMet, HandleExcluded, HandleBreached}).Draw(t, "no data"),
		Up:         rapid.Bool().Draw(t, "up"),

		MeasurementWindow: 5 * time.Minute, GracePeriod: 5 * time.Minute, MinConsecutive: 2 * time.Minute,
		MinCoverage: unit.DecimalOfInt(50), DownWhen: unit.DecimalOfInt(40), MinEvents: 1,
		Quantile: unit.DecimalOfInt(60), Bound: unit.MustDecimal("0.5"), Scale: unit.DecimalOfInt(100),
	}
}

func asJSON(t *rapid.T, r Result) string {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A member with all series equals one member per group, and the merged series.
func TestGroupEqualsItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		d := draw(t, o)
		in := Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan()}
		in.Members = []Member{{Groups: d.groups}}
		one := asJSON(t, Evaluate(in))
		in.Members = nil
		merged := drawnMerge(d)
		for _, g := range d.groups {
			in.Members = append(in.Members, Member{Groups: []*window.Group{g}})
		}
		if many := asJSON(t, Evaluate(in)); many != one {
			t.Fatalf("a member per group:\n%s\none member:\n%s", many, one)
		}
		in.Members = []Member{{Groups: []*window.Group{merged}}}
		if sum := asJSON(t, Evaluate(in)); sum != one {
			t.Fatalf("merged series:\n%s\none member:\n%s", sum, one)
		}
	})
}

func drawnMerge(d drawn) *window.Group {
	m := newGroup(d.grid.Cells())
	for _, g := range d.groups {
		for i, s := range g.Samples {
			m.Samples[i] += s
		}
		for i, c := range countsOf(g) {
			countsOf(m)[i].Windowed.AddRow(c.Windowed)
			countsOf(m)[i].Recovered.AddRow(c.Recovered)
		}
	}
	return m
}

// A grid that is finer than needed changes nothing but the instant at which a
// budget ran out, which can only be found earlier.
func TestSplittingCellsChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		d := draw(t, o)
		ex := []Exclusion{{Span: period.Span{Start: d.start.Add(7 * time.Minute), End: d.start.Add(31 * time.Minute)}, AsMet: rapid.Bool().Draw(t, "as met")}}
		in := Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups, Excluded: ex}}}
		coarse := Evaluate(in)
		fine := d.split(rapid.IntRange(0, d.grid.Cells()-1).Draw(t, "cell"), rapid.Int64Range(1, 59_999).Draw(t, "at"))
		in.Scan, in.Members[0].Groups = fine.scan(), fine.groups
		got := Evaluate(in)
		if a, b := coarse.Budget, got.Budget; a != nil && b != nil && a.ExhaustedAt != nil && b.ExhaustedAt != nil {
			if b.ExhaustedAt.After(*a.ExhaustedAt) {
				t.Fatalf("exhausted at %s, with a coarser grid at %s", b.ExhaustedAt, a.ExhaustedAt)
			}
			b.ExhaustedAt = a.ExhaustedAt
		}
		if asJSON(t, got) != asJSON(t, coarse) {
			t.Fatalf("finer:\n%s\ncoarser:\n%s", asJSON(t, got), asJSON(t, coarse))
		}
	})
}

// split cuts a cell in two: what it holds stays in its second part.
func (d drawn) split(cell int, at int64) drawn {
	cut := d.grid[cell] + at
	if cut >= d.grid[cell+1] {
		return d
	}
	out := d
	out.grid = append(append(append(window.Grid{}, d.grid[:cell+1]...), cut), d.grid[cell+1:]...)
	n := out.grid.Cells()
	job := window.Job{Name: "api", Seen: make([]bool, n), Up: make([]uint32, n), Down: make([]uint32, n)}
	to := func(i int) int {
		if i >= cell {
			return i + 1
		}
		return i
	}
	job.Seen[cell] = true
	for i := range d.jobs[0].Seen {
		job.Seen[to(i)], job.Up[to(i)], job.Down[to(i)] = true, d.jobs[0].Up[i], d.jobs[0].Down[i]
	}
	out.jobs, out.groups = []window.Job{job}, nil
	for _, g := range d.groups {
		h := newGroup(n)
		for i, s := range g.Samples {
			h.Samples[to(i)] = s
		}
		for k, c := range countsOf(g) {
			for i := range c.Windowed.Len() {
				countsOf(h)[k].Windowed.Add(to(i), c.Windowed.At(i))
				countsOf(h)[k].Recovered.Add(to(i), c.Recovered.At(i))
			}
		}
		out.groups = append(out.groups, h)
	}
	return out
}

// The parts of a period have the events of the whole, recovered ones included.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		o.Method, o.Up = Events, false
		d := draw(t, o)
		edge := d.start.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "edge")) * 5 * time.Minute)
		spans := []period.Span{{Start: d.start, End: edge}, {Start: edge, End: d.end}, {Start: d.start, End: d.end}}
		instants := []time.Time{}
		for _, s := range spans {
			p := d.period()
			p.Span = s
			instants = append(instants, Instants(o, p, d.now)...)
		}
		d = d.resplit(instants)
		var total, bad, recovered [3]unit.Decimal
		for i, s := range spans {
			p := d.period()
			p.Span = s
			r := Evaluate(Input{Objective: o, Period: p, Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups}}})
			total[i], bad[i], recovered[i] = r.Events.Total.Decimal, r.Events.Bad.Decimal, r.Events.Recovered.Decimal
		}
		for _, v := range [][3]unit.Decimal{total, bad, recovered} {
			if v[0].Add(v[1]).Cmp(v[2]) != 0 {
				t.Fatalf("%s + %s is not %s", v[0], v[1], v[2])
			}
		}
	})
}

// resplit cuts the grid at further instants.
func (d drawn) resplit(instants []time.Time) drawn {
	for _, at := range instants {
		for cell := range d.grid.Cells() {
			if d.grid[cell] < at.UnixMilli() && at.UnixMilli() < d.grid[cell+1] {
				d = d.split(cell, at.UnixMilli()-d.grid[cell])
				break
			}
		}
	}
	return d
}

// What is written is never better than what is true, and the verdict of a closed
// period is the exact comparison.
func TestAttainedIsCutTowardsTheWorseSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		o.Method, o.Up, o.MinCoverage = Events, false, unit.DecimalOfInt(0)
		d := drawAt(t, o, false)
		r := Evaluate(Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups}}})
		if r.Events.Total.IsZero() {
			t.Skip("no events")
		}
		exact := new(big.Rat).Quo(r.Events.Bad.Rat(), r.Events.Total.Rat())
		if o.Comparison == AtLeast {
			exact.Sub(big.NewRat(1, 1), exact)
		}
		exact.Mul(exact, big.NewRat(100, 1))
		gap := new(big.Rat).Sub(exact, r.Attained.Rat())
		if o.Comparison == AtMost {
			gap.Neg(gap)
		}
		if gap.Sign() < 0 || gap.Cmp(big.NewRat(1, 1_000_000_000_000)) > 0 {
			t.Fatalf("%s was written for %s", r.Attained, exact.FloatString(20))
		}
		met := exact.Cmp(o.Target.Rat())
		if o.Comparison == AtMost {
			met = -met
		}
		if (r.State == Met) != (met >= 0) {
			t.Fatalf("state %s at %s against %s %s", r.State, exact.FloatString(20), o.Comparison, o.Target)
		}
	})
}

// Taking out windows without a bad event makes nothing better, and taking out
// windows in which all is bad makes nothing worse.
func TestExcludingCleanTimeImprovesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		o.Method, o.Comparison, o.Up = Events, AtLeast, false
		d := draw(t, o)
		clean := rapid.Bool().Draw(t, "clean")
		from := d.start.Add(time.Duration(rapid.IntRange(0, 45).Draw(t, "from")) * time.Minute)
		span := period.Span{Start: from, End: from.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)}
		lo, hi := d.grid.Range(span)
		for _, g := range d.groups {
			for i := lo; i < hi; i++ { // make what will be excluded clean, or wholly bad
				for _, c := range []struct{ bad, total *unit.Sums }{{g.Bad.Windowed, g.Total.Windowed}, {g.Bad.Recovered, g.Total.Recovered}} {
					c.bad.Add(i, c.bad.At(i).Neg())
					if !clean {
						c.bad.Add(i, c.total.At(i))
					}
				}
			}
		}
		in := Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups}}}
		whole := Evaluate(in)
		in.Members[0].Excluded = []Exclusion{{Span: span}}
		rest := Evaluate(in)
		if whole.Events.Total.IsZero() || rest.Events.Total.IsZero() {
			t.Skip("no events")
		}
		side := rest.Attained.Cmp(*whole.Attained)
		if clean && side > 0 || !clean && side < 0 {
			t.Fatalf("clean %v: %s without the span, %s with it", clean, rest.Attained, whole.Attained)
		}
	})
}

// Windows' states are disjoint and complete, and a violation lies in its period.
func TestResultsAreConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawObjective(t)
		d := draw(t, o)
		r := Evaluate(Input{Objective: o, Period: d.period(), Now: d.now, Scan: d.scan(), Members: []Member{{Groups: d.groups}}})
		w := r.Windows
		if w.Measured+w.Idle+w.NoData+w.Unreachable+w.Excluded != w.Total || w.Bad > w.Total {
			t.Fatalf("windows %+v", w)
		}
		for _, v := range r.Violations {
			if v.Start.Before(d.start) || v.End.After(d.end) || v.Seconds <= 300 {
				t.Fatalf("violation %+v", v)
			}
		}
		if b := r.Budget; b != nil && (b.ConsumedRatio.Cmp(unit.DecimalOfInt(1)) > 0) != (b.Consumed.Cmp(b.Allowed) > 0) && !b.Allowed.IsZero() {
			t.Fatalf("budget %+v", b)
		}
	})
}
