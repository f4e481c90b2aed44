package demo

import (
	"fmt"
	"slices"
	"time"
)

// release is a version of the API and the tiers that it went to.
type release struct {
	name  string
	at    time.Time
	tiers []string // empty is all, ten minutes apart
}

func releases() []release {
	sep, oct := time.September, time.October
	return []release{
		{"r40", at(time.August, 24, 10, 0), nil},
		{"r41", at(sep, 8, 10, 0), nil},
		{"r42", at(sep, 29, 10, 0), nil}, // brings the latency histogram
		{"r43", at(oct, 6, 10, 0), nil},
		{"r44", at(oct, 19, 9, 0), nil},
		{"r43b", at(oct, 22, 11, 0), []string{"gold"}}, // the rollback
		{"r45", at(oct, 27, 10, 0), nil},
	}
}

// histogramsSince is when the first release with a latency histogram came.
func histogramsSince() time.Time { return at(time.September, 29, 10, 0) }

// pod is a process of the API, which is a scrape target.
type pod struct {
	target
	tier   string
	timing bool // it has the latency histogram
}

// stint is a time in which all requests of an organization went to one pod.
type stint struct {
	stretch
	pod *pod
}

// fleet is all pods that ever were, and who was served where.
type fleet struct {
	pods   []*pod
	stints [len(organizations)][]stint
}

// newFleet replays the releases, the scaling of gold in mid-October, and the pod
// that one customer brought along.
func newFleet() *fleet {
	f := &fleet{}
	for i, t := range tiers {
		var current []*pod
		for _, r := range releases() {
			if len(r.tiers) > 0 && !slices.Contains(r.tiers, t.name) {
				continue
			}
			k := tickAt(r.at.Add(time.Duration(i) * 10 * time.Minute))
			for _, p := range current {
				p.last = k + 2 // it drains, and is scraped twice more
			}
			current = nil
			for n := range t.pods {
				current = append(current, f.start(t, r.name, n, k, !r.at.Before(histogramsSince())))
			}
			f.route(t.name, current, k)
		}
	}
	f.scale()
	f.adopt()
	f.crash(at(time.October, 9, 22, 31), "api-silver-r43-0:8080")
	f.crash(at(time.October, 24, 3, 17), "api-gold-r43b-1:8080")
	return f
}

// start adds a pod that is first scraped at tick k and gets requests after it.
func (f *fleet) start(t tier, release string, n, k int, timing bool) *pod {
	p := &pod{tier: t.name, timing: timing, target: target{
		job: "api", instance: fmt.Sprintf("api-%s-%s-%d:8080", t.name, release, n), offset: t.offset,
		born: k, first: k, last: ticks - 1, started: scrape(k) - 21_000,
	}}
	if k == 0 { // it had been running before the metrics begin
		p.started = at(time.August, 24, 10, 0).UnixMilli()
	}
	f.pods = append(f.pods, p)
	return p
}

// route sends the requests of a tier's organizations to the given pods from the
// tick after k on.
func (f *fleet) route(tier string, pods []*pod, k int) {
	n := 0
	for i, o := range organizations {
		if o.tier != tier || o.id == "vandelay" {
			continue
		}
		f.move(i, pods[n%len(pods)], k+1)
		n++
	}
}

// move sends the requests of organization i to a pod from tick k on.
func (f *fleet) move(i int, p *pod, k int) {
	s := f.stints[i]
	if len(s) > 0 {
		s[len(s)-1].to = k
	} else if p.born == 0 {
		k = 0
	}
	f.stints[i] = append(s, stint{stretch{k, ticks}, p})
}

// scale gives hooli a pod of its own for three busy days, after which it goes
// back to the pod that it came from, whose counters stood still meanwhile.
func (f *fleet) scale() {
	from, to := tickAt(at(time.October, 14, 6, 0)), tickAt(at(time.October, 16, 20, 0))
	i := slices.IndexFunc(organizations[:], func(o organization) bool { return o.id == "hooli" })
	j := slices.IndexFunc(f.stints[i], func(s stint) bool { return s.has(from) })
	home := f.stints[i][j]
	extra := f.start(tiers[0], "r43", 2, from, true)
	extra.last = to + 2
	f.stints[i] = slices.Replace(f.stints[i], j, j+1,
		stint{stretch{home.from, from + 1}, home.pod}, stint{stretch{from + 1, to + 1}, extra}, stint{stretch{to + 1, home.to}, home.pod})
}

// adopt adds the pod that vandelay had run on its own since October 9 and that
// is scraped since the 12th: nobody can tell how many of its requests are new,
// so what it had counted before is unwitnessed.
func (f *fleet) adopt() {
	born, first := tickAt(at(time.October, 9, 8, 0)), tickAt(at(time.October, 12, 9, 0))
	p := f.start(tierNamed("bronze"), "vandelay", 0, born, true)
	p.first = first
	f.move(len(organizations)-1, p, born+1)
}

// crash makes a pod crash shortly before its next scrape and come back at once.
// What it had served since the scrape before is lost with it: no sample tells.
// It comes back with its counters at 0.
func (f *fleet) crash(t time.Time, instance string) {
	for _, p := range f.pods {
		if p.instance == instance {
			p.resets = append(p.resets, tickAt(t))
		}
	}
}
