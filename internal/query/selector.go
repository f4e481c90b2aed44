package query

import (
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// WindowVariable stands for the length of a measurement window in a free
// expression.
const WindowVariable = "$window"

// SelectorError says where a selector or an expression is wrong. Offset and
// Length count bytes of Text, so that whoever knows where Text stands in a file
// can draw a caret under the place.
type SelectorError struct {
	Text           string
	Offset, Length int
	Message        string
	Hint           string // what to write instead, or ""
	// Syntax tells that the text is no PromQL at all, and not that it is another
	// kind of expression than is asked for.
	Syntax bool
}

// Error writes the text, the byte position counted from 1, the message and the
// hint on one line.
func (e *SelectorError) Error() string {
	msg := fmt.Sprintf("parsing selector %q at %d: %s", e.Text, e.Offset+1, e.Message)
	if e.Hint != "" {
		msg += "; " + e.Hint
	}
	return msg
}

// Matcher is one condition of a selector about one label.
type Matcher = labels.Matcher

// ParseSelector parses an instant vector selector, such as
// `http_requests_total{code=~"5.."}`, and brings it into canonical form. It
// refuses everything that would change which samples are read or what they
// mean: ranges, offsets, functions, operators. Errors are *SelectorError.
func ParseSelector(text string) (Selector, error) {
	expr, err := parseExpr(text, text)
	if err != nil {
		return Selector{}, err
	}
	refuse := func(message, hint string) (Selector, error) {
		pos := expr.PositionRange()
		return Selector{}, &SelectorError{Text: text, Offset: int(pos.Start), Length: int(pos.End - pos.Start), Message: message, Hint: hint}
	}
	switch e := expr.(type) {
	case *parser.VectorSelector:
		if e.OriginalOffset != 0 || e.OriginalOffsetExpr != nil || e.Timestamp != nil || e.StartOrEnd != 0 || e.Anchored || e.Smoothed {
			return refuse("a selector has no offset, @ or other modifier", "remove what follows the selector: the period decides what is read")
		}
		return newSelector(e.LabelMatchers), nil
	case *parser.MatrixSelector:
		return refuse("a selector has no range", "remove the brackets: the window decides what is read")
	case *parser.Call:
		return refuse(fmt.Sprintf("%s() is not a selector", e.Func.Name), "write the metric alone: slactl takes the increase of counters itself")
	case *parser.AggregateExpr:
		return refuse(fmt.Sprintf("%s() is not a selector", e.Op), "write the metric alone: slactl sums and groups series itself")
	}
	return refuse("an expression is not a selector", "write one metric with its labels, or use `promql:` for a free expression")
}

// ParseExpr checks a free PromQL expression in which [WindowVariable] stands for
// the length of a window: it must parse and yield a vector or a scalar. Errors
// are *SelectorError.
func ParseExpr(text string) error {
	// A duration of the same length keeps every position where the writer sees it.
	expr, err := parseExpr(strings.ReplaceAll(text, WindowVariable, "000005m"), text)
	if err != nil {
		return err
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return &SelectorError{Text: text, Length: len(text), Message: fmt.Sprintf("the expression is a %s", parser.DocumentedType(t)),
			Hint: "write one with a value at each instant, such as sum(increase(errors_total[$window]))"}
	}
	return nil
}

// parseExpr parses the source and reports errors against the text that the
// writer sees.
func parseExpr(source, text string) (parser.Expr, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(source)
	if err == nil {
		return expr, nil
	}
	out := &SelectorError{Text: text, Length: len(text), Message: err.Error(), Syntax: true}
	var list parser.ParseErrors
	if errors.As(err, &list) && len(list) > 0 {
		pos := list[0].PositionRange
		start := min(max(int(pos.Start), 0), len(text))
		out.Offset, out.Length = start, min(max(int(pos.End)-start, 1), max(len(text)-start, 1))
		out.Message = list[0].Err.Error()
	}
	if strings.TrimSpace(text) == "" {
		out.Offset, out.Message, out.Hint = 0, "it is empty", `write a metric, such as http_requests_total{job="api"}`
	}
	return nil, out
}

// newSelector returns the selector in canonical form: the name first, other
// matchers in the order that PromQL prints them in.
func newSelector(matchers []*labels.Matcher) Selector {
	s := Selector{Matchers: matchers}
	node := parser.VectorSelector{LabelMatchers: matchers}
	if name := s.Name(); model.LegacyValidation.IsValidMetricName(name) {
		node.Name = name
	}
	s.Text = node.String()
	return s
}

// String returns the canonical text.
func (s Selector) String() string { return s.Text }

// Name returns the metric name that the selector asks for, or "" when it asks
// for none or for several.
func (s Selector) Name() string {
	for _, m := range s.Matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// With returns the selector narrowed by further matchers.
func (s Selector) With(matchers ...*labels.Matcher) Selector {
	all := make([]*labels.Matcher, 0, len(s.Matchers)+len(matchers))
	return newSelector(append(append(all, s.Matchers...), matchers...))
}

// WithName returns the selector with the same label matchers for another metric
// name: how `_bucket` and `_created` are reached from the name that was written.
func (s Selector) WithName(name string) Selector {
	all := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, name)}
	for _, m := range s.Matchers {
		if m.Name != labels.MetricName {
			all = append(all, m)
		}
	}
	return newSelector(all)
}

// Matches reports whether a series belongs to the selection.
func (s Selector) Matches(series labels.Labels) bool {
	for _, m := range s.Matchers {
		if !m.Matches(series.Get(m.Name)) {
			return false
		}
	}
	return true
}
