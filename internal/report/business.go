package report

import (
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// business compares every business metric with the period before.
func business(r *Results) []doc.Block {
	if r.KPI == nil || len(r.KPI.Metrics) == 0 {
		return missing(r, "business")
	}
	t := doc.Table{ID: "business_metrics", Title: "Against the period before", Columns: []doc.Column{
		{Title: "Metric"}, {Title: "Value", Numeric: true}, {Title: "Before", Numeric: true, Priority: 2},
		{Title: "Change", Numeric: true}, {Title: "Target", Numeric: true, Priority: 3}, {Title: "Trend", Priority: 4}}}
	for _, m := range r.KPI.Metrics {
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(m.Title),
			{Value: metricValue(m, m.Value), Tone: targetTone(m), Notes: m.Notes}, {Value: metricValue(m, m.Previous)},
			{Value: change(m.Value, m.Previous), Tone: growthTone(m)}, metricTarget(m), {Value: spark(m.Daily)}}})
	}
	return []doc.Block{t}
}

func metricValue(m kpi.Metric, v *unit.Decimal) doc.Value {
	switch {
	case v == nil && m.Reason != nil:
		return doc.Missing{Why: *m.Reason}
	case v == nil:
		return doc.Missing{Why: "no data in the period"}
	case m.Kind == string(kpi.Ratio):
		return doc.Ratio{Percent: *v, Digits: 2}
	case isCurrency(m.Unit):
		return doc.Money{Amount: *v, Currency: m.Unit}
	case m.Kind == string(kpi.Counter) && m.Unit == "":
		return doc.Count{N: *v}
	}
	return doc.Number{N: *v, Unit: m.Unit, Digits: ratioDigits}
}

// isCurrency reports whether a unit is written as a currency code.
func isCurrency(u string) bool {
	if len(u) != 3 {
		return false
	}
	for _, r := range u {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

func metricTarget(m kpi.Metric) doc.Cell {
	if m.Target == nil {
		return text("–")
	}
	return doc.Cell{Value: metricValue(m, m.Target)}
}

// targetTone says whether a metric with a target and a direction met it.
func targetTone(m kpi.Metric) doc.Tone {
	if m.Target == nil || m.Value == nil || m.Better == "" {
		return doc.Neutral
	}
	if c := m.Value.Cmp(*m.Target); c == 0 || (c > 0) == (m.Better == "higher") {
		return doc.Good
	}
	return doc.Bad
}

func growthTone(m kpi.Metric) doc.Tone {
	if m.Growth == nil || m.Growth.IsZero() || m.Better == "" {
		return doc.Neutral
	}
	if (m.Growth.Sign() > 0) == (m.Better == "higher") {
		return doc.Good
	}
	return doc.Warn
}
