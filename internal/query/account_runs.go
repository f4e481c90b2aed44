package query

import (
	"slices"
	"sort"
)

// run is a stretch of samples in which every sample is at most lookback after
// the one before.
type run struct{ first, last int64 }

// runs is the union of many series' runs under one lookback: ordered, and more
// than lookback apart. It answers "was there a sample in the lookback before t"
// exactly, and holds a month of scrapes in one element.
type runs []run

// add unites the runs with one more.
func (r *runs) add(n run, lookback int64) {
	s := *r
	lo := sort.Search(len(s), func(i int) bool { return s[i].last >= n.first-lookback })
	hi := lo
	for ; hi < len(s) && s[hi].first <= n.last+lookback; hi++ {
		n.first, n.last = min(n.first, s[hi].first), max(n.last, s[hi].last)
	}
	*r = slices.Replace(s, lo, hi, n)
}

// in reports whether a sample lies at from ≤ t ≤ to. The answer is exact where
// the span is at least lookback − 1 ms long: a run has no hole of that size.
func (r runs) in(from, to int64) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i].last >= from })
	return i < len(r) && r[i].first <= to
}
