package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/window"
)

// Store is the history of one metrics source.
type Store struct {
	Source string // the source's name, "" where it has none
	Path   string
}

// Stores returns where the history of each metrics source lies. A source with a
// name has a directory of its own, for two clusters may have series with the same
// labels. Without sources.history there are none.
func (e *Evaluator) Stores() []Store {
	h := e.Config.Sources.History
	if h == nil {
		return nil
	}
	var out []Store
	for _, src := range e.Config.Sources.Metrics {
		out = append(out, storeOf(*h, src.Name))
	}
	if len(out) == 0 { // the source is gone, and the history is what is left
		out = append(out, storeOf(*h, ""))
	}
	return out
}

func storeOf(h config.History, source string) Store {
	return Store{source, filepath.Join(string(h.Path), url.PathEscape(source))}
}

// openSource opens a metrics source, joined with its history if there is one.
func (e *Evaluator) openSource(ctx context.Context, src config.MetricsSource) (query.Source, error) {
	past, err := e.openHistory(src.Name)
	if err != nil {
		return nil, err
	}
	live, err := e.Open(ctx, src)
	if past == nil {
		return live, err
	}
	if err != nil {
		live = query.Unopened(infoOf(src), err)
	}
	var opt query.JoinOptions
	if src.Prometheus != nil {
		opt.DedupLabels = src.Prometheus.DedupLabels
	}
	return query.JoinSources(live, past, opt), nil
}

// infoOf describes a source that could not be opened.
func infoOf(src config.MetricsSource) query.Info {
	info := query.Info{Name: src.Name, Kind: "prometheus", Target: string(src.Blocks + src.OpenMetrics), Detail: "cannot be opened"}
	switch {
	case src.Blocks != "":
		info.Kind = "blocks"
	case src.OpenMetrics != "":
		info.Kind = "openmetrics"
	}
	if info.Name == "" {
		info.Name = "metrics"
	}
	return info
}

// historyAlone is the history as the only source, or nil.
func (e *Evaluator) historyAlone() (query.Source, error) {
	past, err := e.openHistory("")
	if err != nil || past == nil {
		return nil, err
	}
	return query.JoinSources(nil, past, query.JoinOptions{}), nil
}

// openHistory opens the history of a source; nil if nothing was recorded yet.
func (e *Evaluator) openHistory(source string) (*tsdb.History, error) {
	if e.Config.Sources.History == nil {
		return nil, nil
	}
	h, err := tsdb.OpenHistory(storeOf(*e.Config.Sources.History, source).Path, tsdb.Options{Name: "history"})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return h, err
}

// RecordOptions say which days are recorded.
type RecordOptions struct {
	// Backfill is how far back to go; further than the first day that the history
	// has, or yesterday, if 0.
	Backfill time.Duration
	// Again reads also the days that are complete.
	Again bool
}

// Recorded is what was recorded of one source.
type Recorded struct {
	Source string        `json:"source"` // the source's name
	Target string        `json:"target"`
	Path   string        `json:"path"`
	Days   []RecordedDay `json:"days"`  // that were read, oldest first
	Holes  []string      `json:"holes"` // closed days that the history does not have
	Notes  []string      `json:"notes"`
}

// RecordedDay is one day of the history.
type RecordedDay struct {
	Day      string    `json:"day"`
	Until    time.Time `json:"until"`
	Complete bool      `json:"complete"`
	Written  bool      `json:"written"` // false when nothing was new
	Series   uint64    `json:"series"`
	Samples  uint64    `json:"samples"`
	Bytes    int64     `json:"bytes"`
}

// Record copies into the history, from each metrics source, the raw samples of
// what its SLAs and business metrics select, of the days that the history does
// not have in full: those since its first day, since yesterday, and since
// Backfill ago. It can be repeated and stopped at any time; what is returned with
// an error was recorded.
func (e *Evaluator) Record(ctx context.Context, opt RecordOptions) ([]Recorded, error) {
	var out []Recorded
	if e.Config.Sources.History == nil {
		return out, errors.New("recording: no history is configured")
	}
	for _, src := range e.Config.Sources.Metrics {
		r := &recorder{Evaluator: e, opt: opt, store: storeOf(*e.Config.Sources.History, src.Name)}
		r.out = Recorded{Source: src.Name, Path: r.store.Path, Days: []RecordedDay{}, Holes: []string{}, Notes: []string{}}
		err := r.record(ctx, src)
		out = append(out, r.out)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// recorder records one source.
type recorder struct {
	*Evaluator
	opt   RecordOptions
	store Store
	live  query.Source
	reqs  []query.Request
	sels  []query.Selector
	out   Recorded
}

func (r *recorder) record(ctx context.Context, src config.MetricsSource) (err error) {
	if err := r.choose(src.Name); err != nil {
		return err
	}
	if len(r.sels) == 0 {
		r.out.Notes = append(r.out.Notes, "nothing is recorded: no SLA and no business metric selects series of this source")
		return nil
	}
	if r.live, err = r.Open(ctx, src); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.live.Close()) }()
	r.out.Target = r.live.Info().Target
	into, err := tsdb.OpenRecorder(r.store.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	days := r.days(into.Days())
	for _, day := range days {
		if err := r.recordDay(ctx, into, day); err != nil {
			return err
		}
	}
	closed := period.Span{Start: days[0].Start, End: days[len(days)-1].Start}
	for _, hole := range tsdb.Holes(into.Days(), closed) {
		r.out.Holes = append(r.out.Holes, hole.Start.Format(time.DateOnly))
	}
	return nil
}

// choose finds what the source is asked for.
func (r *recorder) choose(source string) error {
	var inds []query.Indicator
	for _, m := range r.indicatorsOf(source) {
		switch {
		case m.err != nil:
			r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s is not recorded: %v", m.what, m.err))
		case m.indicator.Kind == query.Expression:
			r.out.Notes = append(r.out.Notes, m.what+" is not recorded: it is measured by a free PromQL expression, not by selectors")
		default:
			inds = append(inds, m.indicator)
		}
	}
	var err error
	r.sels, err = query.Footprint(inds)
	for _, ind := range inds {
		r.reqs = append(r.reqs, query.Request{Indicator: ind})
	}
	return err
}

// selected is what an SLA or a business metric is measured by.
type selected struct {
	what      string
	indicator query.Indicator
	err       error
}

// indicatorsOf lists what is measured by a source.
func (e *Evaluator) indicatorsOf(source string) []selected {
	var out []selected
	reads := func(named config.StringList) bool {
		return slices.Contains(e.sourceNames(named), source)
	}
	for _, entry := range e.Config.SLADefinitions {
		for _, spec := range e.Config.Expand(entry) {
			if spec.Indicator != nil && reads(entry.Value.Source) {
				ind, err := indicatorOf(*spec.Indicator)
				out = append(out, selected{fmt.Sprintf("the SLA %s", entry.Key), ind, err})
			}
		}
	}
	for _, entry := range e.Config.BusinessMetrics {
		m := entry.Value
		if !reads(m.Source) || m.Counter == "" && m.Gauge == "" && m.Ratio == nil {
			continue
		}
		in := config.Indicator{Total: m.Counter, Gauge: m.Gauge}
		if m.Ratio != nil {
			in = *m.Ratio
		}
		ind, err := indicatorOf(in)
		out = append(out, selected{fmt.Sprintf("the business metric %s", entry.Key), ind, err})
	}
	return out
}

// days returns the days that the history should have, oldest first, for those
// are what a server forgets first.
func (r *recorder) days(have []tsdb.Day) []period.Span {
	today := tsdb.DayOf(r.Now)
	first := tsdb.DayOf(today.Start)
	for _, d := range have {
		if d.Span.Start.Before(first.Start) {
			first = d.Span
		}
	}
	if d := tsdb.DayOf(r.Now.Add(-r.opt.Backfill)); d.Start.Before(first.Start) {
		first = d
	}
	var out []period.Span
	for d := first; !d.Start.After(today.Start); d = tsdb.DayOf(d.End.Add(1)) {
		out = append(out, d)
	}
	return out
}

func (r *recorder) recordDay(ctx context.Context, into *tsdb.Recorder, day period.Span) error {
	var before tsdb.Day
	for _, d := range into.Days() {
		if d.Span.Start.Equal(day.Start) {
			before = d
		}
	}
	if before.Complete && !r.opt.Again && !slices.ContainsFunc(r.sels, func(s query.Selector) bool { return !query.Includes(before.Selectors, s) }) {
		return nil
	}
	r.stage("recording %s from %s", day.Start.Format(time.DateOnly), r.out.Target)
	until := day.End
	if until.After(r.Now) {
		until = r.Now
	}
	for i := range r.reqs {
		r.reqs[i].Grid = window.NewGrid([]time.Time{day.Start, until})
	}
	feed, why, err := query.FeedOf(ctx, r.live, r.reqs)
	if err != nil {
		return err
	}
	if feed == nil {
		return fmt.Errorf("recording %s: %s", r.out.Target, why)
	}
	got, err := into.Record(ctx, feed, tsdb.Recording{Day: day, Until: until, Complete: !r.Now.Before(day.End.Add(tsdb.Late)), Source: r.out.Target, Selectors: r.sels})
	if err != nil || got.Samples == 0 {
		return err
	}
	r.out.Days = append(r.out.Days, RecordedDay{got.Name(), got.Until, got.Complete, got.Path() != before.Path(), got.Series, got.Samples, got.Bytes})
	return nil
}
