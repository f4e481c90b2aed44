package discover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/discover"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
)

// A selector that matches nothing is told what is nearest to it.
func TestAbsent(t *testing.T) {
	src := open(t, shop)
	year := period.Span{Start: querytest.Base().AddDate(-1, 0, 0), End: querytest.Base().AddDate(0, -11, 0)}
	for _, c := range []struct {
		selector, suffix string
		in               period.Span
		want             string
	}{
		{`http_requests_total`, "", today(), ""},
		{`http_requests_total{job="api",status=~"5.."}`, "", today(), ""},
		{`htp_requests_total`, "", today(), "there is no metric htp_requests_total; did you mean http_requests_total?"},
		{`zebra`, "", today(), "there is no metric zebra; see `slactl metrics find`"},
		{`http_request_duration_second{job="api"}`, "_bucket", today(), "there is no metric http_request_duration_second_bucket; did you mean http_request_duration_seconds?"},
		{`http_requests_total{job="apii"}`, "", today(), `no series of http_requests_total has job="apii"; did you mean job="api"?`},
		{`http_requests_total{status="404"}`, "", today(), `no series of http_requests_total has status="404"; the values are 200, 503`},
		{`http_requests_total{jb="api"}`, "", today(), "no series of http_requests_total has a label jb; did you mean job?"},
		{`http_requests_total{continent="eu"}`, "", today(), "no series of http_requests_total has a label continent; the labels are "},
		{`http_requests_total{job="zebra"}`, "", today(), `no series of http_requests_total has job="zebra"; the values are api`},
		{`http_requests_total`, "", year, " has no samples at all between 2025-10-01 00:00 UTC and 2025-11-01 00:00 UTC ("},
	} {
		got, err := discover.Absent(t.Context(), src, c.in, selector(t, c.selector), c.suffix)
		if err != nil || (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.selector, got, err, c.want)
		}
	}
}

// Of the selector of bad events only a label that does not exist is suspicious:
// an error that never occurred, by its status or by its metric, is good news.
func TestAbsentLabel(t *testing.T) {
	src := open(t, shop)
	for selectorText, want := range map[string]string{
		`http_requests_total{status="404"}`:         "",
		`http_requests_failed_total`:                "",
		`http_requests_total{statsu=~"5.."}`:        "no series of http_requests_total has a label statsu; did you mean status?",
		`http_requests_total{canary!="true"}`:       "",
		`http_requests_total{status="1",canary=""}`: "",
	} {
		got, err := discover.AbsentLabel(t.Context(), src, today(), selector(t, selectorText))
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", selectorText, got, err, want)
		}
	}
	if got, err := discover.AbsentLabel(t.Context(), src, period.Span{Start: today().Start, End: today().Start.Add(time.Second)}, selector(t, "x_total{a=\"b\"}")); got != "" || err != nil {
		t.Errorf("without series: %q, %v", got, err)
	}
}

func selector(t *testing.T, text string) query.Selector {
	t.Helper()
	sel, err := query.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return sel
}
