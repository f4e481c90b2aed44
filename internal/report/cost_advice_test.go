package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// rows writes the cells of a table as text, a row each.
func rows(t doc.Table) []string {
	var out []string
	for _, r := range t.Rows {
		var cells []string
		for _, c := range r.Cells {
			cells = append(cells, doc.Format(c.Value))
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

func TestRecommendationTable(t *testing.T) {
	n := unit.MustDecimal
	r := &advice.Report{Period: period.Info{Name: "2026-10"}, Recommendations: []advice.Recommendation{
		{Title: "gpt-9 is cheaper than gpt-8 for the same work", Currency: "USD", Amount: n("100"), Saving: &cost.Range{Low: n("-5"), High: n("40")}},
		{Title: "the budget LLM will not last for 2026-11", Currency: "USD", Amount: n("12.5"), Reason: "saves nothing by itself"}}}
	table := RecommendationTable(r)
	want := []string{"gpt-9 is cheaper than gpt-8 for the same work | 100.00 USD | -5.00 USD | 40.00 USD", "The budget LLM will not last for 2026-11 | 12.50 USD | n/a | n/a"}
	if got := rows(table); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if table.Rows[0].Cells[2].Tone != doc.Warn {
		t.Error("a saving that may be a loss is not marked")
	}
}

// Page one tells of budgets that do not last, the most expensive anomaly and the
// best advice; what is fine is not told.
func TestHeadlines(t *testing.T) {
	n := func(s string) *unit.Decimal { d := unit.MustDecimal(s); return &d }
	service, out := "EC2", time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	r := &Results{Spending: Spending{
		Budgets: &cost.BudgetReport{Budgets: []cost.Budget{
			{Name: "fine", Amount: *n("10"), Currency: "USD", Spent: n("9"), Projected: n("10")},
			{Name: "spent", Period: period.Info{Name: "2026-10"}, Amount: *n("10"), Currency: "USD", Spent: n("11"), Projected: n("11")},
			{Name: "soon", Period: period.Info{Name: "2026-11"}, Amount: *n("10"), Currency: "USD", Spent: n("2"), Projected: n("12"), ExhaustsAt: &out},
			{Name: "unknown", Amount: *n("10"), Currency: "USD", Reason: "two currencies"}}},
		Anomalies: &cost.AnomalyReport{By: []string{"service"}, Anomalies: []cost.Anomaly{
			{Keys: map[string]*string{"service": &service}, Currency: "USD", Severity: cost.Critical, Start: "2026-10-07", End: "2026-10-08", Amount: *n("90"), Expected: *n("30")}, {}}},
		Recommendations: &advice.Report{Period: period.Info{Name: "2026-10"}, Recommendations: []advice.Recommendation{
			{Title: "i-1 has nothing to do", Do: "turn it off", Currency: "USD", Saving: &cost.Range{Low: *n("5"), High: *n("10")}}, {Title: "more", Saving: &cost.Range{}}}}}}
	var got []string
	for _, b := range headlines(r) {
		c := b.(doc.Callout)
		got = append(got, c.Title+": "+c.Text)
	}
	want := []string{"Budget spent, 2026-10: Exceeded: 11.00 USD of 10.00 USD spent.",
		"Budget soon, 2026-11: Will not last: 12.00 USD projected, 10.00 USD planned, spent on 2026-11-20.",
		"Unusual: EC2 cost 90.00 USD from 2026-10-07 to 2026-10-08, 30.00 USD expected. 1 more in the section Unusual costs.",
		"Advice: i-1 has nothing to do: 5.00 – 10.00 USD could be saved, by the figures of 2026-10. Turn it off."}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Reports have more sections the longer they are; a configuration decides otherwise.
func TestSections(t *testing.T) {
	for kind, want := range map[string]string{
		"daily":   "summary sla violations credits business cost anomalies appendix",
		"weekly":  "summary sla violations credits business cost unit_costs budgets anomalies recommendations appendix",
		"monthly": "summary sla violations credits business cost allocation unit_costs budgets anomalies forecast recommendations appendix",
	} {
		if got := strings.Join(Sections(kind, Layout{}), " "); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	if got := Sections("daily", Layout{Sections: []string{"forecast"}}); !slices.Equal(got, []string{"forecast"}) {
		t.Errorf("%v", got)
	}
}
