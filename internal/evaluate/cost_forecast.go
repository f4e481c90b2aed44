package evaluate

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// ForecastQuestion asks what costs will be.
type ForecastQuestion struct {
	// Horizon is 30d (or any number of days from today on), month-end or
	// quarter-end.
	Horizon string
	By      []string
	Measure cost.Measure // the configured one when empty
}

// longestHorizon is how many days a forecast may reach.
const longestHorizon = 366

// horizon returns the dates that a horizon covers, and whether they are a whole
// calendar period.
func (e *Evaluator) horizon(text string) (span period.Span, whole bool, err error) {
	today := e.lastDay().AddDate(0, 0, 1)
	calendar := period.Calendar{Zone: time.UTC, Now: today}
	switch text {
	case "month-end":
		return calendar.Current(period.Month).Span, true, nil
	case "quarter-end":
		return calendar.Current(period.Quarter).Span, true, nil
	}
	days, ok := strings.CutSuffix(text, "d")
	if n, err := strconv.Atoi(days); ok && err == nil && 1 <= n && n <= longestHorizon {
		return period.Span{Start: today, End: today.AddDate(0, 0, n)}, false, nil
	}
	return span, false, fmt.Errorf("%q is no horizon; write month-end, quarter-end, or days from 1d to %dd", text, longestHorizon)
}

// ForecastQuery is the breakdown that [Evaluator.ForecastIn] reads. The error says
// that there is no such horizon.
func (e *Evaluator) ForecastQuery(q ForecastQuestion) (cost.Query, error) {
	span, _, err := e.horizon(q.Horizon)
	if err != nil {
		return cost.Query{}, err
	}
	end := e.lastDay().AddDate(0, 0, 1)
	start := end.AddDate(0, 0, -cost.ForecastHistory)
	if span.Start.Before(start) {
		start = span.Start
	}
	return e.dailyCosts(start, end, q.Measure, q.By), nil
}

// ForecastIn forecasts from the answer to an [Evaluator.ForecastQuery].
func (e *Evaluator) ForecastIn(q ForecastQuestion, r *cost.Report) (*cost.ForecastReport, error) {
	span, whole, err := e.horizon(q.Horizon)
	if err != nil {
		return nil, err
	}
	out := cost.ForecastDaily(cost.DailyOf(r, q.By, e.lastDay()), q.By, q.Horizon, span, whole)
	out.Measure, out.Ledger = r.Measure, r.Ledger
	out.Notes = append(out.Notes, r.Notes...)
	return out, nil
}

// Forecast tells what costs will be.
func (e *Evaluator) Forecast(ctx context.Context, q ForecastQuestion) (*cost.ForecastReport, error) {
	query, err := e.ForecastQuery(q)
	if err != nil {
		return nil, err
	}
	reports, err := e.Cost(ctx, []cost.Query{query})
	if err != nil {
		return nil, err
	}
	return e.ForecastIn(q, reports[0])
}
