package evaluate

import (
	"context"
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
