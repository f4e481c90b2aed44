package period

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Event is a VEVENT of an iCalendar file.
type Event struct {
	Summary string
	Line    int // of its BEGIN:VEVENT
	*Recurring

	uid      string
	replaces time.Time // the start of the occurrence that this event replaces, or zero
}

// ReadICal reads the events of an iCalendar file (RFC 5545): DTSTART with DTEND
// or DURATION, RRULE, EXDATE, and events that replace one occurrence of another.
// Times without a zone are in the given one. Cancelled events do not take place.
// What would change when an event takes place and is not understood, such as
// RDATE or a TZID that is no IANA name, is an error that names its line; the rest
// of a file is skipped.
func ReadICal(in io.Reader, zone *time.Location) ([]Event, error) {
	lines, err := unfold(in)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || !lines[0].is("BEGIN", "VCALENDAR") {
		return nil, fmt.Errorf("line 1: an iCalendar file begins with BEGIN:VCALENDAR")
	}
	var out []Event
	var open, properties []contentLine
	for _, l := range lines {
		inEvent := len(open) == 2 && open[1].is("BEGIN", "VEVENT")
		switch {
		case l.name == "BEGIN":
			open = append(open, l)
		case len(open) == 0:
			return nil, l.errorf("%s stands outside of the calendar", l.name)
		case l.name != "END" && inEvent:
			properties = append(properties, l)
		case l.name != "END":
		case !open[len(open)-1].is("BEGIN", l.value):
			return nil, l.errorf("END:%s does not close BEGIN:%s", l.value, open[len(open)-1].value)
		default:
			begin := open[len(open)-1]
			open = open[:len(open)-1]
			if !inEvent {
				continue
			}
			e, err := newEvent(properties, zone)
			if err != nil {
				return nil, err
			}
			e.Line = begin.line
			out, properties = append(out, e), nil
		}
	}
	if len(open) > 0 {
		return nil, open[len(open)-1].errorf("BEGIN:%s is not closed", open[len(open)-1].value)
	}
	return settle(out), nil
}

// settle takes the occurrences that other events replace out of theirs, and
// leaves cancelled events out.
func settle(events []Event) []Event {
	var out []Event
	for _, e := range events {
		for _, other := range events {
			if other.uid == e.uid && !other.replaces.IsZero() && e.replaces.IsZero() && e.Recurring != nil {
				e.except = append(e.except, exception{at: other.replaces})
			}
		}
		if e.Recurring != nil {
			out = append(out, e)
		}
	}
	return out
}

// contentLine is one unfolded line: NAME;PARAM=VALUE:VALUE.
type contentLine struct {
	line   int // of the file, where it begins
	name   string
	params map[string]string
	value  string
}

func (l contentLine) is(name, value string) bool {
	return l.name == name && strings.EqualFold(l.value, value)
}

func (l contentLine) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", l.line, fmt.Errorf(format, args...))
}

// maxICalLine bounds a physical line of a file; the standard asks for 75 octets.
const maxICalLine = 1 << 20

// unfold joins the lines that begin with a blank to those before them.
func unfold(in io.Reader) ([]contentLine, error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, maxICalLine)
	var texts []string
	var numbers []int
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimSuffix(scanner.Text(), "\r")
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		switch {
		case text == "":
		case (text[0] == ' ' || text[0] == '\t') && len(texts) > 0:
			texts[len(texts)-1] += text[1:]
		default:
			texts, numbers = append(texts, text), append(numbers, n)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(numbers)+1, err)
	}
	out := make([]contentLine, len(texts))
	for i, text := range texts {
		l, ok := parseContentLine(text)
		l.line = numbers[i]
		if !ok {
			return nil, l.errorf("%.40q is no line of an iCalendar file: NAME:VALUE", text)
		}
		out[i] = l
	}
	return out, nil
}

var contentForm = lazily(`^([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$`)
var paramForm = lazily(`;([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)`)

func parseContentLine(text string) (contentLine, bool) {
	m := contentForm().FindStringSubmatch(text)
	if m == nil {
		return contentLine{}, false
	}
	l := contentLine{name: strings.ToUpper(m[1]), params: map[string]string{}, value: m[3]}
	for _, p := range paramForm().FindAllStringSubmatch(m[2], -1) {
		l.params[strings.ToUpper(p[1])] = strings.Trim(p[2], `"`)
	}
	return l, true
}

// newEvent makes an event of the properties between BEGIN and END. One that is
// cancelled has no Recurring.
func newEvent(properties []contentLine, zone *time.Location) (Event, error) {
	var e Event
	known := map[string]contentLine{}
	var except []contentLine
	for _, l := range properties {
		switch l.name {
		case "RDATE", "EXRULE":
			return e, l.errorf("%s is not supported; write an event of its own", l.name)
		case "EXDATE":
			except = append(except, l)
			continue
		case "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "UID", "SUMMARY", "STATUS":
			if first, ok := known[l.name]; ok {
				return e, l.errorf("%s stands twice in the event, first in line %d", l.name, first.line)
			}
		}
		known[l.name] = l
	}
	e.uid, e.Summary = known["UID"].value, unescape(known["SUMMARY"].value)
	if l, ok := known["RECURRENCE-ID"]; ok {
		at, _, err := l.time(zone)
		if err != nil {
			return e, err
		}
		e.replaces = at
	}
	if strings.EqualFold(known["STATUS"].value, "CANCELLED") {
		return e, nil
	}
	var err error
	if e.Recurring, err = recurring(known, properties, zone); err != nil {
		return e, err
	}
	for _, l := range except {
		if err := e.exclude(l); err != nil {
			return e, err
		}
	}
	return e, nil
}

// recurring finds when an event takes place.
func recurring(known map[string]contentLine, properties []contentLine, zone *time.Location) (*Recurring, error) {
	from, ok := known["DTSTART"]
	if !ok {
		line := 1
		if len(properties) > 0 {
			line = properties[0].line
		}
		return nil, contentLine{line: line}.errorf("the event has no DTSTART")
	}
	start, allDay, err := from.time(zone)
	if err != nil {
		return nil, err
	}
	length, err := eventLength(known, start, allDay)
	if err != nil {
		return nil, err
	}
	r, err := NewRecurring(known["RRULE"].value, WallOf(start, start.Location()), start.Location(), length)
	if err != nil {
		return nil, known["RRULE"].errorf("%w", err)
	}
	return r, nil
}

// eventLength finds how long an event lasts: days of the calendar if it has no
// times of the day, else the time that elapses.
func eventLength(known map[string]contentLine, start time.Time, allDay bool) (Length, error) {
	from := known["DTSTART"]
	to, hasEnd := known["DTEND"]
	if !hasEnd {
		if l, ok := known["DURATION"]; ok {
			return l.duration()
		}
		if allDay {
			return Length{Days: 1}, nil
		}
		return Length{}, from.errorf("the event has neither DTEND nor DURATION")
	}
	end, endsAllDay, err := to.time(start.Location())
	switch {
	case err != nil:
		return Length{}, err
	case endsAllDay != allDay:
		return Length{}, to.errorf("DTEND and DTSTART are not both dates or both times")
	case !end.After(start):
		return Length{}, to.errorf("the event does not end after its start")
	case allDay:
		return Length{Days: int(civil(end, end.Location()).t.Sub(civil(start, start.Location()).t) / (24 * time.Hour))}, nil
	}
	return Length{Time: end.Sub(start)}, nil
}

// exclude reads an EXDATE.
func (r *Recurring) exclude(l contentLine) error {
	for _, text := range strings.Split(l.value, ",") {
		one := l
		one.value = text
		at, day, err := one.time(r.zone)
		if err != nil {
			return err
		}
		x := exception{at: at}
		if day {
			x = exception{day: WallOf(at, at.Location())}
		}
		r.except = append(r.except, x)
	}
	return nil
}

// time reads the value of a property as an instant in its zone, and tells whether
// it is a date alone.
func (l contentLine) time(zone *time.Location) (time.Time, bool, error) {
	if name := l.params["TZID"]; name != "" {
		named, err := time.LoadLocation(strings.TrimPrefix(name, "/"))
		if err != nil || name == "Local" {
			return time.Time{}, false, l.errorf("TZID %q is not a time zone; write an IANA name such as Europe/Berlin", name)
		}
		zone = named
	}
	at, day, err := parseICalTime(l.value, zone)
	if err != nil {
		return at, day, l.errorf("%s: %w", l.name, err)
	}
	return at, day, nil
}

// parseICalTime reads 20260104, 20260104T020000 or 20260104T020000Z.
func parseICalTime(text string, zone *time.Location) (at time.Time, day bool, err error) {
	if t, err := time.Parse("20060102T150405Z", text); err == nil {
		return t, false, nil
	}
	if t, err := time.Parse("20060102T150405", text); err == nil {
		return Wall{t}.In(zone), false, nil
	}
	if t, err := time.Parse("20060102", text); err == nil {
		return StartOfDay(t.Year(), t.Month(), t.Day(), zone), true, nil
	}
	return time.Time{}, false, fmt.Errorf("%q is not a time; write 20260104T020000, 20260104T020000Z or 20260104", text)
}

var durationForm = lazily(`^\+?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)$`)

// duration reads the value of DURATION: P1W, P1D, PT2H30M.
func (l contentLine) duration() (Length, error) {
	m := durationForm().FindStringSubmatch(l.value)
	var out Length
	if m != nil {
		n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v } // "" is 0
		out = Length{Days: 7*n(1) + n(2), Time: time.Duration(n(3))*time.Hour + time.Duration(n(4))*time.Minute + time.Duration(n(5))*time.Second}
	}
	if out == (Length{}) {
		return out, l.errorf("DURATION: %q is not a positive duration; write PT2H or P1D", l.value)
	}
	return out, nil
}

// unescape reads a text value.
func unescape(text string) string {
	return strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(text)
}
