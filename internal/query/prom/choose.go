package prom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
)

// More samples than these are not read raw unless it is demanded: remote read
// brings some 30 million a second, raw queries four, and those keep each sample
// in memory, at two to three bytes.
const (
	mostRemote = 3_000_000_000
	mostRaw    = 50_000_000
)

// ability is what a server can do for exact accounting, found out once.
type ability struct {
	// remote and queries say why the server cannot be read that way; nil if it
	// can.
	remote, queries error
	external        map[string]string // labels that remote read adds to every series
}

// choice is how a scan is read, and why.
type choice struct {
	feed    query.Feed // nil for PromQL
	detail  string
	samples float64 // about as many are read
}

// noted collects what a scan must say.
type noted struct {
	mu    sync.Mutex
	notes []string
}

func (n *noted) add(notes []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, text := range notes {
		if !slices.Contains(n.notes, text) {
			n.notes = append(n.notes, text)
		}
	}
}

func (n *noted) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.notes)
}

// choose decides how the requests are read and keeps the reason in Info: that of
// the largest scan, for smaller ones after it look at single moments.
func (s *source) choose(ctx context.Context, reqs []query.Request, notes *noted) (choice, error) {
	c, err := s.decide(ctx, reqs, notes)
	if err != nil {
		return c, err
	}
	if c.feed == nil && s.opt.Read != "promql" {
		notes.add([]string{c.detail})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.samples < s.largest {
		return c, nil
	}
	s.largest, s.info.Detail = c.samples, c.detail
	if s.version != "" {
		s.info.Detail = s.version + "; " + c.detail
	}
	return c, nil
}

func (s *source) decide(ctx context.Context, reqs []query.Request, notes *noted) (choice, error) {
	if s.opt.Read == "promql" {
		return choice{detail: "pushed down as PromQL, as configured"}, nil
	}
	can, err := s.able(ctx, reqs)
	if err != nil {
		return choice{}, err
	}
	forced := s.opt.Read == "raw"
	remote := can.remote
	if name := asksFor(reqs, can.external); remote == nil && name != "" {
		remote = fmt.Errorf("the label %s, which is asked for, is one that the server adds there to every series", name)
	}
	samples, err := s.volume(ctx, reqs)
	if err != nil {
		return choice{}, err
	}
	about := fmt.Sprintf("about %s samples", rough(samples))
	switch {
	case remote == nil && (forced || samples <= mostRemote):
		return choice{&remoteRead{s, can.external}, "raw samples by remote read, " + about, samples}, nil
	case remote == nil:
		return choice{nil, fmt.Sprintf("pushed down as PromQL: %s are too many to be read raw unless `read: raw` demands it", about), samples}, nil
	case can.queries == nil && (forced || samples <= mostRaw):
		return choice{&rawQueries{s, notes.add}, fmt.Sprintf("raw samples by instant queries, %s; no remote read: %s", about, brief(remote)), samples}, nil
	case can.queries == nil:
		return choice{nil, fmt.Sprintf("pushed down as PromQL: %s are too many for raw queries unless `read: raw` demands it; no remote read: %s", about, brief(remote)), samples}, nil
	case forced:
		return choice{}, &Error{Server: s.client.server, Problem: BadQuery, Err: can.queries, Hint: "write `read: auto` to have it pushed down as PromQL, which is less exact",
			Message: fmt.Sprintf("raw samples, which `read: raw` demands, cannot be had: no remote read: %s; no raw queries: %s", brief(remote), brief(can.queries))}
	}
	return choice{nil, fmt.Sprintf("pushed down as PromQL; no remote read: %s; no raw queries: %s", brief(remote), brief(can.queries)), samples}, nil
}

// brief is what an error says, without the server's address.
func brief(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// rough writes a number of samples for people.
func rough(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f million", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f thousand", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// asksFor returns a label that a request selects or groups by and that is one of
// the names, or "".
func asksFor(reqs []query.Request, names map[string]string) string {
	for _, req := range reqs {
		asked := slices.Clone(req.GroupBy)
		for _, sel := range []query.Selector{req.Indicator.Total, req.Indicator.Bad, req.Indicator.Good, req.Indicator.Sum} {
			for _, m := range sel.Matchers {
				asked = append(asked, m.Name)
			}
		}
		for _, name := range asked {
			if _, ok := names[name]; ok {
				return name
			}
		}
	}
	return ""
}

// widestOf returns the selector of a request that selects the most.
func widestOf(ind query.Indicator) query.Selector {
	if ind.Kind == query.Histogram && ind.Total.Name() != "" {
		return ind.Total.WithName(ind.Total.Name() + "_bucket")
	}
	return ind.Total
}

// volume estimates how many samples the requests select.
func (s *source) volume(ctx context.Context, reqs []query.Request) (float64, error) {
	spans := map[string]slice{}
	selectors := map[string]query.Selector{}
	for _, req := range reqs {
		sel := widestOf(req.Indicator)
		if sel.IsZero() || req.Grid.Cells() == 0 {
			continue
		}
		in := spanOf(req)
		if known, ok := spans[sel.Text]; ok {
			in = slice{min(in.from, known.from), max(in.to, known.to)}
		}
		spans[sel.Text], selectors[sel.Text] = in, sel
	}
	type estimate struct {
		samples float64
		err     error
	}
	answers := make(chan estimate)
	for text, in := range spans {
		go func() {
			rate, err := s.rate(ctx, selectors[text], in)
			answers <- estimate{rate * float64(in.to-in.from), err}
		}()
	}
	total, first := 0.0, error(nil)
	for range spans {
		e := <-answers
		total += e.samples
		if first == nil {
			first = e.err
		}
	}
	return total, first
}

// spanOf is the time of which a request reads samples.
func spanOf(req query.Request) slice {
	lookback := req.Lookback
	if lookback <= 0 {
		lookback = query.DefaultLookback
	}
	return slice{req.Grid[0] - lookback.Milliseconds(), req.Grid[len(req.Grid)-1]}
}

// able finds out, once, what the server can do: with a series that the requests
// select, if there is any, so that a server which only seems to answer is found
// out.
func (s *source) able(ctx context.Context, reqs []query.Request) (*ability, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw != nil {
		return s.raw, nil
	}
	known, in, err := s.example(ctx, reqs)
	if err != nil {
		return nil, err
	}
	can := &ability{}
	can.external, can.remote = s.tryRemote(ctx, known, in)
	if can.remote != nil {
		_, can.queries = (&rawQueries{s, func([]string) {}}).fetch(ctx, known, in)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.raw = can
	return can, nil
}

// example returns a selector of exactly one series and name, and an hour in which
// it has samples; or a selector of nothing.
func (s *source) example(ctx context.Context, reqs []query.Request) (query.Selector, slice, error) {
	const hour = 3_600_000
	for _, req := range reqs {
		sel := widestOf(req.Indicator)
		if sel.IsZero() || sel.Name() == "" || req.Grid.Cells() == 0 {
			continue
		}
		in := spanOf(req)
		for k := int64(3); k > 0; k-- {
			at := floor(in.from+(in.to-in.from)*k/3, 1000)
			vector, err := s.instant(ctx, fmt.Sprintf("topk(1, count_over_time(%s[1h]))", sel.Text), time.UnixMilli(at))
			if isRefusal(err) {
				break
			}
			if err != nil {
				return sel, in, err
			}
			if len(vector) > 0 {
				return exactly(sel.Name(), vector[0].Metric), slice{at - hour, at}, nil
			}
		}
	}
	return exactly("slactl_probe", nil), slice{0, hour}, nil
}

// exactly selects one series.
func exactly(name string, metric model.Metric) query.Selector {
	matchers := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, name)}
	for label, value := range metric {
		if label != model.MetricNameLabel {
			matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, string(label), string(value)))
		}
	}
	return query.Selector{}.With(matchers...)
}

// tryRemote reads a series remotely and returns the labels that it has beyond
// those that it was selected by: the server's external labels.
func (s *source) tryRemote(ctx context.Context, known query.Selector, in slice) (map[string]string, error) {
	external := map[string]string{}
	found := false
	err := (&remoteRead{s, nil}).stream(ctx, known, in, nil, func(got *series) error {
		got.labels.Range(func(l labels.Label) {
			if !slices.ContainsFunc(known.Matchers, func(m *labels.Matcher) bool { return m.Name == l.Name }) && !found {
				external[l.Name] = l.Value
			}
		})
		found = true
		return nil
	})
	if err == nil && !found && len(known.Matchers) > 1 {
		err = errors.New("it does not find what queries find")
	}
	return external, err
}

// isRefusal reports whether the server said no to a question, rather than being
// in trouble.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Problem == BadQuery
}
