package tsdb

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

// recorded records days of a source, with everything, and opens them.
func recorded(t *testing.T, from query.Feed, days ...int) *History {
	t.Helper()
	path := t.TempDir()
	r, err := OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, n := range days {
		if _, err := r.Record(context.Background(), from, Recording{Day: dayOf(n), Until: dayOf(n).End, Complete: true, Selectors: []query.Selector{everything()}}); err != nil {
			t.Fatal(err)
		}
	}
	h, err := OpenHistory(path, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The first sample of a case lies on the midnight that ends a day, so every case
// has samples on two days.
func TestHistoryConforms(t *testing.T) {
	querytest.Run(t, func(t *testing.T, text string) query.Source {
		return query.JoinSources(nil, recorded(t, openText(t, text), -1, 0), query.JoinOptions{Workers: 2})
	})
}

func TestJoinedSourcesConform(t *testing.T) {
	querytest.Run(t, func(t *testing.T, text string) query.Source {
		return query.JoinSources(openText(t, text), recorded(t, openText(t, text), -1), query.JoinOptions{Workers: 2})
	})
}

// server is a source that is not what the history was recorded from: one that is
// down, or one that answers in PromQL only.
type server struct {
	*Source
	err  error // of every read, if set
	why  string
	reqs int // that it was asked to answer itself
}

func (s *server) ChooseFeed(context.Context, []query.Request) (query.Feed, string, error) {
	if s.why != "" || s.err != nil {
		return nil, s.why, s.err
	}
	return s.Source, "", nil
}

func (s *server) Scan(ctx context.Context, reqs []query.Request) ([]query.Result, error) {
	s.reqs += len(reqs)
	if s.err != nil {
		return nil, s.err
	}
	return s.Source.Scan(ctx, reqs)
}

func (s *server) Metrics(ctx context.Context, in period.Span) ([]query.Metric, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Source.Metrics(ctx, in)
}

// TestWhoAnswers asks for days that the history has, has with their lookback, or
// has in part, of servers of each kind.
func TestWhoAnswers(t *testing.T) {
	feed := every(dayOf(3).End)
	h := recorded(t, feed, 0, 1, 2)
	empty := openText(t, "# EOF\n")
	down := errors.New("connection refused")
	for _, c := range []struct {
		name     string
		live     query.Source
		from, to time.Time
		minutes  string // of growth, or ""
		note     string
		err      string
		detail   string
	}{
		{"two recorded days", &server{Source: empty, err: down}, dayOf(1).Start, dayOf(2).End, "2880", "", "", "2026-10-02 to 2026-10-03 from the history"},
		{"the first recorded day", &server{Source: empty, err: down}, dayOf(0).Start, dayOf(0).End, "1439", "read from the history alone, which has these samples since 2026-10-01T00:00:00Z: connection refused", "", "2026-10-01 from the history"},
		{"from before the first recorded day", &server{Source: empty, err: down}, dayOf(-9).Start, dayOf(0).End, "1439", "which has these samples since 2026-10-01T00:00:00Z", "", ""},
		{"a day that is not recorded", &server{Source: empty, err: down}, dayOf(2).Start, dayOf(3).End, "", "", "connection refused", ""},
		{"a day that is not recorded, without a server", nil, dayOf(2).Start, dayOf(3).End, "1440", "the history has only a part of this time, and there is no other source", "", "3 days from"},
		{"a recorded day, PromQL", &server{Source: empty, why: "no remote read"}, dayOf(0).Start, dayOf(0).End, "1439", "", "", "2026-10-01 from the history"},
		{"a part recorded, PromQL", &server{Source: empty, why: "no remote read"}, dayOf(2).Start, dayOf(3).End, "", "exact counts are not mixed with others (no remote read)", "", ""},
		{"a part recorded", &server{Source: empty}, dayOf(2).Start, dayOf(3).End, "1440", "", "", "2026-10-03 from the history"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := query.JoinSources(c.live, h, query.JoinOptions{Workers: 2})
			req := query.Request{Indicator: query.Indicator{Total: parse(t, `reqs_total{code="200"}`)}, Grid: window.NewGrid([]time.Time{c.from, c.to})}
			results, err := src.Scan(context.Background(), []query.Request{req})
			if err != nil {
				t.Fatal(err)
			}
			if err := results[0].Err; c.err != "" || err != nil {
				if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("the error is %v, want %q", err, c.err)
				}
				return
			}
			s := results[0].Scan
			if n := strings.Join(s.Notes, "\n"); (c.note == "") != (n == "") || !strings.Contains(n, c.note) {
				t.Errorf("the notes are %q, want %q", n, c.note)
			}
			if d := src.Info().Detail; !strings.Contains(d, c.detail) {
				t.Errorf("the detail is %q, want %q in it", d, c.detail)
			}
			grown := ""
			if len(s.Groups) > 0 {
				grown = s.Groups[0].Total.Windowed.At(0).String()
			}
			if grown != c.minutes {
				t.Errorf("the counter grew by %q, want %q minutes", grown, c.minutes)
			}
		})
	}
}

// TestReplicasAtTheEnd asks for a day that is recorded, at whose end the first
// replica of a pair has a gap that only its first sample of the next day shows
// to be short: it covers the gap itself, and the second replica does not count.
func TestReplicasAtTheEnd(t *testing.T) {
	end := dayOf(0).End
	series := func(replica string, minutes ...int) querytest.Series {
		s := querytest.Series{Labels: labels.FromStrings(labels.MetricName, "reqs_total", "job", "api", "instance", "a", "replica", replica)}
		for _, m := range minutes {
			s.Samples = append(s.Samples, querytest.Sample{T: end.Add(time.Duration(m) * time.Minute).UnixMilli(), V: float64(100 + m)})
		}
		return s
	}
	all := &querytest.Feed{Series: []querytest.Series{series("1", -10, -9, -8, -7, -6, -5, -4, -3, 1, 2), series("2", -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2)}}
	var text bytes.Buffer
	if err := querytest.WriteOpenMetrics(&text, all.Series); err != nil {
		t.Fatal(err)
	}
	by := []string{"replica"}
	req := query.Request{Indicator: query.Indicator{Total: parse(t, `reqs_total`)}, Grid: window.NewGrid([]time.Time{end.Add(-9 * time.Minute), end})}
	src := query.JoinSources(openText(t, text.String()), recorded(t, all, -1, 0), query.JoinOptions{Workers: 1, DedupLabels: by})
	want, err := query.Account(t.Context(), query.Replicated(all, by), []query.Request{req}, 1)
	if err != nil || want[0].Err != nil {
		t.Fatal(err, want)
	}
	got, err := src.Scan(t.Context(), []query.Request{req})
	if err != nil || got[0].Err != nil {
		t.Fatal(err, got)
	}
	for _, r := range [][]query.Result{want, got} {
		if n := r[0].Scan.Groups[0].Total.Windowed.At(0).String(); n != "6" { // from −9 to −3 minutes
			t.Errorf("the counter grew by %s, want 6", n)
		}
	}
}
