package demo

import (
	"fmt"
	"slices"
	"time"
)

// tier is a service tier of the company.
type tier struct {
	name   string
	offset int64 // milliseconds after the full interval at which its pods are scraped
	pods   int
	// fast and slow are the shares of requests, in millionths, answered within
	// each bound of the latency histogram: usually, and under a regression.
	fast, slow [len(bounds)]int64
}

// bounds are the finite bucket bounds of the latency histogram in milliseconds.
var bounds = [...]int64{250, 500, 1000, 2000, 5000}

// typical is how long a request of each bucket took, in milliseconds: the
// histogram's sum is made of them.
var typical = [len(bounds) + 1]int64{140, 350, 720, 1400, 3100, 8000}

var tiers = [...]tier{
	{"gold", 3_112, 2, [...]int64{780_000, 970_000, 994_000, 999_000, 999_900}, [...]int64{520_000, 840_000, 930_000, 985_000, 999_500}},
	{"silver", 17_540, 1, [...]int64{700_000, 920_000, 982_000, 996_000, 999_700}, [len(bounds)]int64{}},
	{"bronze", 41_907, 1, [...]int64{550_000, 820_000, 945_000, 990_000, 999_000}, [len(bounds)]int64{}},
}

// organization is a customer: who it is, and how it uses the service.
type organization struct {
	id, tier, zone string
	// busy is how many requests it makes in a minute of its busiest hour, in
	// thousandths.
	busy int64
	// idle switches its traffic off at night and at weekends.
	idle bool
}

// The organizations, as the demo's slactl.yaml lists them.
var organizations = [...]organization{
	{"acme", "gold", "America/New_York", 420_000, false},
	{"globex", "gold", "Europe/Berlin", 310_000, false},
	{"hooli", "gold", "America/Los_Angeles", 520_000, false},
	{"nakatomi", "gold", "Asia/Tokyo", 260_000, false},
	{"initech", "silver", "UTC", 180_000, false},
	{"umbrella", "silver", "Europe/London", 150_000, false},
	{"wonka", "silver", "Europe/Zurich", 90_000, false},
	{"stark", "silver", "America/Chicago", 210_000, false},
	{"tyrell", "bronze", "UTC", 45_000, false},
	{"soylent", "bronze", "Asia/Kolkata", 60_000, false},
	{"tinyco", "bronze", "Europe/Berlin", 700, true},
	{"vandelay", "bronze", "America/Sao_Paulo", 30_000, false},
}

// OrganizationIDs returns the ids of the company's customers.
func OrganizationIDs() []string {
	var out []string
	for _, o := range organizations {
		out = append(out, o.id)
	}
	return out
}

func tierIndex(name string) int {
	return slices.IndexFunc(tiers[:], func(t tier) bool { return t.name == name })
}

func tierNamed(name string) tier { return tiers[tierIndex(name)] }

// day is the course of a working day in percent of its busiest hour, by the
// organization's own clock.
var day = [24]int64{9, 6, 5, 5, 6, 10, 20, 40, 68, 90, 98, 100, 88, 92, 100, 97, 90, 76, 60, 48, 38, 28, 20, 13}

// rate returns the requests that are expected per minute at t, in thousandths.
func (o organization) rate(t time.Time) int64 {
	hour, weekday := t.Hour(), t.Weekday()
	weekend := weekday == time.Saturday || weekday == time.Sunday
	switch {
	case o.idle && (weekend || hour < 8 || hour >= 18):
		return 0
	case weekend:
		return o.busy * day[hour] * 35 / 10_000
	}
	return o.busy * day[hour] / 100
}

// incident is something that went wrong, for whom, and how.
type incident struct {
	stretch
	tiers, orgs []string // empty is all
	status      int      // of the bad answers
	ppm         int64    // how many answers are bad
	slow        bool     // a latency regression
}

// incidents are what happened to requests. The months are otherwise calm: 30 of
// a million requests fail.
func incidents() []incident {
	oct := time.October
	return []incident{
		// A database failover went wrong: most requests of gold failed, some of silver's.
		{stretch: between(at(oct, 8, 14, 20), at(oct, 8, 15, 7)), tiers: []string{"gold"}, status: 503, ppm: 620_000},
		{stretch: between(at(oct, 8, 14, 20), at(oct, 8, 15, 7)), tiers: []string{"silver"}, status: 503, ppm: 60_000},
		// The announced upgrade took silver and bronze down for 50 minutes of its window.
		{stretch: between(at(oct, 11, 2, 20), at(oct, 11, 3, 10)), tiers: []string{"silver", "bronze"}, status: 503, ppm: million},
		// A migration of one customer's data broke its requests.
		{stretch: between(at(oct, 21, 10, 10), at(oct, 21, 11, 25)), orgs: []string{"initech"}, status: 500, ppm: 310_000},
		// Release r44 made gold slow until it was rolled back.
		{stretch: between(at(oct, 19, 9, 0), at(oct, 22, 11, 0)), tiers: []string{"gold"}, slow: true},
		// In September a certificate expired for a quarter of an hour.
		{stretch: between(at(time.September, 17, 6, 0), at(time.September, 17, 6, 15)), status: 503, ppm: 200_000},
	}
}

func (i incident) hits(o organization) bool {
	return (len(i.tiers) == 0 || slices.Contains(i.tiers, o.tier)) && (len(i.orgs) == 0 || slices.Contains(i.orgs, o.id))
}

// What kept samples from being taken.
func prometheusDown() stretch {
	return between(at(time.October, 16, 5, 10), at(time.October, 16, 5, 35))
}
func llmExporterDown() stretch {
	return between(at(time.October, 26, 18, 0), at(time.October, 26, 18, 40))
}
func blackboxDown() stretch {
	return between(at(time.October, 5, 12, 0), at(time.October, 5, 12, 9))
}

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
