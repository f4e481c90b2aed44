package querytest

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Fate is what became of the requests of a span, which no sample tells. Counted
// is Happened without Lost, Hidden and Unwitnessed, with Again.
type Fate struct {
	Happened int64 // were answered, and scraped in the span or never
	Counted  int64 // in windows or across gaps
	// Lost requests were answered after the last scrape of their process.
	Lost int64
	// Hidden ones were answered before a restart whose counter had, when it was
	// first scraped, at least reached the one before: nobody sees a reset.
	Hidden int64
	// Unwitnessed ones were seen first in a counter of unknown age.
	Unwitnessed int64
	// Again are counted twice: their series came back after more than lookback.
	Again int64
}

// Truth is what an exact account of the requests must say, from the requests
// themselves: it never looks at a sample. The kind, grouping labels, grid and
// limits are those of the case; Bad is codes 5xx. Jobs and notes are left out.
func (s *Simulation) Truth(histogram bool, groupBy string, grid window.Grid, maxGap, lookback int64) (*window.Scan, Fate) {
	b := &bookkeeper{sim: s, grid: grid, maxGap: maxGap, lookback: lookback, groups: map[string]*window.Group{}}
	metric := "http_requests_total"
	if histogram {
		metric = "latency_seconds_bucket"
	}
	for _, p := range s.fleet {
		var own []counter
		for _, c := range p.counters {
			if c.metric == metric {
				own = append(own, c)
			}
		}
		seen := b.sightings(p, own)
		for _, c := range own {
			b.follow(c, groupBy, seen)
		}
	}
	out := &window.Scan{Grid: grid}
	for _, name := range slices.Sorted(maps.Keys(b.groups)) {
		out.Groups = append(out.Groups, *b.groups[name])
	}
	return out, b.fate
}

type bookkeeper struct {
	sim              *Simulation
	grid             window.Grid
	maxGap, lookback int64
	groups           map[string]*window.Group
	fate             Fate
}

// sightings are the instants at which somebody saw that the process was there:
// its counters, or that it was up.
func (b *bookkeeper) sightings(p *process, own []counter) []int64 {
	var out []int64
	for _, sc := range p.scrapes {
		shows := slices.ContainsFunc(own, func(c counter) bool {
			_, ok := c.at(sc)
			return ok
		})
		if shows || p.hasUp && !sc.failed {
			out = append(out, sc.at)
		}
	}
	return out
}

// cell returns the cell that holds an instant, -1 outside the grid.
func (b *bookkeeper) cell(t int64) int {
	i, _ := slices.BinarySearch(b.grid, t) // the first instant at or after t
	if i == 0 || i == len(b.grid) {
		return -1
	}
	return i - 1
}

// sight is a scrape that shows a counter.
type sight struct {
	at    int64
	life  *life
	value int64
}

// follow follows the requests of one counter: each was seen first by the next
// scrape that shows the counter, or by none.
func (b *bookkeeper) follow(c counter, groupBy string, seen []int64) {
	var last *sight
	for _, sc := range c.process.scrapes {
		value, ok := c.at(sc)
		if !ok {
			continue
		}
		now := &sight{sc.at, sc.life, value}
		b.see(c, groupBy, now, last, b.known(c, now, seen))
		last = now
	}
	if !c.isTotal() {
		return
	}
	start, end := b.grid[0], b.grid[len(b.grid)-1]
	for l, s := range c.lives {
		final := int64(math.MinInt64)
		for _, sc := range c.process.scrapes {
			if _, ok := c.at(sc); ok && sc.life == l {
				final = sc.at
			}
		}
		for _, t := range s.times[before(s.times, final):] {
			if t > start && t <= end {
				b.fate.Lost++
				b.fate.Happened++
			}
		}
	}
}

// known reports whether a counter that shows up is known to be new: its process
// was seen before, or it is known when one of the two began.
func (b *bookkeeper) known(c counter, now *sight, seen []int64) bool {
	recent := func(t int64) bool { return now.at-t <= b.lookback }
	i, _ := slices.BinarySearch(seen, now.at)
	p := c.process
	return i > 0 && recent(seen[i-1]) || p.hasStart && recent(now.life.from) || p.hasCreated && recent(c.lives[now.life].since)
}

// see accounts for what a scrape shows that the one before it did not.
func (b *bookkeeper) see(c counter, groupBy string, now, last *sight, known bool) {
	if now.at < b.grid[0]-b.lookback || now.at > b.grid[len(b.grid)-1] {
		return
	}
	g := b.group(c.group(groupBy))
	cell := b.cell(now.at)
	if cell < 0 {
		return
	}
	fresh, was := now.value, int64(0)
	if last != nil && last.life == now.life {
		fresh, was = now.value-last.value, last.value
	}
	var f Fate
	f.Happened = fresh
	row, count := "windowed", fresh
	switch {
	case last != nil && now.at-last.at <= b.lookback:
		if last.life != now.life && now.value >= last.value {
			f.Hidden = last.value
			count -= last.value
		}
		if now.at-last.at > b.maxGap {
			row = "recovered"
		}
	case known:
		f.Again = was
		count = now.value
	default:
		f.Unwitnessed = fresh
		row, count = "unwitnessed", now.value
	}
	if row != "unwitnessed" {
		f.Counted = count
	}
	if c.isTotal() {
		b.fate.add(f)
		if row == "windowed" {
			g.Samples[cell]++
		}
	}
	for _, counts := range c.into(g) {
		map[string]*unit.Sums{"windowed": counts.Windowed, "recovered": counts.Recovered, "unwitnessed": counts.Unwitnessed}[row].AddInt(cell, count)
	}
}

func (f *Fate) add(o Fate) {
	f.Happened += o.Happened
	f.Counted += o.Counted
	f.Lost += o.Lost
	f.Hidden += o.Hidden
	f.Unwitnessed += o.Unwitnessed
	f.Again += o.Again
}

// isTotal reports whether every request of its organization and code is counted
// once by such counters.
func (c counter) isTotal() bool { return c.metric == "http_requests_total" || c.label("le") == "+Inf" }

func (c counter) label(name string) string {
	if name == "instance" {
		return c.process.instance
	}
	if i := slices.Index(c.labels, name); i >= 0 {
		return c.labels[i+1]
	}
	return ""
}

func (c counter) group(by string) map[string]string {
	if by == "" {
		return map[string]string{}
	}
	return map[string]string{by: c.label(by)}
}

func (b *bookkeeper) group(ls map[string]string) *window.Group {
	key := ""
	for _, v := range ls {
		key = v
	}
	g := b.groups[key]
	if g == nil {
		n := b.grid.Cells()
		counts := func() window.Counts {
			return window.Counts{Windowed: unit.NewSums(n), Recovered: unit.NewSums(n), Unwitnessed: unit.NewSums(n)}
		}
		g = &window.Group{Labels: ls, Total: counts(), Bad: counts(), Samples: make([]uint32, n)}
		for _, le := range bounds() {
			bound, _ := strconv.ParseFloat(le, 64)
			g.Buckets = append(g.Buckets, window.Bucket{Bound: bound, Counts: counts()})
		}
		b.groups[key] = g
	}
	return g
}

// into returns what of a group the counter counts for.
func (c counter) into(g *window.Group) []window.Counts {
	if le := c.label("le"); le != "" {
		out := []window.Counts{g.Buckets[slices.Index(bounds(), le)].Counts}
		if le == "+Inf" {
			out = append(out, g.Total)
		}
		return out
	}
	if c.label("code")[0] == '5' {
		return []window.Counts{g.Total, g.Bad}
	}
	return []window.Counts{g.Total}
}
