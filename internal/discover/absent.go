package discover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

// stamp is how instants are written to people.
const stamp = "2006-01-02 15:04 MST"

// Absent explains why a selector matches nothing in a span, with the nearest
// metric, label or value that there is: "there is no metric htp_requests_total;
// did you mean http_requests_total?". It is "" when the selector does match. The
// selector of a histogram names its base, so suffix is "_bucket" for those.
func Absent(ctx context.Context, src query.Source, in period.Span, sel query.Selector, suffix string) (string, error) {
	metrics, err := src.Metrics(ctx, in)
	if err != nil {
		return "", err
	}
	name, rest := nameOf(sel, suffix)
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.Name
	}
	switch {
	case len(names) == 0:
		info, where := src.Info(), ""
		if info.Detail != "" {
			where = " (" + info.Detail + ")"
		}
		return fmt.Sprintf("%s has no samples at all between %s and %s%s", info.Target, in.Start.Format(stamp), in.End.Format(stamp), where), nil
	case name == "":
		return "", nil // a selector without a name: nothing to compare with
	case !slices.Contains(names, name):
		near := query.Nearest(name, names)
		for i := range near {
			near[i] = strings.TrimSuffix(near[i], suffix)
		}
		return fmt.Sprintf("there is no metric %s%s", name, didYouMean(near, "; see `slactl metrics find`")), nil
	}
	return absentLabel(ctx, src, in, name, rest)
}

// AbsentLabel explains which label of a selector no series of its metric has.
// Unlike [Absent] it is silent about values, for a status code that never
// occurred is good news, and about metrics, which may wait for a first error.
func AbsentLabel(ctx context.Context, src query.Source, in period.Span, sel query.Selector) (string, error) {
	name, rest := nameOf(sel, "")
	series, err := seriesNamed(ctx, src, in, name)
	if err != nil || len(series) == 0 {
		return "", err
	}
	for _, m := range rest {
		if values, known := valuesOf(series, m.Name); len(values) == 0 && !m.Matches("") {
			return noLabel(name, m.Name, known), nil
		}
	}
	return "", nil
}

// absentLabel explains which of the matchers no series of the metric satisfies.
func absentLabel(ctx context.Context, src query.Source, in period.Span, name string, rest []*labels.Matcher) (string, error) {
	series, err := seriesNamed(ctx, src, in, name)
	if err != nil {
		return "", err
	}
	for _, m := range rest {
		if slices.ContainsFunc(series, func(ls labels.Labels) bool { return m.Matches(ls.Get(m.Name)) }) {
			continue
		}
		values, known := valuesOf(series, m.Name)
		if len(values) == 0 {
			return noLabel(name, m.Name, known), nil
		}
		near := query.Nearest(m.Value, values)
		for i, v := range near {
			near[i] = fmt.Sprintf("%s=%q", m.Name, v)
		}
		return fmt.Sprintf("no series of %s has %s%s", name, m, didYouMean(near, "; the values are "+some(values))), nil
	}
	all := slices.ContainsFunc(series, func(ls labels.Labels) bool {
		return !slices.ContainsFunc(rest, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) })
	})
	if all || len(series) == 0 {
		return "", nil
	}
	return fmt.Sprintf("no series of %s has all of these labels together", name), nil
}

// nameOf splits a selector into the name of its metric and the other matchers.
func nameOf(sel query.Selector, suffix string) (string, []*labels.Matcher) {
	name := ""
	var rest []*labels.Matcher
	for _, m := range sel.Matchers {
		switch {
		case m.Name != labels.MetricName:
			rest = append(rest, m)
		case m.Type == labels.MatchEqual:
			name = m.Value + suffix
		}
	}
	return name, rest
}

func seriesNamed(ctx context.Context, src query.Source, in period.Span, name string) ([]labels.Labels, error) {
	if name == "" {
		return nil, nil
	}
	sel, err := query.ParseSelector(fmt.Sprintf("{__name__=%q}", name))
	if err != nil {
		return nil, err
	}
	return src.Series(ctx, sel, in, maxSeries)
}

// valuesOf returns the values of a label, and the names of all labels, sorted.
func valuesOf(series []labels.Labels, label string) (values, known []string) {
	v, k := map[string]bool{}, map[string]bool{}
	for _, ls := range series {
		ls.Range(func(l labels.Label) {
			if l.Name != labels.MetricName {
				k[l.Name] = true
			}
			if l.Name == label {
				v[l.Value] = true
			}
		})
	}
	return slices.Sorted(maps.Keys(v)), slices.Sorted(maps.Keys(k))
}

func noLabel(metric, label string, known []string) string {
	return fmt.Sprintf("no series of %s has a label %s%s", metric, label, didYouMean(query.Nearest(label, known), "; the labels are "+some(known)))
}

// didYouMean asks for the nearest names, or says something else where none is
// near.
func didYouMean(near []string, otherwise string) string {
	switch len(near) {
	case 0:
		return otherwise
	case 1:
		return "; did you mean " + near[0] + "?"
	}
	return "; did you mean " + strings.Join(near[:len(near)-1], ", ") + " or " + near[len(near)-1] + "?"
}

// some lists the first few of many names.
func some(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
