package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/window"
)

// Account answers requests exactly, from the raw samples of a feed, with at most
// workers goroutines. Every kind of indicator but Expression is answered. It is
// the one place in which increments are defined (docs/rules.md,
// "Counting"), so that all feeds give the same counts.
//
// Series that several requests select are read once: a selector whose matchers
// another one has as well is served by the wider read.
func Account(ctx context.Context, feed Feed, reqs []Request, workers int) ([]Result, error) {
	l := &ledger{feed: feed, workers: max(1, workers)}
	l.replicated, _ = feed.(*replicated)
	for _, req := range reqs {
		l.accounts = append(l.accounts, l.admit(ctx, req))
	}
	for _, r := range l.plan() {
		err := l.read(ctx, r)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for _, u := range r.uses {
			if err != nil && u.account.err == nil {
				u.account.err = err
			}
		}
	}
	for _, step := range []func(context.Context) error{l.distribute, l.combine, l.reach, l.birthday} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	out := make([]Result, len(reqs))
	for i, a := range l.accounts {
		out[i] = a.result()
	}
	return out, nil
}

// ledger is one call of Account.
type ledger struct {
	feed       Feed
	replicated *replicated // the feed, if replicas have to be merged
	workers    int
	accounts   []*account // in the order of the requests
	grids      []window.Grid
}

// admit checks a request and opens its account.
func (l *ledger) admit(ctx context.Context, req Request) *account {
	if req.MaxGap <= 0 {
		req.MaxGap = DefaultMaxGap
	}
	if req.Lookback <= 0 {
		req.Lookback = DefaultLookback
	}
	a := newAccount(req, req.Grid)
	sels, err := selections(req.Indicator)
	if err == nil && req.Grid.Cells() == 0 {
		err = errors.New("accounting samples: the grid has no cell")
	}
	if err == nil && req.EachSample {
		a.grid, err = l.instants(ctx, req, sels)
	}
	if err != nil {
		a.err = err
		return a
	}
	a = newAccount(req, a.grid)
	for _, s := range sels {
		if s.role != roleNative { // which are shown if there are any
			a.scan.Expressions = append(a.scan.Expressions, s.sel.Text)
		}
	}
	return a
}

// selection is a selector in its role.
type selection struct {
	role role
	sel  Selector
}

// selections returns what an indicator reads.
func selections(ind Indicator) ([]selection, error) {
	total := selection{roleTotal, ind.Total}
	out := []selection{total}
	switch ind.Kind {
	case Counter:
	case Ratio:
		if ind.Good.IsZero() {
			out = append(out, selection{roleBad, ind.Bad})
		} else {
			out = append(out, selection{roleGood, ind.Good})
		}
	case Histogram:
		name := ind.Total.Name()
		if name == "" {
			return nil, fmt.Errorf("accounting histogram %s: the selector names no metric; write its base name, without _bucket", ind.Total)
		}
		out = []selection{{roleBucket, ind.Total.WithName(name + "_bucket")}, {roleNative, ind.Total}}
	case Gauge:
		out = []selection{{roleGauge, ind.Total}}
	case Rating:
		out = append(out, selection{roleSum, ind.Sum})
	case Up:
		out = []selection{{roleProbe, ind.Total}}
	default:
		return nil, errors.New("accounting samples: an expression cannot be accounted exactly")
	}
	for _, s := range out {
		if s.sel.IsZero() {
			return nil, errors.New("accounting samples: the indicator lacks a selector")
		}
	}
	return out, nil
}

// mode returns how the samples of a series in the role are counted.
func (r role) mode() mode {
	switch r {
	case roleGauge:
		return averaging
	case roleProbe:
		return probing
	}
	return counting
}

// use is a selection of one account.
type use struct {
	role    role
	account *account
	key     tallyKey
	extent
}

// extent is what is read: a selector, over a span in milliseconds since the
// epoch. Replicas relieve each other after maxGap.
type extent struct {
	sel      Selector
	from, to int64
	maxGap   int64
	native   bool // native histograms are read, not floats
}

// read is a selector that is read once for all its uses.
type read struct {
	extent
	uses []use
}

// plan finds the reads that serve all accounts.
func (l *ledger) plan() []*read {
	var uses []use
	for _, a := range l.accounts {
		if a.err != nil {
			continue
		}
		sels, _ := selections(a.req.Indicator)
		for _, s := range sels {
			if s.role == roleNative || s.role == roleProbe && a.req.Indicator.Combine != CombineSum { // see distribute and combine
				continue
			}
			key := l.key(a, s.role.mode())
			uses = append(uses, use{s.role, a, key, extent{s.sel, a.grid[0] - key.lookback, a.grid[len(a.grid)-1], key.maxGap, false}})
		}
	}
	slices.SortStableFunc(uses, func(a, b use) int { return len(a.sel.Matchers) - len(b.sel.Matchers) })
	var reads []*read
	for _, u := range uses {
		i := slices.IndexFunc(reads, func(r *read) bool { return r.serves(u) && l.merges(r, u) })
		if i < 0 {
			reads = append(reads, &read{extent: u.extent})
			i = len(reads) - 1
		}
		r := reads[i]
		r.from, r.to, r.uses = min(r.from, u.from), max(r.to, u.to), append(r.uses, u)
	}
	return reads
}

// serves reports whether the read can also serve the use: it reads all of it, or
// it reads the same series over an overlapping time and only has to go on.
func (r *read) serves(u use) bool {
	if r.sel.Text == u.sel.Text {
		return u.from <= r.to && r.from <= u.to
	}
	if u.from < r.from || u.to > r.to {
		return false
	}
	for _, m := range r.sel.Matchers {
		if !slices.ContainsFunc(u.sel.Matchers, func(n *labels.Matcher) bool {
			return n.Type == m.Type && n.Name == m.Name && n.Value == m.Value
		}) {
			return false
		}
	}
	return true
}

// merges reports whether replicas are merged in the read as they are in the use:
// by the same limit, and of the same replicas, if their labels select some.
func (l *ledger) merges(r *read, u use) bool {
	if l.replicated == nil {
		return true
	}
	return r.maxGap == u.maxGap && (r.sel.Text == u.sel.Text || !slices.ContainsFunc(u.sel.Matchers, func(m *labels.Matcher) bool {
		return slices.Contains(l.replicated.by, m.Name)
	}))
}

// key returns what the account's tallies have in common with others.
func (l *ledger) key(a *account, m mode) tallyKey {
	i := slices.IndexFunc(l.grids, func(g window.Grid) bool { return slices.Equal(g, a.grid) })
	if i < 0 {
		i = len(l.grids)
		l.grids = append(l.grids, a.grid)
	}
	return tallyKey{grid: i, maxGap: a.req.MaxGap.Milliseconds(), lookback: a.req.Lookback.Milliseconds(), mode: m, traced: a.req.Trace != nil && m != reaching}
}

// read accounts every series of a read to the uses that select it.
func (l *ledger) read(ctx context.Context, r *read) error {
	// A merged series has no labels of replicas any more, by which it was selected.
	selects := func(u use, ls labels.Labels) bool { return u.sel.Text == r.sel.Text || u.sel.Matches(ls) }
	return l.tally(ctx, r.extent, func(ls labels.Labels) []tallyKey {
		var keys []tallyKey
		for _, u := range r.uses {
			if selects(u, ls) && !slices.Contains(keys, u.key) {
				keys = append(keys, u.key)
			}
		}
		return keys
	}, func(ls labels.Labels, key tallyKey, t *tallied) {
		var met []*account
		for _, u := range r.uses {
			if u.key != key || !selects(u, ls) {
				continue
			}
			if !slices.Contains(met, u.account) { // once, in however many roles
				u.account.meet(ls, t)
				met = append(met, u.account)
			}
			u.account.take(u.role, ls, t)
		}
	})
}

// instants returns the grid cut at every instant at which a selected sample
// lies.
func (l *ledger) instants(ctx context.Context, req Request, sels []selection) (window.Grid, error) {
	grid := req.Grid
	first, last := grid[0], grid[len(grid)-1]
	var all []time.Time
	for _, ms := range grid {
		all = append(all, time.UnixMilli(ms))
	}
	add := func(_ labels.Labels, ts []int64, _ []float64) {
		for _, t := range ts {
			if first < t && t < last {
				all = append(all, time.UnixMilli(t))
			}
		}
	}
	for _, s := range sels {
		e := extent{s.sel, first, last, req.MaxGap.Milliseconds(), s.role == roleNative}
		read := l.samples
		if e.native {
			read = l.nativeSamples
		}
		err := read(ctx, e, add)
		if err != nil {
			return nil, err
		}
	}
	return window.NewGrid(all), nil
}
