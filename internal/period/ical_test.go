package period

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// calendar wraps the lines of events, separated by ; at the top level of a test
// as | is in none of them.
func calendar(events ...string) string {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\n"
	for _, e := range events {
		text += "BEGIN:VEVENT\n" + strings.ReplaceAll(e, " | ", "\n") + "\nEND:VEVENT\n"
	}
	return text + "END:VCALENDAR\n"
}

func TestReadICal(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string // of October and November 2026
	}{
		{"an instant in UTC", calendar("SUMMARY:Upgrade\\, phase 1 | DTSTART:20261011T020000Z | DTEND:20261011T040000Z"), "Upgrade, phase 1 2026-10-11 02:00 UTC 2h"},
		{"a zone, a duration and a rule", calendar("DTSTART;TZID=Europe/Berlin:20261018T023000 | DURATION:PT1H | RRULE:FREQ=WEEKLY;BYDAY=SU;COUNT=3"),
			" 2026-10-18 02:30 CEST 1h,  2026-10-25 02:30 CEST 1h,  2026-11-01 02:30 CET 1h"},
		{"no zone: that of the entry", calendar("DTSTART:20261011T020000 | DTEND:20261011T030000"), " 2026-10-11 02:00 JST 1h"},
		{"a date lasts all day", calendar("DTSTART;VALUE=DATE:20261025"), " 2026-10-25 00:00 JST 1d"},
		{"dates end before their DTEND", calendar("DTSTART;VALUE=DATE:20261024 | DTEND;VALUE=DATE:20261026"), " 2026-10-24 00:00 JST 2d"},
		{"EXDATE", calendar("DTSTART:20261001T020000Z | DURATION:PT1H | RRULE:FREQ=DAILY;COUNT=4 | EXDATE:20261002T020000Z,20261003T020000Z"),
			" 2026-10-01 02:00 UTC 1h,  2026-10-04 02:00 UTC 1h"},
		{"EXDATE as a date", calendar("DTSTART:20261001T020000Z | DURATION:PT1H | RRULE:FREQ=DAILY;COUNT=2 | EXDATE;VALUE=DATE:20261001"), " 2026-10-02 02:00 UTC 1h"},
		{"an occurrence that was moved", calendar("UID:a | DTSTART:20261001T020000Z | DURATION:PT1H | RRULE:FREQ=DAILY;COUNT=2",
			"UID:a | RECURRENCE-ID:20261002T020000Z | DTSTART:20261002T050000Z | DURATION:PT2H"), " 2026-10-01 02:00 UTC 1h,  2026-10-02 05:00 UTC 2h"},
		{"an occurrence that was cancelled", calendar("UID:a | DTSTART:20261001T020000Z | DURATION:PT1H | RRULE:FREQ=DAILY;COUNT=2",
			"UID:a | RECURRENCE-ID:20261002T020000Z | DTSTART:20261002T020000Z | DURATION:PT1H | STATUS:CANCELLED"), " 2026-10-01 02:00 UTC 1h"},
		{"a cancelled event", calendar("DTSTART:20261001T020000Z | DURATION:PT1H | STATUS:CANCELLED"), ""},
		{"folded lines, CRLF, a BOM, an alarm and a to-do", "\ufeffBEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nDTSTART:bogus\r\nEND:VTODO\r\nBEGIN:VEVENT\r\nSUMMARY:Data\r\n base\r\nDTSTART:2026\r\n\t1001T020000Z\r\nDURATION:P1D\r\n" +
			"BEGIN:VALARM\r\nDURATION:bogus\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "Database 2026-10-01 02:00 UTC 1d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := ReadICal(strings.NewReader(tt.text), zone(t, "Asia/Tokyo"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				for _, s := range e.Spans(Span{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}) {
					got = append(got, fmt.Sprintf("%s %s", e.Summary, written([]Span{s})))
				}
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), tt.want)
			}
		})
	}
}

func TestReadICalErrors(t *testing.T) {
	const start = "DTSTART:20261001T020000Z"
	for _, tt := range []struct{ text, want string }{
		{"", "line 1: an iCalendar file begins with BEGIN:VCALENDAR"},
		{"<html>", `line 1: "<html>" is no line of an iCalendar file: NAME:VALUE`},
		{"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "line 2: BEGIN:VEVENT is not closed"},
		{"BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: END:VEVENT does not close BEGIN:VCALENDAR"},
		{"BEGIN:VCALENDAR\nEND:VCALENDAR\nVERSION:2.0\n", "line 3: VERSION stands outside of the calendar"},
		{calendar("SUMMARY:x"), "line 4: the event has no DTSTART"},
		{calendar(start), "line 4: the event has neither DTEND nor DURATION"},
		{calendar(start + " | DTEND:20261001T020000Z"), "line 5: the event does not end after its start"},
		{calendar(start + " | DTEND;VALUE=DATE:20261002"), "line 5: DTEND and DTSTART are not both dates or both times"},
		{calendar(start + " | " + start), "line 5: DTSTART stands twice in the event, first in line 4"},
		{calendar("DTSTART:tomorrow"), `line 4: DTSTART: "tomorrow" is not a time; write 20260104T020000, 20260104T020000Z or 20260104`},
		{calendar("DTSTART;TZID=W. Europe Standard Time:20261001T020000 | DURATION:PT1H"), `line 4: TZID "W. Europe Standard Time" is not a time zone; write an IANA name such as Europe/Berlin`},
		{calendar(start + " | DURATION:-PT1H"), `line 5: DURATION: "-PT1H" is not a positive duration; write PT2H or P1D`},
		{calendar(start + " | DURATION:P"), `line 5: DURATION: "P" is not a positive duration; write PT2H or P1D`},
		{calendar(start + " | DURATION:PT1H | RDATE:20261005T020000Z"), "line 6: RDATE is not supported; write an event of its own"},
		{calendar(start + " | DURATION:PT1H | RRULE:FREQ=MINUTELY"), `line 6: reading the recurrence rule "FREQ=MINUTELY": the frequency MINUTELY is not supported; write DAILY, WEEKLY, MONTHLY or YEARLY`},
	} {
		_, err := ReadICal(strings.NewReader(tt.text), time.UTC)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// Whatever a file holds, it is read or refused with a line, and its occurrences
// are in the span that was asked for.
func FuzzReadICal(f *testing.F) {
	f.Add(calendar("DTSTART;TZID=Europe/Berlin:20261018T023000 | DURATION:PT1H | RRULE:FREQ=WEEKLY;BYDAY=SU;COUNT=3 | EXDATE:20261025T003000Z"))
	f.Add(calendar("UID:a | RECURRENCE-ID:20261002T020000Z | DTSTART;VALUE=DATE:20261002 | DTEND;VALUE=DATE:20261003"))
	in := Span{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	f.Fuzz(func(t *testing.T, text string) {
		events, err := ReadICal(strings.NewReader(text), time.UTC)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("the error %q names no line", err)
			}
			return
		}
		for _, e := range events {
			for _, s := range e.Spans(in) {
				if _, ok := in.Intersect(s); !ok {
					t.Errorf("%v lies outside of %v", s, in)
				}
			}
		}
	})
}
