// Package evaluate brings the parts together: it takes a configuration and the
// sources that it names, asks each source once for everything that will be
// judged, and returns results. It decides what is measured for whom (which
// series, which span, which exclusions, which target); what the numbers mean is
// the business of the pure packages sla, cost and kpi.
package evaluate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/window"
)

// Opener makes the metrics source that a configuration names.
type Opener func(ctx context.Context, src config.MetricsSource) (query.Source, error)

// Evaluator computes results from one configuration at one time.
type Evaluator struct {
	Config *config.Config
	Now    time.Time
	Open   Opener
	// Dir is where the configuration lies. Files below it are shown by their
	// path from there, so that a report does not tell where it was made.
	Dir string
	// Usage reads what meters counted; nil is [billing.Usage].
	Usage func(ctx context.Context, sources []billing.Source, p period.Period, thresholds []int64) (*billing.UsageReport, error)
	// Progress, if set, is told what is being worked on.
	Progress func(stage string)

	sources map[string]query.Source
}

// Calendar returns the calendar of the configuration's own zone.
func (e *Evaluator) Calendar() period.Calendar {
	return period.Calendar{Zone: e.Config.Zone(), WeekStart: e.Config.WeekStartDay(), Now: e.Now}
}

// Close releases the sources that were opened.
func (e *Evaluator) Close() error {
	var first error
	for _, s := range e.sources {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	e.sources = nil
	return first
}

// display is how a path is shown: from the configuration's directory.
func (e *Evaluator) display(path string) string {
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(e.Dir, "/")+"/"); ok && e.Dir != "" {
		return rest
	}
	return path
}

// displayAll is display for the files of a ledger, and for those that its reasons
// and the notes name.
func (e *Evaluator) displayAll(ledger []cost.LedgerEntry, notes []string) {
	shown := func(text string) string {
		if e.Dir == "" {
			return text
		}
		return strings.ReplaceAll(text, strings.TrimSuffix(e.Dir, "/")+"/", "")
	}
	for i := range ledger {
		ledger[i].File, ledger[i].Reason = e.display(ledger[i].File), shown(ledger[i].Reason)
	}
	for i := range notes {
		notes[i] = shown(notes[i])
	}
}

func (e *Evaluator) stage(format string, args ...any) {
	if e.Progress != nil {
		e.Progress(fmt.Sprintf(format, args...))
	}
}

// Source opens the metrics source of the given name, once. The empty name is the
// first source of the configuration.
func (e *Evaluator) Source(ctx context.Context, name string) (query.Source, error) {
	list := e.Config.Sources.Metrics
	if len(list) == 0 {
		if s, ok := e.sources[""]; ok {
			return s, nil
		}
		if past, err := e.historyAlone(); err != nil || past != nil {
			return e.keep("", past), err
		}
		return nil, fmt.Errorf("reading metrics: no source is configured; set sources.metrics, or pass --prometheus URL")
	}
	for i, src := range list {
		if src.Name != name && (name != "" || i > 0) {
			continue
		}
		if s, ok := e.sources[src.Name]; ok {
			return s, nil
		}
		s, err := e.openSource(ctx, src)
		if err != nil {
			return nil, err
		}
		return e.keep(src.Name, s), nil
	}
	return nil, fmt.Errorf("reading metrics: no source is named %q", name)
}

// keep remembers an open source, so that it is opened and closed once.
func (e *Evaluator) keep(name string, s query.Source) query.Source {
	if e.sources == nil {
		e.sources = map[string]query.Source{}
	}
	if s != nil {
		e.sources[name] = s
	}
	return s
}

// sourceNames are the sources that a part of the configuration is read from:
// those that it names, which are summed, else the first.
func (e *Evaluator) sourceNames(named config.StringList) []string {
	if len(named) > 0 {
		return named
	}
	if list := e.Config.Sources.Metrics; len(list) > 0 {
		return []string{list[0].Name}
	}
	return []string{""}
}

// questions collects the requests to every source, so that each can answer all
// of its own in one pass over its series.
type questions map[string][]query.Request

// ticket finds the answers to one request again: one for each source that is
// summed.
type ticket struct {
	asked  []asked
	maxGap time.Duration
}

// asked is a request to one source.
type asked struct {
	source string
	index  int
}

// ask puts a request to each of the sources.
func (q questions) ask(sources []string, req query.Request) ticket {
	t := ticket{maxGap: req.MaxGap}
	if t.maxGap <= 0 {
		t.maxGap = query.DefaultMaxGap
	}
	for _, source := range sources {
		q[source] = append(q[source], req)
		t.asked = append(t.asked, asked{source, len(q[source]) - 1})
	}
	return t
}

// sources are the names of those that were asked.
func (t ticket) sources() []string {
	var out []string
	for _, a := range t.asked {
		out = append(out, a.source)
	}
	return out
}

// answers are the results to questions.
type answers map[string][]query.Result

// get returns the answer to a request: of one source, or the sum. Without one of
// its parts there is none.
func (a answers) get(t ticket) query.Result {
	parts := a.parts(t)
	if len(parts) == 1 {
		return a[parts[0].Source][t.asked[0].index]
	}
	for _, at := range t.asked {
		if err := a[at.source][at.index].Err; err != nil {
			return query.Result{Err: fmt.Errorf("summing %s: %s: %w", strings.Join(t.sources(), " and "), at.source, err)}
		}
	}
	return query.Result{Scan: window.SumSources(parts, t.maxGap)}
}

// parts are the scans of the sources, nil where one failed.
func (a answers) parts(t ticket) []window.Part {
	var out []window.Part
	for _, at := range t.asked {
		out = append(out, window.Part{Source: at.source, Scan: a[at.source][at.index].Scan})
	}
	return out
}

// put asks every source its questions. A source that cannot be read fails each
// of its requests.
func (e *Evaluator) put(ctx context.Context, q questions) answers {
	out := make(answers, len(q))
	for _, name := range slices.Sorted(maps.Keys(q)) {
		results, err := e.putTo(ctx, name, q[name])
		if err != nil {
			results = make([]query.Result, len(q[name]))
			for i := range results {
				results[i].Err = err
			}
		}
		out[name] = results
	}
	return out
}

func (e *Evaluator) putTo(ctx context.Context, source string, reqs []query.Request) ([]query.Result, error) {
	src, err := e.Source(ctx, source)
	if err != nil {
		return nil, err
	}
	info := src.Info()
	e.stage("reading %s %s", info.Kind, info.Target)
	return src.Scan(ctx, reqs)
}
