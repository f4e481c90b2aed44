package evaluate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// exhaustedAt is the sample, in the cell of the scan that ends at the given
// instant, with which the budget ran out.
func (e *Evaluator) exhaustedAt(ctx context.Context, o *measured, in sla.Input, end time.Time) (time.Time, error) {
	fine, err := e.refine(ctx, o, end)
	if err != nil {
		return end, err
	}
	labels := o.by.labels()
	byValues := make(map[string]*window.Group, len(fine.Groups))
	for i := range fine.Groups {
		byValues[valuesOf(&fine.Groups[i], labels)] = &fine.Groups[i]
	}
	// Only what is judged is spliced: a scan of everyone is large.
	coarse, inner := *in.Scan, *fine
	coarse.Groups, inner.Groups = nil, nil
	for _, m := range in.Members {
		for _, g := range m.Groups {
			coarse.Groups = append(coarse.Groups, *g)
			if f := byValues[valuesOf(g, labels)]; f != nil {
				inner.Groups = append(inner.Groups, *f)
			}
		}
	}
	if in.Scan, err = coarse.Splice(&inner); err != nil {
		return end, err
	}
	spliced := make(map[string]*window.Group, len(in.Scan.Groups))
	for i := range in.Scan.Groups {
		spliced[valuesOf(&in.Scan.Groups[i], labels)] = &in.Scan.Groups[i]
	}
	members := slices.Clone(in.Members)
	for i := range members {
		members[i].Groups = nil
		for _, g := range in.Members[i].Groups {
			members[i].Groups = append(members[i].Groups, spliced[valuesOf(g, labels)])
		}
	}
	in.Members = members
	if b := sla.Evaluate(in).Budget; b != nil && b.ExhaustedAt != nil {
		return *b.ExhaustedAt, nil
	}
	return end, nil
}

// refine returns a scan of the cell that ends at the given instant, cut at every
// sample. It is read once for all audiences.
func (e *Evaluator) refine(ctx context.Context, o *measured, end time.Time) (*window.Scan, error) {
	if fine, ok := o.fine[end.UnixMilli()]; ok {
		return fine, nil
	}
	grid := o.result.Scan.Grid
	i, found := slices.BinarySearch(grid, end.UnixMilli())
	if !found || i == 0 {
		return nil, fmt.Errorf("no cell of the scan ends at %s", end)
	}
	req, err := e.request(o.spec, o.by)
	if err != nil {
		return nil, err
	}
	req.EachSample, req.Grid = true, window.Grid{grid[i-1], grid[i]}
	q := questions{}
	fine := q.ask(o.ticket.sources(), req)
	answer := e.put(ctx, q).get(fine)
	if answer.Err != nil {
		return nil, answer.Err
	}
	if o.fine == nil {
		o.fine = map[int64]*window.Scan{}
	}
	o.fine[end.UnixMilli()] = answer.Scan
	return answer.Scan, nil
}
