package query

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Footprint returns the selectors of every series that the exact accounting of
// the indicators may read: what they select, when their counters were created,
// and `up` and the start times of all processes, for whose target is still
// needed is only known afterwards. A selector that another one includes is left
// out; the rest come in the order of their texts. Free expressions have no
// footprint.
func Footprint(inds []Indicator) ([]Selector, error) {
	named := func(m *labels.Matcher) Selector { return newSelector([]*labels.Matcher{m}) }
	name := func(n string) Selector {
		return named(labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, n))
	}
	var all []Selector
	for _, ind := range inds {
		if ind.Kind == Expression {
			continue
		}
		read, err := selections(ind)
		if err != nil {
			return nil, err
		}
		for _, s := range read {
			all = append(all, s.sel)
			switch metric := s.sel.Name(); {
			case s.role.mode() != counting:
			case metric != "":
				all = append(all, name(createdName(labels.FromStrings(labels.MetricName, metric))))
			default: // which counters these are is seen when they are read
				all = append(all, named(labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, ".+_created")))
			}
		}
	}
	if len(all) > 0 {
		all = append(all, name("up"), name("process_start_time_seconds"))
	}
	return widest(all), nil
}

// widest leaves out the selectors that another one of the list includes and puts
// the rest in the order of their texts.
func widest(all []Selector) []Selector {
	// Of two that include each other the first one stays; few matchers come first.
	slices.SortFunc(all, func(a, b Selector) int {
		if d := len(a.Matchers) - len(b.Matchers); d != 0 {
			return d
		}
		return strings.Compare(a.Text, b.Text)
	})
	var out []Selector
	for _, s := range all {
		if !slices.ContainsFunc(out, s.within) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Selector) int { return strings.Compare(a.Text, b.Text) })
	return out
}

// Includes reports whether the selectors together match every series that sel
// matches, as far as their matchers tell. A yes is certain; a no may be wrong
// for regular expressions that only their meaning compares.
func Includes(have []Selector, sel Selector) bool {
	if slices.ContainsFunc(have, sel.within) {
		return true
	}
	// A selection of several metrics may be spread over selectors of one each.
	for i, m := range sel.Matchers {
		names := m.SetMatches()
		if m.Name != labels.MetricName || m.Type != labels.MatchRegexp || len(names) == 0 {
			continue
		}
		return !slices.ContainsFunc(names, func(name string) bool {
			one := slices.Clone(sel.Matchers)
			one[i] = labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, name)
			return !slices.ContainsFunc(have, newSelector(one).within)
		})
	}
	return false
}

// within reports whether every series that s matches, wide matches as well: each
// matcher of wide stands in s too, or holds for the only values that s allows.
func (s Selector) within(wide Selector) bool {
	return !slices.ContainsFunc(wide.Matchers, func(w *labels.Matcher) bool {
		return !slices.ContainsFunc(s.Matchers, func(m *labels.Matcher) bool {
			if m.Name != w.Name {
				return false
			}
			if m.Type == w.Type && m.Value == w.Value {
				return true
			}
			var values []string
			switch m.Type {
			case labels.MatchEqual:
				values = []string{m.Value}
			case labels.MatchRegexp:
				values = m.SetMatches()
			}
			return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !w.Matches(v) })
		})
	})
}
