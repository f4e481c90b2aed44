package query

import (
	"context"
	"maps"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/window"
)

// reachability is what `up` says under one grid and lookback.
type reachability struct {
	jobs map[string]*window.Job // without Seen, which depends on the selection
	up   map[target]*runs       // samples that are 1
}

// reach reads `up` of every job that was seen, fills in the accounts' jobs and
// settles the births that the selected series or `up` witness.
func (l *ledger) reach(ctx context.Context) error {
	jobs, from, to := map[string]bool{}, int64(math.MaxInt64), int64(math.MinInt64)
	byKey := map[tallyKey]*reachability{}
	byGap := map[int64][]tallyKey{} // replicas are merged by max_gap
	for _, a := range l.accounts {
		if a.err != nil || len(a.jobs) == 0 {
			continue
		}
		for job := range a.jobs {
			jobs[job] = true
		}
		key := l.key(a, reaching)
		if byKey[key] == nil {
			byKey[key] = &reachability{map[string]*window.Job{}, map[target]*runs{}}
			byGap[l.mergeGap(key)] = append(byGap[l.mergeGap(key)], key)
		}
		from, to = min(from, a.grid[0]-key.lookback), max(to, a.grid[len(a.grid)-1])
	}
	for _, gap := range slices.Sorted(maps.Keys(byGap)) {
		var mu sync.Mutex
		err := l.tally(ctx, extent{sel: ofJobs("up", jobs), from: from, to: to, maxGap: gap}, func(labels.Labels) []tallyKey { return byGap[gap] },
			func(ls labels.Labels, key tallyKey, t *tallied) {
				mu.Lock()
				defer mu.Unlock()
				byKey[key].add(ls, t, l.grids[key.grid].Cells(), key.lookback)
			})
		if err != nil {
			return err
		}
	}
	for _, a := range l.accounts {
		if r := byKey[l.key(a, reaching)]; r != nil && a.err == nil {
			a.laySeen(r)
			a.settleWhere(func(b pendingBirth) bool {
				t, ok := targetOf(b.series)
				since := b.time - a.req.Lookback.Milliseconds()
				return ok && (runsOf(a.targets, t).in(since, b.time-1) || runsOf(r.up, t).in(since, b.time-1))
			})
		}
	}
	return nil
}

// mergeGap is the limit by which replicas are merged for a tally; 0 where there
// are none.
func (l *ledger) mergeGap(key tallyKey) int64 {
	if l.replicated == nil {
		return 0
	}
	return key.maxGap
}

// add adds the tally of one `up` series.
func (r *reachability) add(ls labels.Labels, t *tallied, cells int, lookback int64) {
	id, ok := targetOf(ls)
	job := r.jobs[id.job]
	if job == nil {
		job = &window.Job{Name: id.job, Up: make([]uint32, cells), Down: make([]uint32, cells)}
		r.jobs[id.job] = job
	}
	for _, c := range t.cells {
		job.Up[c.cell] += c.samples - uint32(c.value)
		job.Down[c.cell] += uint32(c.value)
	}
	for _, n := range t.runs {
		if ok {
			runsOf(r.up, id).add(n, lookback)
		}
	}
}

// laySeen writes down the jobs of the selection: when they were seen, and what
// `up` said.
func (a *account) laySeen(r *reachability) {
	cells, lookback := a.grid.Cells(), a.req.Lookback.Milliseconds()
	for _, name := range sortedKeys(a.jobs) {
		job := window.Job{Name: name, Seen: make([]bool, cells), Up: make([]uint32, cells), Down: make([]uint32, cells)}
		if known := r.jobs[name]; known != nil {
			job.Up, job.Down = known.Up, known.Down
		}
		for i := range cells {
			start, end := a.grid[i], a.grid[i+1]
			job.Seen[i] = a.jobs[name].in(min(start+1, end-lookback), end)
		}
		a.scan.Jobs = append(a.scan.Jobs, job)
	}
}

// settleWhere settles the births that are witnessed and keeps the others.
func (a *account) settleWhere(witnessed func(pendingBirth) bool) {
	a.pending = slices.DeleteFunc(a.pending, func(b pendingBirth) bool {
		if !witnessed(b) {
			return false
		}
		a.settle(b, true)
		return true
	})
}

// birthday reads when the targets and the series that are still without a
// witness began, and settles all births.
func (l *ledger) birthday(ctx context.Context) error {
	starts, err := l.starts(ctx)
	if err != nil {
		return err
	}
	for _, a := range l.accounts {
		if a.err != nil {
			continue
		}
		a.settleWhere(func(b pendingBirth) bool {
			since := b.time - a.req.Lookback.Milliseconds()
			_, ok := targetOf(b.series)
			return ok && began(starts[targetID(b.series)], since, b.time) || began(starts[seriesID(b.series)], since, b.time)
		})
		for _, b := range a.pending {
			a.settle(b, false)
		}
		a.pending = nil
	}
	return nil
}

// starts returns when the targets and series of the pending births began, by
// targetID and seriesID.
func (l *ledger) starts(ctx context.Context) (map[string][]int64, error) {
	jobs, created := map[string]bool{}, map[string]bool{}
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	for _, a := range l.accounts {
		if a.err != nil || len(a.pending) == 0 {
			continue
		}
		for _, b := range a.pending {
			created[createdName(b.series)] = true
			if t, ok := targetOf(b.series); ok {
				jobs[t.job] = true
			}
		}
		from, to = min(from, a.grid[0]-a.req.Lookback.Milliseconds()), max(to, a.grid[len(a.grid)-1])
	}
	starts := map[string][]int64{}
	collect := func(sel Selector, id func(labels.Labels) string) error {
		return l.samples(ctx, extent{sel: sel, from: from, to: to}, func(ls labels.Labels, _ []int64, vs []float64) {
			addStarts(starts, id(ls), vs)
		})
	}
	if len(jobs) > 0 {
		if err := collect(ofJobs("process_start_time_seconds", jobs), targetID); err != nil {
			return nil, err
		}
	}
	if len(created) > 0 {
		name := labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, alternatives(created))
		if err := collect(newSelector([]*labels.Matcher{name}), seriesID); err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// addStarts keeps the distinct start times, given in seconds, in milliseconds.
func addStarts(starts map[string][]int64, id string, seconds []float64) {
	known := starts[id]
	for _, s := range seconds {
		if math.IsNaN(s) || math.Abs(s) > 1e15 {
			continue
		}
		ms := int64(math.Round(s * 1000))
		if n := len(known); n > 0 && known[n-1] == ms {
			continue // the usual case: a process keeps its start time
		}
		if i, found := slices.BinarySearch(known, ms); !found {
			known = slices.Insert(known, i, ms)
		}
	}
	starts[id] = known
}

// began reports whether a start lies at from ≤ t ≤ to.
func began(starts []int64, from, to int64) bool {
	i := sort.Search(len(starts), func(i int) bool { return starts[i] >= from })
	return i < len(starts) && starts[i] <= to
}

// targetID identifies the target of a series.
func targetID(ls labels.Labels) string {
	t, _ := targetOf(ls)
	return "target\xff" + t.job + "\xff" + t.instance
}

// seriesID identifies what a `_created` series is about: all series of the
// family with the same labels, of whatever bucket.
func seriesID(ls labels.Labels) string {
	return labels.NewBuilder(ls).Set(labels.MetricName, createdName(ls)).Del(labels.BucketLabel).Labels().String()
}

// createdName returns the name of the series that says when a counter began:
// that of its family with `_created`. It leaves such a name as it is.
func createdName(ls labels.Labels) string {
	name := ls.Get(labels.MetricName)
	for _, suffix := range []string{"_total", "_bucket", "_count", "_sum", "_created"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return base + "_created"
		}
	}
	return name + "_created"
}

// ofJobs selects a metric of some jobs.
func ofJobs(name string, jobs map[string]bool) Selector {
	return newSelector([]*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, name),
		labels.MustNewMatcher(labels.MatchRegexp, "job", alternatives(jobs)),
	})
}

// alternatives returns a regular expression that matches exactly the words.
func alternatives(words map[string]bool) string {
	all := sortedKeys(words)
	for i, w := range all {
		all[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(all, "|")
}
