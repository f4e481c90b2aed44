package query

import (
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
)

func TestParseSelector(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`http_requests_total`, `http_requests_total`},
		{`http_requests_total{}`, `http_requests_total`},
		{` http_requests_total{ job = "api" , code=~'5..' } `, `http_requests_total{code=~"5..",job="api"}`},
		{`{__name__="up", job="api"}`, `up{job="api"}`},
		{`{__name__=~"a|b"}`, `{__name__=~"a|b"}`},
		{`{"http.requests", job="api"}`, `{__name__="http.requests",job="api"}`},
	} {
		got, err := ParseSelector(c.in)
		if err != nil || got.Text != c.want {
			t.Errorf("ParseSelector(%s) = %s, %v; want %s", c.in, got.Text, err, c.want)
		}
		again, err := ParseSelector(got.Text)
		if err != nil || again.Text != got.Text {
			t.Errorf("the canonical form %s reads back as %s, %v", got.Text, again.Text, err)
		}
	}
}

func TestParseSelectorErrors(t *testing.T) {
	for _, c := range []struct {
		in, at, want string // at is the text that the error points to
	}{
		{``, ``, `it is empty`},
		{`rate(a[5m])`, `rate(a[5m])`, `rate() is not a selector; write the metric alone`},
		{`sum(a)`, `sum(a)`, `sum() is not a selector`},
		{`a[5m]`, `a[5m]`, `remove the brackets`},
		{`a offset 5m`, `a offset 5m`, `no offset`},
		{`a @ 10`, `a @ 10`, `no offset, @`},
		{`a / b`, `a / b`, `promql:`},
		{`a{job="api"`, ``, `unexpected end of input`},
		{`a{job=api}`, `api`, `unexpected identifier "api"`},
		{`{job=~".*"}`, `{job=~".*"}`, `at least one non-empty matcher`},
	} {
		_, err := ParseSelector(c.in)
		var e *SelectorError
		if !errors.As(err, &e) {
			t.Errorf("ParseSelector(%s): error %v is no SelectorError", c.in, err)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseSelector(%s): %v; want %q in it", c.in, err, c.want)
		}
		if end := min(e.Offset+e.Length, len(c.in)); c.at != "" && c.in[e.Offset:end] != c.at {
			t.Errorf("ParseSelector(%s) points to %q, want %q", c.in, c.in[e.Offset:end], c.at)
		}
	}
}

func TestParseExpr(t *testing.T) {
	if err := ParseExpr(`sum(increase(errors_total{code=~"5.."}[$window])) or vector(0)`); err != nil {
		t.Error(err)
	}
	text := `sum(increase(a[$window])) / nope(b)`
	var e *SelectorError
	if err := ParseExpr(text); !errors.As(err, &e) || !strings.HasPrefix(text[e.Offset:], "nope") {
		t.Errorf("ParseExpr points to the wrong place: %+v", e)
	}
	if err := ParseExpr(`a[$window]`); err == nil {
		t.Error("a range is accepted as an expression")
	}
}

func TestSelectorDerivatives(t *testing.T) {
	sel, err := ParseSelector(`latency_seconds{job="api"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := sel.WithName("latency_seconds_bucket").Text; got != `latency_seconds_bucket{job="api"}` {
		t.Error(got)
	}
	narrow := sel.With(labels.MustNewMatcher(labels.MatchEqual, "tier", "gold"))
	if narrow.Text != `latency_seconds{job="api",tier="gold"}` || sel.Text != `latency_seconds{job="api"}` {
		t.Error(narrow.Text, sel.Text)
	}
	series := labels.FromStrings("__name__", "latency_seconds", "job", "api")
	if !sel.Matches(series) || narrow.Matches(series) {
		t.Error("wrong matches")
	}
}
