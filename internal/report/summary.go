package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// attentionRows is how many results the summary lists; the rest is in the
// section on compliance.
const attentionRows = 12

// summary answers two questions: are we keeping our promises, and what does it
// cost?
func summary(r *Results) []doc.Block {
	var blocks []doc.Block
	for _, m := range r.Missing {
		blocks = append(blocks, doc.Callout{Tone: doc.Warn, Title: "Missing: " + m.Section, Text: "Because " + m.Because + "."})
	}
	blocks = append(blocks, doc.Facts{Items: append(keyFigures(r), outlookFacts(r)...)})
	blocks = append(blocks, headlines(r)...)
	if r.SLA == nil {
		return blocks
	}
	var bad []sla.Result
	for _, res := range r.SLA.Results {
		alike := res.Organization != "" && slices.Contains(r.Shared, res.SLA) // said once, for all
		if res.State != sla.Met && len(res.Group) == 0 && !alike {
			bad = append(bad, res)
		}
	}
	if len(bad) == 0 {
		if len(r.SLA.Results) > 0 {
			blocks = append(blocks, doc.Callout{Tone: doc.Good, Title: "All promises kept", Text: "Every objective was met for everyone it was promised to."})
		}
		return blocks
	}
	slices.SortStableFunc(bad, func(a, b sla.Result) int { return urgency(a) - urgency(b) })
	shown := bad[:min(len(bad), attentionRows)]
	t := resultTable("attention", "What needs attention", shown, nil)
	t = withColumn(t, len(t.Columns), doc.Column{Title: "Budget ran out", Priority: 4}, func(i int) doc.Cell { return ranOut(shown[i], zoneOf(r)) })
	blocks = append(blocks, t)
	if rest := len(bad) - attentionRows; rest > 0 {
		blocks = append(blocks, doc.Paragraph{Text: fmt.Sprintf("%d more results are not met; the section SLA compliance has them all.", rest)})
	}
	return blocks
}

// ranOut is the moment at which a budget was spent.
func ranOut(r sla.Result, zone *time.Location) doc.Cell {
	if r.Budget == nil || r.Budget.ExhaustedAt == nil {
		return text("–")
	}
	return doc.Cell{Value: doc.Instant{Time: r.Budget.ExhaustedAt.In(zone)}}
}

// urgency orders what needs attention: breaches first, then what is at risk, then
// what is not known.
func urgency(r sla.Result) int {
	return map[sla.State]int{sla.Breached: 0, sla.AtRisk: 1, sla.InsufficientData: 2, sla.Met: 3}[r.State]
}

func keyFigures(r *Results) []doc.Fact {
	var facts []doc.Fact
	if r.SLA != nil {
		n := countStates(r.SLA.Results)
		add := func(label string, s sla.State) {
			tone := doc.Neutral
			if n[s] > 0 {
				tone = toneOf(s)
			}
			facts = append(facts, doc.Fact{Label: label, Cell: doc.Cell{Value: doc.Count{N: unit.DecimalOfInt(int64(n[s]))}, Tone: tone}})
		}
		add("Met", sla.Met)
		add("Breached", sla.Breached)
		if !r.Period.Complete {
			add("At risk", sla.AtRisk)
		}
		add("Without sufficient data", sla.InsufficientData)
		for _, x := range sla.Exposures(r.SLA.Credits) {
			facts = append(facts, doc.Fact{Label: "Credits owed", Cell: doc.Cell{Value: doc.Money{Amount: x.Amount, Currency: x.Currency}, Tone: doc.Bad}})
		}
	}
	if r.Cost != nil {
		for _, t := range r.Cost.Totals {
			label := fmt.Sprintf("Cost (%s)", r.Cost.Measure)
			facts = append(facts, doc.Fact{Label: label, Cell: doc.Cell{Value: doc.Money{Amount: t.Amount, Currency: t.Currency}}})
			if r.Period.Complete { // a part of a period is no less than the whole one before
				facts = append(facts, doc.Fact{Label: "Cost against the period before", Cell: doc.Cell{Value: change(&t.Amount, totalOf(r.CostPrevious, t.Currency))}})
			}
		}
		if len(r.Cost.Totals) == 0 {
			facts = append(facts, doc.Fact{Label: fmt.Sprintf("Cost (%s)", r.Cost.Measure), Cell: missingCell("no charge of this period is in the bills")})
		}
	}
	return facts
}

// totalOf is a report's total in one currency, nil where it has none.
func totalOf(r *cost.Report, currency string) *unit.Decimal {
	if r == nil {
		return nil
	}
	for _, t := range r.Totals {
		if t.Currency == currency {
			return &t.Amount
		}
	}
	return nil
}

func join(list []string) string { return strings.Join(list, ", ") }
