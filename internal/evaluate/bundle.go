package evaluate

import (
	"context"

	"github.com/slactl/slactl/internal/cost"
)

// bundle collects breakdowns that are asked for in several places, so that every
// bill is read once for all of them.
type bundle struct {
	queries []cost.Query
	readers []reader
}

// reader takes the answers to the queries from one index up to another.
type reader struct {
	from, to int
	read     func([]*cost.Report)
}

// ask adds queries, and what is done with their answers.
func (b *bundle) ask(read func([]*cost.Report), qs ...cost.Query) {
	from := len(b.queries)
	b.queries = append(b.queries, qs...)
	b.readers = append(b.readers, reader{from, len(b.queries), read})
}

// put reads the bills, and hands the answers out in the order of the questions.
// Queries about owners are base queries of an allocator.
func (b *bundle) put(ctx context.Context, e *Evaluator) error {
	if len(b.queries) == 0 {
		return nil
	}
	reports, err := e.breakdown(ctx, b.queries)
	if err != nil {
		return err
	}
	for _, r := range b.readers {
		r.read(reports[r.from:r.to])
	}
	return nil
}
