package query

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"sync"

	"github.com/prometheus/prometheus/model/value"
	"golang.org/x/sync/errgroup"
)

// Combine says how several targets of an up or probe gauge make one service.
type Combine int

// The ways to combine targets. They are combined within a group; wider results
// add the groups up.
const (
	// CombineSum counts each sample of each target.
	CombineSum Combine = iota
	// CombineAny counts each instant at which a target has a sample; it is bad when
	// no target is up. A target is, at an instant, what its last sample says that
	// is at most MaxGap old; without one it is not there.
	CombineAny
	// CombineAll is CombineAny, but an instant is bad when a target that is there
	// is not up.
	CombineAll
)

// combine answers the accounts whose targets are combined. That takes the samples
// of a group's series side by side, so its series are held until all of them
// were handed over, compressed as their feed has them.
func (l *ledger) combine(ctx context.Context) error {
	for _, a := range l.accounts {
		if a.err != nil || a.req.Indicator.Kind != Up || a.req.Indicator.Combine == CombineSum {
			continue
		}
		a.err = l.combineOne(ctx, a)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (l *ledger) combineOne(ctx context.Context, a *account) error {
	a.untold("the targets of up are combined instant by instant")
	key := l.key(a, probing)
	e := extent{sel: a.req.Indicator.Total, from: a.grid[0] - max(key.lookback, key.maxGap), to: a.grid[len(a.grid)-1], maxGap: key.maxGap}
	crowds := map[*group][]*member{}
	var mu sync.Mutex
	each := func(s RawSeries) error {
		mu.Lock()
		defer mu.Unlock()
		g := a.group(s.Labels())
		m := &member{RawSeries: s, tally: newTally(key, a.grid)}
		m.tally.reset()
		crowds[g] = append(crowds[g], m)
		return nil
	}
	var err error
	if l.replicated != nil {
		err = l.replicated.merge(ctx, e, each)
	} else {
		err = l.feed.Read(ctx, e.sel, e.from, e.to, each)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", e.sel, err)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(l.workers)
	for g, members := range crowds {
		work.Go(func() error {
			c := crowd{waiting: members, maxGap: key.maxGap, from: e.from, to: e.to}
			if err := c.count(ctx, a, g); err != nil {
				return err
			}
			for _, m := range members {
				t := m.tally.finish()
				t.histograms = int64(m.Histograms())
				a.meet(m.Labels(), t)
				c.samples += t.samples
			}
			if c.samples == 0 {
				a.mu.Lock()
				defer a.mu.Unlock()
				maps.DeleteFunc(a.groups, func(_ string, one *group) bool { return one == g })
			}
			return nil
		})
	}
	return work.Wait()
}

// member is a target of a crowd.
type member struct {
	RawSeries
	tally *tally // for when the series was there
	ts    []int64
	vs    []float64
	next  int   // the sample that waits
	last  int64 // the time of the one that was taken
	up    bool  // what it said
	there bool  // it is at most max_gap old
}

// advance makes the next sample wait; false at the end.
func (m *member) advance(from, to int64) (bool, error) {
	if m.ts == nil {
		m.ts, m.vs, m.next, m.last = make([]int64, 0, batch), make([]float64, 0, batch), -1, math.MinInt64
	}
	for {
		for m.next++; m.next < len(m.ts); m.next++ {
			t, v := m.ts[m.next], m.vs[m.next]
			if from <= t && t <= to && t > m.last && !value.IsStaleNaN(v) && !math.IsNaN(v) && !math.IsInf(v, 0) {
				return true, nil
			}
		}
		n, err := m.Read(m.ts[:batch], m.vs[:batch])
		m.ts, m.vs, m.next = m.ts[:n], m.vs[:n], -1
		m.tally.add(m.ts, m.vs)
		if errors.Is(err, io.EOF) && n == 0 {
			return false, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("reading series %s: %w", m.Labels(), err)
		}
	}
}

// crowd is the targets of a group, whose samples it takes in the order of their
// times.
type crowd struct {
	waiting   []*member // a heap, by the sample that waits
	maxGap    int64
	from, to  int64
	there, up int     // how many targets are there, and how many of these are up
	recent    []taken // the samples that are at most max_gap old
	cell      int
	samples   int64
}

// taken is a sample that was taken.
type taken struct {
	by *member
	t  int64
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (c *crowd) Len() int           { return len(c.waiting) }
func (c *crowd) Less(i, j int) bool { return c.waiting[i].at() < c.waiting[j].at() }
func (c *crowd) Swap(i, j int)      { c.waiting[i], c.waiting[j] = c.waiting[j], c.waiting[i] }
func (c *crowd) Push(x any)         { c.waiting = append(c.waiting, x.(*member)) }
func (c *crowd) Pop() any {
	last := c.waiting[len(c.waiting)-1]
	c.waiting = c.waiting[:len(c.waiting)-1]
	return last
}

func (m *member) at() int64 { return m.ts[m.next] }

// count counts the instants of a group.
func (c *crowd) count(ctx context.Context, a *account, g *group) error {
	all := c.waiting
	c.waiting = nil
	for _, m := range all {
		more, err := m.advance(c.from, c.to)
		if err != nil {
			return err
		}
		if more {
			c.waiting = append(c.waiting, m)
		}
	}
	heap.Init(c)
	for i := 0; len(c.waiting) > 0; i++ {
		if i%batch == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		t := c.waiting[0].at()
		for len(c.waiting) > 0 && c.waiting[0].at() == t {
			if err := c.take(t); err != nil {
				return err
			}
		}
		c.expire(t)
		if t > a.grid[0] && t <= a.grid[len(a.grid)-1] {
			c.write(a, g, t)
		}
	}
	return nil
}

// take takes the sample that waits at t.
func (c *crowd) take(t int64) error {
	m := c.waiting[0]
	c.leave(m)
	m.last, m.up, m.there = t, m.vs[m.next] == 1, true
	c.there++
	if m.up {
		c.up++
	}
	c.recent = append(c.recent, taken{m, t})
	more, err := m.advance(c.from, c.to)
	if more {
		heap.Fix(c, 0)
	} else {
		heap.Pop(c)
	}
	return err
}

// leave counts a target no more.
func (c *crowd) leave(m *member) {
	if !m.there {
		return
	}
	m.there = false
	c.there--
	if m.up {
		c.up--
	}
}

// expire lets the targets go whose last sample is too old.
func (c *crowd) expire(t int64) {
	n := 0
	for ; n < len(c.recent) && t-c.recent[n].t > c.maxGap; n++ {
		if old := c.recent[n]; old.by.last == old.t {
			c.leave(old.by)
		}
	}
	c.recent = c.recent[n:]
}

// write counts the instant t.
func (c *crowd) write(a *account, g *group, t int64) {
	for a.grid[c.cell+1] < t {
		c.cell++
	}
	n := a.grid.Cells()
	row(&g.Total.Windowed, n).AddInt(c.cell, 1)
	g.Samples[c.cell]++
	if c.up == 0 || a.req.Indicator.Combine == CombineAll && c.up < c.there {
		row(&g.Bad.Windowed, n).AddInt(c.cell, 1)
	}
}
