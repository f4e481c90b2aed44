package evaluate

import (
	"context"
	"fmt"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// AnomalyQuestion asks what was unusual in the costs of a period.
type AnomalyQuestion struct {
	Period  period.Period // its days that are over are judged
	By      []string      // the groups that are judged, each for itself; the total without
	Measure cost.Measure  // the configured one when empty
	// Least replaces the smallest excess of a day that is worth a word.
	Least *unit.Decimal
}

// AnomalyQuery is the breakdown that [Evaluator.AnomaliesIn] reads, for those who
// ask several at once.
func (e *Evaluator) AnomalyQuery(q AnomalyQuestion) cost.Query {
	span := dates(q.Period)
	return e.dailyCosts(span.Start.AddDate(0, 0, -cost.AnomalyHistory), span.End, q.Measure, q.By)
}

// AnomaliesIn finds the anomalies in the answer to an [Evaluator.AnomalyQuery].
func (e *Evaluator) AnomaliesIn(q AnomalyQuestion, r *cost.Report) *cost.AnomalyReport {
	last, span := e.lastDay(), dates(q.Period)
	out := cost.FindAnomalies(cost.DailyOf(r, q.By, last), q.By, span, q.Least)
	out.Period, out.Measure, out.Ledger = q.Period.Info(), r.Measure, r.Ledger
	out.Notes = append(out.Notes, r.Notes...)
	if first := last.AddDate(0, 0, 1); first.Before(span.End) {
		out.Notes = append(out.Notes, fmt.Sprintf("days from %s on are not over and not judged", first.Format(time.DateOnly)))
	}
	judged := min(last.Format(time.DateOnly), span.End.AddDate(0, 0, -1).Format(time.DateOnly))
	switch {
	case out.Checked > 0 && out.BilledUntil < judged:
		out.Notes = append(out.Notes, fmt.Sprintf("the bills end with %s", out.BilledUntil))
	case out.Unjudged > 0:
		out.Notes = append(out.Notes, fmt.Sprintf("%d of %d groups have too little history to be judged: it takes about five weeks of daily charges", out.Unjudged, out.Checked))
	}
	return out
}

// Anomalies finds what was unusual in the costs of a period.
func (e *Evaluator) Anomalies(ctx context.Context, q AnomalyQuestion) (*cost.AnomalyReport, error) {
	reports, err := e.Cost(ctx, []cost.Query{e.AnomalyQuery(q)})
	if err != nil {
		return nil, err
	}
	return e.AnomaliesIn(q, reports[0]), nil
}

// LastDays is the period of the last n days that are over.
func (e *Evaluator) LastDays(n int) period.Period {
	end := e.lastDay().AddDate(0, 0, 1)
	start := end.AddDate(0, 0, -n)
	return period.Period{Name: fmt.Sprintf("last-%dd", n), Kind: period.Rolling, Span: period.Span{Start: start, End: end}, Zone: time.UTC, Complete: true}
}
