package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/demo"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// scraping is a Prometheus that scrapes itself and the demo exporter every second.
const scraping = `global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: prometheus, static_configs: [{targets: ["$ADDRESS"]}]}
  - {job_name: demo, static_configs: [{targets: [%q]}]}
`

// The real thing: the Debian server scrapes itself and the demo exporter for the
// better part of a minute, in which an outage happens; then everything that the
// README does with a Prometheus is done with it. What slactl counted is compared
// with what promtool says.
func TestRealPrometheus(t *testing.T) {
	if testing.Short() {
		t.Skip("scrapes for 45 s")
	}
	exporter := httptest.NewServer(demo.NewExporter(time.Now))
	t.Cleanup(exporter.Close)
	start := time.Now().Truncate(time.Second)
	server := promtest.Debian(t, t.TempDir(), fmt.Sprintf(scraping, strings.TrimPrefix(exporter.URL, "http://")))
	time.Sleep(15 * time.Second)
	resp, err := http.Post(exporter.URL+"/outage?for=15s", "", nil)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("causing an outage: %v, %v", resp, err)
	}
	resp.Body.Close()
	time.Sleep(30 * time.Second)

	// A moment that lies back a little stands still: nothing is added to it.
	at := time.Now().Add(-2 * time.Second).Truncate(time.Second)
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		w := newWorld()
		w.Now = func() time.Time { return at }
		if code := w.run(t, append(args, "--config", filepath.Join(dir, "slactl.yaml"))...); code != 0 {
			t.Fatalf("slactl %s: exit code %d\n%s%s", strings.Join(args, " "), code, w.out.String(), w.err.String())
		}
		t.Logf("$ slactl %s\n%s%s", strings.Join(args, " "), w.err.String(), w.out.String()[:min(w.out.Len(), 1500)])
		return w.out.String()
	}
	if out := run("init", "--prometheus", server, "--yes", "--out", filepath.Join(dir, "slactl.yaml")); !strings.Contains(out, "http: http_requests_total of job demo") {
		t.Errorf("init does not see the exporter:\n%s", out)
	}
	run("config", "lint")
	run("metrics", "find", "http_requests", "--prometheus", server)
	if out := run("sla", "status"); !strings.Contains(out, "availability") {
		t.Errorf("status shows no availability:\n%s", out)
	}

	begin := start.Add(-time.Minute)
	span := begin.UTC().Format(timeLayout) + ".." + at.UTC().Format(timeLayout)
	var status sla.Report
	decode(t, run("sla", "status", "--period", span, "--format", "json"), &status)
	compareWithPromtool(t, &status, server, begin, at)

	run("report", "daily", "--period", span, "--format", "json,pdf,xlsx,terminal", "--out", dir)
	files, err := filepath.Glob(filepath.Join(dir, "daily-*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("the report's files are %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(file) {
		case ".pdf":
			if !bytes.HasPrefix(text, []byte("%PDF-")) {
				t.Errorf("%s is no PDF", file)
			}
		case ".json":
			var results report.Results
			decode(t, string(text), &results)
			if len(results.Missing) > 0 {
				t.Errorf("missing from the report: %v", results.Missing)
			}
			compareWithPromtool(t, results.SLA, server, begin, at)
		}
	}
}

// compareWithPromtool compares the events of availability with the server's own
// view of the counters. The exporter began at 0 within the period, so with exact
// accounting the counters' values are the truth. With PromQL the truth is out of
// reach, for increase() misses what a series begins with; the figures are then
// those of increase() over the same span, as far as two digits of extrapolation.
func compareWithPromtool(t *testing.T, r *sla.Report, server string, start, at time.Time) {
	t.Helper()
	i := slices.IndexFunc(r.Results, func(res sla.Result) bool { return res.Objective == "availability" })
	if i < 0 {
		t.Fatal("there is no result for availability")
	}
	res := r.Results[i]
	for _, c := range []struct{ what, selector, got string }{
		{"total", `http_requests_total{job="demo"}`, res.Events.Total.Canonical()},
		{"bad", `http_requests_total{job="demo",code=~"5.."}`, res.Events.Bad.Canonical()},
	} {
		expr, slack := "sum("+c.selector+")", 0.0
		if res.Accounting != window.Exact {
			expr, slack = fmt.Sprintf("sum(increase(%s[%ds]))", c.selector, int(at.Sub(start).Seconds())), 0.01
		}
		out := promtest.Promtool(t, server, expr, at.Unix())
		value := regexp.MustCompile(`=> ([0-9.e+]+)`).FindStringSubmatch(out)
		if value == nil {
			t.Fatalf("promtool says %q", out)
		}
		want, err1 := strconv.ParseFloat(value[1], 64)
		got, err2 := strconv.ParseFloat(c.got, 64)
		if err1 != nil || err2 != nil || want <= 0 {
			t.Fatalf("%s: promtool says %q, slactl %q", c.what, out, c.got)
		}
		t.Logf("%s (%s): slactl %g, promtool %g", c.what, res.Accounting, got, want)
		if math.Abs(got-want) > slack*want {
			t.Errorf("%s: slactl counts %g, promtool %s says %g; they may differ by %g %%", c.what, got, expr, want, 100*slack)
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
}
