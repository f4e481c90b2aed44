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
	first := true
	for _, g := range groups {
		out.Estimate = out.Estimate || g.Estimate
		switch {
		case g.Native != nil && len(g.Buckets) == 0: // there is nothing classic to be merged
			continue
		case first:
			out.Buckets = withBounds(nil, g.Buckets)
		case !slices.EqualFunc(out.Buckets, g.Buckets, sameBound):
			out.Estimate = true
			out.Buckets = slices.DeleteFunc(out.Buckets, func(b Bucket) bool {
				return !slices.ContainsFunc(g.Buckets, func(c Bucket) bool { return sameBound(b, c) })
			})
		}
		first = false
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
			q.Counts.add(known[q.Name])
		}
	}
	var natives []*Native
	for _, g := range groups {
		natives = append(natives, g.Native)
	}
	out.Native = Sum(natives...)
	return out
}

func sameBound(a, b Bucket) bool { return a.Bound == b.Bound }

// add adds rows of the same grid. What is added is not changed.
func (c *Counts) add(more *Counts) {
	if more == nil {
		return
	}
	for _, pair := range [][2]**unit.Sums{{&c.Windowed, &more.Windowed}, {&c.Recovered, &more.Recovered}, {&c.Unwitnessed, &more.Unwitnessed}} {
		if *pair[1] == nil {
			continue
		}
		if *pair[0] == nil {
			*pair[0] = unit.NewSums((*pair[1]).Len())
		}
		(*pair[0]).AddRow(*pair[1])
	}
}
