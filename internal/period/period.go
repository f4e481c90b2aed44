// Package period is the only calendar arithmetic in slactl: half-open spans
// between two instants, and the days, weeks, months, quarters and years that
// are cut in a named IANA zone. It never reads the clock: whoever asks for a
// period says what time it is.
//
// A period is written as
//
//	2026-10-07      a day            2026-W42   an ISO week
//	2026-10         a month          2026-Q4    a quarter
//	2026            a year           last-7d    seven days up to the last midnight
//	FROM..TO        two dates or RFC 3339 instants, half-open
package period

import "time"

// Span is the half-open span [Start, End). Because a counter increment that is
// observed at an instant happened before it, a span owns the samples in
// (Start, End].
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Contains reports whether the sample instant t belongs to the span, that is,
// whether it lies in (Start, End].
func (s Span) Contains(t time.Time) bool { return t.After(s.Start) && !t.After(s.End) }

// Duration returns the elapsed time between the ends, which differs from 24
// hours a day where the zone changes its offset.
func (s Span) Duration() time.Duration { return s.End.Sub(s.Start) }

// Empty reports whether no time lies between the ends.
func (s Span) Empty() bool { return !s.End.After(s.Start) }

// Intersect returns the part that both spans share, and whether there is one.
func (s Span) Intersect(t Span) (Span, bool) {
	if t.Start.After(s.Start) {
		s.Start = t.Start
	}
	if t.End.Before(s.End) {
		s.End = t.End
	}
	return s, !s.Empty()
}

// Calendar is what turns the name of a period into instants: the zone in which
// days begin, the day on which weeks begin, and the current time.
type Calendar struct {
	Zone      *time.Location
	WeekStart time.Weekday // Sunday is the zero value; configurations default to Monday
	Now       time.Time
}

// Kind is the calendar unit of a period.
type Kind int

// The kinds of period. Custom is FROM..TO, and Rolling is last-7d or the view
// `now`.
const (
	Custom Kind = iota
	Rolling
	Day
	Week
	Month
	Quarter
	Year
)

// Period is a named span of the calendar.
type Period struct {
	Name string
	Kind Kind
	Span
	Zone *time.Location
	// Complete is false while the period is to date: its end lies after now.
	Complete bool
}

// Info is a period in the form that results carry it in JSON, with instants in
// UTC.
type Info struct {
	Name     string    `json:"name"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Timezone string    `json:"timezone"`
	Complete bool      `json:"complete"`
}

// Info returns p as results carry it.
func (p Period) Info() Info {
	return Info{Name: p.Name, Start: p.Start.UTC(), End: p.End.UTC(), Timezone: p.Zone.String(), Complete: p.Complete}
}
