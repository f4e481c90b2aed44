package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// reconciledShown bounds the rows of a table of differences.
const reconciledShown = 25

// ReconciliationBlocks show both totals of each currency, the parts of their
// difference by cause, and the rows that differ by more than the tolerance.
func ReconciliationBlocks(r *cost.Reconciliation) []doc.Block {
	if len(r.Currencies) == 0 {
		return []doc.Block{doc.Paragraph{Text: fmt.Sprintf("Neither %s nor %s has anything to compare in %s.", r.A.Source, r.B.Source, r.Period.Name)}}
	}
	var blocks []doc.Block
	for _, c := range r.Currencies {
		blocks = append(blocks, ReconciliationTable(r, c))
	}
	if differing := DifferencesTable(r); len(differing.Rows) > 0 {
		blocks = append(blocks, differing)
	}
	return blocks
}

// ReconciliationTable tells why two totals differ: from the one of B, cause by
// cause, to the one of A.
func ReconciliationTable(r *cost.Reconciliation, c cost.ReconciledCurrency) doc.Table {
	t := doc.Table{ID: "reconciliation_" + strings.ToLower(c.Currency), Title: fmt.Sprintf("%s against %s, %s", r.A.Source, r.B.Source, c.Currency),
		Columns: []doc.Column{{Title: "Cause"}, {Title: "Amount", Numeric: true}, {Title: "Places", Numeric: true, Priority: 1}, {Title: "Evidence"}}}
	line := func(name string, amount doc.Cell, rest ...doc.Cell) {
		t.Rows = append(t.Rows, doc.Row{Cells: append([]doc.Cell{text(name), amount}, rest...)})
	}
	line(sideName(r.B), money(c.B, c.Currency), text(""), text(""))
	for _, p := range c.Causes {
		amount := doc.Cell{Value: doc.Money{Amount: p.Amount, Currency: c.Currency, Signed: true}}
		if p.Cause == cost.Unexplained {
			amount.Tone = doc.Warn
		}
		line(causeName(p.Cause), amount, doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(int64(p.Places))}}, text(evidenceText(p.Evidence)))
	}
	t.Total = &doc.Row{Cells: []doc.Cell{text(sideName(r.A)), money(c.A, c.Currency), text(""), text("")}}
	return t
}

// evidenceText is the first evidence, and how much more there is.
func evidenceText(evidence []string) string {
	switch len(evidence) {
	case 0:
		return ""
	case 1:
		return evidence[0]
	}
	return fmt.Sprintf("%s (and %d more)", evidence[0], len(evidence)-1)
}

func sideName(s cost.Side) string { return fmt.Sprintf("%s (%s)", s.Source, s.Role) }

// causeName is a cause in words.
func causeName(c cost.Cause) string {
	switch c {
	case cost.OnlyOneSide:
		return "Only on one side"
	case cost.NoPrice:
		return "No price"
	}
	return heading(string(c))
}

// DifferencesTable lists what differs by more than the tolerance, the largest
// amounts first.
func DifferencesTable(r *cost.Reconciliation) doc.Table {
	t := doc.Table{ID: "reconciliation_differences", Title: fmt.Sprintf("Differences above %s %%", inPercent(r.Tolerance).Canonical())}
	for _, k := range r.By {
		t.Columns = append(t.Columns, doc.Column{Title: heading(k)})
	}
	t.Columns = append(t.Columns, doc.Column{Title: r.A.Source, Numeric: true}, doc.Column{Title: r.B.Source, Numeric: true},
		doc.Column{Title: "Difference", Numeric: true}, doc.Column{Title: "Status", Priority: 1}, doc.Column{Title: "Causes"})
	differing := r.Differing()
	slices.SortStableFunc(differing, func(a, b cost.ReconciledRow) int { return magnitude(b.Difference).Cmp(magnitude(a.Difference)) })
	for _, row := range differing[:min(len(differing), reconciledShown)] {
		var cells []doc.Cell
		for _, k := range r.By {
			cells = append(cells, keyCell(row.Keys[k]))
		}
		var causes []string
		for _, c := range row.Causes {
			causes = append(causes, strings.ToLower(causeName(c)))
		}
		cells = append(cells, orMissing(row.A, row.Currency, "nothing"), orMissing(row.B, row.Currency, "nothing"),
			doc.Cell{Value: doc.Money{Amount: row.Difference, Currency: row.Currency, Signed: true}}, text(strings.ReplaceAll(row.Status, "_", " ")), text(strings.Join(causes, ", ")))
		t.Rows = append(t.Rows, doc.Row{Cells: cells})
	}
	return t
}

// ReconciliationNotes say what was not compared, and what the tables leave out.
func ReconciliationNotes(r *cost.Reconciliation) []string {
	var out []string
	for _, s := range []cost.Side{r.A, r.B} {
		for _, a := range s.Beyond {
			out = append(out, fmt.Sprintf("%s of %s is not compared: the other side cannot have it", unit.FormatMoney(a.Amount, a.Currency), s.Source))
		}
	}
	if n := len(r.Differing()); n > reconciledShown {
		out = append(out, fmt.Sprintf("%d more rows differ; --format csv lists all", n-reconciledShown))
	}
	for _, c := range r.Currencies {
		for _, p := range c.Causes {
			for _, e := range p.Evidence[min(1, len(p.Evidence)):] {
				out = append(out, strings.ToLower(causeName(p.Cause))+": "+e)
			}
		}
	}
	return append(out, r.Notes...)
}
