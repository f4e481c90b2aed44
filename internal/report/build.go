package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
)

// section is a part of a report that can be chosen by name.
type section struct {
	id, title string
	build     func(r *Results) []doc.Block
	// in has the first letters of the reports that have the section, unless a
	// configuration says which they have.
	in string
}

// sections returns every section in its default order.
func sections() []section {
	return []section{
		{"summary", "Summary", summary, "dwm"},
		{"sla", "SLA compliance", compliance, "dwm"},
		{"violations", "Violations", violations, "dwm"},
		{"credits", "Service credits", credits, "dwm"},
		{"business", "Business metrics", business, "dwm"},
		{"cost", "Cost", costs, "dwm"},
		{"allocation", "Allocation and margin", allocation, "m"},
		{"unit_costs", "Unit costs", unitCosts, "wm"},
		{"budgets", "Budgets", budgets, "wm"},
		{"anomalies", "Unusual costs", anomalies, "dwm"},
		{"forecast", "Forecast", forecasts, "m"},
		{"recommendations", "Recommendations", recommendations, "wm"},
		{"appendix", "Appendix", appendix, "dwm"},
	}
}

// Sections are the ids of the sections that a report has, in their order: those of
// its layout, else the default ones of daily, weekly and monthly reports.
func Sections(kind string, l Layout) []string {
	if len(l.Sections) > 0 {
		return l.Sections
	}
	var out []string
	for _, s := range sections() {
		if strings.Contains(s.in, kind[:min(1, len(kind))]) {
			out = append(out, s.id)
		}
	}
	return out
}

// Build makes the document of a report.
func Build(r *Results) *doc.Document {
	d := &doc.Document{Title: r.Layout.Title, Subtitle: subtitle(r), Language: "en", Author: "slactl", Created: r.GeneratedAt,
		Producer: "slactl " + r.Version, Facts: cover(r)}
	if d.Title == "" {
		d.Title = title(r)
	}
	known := map[string]section{}
	for _, s := range sections() {
		known[s.id] = s
	}
	var pending []string
	for _, id := range Sections(r.Report, r.Layout) {
		s, ok := known[id]
		if !ok {
			pending = append(pending, id)
			continue
		}
		if blocks := s.build(r); len(blocks) > 0 {
			d.Sections = append(d.Sections, doc.Section{ID: s.id, Title: s.title, Blocks: blocks})
		}
	}
	if len(pending) > 0 && len(d.Sections) > 0 {
		last := &d.Sections[len(d.Sections)-1]
		last.Blocks = append(last.Blocks, doc.Paragraph{Text: "Sections that this version does not draw yet: " + join(pending) + "."})
	}
	return d
}

func title(r *Results) string {
	return map[string]string{"daily": "Daily service report", "weekly": "Weekly service report", "monthly": "Monthly service report"}[r.Report]
}

func subtitle(r *Results) string {
	s := fmt.Sprintf("%s · %s", periodText(r), r.Period.Timezone)
	if r.Title != "" {
		s = r.Title + " · " + s
	}
	if !r.Period.Complete {
		s += " · to date"
	}
	return s
}

// periodText names the period as people say it.
func periodText(r *Results) string {
	start := r.Period.Start.In(zoneOf(r))
	switch r.Report {
	case "monthly":
		if start.Day() == 1 && r.Period.Name == start.Format("2006-01") {
			return start.Format("January 2006")
		}
	case "daily":
		if r.Period.Name == start.Format("2006-01-02") {
			return start.Format("Monday, 2 January 2006")
		}
	}
	return r.Period.Name
}

func zoneOf(r *Results) *time.Location {
	if zone, err := time.LoadLocation(r.Period.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

func cover(r *Results) []doc.Fact {
	overall, tone := overallState(r)
	zone := zoneOf(r)
	facts := []doc.Fact{
		{Label: "Overall", Cell: doc.Cell{Value: doc.Text(overall), Tone: tone}},
		{Label: "From", Cell: doc.Cell{Value: doc.Instant{Time: r.Period.Start.In(zone)}}},
		{Label: "To", Cell: doc.Cell{Value: doc.Instant{Time: r.Period.End.In(zone)}}},
		{Label: "Generated", Cell: doc.Cell{Value: doc.Instant{Time: r.GeneratedAt.In(zone)}}},
	}
	if r.Preliminary {
		facts = append(facts, doc.Fact{Label: "Bill", Cell: doc.Cell{Value: doc.Text("preliminary: it may still change"), Tone: doc.Warn}})
	}
	return facts
}

// overallState is the worst state of any result, in words.
func overallState(r *Results) (string, doc.Tone) {
	if r.SLA == nil || len(r.SLA.Results) == 0 {
		return "not measured", doc.Warn
	}
	n := countStates(r.SLA.Results)
	switch {
	case n[sla.Breached] > 0:
		return fmt.Sprintf("%d of %d results breached", n[sla.Breached], len(r.SLA.Results)), doc.Bad
	case n[sla.AtRisk] > 0:
		return fmt.Sprintf("%d of %d results at risk", n[sla.AtRisk], len(r.SLA.Results)), doc.Warn
	case n[sla.InsufficientData] > 0:
		return fmt.Sprintf("%d of %d results without sufficient data", n[sla.InsufficientData], len(r.SLA.Results)), doc.Warn
	}
	return "all objectives met", doc.Good
}

func countStates(results []sla.Result) map[sla.State]int {
	n := map[sla.State]int{}
	for _, r := range results {
		n[r.State]++
	}
	return n
}
