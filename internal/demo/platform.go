package demo

import (
	"github.com/slactl/slactl/internal/query/tsdb"
)

// model is a large language model that the platform lets debate.
type model struct {
	name, provider string
	share          int64 // of all calls, in percent
	input, output  int64 // tokens of a usual call
	cached         int64 // percent of the input that the provider had cached
	// Prices of a million tokens, as the provider bills them. Cached tokens are
	// not counted in input.
	inputPrice, outputPrice, cachePrice string
}

// activity is what the platform did in one tick, besides answering requests.
type activity struct {
	created  [len(tiers)]uint16
	finished [len(outcomes)]uint16
	calls    [len(models)][2]uint32 // success, error
	tokens   [len(models)][len(kinds)]uint32
	rated    uint16
	stars    uint16
	cents    uint32
	users    uint32
	safety   uint32 // thousandths
	probe    bool   // the probe from outside succeeded
}

// llmTrouble is when a provider answered one call in four with an error.
func llmTrouble() stretch { return between(at(10, 28, 15, 0), at(10, 28, 18, 30)) }

// platform is what drives the activity from one tick to the next.
type platform struct {
	dice  dice
	owed  int64 // debates that began and have not ended
	users int64
}

func newPlatform(part uint64) *platform { return &platform{dice: newDice(part), users: 400} }

// step simulates a tick in which so many requests of each tier were answered, at
// a rate of so many per minute in all. The more requests customers make, the more
// debates there are, and a while later there end as many.
func (p *platform) step(answered [len(tiers)]int64, perMinute int64, trouble bool) activity {
	var a activity
	var begun int64
	for t, n := range answered {
		created := p.dice.share(n, 9000)
		a.created[t] = uint16(created)
		begun += created
	}
	p.owed += begun
	ended := min(p.owed, p.dice.share(p.owed, 200_000))
	p.owed -= ended
	failed := min(ended, p.dice.share(ended, 14_000))
	abandoned := min(ended-failed, p.dice.share(ended, 22_000))
	a.finished = [...]uint16{uint16(ended - failed - abandoned), uint16(failed), uint16(abandoned)}
	a.talk(p.dice, begun*6, trouble)
	a.cents = uint32(p.dice.share(begun*38, 900_000))
	p.users = max(20, p.users+(perMinute*7/10-p.users)/8+p.dice.below(11)-5)
	a.users = uint32(p.users)
	a.safety = uint32(4830 + p.dice.below(81))
	return a
}

// probed is whom the probe from outside asks for: its own account, of tier gold.
func probed() organization { return organization{id: "probe", tier: "gold"} }

// simulatePlatform returns the platform's activity by tick.
func simulatePlatform(all *[len(organizations)][]requests) []activity {
	out, p := make([]activity, ticks), newPlatform(100)
	trouble, prober := llmTrouble(), newDice(101)
	var outages []incident
	for _, inc := range incidents() {
		if inc.hits(probed()) {
			outages = append(outages, inc)
		}
	}
	for k := range out {
		var answered [len(tiers)]int64
		var sum int64
		for i, o := range organizations {
			n := int64(all[i][k].ok)
			answered[tierIndex(o.tier)] += n
			sum += n
		}
		out[k] = p.step(answered, sum/minutes(k), trouble.has(k))
		out[k].probe = true
		for _, inc := range outages {
			out[k].probe = out[k].probe && !(inc.has(k) && prober.below(million) < inc.ppm)
		}
	}
	return out
}

// talk simulates calls to the models and what the audience thought of them.
func (a *activity) talk(d dice, calls int64, trouble bool) {
	for m, model := range models {
		n := d.share(calls, model.share*10_000)
		ppm := int64(9_000)
		if trouble && model.provider == "openai" {
			ppm = 250_000
		}
		bad := min(n, d.share(n, ppm))
		n -= bad
		a.calls[m] = [2]uint32{uint32(n), uint32(bad)}
		input := n * (model.input*8/10 + d.below(model.input*4/10+1))
		cached := input * model.cached / 100
		a.tokens[m] = [...]uint32{uint32(input - cached), uint32(n * (model.output*8/10 + d.below(model.output*4/10+1))), uint32(cached)}
		rated := d.share(n, 60_000)
		a.rated += uint16(rated)
		for range rated {
			a.stars += uint16(5 - []int64{0, 0, 0, 0, 0, 1, 1, 1, 2, 3}[d.below(10)])
		}
	}
}

// The targets of the platform's own jobs.
func platformTargets() (llm, app, blackbox *target) {
	started := at(8, 20, 7, 0).UnixMilli()
	llm = &target{job: "llm", instance: "llm-gateway-0:9400", offset: 29_330, last: ticks - 1, started: started, down: llmExporterDown()}
	app = &target{job: "platform", instance: "platform-0:9090", offset: 51_704, last: ticks - 1, started: started}
	blackbox = &target{job: "blackbox", instance: "https://debates.example.com/healthz", offset: 8_841, last: ticks - 1, started: started, down: blackboxDown()}
	return llm, app, blackbox
}

// platformSeries returns the series of the platform's activity.
func (c *Company) platformSeries() []tsdb.SampleSeries {
	llm, app, blackbox := platformTargets()
	all := c.activity
	growth := func(t *target, name string, parts int64, of func(*activity) int64, more ...string) tsdb.SampleSeries {
		here := func(k int) int64 { return of(&all[k]) }
		return t.series(name, t.counter(parts, here, here), more...)
	}
	grow := func(t *target, name string, of func(*activity) int64, more ...string) tsdb.SampleSeries {
		return growth(t, name, 1, of, more...)
	}
	out := append(llm.own(), app.own()...)
	out = append(out, blackbox.own()[0]) // the exporter tells no start time of what it probes
	for m, model := range models {
		who := []string{"model", model.name, "provider", model.provider}
		for s, status := range [...]string{"success", "error"} {
			out = append(out, grow(llm, "llm_requests_total", func(a *activity) int64 { return int64(a.calls[m][s]) }, append(who, "status", status)...))
		}
		for kind, name := range kinds {
			if name == "cache_read" && model.cached == 0 {
				continue
			}
			out = append(out, grow(llm, "llm_tokens_total", func(a *activity) int64 { return int64(a.tokens[m][kind]) }, append(who, "type", name)...))
		}
	}
	for t, tier := range tiers {
		out = append(out, grow(app, "debates_created_total", func(a *activity) int64 { return int64(a.created[t]) }, "tier", tier.name))
	}
	for o, outcome := range outcomes {
		out = append(out, grow(app, "debates_finished_total", func(a *activity) int64 { return int64(a.finished[o]) }, "outcome", outcome))
	}
	return append(out,
		grow(llm, "llm_response_rating_sum", func(a *activity) int64 { return int64(a.stars) }),
		grow(llm, "llm_response_rating_count", func(a *activity) int64 { return int64(a.rated) }),
		llm.series("llm_safety_score", llm.gauge(1000, func(k int) int64 { return int64(all[k].safety) })),
		app.series("active_users", app.gauge(1, func(k int) int64 { return int64(all[k].users) })),
		growth(app, "revenue_usd_total", 100, func(a *activity) int64 { return int64(a.cents) }),
		blackbox.series("probe_success", blackbox.gauge(1, func(k int) int64 {
			if all[k].probe {
				return 1
			}
			return 0
		})))
}
