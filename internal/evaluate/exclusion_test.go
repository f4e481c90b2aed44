package evaluate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/period"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The allowance of a month is used up oldest first, counts overlaps once, and
// begins anew at midnight of the first in the zone.
func TestAllowance(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a := allowance{limit: 2 * time.Hour, zone: berlin, used: map[string]time.Duration{}}
	for _, tt := range []struct{ start, end, want string }{
		{"2026-09-30T21:30", "2026-09-30T23:00", "30m of September, 1h of October: 09-30T21:30 to 09-30T23:00"},
		{"2026-09-30T22:30", "2026-09-30T23:30", "only the last half hour is new: 09-30T23:00 to 09-30T23:30"},
		{"2026-10-10T02:00", "2026-10-10T04:00", "half an hour is left: 10-10T02:00 to 10-10T02:30, 1h30m exceeds the 2h that the tier allows in 2026-10"},
		{"2026-10-20T02:00", "2026-10-20T03:00", "nothing is left: 1h exceeds the 2h that the tier allows in 2026-10"},
		{"2026-10-20T02:10", "2026-10-20T02:20", "that was decided: "},
		{"2026-10-31T22:00", "2026-11-01T02:00", "November has two hours: 10-31T23:00 to 11-01T01:00, 1h exceeds the 2h that the tier allows in 2026-10, 1h exceeds the 2h that the tier allows in 2026-11"},
	} {
		kept, because := a.take(period.Span{Start: at(t, tt.start), End: at(t, tt.end)})
		var parts []string
		for _, s := range kept {
			parts = append(parts, s.Start.UTC().Format("01-02T15:04")+" to "+s.End.UTC().Format("01-02T15:04"))
		}
		if because != "" {
			parts = append(parts, because)
		}
		_, want, _ := strings.Cut(tt.want, ": ")
		if got := strings.Join(parts, ", "); got != want {
			t.Errorf("%s: got %s", tt.want, got)
		}
	}
}

// What is excluded of an occurrence does not depend on the span that is asked
// about; grids rely on it.
func TestRulingsOfAnySpan(t *testing.T) {
	e := evaluator(t, `
version: 1
timezone: Europe/Berlin
sla_definitions: {availability: {target: 99}}
service_tiers: {gold: {max_per_month: 5h}}
maintenance:
  - {name: long, rrule: "FREQ=MONTHLY;BYMONTHDAY=-1", start: "2026-01-31T22:00:00", duration: 4h}
  - {name: short, rrule: "FREQ=WEEKLY;BYDAY=MO,TH", start: "2026-02-01T01:30:00", duration: 1h}
service_hours: {gold: {days: "mon-fri, sun", hours: "07:00-19:30"}}
`, "# EOF\n", "2027-01-01T00:00:00Z")
	all, gold := e.maintenances(), party{"availability", "gold", ""}
	written := func(r ruling) string { return fmt.Sprintf("%s %v: %v %s", r.name, r.span, r.excluded, r.because) }
	known := map[string]bool{}
	for _, r := range e.rulings(all, gold, period.Span{Start: at(t, "2026-01-01T00:00"), End: at(t, "2026-12-31T00:00")}) {
		known[written(r)] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 340*24*60).Draw(t, "minute")) * time.Minute)
		span := period.Span{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "length")) * time.Minute)}
		for _, r := range e.rulings(all, gold, span) {
			if !known[written(r)] {
				t.Fatalf("%s is another in a year", written(r))
			}
		}
	})
}

func TestMaintenance(t *testing.T) {
	e := evaluator(t, `
version: 1
sla_definitions: {availability: {target: 99}}
service_tiers: {gold: {min_notice: 72h, max_per_month: 1h}, silver: {max_per_month: 1h}, bronze: {}}
organizations: {label: org, list: [{id: acme, tier: silver}]}
maintenance:
  - {name: upgrade, start: 2026-10-11T02:00:00Z, end: 2026-10-11T04:00:00Z, tiers: [silver, bronze], ticket: OPS-1412}
  - {name: Weekly patching, rrule: "FREQ=WEEKLY;BYDAY=SU", start: "2026-01-04T02:00:00", duration: 30m, timezone: Europe/Berlin}
  - {name: for acme, start: 2026-10-30T02:00:00Z, duration: 10m, organizations: [acme]}
`, "# EOF\n", "2026-11-02T00:00:00Z")
	p, err := e.Calendar().Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range e.Maintenance(p) {
		got = append(got, fmt.Sprintf("%s %s %s [%s] %s: %s", x.Start.Format("01-02T15:04"), x.End.Format("15:04"), x.Name, x.Scope, x.Counted, strings.Join(x.Because, "; ")))
	}
	const never, over = "gold: it was never announced, and the tier asks for 3d", "exceeds the 1h that the tier allows in 2026-10"
	want := []string{
		"10-04T00:00 00:30 Weekly patching [all] in part: " + never,
		"10-11T00:00 00:30 Weekly patching [all] in part: " + never,
		"10-11T02:00 04:00 upgrade [silver, bronze] in part: silver: 2h " + over,
		"10-18T00:00 00:30 Weekly patching [all] in part: " + never + "; silver: 30m " + over,
		"10-25T00:00 00:30 Weekly patching [all] in part: " + never + "; silver: 30m " + over,
		"10-30T02:00 02:10 for acme [acme] no: silver acme: 10m " + over,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
