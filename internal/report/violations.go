package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// violationRows is how many violations a report lists: those that took most of a
// budget, then the longest. All of them are in the JSON results.
const violationRows = 40

// incident is a violation and whose it was.
type incident struct {
	sla.Violation
	of sla.Result
}

// share is what the incident took of its budget, in whole percent: less is told
// apart by how long it lasted.
func (i incident) share() int64 {
	if i.BudgetShare == nil {
		return 0
	}
	n, _ := inPercent(*i.BudgetShare).Quantize(0, unit.Down).Int64()
	return n
}

// violations lists the runs of windows worse than target: those of
// organizations, or of the widest group where there are none or where all of
// them share the platform's series.
func violations(r *Results) []doc.Block {
	if r.SLA == nil || len(r.SLA.Results) == 0 {
		return nil
	}
	orgs := slices.ContainsFunc(r.SLA.Results, func(res sla.Result) bool { return res.Organization != "" })
	var all []incident
	for _, res := range r.SLA.Results {
		wide := res.Organization == "" && res.Tier == ""
		if single := orgs && !slices.Contains(r.Shared, res.SLA); len(res.Group) > 0 || single != (res.Organization != "") || !single && !wide {
			continue
		}
		for _, v := range res.Violations {
			all = append(all, incident{v, res})
		}
	}
	if len(all) == 0 {
		return []doc.Block{doc.Paragraph{Text: "No objective was worse than its target for longer than its grace period."}}
	}
	total := len(all)
	slices.SortStableFunc(all, func(a, b incident) int {
		return cmp.Or(cmp.Compare(b.share(), a.share()), cmp.Compare(b.Seconds, a.Seconds))
	})
	all = all[:min(total, violationRows)]
	slices.SortStableFunc(all, func(a, b incident) int { return a.Start.Compare(b.Start) })

	t := doc.Table{ID: "violations", Title: "Runs of windows worse than target", Columns: []doc.Column{
		{Title: "Start"}, {Title: "Lasted", Numeric: true}, {Title: "SLA"}, {Title: "Objective", Priority: 1}, {Title: "Tier", Priority: 4},
		{Title: "Organization"}, {Title: "Worst", Numeric: true}, {Title: "Bad events", Numeric: true, Priority: 3}, {Title: "Budget share", Numeric: true, Priority: 2}}}
	zone := zoneOf(r)
	for _, v := range all {
		share := doc.Value(doc.Missing{Why: "no error budget for this kind of objective"})
		if v.BudgetShare != nil {
			share = doc.Ratio{Percent: inPercent(*v.BudgetShare), Digits: ratioDigits, Worse: +1}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{
			{Value: doc.Instant{Time: v.Start.In(zone)}}, {Value: doc.Duration(time.Duration(v.Seconds) * time.Second)},
			text(v.of.SLA), text(v.of.Objective), orDash(v.of.Tier), audience(v.of),
			{Value: quantity(v.Worst, v.of), Tone: doc.Bad}, {Value: doc.Count{N: v.BadEvents.Decimal}}, {Value: share}}})
	}
	blocks := []doc.Block{t}
	if total > len(all) {
		blocks = append(blocks, doc.Paragraph{Text: fmt.Sprintf("The %d most severe of %d violations; --format json has all of them.", len(all), total)})
	}
	return blocks
}
