package demo

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func ask(e http.Handler, method, url string) (int, string) {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w.Code, w.Body.String()
}

// growth returns how much the samples that begin with a text and have another in
// them grew from one exposition to the next.
func growth(before, after, name, label string) float64 {
	sum := func(page string) (total float64) {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, name) && strings.Contains(line, label) {
				v, _ := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " "):]), 64)
				total += v
			}
		}
		return total
	}
	return sum(after) - sum(before)
}

// An outage of gold makes gold's requests fail while it lasts, and no others.
func TestExporterOutage(t *testing.T) {
	c := &clock{t: at(10, 7, 14, 0)}
	e := NewExporter(c.now)
	scrape := func() string { _, page := ask(e, "GET", "/metrics"); return page }
	c.wait(10 * time.Minute)
	calm := scrape()
	if strings.Contains(calm, `code="503"`) {
		t.Error("there are errors before the outage")
	}
	if code, text := ask(e, "POST", "/outage?tier=gold&for=5m&kind=errors"); code != http.StatusCreated || text != "errors for tier gold until 2026-10-07T14:15:00Z\n" {
		t.Errorf("starting it: %d %q", code, text)
	}
	c.wait(5 * time.Minute)
	during := scrape()
	c.wait(5 * time.Minute)
	after := scrape()
	bad, all := growth(calm, during, "http_requests_total", `tier="gold",code="503"`), growth(calm, during, "http_requests_total", `tier="gold"`)
	if share := bad / all; share < 0.55 || share > 0.65 {
		t.Errorf("%.3f of gold's requests failed, want about 0.6", share)
	}
	if n := growth(calm, during, "http_requests_total", `tier="silver",code="503"`); n != 0 {
		t.Errorf("%v of silver's requests failed", n)
	}
	if n := growth(during, after, "http_requests_total", `code="503"`); n != 0 {
		t.Errorf("%v requests failed after the outage", n)
	}
	if count, requests := growth("", after, "http_request_duration_seconds_count", ""), growth("", after, "http_requests_total", ""); count != requests {
		t.Errorf("the histogram has %v observations of %v requests", count, requests)
	}
}

// Slow answers move observations out of the low buckets, and can be ended.
func TestExporterLatency(t *testing.T) {
	c := &clock{t: at(10, 7, 14, 0)}
	e := NewExporter(c.now)
	ask(e, "POST", "/outage?tier=gold&for=1h&kind=latency")
	c.wait(time.Minute)
	_, slow := ask(e, "GET", "/metrics")
	if code, _ := ask(e, "DELETE", "/outage"); code != http.StatusNoContent {
		t.Errorf("ending it: %d", code)
	}
	c.wait(time.Minute)
	_, calm := ask(e, "GET", "/metrics")
	share := func(before, after string) float64 {
		return growth(before, after, "http_request_duration_seconds_bucket", `tier="gold",le="0.5"`) / growth(before, after, "http_request_duration_seconds_count", `tier="gold"`)
	}
	if a, b := share("", slow), share(slow, calm); a > 0.9 || b < 0.95 {
		t.Errorf("%.3f were fast during the regression and %.3f after, want about 0.84 and 0.97", a, b)
	}
}

func TestExporterRefuses(t *testing.T) {
	e := NewExporter((&clock{t: at(10, 7, 14, 0)}).now)
	for url, want := range map[string]string{
		"/outage?tier=platinum":  `the tier "platinum" is not known; use gold, silver or bronze`,
		"/outage?kind=fire":      `the kind "fire" is not known; use errors or latency`,
		"/outage?for=-1m":        `"-1m" is not a length of time above 0; write 5m`,
		"/outage?org=nobody":     `the organization "nobody" is not known`,
		"/outage?duration=5m":    `the parameter "duration" is not known`,
		"/outage?for=five+weeks": `is not a length of time`,
	} {
		if code, text := ask(e, "POST", url); code != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%s: %d %q, want 400 with %q", url, code, text, want)
		}
	}
	if code, _ := ask(e, "GET", "/nothing"); code != http.StatusNotFound {
		t.Errorf("an unknown page: %d", code)
	}
	if code, text := ask(e, "GET", "http://localhost:9900/"); code != http.StatusOK || !strings.Contains(text, `targets: ["localhost:9900"]`) {
		t.Errorf("help: %d %q", code, text)
	}
}

// Several scrapers and a user at once see whole pages.
func TestExporterIsConcurrent(t *testing.T) {
	c := &clock{t: at(10, 7, 14, 0)}
	e := NewExporter(c.now)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				c.wait(100 * time.Millisecond)
				ask(e, "GET", "/metrics")
				ask(e, "POST", fmt.Sprintf("/outage?tier=gold&for=%ds", i+1))
				ask(e, "GET", "/outage")
			}
		})
	}
	all.Wait()
}

// The live names and labels are those of the samples, and promtool has nothing
// to complain of.
func TestExporterMatchesSeries(t *testing.T) {
	c := &clock{t: at(10, 7, 14, 0)}
	e := NewExporter(c.now)
	ask(e, "POST", "/outage?for=1h")
	c.wait(30 * time.Minute)
	_, page := ask(e, "GET", "/metrics")
	names := map[string]bool{}
	for _, s := range company().Series() {
		names[s.Labels.Get("__name__")] = true
	}
	delete(names, "up") // Prometheus's own
	for name := range names {
		if !strings.Contains(page, "\n"+name+"{") && !strings.Contains(page, "\n"+name+" ") {
			t.Errorf("%s is not live", name)
		}
	}
	for line := range strings.Lines(page) {
		if name := line[:strings.IndexAny(line, "{ ")]; name != "#" && !names[name] {
			t.Errorf("%s is only live", name)
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = strings.NewReader(page)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
