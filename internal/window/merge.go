package window

import (
	"slices"

	"github.com/slactl/slactl/internal/unit"
)

// Merge returns one group, of the given labels, that counts what all of them
// count in a grid of so many cells. Buckets are merged on the bounds that all of
// them have, and the result is an estimate where one of them has more. A gauge's
// outermost values are not kept.
func Merge(groups []*Group, labels map[string]string, cells int) Group {
	out := Group{Labels: labels, Samples: make([]uint32, cells)}
	for i, g := range groups {
		switch {
		case i == 0:
			out.Buckets = withBounds(nil, g.Buckets)
		case !slices.EqualFunc(out.Buckets, g.Buckets, sameBound):
			out.Estimate = true
			out.Buckets = slices.DeleteFunc(out.Buckets, func(b Bucket) bool {
				return !slices.ContainsFunc(g.Buckets, func(c Bucket) bool { return sameBound(b, c) })
			})
		}
		out.Estimate = out.Estimate || g.Estimate
	}
	for _, g := range groups {
		for i, n := range g.Samples {
			out.Samples[i] += n
		}
		known := map[string]*Counts{}
		for _, q := range g.Quantities() {
			known[q.Name] = q.Counts
		}
		for _, q := range out.Quantities() {
			q.Counts.add(known[q.Name], cells)
		}
	}
	return out
}

func sameBound(a, b Bucket) bool { return a.Bound == b.Bound }

func (c *Counts) add(more *Counts, cells int) {
	if more == nil {
		return
	}
	for _, pair := range [][2]**unit.Sums{{&c.Windowed, &more.Windowed}, {&c.Recovered, &more.Recovered}, {&c.Unwitnessed, &more.Unwitnessed}} {
		if *pair[1] == nil {
			continue
		}
		if *pair[0] == nil {
			*pair[0] = unit.NewSums(cells)
		}
		(*pair[0]).AddRow(*pair[1])
	}
}
