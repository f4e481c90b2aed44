package evaluate

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// The entries of a scan's raw increments.
const (
	scanSeries     = "/series.csv"
	scanIncrements = "/increments.csv"
)

// mostIncrements bounds the samples that an archive may show one by one: they are
// held in memory until they are sorted.
const mostIncrements = 10_000_000

// traces collects the traces of one objective.
type traces struct {
	mine   func(group map[string]string) bool // whose series are kept
	list   []query.Trace
	births map[string]int // the index of a series in a role
	count  *atomic.Int64  // of all samples of an archive
	untold string         // why they cannot be shown
}

// traceKey tells series in roles apart.
func traceKey(t query.Trace) string {
	return seriesText(t.Series) + "\xff" + strings.Join(t.Counts, ",")
}

// add is a [query.Tracer].
func (ts *traces) add(t query.Trace) {
	if t.Untold != "" {
		ts.untold = t.Untold
		return
	}
	if !ts.mine(t.Group) {
		return
	}
	key := traceKey(t)
	if i, ok := ts.births[key]; ok && len(t.Samples) == 1 && t.Samples[0].How == query.Unwitnessed {
		for k := range ts.list[i].Samples {
			if s := &ts.list[i].Samples[k]; s.Time == t.Samples[0].Time {
				s.How = query.Unwitnessed
			}
		}
		return
	}
	if ts.count.Add(int64(len(t.Samples))) > mostIncrements {
		return // refused in the end
	}
	t.Samples = slices.Clone(t.Samples)
	ts.births[key] = len(ts.list)
	ts.list = append(ts.list, t)
}

// trace asks for the traces of the objectives, for a customer of its own series.
func (e *Evaluator) trace(objectives []measured, q questions, org string) map[int]*traces {
	out, count := map[int]*traces{}, &atomic.Int64{}
	for i := range objectives {
		o := &objectives[i]
		if o.reason != "" {
			continue
		}
		owner := e.owner(o.by)
		ts := &traces{births: map[string]int{}, count: count, mine: func(group map[string]string) bool {
			return org == "" || o.by.shared || owner(&window.Group{Labels: group}) == org
		}}
		if at := o.ticket.asked; len(at) == 1 {
			q[at[0].source][at[0].index].Trace = ts.add
		} else {
			ts.untold = "it is a sum over several sources, in which a window counts where all of them have data"
		}
		out[i] = ts
	}
	return out
}

// errTooMany says that an archive would show too many samples.
func errTooMany() error {
	return fmt.Errorf("writing evidence: there are more than %d samples to show one by one; name an organization or a shorter period", mostIncrements)
}

// pseudonyms give the values of labels numbers, the same in all of an archive.
type pseudonyms map[string][]string // sorted values, by label

// pseudonymize numbers the values of all labels but those kept.
func pseudonymize(objectives []measured, all map[int]*traces) pseudonyms {
	values := map[string]map[string]bool{"job": {}}
	for i := range objectives {
		for _, job := range objectives[i].result.Scan.Jobs {
			values["job"][job.Name] = true
		}
	}
	for _, ts := range all {
		for _, t := range ts.list {
			for label, value := range t.Series {
				if values[label] == nil {
					values[label] = map[string]bool{}
				}
				values[label][value] = true
			}
		}
	}
	out := pseudonyms{}
	for name, set := range values {
		out[name] = slices.Sorted(maps.Keys(set))
	}
	return out
}

// name is what a value is called.
func (p pseudonyms) name(label, value string) string {
	i, _ := slices.BinarySearch(p[label], value)
	return fmt.Sprintf("%s-%d", label, i+1)
}

// of returns the labels of a series with numbers for values, but for the bounds of
// buckets and the organization's own label, and without the metric's name.
func (p pseudonyms) of(series map[string]string, own string) map[string]string {
	out := map[string]string{}
	for label, value := range series {
		switch label {
		case "__name__":
		case "le", own:
			out[label] = value
		default:
			out[label] = p.name(label, value)
		}
	}
	return out
}

// seriesText writes the labels of a series as PromQL does.
func seriesText(series map[string]string) string {
	var pairs []string
	for _, label := range slices.Sorted(maps.Keys(series)) {
		if label != "__name__" {
			pairs = append(pairs, label+"="+strconv.Quote(series[label]))
		}
	}
	return series["__name__"] + "{" + strings.Join(pairs, ", ") + "}"
}

// settle puts the traces in order and names their series.
func (ts *traces) settle(name func(map[string]string) string) []tracedSeries {
	slices.SortFunc(ts.list, func(a, b query.Trace) int { return strings.Compare(traceKey(a), traceKey(b)) })
	out := make([]tracedSeries, len(ts.list))
	for i, t := range ts.list {
		out[i] = tracedSeries{Trace: t, name: name(t.Series)}
	}
	return out
}

// tracedSeries is a trace and what its series is called in an archive.
type tracedSeries struct {
	query.Trace
	name string
}

// kind is how the samples of a series count, as the table of series says it.
func (t tracedSeries) kind() string {
	switch {
	case t.Probe:
		return kindProbe
	case t.Gauge:
		return kindGauge
	}
	return kindCounter
}

// The kinds of series.
const (
	kindCounter = "counter" // what counts is growth
	kindGauge   = "gauge"   // what counts is each value
	kindProbe   = "probe"   // what counts is each sample that is not 1
)

// writeSeries lists the series of a scan.
func (s evidenceScan) writeSeries(w io.Writer) error {
	return table(w, []string{"series", "group", "kind", "counts", "per_sample", "judges", "labels"}, func(write func(...string)) {
		for i, t := range s.series {
			write(strconv.Itoa(i+1), strconv.Itoa(s.groupOf(t)+1), t.kind(), strings.Join(t.Counts, ";"), strings.Join(t.PerSample, ";"), strconv.FormatBool(t.Judges), t.name)
		}
	})
}

// groupOf finds the group of the scan that a series counts for. A scan that was
// reduced has a single group, of labels that the series need not have, or one for
// each tier that they name.
func (s evidenceScan) groupOf(t tracedSeries) int {
	if len(s.scan.Groups) == 1 {
		return 0
	}
	return slices.IndexFunc(s.scan.Groups, func(g window.Group) bool {
		for name, value := range g.Labels {
			if have, named := t.Group[name]; named && have != value {
				return false
			}
		}
		return true
	})
}

// howWords are how samples count, in the words of the table.
func howWords() [7]string {
	return [7]string{query.Before: "before", query.Growth: "growth", query.Reset: "reset", query.Recovered: "recovered", query.Birth: "birth",
		query.Unwitnessed: "unwitnessed", query.Itself: "sample"}
}

// incrementColumns are the columns of the table of increments.
func incrementColumns() []string {
	return []string{"series", "time", "value", "previous_time", "previous_value", "increment", "counts_as", "cell"}
}

// incrementRow is the row of a sample that follows another one.
func incrementRow(id, kind string, grid window.Grid, s, before *query.TracedSample) []string {
	row := []string{id, instant(time.UnixMilli(s.Time)), exact(s.Value).Canonical(), "", "", "", howWords()[s.How], ""}
	if before != nil && kind == kindCounter {
		row[3], row[4] = instant(time.UnixMilli(before.Time)), exact(before.Value).Canonical()
	}
	if s.How != query.Before {
		row[5] = increment(kind, s, before).Canonical()
		row[7] = strconv.Itoa(cellOf(grid, s.Time) + 1)
	}
	return row
}

// writeIncrements lists the samples of the series of a scan.
func (s evidenceScan) writeIncrements(w io.Writer) error {
	return table(w, incrementColumns(), func(write func(...string)) {
		for i, t := range s.series {
			var before *query.TracedSample
			id := strconv.Itoa(i + 1)
			for k := range t.Samples {
				write(incrementRow(id, t.kind(), s.scan.Grid, &t.Samples[k], before)...)
				before = &t.Samples[k]
			}
		}
	})
}

// exact is a sample as the shortest decimal that gives it back.
func exact(f float64) unit.Decimal {
	d, _ := unit.DecimalOfFloat(f)
	return d
}

// increment is what a sample counts.
func increment(kind string, s, before *query.TracedSample) unit.Decimal {
	v := exact(s.Value)
	switch {
	case kind == kindProbe && s.Value == 1:
		return unit.Decimal{}
	case kind == kindProbe:
		return unit.DecimalOfInt(1)
	case kind == kindGauge, before == nil, s.How == query.Birth, s.How == query.Unwitnessed, s.Value < before.Value:
		return v
	}
	return v.Sub(exact(before.Value))
}

// cellOf is the cell that owns an instant, −1 for none.
func cellOf(g window.Grid, t int64) int {
	i, _ := slices.BinarySearch(g, t)
	if i == 0 || i >= len(g) {
		return -1
	}
	return i - 1
}

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
