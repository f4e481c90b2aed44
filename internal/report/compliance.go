package report

import (
	"fmt"
	"slices"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// who identifies a result across periods.
type who struct{ sla, objective, tier, org string }

func whoIs(r sla.Result) who { return who{r.SLA, r.Objective, r.Tier, r.Organization} }

// anyTier is the same with the tier left out: an organization that changed its
// tier is still the same organization.
func (w who) anyTier() who {
	if w.org != "" {
		w.tier = ""
	}
	return w
}

// history is what a table shows beside a result: the value of the period before,
// and the days.
type history struct {
	previous map[who]sla.Result
	daily    map[who][]*unit.Decimal
}

func historyOf(r *Results) *history {
	h := &history{previous: map[who]sla.Result{}, daily: map[who][]*unit.Decimal{}}
	if r.SLAPrevious != nil {
		for _, p := range r.SLAPrevious.Results {
			if len(p.Group) == 0 {
				h.previous[whoIs(p).anyTier()] = p
			}
		}
	}
	day := map[string]int{}
	for _, d := range r.Daily {
		if _, ok := day[d.Date]; !ok {
			day[d.Date] = len(day)
		}
	}
	for _, d := range r.Daily { // a day before an organization's first is a gap
		w := who{d.SLA, d.Objective, d.Tier, d.Organization}.anyTier()
		if h.daily[w] == nil {
			h.daily[w] = make([]*unit.Decimal, len(day))
		}
		h.daily[w][day[d.Date]] = d.Attained
	}
	return h
}

// compliance shows every objective by tier, then by organization.
func compliance(r *Results) []doc.Block {
	if r.SLA == nil || len(r.SLA.Results) == 0 {
		return missing(r, "sla")
	}
	h := historyOf(r)
	var wide []sla.Result
	bySLA := map[string][]sla.Result{}
	var order []string
	for _, res := range r.SLA.Results {
		switch {
		case len(res.Group) > 0 || res.Organization != "" && slices.Contains(r.Shared, res.SLA):
		case res.Organization == "":
			wide = append(wide, res)
		default:
			if !slices.Contains(order, res.SLA) {
				order = append(order, res.SLA)
			}
			bySLA[res.SLA] = append(bySLA[res.SLA], res)
		}
	}
	blocks := dailyCharts(r)
	blocks = append(blocks, resultTable("sla_tiers", "By tier", wide, h))
	if len(r.Shared) > 0 && len(order) > 0 {
		blocks = append(blocks, doc.Paragraph{Text: fmt.Sprintf("Measured on the platform's series, and the same for every organization: %s.", join(r.Shared))})
	}
	for _, name := range order {
		t := resultTable("sla_"+name, "By organization: "+name, bySLA[name], h)
		blocks = append(blocks, withoutColumn(t, 0)) // the title says the SLA
	}
	if t := groupTable(r.SLA.Results); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	return blocks
}

// missing tells why a section has nothing to show; it is empty where nothing was
// asked for.
func missing(r *Results, prefix string) []doc.Block {
	var out []doc.Block
	for _, m := range r.Missing {
		if m.Section == prefix || len(m.Section) > len(prefix) && m.Section[:len(prefix)+1] == prefix+":" {
			out = append(out, doc.Callout{Tone: doc.Warn, Title: "Missing", Text: "Because " + m.Because + "."})
		}
	}
	return out
}

// resultTable lists results with their targets and states; with a history also
// the period before and the days.
func resultTable(id, title string, results []sla.Result, h *history) doc.Table {
	t := doc.Table{ID: id, Title: title, Columns: []doc.Column{
		{Title: "SLA"}, {Title: "Objective"}, {Title: "Tier", Priority: 2}, {Title: "Organization"},
		{Title: "Target", Numeric: true}, {Title: "Attained", Numeric: true}, {Title: "State"},
		{Title: "Budget used", Numeric: true, Priority: 3}}}
	if h != nil {
		t.Columns = append(t.Columns, doc.Column{Title: "Before", Numeric: true, Priority: 5}, doc.Column{Title: "Trend", Priority: 4})
	}
	orgs := false
	for _, r := range results {
		orgs = orgs || r.Organization != ""
		t.Rows = append(t.Rows, resultRow(r, h))
	}
	if !orgs { // a table of wider groups has no use for the column
		return withoutColumn(t, 3)
	}
	return t
}

func withoutColumn(t doc.Table, at int) doc.Table {
	t.Columns = slices.Delete(slices.Clone(t.Columns), at, at+1)
	for i := range t.Rows {
		t.Rows[i].Cells = slices.Delete(slices.Clone(t.Rows[i].Cells), at, at+1)
	}
	return t
}

func resultRow(r sla.Result, h *history) doc.Row {
	tier := orDash(r.Tier)
	if r.Tier == "" && r.Organization == "" {
		tier = text("all")
	}
	row := doc.Row{Cells: []doc.Cell{text(r.SLA), text(r.Objective), tier, audience(r),
		{Value: promise(r)}, attained(r), stateCell(r), budgetCell(r)}}
	if h != nil {
		before := doc.Cell{Value: doc.Missing{Why: "not judged in the period before"}}
		if p, ok := h.previous[whoIs(r).anyTier()]; ok {
			before = doc.Cell{Value: quantity(p.Attained, p)}
		}
		row.Cells = append(row.Cells, before, doc.Cell{Value: spark(h.daily[whoIs(r).anyTier()])})
	}
	return row
}

// audience names whom a result is for, so that a table without the column Tier
// is still understood.
func audience(r sla.Result) doc.Cell {
	switch {
	case r.Organization != "":
		return text(r.Organization)
	case r.Tier != "":
		return text("all " + r.Tier)
	}
	return text("all")
}

// groupTable lists the results of group_by labels.
func groupTable(results []sla.Result) doc.Table {
	var grouped []sla.Result
	for _, r := range results {
		if len(r.Group) > 0 {
			grouped = append(grouped, r)
		}
	}
	t := resultTable("sla_groups", "By group", grouped, nil)
	return withColumn(t, 2, doc.Column{Title: "Group"}, func(i int) doc.Cell { return text(groupText(grouped[i].Group)) })
}

func groupText(g map[string]string) string {
	var parts []string
	for k, v := range g {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return join(parts)
}

// dailyCharts draws the attainment of each day by tier, one chart per objective
// in percent that was worse than its target on some day.
func dailyCharts(r *Results) []doc.Block {
	var out []doc.Block
	for _, res := range r.SLA.Results {
		if res.Tier != "" || res.Organization != "" || len(res.Group) > 0 || res.Unit != "percent" {
			continue
		}
		if c, ok := dailyChart(r, res); ok {
			out = append(out, c)
		}
	}
	return out
}

func dailyChart(r *Results, res sla.Result) (doc.Chart, bool) {
	c := doc.Chart{ID: "daily_" + res.SLA + "_" + res.Objective, Kind: doc.Line, Unit: "%",
		Title: fmt.Sprintf("%s: %s by day", res.SLA, res.Objective)}
	target := res.Target.Float()
	c.Target = &target
	series := map[string]int{}
	perfect := 100.0
	if res.Comparison == sla.AtMost {
		perfect = 0
	}
	eventful := false
	for _, d := range r.Daily {
		if d.SLA != res.SLA || d.Objective != res.Objective || d.Organization != "" {
			continue
		}
		name := d.Tier
		if name == "" {
			name = "all"
		}
		i, ok := series[name]
		if !ok {
			i = len(c.Series)
			series[name] = i
			c.Series = append(c.Series, doc.Series{Name: name})
		}
		if name == "all" {
			c.Labels = append(c.Labels, d.Date)
		}
		var point *float64
		if d.Attained != nil {
			f := d.Attained.Float()
			point = &f
			eventful = eventful || f != perfect
		}
		c.Series[i].Points = append(c.Series[i].Points, point)
	}
	return c, eventful && len(c.Labels) > 1
}
