package report

import (
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// appendix lets a reader check the figures: what was read, how much of it, what
// was left out and by which configuration.
func appendix(r *Results) []doc.Block {
	blocks := []doc.Block{sourcesTable(r)}
	if t := expressionsTable(r); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	if r.SLA != nil {
		if t := coverageTable(r.SLA.Results); len(t.Rows) > 0 {
			blocks = append(blocks, t)
		}
	}
	if t := exclusionsTable(r); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	if t := effectTable(r); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	if r.Cost != nil && len(r.Cost.Ledger) > 0 {
		blocks = append(blocks, LedgerTables(cost.NewLedger(r.Cost, func(cost.LedgerEntry) bool { return true }))...)
	}
	blocks = append(blocks, doc.Facts{Items: []doc.Fact{
		{Label: "Configuration digest", Cell: text(r.ConfigDigest)},
		{Label: "Results", Cell: text(r.Schema)},
		{Label: "Computed by", Cell: text("slactl " + r.Version)}}})
	if notes := r.notes(); len(notes) > 0 {
		blocks = append(blocks, doc.Paragraph{Text: "To know: " + strings.Join(notes, "; ") + "."})
	}
	return blocks
}

// notes are those of the results as a whole, each once.
func (r *Results) notes() []string {
	notes := slices.Clone(r.Notes)
	if r.SLA != nil {
		for _, n := range r.SLA.Notes {
			if !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

func sourcesTable(r *Results) doc.Table {
	t := doc.Table{ID: "sources", Title: "Sources", Columns: []doc.Column{{Title: "Name"}, {Title: "Kind"}, {Title: "Target"},
		{Title: "Accounting", Priority: 1}, {Title: "Series", Numeric: true, Priority: 2}, {Title: "Samples", Numeric: true, Priority: 2}, {Title: "Detail", Priority: 3}}}
	for _, s := range r.Sources {
		count := func(n int64) doc.Cell {
			if s.Accounting == "" {
				return text("–")
			}
			return doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(n)}}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(s.Name), text(s.Kind), text(s.Target), orDash(s.Accounting), count(s.Series), count(s.Samples), orDash(s.Detail)}})
	}
	return t
}

func expressionsTable(r *Results) doc.Table {
	t := doc.Table{ID: "queries", Title: "What was read", Columns: []doc.Column{{Title: "Source"}, {Title: "Selector or query"}}}
	for _, s := range r.Sources {
		for _, x := range s.Expressions {
			t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(s.Name), text(x)}})
		}
	}
	return t
}

// coverageTable shows the windows of the widest group of each objective by
// state.
func coverageTable(results []sla.Result) doc.Table {
	t := doc.Table{ID: "coverage", Title: "Coverage", Columns: []doc.Column{{Title: "SLA"}, {Title: "Objective"}, {Title: "Method"},
		{Title: "Windows", Numeric: true}, {Title: "Measured", Numeric: true, Priority: 1}, {Title: "Idle", Numeric: true, Priority: 2}, {Title: "No data", Numeric: true},
		{Title: "Unreachable", Numeric: true, Priority: 2}, {Title: "Excluded", Numeric: true, Priority: 2}, {Title: "Coverage", Numeric: true},
		{Title: "Events", Numeric: true, Priority: 3}, {Title: "Recovered", Numeric: true, Priority: 3}, {Title: "Unwitnessed", Numeric: true, Priority: 3}}}
	count := func(n int) doc.Cell { return doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(int64(n))}} }
	for _, r := range results {
		if r.Tier != "" || r.Organization != "" || len(r.Group) > 0 {
			continue
		}
		w := r.Windows
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(r.SLA), text(r.Objective), text(string(r.Method)), count(w.Total), count(w.Measured),
			count(w.Idle), count(w.NoData), count(w.Unreachable), count(w.Excluded),
			{Value: doc.Ratio{Percent: inPercent(r.Coverage), Digits: 2, Worse: -1}},
			{Value: doc.Count{N: r.Events.Total.Decimal}}, {Value: doc.Count{N: r.Events.Recovered.Decimal}}, {Value: doc.Count{N: r.Events.Unwitnessed.Decimal}}}})
	}
	return t
}

func exclusionsTable(r *Results) doc.Table {
	t := doc.Table{ID: "exclusions", Title: "Exclusions", Columns: []doc.Column{{Title: "Maintenance"}, {Title: "Start"}, {Title: "Lasts", Numeric: true},
		{Title: "Scope"}, {Title: "Ticket", Priority: 2}, {Title: "Applied"}}}
	zone := zoneOf(r)
	for _, x := range r.Exclusions {
		applied := doc.Cell{Value: doc.Text("yes"), Tone: doc.Neutral}
		start, lasts := doc.Value(doc.Instant{Time: x.Start.In(zone)}), doc.Value(doc.Duration(x.End.Sub(x.Start)))
		if !x.Applied {
			applied = doc.Cell{Value: doc.Text("no"), Tone: doc.Warn, Notes: []string{x.Reason}}
			if x.Start.IsZero() {
				start, lasts = doc.Missing{Why: x.Reason}, doc.Missing{Why: x.Reason}
			}
		} else if x.Reason != "" {
			applied = doc.Cell{Value: doc.Text("in part"), Tone: doc.Warn, Notes: []string{x.Reason}}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(x.Name), {Value: start}, {Value: lasts}, text(x.Scope), orDash(x.Ticket), applied}})
	}
	return t
}

// effectTable shows what exclusions changed.
func effectTable(r *Results) doc.Table {
	t := doc.Table{ID: "exclusion_effects", Title: "What exclusions changed", Columns: []doc.Column{{Title: "SLA"}, {Title: "Objective"},
		{Title: "Organization"}, {Title: "Without", Numeric: true}, {Title: "With", Numeric: true}, {Title: "Excluded", Numeric: true, Priority: 1}}}
	if r.SLA == nil {
		return t
	}
	for _, x := range r.SLA.Results {
		alike := x.Organization != "" && slices.Contains(r.Shared, x.SLA)
		if x.AttainedWithoutExclusions == nil || len(x.Group) > 0 || alike {
			continue
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(x.SLA), text(x.Objective), audience(x), {Value: quantity(x.AttainedWithoutExclusions, x)},
			{Value: quantity(x.Attained, x)}, {Value: doc.Duration(time.Duration(x.ExcludedSeconds) * time.Second)}}})
	}
	return t
}
