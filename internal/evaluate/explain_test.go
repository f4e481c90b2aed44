package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

const explained = `
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
  platform: {target: 99, measured: shared, method: slices, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
  nothing: {target: 99}
service_tiers: {gold: {availability_target: 99.9}, silver: {}}
maintenance: [{name: upgrade, start: 2026-10-02T02:00:00Z, duration: 2h, tiers: [silver]}]
organizations:
  label: org
  list:
    - {id: a, tier: gold, timezone: Europe/Berlin}
    - {id: b, tier: silver}
    - {id: c, tier: silver, since: 2026-10-02}
`

const explainedSamples = `
load 5m 2026-09-30T00:00:00Z
reqs_total{org="a",code="200",pod="1"} 0+100x1000
reqs_total{org="a",code="500",pod="1"} 0x500 5+5x20 105x480
reqs_total{org="b",code="200",pod="2"} 0+100x700 _x30 90000+100x200
reqs_total{org="b",code="500",pod="2"} 0x600 5+1x300
reqs_total{org="x",code="200",pod="3"} 0+10x1000
`

// Every result that there is can be explained, and the explanation is of that
// result.
func TestExplainEveryResult(t *testing.T) {
	for _, name := range []string{"2026-10-02", "2026-10", "2026-10-01T22:00:00Z..2026-10-02T22:00:00Z"} {
		e := evaluatorOf(t, explained, explainedSamples, time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
		p := parsePeriod(t, e, name)
		got, err := e.In(context.Background(), p, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Reports[0].Results {
			x, err := e.Explain(context.Background(), Question{SLA: r.SLA, Objective: r.Objective, Tier: r.Tier, Organization: r.Organization, Period: p})
			if err != nil {
				t.Errorf("%s of %s %s: %v", r.SLA, r.Tier, r.Organization, err)
				continue
			}
			one := x.Explanations[0]
			info := got.Reports[0].Period
			if r.Period != nil {
				info = *r.Period
			}
			if one.Period != info {
				t.Errorf("the period is %+v, want %+v", one.Period, info)
			}
			r.Period = nil
			if diff := cmp.Diff(asJSON(t, r), asJSON(t, one.Result)); diff != "" {
				t.Errorf("%s of %s %s (-result +explained):\n%s", r.SLA, r.Tier, r.Organization, diff)
			}
			if (one.Unexcluded != nil) != (r.ExcludedSeconds > 0) && r.Organization != "" {
				t.Errorf("%s of %s: %d s excluded, and without: %+v", r.SLA, r.Organization, r.ExcludedSeconds, one.Unexcluded)
			}
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The selectors that an explanation names select the audience's series and no
// others.
func TestExplainedSelectors(t *testing.T) {
	tests := []struct {
		q    Question
		want string
	}{
		{Question{}, `reqs_total`},
		{Question{Organization: "a"}, `reqs_total{org="a"}`},
		{Question{Organization: "x"}, `reqs_total{org="x"}`},
		{Question{Organization: "c"}, `reqs_total`}, // it has no series
		{Question{Tier: "gold"}, `reqs_total{org="a"}`},
	}
	e := evaluatorOf(t, explained, explainedSamples, time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
	for _, tt := range tests {
		q := tt.q
		q.SLA, q.Period = "availability", parsePeriod(t, e, "2026-10-02")
		x, err := e.Explain(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		reads := x.Explanations[0].Reads
		if reads[0].Selector != tt.want || len(reads) != 2 || reads[0].Samples != tt.want+"[90000s]" {
			t.Errorf("%s reads %+v, want %s", q.who(), reads, tt.want)
		}
		for _, r := range reads {
			if _, err := query.ParseSelector(r.Selector); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestExplainNobody(t *testing.T) {
	e := evaluatorOf(t, explained, explainedSamples, time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
	for _, q := range []Question{{Organization: "d"}, {Tier: "bronze"}, {Tier: "gold", Organization: "b"}} {
		q.SLA, q.Period = "availability", parsePeriod(t, e, "2026-10-02")
		_, err := e.Explain(context.Background(), q)
		var nobody *NobodyError
		if !errors.As(err, &nobody) || !strings.Contains(err.Error(), q.who()) {
			t.Errorf("%s: %v", q.who(), err)
		}
	}
}

// Groups and the rolling view are explained like the results that a status has of
// them. Each pod makes 100 requests in five minutes; 20 of the last hour's 1,200 of
// pod 1 fail.
func TestExplainGroupsAndNow(t *testing.T) {
	e := evaluatorOf(t, `
sla_definitions:
  availability: {target: 99, evaluation_window: 1h, group_by: [pod], indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
organizations: {label: org, list: [{id: a}]}
`, `
load 5m 2026-10-01T00:00:00Z
reqs_total{org="a",code="200",pod="1"} 0+100x48
reqs_total{org="a",code="500",pod="1"} 0x47 20
reqs_total{org="a",code="200",pod="2"} 0+100x48
`, time.Date(2026, 10, 1, 4, 0, 0, 0, time.UTC))
	status, err := e.Status(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	explained := 0
	for _, r := range status.Reports[0].Results {
		q := Question{SLA: r.SLA, Organization: r.Organization, Group: r.Group, Now: r.Period != nil, Period: e.Calendar().Current(period.Month)}
		got, err := e.Explain(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", q.who(), err)
		}
		x := got.Explanations[0]
		if r.Period != nil && (x.Period != *r.Period || got.Period != *r.Period) {
			t.Errorf("%s: in %+v, want %+v", q.who(), x.Period, r.Period)
		}
		r.Period = nil
		if diff := cmp.Diff(asJSON(t, r), asJSON(t, x.Result)); diff != "" {
			t.Errorf("%s (-result +explained):\n%s", q.who(), diff)
		}
		if r.Group["pod"] == "1" && q.Now {
			explained++
			if want := "100 × (1 − 20 / 1220)"; x.Arithmetic[0].Numbers != want || x.Reads[0].Selector != `reqs_total{pod="1"}` && x.Reads[0].Selector != `reqs_total{org="a",pod="1"}` {
				t.Errorf("%s: %q by %q, want %q", q.who(), x.Arithmetic[0].Numbers, x.Reads[0].Selector, want)
			}
		}
	}
	if explained != 2 { // everyone's and a's
		t.Errorf("%d rolling results of pod 1, want 2", explained)
	}
	_, err = e.Explain(t.Context(), Question{SLA: "availability", Group: map[string]string{"pod": "3"}, Now: true})
	if err == nil || err.Error() != `explaining: there is no result for everyone in the group pod="3" in now` {
		t.Errorf("got %v", err)
	}
}

// The credit of a month is laid open before it is combined and capped: of globex,
// who came on October 11 and attained 95.238 %, 25 % of 3000 for 21 of 31 days.
func TestExplainCredit(t *testing.T) {
	e := creditWorld(t, "2026-11-02T00:00:00Z")
	for _, tt := range []struct{ org, period, want string }{
		{"globex", "2026-10", "below 99.95 % 10 true, below 99 % 25 true: 3000 × 25 / 100 × 21 / 31 = 508.06 EUR; availability: the highest credit of all objectives counts, at most 20 % of the fee"},
		{"acme", "2026-09", "below 99.5 % 50 true: 1000 × 50 / 100 = 500.00 USD; availability: the highest credit of all objectives counts"},
		{"hooli", "2026-10", "below 99.95 % 10 true, below 99 % 25 true: no monthly_fee is known; availability: the highest credit of all objectives counts, at most 20 % of the fee"},
		{"hooli", "2026-09", "below 99.5 % 50 false: a result that met its target earns none; availability: the highest credit of all objectives counts"},
		{"initech", "2026-10", "none"},
		{"acme", "2026-10-05", "none"},
	} {
		got, err := e.Explain(t.Context(), Question{SLA: "availability", Organization: tt.org, Period: parsePeriod(t, e, tt.period)})
		if err != nil {
			t.Fatal(err)
		}
		line := "none"
		if c := got.Explanations[0].Credit; c != nil {
			var bands []string
			for _, b := range c.Bands {
				bands = append(bands, fmt.Sprintf("%s %s %t", b.Clause, b.Percent, b.Holds))
			}
			line = strings.Join(bands, ", ") + ": "
			for _, eq := range c.Arithmetic {
				line += eq.Numbers + " = " + eq.Value + " " + eq.Unit
			}
			if c.Reason != nil {
				line += *c.Reason
			}
			line += "; " + strings.Join(c.Terms, "; ")
		}
		if line != tt.want {
			t.Errorf("%s in %s: %s\nwant %s", tt.org, tt.period, line, tt.want)
		}
	}
}
