package period

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func wall(t testing.TB, text string) Wall {
	t.Helper()
	w, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return Wall{w}
}

// A time that clocks skip takes the offset before the gap; one that they show
// twice is the first (RFC 5545, section 3.3.5).
func TestWall(t *testing.T) {
	for _, tt := range []struct{ zone, wall, want string }{
		{"Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59Z"},
		{"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z"}, // skipped: 03:30 in summer time
		{"Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"},
		{"Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00Z"}, // twice: the first
		{"Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59Z"},
		{"Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"},
		{"America/New_York", "2026-03-08T02:30", "2026-03-08T07:30Z"},
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"},
		{"America/New_York", "2026-11-01T02:00", "2026-11-01T07:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z"}, // half an hour is skipped
		{"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00Z"},        // a day is
		{"UTC", "2026-03-29T02:30", "2026-03-29T02:30Z"},
	} {
		if got := wall(t, tt.wall).In(zone(t, tt.zone)).UTC().Format("2006-01-02T15:04Z"); got != tt.want {
			t.Errorf("%s in %s is %s, want %s", tt.wall, tt.zone, got, tt.want)
		}
	}
}

func TestRecurring(t *testing.T) {
	const hour = time.Hour
	for _, tt := range []struct {
		name, rule, start, zone string
		length                  Length
		from, to                string // of the span that is asked for, in UTC
		want                    string // local starts and elapsed times
	}{
		{"weekly patching over the autumn change: 02:00 is the first one", "FREQ=WEEKLY;BYDAY=SU", "2026-01-04T02:00", "Europe/Berlin", Length{Time: hour / 2},
			"2026-10-01T00:00", "2026-11-02T00:00",
			"2026-10-04 02:00 CEST 30m, 2026-10-11 02:00 CEST 30m, 2026-10-18 02:00 CEST 30m, 2026-10-25 02:00 CEST 30m, 2026-11-01 02:00 CET 30m"},
		{"weekly patching over the spring change: 02:00 does not exist", "FREQ=WEEKLY;BYDAY=SU", "2026-01-04T02:00", "Europe/Berlin", Length{Time: hour / 2},
			"2026-03-22T00:00", "2026-04-06T00:00", "2026-03-22 02:00 CET 30m, 2026-03-29 03:00 CEST 30m, 2026-04-05 02:00 CEST 30m"},
		{"New York in spring", "FREQ=DAILY", "2026-03-07T02:30", "America/New_York", Length{Time: hour},
			"2026-03-07T00:00", "2026-03-10T00:00", "2026-03-07 02:30 EST 1h, 2026-03-08 03:30 EDT 1h, 2026-03-09 02:30 EDT 1h"},
		{"New York in autumn", "FREQ=DAILY", "2026-10-31T01:30", "America/New_York", Length{Time: hour},
			"2026-10-31T00:00", "2026-11-03T00:00", "2026-10-31 01:30 EDT 1h, 2026-11-01 01:30 EDT 1h, 2026-11-02 01:30 EST 1h"},
		{"a day of the calendar has 25 hours in autumn", "FREQ=WEEKLY", "2026-10-18T00:00", "Europe/Berlin", Length{Days: 1},
			"2026-10-17T00:00", "2026-11-02T00:00", "2026-10-18 00:00 CEST 1d, 2026-10-25 00:00 CEST 1d1h, 2026-11-01 00:00 CET 1d"},
		{"an occurrence that only reaches into the span", "FREQ=DAILY", "2026-10-01T22:00", "UTC", Length{Time: 4 * hour},
			"2026-10-03T01:00", "2026-10-03T03:00", "2026-10-02 22:00 UTC 4h"},
		{"one that ends where the span begins does not", "FREQ=DAILY", "2026-10-01T22:00", "UTC", Length{Time: 4 * hour},
			"2026-10-03T02:00", "2026-10-03T03:00", ""},
		{"UNTIL is an instant and counts itself", "FREQ=DAILY;UNTIL=20261002T000000Z", "2026-10-01T02:00", "Europe/Berlin", Length{Time: hour},
			"2026-09-01T00:00", "2026-12-01T00:00", "2026-10-01 02:00 CEST 1h, 2026-10-02 02:00 CEST 1h"},
		{"UNTIL as a date holds all day", "FREQ=DAILY;UNTIL=20261002", "2026-10-01T23:00", "Europe/Berlin", Length{Time: hour},
			"2026-09-01T00:00", "2026-12-01T00:00", "2026-10-01 23:00 CEST 1h, 2026-10-02 23:00 CEST 1h"},
		{"COUNT", "FREQ=MONTHLY;BYDAY=-1SU;COUNT=2", "2026-01-01T00:00", "UTC", Length{Time: hour},
			"2026-01-01T00:00", "2027-01-01T00:00", "2026-01-25 00:00 UTC 1h, 2026-02-22 00:00 UTC 1h"},
		{"before its start there is nothing", "FREQ=DAILY", "2026-10-05T00:00", "UTC", Length{Time: hour},
			"2026-10-01T00:00", "2026-10-06T00:00", "2026-10-05 00:00 UTC 1h"},
		{"no rule: once", "", "2026-10-05T00:00", "UTC", Length{Time: hour}, "2026-10-01T00:00", "2026-11-01T00:00", "2026-10-05 00:00 UTC 1h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewRecurring(tt.rule, wall(t, tt.start), zone(t, tt.zone), tt.length)
			if err != nil {
				t.Fatal(err)
			}
			got := written(r.Spans(Span{wall(t, tt.from).t, wall(t, tt.to).t}))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func written(spans []Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Start.Format("2006-01-02 15:04 MST ")+FormatDuration(s.Duration()))
	}
	return strings.Join(out, ", ")
}

func TestRecurringRefuses(t *testing.T) {
	for rule, want := range map[string]string{
		"FREQ=HOURLY":              "the frequency HOURLY is not supported",
		"FREQ=DAILY;INTERVAL=0":    "INTERVAL=0 is not a number from 1",
		"FREQ=DAILY;COUNT=-1":      "COUNT=-1 is not a number from 1",
		"FREQ=DAILY;UNTIL=soon":    `"soon" is not a time`,
		"FREQ=WEEKLY;BYDAY=SUNDAY": "SUNDAY",
		"BYDAY=SU":                 "FREQ",
	} {
		_, err := NewRecurring(rule, wall(t, "2026-01-01T00:00"), time.UTC, Length{Days: 1})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "reading the recurrence rule") {
			t.Errorf("%s: %v, want %q", rule, err, want)
		}
	}
}

func TestHoursOutside(t *testing.T) {
	office := Hours{From: 8 * time.Hour, To: 18 * time.Hour, Zone: zone(t, "Europe/Berlin")}
	for d := time.Monday; d <= time.Friday; d++ {
		office.Days[d] = true
	}
	always := Hours{Days: [7]bool{true, true, true, true, true, true, true}, To: 24 * time.Hour, Zone: time.UTC}
	for _, tt := range []struct {
		name     string
		hours    Hours
		from, to string
		want     string
	}{
		{"a night, whole", office, "2026-10-05T20:00", "2026-10-05T21:00", "2026-10-05 18:00 CEST 14h"},
		{"the weekend on which the clocks go back is an hour longer", office, "2026-10-23T12:00", "2026-10-26T12:00", "2026-10-23 18:00 CEST 2d15h"},
		{"within the hours there is none", office, "2026-10-05T08:00", "2026-10-05T14:00", ""},
		{"from Monday 08:00 to 18:00 local: the edges touch", office, "2026-10-05T06:00", "2026-10-05T16:00", ""},
		{"around the clock", always, "2026-10-01T00:00", "2026-11-01T00:00", ""},
	} {
		got := slices.DeleteFunc(tt.hours.Outside(Span{wall(t, tt.from).t, wall(t, tt.to).t}), Span.Empty)
		if written(got) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, written(got), tt.want)
		}
	}
}
