package period_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/period"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// calendar is Wednesday 7 October 2026, 14:30 in Berlin.
func calendar(t testing.TB) period.Calendar {
	return period.Calendar{Zone: zone(t, "Europe/Berlin"), WeekStart: time.Monday, Now: at(t, "2026-10-07T12:30:00Z")}
}

func TestParse(t *testing.T) {
	tests := []struct {
		expr, name, start, end string
		complete               bool
		hours                  float64
	}{
		{"2026-10-07", "2026-10-07", "2026-10-07T00:00:00+02:00", "2026-10-08T00:00:00+02:00", false, 24},
		{"2026-W42", "2026-W42", "2026-10-12T00:00:00+02:00", "2026-10-19T00:00:00+02:00", false, 168},
		{"2026-W01", "2026-W01", "2025-12-29T00:00:00+01:00", "2026-01-05T00:00:00+01:00", true, 168},
		{"2026-W53", "2026-W53", "2026-12-28T00:00:00+01:00", "2027-01-04T00:00:00+01:00", false, 168},
		{"2026-09", "2026-09", "2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00", true, 720},
		{"2026-03", "2026-03", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00", true, 743},
		{"2026-10", "2026-10", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", false, 745},
		{"2026-Q4", "2026-Q4", "2026-10-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00", false, 2209},
		{"2025", "2025", "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", true, 8760},
		{"last-7d", "last-7d", "2026-09-30T00:00:00+02:00", "2026-10-07T00:00:00+02:00", true, 168},
		{"today", "2026-10-07", "2026-10-07T00:00:00+02:00", "2026-10-08T00:00:00+02:00", false, 24},
		{"yesterday", "2026-10-06", "2026-10-06T00:00:00+02:00", "2026-10-07T00:00:00+02:00", true, 24},
		{"this-week", "2026-W41", "2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00", false, 168},
		{"last-week", "2026-W40", "2026-09-28T00:00:00+02:00", "2026-10-05T00:00:00+02:00", true, 168},
		{"this-month", "2026-10", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", false, 745},
		{"last-month", "2026-09", "2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00", true, 720},
		{"last-quarter", "2026-Q3", "2026-07-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00", true, 2208},
		{"last-year", "2025", "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", true, 8760},
		{"2026-03-29", "2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", true, 23},
		{"2025-10-26", "2025-10-26", "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00", true, 25},
		{"2026-10-01..2026-10-03", "2026-10-01..2026-10-03", "2026-10-01T00:00:00+02:00", "2026-10-03T00:00:00+02:00", true, 48},
		{"2026-10-07T10:00:00Z..2026-10-07T14:30:00+02:00", "2026-10-07T10:00:00Z..2026-10-07T14:30:00+02:00", "2026-10-07T12:00:00+02:00", "2026-10-07T14:30:00+02:00", true, 2.5},
		{"2026-10-07..2026-10-07T12:30:00.5Z", "2026-10-07..2026-10-07T12:30:00.5Z", "2026-10-07T00:00:00+02:00", "2026-10-07T14:30:00+02:00", false, 14.5},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			p, err := calendar(t).Parse(tt.expr)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != tt.name || p.Complete != tt.complete {
				t.Errorf("name %s complete %v, want %s %v", p.Name, p.Complete, tt.name, tt.complete)
			}
			if got := p.Start.Format(time.RFC3339); got != tt.start {
				t.Errorf("start %s, want %s", got, tt.start)
			}
			if got := p.End.Format(time.RFC3339); got != tt.end {
				t.Errorf("end %s, want %s", got, tt.end)
			}
			if got := p.Duration().Truncate(time.Minute).Hours(); got != tt.hours {
				t.Errorf("%v hours, want %v", got, tt.hours)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := map[string]string{
		"":                       "not a period; write a day (2026-10-07)",
		"october":                "not a period; write a day",
		"2026-13":                "there is no month 13; write 2026-01 to 2026-12",
		"2026-00":                "there is no month 00",
		"2026-1":                 "months have two digits; write 2026-01",
		"2026-1-07":              "months have two digits; write 2026-01-07",
		"2026-10-7":              "days have two digits; write 2026-10-07",
		"2026-02-29":             "February 2026 has no day 29; its last day is 2026-02-28",
		"2026-10-00":             "has no day 0",
		"2026-W54":               "not a week; write 2026-W01 to 2026-W53",
		"2025-W53":               "not a week; write 2025-W01 to 2025-W52",
		"2026-W00":               "not a week",
		"2026W42":                "not a week; write 2026-W01",
		"2026-w42":               "not a week; write 2026-W01",
		"2026-Q5":                "not a quarter; write 2026-Q1 to 2026-Q4",
		"2026Q4":                 "not a quarter",
		"2026-q4":                "not a quarter",
		"last-0d":                "no days; write last-7d",
		"last-d":                 "not a period",
		"2026-10-01..":           `"" is neither a date nor an instant`,
		"2026-10-02..2026-10-01": "the end lies before the start; write 2026-10-01..2026-10-02",
		"2026-10-02..2026-10-02": "no time lies between the ends",
		"2026-10..2026-11":       `"2026-10" is neither a date nor an instant`,
	}
	for expr, want := range tests {
		if _, err := calendar(t).Parse(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", expr, err, want)
		}
	}
}

func TestWeeksThatBeginOnSunday(t *testing.T) {
	c := calendar(t)
	c.WeekStart = time.Sunday
	_, err := c.Parse("2026-W42")
	if want := "week_start is sunday; name the week by its dates, such as 2026-10-11..2026-10-18"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	week := c.Current(period.Week)
	if week.Name != "2026-10-04..2026-10-11" || week.Previous().Name != "2026-09-27..2026-10-04" || week.Previous().Kind != period.Week {
		t.Errorf("%s after %s", week.Name, week.Previous().Name)
	}
	again, err := c.Parse(week.Name)
	if err != nil || again.Span != week.Span {
		t.Errorf("the name of a week reads back as %v, %v", again, err)
	}
}

func TestDaysWithoutMidnight(t *testing.T) {
	tests := []struct {
		zone  string
		y     int
		m     time.Month
		d     int
		start string
		hours float64 // of the day
	}{
		{"America/New_York", 2026, time.March, 8, "2026-03-08T00:00:00-05:00", 23},
		{"America/Sao_Paulo", 2018, time.November, 4, "2018-11-04T01:00:00-02:00", 23},
		{"Africa/Cairo", 2026, time.April, 24, "2026-04-24T01:00:00+03:00", 23},
		{"America/Havana", 2026, time.November, 1, "2026-11-01T00:00:00-04:00", 25}, // midnight comes twice
		{"Asia/Beirut", 2026, time.March, 29, "2026-03-29T01:00:00+03:00", 23},
		{"Pacific/Apia", 2011, time.December, 30, "2011-12-31T00:00:00+14:00", 0},      // a date that was skipped
		{"America/New_York", 2048, time.December, 31, "2048-12-31T00:00:00-05:00", 24}, // a leap year beyond the zone's table
		{"UTC", 2026, time.December, 31, "2026-12-31T00:00:00Z", 24},
	}
	for _, tt := range tests {
		z := zone(t, tt.zone)
		start := period.StartOfDay(tt.y, tt.m, tt.d, z)
		if got := start.Format(time.RFC3339); got != tt.start {
			t.Errorf("%s %d-%d-%d begins %s, want %s", tt.zone, tt.y, tt.m, tt.d, got, tt.start)
		}
		if got := period.StartOfDay(tt.y, tt.m, tt.d+1, z).Sub(start).Hours(); got != tt.hours {
			t.Errorf("%s %d-%d-%d has %v hours, want %v", tt.zone, tt.y, tt.m, tt.d, got, tt.hours)
		}
	}
}

func TestMarchInNewYork(t *testing.T) {
	c := period.Calendar{Zone: zone(t, "America/New_York"), Now: at(t, "2026-05-01T00:00:00Z")}
	p, err := c.Parse("2026-03")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Duration(); got != 743*time.Hour {
		t.Errorf("%v, want 743h", got)
	}
	if got := len(p.Days(p.Zone)); got != 31 {
		t.Errorf("%d days", got)
	}
}

func TestPrevious(t *testing.T) {
	tests := map[string]string{
		"2026-10-01":             "2026-09-30",
		"2026-W01":               "2025-W52",
		"2026-03":                "2026-02",
		"2026-Q1":                "2025-Q4",
		"2026":                   "2025",
		"last-7d":                "2026-09-23..2026-09-30",
		"2026-03-29..2026-04-05": "2026-03-22..2026-03-29", // across the change of the clocks
		"2026-10-07T10:00:00Z..2026-10-07T11:30:00Z": "2026-10-07T10:30:00+02:00..2026-10-07T12:00:00+02:00",
	}
	for expr, want := range tests {
		p, err := calendar(t).Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		q := p.Previous()
		if q.Name != want || q.Kind != p.Kind || !q.End.Equal(p.Start) || !q.Complete {
			t.Errorf("before %s comes %s of kind %v, %v to %v", expr, q.Name, q.Kind, q.Start, q.End)
		}
	}
}

func TestIn(t *testing.T) {
	c := calendar(t)
	tests := []struct {
		expr, start, end string
		complete         bool
	}{
		{"2026-09", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", true},
		{"last-7d", "2026-09-30T00:00:00Z", "2026-10-07T00:00:00Z", true},
		{"2026-10-01..2026-10-03", "2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z", true},
		{"2026-10-01T00:00:00+02:00..2026-10-03T00:00:00+02:00", "2026-09-30T22:00:00Z", "2026-10-02T22:00:00Z", true},
	}
	for _, tt := range tests {
		p, err := c.Parse(tt.expr)
		if err != nil {
			t.Fatal(err)
		}
		q := p.In(time.UTC, c.Now)
		if s, e := q.Start.Format(time.RFC3339), q.End.Format(time.RFC3339); s != tt.start || e != tt.end || q.Complete != tt.complete || q.Zone != time.UTC {
			t.Errorf("%s in UTC is %s to %s, complete %v", tt.expr, s, e, q.Complete)
		}
	}
	// Yesterday in Berlin may not be over in New York.
	c.Now = at(t, "2026-10-07T00:30:00Z")
	p := c.LastClosed(period.Day)
	if q := p.In(zone(t, "America/New_York"), c.Now); !p.Complete || q.Complete {
		t.Errorf("%s complete: Berlin %v, New York %v", p.Name, p.Complete, q.Complete)
	}
	now := c.Rolling("now", 24*time.Hour)
	if q := now.In(time.UTC, c.Now); !q.End.Equal(c.Now) || q.Duration() != 24*time.Hour || q.Complete {
		t.Errorf("a rolling period became %v", q)
	}
}

// zones have every kind of transition: none, ordinary, at midnight, half an
// hour, one minute past midnight, a skipped date.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "America/Havana", "America/St_Johns", "Pacific/Apia"}

func anyCalendar(t *rapid.T) period.Calendar {
	z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(rapid.Int64Range(315532800, 4102444800).Draw(t, "now"), 0) // 1980 to 2100
	return period.Calendar{Zone: z, WeekStart: time.Weekday(rapid.IntRange(0, 6).Draw(t, "week start")), Now: now}
}

var kinds = []period.Kind{period.Day, period.Week, period.Month, period.Quarter, period.Year}

func TestEveryUnitIsTiledByItsDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		p := c.Current(rapid.SampledFrom(kinds).Draw(t, "kind"))
		if p.Complete || c.Now.Before(p.Start) || !c.Now.Before(p.End) {
			t.Fatalf("%s does not hold %v", p.Name, c.Now)
		}
		end := p.Start
		for _, d := range p.Days(p.Zone) {
			if !d.Start.Equal(end) || d.Empty() {
				t.Fatalf("%s begins %v, the day before ends %v", d.Name, d.Start, end)
			}
			end = d.End
		}
		if !end.Equal(p.End) {
			t.Fatalf("the last day ends %v, the period %v", end, p.End)
		}
	})
}

func TestPreviousTouchesAndNamesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		p := c.Current(rapid.SampledFrom(kinds).Draw(t, "kind"))
		q := p.Previous()
		if q.Kind != p.Kind || !q.End.Equal(p.Start) || q.Empty() && c.Zone.String() != "Pacific/Apia" {
			t.Fatalf("before %v comes %v", p, q)
		}
		again, err := c.Parse(q.Name)
		if err != nil || !again.Start.Equal(q.Start) || !again.End.Equal(q.End) || !again.Complete {
			t.Fatalf("%s reads as %v, %v", q.Name, again, err)
		}
	})
}

func TestTile(t *testing.T) {
	s := period.Span{Start: at(t, "2026-10-07T00:00:00Z"), End: at(t, "2026-10-07T00:12:00Z")}
	tiles := s.Tile(5 * time.Minute)
	if len(tiles) != 3 || tiles[2].Duration() != 2*time.Minute || !tiles[2].End.Equal(s.End) || !tiles[1].Start.Equal(tiles[0].End) {
		t.Errorf("tiles %v", tiles)
	}
	if got := s.Tile(0); len(got) != 1 || got[0] != s {
		t.Errorf("no width gives %v", got)
	}
	if got := (period.Span{Start: s.End, End: s.Start}).Tile(time.Minute); got != nil {
		t.Errorf("an empty span has tiles %v", got)
	}
}

func TestContainsOwnsTheRightEdge(t *testing.T) {
	s := period.Span{Start: at(t, "2026-10-07T00:00:00Z"), End: at(t, "2026-10-08T00:00:00Z")}
	if s.Contains(s.Start) || !s.Contains(s.End) || !s.Contains(s.Start.Add(1)) || s.Contains(s.End.Add(1)) {
		t.Error("a span owns the samples in (Start, End]")
	}
}

func TestUnionCoversTheSameInstants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := func(n int) time.Time { return time.Unix(int64(n)*60, 0) }
		var spans []period.Span
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			spans = append(spans, period.Span{Start: minute(rapid.IntRange(0, 30).Draw(t, "from")), End: minute(rapid.IntRange(0, 30).Draw(t, "to"))})
		}
		in := func(spans []period.Span, at time.Time) (n int) {
			for _, s := range spans {
				if s.Contains(at) {
					n++
				}
			}
			return n
		}
		union := period.Union(spans)
		for i := range 31 {
			if got := in(union, minute(i)); got > 1 || (got == 1) != (in(spans, minute(i)) > 0) {
				t.Fatalf("minute %d is in %d spans of the union of %v", i, got, spans)
			}
		}
		for i := 1; i < len(union); i++ {
			if !union[i].Start.After(union[i-1].End) {
				t.Fatalf("%v touch or are out of order", union)
			}
		}
	})
}

func TestDurations(t *testing.T) {
	tests := []struct {
		text, again string
		d           time.Duration
	}{
		{"30s", "30s", 30 * time.Second}, {"5m", "5m", 5 * time.Minute}, {"1h30m", "1h30m", 90 * time.Minute},
		{"7d", "7d", 168 * time.Hour}, {"1w", "7d", 168 * time.Hour}, {"1y", "365d", 8760 * time.Hour}, {"250ms", "250ms", 250 * time.Millisecond},
		{"0", "0s", 0}, {"90m", "1h30m", 90 * time.Minute}, {"1d12h", "1d12h", 36 * time.Hour},
	}
	for _, tt := range tests {
		d, err := period.ParseDuration(tt.text)
		if err != nil || d != tt.d || period.FormatDuration(d) != tt.again {
			t.Errorf("%s reads as %v (%v) and is written %s, want %v and %s", tt.text, d, err, period.FormatDuration(d), tt.d, tt.again)
		}
	}
	for _, bad := range []string{"", "5", "m", "5 m", "-5m", "1.5h", "5min", "1m1h", "1h1h", "5µs", "99999999999999999999d", "293y", "292y365d"} {
		if d, err := period.ParseDuration(bad); err == nil {
			t.Errorf("%q reads as %v", bad, d)
		}
	}
	if got := period.FormatDuration(-90 * time.Minute); got != "-1h30m" {
		t.Errorf("a negative duration is %s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-10-07", "2026-W42", "2026-10", "2026-Q4", "2026", "last-7d", "2026-10-01..2026-10-08T00:00:00Z", "9999-12-31", "0000-01"} {
		f.Add(s)
	}
	c := calendar(f)
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := c.Parse(s); err == nil && (p.Empty() || p.Zone == nil || p.Name == "") {
			t.Errorf("%q reads as %v", s, p)
		}
		if d, err := period.ParseDuration(s); err == nil {
			if e, err := period.ParseDuration(period.FormatDuration(d)); err != nil || e != d {
				t.Errorf("%q is %v, then %v, %v", s, d, e, err)
			}
		}
	})
}
