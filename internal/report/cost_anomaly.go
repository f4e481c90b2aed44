package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// chartedAnomalies is how many anomalies are drawn, the most expensive first.
const chartedAnomalies = 3

// AnomalyBlocks shows what was unusual in the costs: the list, the evidence of
// each unusual day, and pictures of the most expensive episodes.
func AnomalyBlocks(r *cost.AnomalyReport) []doc.Block {
	if len(r.Anomalies) == 0 {
		return []doc.Block{doc.Paragraph{Text: noAnomaly(r)}}
	}
	blocks := []doc.Block{AnomalyTable(r), EvidenceTable(r)}
	for i, a := range r.Anomalies[:min(len(r.Anomalies), chartedAnomalies)] {
		blocks = append(blocks, anomalyChart(fmt.Sprintf("anomaly_%d", i+1), a, r.By))
	}
	return append(blocks, doc.Paragraph{Text: evidenceKey})
}

// evidenceKey says how the figures of the evidence follow from each other.
const evidenceKey = "Level: the median of the seven days before, each over its weekday's factor. Factor: the median of how the same weekdays of eight weeks stood to the " +
	"median of the seven days before them. Expected: level × factor (level + factor where something was 0 or below). Range: expected ± 4.5 scales; scale: 1.4826 × the median absolute " +
	"deviation, of all days or of the weekday if that is larger, and at least 2 % of expected. The JSON has all values that these were computed from."

func noAnomaly(r *cost.AnomalyReport) string {
	switch {
	case r.Checked == 0:
		return "No charge falls into this period or before it."
	case r.BilledUntil < r.Period.Start.Format(time.DateOnly):
		return "No day of this period is billed: the bills end with " + r.BilledUntil + "."
	case r.Unjudged == r.Checked:
		return "The history is too short to tell what is unusual: that takes about five weeks of daily charges."
	}
	return "Nothing unusual was charged."
}

// AnomalyTable lists anomalies, the most expensive first.
func AnomalyTable(r *cost.AnomalyReport) doc.Table {
	t := doc.Table{ID: "cost_anomalies", Title: fmt.Sprintf("Unusual costs (%s)", r.Measure)}
	t.Columns = append(keyColumns(r.By), doc.Column{Title: "From"}, doc.Column{Title: "To", Priority: 3}, doc.Column{Title: "Days", Numeric: true, Priority: 4}, doc.Column{Title: "Kind"},
		doc.Column{Title: "Amount", Numeric: true}, doc.Column{Title: "Expected", Numeric: true}, doc.Column{Title: "Excess", Numeric: true}, doc.Column{Title: "Of the total", Numeric: true, Priority: 2}, doc.Column{Title: "Severity"})
	for _, a := range r.Anomalies {
		share := doc.Value(doc.Missing{Why: "the total is not above 0"})
		if a.Share != nil {
			share = doc.Ratio{Percent: inPercent(*a.Share), Digits: ratioDigits}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: append(keyCells(a.Keys, r.By), text(a.Start), text(a.End), doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(int64(a.Days))}},
			text(strings.ReplaceAll(a.Kind, "_", " ")), money(a.Amount, a.Currency), money(a.Expected, a.Currency),
			doc.Cell{Value: doc.Money{Amount: a.Excess, Currency: a.Currency, Signed: true}}, doc.Cell{Value: share}, doc.Cell{Value: doc.Text(a.Severity), Tone: severityTone(a.Severity)})})
	}
	return t
}

func severityTone(s cost.Severity) doc.Tone {
	switch s {
	case cost.Critical:
		return doc.Bad
	case cost.Warning:
		return doc.Warn
	}
	return doc.Neutral
}

// EvidenceTable shows how each unusual day was judged.
func EvidenceTable(r *cost.AnomalyReport) doc.Table {
	t := doc.Table{ID: "cost_anomaly_evidence", Title: "Evidence"}
	t.Columns = append(keyColumns(r.By), doc.Column{Title: "Day"}, doc.Column{Title: "Amount", Numeric: true}, doc.Column{Title: "Level", Numeric: true, Priority: 1}, doc.Column{Title: "Factor", Numeric: true, Priority: 1},
		doc.Column{Title: "Expected", Numeric: true}, doc.Column{Title: "Range", Numeric: true}, doc.Column{Title: "Scale", Numeric: true, Priority: 2}, doc.Column{Title: "Score", Numeric: true})
	for _, a := range r.Anomalies {
		for _, e := range a.Evidence {
			score := doc.Value(doc.Missing{Why: "usually there is nothing, so there is no scale: the range is one and a half times that of the weeks before"})
			if e.Score != nil {
				score = doc.Number{N: *e.Score, Digits: 1}
			}
			factor := doc.Cell{Value: doc.Number{N: e.Factor, Digits: 3, Unit: "×"}}
			if e.Method == "difference" {
				factor = money(e.Factor, a.Currency)
			}
			t.Rows = append(t.Rows, doc.Row{Cells: append(keyCells(a.Keys, r.By), text(e.Date), money(e.Amount, a.Currency), money(e.Level, a.Currency), factor,
				money(e.Expected, a.Currency), text(amounts(e.Low, e.High, a.Currency)), money(e.Scale, a.Currency), doc.Cell{Value: score})})
		}
	}
	return t
}

// anomalyChart draws an episode with the weeks before it, and the range of its
// unusual days.
func anomalyChart(id string, a cost.Anomaly, by []string) doc.Chart {
	c := doc.Chart{ID: id, Title: fmt.Sprintf("%s: %s of %s", groupName(a.Keys, by), strings.ReplaceAll(a.Kind, "_", " "), a.Start), Kind: doc.Line, Unit: a.Currency,
		Series: []doc.Series{{Name: "cost"}, {Name: "expected"}}}
	expected := map[string]float64{}
	for _, e := range a.Evidence {
		expected[e.Date] = e.Expected.Float()
	}
	for _, d := range a.History {
		c.Labels = append(c.Labels, d.Date)
		var amount, usual *float64
		if d.Amount != nil {
			f := d.Amount.Float()
			amount = &f
		}
		if f, ok := expected[d.Date]; ok {
			usual = &f
		}
		c.Series[0].Points, c.Series[1].Points = append(c.Series[0].Points, amount), append(c.Series[1].Points, usual)
	}
	return c
}

// amounts writes a range of money.
func amounts(low, high unit.Decimal, currency string) string {
	return doc.Format(doc.Money{Amount: low}) + " – " + doc.Format(doc.Money{Amount: high, Currency: currency})
}

// keyColumns are the columns of the keys of groups.
func keyColumns(by []string) []doc.Column {
	var out []doc.Column
	for _, k := range by {
		out = append(out, doc.Column{Title: heading(k)})
	}
	return out
}

func keyCells(keys map[string]*string, by []string) []doc.Cell {
	var out []doc.Cell
	for _, k := range by {
		out = append(out, keyCell(keys[k]))
	}
	return out
}

// groupName names a group in a title.
func groupName(keys map[string]*string, by []string) string {
	var parts []string
	for _, k := range by {
		if v := keys[k]; v != nil {
			parts = append(parts, *v)
		} else {
			parts = append(parts, "no "+k)
		}
	}
	if len(parts) == 0 {
		return "All costs"
	}
	return strings.Join(parts, ", ")
}
