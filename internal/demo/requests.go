package demo

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/slactl/slactl/internal/query/tsdb"
)

// requests are the requests of one organization in one tick, by answer and by
// how long they took.
type requests struct {
	ok, limited, failed, unavailable uint16 // 200, 429, 500, 503
	took                             [len(bounds) + 1]uint16
}

func (r *requests) total() int64 { return int64(r.ok) + int64(r.limited) + r.bad() }
func (r *requests) bad() int64   { return int64(r.failed) + int64(r.unavailable) }

// within returns how many took at most bound i, or all of them past the last.
func (r *requests) within(i int) int64 {
	var n int64
	for _, c := range r.took[:i+1] {
		n += int64(c)
	}
	return n
}

// condition is how the service is at a time for an organization.
type condition struct {
	failed, unavailable int64 // how many requests of a million end so
	slow                bool
}

// calm is the usual condition.
func calm() condition { return condition{failed: 30} }

// under adds an incident.
func (c condition) under(i incident) condition {
	switch i.status {
	case 500:
		c.failed += i.ppm
	case 503:
		c.unavailable += i.ppm
	}
	c.slow = c.slow || i.slow
	return c
}

// draw simulates the requests of which milli/1000 are expected.
func (d dice) draw(t tier, milli int64, c condition) requests {
	n := d.count(milli)
	if n == 0 {
		return requests{}
	}
	unavailable := min(n, d.share(n, c.unavailable))
	failed := min(n-unavailable, d.share(n-unavailable, c.failed))
	limited := d.share(n-unavailable-failed, 4000)
	r := requests{ok: uint16(n - unavailable - failed - limited), limited: uint16(limited), failed: uint16(failed), unavailable: uint16(unavailable)}
	shares := t.fast
	if c.slow {
		shares = t.slow
	}
	// One throw for all bounds keeps the cumulative counts in order.
	throw, before := d.below(million), int64(0)
	for i, s := range shares {
		upTo := (n*s + throw) / million
		r.took[i] = uint16(upTo - before)
		before = upTo
	}
	r.took[len(bounds)] = uint16(n - before)
	return r
}

// simulate returns all requests that organization i made, by tick. They depend
// on nothing but the organization, so that all can be simulated side by side.
func simulate(i int, stints []stint) []requests {
	o, out := organizations[i], make([]requests, ticks)
	d, t, zone := newDice(uint64(i)), tierNamed(o.tier), mustZone(o.zone)
	var troubles []incident
	for _, inc := range incidents() {
		if inc.hits(o) {
			troubles = append(troubles, inc)
		}
	}
	begin, hour, rate := stints[0].from, int64(-1), int64(0)
	for k := begin; k < len(out); k++ {
		ms := scrape(k)
		// A minute of one half hour expects what every other does.
		if h := ms / (30 * 60_000); h != hour {
			hour, rate = h, o.rate(time.UnixMilli(ms).In(zone))
		}
		c := calm()
		for _, inc := range troubles {
			if inc.has(k) {
				c = c.under(inc)
			}
		}
		out[k] = d.draw(t, rate*minutes(k), c)
	}
	return out
}

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // a zone of the table above; time/tzdata is embedded
	}
	return zone
}

// simulateAll simulates all organizations.
func simulateAll(f *fleet) (out [len(organizations)][]requests) {
	var all sync.WaitGroup
	for i := range organizations {
		all.Go(func() { out[i] = simulate(i, f.stints[i]) })
	}
	all.Wait()
	return out
}

// requestSeries returns the series of an organization's requests on a pod.
func (c *Company) requestSeries(i int, p *pod) []tsdb.SampleSeries {
	var served []stretch
	for _, s := range c.fleet.stints[i] {
		if s.pod == p {
			served = append(served, s.stretch)
		}
	}
	if len(served) == 0 {
		return nil
	}
	o, all := organizations[i], c.requests[i]
	here := func(of func(*requests) int64) func(k int) int64 {
		return func(k int) int64 {
			if !slices.ContainsFunc(served, func(s stretch) bool { return s.has(k) }) {
				return 0
			}
			return of(&all[k])
		}
	}
	var out []tsdb.SampleSeries
	for _, code := range [...]struct {
		code string
		of   func(*requests) int64
	}{
		{"200", func(r *requests) int64 { return int64(r.ok) }},
		{"429", func(r *requests) int64 { return int64(r.limited) }},
		{"500", func(r *requests) int64 { return int64(r.failed) }},
		{"503", func(r *requests) int64 { return int64(r.unavailable) }},
	} {
		out = append(out, p.series("http_requests_total", p.counter(1, here(code.of), here(code.of)), "org", o.id, "tier", o.tier, "code", code.code))
	}
	if !p.timing {
		return out
	}
	// All series of a histogram are born together, also with empty buckets.
	const name = "http_request_duration_seconds"
	every := here((*requests).total)
	for b := range len(bounds) + 1 {
		out = append(out, p.series(name+"_bucket", p.counter(1, here(func(r *requests) int64 { return r.within(b) }), every),
			"org", o.id, "tier", o.tier, "le", boundText(b)))
	}
	return append(out,
		p.series(name+"_count", p.counter(1, every, every), "org", o.id, "tier", o.tier),
		p.series(name+"_sum", p.counter(1000, here((*requests).milliseconds), every), "org", o.id, "tier", o.tier))
}

// milliseconds is how long all requests took together.
func (r *requests) milliseconds() int64 {
	var ms int64
	for i, n := range r.took {
		ms += int64(n) * typical[i]
	}
	return ms
}

// boundText writes bound b in seconds as the label `le` has it.
func boundText(b int) string {
	if b == len(bounds) {
		return "+Inf"
	}
	return strconv.FormatFloat(float64(bounds[b])/1000, 'f', -1, 64)
}
