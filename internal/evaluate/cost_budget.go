package evaluate

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// BudgetQueries are the breakdowns that [Evaluator.BudgetsIn] reads, one for each
// configured budget. at is an instant in the periods that are asked for.
func (e *Evaluator) BudgetQueries(at time.Time) []cost.Query {
	var out []cost.Query
	for _, b := range e.Config.Cost.Budgets {
		span := dates(e.budgetPeriod(b, at))
		q := e.dailyCosts(span.Start.AddDate(0, 0, -cost.ForecastHistory), span.End, "", nil)
		q.Match = b.Match.Charges()
		out = append(out, q)
	}
	return out
}

// BudgetsIn measures every configured budget in the answers to
// [Evaluator.BudgetQueries]. The ledger is that of the first: files are read once
// for all.
func (e *Evaluator) BudgetsIn(at time.Time, reports []*cost.Report) *cost.BudgetReport {
	out := &cost.BudgetReport{Schema: cost.BudgetSchema, Measure: e.Measure(), Budgets: []cost.Budget{}, Ledger: []cost.LedgerEntry{}, Notes: []string{}}
	for i, b := range e.Config.Cost.Budgets {
		plan := cost.Plan{Name: b.Name, Match: b.Match.Charges(), Amount: b.Amount, Currency: strings.ToUpper(cmp.Or(b.Currency, e.Config.Cost.Currency)), AlertAt: b.AlertAt}
		out.Budgets = append(out.Budgets, cost.SpendBudget(plan, e.budgetPeriod(b, at), reports[i], e.lastDay()))
		if i == 0 {
			out.Ledger, out.Notes = reports[i].Ledger, append(out.Notes, reports[i].Notes...)
		}
	}
	return out
}

// Budgets measures the configured budgets in the periods that hold an instant.
func (e *Evaluator) Budgets(ctx context.Context, at time.Time) (*cost.BudgetReport, error) {
	queries := e.BudgetQueries(at)
	if len(queries) == 0 {
		return e.BudgetsIn(at, nil), nil
	}
	reports, err := e.Cost(ctx, queries)
	if err != nil {
		return nil, err
	}
	return e.BudgetsIn(at, reports), nil
}

// budgetPeriod is the calendar period of a budget that holds an instant, cut as
// bills are, in UTC. Whether it is complete depends on the current time.
func (e *Evaluator) budgetPeriod(b config.Budget, at time.Time) period.Period {
	kind := map[string]period.Kind{"day": period.Day, "week": period.Week, "month": period.Month, "quarter": period.Quarter, "year": period.Year}[b.Period]
	p := period.Calendar{Zone: time.UTC, WeekStart: e.Config.WeekStartDay(), Now: at}.Current(kind)
	p.Complete = !p.End.After(e.Now)
	return p
}
