package query_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
)

// loose is a feed that hands over more than was asked for, as one does that keeps
// samples in chunks.
type loose struct{ querytest.Feed }

func (l *loose) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	return l.Feed.Read(ctx, sel, from-600_000, to+600_000, each)
}

// archive has the samples of some stretches, of every series.
type archive struct {
	loose
	has []query.Stretch
}

func (a *archive) Has(_ query.Selector, from, to int64) []query.Stretch {
	var out []query.Stretch
	for _, s := range a.has {
		if s := (query.Stretch{From: max(s.From, from), To: min(s.To, to)}); s.From <= s.To {
			out = append(out, s)
		}
	}
	return out
}

// split gives the samples in the stretches to an archive. The live feed keeps
// some of them too, as a server does until its retention is over, here with
// values that would be noticed.
func split(all []querytest.Series, has []query.Stretch, forgets int64) (*archive, *loose) {
	a, live := &archive{has: has}, &loose{}
	for _, s := range all {
		old, fresh := querytest.Series{Labels: s.Labels}, querytest.Series{Labels: s.Labels}
		for _, p := range s.Samples {
			archived := false
			for _, h := range has {
				archived = archived || h.From <= p.T && p.T <= h.To
			}
			if archived {
				old.Samples = append(old.Samples, p)
				p.V += 1e6
			}
			if !archived || p.T > forgets {
				fresh.Samples = append(fresh.Samples, p)
			}
		}
		a.Series, live.Series = append(a.Series, old), append(live.Series, fresh)
	}
	return a, live
}

// TestJoin cuts the samples of every case at random and finds that accounting
// the pieces is accounting the whole, whichever of the two has which.
func TestJoin(t *testing.T) {
	for _, c := range append(querytest.Cases(), staleCase()) {
		t.Run(c.Name, func(t *testing.T) {
			all, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			req, err := c.Request()
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(r *rapid.T) {
				base := querytest.Base().UnixMilli()
				var has []query.Stretch
				for next := base - 60_000; rapid.Bool().Draw(r, "another stretch"); {
					from := next + 1 + rapid.Int64Range(0, 30).Draw(r, "minutes apart")*60_000
					next = from + rapid.Int64Range(0, 90).Draw(r, "minutes long")*60_000
					has = append(has, query.Stretch{From: from, To: next})
				}
				a, live := split(all, has, base+rapid.Int64Range(0, 60).Draw(r, "minutes forgotten")*60_000)
				results, err := query.Account(context.Background(), query.Join(a, live), []query.Request{req}, 2)
				if err != nil || results[0].Err != nil {
					r.Fatal(err, results)
				}
				c.Check(t, results[0])
				if t.Failed() {
					r.Fatalf("the archive has %v", has)
				}
			})
		})
	}
}

func TestIncludes(t *testing.T) {
	for _, c := range []struct {
		have []string
		sel  string
		want bool
	}{
		{[]string{`a_total`}, `a_total`, true},
		{[]string{`a_total`}, `a_total{job="api"}`, true},
		{[]string{`a_total{job="api"}`}, `a_total`, false},
		{[]string{`a_total{code=~"5.."}`}, `a_total{code="500"}`, true},
		{[]string{`a_total{code=~"5.."}`}, `a_total{code=~"500|503"}`, true},
		{[]string{`a_total{code=~"5.."}`}, `a_total{code=~"500|404"}`, false},
		{[]string{`a_total{code=~"5.."}`}, `a_total{code=~"50."}`, false}, // true, but not known to be
		{[]string{`a_total{job!=""}`}, `a_total{job="api"}`, true},
		{[]string{`up`}, `up{job=~"api|web"}`, true},
		{[]string{`a_created`, `b_created`}, `{__name__=~"a_created|b_created"}`, true},
		{[]string{`a_created`}, `{__name__=~"a_created|b_created"}`, false},
		{[]string{`{__name__=~".+_created"}`}, `{__name__=~"a_created|b_created"}`, true},
		{nil, `up`, false},
	} {
		if got := query.Includes(selectors(t, c.have...), selectors(t, c.sel)[0]); got != c.want {
			t.Errorf("%v include %s: %v, want %v", c.have, c.sel, got, c.want)
		}
	}
}

func TestFootprint(t *testing.T) {
	s := func(text string) query.Selector { return selectors(t, text)[0] }
	got, err := query.Footprint([]query.Indicator{
		{Kind: query.Ratio, Total: s(`reqs_total{job="api"}`), Bad: s(`reqs_total{job="api",code=~"5.."}`)},
		{Kind: query.Histogram, Total: s(`took_seconds`)},
		{Kind: query.Gauge, Total: s(`score`)},
		{Kind: query.Rating, Total: s(`rating_count`), Sum: s(`rating_sum`)},
		{Kind: query.Expression, TotalExpr: `sum(x)`},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := selectors(t, `process_start_time_seconds`, `rating_count`, `rating_created`, `rating_sum`, `reqs_created`, `reqs_total{job="api"}`,
		`score`, `took_seconds`, `took_seconds_bucket`, `took_seconds_created`, `up`)
	if len(got) != len(want) {
		t.Fatalf("the footprint is %v, want %v", got, want)
	}
	for i := range want {
		if got[i].Text != want[i].Text {
			t.Errorf("the footprint is %v, want %v", got, want)
		}
	}
	if none, err := query.Footprint(nil); err != nil || len(none) > 0 {
		t.Errorf("nothing has the footprint %v, %v", none, err)
	}
}

func selectors(t *testing.T, texts ...string) []query.Selector {
	t.Helper()
	var out []query.Selector
	for _, text := range texts {
		s, err := query.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
