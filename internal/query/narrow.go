package query

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Only returns the selector narrowed to series whose label has one of the
// values; "" stands for series without it. Without values it is the selector.
func (s Selector) Only(label string, values ...string) Selector {
	switch len(values) {
	case 0:
		return s
	case 1:
		return s.With(labels.MustNewMatcher(labels.MatchEqual, label, values[0]))
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return s.With(labels.MustNewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|")))
}
