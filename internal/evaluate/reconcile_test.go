package evaluate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/sla"
)

// Claims are looked for in the months of the organization's own zone, and on both
// sides of their edges.
func TestReconcileOverMonths(t *testing.T) {
	e := evaluatorOf(t, explained, explainedSamples, time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
	claims, wrong := e.ReadClaims("claims.csv", strings.NewReader(`organization,start,end,sla
a,2026-09-30 23:00,2026-10-01 01:00,availability
a,2026-10-01T17:45:00Z,2026-10-01T18:15:00Z,availability
c,2026-10-01T17:45:00Z,2026-10-01T18:15:00Z,availability
b,2026-10-04T17:45:00Z,2026-10-04T18:15:00Z,availability
b,2026-10-02T02:00:00Z,2026-10-02T03:00:00Z,
`))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	got, failed, err := e.Reconcile(context.Background(), claims)
	if err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	tests := []struct {
		findings int
		want     sla.Finding
		touched  int
		reason   string
	}{
		{1, sla.NotSeen, 24, ""},                                   // 21:00 to 23:00 UTC; October begins in Berlin at 22:00
		{1, sla.Confirmed, 6, ""},                                  // the 501st sample, at 17:45, is the first with an error
		{0, "", 0, "nothing was measured or promised for it then"}, // c came on October 2
		{0, "", 0, "the claimed interval has not begun"},
		{2, sla.Exempt, 12, ""}, // every SLA that is measured
	}
	for i, tt := range tests {
		c := got.Claims[i]
		if len(c.Findings) != tt.findings {
			t.Errorf("row %d has %d findings, want %d: %+v", c.Row, len(c.Findings), tt.findings, c)
			continue
		}
		if tt.reason != "" && (len(c.Reasons) == 0 || c.Reasons[0] != tt.reason) {
			t.Errorf("row %d: reasons %q, want %q", c.Row, c.Reasons, tt.reason)
		}
		if tt.findings > 0 && (c.Findings[0].Finding != tt.want || c.Findings[0].Windows.Touched != tt.touched) {
			t.Errorf("row %d: %+v, want %s of %d windows", c.Row, c.Findings[0], tt.want, tt.touched)
		}
	}
}

// Ten observations a day, all of them at or below 500 ms, and ten ratings of 5. Ten
// claimed days of 31 put 100 of 310 above 500 ms: rank 279 of the lower bound, with
// 210 up to 500 ms and 310 up to 1 s, is 845 ms; at most it lies above all bounds.
// Two days put 20 of them there, and rank 279 stays among the other 290.
func TestReconcileQuantilesAndMeans(t *testing.T) {
	e := evaluatorOf(t, `
sla_definitions:
  response_time: {p90_target_ms: 500, measurement_window: 1d, max_gap: 1d, lookback: 2d, indicator: {histogram: d_seconds}}
  rating: {objectives: [{name: score, at_least: 4, indicator: {sum: r_sum, count: r_count}}], measurement_window: 1d, max_gap: 1d, lookback: 2d}
service_tiers:
  gold: {claim_within: 30d, credits: {objective: response_time.p90, bands: [{above: 500, credit: 5}, {above: 1000, credit: 20}]}}
  silver: {claim_within: 30d, claim_from: incident, credits: {objective: rating.score, bands: [{below: 4, credit: 10}]}}
organizations:
  label: org
  list:
    - {id: a, tier: gold, monthly_fee: 1000, currency: USD}
    - {id: b, tier: silver, monthly_fee: 1000, currency: USD}
`, `
load 24h 2026-10-01T00:00:00Z
d_seconds_bucket{org="a",job="j",instance="i",le="0.5"} 0+10x31
d_seconds_bucket{org="a",job="j",instance="i",le="1"} 0+10x31
d_seconds_bucket{org="a",job="j",instance="i",le="2"} 0+10x31
d_seconds_bucket{org="a",job="j",instance="i",le="+Inf"} 0+10x31
r_sum{org="b",job="j",instance="i"} 0+50x31
r_count{org="b",job="j",instance="i"} 0+10x31
`, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	claims, wrong := e.ReadClaims("claims.csv", strings.NewReader(`organization,start,end,received
a,2026-10-02 00:00,2026-10-12 00:00,2026-11-30
a,2026-10-02 00:00,2026-10-04 00:00,2026-12-01
b,2026-10-02 00:00,2026-10-12 00:00,2026-11-10 23:59
`))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	got, failed, err := e.Reconcile(t.Context(), claims)
	if err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	want := []string{
		"0 now, 50.00 accepted, at most 200.00; by 2026-12-01T00:00:00Z, late false; response_time.p90: a claim does not say how far above the target the values were",
		"0 now, 0 accepted, at most 0; by 2026-12-01T00:00:00Z, late true; response_time.p90: a claim does not say how far above the target the values were",
		"0 now, 0 accepted, at most null; by 2026-11-11T00:00:00Z, late false; rating.score: a claim does not say what the values were",
	}
	for i, c := range got.Claims {
		if len(c.Credits) != 1 || c.ClaimBy == nil {
			t.Fatalf("row %d: %+v", c.Row, c)
		}
		most := "null"
		if m := c.Credits[0].AtMost; m != nil {
			most = m.String()
		}
		line := fmt.Sprintf("%s now, %s accepted, at most %s; by %s, late %t; %s", c.Credits[0].Now, c.Credits[0].Accepted, most, c.ClaimBy.Format(time.RFC3339), c.Late, strings.Join(c.Reasons, "; "))
		if line != want[i] {
			t.Errorf("row %d: %s\nwant %s", c.Row, line, want[i])
		}
	}
}

func FuzzReadClaims(f *testing.F) {
	f.Add("organization,start,end\na,2026-10-01 10:00,2026-10-01T12:00:00Z\n")
	f.Add("\ufefforganization,start,end,sla,note\n\"a\",2026-03-29 02:30,2026-03-29 03:30,availability,\"x, \"\"y\"\"\"\n")
	f.Add("organization,start,end\na,\"2026\n")
	f.Add("end,start,organization\n\n\n,,\n")
	e := evaluatorOf(f, explained, explainedSamples, time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
	f.Fuzz(func(t *testing.T, text string) {
		claims, wrong := e.ReadClaims("claims.csv", strings.NewReader(text))
		row := 1
		for _, c := range claims {
			if c.Empty() || c.Row <= row || !slices.Contains([]string{"a", "b", "c"}, c.Organization) {
				t.Errorf("claim %+v after row %d", c, row)
			}
			row = c.Row
		}
		for _, err := range wrong {
			if !strings.HasPrefix(err.Error(), "reading claims.csv") {
				t.Errorf("error %q", err)
			}
		}
		if text == "" && len(wrong) == 0 {
			t.Error("an empty file is no error")
		}
	})
}
