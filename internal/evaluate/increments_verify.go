package evaluate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// tallying adds up the increments of an archive, as a person would, and compares
// with the counts.
type tallying struct {
	dir    string
	grid   window.Grid
	series []listedSeries
	groups []window.Group
	limits limits
	out    []evidence.Finding
	more   int

	current int // the series of the row before
	before  *query.TracedSample
}

// limits are those of the accounting that an objective names, in milliseconds.
type limits struct{ maxGap, lookback int64 }

// listedSeries is a row of the table of series.
type listedSeries struct {
	group             int
	kind              string
	counts, perSample []string
	judges            bool
}

// listed is what the table of series says of a series.
func (t tracedSeries) listed(group int) listedSeries {
	return listedSeries{group, t.kind(), t.Counts, t.PerSample, t.Judges}
}

// addsUp reports an error unless the increments of a scan add up to its counts:
// evidence that contradicts itself is never written.
func (s evidenceScan) addsUp() error {
	t := newTallying("", s.scan, limits{})
	for _, one := range s.series {
		series := one.listed(s.groupOf(one))
		if series.group < 0 {
			return fmt.Errorf("writing evidence: a series of %s counts for no group", s.sla)
		}
		var before *query.TracedSample
		for k := range one.Samples {
			sample := &one.Samples[k]
			if sample.How != query.Before {
				t.add(&series, cellOf(s.scan.Grid, sample.Time), increment(series.kind, sample, before), sample.How)
			}
			before = sample
		}
	}
	for i := range s.scan.Groups {
		t.compare(i, &s.scan.Groups[i])
	}
	if len(t.out) == 0 {
		return nil
	}
	f := t.out[0]
	return fmt.Errorf("writing evidence: the increments of %s do not add up to its counts: %s: %s instead of %s", s.sla, f.Place, f.Expected, f.Found)
}

// newTallying begins to add up the increments of a scan.
func newTallying(dir string, scan *window.Scan, l limits) *tallying {
	t := &tallying{dir: dir, grid: scan.Grid, limits: l, current: -1}
	for i := range scan.Groups {
		g := window.Group{Labels: scan.Groups[i].Labels, Samples: make([]uint32, scan.Grid.Cells())}
		for _, b := range scan.Groups[i].Buckets {
			g.Buckets = append(g.Buckets, window.Bucket{Bound: b.Bound})
		}
		t.groups = append(t.groups, g)
	}
	return t
}

// verifyIncrements recomputes the counts of a scan from its increments.
func verifyIncrements(a *evidence.Archive, dir string, scan *window.Scan, l limits) []evidence.Finding {
	t := newTallying(dir, scan, l)
	for _, part := range []struct {
		name string
		row  func([]string) error
	}{{scanSeries, t.readSeries}, {scanIncrements, t.count}} {
		if err := a.EachRow(dir+part.name, part.row); err != nil {
			return append(t.done(), evidence.Finding{Entry: dir + part.name, Problem: err.Error()})
		}
	}
	for i := range scan.Groups {
		t.compare(i, &scan.Groups[i])
	}
	return t.done()
}

func (t *tallying) find(entry, place, problem, found, expected string) {
	if len(t.out) >= 20 {
		t.more++
		return
	}
	t.out = append(t.out, evidence.Finding{Entry: t.dir + entry, Place: place, Problem: problem, Found: found, Expected: expected})
}

func (t *tallying) done() []evidence.Finding {
	if t.more > 0 {
		t.out = append(t.out, evidence.Finding{Entry: t.dir + scanIncrements, Problem: fmt.Sprintf("%d further differences", t.more)})
		t.more = 0
	}
	return t.out
}

// readSeries reads a row of the table of series.
func (t *tallying) readSeries(row []string) error {
	if len(row) != 7 || row[0] != strconv.Itoa(len(t.series)+1) {
		return errors.New("it is not the next series")
	}
	group, err := strconv.Atoi(row[1])
	judges, err2 := strconv.ParseBool(row[5])
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if group < 1 || group > len(t.groups) {
		return fmt.Errorf("there is no group %d", group)
	}
	split := func(s string) []string {
		return slices.DeleteFunc(strings.Split(s, ";"), func(w string) bool { return w == "" })
	}
	t.series = append(t.series, listedSeries{group - 1, row[2], split(row[3]), split(row[4]), judges})
	return nil
}

// count adds up a row of the increments, after recomputing it from the sample and
// the one before.
func (t *tallying) count(row []string) error {
	if len(row) != 8 {
		return errors.New("a row has 8 fields")
	}
	id, err := strconv.Atoi(row[0])
	at, err2 := time.Parse(time.RFC3339, row[1])
	value, err3 := unit.ParseCanonical(row[2])
	how := slices.Index(slices.Collect(words()), row[6])
	switch {
	case errors.Join(err, err2, err3) != nil:
		return errors.Join(err, err2, err3)
	case id < 1 || id > len(t.series) || id-1 < t.current:
		return fmt.Errorf("there is no series %q here", row[0])
	case how < 0:
		return fmt.Errorf("a sample does not count as %q", row[6])
	}
	if id-1 != t.current {
		t.current, t.before = id-1, nil
	}
	s := query.TracedSample{Time: at.UnixMilli(), Value: value.Float(), How: query.How(how)}
	defer func() { t.before = &s }()
	series := &t.series[id-1]
	if t.before != nil && s.Time <= t.before.Time {
		return errors.New("samples are in the order of their times")
	}
	cell := cellOf(t.grid, s.Time)
	if s.How == query.Before && t.before == nil && s.Time <= t.grid[0] {
		return nil
	}
	if cell < 0 {
		return fmt.Errorf("%s lies outside of all cells", row[1])
	}
	s.How = t.rule(series, &s)
	want := incrementRow(row[0], series.kind, t.grid, &s, t.before)
	for i, column := range incrementColumns() {
		if row[i] != want[i] {
			t.find(scanIncrements, fmt.Sprintf("series %s at %s: %s", row[0], row[1], column), "it does not follow from the sample and the one before", row[i], want[i])
		}
	}
	t.add(series, cell, increment(series.kind, &s, t.before), s.How)
	return nil
}

func words() func(func(string) bool) {
	all := howWords()
	return slices.Values(all[:])
}

// rule is how a sample has to count. Whether a first sample was witnessed, other
// series tell, which are not in the archive.
func (t *tallying) rule(series *listedSeries, s *query.TracedSample) query.How {
	if series.kind != kindCounter {
		return query.Itself
	}
	first := t.before == nil || s.Time-t.before.Time > t.limits.lookback
	switch {
	case first && s.How == query.Unwitnessed:
		return query.Unwitnessed
	case first:
		return query.Birth
	case s.Time-t.before.Time > t.limits.maxGap:
		return query.Recovered
	case s.Value < t.before.Value:
		return query.Reset
	}
	return query.Growth
}

// add adds an increment to what its series counts.
func (t *tallying) add(series *listedSeries, cell int, amount unit.Decimal, how query.How) {
	g := &t.groups[series.group]
	for _, name := range series.counts {
		name, negative := strings.CutPrefix(name, "-")
		v := amount
		if negative {
			v = v.Neg()
		}
		t.into(g, name, how, cell, v)
	}
	if how != query.Unwitnessed && how != query.Recovered {
		for _, name := range series.perSample {
			t.into(g, name, how, cell, unit.DecimalOfInt(1))
		}
		if series.judges {
			g.Samples[cell]++
		}
	}
}

// into adds to a quantity, if the group has it: a bucket that not all histograms
// have is in none.
func (t *tallying) into(g *window.Group, name string, how query.How, cell int, v unit.Decimal) {
	for _, q := range g.Quantities() {
		if q.Name != name || v.IsZero() {
			continue
		}
		row := &q.Counts.Windowed
		switch how {
		case query.Recovered:
			row = &q.Counts.Recovered
		case query.Unwitnessed:
			row = &q.Counts.Unwitnessed
		}
		if *row == nil {
			*row = unit.NewSums(t.grid.Cells())
		}
		if whole, ok := v.Int64(); ok {
			(*row).AddInt(cell, whole)
		} else {
			(*row).Add(cell, v)
		}
	}
}

// compare compares a group with what its increments add up to.
func (t *tallying) compare(i int, want *window.Group) {
	got := &t.groups[i]
	theirs := want.Quantities()
	for k, q := range got.Quantities() {
		for _, pair := range []struct {
			suffix     string
			mine, have *unit.Sums
		}{{"", q.Counts.Windowed, theirs[k].Counts.Windowed}, {" recovered", q.Counts.Recovered, theirs[k].Counts.Recovered},
			{" unwitnessed", q.Counts.Unwitnessed, theirs[k].Counts.Unwitnessed}} {
			if pair.mine == nil && pair.have == nil {
				continue
			}
			for cell := range t.grid.Cells() {
				if x, y := pair.have.At(cell), pair.mine.At(cell); x.Cmp(y) != 0 {
					t.find(scanCounts, fmt.Sprintf("group %d, cell %d, %s%s", i+1, cell+1, q.Name, pair.suffix), "it is not what the increments add up to", x.Canonical(), y.Canonical())
				}
			}
		}
	}
	for cell, n := range want.Samples {
		if n != got.Samples[cell] {
			t.find(scanCounts, fmt.Sprintf("group %d, cell %d, samples", i+1, cell+1), "it is not how many increments there are", strconv.FormatUint(uint64(n), 10), strconv.FormatUint(uint64(got.Samples[cell]), 10))
		}
	}
}
