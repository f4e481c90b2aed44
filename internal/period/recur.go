package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Wall is what clocks on the wall show, in no zone. It is kept as that date and
// time in UTC, where every time exists once.
type Wall struct{ t time.Time }

// WallOf returns what clocks in a zone show at an instant.
func WallOf(t time.Time, zone *time.Location) Wall {
	t = t.In(zone)
	y, m, d := t.Date()
	return Wall{time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)}
}

// In returns the instant at which clocks in a zone show w, as RFC 5545 has it: a
// time that clocks skip takes the offset before the gap, and one that they show
// twice is the first.
func (w Wall) In(zone *time.Location) time.Time {
	// No zone was ever 36 hours away from UTC. time.Date does not say which side
	// of a gap it picks, so walk over the offsets as StartOfDay does.
	var before time.Duration
	for t := w.t.Add(-36 * time.Hour).In(zone); ; {
		from, until := t.ZoneBounds()
		_, offset := t.Zone()
		at := w.t.Add(-time.Duration(offset) * time.Second)
		if !from.IsZero() && at.Before(from) {
			return w.t.Add(-before).In(zone)
		}
		if !until.IsZero() && !until.After(t) {
			until = t.Add(time.Hour) // see StartOfDay
		}
		if until.IsZero() || at.Before(until) {
			return at.In(zone)
		}
		before, t = time.Duration(offset)*time.Second, until
	}
}

// Length is how long an occurrence lasts: whole days of the calendar, which have
// 23 to 25 hours, and elapsed time beside them.
type Length struct {
	Days int
	Time time.Duration
}

// Recurring is a span that comes back: the same time on the wall of a zone, on
// the days that a rule names. Without a rule it comes once.
type Recurring struct {
	start  Wall
	zone   *time.Location
	length Length
	rule   *rrule.RRule
	except []exception
}

// exception is an occurrence that does not take place.
type exception struct {
	at  time.Time // its start
	day Wall      // or the date of it, if the exception is a whole day
}

// NewRecurring returns the recurring span of an RFC 5545 rule such as
// FREQ=WEEKLY;BYDAY=SU, which may be empty. Its first occurrence is not before
// start. A frequency below daily is refused.
func NewRecurring(rule string, start Wall, zone *time.Location, length Length) (*Recurring, error) {
	r := &Recurring{start: start, zone: zone, length: length}
	if rule == "" {
		return r, nil
	}
	var err error
	if r.rule, err = parseRule(rule, start, zone); err != nil {
		return nil, fmt.Errorf("reading the recurrence rule %q: %w", rule, err)
	}
	return r, nil
}

// parseRule reads a rule for expansion as floating time: UNTIL, an instant,
// becomes what the wall shows then.
func parseRule(text string, start Wall, zone *time.Location) (*rrule.RRule, error) {
	var parts []string
	var until time.Time
	for _, part := range strings.Split(text, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "UNTIL":
			at, day, err := parseICalTime(value, zone)
			if err != nil {
				return nil, err
			}
			until = WallOf(at, zone).t
			if day {
				until = until.Add(24*time.Hour - time.Nanosecond) // the whole day counts
			}
			continue
		case "INTERVAL", "COUNT":
			if n, err := strconv.Atoi(value); err != nil || n < 1 || n > 100000 {
				return nil, fmt.Errorf("%s is not a number from 1 to 100000", part)
			}
		}
		parts = append(parts, part)
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil {
		return nil, err
	}
	if option.Freq > rrule.DAILY {
		return nil, fmt.Errorf("the frequency %s is not supported; write DAILY, WEEKLY, MONTHLY or YEARLY", option.Freq)
	}
	option.Dtstart, option.Until = start.t, until
	return rrule.NewRRule(*option)
}

// slack is more than any wall is apart from UTC, on both sides.
const slack = 48 * time.Hour

// Spans returns the occurrences that lie at least partly in a span, whole and in
// order.
func (r *Recurring) Spans(in Span) []Span {
	walls := []time.Time{r.start.t}
	if r.rule != nil {
		reach := r.length.Time + time.Duration(r.length.Days)*24*time.Hour + slack
		walls = r.rule.Between(in.Start.UTC().Add(-reach), in.End.UTC().Add(slack), true)
	}
	var out []Span
	for _, w := range walls {
		s := Span{Start: Wall{w}.In(r.zone), End: Wall{w.AddDate(0, 0, r.length.Days)}.In(r.zone).Add(r.length.Time)}
		if _, ok := in.Intersect(s); ok && !r.isException(s.Start) {
			out = append(out, s)
		}
	}
	return out
}

func (r *Recurring) isException(start time.Time) bool {
	for _, x := range r.except {
		if x.at.Equal(start) || x.at.IsZero() && x.day.t.Equal(WallOf(start, r.zone).t.Truncate(24*time.Hour)) {
			return true
		}
	}
	return false
}

// Hours are the same hours on some days of the week, in a zone.
type Hours struct {
	Days     [7]bool       // by time.Weekday
	From, To time.Duration // on the wall, since midnight; To may be 24 hours
	Zone     *time.Location
}

// Outside returns the time between the hours that lies at least partly in a
// span: whole gaps, in order, so that their ends do not depend on the span.
func (h Hours) Outside(in Span) []Span {
	if h.Days == ([7]bool{}) {
		return []Span{in}
	}
	const reach = 9 * 24 * time.Hour // hours come every week
	var out []Span
	var last time.Time
	for _, day := range (Span{in.Start.Add(-reach), in.End.Add(reach)}).Days(h.Zone) {
		date := WallOf(day.Start, h.Zone).t.Truncate(24 * time.Hour)
		if !h.Days[date.Weekday()] {
			continue
		}
		from, to := Wall{date.Add(h.From)}.In(h.Zone), Wall{date.Add(h.To)}.In(h.Zone)
		if gap := (Span{last, from}); !last.IsZero() {
			if _, ok := in.Intersect(gap); ok {
				out = append(out, gap)
			}
		}
		last = to
	}
	return out
}
