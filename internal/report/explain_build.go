package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// BuildExplanation lays an explanation out: for each objective what was read,
// the arithmetic, the way to the state, and the period as a strip.
func BuildExplanation(x *Explanations) *doc.Document {
	d := &doc.Document{Title: "How the figures came about", Subtitle: x.Title, Created: x.GeneratedAt, Language: "en", Producer: "slactl"}
	for i := range x.Explanations {
		d.Sections = append(d.Sections, explanationSections(&x.Explanations[i], x.Legend)...)
	}
	if len(x.Notes) > 0 {
		s := doc.Section{ID: "notes", Title: "Notes"}
		for _, n := range x.Notes {
			s.Blocks = append(s.Blocks, doc.Paragraph{Text: n})
		}
		d.Sections = append(d.Sections, s)
	}
	return d
}

func explanationSections(x *Explanation, legend []sla.StripMark) []doc.Section {
	name := objectiveName(x.Result)
	parts := []doc.Section{
		{ID: "result", Title: name + ", " + audienceText(x.Result), Blocks: []doc.Block{explainedResult(x)}},
		{ID: "read", Title: name + ": what was read", Blocks: whatWasRead(x)},
		{ID: "arithmetic", Title: name + ": the arithmetic", Blocks: []doc.Block{arithmetic(x)}},
		{ID: "state", Title: name + ": how the state follows", Blocks: []doc.Block{stepFacts(x)}},
		{ID: "exclusions", Title: name + ": exclusions", Blocks: exclusionBlocks(x)},
		{ID: "strip", Title: name + ": the period by " + x.Strip.Each, Blocks: stripBlocks(x, legend)},
		{ID: "violations", Title: name + ": violations", Blocks: longestViolations(x)},
		{ID: "credit", Title: name + ": the credit", Blocks: creditBlocks(x)},
	}
	return slices.DeleteFunc(parts, func(s doc.Section) bool { return len(s.Blocks) == 0 })
}

// objectiveName is the SLA, and its objective where that has a name of its own.
func objectiveName(r sla.Result) string {
	if r.SLA == r.Objective {
		return r.SLA
	}
	return r.SLA + "." + r.Objective
}

func audienceText(r sla.Result) string {
	if len(r.Group) > 0 {
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(r.Group)) {
			labels = append(labels, k+"="+r.Group[k])
		}
		r.Group = nil
		return audienceText(r) + " {" + strings.Join(labels, ", ") + "}"
	}
	switch {
	case r.Organization != "" && r.Tier != "":
		return fmt.Sprintf("%s (%s)", r.Organization, r.Tier)
	case r.Organization != "":
		return r.Organization
	case r.Tier != "":
		return "all of " + r.Tier
	}
	return "everyone"
}

func fact(label, value string) doc.Fact { return doc.Fact{Label: label, Cell: text(value)} }

// explainedResult is the figure that is explained, exact.
func explainedResult(x *Explanation) doc.Facts {
	r := x.Result
	state := stateCell(r)
	state.Notes = nil // they stand below, one by one
	facts := []doc.Fact{{Label: "State", Cell: state}}
	if r.Attained != nil {
		facts = append(facts, fact("Attained", withUnitText(r.Attained.Canonical(), r.Unit)))
	} else {
		facts = append(facts, doc.Fact{Label: "Attained", Cell: doc.Cell{Value: doc.Missing{Why: reasonOf(r)}}})
	}
	if r.AttainedIfNoDataBad != nil {
		facts = append(facts, fact("No data as bad", withUnitText(r.AttainedIfNoDataBad.Canonical(), r.Unit)))
	}
	target := fmt.Sprintf("%s, from %s", doc.Format(promise(r)), x.Target.From)
	if x.Target.Position != "" {
		target += " at " + x.Target.Position
	}
	facts = append(facts, fact("Target", target))
	zone := zoneNamed(x.Period.Timezone)
	begin, end := x.Period.Start.In(zone), x.Period.End.In(zone)
	span := fmt.Sprintf("%s, %s: from %s to %s, %s", x.Period.Name, x.Period.Timezone, begin.Format(time.RFC3339), end.Format(time.RFC3339), hours(end.Sub(begin)))
	if !x.Period.Complete && x.Period.Name != NowPeriod {
		span += "; to date"
	}
	facts = append(facts, fact("Period", span))
	for i, n := range r.Notes {
		facts = append(facts, fact(firstOnly(i, "Notes"), n))
	}
	return doc.Facts{Items: facts}
}

// firstOnly labels the first of several lines.
func firstOnly(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

// hours writes a span exactly as hours: a month has 743 to 745 of them.
func hours(d time.Duration) string {
	if d == time.Hour {
		return "1 hour"
	}
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return period.FormatDuration(d)
}

func zoneNamed(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

func withUnitText(value, u string) string {
	if u == "percent" {
		return value + " %"
	}
	return strings.TrimSpace(value + " " + unitText(u))
}

func countText(n int64) string { return unit.FormatCount(unit.DecimalOfInt(n)) }

// whatWasRead lists the selectors, the source and what was counted.
func whatWasRead(x *Explanation) []doc.Block {
	var facts []doc.Fact
	if len(x.Reads) > 0 {
		facts = append(facts, fact("Source", strings.TrimSpace(fmt.Sprintf("%s %s", x.Source.Kind, x.Source.Target))),
			fact("Accounting", x.Source.Accounting),
			fact("Read", fmt.Sprintf("%s series, %s samples, of the whole selector and the time before the period", countText(x.Source.Series), countText(x.Source.Samples))))
	}
	for _, r := range x.Reads {
		facts = append(facts, fact(capital(r.Counts), r.Selector))
		if r.Samples != "" {
			facts = append(facts, fact("", fmt.Sprintf("its samples: query %s at time=%d", r.Samples, r.At.Unix())))
		}
	}
	w, e := x.Result.Windows, x.Result.Events
	counted := fmt.Sprintf("%s in all, %s bad; of them %s recovered across gaps; %s more unwitnessed and not counted",
		unit.FormatCount(e.Total.Decimal), unit.FormatCount(e.Bad.Decimal), unit.FormatCount(e.Recovered.Decimal), unit.FormatCount(e.Unwitnessed.Decimal))
	if x.Result.Method == sla.Value {
		counted = unit.FormatCount(e.Total.Decimal) + " values"
	}
	facts = append(facts, fact("Events", counted),
		fact("Windows", fmt.Sprintf("%s of %s: %s measured, %s idle, %s no data, %s unreachable, %s excluded; %s worse than the target", countText(int64(w.Total)), x.Window,
			countText(int64(w.Measured)), countText(int64(w.Idle)), countText(int64(w.NoData)), countText(int64(w.Unreachable)), countText(int64(w.Excluded)), countText(int64(w.Bad)))),
		fact("Rules", fmt.Sprintf("a gap is longer than %s, and a sample knows its predecessor up to %s back", x.MaxGap, x.Lookback)))
	for _, r := range x.Rules {
		facts = append(facts, fact("", r))
	}
	return []doc.Block{doc.Facts{Items: facts}}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// arithmetic writes each formula with its numbers, exact.
func arithmetic(x *Explanation) doc.Facts {
	var facts []doc.Fact
	for _, e := range x.Arithmetic {
		value := withUnitText(e.Value, e.Unit)
		line := e.Formula + " = " + value
		if e.Numbers != "" && e.Numbers != e.Value {
			line = fmt.Sprintf("%s = %s = %s", e.Formula, e.Numbers, value)
		}
		facts = append(facts, fact(capital(e.Name), line))
	}
	if len(facts) == 0 {
		facts = append(facts, doc.Fact{Label: "Attained", Cell: doc.Cell{Value: doc.Missing{Why: reasonOf(x.Result)}}})
	}
	return doc.Facts{Items: facts}
}

// stepFacts numbers the findings that lead to the state.
func stepFacts(x *Explanation) doc.Facts {
	var facts []doc.Fact
	for i, s := range x.Steps {
		c := text(s.Text)
		if s.Against {
			c.Tone = doc.Bad
		}
		if i == len(x.Steps)-1 {
			c.Tone = toneOf(x.Result.State)
		}
		facts = append(facts, doc.Fact{Label: fmt.Sprint(i+1, "."), Cell: c})
	}
	return doc.Facts{Items: facts}
}

func exclusionBlocks(x *Explanation) []doc.Block {
	if len(x.Exclusions) == 0 {
		return nil
	}
	zone := zoneNamed(x.Period.Timezone)
	t := doc.Table{ID: "exclusions", Columns: []doc.Column{{Title: "Excluded"}, {Title: "From"}, {Title: "To"}, {Title: "Lasted", Numeric: true}, {Title: "For", Priority: 2}, {Title: "Ticket", Priority: 1}}}
	for _, e := range x.Exclusions {
		name := text(e.Name)
		if e.Reason != "" {
			name.Notes = []string{e.Reason}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{name, {Value: doc.Instant{Time: e.Start.In(zone)}}, {Value: doc.Instant{Time: e.End.In(zone)}},
			{Value: doc.Duration(e.End.Sub(e.Start))}, text(e.Scope), orDash(e.Ticket)}})
	}
	out := []doc.Block{t}
	if u := x.Unexcluded; u != nil {
		much := "Excluded for some only"
		if s := x.Result.ExcludedSeconds; s > 0 {
			much = unit.FormatDuration(time.Duration(s)*time.Second) + " of time excluded"
		}
		out = append(out, doc.Paragraph{Text: fmt.Sprintf("%s. Without the exclusions: %s, %s, from %s events of which %s bad. With them: %s, %s.",
			much, exactOr(u.Attained, x.Result), stateText(u.State), unit.FormatCount(u.Events.Total.Decimal),
			unit.FormatCount(u.Events.Bad.Decimal), exactOr(x.Result.Attained, x.Result), stateText(x.Result.State))})
	}
	return out
}

func exactOr(v *unit.Decimal, r sla.Result) string {
	if v == nil {
		return "no value"
	}
	return withUnitText(v.Canonical(), r.Unit)
}

// stripBlocks draw the period with its marks, and beside them what each row
// counted and what it left of the budget.
func stripBlocks(x *Explanation, legend []sla.StripMark) []doc.Block {
	if len(x.Strip.Rows) == 0 || x.Result.Windows.Total == 0 {
		return nil
	}
	titles := map[string][2]string{"hour": {"Day", "0·····6·····12····18····"}, "day": {"Month", "1········10········20········30"}, "5 minutes": {"Hour", "0··15·30·45·"}}[x.Strip.Each]
	t := doc.Table{ID: "strip", Columns: []doc.Column{{Title: titles[0]}, {Title: titles[1]}}}
	course := courseBy(x)
	if len(course) > 0 {
		t.Columns = append(t.Columns, doc.Column{Title: "Events", Numeric: true, Priority: 2}, doc.Column{Title: "Bad", Numeric: true, Priority: 1}, doc.Column{Title: "Budget left", Numeric: true})
	}
	for _, row := range x.Strip.Rows {
		if row.Marks == "" {
			continue // still to come
		}
		cells := []doc.Cell{text(row.Name), text(row.Marks)}
		if len(course) > 0 {
			cells = append(cells, course.cells(row.Name)...)
		}
		t.Rows = append(t.Rows, doc.Row{Cells: cells})
	}
	var keys []string
	for _, m := range legend {
		if stripHas(x.Strip, m.Mark) {
			keys = append(keys, m.Mark+" "+m.Meaning)
		}
	}
	return []doc.Block{t, doc.Paragraph{Text: fmt.Sprintf("A mark for each %s: %s.", x.Strip.Each, strings.Join(keys, "; "))}}
}

func stripHas(s sla.Strip, mark string) bool {
	return slices.ContainsFunc(s.Rows, func(r sla.StripRow) bool { return strings.Contains(r.Marks, mark) })
}

// courseTable is the course of the budget by the rows of a strip.
type courseTable map[string]sla.CourseDay

// courseBy adds the days of the course up to the rows of the strip.
func courseBy(x *Explanation) courseTable {
	out := courseTable{}
	if x.Strip.Each == "5 minutes" {
		return out
	}
	for _, d := range x.Course {
		name := d.Date
		if x.Strip.Each == "day" {
			name = name[:len("2006-01")]
		}
		before := out[name]
		d.Total.Decimal, d.Bad.Decimal = before.Total.Add(d.Total.Decimal), before.Bad.Add(d.Bad.Decimal)
		out[name] = d
	}
	return out
}

func (c courseTable) cells(name string) []doc.Cell {
	d := c[name]
	left := doc.Cell{Value: doc.Missing{Why: "nothing may be bad"}}
	if d.Left != nil {
		left = doc.Cell{Value: doc.Ratio{Percent: inPercent(*d.Left), Digits: ratioDigits, Worse: -1}}
		if d.Left.Sign() < 0 {
			left.Tone = doc.Bad
		}
	}
	return []doc.Cell{{Value: doc.Count{N: d.Total.Decimal}}, {Value: doc.Count{N: d.Bad.Decimal}}, left}
}

// creditBlocks show the bands of the terms, the amount, and what becomes of it.
func creditBlocks(x *Explanation) []doc.Block {
	c := x.Credit
	if c == nil {
		return nil
	}
	var facts []doc.Fact
	for i, b := range c.Bands {
		cell := text(fmt.Sprintf("%s: %s of the fee", b.Clause, percentText(b.Percent)))
		if b.Holds {
			cell = doc.Cell{Value: cell.Value.(doc.Text) + "; the attained value is", Tone: doc.Bad}
		}
		facts = append(facts, doc.Fact{Label: firstOnly(i, "Bands"), Cell: cell})
	}
	for _, e := range c.Arithmetic {
		facts = append(facts, fact(capital(e.Name), fmt.Sprintf("%s = %s = %s %s", e.Formula, e.Numbers, e.Value, e.Unit)))
	}
	if c.Reason != nil {
		facts = append(facts, fact("Credit", "none: "+*c.Reason))
	}
	for i, t := range c.Terms {
		facts = append(facts, fact(firstOnly(i, "Combined"), t))
	}
	facts = append(facts, fact("In all", "`slactl sla credits --period "+x.Period.Name+"` combines the objectives"))
	return []doc.Block{doc.Facts{Items: facts}}
}

// explainedViolations is how many violations an explanation lists.
const explainedViolations = 10

func longestViolations(x *Explanation) []doc.Block {
	all := slices.Clone(x.Result.Violations)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b sla.Violation) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), b.BadEvents.Cmp(a.BadEvents.Decimal))
	})
	total := len(all)
	all = all[:min(total, explainedViolations)]
	slices.SortStableFunc(all, func(a, b sla.Violation) int { return a.Start.Compare(b.Start) })
	zone := zoneNamed(x.Period.Timezone)
	t := doc.Table{ID: "violations", Columns: []doc.Column{{Title: "From"}, {Title: "To"}, {Title: "Lasted", Numeric: true}, {Title: "Worst", Numeric: true},
		{Title: "Bad events", Numeric: true, Priority: 1}, {Title: "Budget share", Numeric: true, Priority: 2}}}
	for _, v := range all {
		share := doc.Value(doc.Missing{Why: "no error budget to share"})
		if v.BudgetShare != nil {
			share = doc.Ratio{Percent: inPercent(*v.BudgetShare), Digits: ratioDigits, Worse: +1}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{{Value: doc.Instant{Time: v.Start.In(zone)}}, {Value: doc.Instant{Time: v.End.In(zone)}},
			{Value: doc.Duration(time.Duration(v.Seconds) * time.Second)}, {Value: quantity(v.Worst, x.Result), Tone: doc.Bad}, {Value: doc.Count{N: v.BadEvents.Decimal}}, {Value: share}}})
	}
	out := []doc.Block{t}
	if total > len(all) {
		out = append(out, doc.Paragraph{Text: fmt.Sprintf("The %d longest of %d; --format json has all of them.", len(all), total)})
	}
	return out
}

// BudgetChart draws how the error budget of a result burned down: the share that
// was left at the end of each day, in percent, with a line at 0. It reports
// false where there is no course to draw.
func BudgetChart(id, title string, course []sla.CourseDay) (doc.Chart, bool) {
	zero := 0.0
	c := doc.Chart{ID: id, Title: title, Kind: doc.Line, Unit: "%", Target: &zero, Series: []doc.Series{{Name: "budget left"}}}
	drawn := 0
	for _, d := range course {
		c.Labels = append(c.Labels, d.Date)
		var point *float64
		if d.Left != nil {
			f := inPercent(*d.Left).Float()
			point = &f
			drawn++
		}
		c.Series[0].Points = append(c.Series[0].Points, point)
	}
	return c, drawn > 1
}
