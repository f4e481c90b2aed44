package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// HistorySchema names the version of [History]'s JSON form.
const HistorySchema = "slactl.history/v1"

// History is how the objectives went over several periods.
type History struct {
	Schema      string          `json:"schema"`
	By          string          `json:"by"` // day, week, month, quarter, year
	GeneratedAt time.Time       `json:"generated_at"`
	Periods     []period.Info   `json:"periods"` // oldest first
	Series      []HistorySeries `json:"series"`
	Notes       []string        `json:"notes"`
}

// HistorySeries is one objective for one organization or wider group.
type HistorySeries struct {
	SLA          string            `json:"sla"`
	Objective    string            `json:"objective"`
	Tier         string            `json:"tier,omitempty"` // the newest, where it changed
	Organization string            `json:"organization,omitempty"`
	Group        map[string]string `json:"group,omitempty"`
	Method       sla.Method        `json:"method"`
	Comparison   sla.Comparison    `json:"comparison"`
	Unit         string            `json:"unit"`
	// Points are the periods with a result, oldest first: an organization has
	// none before its `since`.
	Points []HistoryPoint `json:"points"`
}

// HistoryPoint is one period of a series, judged by the target in force at its
// start.
type HistoryPoint struct {
	Name     string        `json:"name"`
	Period   period.Info   `json:"period"` // as the audience sees it
	Tier     string        `json:"tier,omitempty"`
	Target   unit.Decimal  `json:"target"`
	Attained *unit.Decimal `json:"attained"`
	// AttainedWithoutExclusions is set where that differs in what is shown.
	AttainedWithoutExclusions *unit.Decimal   `json:"attained_without_exclusions,omitempty"`
	State                     sla.State       `json:"state"`
	BudgetUsed                *unit.Decimal   `json:"budget_consumed_ratio"`
	Events                    sla.EventCounts `json:"events"`
	Coverage                  unit.Decimal    `json:"coverage"`
	ExcludedSeconds           int64           `json:"excluded_seconds"`
	Reason                    *string         `json:"reason"`
	Notes                     []string        `json:"notes"`
}

// result is a point in the form in which results are written.
func (s HistorySeries) result(p HistoryPoint) sla.Result {
	r := sla.Result{SLA: s.SLA, Objective: s.Objective, Tier: p.Tier, Organization: s.Organization, Group: s.Group, Method: s.Method, Comparison: s.Comparison,
		Unit: s.Unit, Target: p.Target, Attained: p.Attained, AttainedWithoutExclusions: p.AttainedWithoutExclusions, State: p.State, Events: p.Events, Reason: p.Reason, Notes: p.Notes}
	if p.BudgetUsed != nil {
		r.Budget = &sla.Budget{ConsumedRatio: *p.BudgetUsed, Projected: !p.Period.Complete}
	}
	return r
}

// label names the series: "availability, acme (gold)".
func (s HistorySeries) label() string {
	r := sla.Result{SLA: s.SLA, Objective: s.Objective, Tier: s.Tier, Organization: s.Organization}
	out := objectiveName(r) + ", " + audienceText(r)
	if g := groupText(s.Group); g != "" {
		out += ", " + g
	}
	return out
}

// spark draws the attained values over all periods of the history; periods
// without a value are gaps.
func (h *History) spark(s HistorySeries) doc.Spark {
	values := make([]*unit.Decimal, len(h.Periods))
	for i, p := range h.Periods {
		for _, point := range s.Points {
			if point.Name == p.Name {
				values[i] = point.Attained
			}
		}
	}
	return spark(values)
}

// HistoryTable is the overview: a row for each series with its trend, its worst
// and its newest value, and how many of its periods met the target.
func HistoryTable(h *History) doc.Table {
	newest := "Newest"
	if n := len(h.Periods); n > 0 {
		newest = h.Periods[n-1].Name
	}
	t := doc.Table{ID: "history", Columns: []doc.Column{{Title: "Objective"}, {Title: "For"}, {Title: "Trend"}, {Title: "Worst", Numeric: true, Priority: 2},
		{Title: newest, Numeric: true}, {Title: "Target", Numeric: true}, {Title: "Met", Numeric: true, Priority: 1}}}
	for _, s := range h.Series {
		point := s.Points[len(s.Points)-1]
		last := s.result(point)
		now := doc.Cell{Value: quantity(last.Attained, last), Tone: toneOf(last.State)}
		if point.Name != newest {
			now = doc.Cell{Value: doc.Missing{Why: "no result in the newest period"}}
		}
		who := audienceText(last)
		if g := groupText(s.Group); g != "" {
			who += ", " + g
		}
		met := 0
		for _, p := range s.Points {
			if p.State == sla.Met {
				met++
			}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(objectiveName(last)), text(who), {Value: h.spark(s)}, {Value: worstOf(s)},
			now, {Value: promise(last)}, text(fmt.Sprintf("%d of %d", met, len(s.Points)))}})
	}
	return t
}

// worstOf is the worst value of a series.
func worstOf(s HistorySeries) doc.Value {
	var worst *unit.Decimal
	for _, p := range s.Points {
		if p.Attained != nil && (worst == nil || p.Attained.Cmp(*worst) == worse(s.Comparison)) {
			worst = p.Attained
		}
	}
	return quantity(worst, s.result(s.Points[len(s.Points)-1]))
}

// HistorySeriesTable lists the periods of one series, oldest first, with the
// target in force in each, the tier where it changed, and what would have been
// without exclusions where that is something else.
func HistorySeriesTable(h *History, s HistorySeries) doc.Table {
	t := doc.Table{ID: "history_" + s.SLA + "_" + s.Objective, Title: s.label(), Columns: []doc.Column{{Title: capital(h.By)}, {Title: "Target", Numeric: true},
		{Title: "Attained", Numeric: true}, {Title: "State"}, {Title: "Budget used", Numeric: true, Priority: 1}, {Title: "Events", Numeric: true, Priority: 3}, {Title: "Bad", Numeric: true, Priority: 2}}}
	for _, p := range s.Points {
		r := s.result(p)
		name := text(p.Name)
		if !p.Period.Complete {
			name.Notes = []string{"to date"}
		}
		budget := budgetCell(r)
		budget.Notes = nil // "to date" stands beside the period
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{name, {Value: promise(r)}, attained(r), stateCell(r), budget,
			{Value: doc.Count{N: p.Events.Total.Decimal}}, {Value: doc.Count{N: p.Events.Bad.Decimal}}}})
	}
	if slices.ContainsFunc(s.Points, func(p HistoryPoint) bool { return p.AttainedWithoutExclusions != nil }) {
		t = withColumn(t, 3, doc.Column{Title: "Without exclusions", Numeric: true, Priority: 4}, func(i int) doc.Cell {
			if s.Points[i].AttainedWithoutExclusions == nil {
				return text("–")
			}
			return doc.Cell{Value: quantity(s.Points[i].AttainedWithoutExclusions, s.result(s.Points[i]))}
		})
	}
	if slices.ContainsFunc(s.Points, func(p HistoryPoint) bool { return p.Tier != s.Tier }) {
		t = withColumn(t, 1, doc.Column{Title: "Tier"}, func(i int) doc.Cell { return orDash(s.Points[i].Tier) })
	}
	return t
}
