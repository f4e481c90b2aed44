package period

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Grammar is a hint for whoever wrote a period that is none.
const Grammar = "write a day (2026-10-07), week (2026-W42), month (2026-10), quarter (2026-Q4), year (2026), last-7d, today, yesterday, " +
	"this-month, last-month, or FROM..TO"

// The forms of a period; each matches a whole expression. Numbers that are out
// of range or lack a leading zero match too, so that the error can say so.
var (
	dayForm     = lazily(`^([1-9]\d{3})-(\d{1,2})-(\d{1,2})$`)
	weekForm    = lazily(`^([1-9]\d{3})-?[Ww](\d{1,2})$`)
	monthForm   = lazily(`^([1-9]\d{3})-(\d{1,2})$`)
	quarterForm = lazily(`^([1-9]\d{3})-?[Qq](\d+)$`)
	yearForm    = lazily(`^([1-9]\d{3})$`)
	lastForm    = lazily(`^last-(\d{1,5})d$`)
	unitForm    = lazily(`^(this|last)-(day|week|month|quarter|year)$`)
)

// lazily compiles an expression when it is first used: most commands name no
// period and read no calendar, and all of them start up.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// Parse reads the name of a period. Besides the forms in the package comment it
// knows today, yesterday, this-week, last-week and likewise month, quarter and
// year; such a period is named by what it stands for. A week by its number is
// an ISO week and begins on Monday: under another WeekStart, W is an error and
// weeks are named by dates, because the number would mean other days to other
// readers. A period is complete when its end is not after now.
func (c Calendar) Parse(expr string) (Period, error) {
	p, err := c.parse(expr)
	if err != nil {
		return Period{}, fmt.Errorf("reading period %q: %w", expr, err)
	}
	return p, nil
}

func (c Calendar) parse(expr string) (Period, error) {
	if from, to, ok := strings.Cut(expr, ".."); ok {
		return c.parseRange(expr, from, to)
	}
	switch expr {
	case "today":
		return c.Current(Day), nil
	case "yesterday":
		return c.LastClosed(Day), nil
	}
	if m := unitForm().FindStringSubmatch(expr); m != nil {
		kind := map[string]Kind{"day": Day, "week": Week, "month": Month, "quarter": Quarter, "year": Year}[m[2]]
		if m[1] == "last" {
			return c.LastClosed(kind), nil
		}
		return c.Current(kind), nil
	}
	if m := lastForm().FindStringSubmatch(expr); m != nil {
		return c.lastDays(expr, number(m[1]))
	}
	if m := weekForm().FindStringSubmatch(expr); m != nil {
		return c.parseWeek(expr, number(m[1]), number(m[2]))
	}
	if m := quarterForm().FindStringSubmatch(expr); m != nil {
		year, q := m[1], number(m[2])
		if q < 1 || q > 4 || m[0][4] != '-' || !strings.Contains(expr, "Q") {
			return Period{}, fmt.Errorf("not a quarter; write %s-Q1 to %s-Q4", year, year)
		}
		return c.cut(Quarter, dateOf(number(year), time.Month(3*q-2), 1)), nil
	}
	if m := monthForm().FindStringSubmatch(expr); m != nil {
		month, err := monthOf(m[1], m[2], "")
		return c.cut(Month, dateOf(number(m[1]), month, 1)), err
	}
	if m := yearForm().FindStringSubmatch(expr); m != nil {
		return c.cut(Year, dateOf(number(expr), time.January, 1)), nil
	}
	if dayForm().MatchString(expr) {
		d, err := parseDate(expr)
		return c.cut(Day, d), err
	}
	return Period{}, fmt.Errorf("not a period; %s", Grammar)
}

// lastDays is the period of n days up to the last midnight.
func (c Calendar) lastDays(name string, n int) (Period, error) {
	if n == 0 {
		return Period{}, fmt.Errorf("no days; write last-7d")
	}
	end := civil(c.Now, c.Zone)
	span := Span{Start: nextDate(Day, end, -n).in(c.Zone), End: end.in(c.Zone)}
	return Period{Name: name, Kind: Rolling, Span: span, Zone: c.Zone, Complete: true}, nil
}

func (c Calendar) parseWeek(expr string, year, week int) (Period, error) {
	// 4 January is always in week 1.
	first := nextDate(Week, firstDate(Week, year, time.January, 4, time.Monday), week-1)
	if y, w := first.t.ISOWeek(); y != year || w != week || len(expr) != len("2026-W42") || expr[5] != 'W' {
		_, last := time.Date(year, time.December, 28, 0, 0, 0, 0, time.UTC).ISOWeek() // which is always in the last week
		return Period{}, fmt.Errorf("not a week; write %04d-W01 to %04d-W%d", year, year, last)
	}
	if c.WeekStart != time.Monday {
		y, m, d := first.t.Date()
		first = firstDate(Week, y, m, d, c.WeekStart)
		return Period{}, fmt.Errorf("numbered weeks begin on Monday, but week_start is %s; name the week by its dates, such as %s..%s",
			strings.ToLower(c.WeekStart.String()), first, nextDate(Week, first, 1))
	}
	return c.cut(Week, first), nil
}

func (c Calendar) parseRange(expr, from, to string) (Period, error) {
	start, err := c.parseEnd(from)
	if err != nil {
		return Period{}, err
	}
	end, err := c.parseEnd(to)
	if err != nil {
		return Period{}, err
	}
	switch {
	case end.Equal(start):
		return Period{}, fmt.Errorf("no time lies between the ends; the second one is excluded, so a single day is %s..(the day after)", from)
	case end.Before(start):
		return Period{}, fmt.Errorf("the end lies before the start; write %s..%s", to, from)
	}
	return Period{Name: expr, Span: Span{start, end}, Zone: c.Zone, Complete: !end.After(c.Now)}, nil
}

// parseEnd reads one end of a range: a date, whose day begins in the calendar's
// zone, or an instant.
func (c Calendar) parseEnd(s string) (time.Time, error) {
	if dayForm().MatchString(s) {
		d, err := parseDate(s)
		if err != nil {
			return time.Time{}, err
		}
		return d.in(c.Zone), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a date nor an instant; write 2026-10-07 or 2026-10-07T12:00:00Z", s)
	}
	return t.In(c.Zone), nil
}

func parseDate(s string) (date, error) {
	m := dayForm().FindStringSubmatch(s)
	month, err := monthOf(m[1], m[2], "-"+m[3])
	if err != nil {
		return date{}, err
	}
	year, day := number(m[1]), number(m[3])
	if len(m[3]) == 1 && day > 0 {
		return date{}, fmt.Errorf("days have two digits; write %s-%s-0%s", m[1], m[2], m[3])
	}
	d := dateOf(year, month, day)
	if d.t.Day() != day {
		last := dateOf(year, month+1, 0)
		return date{}, fmt.Errorf("%s %d has no day %d; its last day is %s", month, year, day, last)
	}
	return d, nil
}

// monthOf reads the month of a date; day is how the date goes on, for the hint.
func monthOf(year, s, day string) (time.Month, error) {
	n := number(s)
	if n < 1 || n > 12 {
		return 0, fmt.Errorf("there is no month %s; write %s-01 to %s-12", s, year, year)
	}
	if len(s) == 1 {
		return 0, fmt.Errorf("months have two digits; write %s-0%s%s", year, s, day)
	}
	return time.Month(n), nil
}

// number reads digits that a form has already counted.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // quarterForm alone may overflow, to a number that is no quarter
	return n
}
