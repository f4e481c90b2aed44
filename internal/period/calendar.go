package period

import (
	"fmt"
	"strings"
	"time"
)

// StartOfDay returns the first instant of a civil date in a zone. That is
// midnight, except where the clocks jump over it (the day then begins with the
// jump) or pass it twice (the first time counts). A month or day out of range is
// normalised as by [time.Date].
func StartOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	// time.Date does not say which side of a gap it picks, so walk over the
	// offsets around the date. No zone was ever 36 hours away from UTC.
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for t := midnight.Add(-36 * time.Hour).In(zone); ; {
		from, until := t.ZoneBounds()
		_, offset := t.Zone()
		start := midnight.Add(-time.Duration(offset) * time.Second)
		if start.Before(from) {
			start = from
		}
		if !until.IsZero() && !until.After(t) {
			// On 31 December of a leap year Go ends the offset that a rule gives
			// at t itself (time.tzset counts 365 days).
			until = t.Add(time.Hour)
		}
		if until.IsZero() || start.Before(until) {
			return start.In(zone)
		}
		t = until
	}
}

// Current returns the day, week, month, quarter or year that holds now. It is
// to date.
func (c Calendar) Current(k Kind) Period {
	y, m, d := c.Now.In(c.Zone).Date()
	return c.cut(k, firstDate(k, y, m, d, c.WeekStart))
}

// LastClosed returns the last day, week, month, quarter or year that ended at or
// before now.
func (c Calendar) LastClosed(k Kind) Period { return c.Current(k).Previous() }

// Rolling returns the span of length d that ends now, such as the view `now` of
// an evaluation window. It is never complete: a moment later it is another one,
// so it is treated as what is to date.
func (c Calendar) Rolling(name string, d time.Duration) Period {
	return Period{Name: name, Kind: Rolling, Span: Span{Start: c.Now.Add(-d).In(c.Zone), End: c.Now.In(c.Zone)}, Zone: c.Zone}
}

// cut makes the period of a calendar unit that begins on the given civil date.
func (c Calendar) cut(k Kind, first date) Period {
	next := nextDate(k, first, 1)
	span := Span{Start: first.in(c.Zone), End: next.in(c.Zone)}
	return Period{Name: nameOf(k, first, next), Kind: k, Span: span, Zone: c.Zone, Complete: !span.End.After(c.Now)}
}

// date is a day of the calendar, in no zone. It is kept as its midnight in UTC,
// where every day has 24 hours, so that the arithmetic of time.Time is safe.
type date struct{ t time.Time }

func dateOf(y int, m time.Month, d int) date { return date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} }

func (d date) in(zone *time.Location) time.Time {
	y, m, day := d.t.Date()
	return StartOfDay(y, m, day, zone)
}

func (d date) String() string { return d.t.Format(time.DateOnly) }

// firstDate returns the first date of the unit that holds a date.
func firstDate(k Kind, y int, m time.Month, d int, weekStart time.Weekday) date {
	switch k {
	case Week:
		day := dateOf(y, m, d)
		return nextDate(Day, day, -int((day.t.Weekday()-weekStart+7)%7))
	case Month:
		return dateOf(y, m, 1)
	case Quarter:
		return dateOf(y, (m-1)/3*3+1, 1)
	case Year:
		return dateOf(y, time.January, 1)
	}
	return dateOf(y, m, d)
}

// nextDate moves the first date of a unit by n units.
func nextDate(k Kind, first date, n int) date {
	years, months, days := 0, 0, 0
	switch k {
	case Week:
		days = 7 * n
	case Month:
		months = n
	case Quarter:
		months = 3 * n
	case Year:
		years = n
	default:
		days = n
	}
	return date{first.t.AddDate(years, months, days)}
}

// nameOf names a unit as [Calendar.Parse] reads it. A week that does not begin
// on Monday has no ISO number and is named by its dates.
func nameOf(k Kind, first, next date) string {
	switch k {
	case Week:
		if first.t.Weekday() == time.Monday {
			y, w := first.t.ISOWeek()
			return fmt.Sprintf("%04d-W%02d", y, w)
		}
		return first.String() + ".." + next.String()
	case Month:
		return first.t.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", first.t.Year(), (first.t.Month()+2)/3)
	case Year:
		return first.t.Format("2006")
	}
	return first.String()
}

// Previous returns the period of the same kind just before p: the month before
// a month, however many days it has. Before a custom or rolling period lie as
// many days as it has when both its ends are starts of days, and else the same
// elapsed time; it is named by its ends. A period that has begun has a complete
// predecessor; p is taken to have begun.
func (p Period) Previous() Period {
	switch p.Kind {
	case Custom, Rolling:
		return p.before()
	}
	// Where p begins may be clipped, by the `since` of an organization; that is
	// still in its unit, but only the end of a week tells where weeks begin.
	y, m, d := p.Start.In(p.Zone).Date()
	first := firstDate(p.Kind, y, m, d, time.Monday)
	if p.Kind == Week {
		first = nextDate(Week, civil(p.End, p.Zone), -1)
	}
	return Calendar{Zone: p.Zone, Now: p.Start}.cut(p.Kind, nextDate(p.Kind, first, -1)).closed()
}

func (p Period) closed() Period {
	p.Complete = true
	return p
}

func (p Period) before() Period {
	out := Period{Kind: p.Kind, Zone: p.Zone, Complete: true, Span: Span{Start: p.Start.Add(-p.Duration()), End: p.Start}}
	if !startsDay(p.Start, p.Zone) || !startsDay(p.End, p.Zone) {
		out.Name = out.Start.Format(time.RFC3339Nano) + ".." + out.End.Format(time.RFC3339Nano)
		return out
	}
	start, end := civil(p.Start, p.Zone), civil(p.End, p.Zone)
	first := nextDate(Day, start, -int(end.t.Sub(start.t)/(24*time.Hour)))
	out.Start = first.in(p.Zone)
	out.Name = first.String() + ".." + start.String()
	return out
}

// In returns p cut in another zone: the same civil dates, whose days begin
// there. An end that is an instant rather than the start of a day stays, and so
// does a rolling period that ends now.
func (p Period) In(zone *time.Location, now time.Time) Period {
	// An instant in the name was meant as an instant, also when it is midnight.
	instants := p.Kind == Custom && strings.Contains(p.Name, "T") || p.Kind == Rolling && !p.Complete
	recut := func(t time.Time) time.Time {
		if instants || !startsDay(t, p.Zone) {
			return t.In(zone)
		}
		return civil(t, p.Zone).in(zone)
	}
	p.Start, p.End = recut(p.Start), recut(p.End)
	p.Zone = zone
	if p.Kind != Rolling || p.Complete {
		p.Complete = !p.End.After(now)
	}
	return p
}

func civil(t time.Time, zone *time.Location) date {
	y, m, d := t.In(zone).Date()
	return dateOf(y, m, d)
}

func startsDay(t time.Time, zone *time.Location) bool { return civil(t, zone).in(zone).Equal(t) }
