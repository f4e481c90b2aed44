package report

import (
	"fmt"
	"strings"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

// notePart says what a reader must know of a part of a report, if anything.
func notePart(notes []string) []doc.Block {
	if len(notes) == 0 {
		return nil
	}
	return []doc.Block{doc.Paragraph{Text: "To know: " + strings.Join(notes, "; ") + "."}}
}

// allocation shows whom the costs belong to, and what is left of the revenue.
func allocation(r *Results) []doc.Block {
	blocks := missing(r, "allocation")
	for _, a := range r.Allocations {
		for _, b := range AllocationTables(a) {
			if t, ok := b.(doc.Table); ok {
				t.ID += "_" + a.By // there are several
				if !strings.HasPrefix(t.ID, "allocation_") || t.ID == "allocation_shared_"+a.By {
					t.Title += ", by " + a.By
				}
				b = t
			}
			blocks = append(blocks, b)
		}
		blocks = append(blocks, notePart(a.Notes)...)
	}
	if r.Margins != nil {
		tables := MarginTables(r.Margins)
		blocks = append(blocks, tables[0]) // what belongs to nobody is said above
		blocks = append(blocks, notePart(r.Margins.Notes)...)
	}
	return blocks
}

// unitCosts shows what one unit of business costs, and how tokens and caches were
// used.
func unitCosts(r *Results) []doc.Block {
	blocks := missing(r, "unit_costs")
	if r.UnitCosts != nil {
		blocks = append(blocks, UnitCostTables(r.UnitCosts)...)
		blocks = append(blocks, notePart(r.UnitCosts.Notes)...)
	}
	if r.Cache != nil {
		if len(r.Cache.Cache) > 0 {
			blocks = append(blocks, CacheTable(*r.Cache, nil))
		}
		if notes := PricingNotes(r.Cache.Pricing); len(r.Cache.Pricing.Matches) > 0 {
			text := "Tokens are priced by the catalogue, which was compared with the providers' own prices on " + r.PricesChecked + "."
			if len(notes) > 0 {
				text += " " + sentence(strings.Join(notes, "; ")) + "."
			}
			blocks = append(blocks, doc.Paragraph{Text: text})
		}
	}
	return blocks
}

// budgets shows how the budgets of costs stand.
func budgets(r *Results) []doc.Block {
	if r.Budgets == nil || len(r.Budgets.Budgets) == 0 {
		return nil
	}
	return append(BudgetBlocks(r.Budgets), notePart(r.Budgets.Notes)...)
}

// anomalies shows what was unusual in the costs.
func anomalies(r *Results) []doc.Block {
	if r.Anomalies == nil {
		return nil
	}
	return append(AnomalyBlocks(r.Anomalies), notePart(r.Anomalies.Notes)...)
}

// forecasts shows what costs will be.
func forecasts(r *Results) []doc.Block {
	if r.Forecast == nil {
		return nil
	}
	return append(ForecastBlocks(r.Forecast), notePart(r.Forecast.Notes)...)
}

// recommendations shows what could be saved.
func recommendations(r *Results) []doc.Block {
	if r.Recommendations == nil {
		return nil
	}
	return append(RecommendationBlocks(r.Recommendations), notePart(r.Recommendations.Notes)...)
}

// outlookFacts are how the budgets stand, and what the month ahead will cost.
func outlookFacts(r *Results) []doc.Fact {
	var out []doc.Fact
	if r.Budgets != nil {
		for _, b := range r.Budgets.Budgets {
			if b.ConsumedRatio == nil {
				continue
			}
			tone := reachedCell(b).Tone
			out = append(out, doc.Fact{Label: "Budget " + b.Name + ", " + b.Period.Name, Cell: doc.Cell{Value: doc.Ratio{Percent: inPercent(*b.ConsumedRatio), Digits: 1, Worse: +1}, Tone: tone}})
		}
	}
	if r.Forecast != nil {
		for _, f := range r.Forecast.Forecasts {
			if f.Period != nil {
				out = append(out, doc.Fact{Label: "Forecast up to " + r.Forecast.Until, Cell: money(f.Period.Amount, f.Currency)})
			}
		}
	}
	return out
}

// headlines are the news about money on page one: budgets that do not last, the
// most expensive anomaly, and the advice that would save the most.
func headlines(r *Results) []doc.Block {
	var out []doc.Block
	if r.Budgets != nil {
		for _, b := range r.Budgets.Budgets {
			if c, ok := budgetNews(b); ok {
				out = append(out, c)
			}
		}
	}
	if r.Anomalies != nil && len(r.Anomalies.Anomalies) > 0 {
		a := r.Anomalies.Anomalies[0]
		text := fmt.Sprintf("%s cost %s from %s to %s, %s expected.", groupName(a.Keys, r.Anomalies.By), amount(a.Amount, a.Currency), a.Start, a.End, amount(a.Expected, a.Currency))
		if a.Start == a.End {
			text = fmt.Sprintf("%s cost %s on %s, %s expected.", groupName(a.Keys, r.Anomalies.By), amount(a.Amount, a.Currency), a.Start, amount(a.Expected, a.Currency))
		}
		if more := len(r.Anomalies.Anomalies) - 1; more > 0 {
			text += fmt.Sprintf(" %d more in the section Unusual costs.", more)
		}
		out = append(out, doc.Callout{Tone: severityTone(a.Severity), Title: "Unusual", Text: text})
	}
	return append(out, adviceNews(r)...)
}

func budgetNews(b cost.Budget) (doc.Callout, bool) {
	c := doc.Callout{Tone: doc.Bad, Title: "Budget " + b.Name + ", " + b.Period.Name}
	switch {
	case b.Spent == nil:
		return c, false
	case b.Spent.Cmp(b.Amount) > 0:
		c.Text = fmt.Sprintf("Exceeded: %s of %s spent.", amount(*b.Spent, b.Currency), amount(b.Amount, b.Currency))
	case b.Projected != nil && b.Projected.Cmp(b.Amount) > 0:
		c.Tone, c.Text = doc.Warn, fmt.Sprintf("Will not last: %s projected, %s planned", amount(*b.Projected, b.Currency), amount(b.Amount, b.Currency))
		if b.ExhaustsAt != nil {
			c.Text += ", spent on " + b.ExhaustsAt.Format("2006-01-02")
		}
		c.Text += "."
	default:
		return c, false
	}
	return c, true
}

func adviceNews(r *Results) []doc.Block {
	if r.Recommendations == nil {
		return nil
	}
	for _, x := range r.Recommendations.Recommendations {
		if x.Saving != nil {
			return []doc.Block{doc.Callout{Tone: doc.Neutral, Title: "Advice", Text: fmt.Sprintf("%s: %s, by the figures of %s. %s.", sentence(x.Title),
				prospect(x), r.Recommendations.Period.Name, sentence(x.Do))}}
		}
	}
	return nil
}

// prospect says what a piece of advice could save, and what it could cost.
func prospect(x advice.Recommendation) string {
	if x.Risky() {
		return fmt.Sprintf("up to %s could be saved; it could also cost up to %s more", amount(x.Saving.High, x.Currency), amount(x.Saving.Low.Neg(), x.Currency))
	}
	return amounts(x.Saving.Low, x.Saving.High, x.Currency) + " could be saved"
}

func amount(d unit.Decimal, currency string) string {
	return doc.Format(doc.Money{Amount: d, Currency: currency})
}
