package evaluate

import (
	"context"
	"fmt"
	"slices"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
)

// LastPeriods returns the last n days, weeks, months, quarters or years of which
// some is over, oldest first. The newest may be to date.
func (e *Evaluator) LastPeriods(k period.Kind, n int) []period.Period {
	p := e.Calendar().Current(k)
	if !p.Start.Before(e.Now) { // now is its first instant
		p = p.Previous()
	}
	out := make([]period.Period, 0, n)
	for range n {
		out = append(out, p)
		p = p.Previous()
	}
	slices.Reverse(out)
	return out
}

// History judges every objective in each of the periods, which are given oldest
// first, by the target that was in force at the time. All of it is read in one
// scan. Failed says what could not be read.
func (e *Evaluator) History(ctx context.Context, by string, periods []period.Period, f Filter) (*report.History, []Failure, error) {
	vs := views(periods...)
	for i := range vs {
		vs[i].Coarse, vs[i].Effect = true, true
	}
	q := questions{}
	objectives := e.askSLA(q, vs, f)
	got, err := e.judgeViews(ctx, objectives, e.put(ctx, q), vs, f)
	if err != nil {
		return nil, nil, err
	}
	out := &report.History{Schema: report.HistorySchema, By: by, GeneratedAt: e.Now.UTC(), Periods: []period.Info{}, Series: []report.HistorySeries{}, Notes: []string{}}
	index := map[string]int{}
	for _, r := range slices.Backward(got.Reports) { // the newest decides the order, and what a series is called
		for _, res := range r.Results {
			if _, ok := index[seriesKey(res)]; !ok {
				index[seriesKey(res)] = len(out.Series)
				out.Series = append(out.Series, report.HistorySeries{SLA: res.SLA, Objective: res.Objective, Tier: res.Tier, Organization: res.Organization,
					Group: res.Group, Method: res.Method, Comparison: res.Comparison, Unit: res.Unit, Points: []report.HistoryPoint{}})
			}
		}
	}
	for _, r := range got.Reports {
		out.Periods = append(out.Periods, r.Period)
		out.Notes = appendNew(out.Notes, r.Notes)
		for _, res := range r.Results {
			s := &out.Series[index[seriesKey(res)]]
			s.Points = append(s.Points, historyPoint(r.Period, res))
		}
	}
	return out, got.Failed, nil
}

// seriesKey identifies an objective of an audience across periods. An
// organization stays the same when it changes its tier.
func seriesKey(r sla.Result) string {
	tier := r.Tier
	if r.Organization != "" {
		tier = ""
	}
	return fmt.Sprintf("%q %q %q %q %v", r.SLA, r.Objective, tier, r.Organization, r.Group)
}

func historyPoint(whole period.Info, r sla.Result) report.HistoryPoint {
	point := report.HistoryPoint{Period: whole, Name: whole.Name, Tier: r.Tier, Target: r.Target, Attained: r.Attained, AttainedWithoutExclusions: r.AttainedWithoutExclusions, State: r.State, Reason: r.Reason,
		Events: r.Events, Coverage: r.Coverage, ExcludedSeconds: r.ExcludedSeconds, Notes: r.Notes}
	if r.Period != nil {
		point.Period = *r.Period
	}
	if r.Budget != nil {
		point.BudgetUsed = &r.Budget.ConsumedRatio
	}
	return point
}
