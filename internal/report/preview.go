package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// assumptionTitles head the columns of a preview.
func assumptionTitles() []doc.Column {
	return []doc.Column{{Title: "As is", Numeric: true}, {Title: "At current burn", Numeric: true}, {Title: "No more errors", Numeric: true}}
}

// PreviewText says what the columns of a preview assume.
func PreviewText(p *sla.Preview) string {
	return fmt.Sprintf("A preview of %s, which is not over: nothing of it is owed. As is: nothing more is counted. At current burn: traffic goes on as in the last 7 days, as bad as in the last day. "+
		"No more errors: traffic goes on, and nothing bad comes.", p.Period.Name)
}

// previewBlocks show what the credits of a running month would come to.
func previewBlocks(p *sla.Preview) []doc.Block {
	if p == nil {
		return nil
	}
	out := []doc.Block{doc.Callout{Tone: doc.Neutral, Title: "Preview", Text: PreviewText(p)}}
	for _, t := range PreviewTables(p) {
		out = append(out, t)
	}
	for _, n := range PreviewNotes(p) {
		out = append(out, doc.Callout{Tone: doc.Warn, Title: "Not foreseen", Text: upperFirst(n) + "."})
	}
	return out
}

// PreviewTables are what would be attained, by whom, and the credits of it; none
// where every assumption keeps every promise.
func PreviewTables(p *sla.Preview) []doc.Table {
	attained := prospectsTable(p)
	if len(attained.Rows) == 0 {
		return nil
	}
	out := []doc.Table{attained}
	if credits := previewCredits(p); len(credits.Rows) > 0 {
		out = append(out, credits, previewExposure(p))
	}
	return out
}

// PreviewNotes are what could not be foreseen, each said once.
func PreviewNotes(p *sla.Preview) []string {
	var out []string
	for _, s := range p.Scenarios {
		for _, n := range s.Notes {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// prospectsTable lists the objectives that would not be met under some assumption.
func prospectsTable(p *sla.Preview) doc.Table {
	t := doc.Table{ID: "credits_preview_results", Title: "Preview: what would be attained",
		Columns: append([]doc.Column{{Title: "Organization"}, {Title: "Objective"}, {Title: "Target", Numeric: true, Priority: 1}}, assumptionTitles()...)}
	for i, first := range p.Scenarios[0].Results {
		open := false
		name := sla.Result{SLA: first.SLA, Objective: first.Objective, Target: first.Target, Comparison: first.Comparison, Unit: first.Unit}
		cells := []doc.Cell{text(first.Organization), text(objectiveName(name)), {Value: promise(name)}}
		for _, s := range p.Scenarios {
			r := s.Results[i]
			open = open || r.State != sla.Met
			name.Attained, name.Bound, name.Reason = r.Attained, r.Bound, r.Reason
			cell := attained(name)
			if r.State != sla.Met {
				cell.Tone = toneOf(r.State)
			}
			cells = append(cells, cell)
		}
		if open {
			t.Rows = append(t.Rows, doc.Row{Cells: cells})
		}
	}
	return t
}

// previewCredits lists what organizations would be owed.
func previewCredits(p *sla.Preview) doc.Table {
	t := doc.Table{ID: "credits_preview", Title: "Preview: what would be owed", Columns: append([]doc.Column{{Title: "Organization"}}, assumptionTitles()...)}
	var orgs []string
	for _, s := range p.Scenarios {
		for _, c := range s.Credits {
			if !slices.Contains(orgs, c.Organization) {
				orgs = append(orgs, c.Organization)
			}
		}
	}
	for _, org := range orgs {
		cells := []doc.Cell{text(org)}
		for _, s := range p.Scenarios {
			cells = append(cells, previewAmount(s, org))
		}
		t.Rows = append(t.Rows, doc.Row{Cells: cells})
	}
	return t
}

// previewAmount is what an organization would be owed, with the percentage of its
// fee.
func previewAmount(s sla.Scenario, org string) doc.Cell {
	i := slices.IndexFunc(s.Credits, func(c sla.CreditTotal) bool { return c.Organization == org })
	if i < 0 {
		return text("–")
	}
	c := s.Credits[i]
	note := percentText(c.Percent) + " of the fee"
	if c.Capped {
		note += ", capped"
	}
	return doc.Cell{Value: doc.Money{Amount: c.Amount, Currency: c.Currency}, Tone: doc.Warn, Notes: []string{note}}
}

func percentText(p unit.Decimal) string { return strings.TrimSpace(doc.Format(percentOfFee(p))) }

// previewExposure adds up what would be owed, each currency for itself.
func previewExposure(p *sla.Preview) doc.Table {
	t := doc.Table{ID: "credits_preview_total", Title: "Preview: credits in all", Columns: append([]doc.Column{{Title: "Currency"}}, assumptionTitles()...)}
	var currencies []string
	for _, s := range p.Scenarios {
		for _, x := range s.Exposure {
			if !slices.Contains(currencies, x.Currency) {
				currencies = append(currencies, x.Currency)
			}
		}
	}
	slices.Sort(currencies)
	for _, currency := range currencies {
		cells := []doc.Cell{text(currency)}
		for _, s := range p.Scenarios {
			amount := unit.Decimal{}
			if i := slices.IndexFunc(s.Exposure, func(x sla.Exposure) bool { return x.Currency == currency }); i >= 0 {
				amount = s.Exposure[i].Amount
			}
			cells = append(cells, doc.Cell{Value: doc.Money{Amount: amount, Currency: currency}})
		}
		t.Rows = append(t.Rows, doc.Row{Cells: cells})
	}
	return t
}
