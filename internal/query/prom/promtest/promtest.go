// Package promtest runs real Prometheus servers for tests: the current one in
// process, through its own HTTP API over its own storage, and the Debian binary
// on loopback. Both read the same blocks.
package promtest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	v1 "github.com/prometheus/prometheus/web/api/v1"

	"github.com/slactl/slactl/internal/query/querytest"
)

// Version is what the server in process says that it is.
const Version = "3.316.0-test"

// WriteBlock writes the series as one block into dir, a data directory that
// [Serve] and [Debian] can be given.
func WriteBlock(tb testing.TB, dir string, series []querytest.Series) {
	tb.Helper()
	var list []storage.Series
	first, last := int64(1<<62), int64(-1<<62)
	for _, s := range series {
		var samples []chunks.Sample
		for _, p := range s.Samples {
			samples = append(samples, sample{t: p.T, v: p.V})
		}
		for _, p := range s.Histograms {
			samples = append(samples, sample{t: p.T, h: p.H})
		}
		slices.SortFunc(samples, func(a, b chunks.Sample) int { return cmp.Compare(a.T(), b.T()) })
		for _, p := range samples {
			first, last = min(first, p.T()), max(last, p.T())
		}
		list = append(list, storage.NewListSeries(s.Labels, samples))
	}
	// The writer's window must hold all samples, for it takes one series after the
	// other.
	if _, err := tsdb.CreateBlock(list, dir, 4*(last-first+1), slog.New(slog.DiscardHandler)); err != nil {
		tb.Fatal(err)
	}
}

// sample is a sample as Prometheus's storage takes them: a native histogram if h
// is set.
type sample struct {
	t int64
	v float64
	h *histogram.FloatHistogram
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return s.h }
func (s sample) Copy() chunks.Sample           { return s }

func (s sample) Type() chunkenc.ValueType {
	if s.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// Serve serves the blocks in dir through Prometheus's own HTTP API and returns
// the server's base URL. It ends with the test.
func Serve(tb testing.TB, dir string) string {
	tb.Helper()
	return ServeLimited(tb, dir, 50_000_000)
}

// ServeLimited is [Serve] for a server whose queries may load at most so many
// samples.
func ServeLimited(tb testing.TB, dir string, maxSamples int) string {
	tb.Helper()
	opts := tsdb.DefaultOptions()
	opts.WALSegmentSize, opts.StripeSize = -1, 64 // nothing is written
	opts.RetentionDuration = (100 * 365 * 24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, opts, nil)
	if err != nil {
		tb.Fatal(err)
	}
	db.DisableCompactions()
	server := httptest.NewServer(Handler(db, maxSamples))
	tb.Cleanup(func() {
		server.Close()
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server.URL
}

// Without serves what the server at the URL serves, but for a path, which it
// answers with the status, as servers and proxies do that lack a part of the
// API. It returns its own base URL.
func Without(tb testing.TB, base, path string, status int) string {
	tb.Helper()
	target, err := url.Parse(base)
	if err != nil {
		tb.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a client that has read enough hangs up
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			http.Error(w, http.StatusText(status), status)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	return server.URL
}

// Handler is Prometheus's HTTP API, remote read included, over a storage, with --query.max-samples.
func Handler(db *tsdb.DB, maxSamples int) http.Handler {
	log := slog.New(slog.DiscardHandler)
	engine := promql.NewEngine(promql.EngineOpts{Logger: log, MaxSamples: maxSamples, Timeout: 2 * time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() }})
	api := v1.NewAPI(engine, db, nil, db,
		func(context.Context) v1.ScrapePoolsRetriever { return nil },
		func(context.Context) v1.TargetRetriever { return noTargets{} },
		func(context.Context) v1.AlertmanagerRetriever { return nil },
		func() config.Config { return config.DefaultConfig },
		map[string]string{}, v1.GlobalURLOptions{}, func(f http.HandlerFunc) http.HandlerFunc { return f },
		nil, "", false, false, 0, log,
		func(context.Context) v1.RulesRetriever { return nil },
		50_000_000, 10, 1<<20, false, nil,
		func() (v1.RuntimeInfo, error) { return v1.RuntimeInfo{}, errors.New("not in tests") },
		&v1.PrometheusVersion{Version: Version}, nil, nil,
		prometheus.NewRegistry(), prometheus.NewRegistry(), nil,
		false, nil, false, false, false, 5*time.Minute, false, false, nil, nil, v1.OpenAPIOptions{IncludePaths: []string{"/none"}}, // its description takes 50 ms
		parser.NewParser(parser.Options{}), false, 2*time.Minute)
	router := route.New()
	api.Register(router.WithPrefix("/api/v1"))
	return router
}

// noTargets is a server that scrapes nothing.
type noTargets struct{}

func (noTargets) TargetsActive() map[string][]*scrape.Target  { return nil }
func (noTargets) TargetsDropped() map[string][]*scrape.Target { return nil }
func (noTargets) TargetsDroppedCounts() map[string]int        { return nil }
func (noTargets) ScrapePoolConfig(string) (*config.ScrapeConfig, error) {
	return nil, errors.New("there are no scrape pools")
}
