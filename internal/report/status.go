package report

import (
	"slices"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// NowPeriod is the name of the rolling view in a status.
const NowPeriod = "now"

// StatusTable lists results as `sla status` shows them: one row per objective
// and audience, with the rolling view beside the period where there is one, and
// what would have been attained without exclusions where that is something else.
func StatusTable(r *sla.Report) doc.Table {
	now := map[string]sla.Result{}
	var rows []sla.Result
	for _, res := range r.Results {
		if res.Period != nil && res.Period.Name == NowPeriod {
			now[statusKey(res)] = res
			continue
		}
		rows = append(rows, res)
	}
	t := resultTable("sla_status", "", rows, nil)
	organization := len(t.Columns) == 8 // resultTable leaves the column out without organizations
	at := 4
	if organization {
		at = 5
	}
	t = withColumn(t, at+2, doc.Column{Title: "Burn 1h", Numeric: true, Priority: 4}, func(i int) doc.Cell { return burnCell(rows[i]) })
	if len(now) > 0 {
		t.Columns[at].Title = "Month to date"
		t = withColumn(t, at, doc.Column{Title: "Now", Numeric: true, Priority: 1}, func(i int) doc.Cell {
			n, ok := now[statusKey(rows[i])]
			if !ok {
				return doc.Cell{Value: doc.Missing{Why: "not judged"}}
			}
			return doc.Cell{Value: quantity(n.Attained, n), Tone: toneOf(n.State)}
		})
	}
	if slices.ContainsFunc(rows, func(r sla.Result) bool { return r.AttainedWithoutExclusions != nil }) {
		after := 1 + slices.IndexFunc(t.Columns, func(c doc.Column) bool { return c.Title == "Attained" || c.Title == "Month to date" })
		t = withColumn(t, after, doc.Column{Title: "Without exclusions", Numeric: true, Priority: 3}, func(i int) doc.Cell {
			if rows[i].AttainedWithoutExclusions == nil {
				return text("–")
			}
			return doc.Cell{Value: quantity(rows[i].AttainedWithoutExclusions, rows[i])}
		})
	}
	if hasGroups(rows) {
		t = withColumn(t, 2, doc.Column{Title: "Group"}, func(i int) doc.Cell { return orDash(groupText(rows[i].Group)) })
	}
	return t
}

func hasGroups(results []sla.Result) bool {
	for _, r := range results {
		if len(r.Group) > 0 {
			return true
		}
	}
	return false
}

// statusKey identifies a result across the periods of one report.
func statusKey(r sla.Result) string {
	return r.SLA + "\x00" + r.Objective + "\x00" + r.Tier + "\x00" + r.Organization + "\x00" + groupText(r.Group)
}

// withColumn inserts a column before position at.
func withColumn(t doc.Table, at int, c doc.Column, cell func(row int) doc.Cell) doc.Table {
	columns := append(append(append([]doc.Column{}, t.Columns[:at]...), c), t.Columns[at:]...)
	for i := range t.Rows {
		old := t.Rows[i].Cells
		t.Rows[i].Cells = append(append(append([]doc.Cell{}, old[:at]...), cell(i)), old[at:]...)
	}
	t.Columns = columns
	return t
}

// burnCell is how fast the budget burned over the last hour: at 1 it lasts
// exactly for the period.
func burnCell(r sla.Result) doc.Cell {
	switch {
	case r.Budget == nil:
		return doc.Cell{Value: budgetCell(r).Value}
	case r.Budget.BurnRate.H1 == nil:
		return doc.Cell{Value: doc.Missing{Why: "no events in the last hour"}}
	}
	c := doc.Cell{Value: doc.Number{N: *r.Budget.BurnRate.H1, Unit: "×", Digits: 2, Worse: +1}}
	if r.Budget.BurnRate.H1.Cmp(unit.DecimalOfInt(1)) > 0 {
		c.Tone = doc.Warn
	}
	return c
}
