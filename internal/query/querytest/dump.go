package querytest

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Dump writes a scan as the cases write it: a line per row of a group, a number
// per cell. Rows that are all 0 are left out.
func Dump(s *window.Scan) string {
	var b strings.Builder
	for _, g := range s.Groups {
		b.WriteString("group")
		names := make([]string, 0, len(g.Labels))
		for n := range g.Labels {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			fmt.Fprintf(&b, " %s=%s", n, g.Labels[n])
		}
		b.WriteString("\n")
		dumpCounts(&b, "total", g.Total)
		dumpCounts(&b, "bad", g.Bad)
		dumpCounts(&b, "sum", g.Sum)
		for _, k := range g.Buckets {
			bound := fmt.Sprint(k.Bound)
			if math.IsInf(k.Bound, 1) {
				bound = "+Inf"
			}
			dumpCounts(&b, "le "+bound, k.Counts)
		}
		dumpNative(&b, g.Native)
		dumpExtremes(&b, g)
		if g.Estimate {
			b.WriteString("  estimate\n")
		}
		fmt.Fprintf(&b, "  samples: %s\n", numbers(g.Samples))
	}
	for _, j := range s.Jobs {
		seen := make([]int, len(j.Seen))
		for i, v := range j.Seen {
			if v {
				seen[i] = 1
			}
		}
		fmt.Fprintf(&b, "job %s seen: %s up: %s down: %s\n", j.Name, numbers(seen), numbers(j.Up), numbers(j.Down))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// dumpNative writes the buckets of native histograms by their bounds.
func dumpNative(b *strings.Builder, n *window.Native) {
	if n == nil {
		return
	}
	fmt.Fprintf(b, "  schema %d\n", n.Schema)
	for _, k := range n.Buckets {
		lower, upper := n.Bounds(k.Place)
		pattern := [...]string{"[%v,%v)", "[%v,%v]", "(%v,%v]"}[k.Sign+1]
		dumpCounts(b, fmt.Sprintf(pattern, lower, upper), k.Counts)
	}
}

func dumpExtremes(b *strings.Builder, g window.Group) {
	if g.First == nil {
		return
	}
	fmt.Fprintf(b, "  first %s last %s min %s max %s\n", g.First.Canonical(), g.Last.Canonical(), g.Min.Canonical(), g.Max.Canonical())
}

func dumpCounts(b *strings.Builder, name string, c window.Counts) {
	for _, r := range []struct {
		suffix string
		row    *unit.Sums
	}{{"", c.Windowed}, {" recovered", c.Recovered}, {" unwitnessed", c.Unwitnessed}} {
		cells := make([]string, r.row.Len())
		for i := range cells {
			cells[i] = r.row.At(i).Canonical()
		}
		if slices.ContainsFunc(cells, func(c string) bool { return c != "0" }) {
			fmt.Fprintf(b, "  %s%s: %s\n", name, r.suffix, strings.Join(cells, " "))
		}
	}
}

func numbers[T any](row []T) string {
	return strings.Trim(fmt.Sprint(row), "[]")
}
