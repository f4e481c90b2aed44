package report

import (
	"testing"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// A budget burns down from day to day, below 0 once it is overdrawn; days on
// which nothing may be bad are gaps.
func TestBudgetChart(t *testing.T) {
	day := func(date, left string) sla.CourseDay {
		d := sla.CourseDay{Date: date}
		if left != "" {
			v := unit.MustDecimal(left)
			d.Left = &v
		}
		return d
	}
	c, ok := BudgetChart("burn", "Budget", []sla.CourseDay{day("2026-10-01", "0.75"), day("2026-10-02", ""), day("2026-10-03", "-1.5")})
	if !ok || len(c.Labels) != 3 || c.Labels[2] != "2026-10-03" || c.Kind != doc.Line || *c.Target != 0 {
		t.Fatalf("chart %+v", c)
	}
	if p := c.Series[0].Points; *p[0] != 75 || p[1] != nil || *p[2] != -150 {
		t.Errorf("points %v", p)
	}
	if _, ok := BudgetChart("burn", "Budget", []sla.CourseDay{day("2026-10-01", "0.75"), day("2026-10-02", "")}); ok {
		t.Error("one point was drawn as a chart")
	}
}

// The strip of a year has a row for each month, and what its days counted is
// added up beside it.
func TestStripByMonth(t *testing.T) {
	left := unit.MustDecimal("0.5")
	x := &Explanation{Result: sla.Result{Windows: sla.WindowCounts{Total: 2}}, Strip: sla.Strip{Each: "day", Rows: []sla.StripRow{{Name: "2026-10", Marks: ".x"}, {Name: "2026-11"}}},
		Course: []sla.CourseDay{{Date: "2026-10-01", Total: unit.Number{Decimal: unit.DecimalOfInt(10)}}, {Date: "2026-10-02", Total: unit.Number{Decimal: unit.DecimalOfInt(5)}, Bad: unit.Number{Decimal: unit.DecimalOfInt(1)}, Left: &left}}}
	blocks := stripBlocks(x, sla.StripLegend())
	table := blocks[0].(doc.Table)
	if len(table.Rows) != 1 {
		t.Fatalf("%d rows, want October alone: November is still to come", len(table.Rows))
	}
	got := ""
	for _, c := range table.Rows[0].Cells {
		got += doc.Format(c.Value) + " | "
	}
	if want := "2026-10 | .x | 15 | 1 | 50.0 % | "; got != want {
		t.Errorf("row %q, want %q", got, want)
	}
	if legend := blocks[1].(doc.Paragraph).Text; legend != "A mark for each day: x some worse; . met." {
		t.Errorf("legend %q", legend)
	}
}
