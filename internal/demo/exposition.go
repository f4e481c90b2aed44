package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// metrics writes the state in Prometheus's text format. Label values are the
// demo's own words, which need no escaping.
func (e *Exporter) metrics(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	e.advance()
	text := e.exposition()
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, text)
}

// page is an exposition being written.
type page struct{ strings.Builder }

func (p *page) family(name, kind, help string) {
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes a sample whose value is a whole number of parts.
func (p *page) sample(name string, value, parts int64, pairs ...string) {
	p.WriteString(name)
	for i := 0; i < len(pairs); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		fmt.Fprintf(p, "%s%s=%q", separator, pairs[i], pairs[i+1])
	}
	if len(pairs) > 0 {
		p.WriteString("}")
	}
	fmt.Fprintf(p, " %v\n", float64(value)/float64(parts))
}

func (e *Exporter) exposition() string {
	p := &page{}
	e.exposeRequests(p)
	e.exposeModels(p)
	e.exposeBusiness(p)
	p.family("process_start_time_seconds", "gauge", "Start time of the process since the epoch.")
	p.sample("process_start_time_seconds", e.started.UnixMilli(), 1000)
	return p.String()
}

// exposeRequests leaves out what has not happened yet, as client libraries do:
// an error series is born with its first error.
func (e *Exporter) exposeRequests(p *page) {
	p.family("http_requests_total", "counter", "Requests answered, by status code.")
	for i, o := range organizations {
		for n, code := range [...]string{"200", "429", "500", "503"} {
			if v := e.clients[i].codes[n]; v > 0 {
				p.sample("http_requests_total", v, 1, "org", o.id, "tier", o.tier, "code", code)
			}
		}
	}
	const name = "http_request_duration_seconds"
	p.family(name, "histogram", "How long requests took.")
	for i, o := range organizations {
		c := &e.clients[i]
		all := c.within[len(bounds)]
		if all == 0 {
			continue
		}
		for b, v := range c.within {
			p.sample(name+"_bucket", v, 1, "org", o.id, "tier", o.tier, "le", boundText(b))
		}
		p.sample(name+"_sum", c.milliseconds, 1000, "org", o.id, "tier", o.tier)
		p.sample(name+"_count", all, 1, "org", o.id, "tier", o.tier)
	}
}

func (e *Exporter) exposeModels(p *page) {
	p.family("llm_requests_total", "counter", "Calls of large language models.")
	for m, model := range models {
		for s, status := range [...]string{"success", "error"} {
			if v := e.sums.calls[m][s]; v > 0 {
				p.sample("llm_requests_total", v, 1, "model", model.name, "provider", model.provider, "status", status)
			}
		}
	}
	p.family("llm_tokens_total", "counter", "Tokens by kind; cached ones are not counted in input.")
	for m, model := range models {
		for k, kind := range kinds {
			if v := e.sums.tokens[m][k]; v > 0 {
				p.sample("llm_tokens_total", v, 1, "model", model.name, "provider", model.provider, "type", kind)
			}
		}
	}
	p.family("llm_response_rating", "summary", "Stars that answers were given, 1 to 5.")
	p.sample("llm_response_rating_sum", e.sums.stars, 1)
	p.sample("llm_response_rating_count", e.sums.rated, 1)
	p.family("llm_safety_score", "gauge", "Safety of the answers, at best 5.")
	p.sample("llm_safety_score", int64(e.latest.safety), 1000)
}

func (e *Exporter) exposeBusiness(p *page) {
	p.family("debates_created_total", "counter", "Debates that began.")
	for t, tier := range tiers {
		p.sample("debates_created_total", e.sums.created[t], 1, "tier", tier.name)
	}
	p.family("debates_finished_total", "counter", "Debates that ended.")
	for o, outcome := range outcomes {
		p.sample("debates_finished_total", e.sums.finished[o], 1, "outcome", outcome)
	}
	p.family("active_users", "gauge", "Users active in the last five minutes.")
	p.sample("active_users", int64(e.latest.users), 1)
	p.family("revenue_usd_total", "counter", "Revenue in US dollars.")
	p.sample("revenue_usd_total", e.sums.cents, 100)
	p.family("probe_success", "gauge", "Whether the service could be reached from outside.")
	probe := int64(0)
	if e.latest.probe {
		probe = 1
	}
	p.sample("probe_success", probe, 1)
}
