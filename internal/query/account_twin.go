package query

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// distribute reads the native histograms of the accounts that count histograms.
func (l *ledger) distribute(ctx context.Context) error {
	type once struct {
		sel string
		key tallyKey
	}
	done := map[once]bool{}
	for _, first := range l.accounts {
		if first.err != nil || first.req.Indicator.Kind != Histogram {
			continue
		}
		sel, key := first.req.Indicator.Total, l.key(first, counting)
		if done[once{sel.Text, key}] {
			continue
		}
		done[once{sel.Text, key}] = true
		var same []*account
		for _, a := range l.accounts {
			if a.err == nil && a.req.Indicator.Kind == Histogram && a.req.Indicator.Total.Text == sel.Text && l.key(a, counting) == key {
				same = append(same, a)
			}
		}
		e := extent{sel, first.grid[0] - key.lookback, first.grid[len(first.grid)-1], key.maxGap, true}
		counts, err := l.kinds(ctx, e, same)
		if err == nil {
			err = l.spreads(ctx, e, key, func(ls labels.Labels, t *tallied) {
				for _, a := range same {
					if counts(ls) {
						a.takeNative(ls, t)
					}
				}
			})
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, a := range same {
			a.err = err
		}
	}
	return nil
}

// kinds decides which histograms are counted by their native buckets, where some
// have classic ones too: a histogram counts once. It is counted by its classic
// buckets, whose bounds somebody chose; but if all histograms have both and the
// native ones have more samples, as when the classic ones were given up on the
// way, by the native ones, for then these are the whole of it. The accounts have
// the same selector.
func (l *ledger) kinds(ctx context.Context, e extent, same []*account) (native func(labels.Labels) bool, err error) {
	classic := map[string]int64{} // samples by series
	for _, g := range same[0].groups {
		for series, layout := range g.layouts {
			classic[series] = layout[math.Inf(1)]
		}
	}
	for _, a := range same {
		a.classic = len(classic) > 0
	}
	if len(classic) == 0 {
		return func(labels.Labels) bool { return true }, nil
	}
	samples := map[string]int64{}
	from := e.from
	err = l.nativeSamples(ctx, e, func(ls labels.Labels, ts []int64, _ []float64) {
		for _, t := range ts {
			if from <= t && t <= e.to {
				samples[twin(ls)]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var both, lost int64
	whole := true
	for series, n := range classic {
		whole = whole && samples[series] >= n
		if samples[series] > 0 {
			both++
			lost += max(0, samples[series]-n)
		}
	}
	whole = whole && lost > 0
	for _, a := range same {
		switch sel := a.req.Indicator.Total; {
		case whole:
			a.forget()
			a.note("%s has classic and native buckets; its native ones, which have more samples, were counted", sel)
		case lost > 0:
			a.note("%d histograms of %s have classic and native buckets; their classic ones were counted, and %d samples that only the native ones have were not", both, sel, lost)
		case both > 0:
			a.note("%d histograms of %s have classic and native buckets; their classic ones were counted", both, sel)
		}
	}
	return func(ls labels.Labels) bool { _, has := classic[twin(ls)]; return whole || !has }, nil
}

// twin identifies the classic buckets of a native histogram, as group.layout does.
func twin(native labels.Labels) string {
	return labels.NewBuilder(native).Set(labels.MetricName, native.Get(labels.MetricName)+"_bucket").Labels().String()
}

// forget drops what was counted. When targets were seen is still true.
func (a *account) forget() {
	a.groups, a.pending, a.replicas, a.good = map[string]*group{}, nil, replicas{}, 0
	a.dropped, a.unordered, a.histograms = 0, 0, 0
	a.scan.Series, a.scan.Samples, a.scan.Expressions, a.scan.Notes = 0, 0, nil, nil
}
