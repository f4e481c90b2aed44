package evaluate

import (
	"context"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/discover"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/window"
)

// absent explains a scan that found nothing, or no bad events because of a label
// that does not exist. A misspelt selector otherwise reads as no data, or, worse,
// as a perfect month. It is "" when there is nothing to explain, or when the
// source cannot tell.
func (e *Evaluator) absent(ctx context.Context, o *measured) string {
	scan := o.result.Scan
	if o.spec.Indicator == nil || scan.Grid.Cells() == 0 {
		return ""
	}
	ind, err := indicatorOf(*o.spec.Indicator)
	if err != nil || ind.Kind == query.Expression {
		return ""
	}
	if len(o.ticket.asked) > 1 { // the sum says which of its sources lacks the series
		return ""
	}
	src, err := e.Source(ctx, o.ticket.asked[0].source)
	if err != nil {
		return ""
	}
	in := period.Span{Start: scan.Grid.Span(0).Start, End: scan.Grid.Span(scan.Grid.Cells() - 1).End}
	var why string
	switch {
	case !slices.ContainsFunc(scan.Groups, hasSamples):
		suffix := ""
		if ind.Kind == query.Histogram {
			suffix = "_bucket"
		}
		why, err = discover.Absent(ctx, src, in, ind.Total, suffix)
	case ind.Kind == query.Ratio && !ind.Bad.IsZero() && !slices.ContainsFunc(scan.Groups, hasBad):
		if why, err = discover.AbsentLabel(ctx, src, in, ind.Bad); why != "" {
			why = "nothing counts as bad: " + why
		}
	}
	if err != nil {
		return ""
	}
	target := src.Info().Target
	return strings.ReplaceAll(why, target, e.display(target))
}

func hasSamples(g window.Group) bool {
	return slices.ContainsFunc(g.Samples, func(n uint32) bool { return n > 0 })
}

func hasBad(g window.Group) bool {
	return g.Bad.Windowed.Range(0, g.Bad.Windowed.Len()).Sign() > 0 || g.Bad.Recovered.Range(0, g.Bad.Recovered.Len()).Sign() > 0
}
