package demo

import (
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Counts are numbers of requests.
type Counts struct {
	Total, Bad int64 // Bad ended with a 5xx status
	// Within counts those that took at most each bound of the latency histogram
	// (0.25, 0.5, 1, 2, 5 seconds, infinity).
	Within [len(bounds) + 1]int64
}

func (c *Counts) add(r *requests) {
	c.Total += r.total()
	c.Bad += r.bad()
	for i := range c.Within {
		c.Within[i] += r.within(i)
	}
}

// Minus returns the difference of two counts.
func (c Counts) Minus(o Counts) Counts {
	c.Total -= o.Total
	c.Bad -= o.Bad
	for i := range c.Within {
		c.Within[i] -= o.Within[i]
	}
	return c
}

// Truth is what really happened to the requests of one organization in a span.
type Truth struct {
	Happened Counts
	// Lost requests were served by a process that crashed before it was scraped
	// again: no sample tells of them.
	Lost Counts
	// Unwitnessed requests were served by a process before it was first scraped,
	// long after its start: a sample tells of them, but not of when they were.
	Unwitnessed Counts
}

// Countable returns the requests that a count of samples can know: it must equal
// them exactly.
func (t Truth) Countable() Counts { return t.Happened.Minus(t.Lost).Minus(t.Unwitnessed) }

// Truth returns the truth of an organization in a span: of the requests between
// two scrapes whose later one lies in (start, end]. Requests in a pause of the
// scraping stay where they happened; a count sees them at its end.
func (c *Company) Truth(org string, in period.Span) Truth {
	var out Truth
	for i, o := range organizations {
		if o.id != org {
			continue
		}
		for _, s := range c.fleet.stints[i] {
			span := seen(in, s.pod.offset)
			for k := max(span.from, s.from); k < min(span.to, s.to); k++ {
				r := &c.requests[i][k]
				out.Happened.add(r)
				for _, reset := range s.pod.resets {
					if reset == k {
						out.Lost.add(r)
					}
				}
				if k <= s.pod.first && s.pod.born < s.pod.first {
					out.Unwitnessed.add(r)
				}
			}
		}
	}
	return out
}

// Tokens is how many tokens of a kind (input, output, cache_read) went through a
// model in a span; 0 for what the company does not use.
func (c *Company) Tokens(model, kind string, in period.Span) int64 {
	llm, _, _ := platformTargets()
	var out int64
	for m := range models {
		for n := range kinds {
			if models[m].name != model || kinds[n] != kind {
				continue
			}
			for _, a := range c.during(seen(in, llm.offset)) {
				out += int64(a.tokens[m][n])
			}
		}
	}
	return out
}

// Business is what the platform did in a span.
type Business struct {
	DebatesCreated, DebatesFinished, DebatesSucceeded int64
	LLMRequests, LLMErrors                            int64
	Revenue                                           unit.Decimal // USD
}

// Business returns the platform's activity between two scrapes whose later one
// lies in the span.
func (c *Company) Business(in period.Span) Business {
	llm, app, _ := platformTargets()
	var out Business
	var cents int64
	for _, a := range c.during(seen(in, app.offset)) {
		for _, n := range a.created {
			out.DebatesCreated += int64(n)
		}
		for _, n := range a.finished {
			out.DebatesFinished += int64(n)
		}
		out.DebatesSucceeded += int64(a.finished[0])
		cents += int64(a.cents)
	}
	for _, a := range c.during(seen(in, llm.offset)) {
		for _, n := range a.calls {
			out.LLMRequests += int64(n[0]) + int64(n[1])
			out.LLMErrors += int64(n[1])
		}
	}
	out.Revenue = unit.DecimalOfInt(cents).Mul(unit.MustDecimal("0.01"))
	return out
}

// during returns the activity of a stretch.
func (c *Company) during(s stretch) []activity { return c.activity[s.from:max(s.from, s.to)] }
