package demo

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Exporter is the demo company, live: a target for Prometheus whose counters
// grow in real time, with the names and labels of the demo's samples. It serves
//
//	GET /metrics     Prometheus's text format
//	POST /outage     an outage: ?tier=gold&org=acme&for=5m&kind=errors|latency
//	DELETE /outage   its end
//	GET /            a page of help
//
// It is safe for concurrent use. Two exporters started at the same instant tell
// the same story.
type Exporter struct {
	now func() time.Time
	mux *http.ServeMux

	mu       sync.Mutex
	started  time.Time
	reached  time.Time // what was simulated so far
	dice     dice
	platform *platform
	clients  [len(organizations)]client
	sums     totals
	latest   activity
	outage   outage
}

// client is what an organization did since the exporter started.
type client struct {
	zone         *time.Location
	codes        [4]int64 // 200, 429, 500, 503
	within       [len(bounds) + 1]int64
	milliseconds int64
}

// totals are the platform's counters.
type totals struct {
	created      [len(tiers)]int64
	finished     [len(outcomes)]int64
	calls        [len(models)][2]int64
	tokens       [len(models)][len(kinds)]int64
	rated, stars int64
	cents        int64
}

// outage is the trouble that was asked for.
type outage struct {
	incident
	kind  string
	until time.Time
}

// text says what an outage does to whom.
func (o outage) text() string {
	who := "all tiers"
	if len(o.tiers) > 0 {
		who = "tier " + o.tiers[0]
	}
	if len(o.orgs) > 0 {
		who = "organization " + o.orgs[0]
	}
	return fmt.Sprintf("%s for %s until %s", o.kind, who, o.until.UTC().Format(time.RFC3339))
}

// NewExporter returns an exporter whose counters begin at 0 now.
func NewExporter(now func() time.Time) *Exporter {
	start := now()
	e := &Exporter{now: now, mux: http.NewServeMux(), started: start, reached: start, dice: newDice(300), platform: newPlatform(301)}
	for i, o := range organizations {
		e.clients[i].zone = mustZone(o.zone)
	}
	e.mux.HandleFunc("GET /metrics", e.metrics)
	e.mux.HandleFunc("GET /outage", e.showOutage)
	e.mux.HandleFunc("POST /outage", e.startOutage)
	e.mux.HandleFunc("DELETE /outage", e.endOutage)
	e.mux.HandleFunc("GET /{$}", e.help)
	return e
}

// ServeHTTP implements http.Handler.
func (e *Exporter) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.mux.ServeHTTP(w, r) }

// advance simulates every whole second that has passed. The lock is held.
func (e *Exporter) advance() {
	for next := e.reached.Add(time.Second); !next.After(e.now()); next = next.Add(time.Second) {
		e.second(next)
		e.reached = next
	}
}

// second simulates the second that ends at t.
func (e *Exporter) second(t time.Time) {
	var answered [len(tiers)]int64
	var perMinute int64
	troubled := t.Before(e.outage.until)
	for i, o := range organizations {
		c := &e.clients[i]
		condition := calm()
		if troubled && e.outage.hits(o) {
			condition = condition.under(e.outage.incident)
		}
		rate := o.rate(t.In(c.zone))
		r := e.dice.draw(tierNamed(o.tier), rate/60, condition)
		c.add(&r)
		answered[tierIndex(o.tier)] += int64(r.ok)
		perMinute += rate / 1000
	}
	e.latest = e.platform.step(answered, perMinute, false)
	e.latest.probe = !troubled || !e.outage.hits(probed()) || e.dice.below(million) >= e.outage.ppm
	e.sums.add(&e.latest)
}

func (c *client) add(r *requests) {
	for i, n := range [...]uint16{r.ok, r.limited, r.failed, r.unavailable} {
		c.codes[i] += int64(n)
	}
	for b := range c.within {
		c.within[b] += r.within(b)
	}
	c.milliseconds += r.milliseconds()
}

func (s *totals) add(a *activity) {
	for i, n := range a.created {
		s.created[i] += int64(n)
	}
	for i, n := range a.finished {
		s.finished[i] += int64(n)
	}
	for m := range models {
		for i, n := range a.calls[m] {
			s.calls[m][i] += int64(n)
		}
		for i, n := range a.tokens[m] {
			s.tokens[m][i] += int64(n)
		}
	}
	s.rated += int64(a.rated)
	s.stars += int64(a.stars)
	s.cents += int64(a.cents)
}

// startOutage begins an outage, in place of one that is going on.
func (e *Exporter) startOutage(w http.ResponseWriter, r *http.Request) {
	o, length, err := parseOutage(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance() // what was before stays untroubled
	o.until = e.now().Add(length)
	e.outage = o
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintln(w, o.text())
}

// parseOutage reads an outage and how long it lasts.
func parseOutage(q url.Values) (outage, time.Duration, error) {
	for key := range q {
		if !slices.Contains([]string{"tier", "org", "for", "kind"}, key) {
			return outage{}, 0, fmt.Errorf("starting an outage: the parameter %q is not known; use tier, org, for and kind", key)
		}
	}
	o := outage{kind: cmp.Or(q.Get("kind"), "errors")}
	switch o.kind {
	case "errors":
		o.status, o.ppm = http.StatusServiceUnavailable, 600_000
	case "latency":
		o.slow = true
	default:
		return outage{}, 0, fmt.Errorf("starting an outage: the kind %q is not known; use errors or latency", o.kind)
	}
	if name := q.Get("tier"); name != "" {
		if tierIndex(name) < 0 {
			return outage{}, 0, fmt.Errorf("starting an outage: the tier %q is not known; use gold, silver or bronze", name)
		}
		o.tiers = []string{name}
	}
	if id := q.Get("org"); id != "" {
		if !slices.Contains(OrganizationIDs(), id) {
			return outage{}, 0, fmt.Errorf("starting an outage: the organization %q is not known; use one of %s", id, strings.Join(OrganizationIDs(), ", "))
		}
		o.orgs = []string{id}
	}
	length, err := time.ParseDuration(cmp.Or(q.Get("for"), "5m"))
	if err != nil || length <= 0 {
		return outage{}, 0, fmt.Errorf("starting an outage: %q is not a length of time above 0; write 5m", q.Get("for"))
	}
	return o, length, nil
}

func (e *Exporter) endOutage(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.advance()
	e.outage = outage{}
	w.WriteHeader(http.StatusNoContent)
}

func (e *Exporter) showOutage(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.now().Before(e.outage.until) {
		fmt.Fprintln(w, "no outage")
		return
	}
	fmt.Fprintln(w, e.outage.text())
}

func (e *Exporter) help(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, `The demo company of slactl, live.

Let Prometheus scrape it:

  scrape_configs:
    - job_name: api
      scrape_interval: 15s
      static_configs: [{targets: ["%[1]s"]}]
      metric_relabel_configs: [{source_labels: [__name__], regex: probe_success, action: drop}]
    - job_name: blackbox
      scrape_interval: 15s
      static_configs: [{targets: ["%[1]s"]}]
      metric_relabel_configs: [{source_labels: [__name__], regex: probe_success, action: keep}]

Start an outage of gold, of one customer, or slow answers, and end it:

  curl -X POST   'http://%[1]s/outage?tier=gold&for=5m'
  curl -X POST   'http://%[1]s/outage?org=initech&for=2m'
  curl -X POST   'http://%[1]s/outage?tier=gold&for=10m&kind=latency'
  curl -X DELETE 'http://%[1]s/outage'

Metrics: http://%[1]s/metrics
`, r.Host)
}
