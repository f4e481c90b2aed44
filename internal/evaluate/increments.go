package evaluate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

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
