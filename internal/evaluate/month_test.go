package evaluate

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/demo"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/sla"
)

// A month of the demo company is the same, to the last digit of every result,
// from blocks offline, from the Debian Prometheus that has them, by remote read
// and by raw queries, and from the history recorded from it, when it is gone.
func TestMonthByEveryWay(t *testing.T) {
	if testing.Short() {
		t.Skip("writing the demo and serving it takes some seconds")
	}
	dir, data, history := t.TempDir(), t.TempDir(), t.TempDir()
	if _, err := demo.Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(filepath.Join(dir, "prometheus"))); err != nil {
		t.Fatal(err)
	}
	base := promtest.Debian(t, data, "")
	want := monthOf(t, demoEvaluator(t, dir))
	if len(want.Results) < 30 || len(want.Credits) == 0 {
		t.Fatalf("the month has too few results: %+v", want)
	}
	recording := throughServer(t, dir, base, history)
	if _, err := recording.Record(t.Context(), RecordOptions{Backfill: 33 * 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct{ name, url, history, says string }{
		{"remote read", base, "", "raw samples by remote read, about "},
		{"raw queries", promtest.Without(t, base, "/api/v1/read", 404), "", "raw samples by instant queries"},
		{"the history", "http://127.0.0.1:1", history, "from the history"},
	} {
		e := throughServer(t, dir, way.url, way.history)
		if diff := cmp.Diff(tree(t, want), tree(t, monthOf(t, e))); diff != "" {
			t.Errorf("the month by %s (-blocks +%[1]s):\n%.4000s", way.name, diff)
		}
		src, err := e.Source(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		detail := src.Info().Detail
		if !strings.Contains(detail, way.says) || way.history == "" && !strings.Contains(detail, " million samples") {
			t.Errorf("%s: the source says %q", way.name, detail)
		}
	}
}

// throughServer evaluates the demo with its samples from a server, and with a
// history unless the path is empty.
func throughServer(t *testing.T, dir, url, history string) *Evaluator {
	t.Helper()
	e := demoEvaluator(t, dir)
	e.Config.Sources.Metrics = []config.MetricsSource{{Prometheus: &config.Prometheus{URL: url}}}
	if history != "" {
		e.Config.Sources.History = &config.History{Path: config.Path(history)}
	}
	e.Open = func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		return prom.New(prom.Options{Name: "metrics", URL: src.Prometheus.URL, Now: demo.End})
	}
	return e
}

// monthOf evaluates all SLAs in October.
func monthOf(t *testing.T, e *Evaluator) *sla.Report {
	t.Helper()
	began := time.Now()
	out, err := e.In(t.Context(), parsePeriod(t, e, "2026-10"), Filter{})
	if err != nil || len(out.Failed) > 0 {
		t.Fatal(err, out)
	}
	t.Logf("%v", time.Since(began).Round(time.Millisecond))
	return out.Reports[0]
}

// tree is the report as any JSON is read, for readable differences.
func tree(t *testing.T, r *sla.Report) any {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
