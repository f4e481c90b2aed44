// Package discover finds out what a metrics source could be judged by: which
// presets it has the metrics of, for which jobs, with which error label and which
// buckets, and what each would have attained today. It also writes what was
// chosen as a first configuration.
package discover

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/preset"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
	"github.com/slactl/slactl/internal/yamlpos"
)

// maxSeries is how many series of a metric are looked at; jobs that only later
// ones have are not seen.
const maxSeries = 10_000

// Candidate is something that a service level could be measured by.
type Candidate struct {
	Preset preset.Preset
	Metric string // the name that the preset was recognised by
	Job    string // "" where the series have no such label
	Series int    // of Metric
	preset.Indicator
	Today Today
}

// Today is what a candidate would have attained since the day began.
type Today struct {
	Total, Bad unit.Decimal
	// Attained is in percent, cut after three digits; nil without events.
	Attained *unit.Decimal
	// P95 and P99 are the lowest bucket bounds, in milliseconds, within which at
	// least 95 % and 99 % of the observations lie: targets that today would have
	// met, and that are judged without interpolation. Nil if there is none.
	P95, P99 *unit.Decimal
	// Err is why nothing is known.
	Err error
}

// Found is what a source offers.
type Found struct {
	Candidates []Candidate // the most promising first
	Skipped    []string    // what looked like one and is none, a sentence each
	Metrics    []string    // all names, for suggestions
}

// Find looks for candidates among the series with samples in a span. A preset's
// name limits it to that preset, and match, written {job="api"}, to some series.
func Find(ctx context.Context, src query.Source, in period.Span, presetName, match string) (*Found, error) {
	metrics, err := src.Metrics(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &Found{}
	for _, m := range metrics {
		out.Metrics = append(out.Metrics, m.Name)
	}
	for _, m := range preset.Recognise(out.Metrics) {
		if presetName != "" && m.Preset.Name != presetName {
			continue
		}
		if err := out.look(ctx, src, in, m, match); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// look adds a candidate for each job that a recognised metric has.
func (f *Found) look(ctx context.Context, src query.Source, in period.Span, m preset.Match, match string) error {
	series, err := seriesOf(ctx, src, in, m.Variant, match)
	if err != nil {
		return err
	}
	byJob := map[string][]labels.Labels{}
	for _, ls := range series {
		byJob[ls.Get("job")] = append(byJob[ls.Get("job")], ls)
	}
	for _, job := range slices.Sorted(maps.Keys(byJob)) {
		label, err := errorLabel(m.Variant, byJob[job])
		if err != nil {
			f.Skipped = append(f.Skipped, fmt.Sprintf("%s of job %q: %v", m.Metric(), job, err))
			continue
		}
		ind, err := m.Variant.Indicator(label, narrow(match, job))
		if err != nil {
			return err
		}
		if !m.Latency || !slices.Contains(f.Metrics, m.Variant.Histogram+"_bucket") {
			ind.Histogram, ind.Unit = "", ""
		}
		f.Candidates = append(f.Candidates, Candidate{Preset: m.Preset, Metric: m.Metric(), Job: job, Series: len(byJob[job]), Indicator: ind})
	}
	return nil
}

// Resolve returns the selectors of a preset for all jobs of a source that match:
// with the first of its metrics that has series in the span, and the error label
// that they have. Series that disagree about the label are an error, for those
// without the chosen one would never count as failed.
func Resolve(ctx context.Context, src query.Source, in period.Span, p preset.Preset, match string) (preset.Indicator, error) {
	for _, v := range p.Variants {
		series, err := seriesOf(ctx, src, in, v, match)
		if err != nil {
			return preset.Indicator{}, err
		}
		if len(series) == 0 {
			continue
		}
		label, err := errorLabel(v, series)
		if err != nil {
			return preset.Indicator{}, fmt.Errorf("resolving preset %s: %w; choose some series with --match, or write `total:` and `bad:` selectors", p.Name, err)
		}
		return v.Indicator(label, match)
	}
	found := &Found{}
	metrics, err := src.Metrics(ctx, in)
	for _, m := range metrics {
		found.Metrics = append(found.Metrics, m.Name)
	}
	return preset.Indicator{}, cmp.Or(err, found.Nothing(p.Name))
}

// seriesOf lists the series of a variant's metric.
func seriesOf(ctx context.Context, src query.Source, in period.Span, v preset.Variant, match string) ([]labels.Labels, error) {
	ind, err := v.Indicator("", match)
	if err != nil {
		return nil, err
	}
	sel, err := query.ParseSelector(ind.Total + ind.Up)
	if err != nil {
		return nil, err
	}
	return src.Series(ctx, sel, in, maxSeries)
}

// errorLabel is the label that tells failures in every one of the series.
func errorLabel(v preset.Variant, series []labels.Labels) (string, error) {
	var chosen string
	for i, ls := range series {
		var names []string
		ls.Range(func(l labels.Label) { names = append(names, l.Name) })
		label, ok := v.ErrorLabel(names)
		switch {
		case !ok:
			return "", fmt.Errorf("series %s has none of the labels %s, which would tell failures", ls, strings.Join(v.ErrorLabels, ", "))
		case i > 0 && label != chosen:
			return "", fmt.Errorf("some series of %s tell failures by the label %s and others by %s", v.Metric(), chosen, label)
		}
		chosen = label
	}
	return chosen, nil
}

// narrow adds the job to a match.
func narrow(match, job string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(match), "{"), "}")
	if job == "" {
		return inner
	}
	matcher := "job=" + strconv.Quote(job)
	if strings.Contains(inner, matcher) {
		return inner
	}
	return strings.Trim(inner+","+matcher, ", ")
}

// Nothing explains why a source has no candidate.
func (f *Found) Nothing(presetName string) error {
	switch {
	case len(f.Skipped) > 0:
		return fmt.Errorf("looking for service levels: %s; write `total:` and `bad:` selectors instead", strings.Join(f.Skipped, "; "))
	case len(f.Metrics) == 0:
		return fmt.Errorf("looking for service levels: the source has no samples in the last hour")
	case presetName == "":
		return fmt.Errorf("looking for service levels: none of the %d metrics belongs to a preset (%s); see `slactl metrics find` and write `total:` and `bad:` selectors",
			len(f.Metrics), strings.Join(preset.Names(), ", "))
	}
	p, _ := preset.Lookup(presetName)
	nearest := ""
	for _, want := range p.Metrics() {
		if near, ok := yamlpos.Nearest(want, f.Metrics); ok && near != want {
			nearest = "; the nearest is " + near
			break
		}
	}
	return fmt.Errorf("looking for service levels: preset %s needs a metric %s, and none has samples that match%s", presetName, strings.Join(p.Metrics(), " or "), nearest)
}

// Measure fills in what the candidates attained in a span, and sorts those of
// one preset by how many events they had.
func (f *Found) Measure(ctx context.Context, src query.Source, in period.Span) error {
	grid := window.Grid{in.Start.UnixMilli(), in.End.UnixMilli()}
	var reqs []query.Request
	var fill []func(query.Result)
	ask := func(ind query.Indicator, take func(query.Result)) {
		reqs, fill = append(reqs, query.Request{Indicator: ind, Grid: grid}), append(fill, take)
	}
	for i := range f.Candidates {
		c := &f.Candidates[i]
		ratio, histogram, err := c.indicators()
		if err != nil {
			return err
		}
		ask(ratio, c.Today.takeEvents)
		if c.Histogram != "" {
			ask(histogram, func(r query.Result) { c.Today.takeBuckets(r, c.Unit) })
		}
	}
	results, err := src.Scan(ctx, reqs)
	if err != nil {
		return err
	}
	for i, r := range results {
		fill[i](r)
	}
	f.rank()
	return nil
}

func (f *Found) rank() {
	order := map[string]int{}
	for _, c := range f.Candidates {
		if _, ok := order[c.Preset.Name]; !ok {
			order[c.Preset.Name] = len(order)
		}
	}
	slices.SortStableFunc(f.Candidates, func(a, b Candidate) int {
		if d := order[a.Preset.Name] - order[b.Preset.Name]; d != 0 {
			return d
		}
		return b.Today.Total.Cmp(a.Today.Total)
	})
}

// indicators parses the candidate's selectors.
func (c *Candidate) indicators() (ratio, histogram query.Indicator, err error) {
	parse := func(text string) query.Selector {
		if text == "" || err != nil {
			return query.Selector{}
		}
		var sel query.Selector
		sel, err = query.ParseSelector(text)
		return sel
	}
	ratio = query.Indicator{Kind: query.Ratio, Total: parse(c.Total), Bad: parse(c.Bad)}
	if c.Up != "" {
		ratio = query.Indicator{Kind: query.Up, Total: parse(c.Up)}
	}
	histogram = query.Indicator{Kind: query.Histogram, Total: parse(c.Histogram)}
	return ratio, histogram, err
}

// takeEvents sums the events of a scan.
func (t *Today) takeEvents(r query.Result) {
	if r.Err != nil {
		t.Err = r.Err
		return
	}
	for _, g := range r.Scan.Groups {
		t.Total, t.Bad = t.Total.Add(sum(g.Total)), t.Bad.Add(sum(g.Bad))
	}
	if t.Total.Sign() <= 0 {
		return
	}
	good := t.Total.Sub(t.Bad).Rat()
	good.Quo(good, t.Total.Rat())
	attained := unit.DecimalOfRat(good.Mul(good, unit.DecimalOfInt(100).Rat()), 3, true)
	t.Attained = &attained
}

// takeBuckets finds the bounds that hold 95 % and 99 % of the observations.
func (t *Today) takeBuckets(r query.Result, unitName string) {
	if r.Err != nil || len(r.Scan.Groups) == 0 {
		return
	}
	g := &r.Scan.Groups[0]
	total, buckets := sum(g.Total), upTo(g)
	if total.Sign() <= 0 {
		return
	}
	within := func(percent int64) *unit.Decimal {
		need := total.Mul(unit.DecimalOfInt(percent))
		for _, b := range buckets {
			if b.count.Mul(unit.DecimalOfInt(100)).Cmp(need) < 0 {
				continue
			}
			bound, finite := unit.DecimalOfFloat(b.bound)
			if !finite {
				return nil
			}
			if unitName == "seconds" {
				bound = bound.Mul(unit.DecimalOfInt(1000))
			}
			bound = unit.MustDecimal(bound.Canonical())
			return &bound
		}
		return nil
	}
	t.P95, t.P99 = within(95), within(99)
}

// cumulated is how many observations lie at or below a bound.
type cumulated struct {
	bound float64
	count unit.Decimal
}

// upTo returns the bounds of a histogram's buckets, classic ones or native ones.
func upTo(g *window.Group) []cumulated {
	var out []cumulated
	for _, b := range g.Buckets {
		out = append(out, cumulated{b.Bound, sum(b.Counts)})
	}
	if len(out) > 0 || g.Native == nil {
		return out
	}
	var below unit.Decimal
	for _, b := range g.Native.Buckets {
		_, upper := g.Native.Bounds(b.Place)
		below = below.Add(sum(b.Counts))
		out = append(out, cumulated{upper, below})
	}
	return out
}

func sum(c window.Counts) unit.Decimal {
	return c.Windowed.Range(0, c.Windowed.Len()).Add(c.Recovered.Range(0, c.Recovered.Len()))
}
