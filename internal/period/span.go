package period

import (
	"sort"
	"time"
)

// Days returns the calendar days of a zone that the span touches, in order, cut
// to the span; they tile it. Each is named by its date. Complete is left false:
// a span does not know what time it is.
func (s Span) Days(zone *time.Location) []Period {
	var out []Period
	if s.Empty() {
		return out
	}
	for day := civil(s.Start, zone); ; {
		next := nextDate(Day, day, 1)
		cut, ok := s.Intersect(Span{Start: day.in(zone), End: next.in(zone)})
		if ok { // a date that a zone skipped altogether is empty
			out = append(out, Period{Name: day.String(), Kind: Day, Span: Span{cut.Start.In(zone), cut.End.In(zone)}, Zone: zone})
		}
		if !next.in(zone).Before(s.End) {
			return out
		}
		day = next
	}
}

// Tile cuts the span into pieces of the given width from its start; the last one
// may be shorter. A width that is not positive gives the span itself.
func (s Span) Tile(width time.Duration) []Span {
	if s.Empty() {
		return nil
	}
	if width <= 0 {
		return []Span{s}
	}
	out := make([]Span, 0, s.Duration()/width+1)
	for start := s.Start; start.Before(s.End); start = start.Add(width) {
		end := start.Add(width)
		if end.After(s.End) {
			end = s.End
		}
		out = append(out, Span{start, end})
	}
	return out
}

// Union returns the instants that lie in any of the spans as the fewest spans,
// in order. Spans that touch are joined and empty ones are left out; the
// argument is not changed.
func Union(spans []Span) []Span {
	var out []Span
	sorted := append([]Span(nil), spans...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Start.Before(sorted[j].Start) })
	for _, s := range sorted {
		switch last := len(out) - 1; {
		case s.Empty():
		case last < 0 || s.Start.After(out[last].End):
			out = append(out, s)
		case s.End.After(out[last].End):
			out[last].End = s.End
		}
	}
	return out
}
