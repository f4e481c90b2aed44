package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/window"
)

// A FeedChooser is a source that has to look first whether and how raw samples
// can be had from it. A source that always has them is a [Feed] itself.
type FeedChooser interface {
	// ChooseFeed returns the feed that the requests are best accounted from, or,
	// where the source can only be asked in PromQL, nil and why.
	ChooseFeed(ctx context.Context, reqs []Request) (Feed, string, error)
}

// FeedOf returns the feed of a source for some requests, or nil and why there is
// none.
func FeedOf(ctx context.Context, src Source, reqs []Request) (Feed, string, error) {
	switch s := src.(type) {
	case FeedChooser:
		return s.ChooseFeed(ctx, reqs)
	case Feed:
		return s, "", nil
	}
	return nil, "no raw samples can be read from it", nil
}

// ArchiveSource is a source of samples that were put away.
type ArchiveSource interface {
	Source
	Archive
}

// JoinOptions are the settings of [JoinSources].
type JoinOptions struct {
	Workers int
	// DedupLabels tell the replicas of a high-availability pair apart, which are
	// merged; see [Replicated].
	DedupLabels []string
}

// JoinSources returns a source that takes each day from the archive where it has
// it, and from live otherwise. What both say is the same, so that results do not
// depend on which was asked. Only exact feeds are joined: where live can only be
// asked in PromQL, the archive answers the requests that it has the whole of.
//
// Live is not asked at all where the archive has everything, the lookback too. A
// request for which live fails is answered by the archive if that has all of it
// from some time on. Live may be nil. Close closes both.
func JoinSources(live Source, archive ArchiveSource, opt JoinOptions) Source {
	return &joinedSource{live: live, archive: archive, opt: opt}
}

type joinedSource struct {
	live    Source
	archive ArchiveSource
	opt     JoinOptions

	mu   sync.Mutex
	used []period.Span // what was taken from the archive
}

// Info implements [Source]. What was taken from the archive is known after the
// first scan.
func (j *joinedSource) Info() Info {
	if j.live == nil {
		return j.archive.Info()
	}
	info := j.live.Info()
	j.mu.Lock()
	defer j.mu.Unlock()
	var parts []string
	for _, s := range period.Union(j.used) {
		text := s.Start.Format(time.DateOnly)
		if last := s.End.Add(-time.Millisecond).Format(time.DateOnly); last != text {
			text += " to " + last
		}
		parts = append(parts, text)
	}
	if len(parts) > 0 {
		info.Detail = strings.TrimPrefix(info.Detail+"; "+strings.Join(parts, ", ")+" from the history", "; ")
	}
	return info
}

// Close implements [Source].
func (j *joinedSource) Close() error {
	err := j.archive.Close()
	if j.live != nil {
		err = errors.Join(err, j.live.Close())
	}
	return err
}

// Scan implements [Source].
func (j *joinedSource) Scan(ctx context.Context, reqs []Request) ([]Result, error) {
	out := make([]Result, len(reqs))
	var alone, mixed, free portion
	for i, req := range reqs {
		switch {
		case req.Indicator.Kind == Expression:
			free.add(i, req)
		case j.live == nil || j.has(req, req.lookback()+j.around(req), j.around(req)):
			alone.add(i, req)
		default:
			mixed.add(i, req)
		}
	}
	j.account(ctx, alone, nil, out)
	for i, req := range alone.reqs {
		if s := out[alone.index[i]].Scan; s != nil && j.live == nil && !j.has(req, 0, 0) {
			s.Notes = append(s.Notes, "the history has only a part of this time, and there is no other source")
		}
	}
	if len(mixed.reqs) > 0 {
		feed, why, err := FeedOf(ctx, j.live, j.missing(mixed.reqs))
		switch {
		case err != nil:
			mixed.fail(out, err)
		case feed != nil:
			j.account(ctx, mixed, feed, out)
		default:
			j.askPromQL(ctx, mixed, why, out)
		}
		j.rescue(ctx, mixed, out)
	}
	if len(free.reqs) > 0 {
		j.ask(ctx, free, out)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

// lookback is how far before its grid a request reads.
func (r Request) lookback() time.Duration {
	if r.Lookback <= 0 {
		return DefaultLookback
	}
	return r.Lookback
}

// around is how much more is read on either side to know which replica covers
// the ends; see [Replicated].
func (j *joinedSource) around(req Request) time.Duration {
	switch {
	case len(j.opt.DedupLabels) == 0:
		return 0
	case req.MaxGap <= 0:
		return DefaultMaxGap
	}
	return req.MaxGap
}

// has reports whether the archive has everything that a request is accounted
// from, as far before and after its grid as is said.
func (j *joinedSource) has(req Request, before, after time.Duration) bool {
	sels, err := Footprint([]Indicator{req.Indicator})
	if err != nil || req.Grid.Cells() == 0 {
		return false
	}
	whole := Stretch{req.Grid[0] + 1 - before.Milliseconds(), req.Grid[len(req.Grid)-1] + after.Milliseconds()}
	return !slices.ContainsFunc(sels, func(s Selector) bool {
		return !slices.Equal(j.archive.Has(s, whole.From, whole.To), []Stretch{whole})
	})
}

// missing cuts requests to the time from the first to the last sample that the
// archive lacks: how much that is may decide how a server is read.
func (j *joinedSource) missing(reqs []Request) []Request {
	out := slices.Clone(reqs)
	for i, req := range out {
		if req.Grid.Cells() == 0 {
			continue
		}
		first, end := req.Grid[0]-req.lookback().Milliseconds(), req.Grid[len(req.Grid)-1]
		from, to := end, first
		sels, _ := selections(req.Indicator)
		for _, s := range sels {
			for _, l := range (&joined{archive: j.archive, live: nowhere{}}).legs(s.sel, first, end) {
				if _, live := l.feed.(nowhere); live {
					from, to = min(from, l.From), max(to, l.To)
				}
			}
		}
		if from < to {
			out[i].Grid = window.NewGrid([]time.Time{time.UnixMilli(max(from, req.Grid[0])), time.UnixMilli(to)})
		}
	}
	return out
}

// nowhere marks the legs that are not the archive's.
type nowhere struct{ Feed }

// account answers requests from the archive and a live feed, which may be nil.
func (j *joinedSource) account(ctx context.Context, p portion, live Feed, out []Result) {
	if len(p.reqs) == 0 {
		return
	}
	results, err := Account(ctx, Replicated(Join(j.archive, live), j.opt.DedupLabels), p.reqs, j.opt.Workers)
	if err != nil {
		p.fail(out, err)
		return
	}
	p.put(out, results)
	for i, req := range p.reqs {
		if results[i].Err == nil {
			j.taken(req)
		}
		if n, ok := j.live.(interface{ Notes() []string }); ok && live != nil && results[i].Scan != nil {
			results[i].Scan.Notes = append(results[i].Scan.Notes, n.Notes()...)
		}
	}
}

// taken remembers what of a request came from the archive.
func (j *joinedSource) taken(req Request) {
	sels, _ := selections(req.Indicator)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range sels {
		for _, in := range j.archive.Has(s.sel, req.Grid[0]+1, req.Grid[len(req.Grid)-1]) {
			j.used = append(j.used, period.Span{Start: time.UnixMilli(in.From - 1).UTC(), End: time.UnixMilli(in.To).UTC()})
		}
	}
	j.used = period.Union(j.used)
}

// askPromQL answers requests whose live part could only be asked in PromQL: from
// the archive alone where it has all of them, else from live alone.
func (j *joinedSource) askPromQL(ctx context.Context, p portion, why string, out []Result) {
	var alone, rest portion
	for i, req := range p.reqs {
		if j.has(req, 0, 0) {
			alone.add(p.index[i], req)
		} else {
			rest.add(p.index[i], req)
		}
	}
	j.account(ctx, alone, nil, out)
	j.ask(ctx, rest, out)
	for _, i := range rest.index {
		if s := out[i].Scan; s != nil {
			s.Notes = append(s.Notes, "the history was not used: it has only a part of the time, and exact counts are not mixed with others ("+why+")")
		}
	}
}

// ask has live answer requests itself.
func (j *joinedSource) ask(ctx context.Context, p portion, out []Result) {
	if len(p.reqs) == 0 {
		return
	}
	if j.live == nil {
		p.fail(out, errors.New("evaluating an expression: the history holds only the samples that selectors select; configure sources.metrics"))
		return
	}
	results, err := j.live.Scan(ctx, p.reqs)
	if err != nil {
		p.fail(out, err)
		return
	}
	p.put(out, results)
}

// rescue answers from the archive the requests that failed because live did, if
// the archive has all up to their end from where it begins on. What it lacks
// before is no data, which results declare.
func (j *joinedSource) rescue(ctx context.Context, p portion, out []Result) {
	var again portion
	var notes []string
	for i, req := range p.reqs {
		failed := out[p.index[i]].Err
		if failed == nil || ctx.Err() != nil {
			continue
		}
		if since, ok := j.since(req); ok {
			again.add(p.index[i], req)
			notes = append(notes, fmt.Sprintf("read from the history alone, which has these samples since %s: %v", since.Format(time.RFC3339), failed))
		}
	}
	j.account(ctx, again, nil, out)
	for i, note := range notes {
		if s := out[again.index[i]].Scan; s != nil {
			s.Notes = append(s.Notes, note)
		}
	}
}

// since returns from when on the archive has everything that a request is
// accounted from, up to its end; false if it lacks something later.
func (j *joinedSource) since(req Request) (time.Time, bool) {
	sels, err := Footprint([]Indicator{req.Indicator})
	if err != nil || req.Grid.Cells() == 0 {
		return time.Time{}, false
	}
	since, end := req.Grid[0]-req.lookback().Milliseconds(), req.Grid[len(req.Grid)-1]
	for _, s := range sels {
		has := j.archive.Has(s, since, end)
		if len(has) == 0 || has[len(has)-1].To != end {
			return time.Time{}, false
		}
		since = has[len(has)-1].From
	}
	return time.UnixMilli(since - 1).UTC(), true
}

// Metrics implements [Source]: what either has.
func (j *joinedSource) Metrics(ctx context.Context, in period.Span) ([]Metric, error) {
	old, err := j.archive.Metrics(ctx, in)
	if err != nil || j.live == nil {
		return old, err
	}
	all, err := j.live.Metrics(ctx, in)
	if err != nil && len(old) == 0 {
		return nil, err
	}
	for _, m := range old {
		if !slices.ContainsFunc(all, func(known Metric) bool { return known.Name == m.Name }) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Series implements [Source]: what either has.
func (j *joinedSource) Series(ctx context.Context, sel Selector, in period.Span, limit int) ([]labels.Labels, error) {
	old, err := j.archive.Series(ctx, sel, in, limit)
	if err != nil || j.live == nil {
		return old, err
	}
	all, err := j.live.Series(ctx, sel, in, limit)
	if err != nil && len(old) == 0 {
		return nil, err
	}
	all = append(all, old...)
	slices.SortFunc(all, labels.Compare)
	all = slices.CompactFunc(all, labels.Equal)
	return all[:min(len(all), limit)], nil
}

// portion is some of the requests of a scan, and their places in it.
type portion struct {
	reqs  []Request
	index []int
}

func (p *portion) add(i int, req Request) {
	p.reqs, p.index = append(p.reqs, req), append(p.index, i)
}

// put lays results in their places.
func (p *portion) put(out, results []Result) {
	for i, r := range results {
		out[p.index[i]] = r
	}
}

func (p *portion) fail(out []Result, err error) {
	for _, i := range p.index {
		out[i] = Result{Err: err}
	}
}
