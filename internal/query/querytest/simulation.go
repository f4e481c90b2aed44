package querytest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// Scenario says what a simulation is like.
type Scenario struct {
	Seed   uint64
	Length time.Duration // from Base on
	Every  time.Duration // between two scrapes of a target, give or take a jitter
	Rate   float64       // requests a second, of an organization at a process
	// Slow is the distance of the errors 504, which one process has, and whose
	// counter is there from its start on.
	Slow time.Duration
}

// Simulation is a service of which every single request is known, and the
// samples that a Prometheus scraped of it: `http_requests_total` by org and
// code, and the classic histogram `latency_seconds` by org. Its processes are
// born with a release and vanish with the next, restart under the same name,
// were there long before anybody scraped them, and come back after pauses of
// all lengths. Scrapes come late or early, fail, are missed, and pause.
type Simulation struct {
	Scenario
	Series []Series // the samples, by metric
	fleet  []*process
}

// process is a scrape target: what goes by one job and instance.
type process struct {
	instance string
	lives    []*life
	scrapes  []scrape // in order; the instants at which samples lie
	// hasUp, hasStart and hasCreated say what a Prometheus knows of it besides
	// its counters: `up`, `process_start_time_seconds`, `_created`.
	hasUp, hasStart, hasCreated bool
	eager                       bool // counters are there, at 0, from the start on
	// forgets, unless 0, is after how many milliseconds without a request a
	// counter is left out until the next one.
	forgets  int64
	counters []counter
}

// life is a process from its start to its end. Its counters begin at 0.
type life struct {
	from, to int64
	quiet    int64            // milliseconds until the first request
	requests map[kind][]int64 // when they were answered, in order
}

// kind is how a request was answered: to whom, with what, how fast.
type kind struct {
	org, code string
	bound     int // the least bucket that it belongs to
}

// scrape is an instant at which a process was asked for its counters. Of a
// failed one there are `up` and stale markers only.
type scrape struct {
	at     int64
	life   *life // nil if nobody answered
	failed bool
}

// bounds are the buckets of the histogram.
func bounds() []string { return []string{"0.1", "0.5", "1", "+Inf"} }

func orgs() []string  { return []string{"acme", "globex"} }
func codes() []string { return []string{"200", "429", "500", "503", "504"} }

// Simulate simulates a scenario. The same one gives the same samples.
func Simulate(s Scenario) *Simulation {
	sim := &Simulation{Scenario: s}
	r := rand.New(rand.NewPCG(s.Seed, 7))
	start, length := Base().UnixMilli(), s.Length.Milliseconds()
	at := func(share float64) int64 { return start + int64(share*float64(length)) }
	never := at(2)
	// A release at a third: two pods go, two come. The last has a restart of the
	// same name, and the one of the batch began long before it was scraped.
	third := at(0.3 + 0.1*r.Float64())
	sim.fleet = []*process{
		{instance: "pod-1", hasUp: true, hasStart: true, lives: []*life{{from: at(-0.5), to: third}}},
		{instance: "pod-2", hasUp: true, hasCreated: true, forgets: 12 * 60_000, lives: []*life{{from: at(-0.4), to: third + 40_000}}},
		{instance: "pod-3", hasUp: true, hasStart: true, lives: []*life{{from: third - 20_000, to: never}}},
		{instance: "pod-4", hasCreated: true, lives: []*life{{from: third + 10_000, to: never}}},
		{instance: "pod-5", lives: []*life{{from: third + 30_000, to: at(0.6)}}}, // nobody knows when it began
		{instance: "node:8080", hasUp: true, eager: true, lives: []*life{
			{from: at(-0.5), to: at(0.4)}, {from: at(0.4) + 30_000, to: at(0.55)}, {from: at(0.55) + 700_000, to: at(0.8)}, {from: at(0.8) + 1000, to: never}}},
		{instance: "pod-6", hasUp: true, lives: []*life{{from: third + 20_000, to: at(0.9), quiet: 20 * 60_000}}},
		{instance: "old:8080", hasUp: r.IntN(2) == 0, lives: []*life{{from: start - 20*24*3600_000, to: never}}},
	}
	for i, p := range sim.fleet {
		for _, l := range p.lives {
			l.serve(r, s, l.from+l.quiet, min(l.to, at(1.1)), p.instance == "node:8080")
		}
		first := max(p.lives[0].from, at(-0.45))
		if p.instance == "old:8080" {
			first = at(0.25 + 0.1*r.Float64())
		}
		p.schedule(r, s, i, first, at(1.05))
		p.counters = p.count()
	}
	sim.record()
	return sim
}

// serve makes the requests that a process answers in its life.
func (l *life) serve(r *rand.Rand, s Scenario, from, to int64, slow bool) {
	l.requests = map[kind][]int64{}
	incident := Base().UnixMilli() + s.Length.Milliseconds()/2
	// What was long ago is of no interest, so long as there was some.
	from = max(from, Base().UnixMilli()-s.Length.Milliseconds())
	for i, org := range orgs() {
		for t := float64(from); ; {
			t += r.ExpFloat64() * 1000 * float64(i+1) / s.Rate
			if t >= float64(to) {
				break
			}
			k := kind{org: org, code: "200", bound: r.IntN(4)}
			switch n := r.IntN(1000); {
			case math.Abs(t-float64(incident)) < 200_000 && n < 300:
				k.code = "503" // an error that there never was before
			case n < 3:
				k.code = "500"
			case n < 10:
				k.code = "429"
			}
			l.requests[k] = append(l.requests[k], int64(t))
		}
	}
	if !slow || s.Slow == 0 {
		return
	}
	k := kind{org: "acme", code: "504", bound: 3}
	every := s.Slow.Milliseconds()
	for t := Base().UnixMilli() - 10*every + every/2; t < to; t += every {
		if at := t + r.Int64N(60_000); at > from && at < to {
			l.requests[k] = append(l.requests[k], at)
		}
	}
}

// schedule lays the instants at which a process is scraped, from the first one
// on.
func (p *process) schedule(r *rand.Rand, s Scenario, nth int, first, last int64) {
	start, length := Base().UnixMilli(), s.Length.Milliseconds()
	every := s.Every.Milliseconds()
	pause := start + int64((0.15+0.1*float64(nth))*float64(length)) // nobody scrapes
	long := []int64{7 * 60_000, 80 * 60_000, 20 * 60_000, 4*60_000 + 50_000, 61 * 60_000, 12 * 60_000, 30 * 60_000, 90 * 60_000}[nth]
	hang := start + int64((0.7+0.02*float64(nth))*float64(length)) // nobody answers
	end := p.lives[len(p.lives)-1].to + 3*every                    // a pod that is gone is not looked for
	for t := first + r.Int64N(every); t < min(last, end); t += every {
		at := t + r.Int64N(every/20) - every/40
		if at > pause && at < pause+long || r.IntN(200) == 0 {
			continue
		}
		i := slices.IndexFunc(p.lives, func(l *life) bool { return l.from < at && at < l.to })
		failed := i < 0 || at > hang && at < hang+10*60_000 || r.IntN(100) == 0
		sc := scrape{at: at, failed: failed}
		if i >= 0 {
			sc.life = p.lives[i]
		}
		p.scrapes = append(p.scrapes, sc)
	}
}

// counter is one series of a process: the requests that it counts.
type counter struct {
	process *process
	metric  string
	labels  []string // pairs beside job and instance
	lives   map[*life]shown
}

// shown is a counter in a life: from when on it is there, and when what it
// counts was, in order.
type shown struct {
	since, forgets int64
	times          []int64
}

// count returns all series of a process that count requests. They appear with
// their first request, the buckets of a histogram together.
func (p *process) count() []counter {
	var out []counter
	for _, org := range orgs() {
		for _, code := range codes() {
			is := func(k kind) bool { return k.org == org && k.code == code }
			out = append(out, p.counter("http_requests_total", []string{"org", org, "code", code}, is, is))
		}
		for b, le := range bounds() {
			out = append(out, p.counter("latency_seconds_bucket", []string{"org", org, "le", le},
				func(k kind) bool { return k.org == org && k.bound <= b }, func(k kind) bool { return k.org == org }))
		}
	}
	return out
}

func (p *process) counter(metric string, pairs []string, counts, appears func(kind) bool) counter {
	c := counter{p, metric, pairs, map[*life]shown{}}
	for _, l := range p.lives {
		s := shown{since: l.from, times: l.times(counts)}
		if first := l.times(appears); !p.eager {
			if len(first) == 0 {
				continue
			}
			s.since = first[0]
		}
		if metric == "http_requests_total" {
			s.forgets = p.forgets
		}
		c.lives[l] = s
	}
	return c
}

// times returns when the requests of some kinds were answered, in order.
func (l *life) times(of func(kind) bool) []int64 {
	var out []int64
	for k, ts := range l.requests {
		if of(k) {
			out = append(out, ts...)
		}
	}
	slices.Sort(out)
	return out
}

// before counts the instants before one.
func before(times []int64, t int64) int64 {
	i, _ := slices.BinarySearch(times, t)
	return int64(i)
}

// at returns what a scrape shows of the counter, if it does.
func (c counter) at(sc scrape) (value int64, ok bool) {
	s, ok := c.lives[sc.life]
	if !ok || sc.failed || s.since >= sc.at {
		return 0, false
	}
	n := before(s.times, sc.at)
	return n, s.forgets == 0 || n > 0 && sc.at-s.times[n-1] < s.forgets
}

func (c counter) series(name string) labels.Labels {
	return labels.FromStrings(append([]string{"__name__", name, "job", "api", "instance", c.process.instance}, c.labels...)...)
}

// record writes down what the scrapes see.
func (s *Simulation) record() {
	for _, p := range s.fleet {
		for _, c := range p.counters {
			s.Series = appendSome(s.Series, c.samples())
			if le := slices.Index(c.labels, "+Inf"); p.hasCreated && (le > 0 || c.metric == "http_requests_total") {
				s.Series = appendSome(s.Series, c.created())
			}
		}
		up := Series{Labels: labels.FromStrings("__name__", "up", "job", "api", "instance", p.instance)}
		began := Series{Labels: labels.FromStrings("__name__", "process_start_time_seconds", "job", "api", "instance", p.instance)}
		for _, sc := range p.scrapes {
			if sc.failed {
				up.Samples = append(up.Samples, Sample{sc.at, 0})
				continue
			}
			up.Samples = append(up.Samples, Sample{sc.at, 1})
			began.Samples = append(began.Samples, Sample{sc.at, float64(sc.life.from) / 1000})
		}
		if p.hasUp {
			s.Series = appendSome(s.Series, up)
		}
		if p.hasStart {
			s.Series = appendSome(s.Series, began)
		}
	}
	slices.SortFunc(s.Series, func(a, b Series) int { return labels.Compare(a.Labels, b.Labels) })
}

func appendSome(all []Series, s Series) []Series {
	if len(s.Samples) == 0 {
		return all
	}
	return append(all, s)
}

// samples are those of the counter. A scrape that does not show it leaves a
// stale marker where the one before did.
func (c counter) samples() Series {
	out := Series{Labels: c.series(c.metric)}
	there := false
	for _, sc := range c.process.scrapes {
		v, ok := c.at(sc)
		switch {
		case ok:
			out.Samples = append(out.Samples, Sample{sc.at, float64(v)})
		case there:
			out.Samples = append(out.Samples, Sample{sc.at, math.Float64frombits(value.StaleNaN)})
		}
		there = ok
	}
	return out
}

// created says, at each scrape, since when the counter has been there.
func (c counter) created() Series {
	name := map[string]string{"http_requests_total": "http_requests_created", "latency_seconds_bucket": "latency_seconds_created"}[c.metric]
	out := Series{Labels: labels.NewBuilder(c.series(name)).Del("le").Labels()}
	for _, sc := range c.process.scrapes {
		if _, ok := c.at(sc); ok {
			out.Samples = append(out.Samples, Sample{sc.at, float64(c.lives[sc.life].since) / 1000})
		}
	}
	return out
}

// String describes the simulation.
func (s *Simulation) String() string {
	samples := 0
	for _, one := range s.Series {
		samples += len(one.Samples)
	}
	return fmt.Sprintf("seed %d: %s at %s, %d processes, %d series, %d samples", s.Seed, s.Length, s.Every, len(s.fleet), len(s.Series), samples)
}
