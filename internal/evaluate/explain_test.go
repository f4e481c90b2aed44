package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
