package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
)

// batch is how many samples are handed on at once: enough to make the hand-over
// cheap, and few enough for the processor's first cache.
const batch = 1024

// buffers are what a worker needs to read series, one after the other.
type buffers struct {
	ts      []int64
	vs      []float64
	tallies map[tallyKey]*tally
	spreads map[tallyKey]*spread
}

// series reads an extent, with all workers. Replicas are one series.
func (l *ledger) series(ctx context.Context, e extent, work func(*buffers, RawSeries) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan RawSeries)
	var wg sync.WaitGroup
	for range l.workers {
		wg.Go(func() {
			b := &buffers{ts: make([]int64, batch), vs: make([]float64, batch), tallies: map[tallyKey]*tally{}, spreads: map[tallyKey]*spread{}}
			for s := range queue {
				if err := work(b, s); err != nil {
					cancel(fmt.Errorf("reading series %s: %w", s.Labels(), err))
				}
			}
		})
	}
	each := func(s RawSeries) error {
		select {
		case queue <- s:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var err error
	if l.replicated != nil {
		err = l.replicated.merge(ctx, e, each)
	} else {
		err = l.feed.Read(ctx, e.sel, e.from, e.to, each)
	}
	close(queue)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", e.sel, err)
	}
	return nil
}

// drain reads a series to its end.
func (b *buffers) drain(ctx context.Context, s RawSeries, each func(ts []int64, vs []float64)) error {
	for {
		n, err := s.Read(b.ts, b.vs)
		each(b.ts[:n], b.vs[:n])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}

// tally tallies every series of an extent by the keys that keys returns for it.
func (l *ledger) tally(ctx context.Context, e extent, keys func(labels.Labels) []tallyKey, take func(labels.Labels, tallyKey, *tallied)) error {
	return l.series(ctx, e, func(b *buffers, s RawSeries) error {
		ls := s.Labels()
		var tallies []*tally
		for _, k := range keys(ls) {
			if b.tallies[k] == nil {
				b.tallies[k] = newTally(k, l.grids[k.grid])
			}
			b.tallies[k].reset()
			tallies = append(tallies, b.tallies[k])
		}
		m, _ := s.(*merged)
		err := b.drain(ctx, s, func(ts []int64, vs []float64) {
			for _, t := range tallies {
				if m != nil && len(ts) > 0 && t.older(m.ownTime, m.own, ts[0], vs[0]) {
					t.add(ts[1:], vs[1:])
				} else {
					t.add(ts, vs)
				}
			}
		})
		if err != nil {
			return err
		}
		for _, t := range tallies {
			done := t.finish()
			done.histograms, done.starts = int64(s.Histograms()), slices.Sorted(slices.Values(startsOf(s)))
			take(ls, t.key, done)
		}
		return nil
	})
}

// samples hands over every sample of an extent, one batch at a time.
func (l *ledger) samples(ctx context.Context, e extent, each func(labels.Labels, []int64, []float64)) error {
	var mu sync.Mutex
	return l.series(ctx, e, func(b *buffers, s RawSeries) error {
		return b.drain(ctx, s, func(ts []int64, vs []float64) {
			mu.Lock()
			defer mu.Unlock()
			each(s.Labels(), ts, vs)
		})
	})
}
