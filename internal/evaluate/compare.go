package evaluate

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// CostCompared answers a breakdown beside another period: how each group moved,
// and why. All bills are read once.
func (e *Evaluator) CostCompared(ctx context.Context, q cost.Query, other period.Period) (*cost.Report, error) {
	plain := q
	plain.Top = 0
	var queries []cost.Query
	for _, ask := range []cost.Query{plain, plain.Detailed()} {
		for _, p := range []period.Period{q.Period, e.BillingPeriod(other)} {
			ask.Period = p
			queries = append(queries, ask)
		}
	}
	r, err := e.Cost(ctx, queries)
	if err != nil {
		return nil, err
	}
	out := cost.Compare(q, r[0], r[1], r[2], r[3])
	if !q.Period.Complete {
		out.Notes = append(out.Notes, fmt.Sprintf("%s is not over, and stands beside the whole of %s", q.Period.Name, other.Name))
	}
	return out, nil
}

// OtherPeriod is the period that another one is compared with: previous, yoy for
// the same one a year before, or the name of any. A week is compared with the one
// 52 weeks before, so that weekdays stand beside themselves.
func (e *Evaluator) OtherPeriod(p period.Period, name string) (period.Period, error) {
	switch name {
	case "previous":
		return p.Previous(), nil
	case "yoy":
		return e.yearBefore(p)
	}
	return e.Calendar().Parse(name)
}

func (e *Evaluator) yearBefore(p period.Period) (period.Period, error) {
	switch p.Kind {
	case period.Day, period.Month, period.Quarter, period.Year:
		if year, err := strconv.Atoi(p.Name[:4]); err == nil {
			return e.Calendar().Parse(fmt.Sprintf("%04d%s", year-1, p.Name[4:]))
		}
	}
	shift := func(t time.Time) string {
		t = t.In(p.Zone)
		if p.Kind == period.Week {
			return t.AddDate(0, 0, -52*7).Format(time.RFC3339)
		}
		return t.AddDate(-1, 0, 0).Format(time.RFC3339)
	}
	return e.Calendar().Parse(shift(p.Start) + ".." + shift(p.End))
}
