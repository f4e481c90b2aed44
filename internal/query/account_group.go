package query

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// role is what a selected series is to its request.
type role int

const (
	roleTotal  role = iota // events, observations' count of a rating, a plain counter
	roleBad                // bad events
	roleGood               // good events: the bad ones are the total less these
	roleSum                // the sum counter of a rating
	roleBucket             // a bucket of a histogram
	roleNative             // a native histogram
	roleGauge
	roleProbe
)

// target is what Prometheus scrapes.
type target struct{ job, instance string }

// targetOf returns the target of a series, and false for a series that lacks
// either label: it has none.
func targetOf(ls labels.Labels) (target, bool) {
	t := target{ls.Get("job"), ls.Get("instance")}
	return t, t.job != "" && t.instance != ""
}

// account is one request being answered. Series may be taken from several
// goroutines; sums are exact, so their order does not matter.
type account struct {
	req  Request
	grid window.Grid

	mu       sync.Mutex
	err      error
	scan     window.Scan
	groups   map[string]*group
	targets  map[target]*runs // samples of the selected series, by target
	jobs     map[string]*runs // the same by job
	pending  []pendingBirth   // births whose witness is not known yet
	replicas replicas
	good     int64 // series that good selected
	classic  bool  // histograms with classic buckets were found
	// Samples that could not be used.
	dropped, unordered, histograms int64
}

// group is a window.Group being filled.
type group struct {
	window.Group
	extremes extremes
	buckets  map[float64]*window.Counts
	// layouts holds, for every histogram in the group, how many samples each of
	// its buckets had: one that had fewer than +Inf was not always there.
	layouts map[string]map[float64]int64
	// native holds what lies in the exponential buckets of native histograms, by
	// each scale that they have.
	native map[window.Scale]map[window.Place]*window.Counts
	// scaled holds windowed fractions, each in a row of its own scale, until all
	// is counted: decimals would take a hundred times longer to add.
	scaled map[scaledKey][]int64
}

// scaledKey is a quantity and the unit, 10^-digits, of its fractions.
type scaledKey struct {
	counts *window.Counts
	digits uint8
}

// pendingBirth is a birth of a series in a group.
type pendingBirth struct {
	birth
	group  *group
	role   role
	bound  float64
	series labels.Labels
	native *histogram.FloatHistogram // the first value under roleNative
}

func newAccount(req Request, grid window.Grid) *account {
	return &account{req: req, grid: grid, groups: map[string]*group{}, targets: map[target]*runs{}, jobs: map[string]*runs{},
		replicas: replicas{}, scan: window.Scan{Grid: grid, Accounting: window.Exact}}
}

// meet records that a series was selected, and what was wrong with it.
func (a *account) meet(ls labels.Labels, t *tallied) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropped += t.dropped
	a.unordered += t.unordered
	a.histograms += t.histograms
	if t.samples == 0 {
		return
	}
	a.scan.Series++
	a.scan.Samples += t.samples
	a.see(ls, t.runs)
	a.replicas.add(ls, t.runs)
}

// take adds what a series contributes in a role.
func (a *account) take(r role, ls labels.Labels, t *tallied) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.samples == 0 {
		return
	}
	if r == roleGood {
		a.good++
	}
	bound := math.Inf(1)
	if r == roleBucket {
		var err error
		if bound, err = strconv.ParseFloat(ls.Get(labels.BucketLabel), 64); err != nil {
			a.note("the bucket %s is not counted: its le is no number", ls)
			return
		}
	}
	g := a.group(ls)
	if r == roleBucket {
		g.layout(ls, bound, t.samples)
	}
	a.fill(g, r, bound, t)
	a.trace(g, r, bound, ls, t.traces)
	for _, b := range t.births {
		p := pendingBirth{birth: b, group: g, role: r, bound: bound, series: ls}
		if began(t.starts, b.time-a.req.Lookback.Milliseconds(), b.time) {
			a.settle(p, true)
		} else {
			a.pending = append(a.pending, p)
		}
	}
}

// see records when the series' target and job were being scraped.
func (a *account) see(ls labels.Labels, rs []run) {
	t, ok := targetOf(ls)
	for _, r := range rs {
		if ok {
			runsOf(a.targets, t).add(r, a.req.Lookback.Milliseconds())
		}
		if t.job != "" {
			runsOf(a.jobs, t.job).add(r, a.req.Lookback.Milliseconds())
		}
	}
}

func runsOf[K comparable](m map[K]*runs, k K) *runs {
	r, ok := m[k]
	if !ok {
		r = &runs{}
		m[k] = r
	}
	return r
}

// group returns the group that the series belongs to.
func (a *account) group(ls labels.Labels) *group {
	values := make([]string, len(a.req.GroupBy))
	for i, name := range a.req.GroupBy {
		values[i] = ls.Get(name)
	}
	key := strings.Join(values, "\xff")
	g, ok := a.groups[key]
	if !ok {
		g = &group{Group: window.Group{Labels: make(map[string]string, len(values)), Samples: make([]uint32, a.grid.Cells())},
			buckets: map[float64]*window.Counts{}, layouts: map[string]map[float64]int64{},
			scaled: map[scaledKey][]int64{}, native: map[window.Scale]map[window.Place]*window.Counts{}}
		for i, name := range a.req.GroupBy {
			g.Labels[name] = values[i]
		}
		a.groups[key] = g
	}
	return g
}

func (g *group) layout(ls labels.Labels, bound float64, samples int64) {
	key := labels.NewBuilder(ls).Del(labels.BucketLabel).Labels().String()
	if g.layouts[key] == nil {
		g.layouts[key] = map[float64]int64{}
	}
	g.layouts[key][bound] += samples
}

// sink is a quantity that a series adds to, with its sign.
type sink struct {
	counts *window.Counts
	sign   int64
}

// sinks are the quantities that the increments of a series in a role go to.
// Good events are kept as the bad ones that they are not, so that the difference
// needs no second pass.
func (a *account) sinks(g *group, r role, bound float64) []sink {
	switch r {
	case roleBad:
		return []sink{{&g.Bad, 1}}
	case roleGood:
		return []sink{{&g.Bad, -1}}
	case roleSum:
		return []sink{{&g.Sum, 1}}
	case roleBucket:
		c, ok := g.buckets[bound]
		if !ok {
			c = &window.Counts{}
			g.buckets[bound] = c
		}
		if math.IsInf(bound, 1) {
			return []sink{{c, 1}, {&g.Total, 1}}
		}
		return []sink{{c, 1}}
	}
	if a.req.Indicator.Kind == Ratio && !a.req.Indicator.Good.IsZero() {
		return []sink{{&g.Total, 1}, {&g.Bad, 1}}
	}
	return []sink{{&g.Total, 1}}
}

// judges reports whether a sample in the role lets its cell be judged.
func (r role) judges(bound float64) bool {
	return r == roleTotal || r == roleGauge || r == roleProbe || r == roleNative || r == roleBucket && math.IsInf(bound, 1)
}

// fill adds a tally to the rows of a group.
func (a *account) fill(g *group, r role, bound float64, t *tallied) {
	values, samples := a.sinks(g, r, bound), []sink(nil)
	switch r {
	case roleGauge:
		values, samples = []sink{{&g.Sum, 1}}, []sink{{&g.Total, 1}}
		g.extremes.unite(t.extremes)
	case roleProbe:
		values, samples = []sink{{&g.Bad, 1}}, []sink{{&g.Total, 1}}
	}
	n := a.grid.Cells()
	for _, s := range values {
		for _, c := range t.cells {
			switch {
			case c.value == 0:
			case c.digits == 0:
				row(&s.counts.Windowed, n).AddInt(int(c.cell), s.sign*c.value)
			default:
				g.addScaled(s, n, c)
			}
		}
		addValues(&s.counts.Windowed, n, t.wide, s.sign)
		addValues(&s.counts.Recovered, n, t.recovered, s.sign)
	}
	for _, s := range samples {
		for _, c := range t.cells {
			row(&s.counts.Windowed, n).AddInt(int(c.cell), int64(c.samples))
		}
	}
	if r.judges(bound) {
		for _, c := range t.cells {
			g.Samples[c.cell] += c.samples
		}
	}
}

// addScaled adds a decimal fraction: to a row of its scale as long as it fits.
func (g *group) addScaled(s sink, n int, c cellCount) {
	key := scaledKey{s.counts, c.digits}
	if g.scaled[key] == nil {
		g.scaled[key] = make([]int64, n)
	}
	if !accumulate(&g.scaled[key][c.cell], s.sign*c.value) {
		row(&s.counts.Windowed, n).Add(int(c.cell), scaledDecimal(s.sign*c.value, c.digits))
	}
}

// foldScaled adds the rows of fractions to the counts that they belong to.
func (g *group) foldScaled(n int) {
	for key, values := range g.scaled {
		for cell, v := range values {
			if v != 0 {
				row(&key.counts.Windowed, n).Add(cell, scaledDecimal(v, key.digits))
			}
		}
	}
	g.scaled = nil
}

func addValues(into **unit.Sums, n int, values []cellValue, sign int64) {
	for _, v := range values {
		d := v.value
		if sign < 0 {
			d = d.Neg()
		}
		row(into, n).Add(int(v.cell), d)
	}
}

// row returns the accumulators, and makes them when they are first added to.
func row(s **unit.Sums, n int) *unit.Sums {
	if *s == nil {
		*s = unit.NewSums(n)
	}
	return *s
}

// note adds a note once.
func (a *account) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(a.scan.Notes, text) {
		a.scan.Notes = append(a.scan.Notes, text)
	}
}

// settle counts a birth, now that it is known whether it was witnessed.
func (a *account) settle(b pendingBirth, witnessed bool) {
	value, _ := unit.DecimalOfFloat(b.value)
	if !witnessed && b.native == nil {
		a.trace(b.group, b.role, b.bound, b.series, []TracedSample{{b.time, b.value, Unwitnessed}})
	}
	for _, s := range a.sinks(b.group, b.role, b.bound) {
		into := &s.counts.Unwitnessed
		if witnessed {
			into = &s.counts.Windowed
		}
		if !value.IsZero() {
			addValues(into, a.grid.Cells(), []cellValue{{b.cell, value}}, s.sign)
		}
	}
	if b.native != nil {
		a.spread(b.group, growth{b.cell, b.native}, func(c *window.Counts) **unit.Sums {
			if witnessed {
				return &c.Windowed
			}
			return &c.Unwitnessed
		})
	}
	// An unwitnessed first value says nothing about what happened in its cell.
	if witnessed && b.role.judges(b.bound) {
		b.group.Samples[b.cell]++
	}
}

// result closes the account.
func (a *account) result() Result {
	if a.err != nil {
		return Result{Err: a.err}
	}
	for _, key := range sortedKeys(a.groups) {
		g := a.groups[key]
		g.foldScaled(a.grid.Cells())
		a.layBuckets(g)
		a.layNative(g)
		if e := g.extremes; e.any {
			g.First, g.Last, g.Min, g.Max = decimalOf(e.first), decimalOf(e.last), decimalOf(e.min), decimalOf(e.max)
		}
		a.scan.Groups = append(a.scan.Groups, g.Group)
	}
	a.noteProblems()
	sort.Strings(a.scan.Notes)
	scan := a.scan
	return Result{Scan: &scan}
}

// layBuckets puts the buckets of a group in order and leaves out those that not
// every histogram of the group had all the time.
func (a *account) layBuckets(g *group) {
	if a.req.Indicator.Kind != Histogram {
		return
	}
	var bounds []float64
	for b := range g.buckets {
		bounds = append(bounds, b)
	}
	sort.Float64s(bounds)
	for _, bound := range bounds {
		common := true
		for _, layout := range g.layouts {
			common = common && layout[bound] == layout[math.Inf(1)]
		}
		if !common {
			g.Estimate = true
			continue
		}
		g.Buckets = append(g.Buckets, window.Bucket{Bound: bound, Counts: *g.buckets[bound]})
	}
	for _, layout := range g.layouts {
		if layout[math.Inf(1)] == 0 {
			a.note("a histogram of %s has no bucket le=\"+Inf\"; its observations are not counted", a.req.Indicator.Total)
		}
	}
	if g.Estimate {
		a.note("the histograms of %s differ in their buckets and were merged on the bounds that all share: quantiles are estimates", a.req.Indicator.Total)
	}
}

// noteProblems writes down what a reader of the figures must know.
func (a *account) noteProblems() {
	if a.dropped > 0 {
		a.note("%d samples of %s are NaN or infinite and were left out", a.dropped, a.req.Indicator.Total)
	}
	if a.unordered > 0 {
		a.note("%d samples of %s were out of order and were left out", a.unordered, a.req.Indicator.Total)
	}
	if a.histograms > 0 {
		a.note("%d samples of %s are native histograms, which only `histogram:` counts", a.histograms, a.req.Indicator.Total)
	}
	if label, n := a.replicas.overlapping(); n > 0 {
		a.note("%d series are there more than once, differing only in the label %s, and were all counted: an HA pair? Select one replica, or name the label in dedup_labels of a prometheus source", n, label)
	}
	ind := a.req.Indicator
	if ind.Kind == Ratio && !ind.Good.IsZero() && len(a.groups) > 0 && a.good == 0 {
		a.note("nothing was selected by good: %s; every event counts as bad", ind.Good)
	}
}

func decimalOf(f float64) *unit.Decimal {
	d, _ := unit.DecimalOfFloat(f)
	return &d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
