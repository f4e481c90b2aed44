// Package prom reads metrics from a server with Prometheus's HTTP API. Three
// ways lead there. Remote read brings the compressed chunks, and where a server
// has none, instant queries of range selectors bring the raw samples as text:
// both are accounted exactly. Last, an indicator can be pushed down as PromQL
// range queries; what that loses is told at [query.PushDown].
//
// It is the only home of client_golang and of remote read.
package prom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

// Options say which server is read, and how.
type Options struct {
	Name string // the source's name in the configuration
	// URL is the server's base, with its path prefix if it has one. http:// may
	// be left out. Credentials in it are used and never shown.
	URL string
	// HTTPConfigYAML is Prometheus's own http_config (basic_auth, authorization,
	// oauth2, tls_config, proxy_url, ...). File names in it are absolute.
	HTTPConfigYAML []byte
	Headers        map[string]string // sent with every request
	// Timeout bounds one HTTP request, and each wait for more of a stream; 0 means
	// DefaultTimeout.
	Timeout time.Duration
	// Concurrency is the most requests under way at once; 0 means
	// DefaultConcurrency.
	Concurrency int
	UserAgent   string
	// DedupLabels tell the replicas of a series apart, which count once, see
	// query.Replicated.
	DedupLabels []string
	// Read says how: "raw" reads raw samples or fails, "promql" pushes down, and
	// "auto" (or "") reads raw samples where the server gives them and they are
	// not too many. Free expressions are always pushed down.
	Read string
	// Log, if not nil, is told of every request at the level debug, with how long
	// it took by Now.
	Log *slog.Logger
	Now func() time.Time
}

// Limits where the options give none.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultConcurrency = 4
)

// New returns a source that reads the server. It does not contact it yet.
// Afterwards every error of the source that is the server's is an *[Error].
func New(opt Options) (query.Source, error) {
	if opt.Timeout <= 0 {
		opt.Timeout = DefaultTimeout
	}
	if opt.Concurrency <= 0 {
		opt.Concurrency = DefaultConcurrency
	}
	switch opt.Read {
	case "", "auto", "raw", "promql":
	default:
		return nil, fmt.Errorf("opening prometheus: read %q is none of auto, raw and promql", opt.Read)
	}
	c, err := newClient(opt)
	if err != nil {
		return nil, err
	}
	return &source{opt: opt, client: c, api: v1.NewAPI(c), perAnswer: perAnswer, info: query.Info{Name: opt.Name, Kind: "prometheus", Target: c.server}}, nil
}

type source struct {
	opt       Options
	client    *client
	api       v1.API
	perAnswer float64 // how many samples an answer should hold

	mu         sync.Mutex
	info       query.Info
	version    string
	probed     bool
	closedLeft bool
	note       string // of the probe
	heard      noted  // see Notes
	raw        *ability
	largest    float64 // the samples of the scan that info tells of
}

// Info implements query.Source. Detail, the server's version and how it was
// read last and why, is known after the first scan.
func (s *source) Info() query.Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// Close implements query.Source.
func (s *source) Close() error {
	s.client.http.CloseIdleConnections()
	return nil
}

// Scan implements query.Source. Indicators are accounted from raw samples where
// that was chosen; free expressions, and the rest, with PromQL.
func (s *source) Scan(ctx context.Context, reqs []query.Request) ([]query.Result, error) {
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	var raw, pushed scanPart
	for i, req := range reqs {
		if req.Indicator.Kind == query.Expression {
			pushed.add(i, req)
		} else {
			raw.add(i, req)
		}
	}
	notes := &noted{}
	out := make([]query.Result, len(reqs))
	if len(raw.reqs) > 0 {
		how, err := s.choose(ctx, raw.reqs, notes)
		if err != nil {
			return nil, err
		}
		if how.feed == nil {
			raw, pushed = scanPart{}, all(reqs)
		} else {
			results, err := query.Account(ctx, query.Replicated(how.feed, s.opt.DedupLabels), raw.reqs, runtime.GOMAXPROCS(0))
			if err != nil {
				return nil, err
			}
			raw.put(out, results)
		}
	}
	pushed.put(out, s.pushDown(ctx, pushed.reqs))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for _, i := range pushed.index {
		if out[i].Scan != nil && s.note != "" {
			out[i].Scan.Notes = append(out[i].Scan.Notes, s.note)
		}
	}
	for _, r := range out {
		if r.Scan != nil {
			r.Scan.Notes = append(r.Scan.Notes, notes.list()...)
		}
	}
	return out, nil
}

// scanPart is some requests of a scan, and their places in it.
type scanPart struct {
	reqs  []query.Request
	index []int
}

// all is the part that is the whole.
func all(reqs []query.Request) (p scanPart) {
	for i, req := range reqs {
		p.add(i, req)
	}
	return p
}

func (p *scanPart) add(i int, req query.Request) {
	p.reqs, p.index = append(p.reqs, req), append(p.index, i)
}

// put lays the part's results in their places.
func (p *scanPart) put(out, results []query.Result) {
	for i, r := range results {
		out[p.index[i]] = r
	}
}

// pushDown answers requests with PromQL accounting. Questions that they have in
// common are asked once.
func (s *source) pushDown(ctx context.Context, reqs []query.Request) []query.Result {
	ask := query.ShareAnswers(s.ask)
	opt := query.PushDownOptions{ClosedLeft: s.closedLeft, Concurrency: s.opt.Concurrency, DedupLabels: s.opt.DedupLabels}
	out := make([]query.Result, len(reqs))
	slots := make(chan struct{}, s.opt.Concurrency)
	var wg sync.WaitGroup
	for i, req := range reqs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			out[i].Scan, out[i].Err = query.PushDown(ctx, ask, req, opt)
		})
	}
	wg.Wait()
	return out
}

// probe finds out, once, whether the server's ranges hold their left edge, and
// which version it is. The subquery has points at whole minutes, so a range of
// one minute that ends at one holds two of them when it is closed on the left.
// The fixed instant needs no samples there.
func (s *source) probe(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probed {
		return nil
	}
	const expr = "count_over_time(vector(1)[1m:1m])"
	value, _, _, err := s.api.Query(ctx, expr, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), v1.WithTimeout(s.opt.Timeout))
	err = s.explain(ctx, expr, err)
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Problem == BadQuery:
		s.note = "the server could not tell whether its ranges hold their left edge; it is read as one whose do not"
	case err != nil:
		return err
	default:
		vector, ok := value.(model.Vector)
		s.closedLeft = ok && len(vector) == 1 && vector[0].Value == 2
	}
	if b, err := s.api.Buildinfo(ctx); err == nil && b.Version != "" {
		s.version = "version " + b.Version
		s.info.Detail = s.version
	}
	s.probed = ctx.Err() == nil
	return ctx.Err()
}

// ask is the query.RangeFunc of the server.
func (s *source) ask(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]query.RangeSeries, []string, error) {
	value, warnings, _, err := s.api.QueryRange(ctx, expr, v1.Range{Start: start, End: end, Step: step}, v1.WithTimeout(s.opt.Timeout))
	if err != nil {
		return nil, nil, s.explain(ctx, expr, err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, nil, &Error{Server: s.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s is a %s, not a matrix", expr, value.Type())}
	}
	out := make([]query.RangeSeries, 0, len(matrix))
	native := 0
	for _, stream := range matrix {
		rs := query.RangeSeries{Labels: labelsOf(model.LabelSet(stream.Metric)), Points: make([]query.Point, len(stream.Values))}
		for i, p := range stream.Values {
			rs.Points[i] = query.Point{T: int64(p.Timestamp), V: float64(p.Value)}
		}
		native += len(stream.Histograms)
		out = append(out, rs)
	}
	if native > 0 {
		warnings = append(warnings, fmt.Sprintf("%s has %d values that are native histograms, which this version does not read", expr, native))
	}
	return out, warnings, nil
}

// Metrics implements query.Source.
func (s *source) Metrics(ctx context.Context, in period.Span) ([]query.Metric, error) {
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	names, _, _, err := s.api.LabelValues(ctx, model.MetricNameLabel, nil, in.Start, in.End)
	if err != nil {
		return nil, s.explain(ctx, "the metric names", err)
	}
	about, err := s.api.Metadata(ctx, "", "")
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// A server without metadata, as Thanos can be, still has names.
	out := make([]query.Metric, 0, len(names))
	for _, name := range names {
		m := query.Metric{Name: string(name)}
		if found := metadataOf(about, m.Name); len(found) > 0 {
			m.Type, m.Help = string(found[0].Type), found[0].Help
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b query.Metric) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// metadataOf finds what is known of a metric, which is kept by the name of its
// family.
func metadataOf(about map[string][]v1.Metadata, name string) []v1.Metadata {
	if found := about[name]; len(found) > 0 {
		return found
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum", "_total"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return about[base]
		}
	}
	return nil
}

// Series implements query.Source.
func (s *source) Series(ctx context.Context, sel query.Selector, in period.Span, limit int) ([]labels.Labels, error) {
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	// Older servers, such as 2.42, do not know the limit and answer with everything.
	sets, _, _, err := s.api.Series(ctx, []string{sel.Text}, in.Start, in.End, v1.WithLimit(uint64(max(limit, 0))))
	if err != nil {
		return nil, s.explain(ctx, sel.Text, err)
	}
	out := make([]labels.Labels, 0, len(sets))
	for _, set := range sets {
		out = append(out, labelsOf(set))
	}
	slices.SortFunc(out, labels.Compare)
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}

func labelsOf(set model.LabelSet) labels.Labels {
	b := labels.NewScratchBuilder(len(set))
	for name, value := range set {
		b.Add(string(name), string(value))
	}
	b.Sort()
	return b.Labels()
}
