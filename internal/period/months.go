package period

import "time"

// Months returns the calendar months of a zone that the span touches, in order
// and whole: the first may begin before the span and the last end after it. A
// month is complete when its end is not after now.
func (s Span) Months(zone *time.Location, now time.Time) []Period {
	var out []Period
	if s.Empty() {
		return out
	}
	c := Calendar{Zone: zone, Now: now}
	y, m, _ := s.Start.In(zone).Date()
	for first := dateOf(y, m, 1); first.in(zone).Before(s.End); first = nextDate(Month, first, 1) {
		out = append(out, c.cut(Month, first))
	}
	return out
}
