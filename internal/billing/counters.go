package billing

import (
	"context"
	"fmt"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// TokenReader counts tokens by the counters of a metrics source, for a source of
// the format token-counters. It is the one thing that this package needs to know
// of metrics.
type TokenReader interface {
	// ReadTokens returns what the counters grew by in a span: an item for each UTC
	// day and whatever the labels tell apart, with tokens. The notes are for
	// people: first values that nobody witnessed, days without samples. The error
	// says why nothing was counted at all.
	ReadTokens(ctx context.Context, in period.Span) (items []cost.LineItem, notes []string, err error)
}

// openCounters makes the book of a source whose rows are counters: one file, the
// selector.
func openCounters(s *Source) *book {
	return &book{source: s, files: []*file{{source: s, path: s.Path, parts: map[string]*part{}}}}
}

// readCounters reads what the counters counted in the span of all questions.
func (b *book) readCounters(ctx context.Context, qs *questions) {
	f := b.files[0]
	f.format = "token-counters"
	want := qs.reads()
	f.measures = want.Measures
	items, notes, err := b.source.Counters.ReadTokens(ctx, qs.span())
	b.notes = append(b.notes, notes...)
	if err != nil {
		f.err = fmt.Errorf("counting tokens: %w", err)
		return
	}
	w := newCounter(b.source, format{name: f.format, meter: true}, qs)
	for _, item := range items {
		w.item = item
		w.item.Source = b.source.Name
		f.rows++
		w.count(1)
	}
	f.merge(w.parts)
}

// span is the shortest span that holds the periods of all questions.
func (q *questions) span() period.Span {
	var periods []period.Period
	for _, b := range q.breakdowns {
		periods = append(periods, b.Period)
	}
	if q.usage != nil {
		periods = append(periods, q.usage.period)
	}
	var out period.Span
	for i, p := range periods {
		if i == 0 || p.Start.Before(out.Start) {
			out.Start = p.Start
		}
		if i == 0 || p.End.After(out.End) {
			out.End = p.End
		}
	}
	return out
}
