package report

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/report/doc"
)

// RecommendationBlocks shows what could be saved, from which figures that follows
// and under which assumptions, and what became of the advice of the period before.
func RecommendationBlocks(r *advice.Report) []doc.Block {
	if len(r.Recommendations) == 0 {
		return append([]doc.Block{doc.Callout{Tone: doc.Good, Title: "No advice", Text: "Nothing that would save a thousandth of the costs was found in " + r.Period.Name + "."}}, outcomeBlocks(r)...)
	}
	return slices.Concat([]doc.Block{RecommendationTable(r)}, steps(r), []doc.Block{figureTable(r)}, outcomeBlocks(r))
}

// RecommendationTable lists the advice, what saves the most first.
func RecommendationTable(r *advice.Report) doc.Table {
	t := doc.Table{ID: "recommendations", Title: "What could be saved, by the figures of " + r.Period.Name, Columns: []doc.Column{{Title: "Advice"},
		{Title: "About", Numeric: true, Priority: 1}, {Title: "Saves at least", Numeric: true}, {Title: "At most", Numeric: true}}}
	for _, x := range r.Recommendations {
		t.Rows = append(t.Rows, doc.Row{Cells: append([]doc.Cell{text(sentence(x.Title)), money(x.Amount, x.Currency)}, savedCells(x)...)})
	}
	return t
}

func savedCells(x advice.Recommendation) []doc.Cell {
	if x.Saving == nil {
		return []doc.Cell{missingCell(x.Reason), missingCell(x.Reason)}
	}
	low, high := money(x.Saving.Low, x.Currency), money(x.Saving.High, x.Currency)
	if x.Saving.Low.Sign() < 0 {
		low.Tone, low.Notes = doc.Warn, []string{"below 0: in the worst case it costs more"}
	}
	return []doc.Cell{low, high}
}

// steps say what to do about each piece of advice, and what its range assumes.
func steps(r *advice.Report) []doc.Block {
	var out []doc.Block
	for _, x := range r.Recommendations {
		say := sentence(x.Do) + "."
		if len(x.Assumptions) > 0 {
			say += " Assumed: " + strings.Join(x.Assumptions, "; ") + "."
		}
		out = append(out, doc.Callout{Title: sentence(x.Title), Text: say})
	}
	return out
}

// figureTable has the figures that the advice follows from.
func figureTable(r *advice.Report) doc.Table {
	t := doc.Table{ID: "recommendation_evidence", Title: "Evidence", Columns: []doc.Column{{Title: "Advice"}, {Title: "Figure"}, {Title: "Value", Numeric: true}}}
	for _, x := range r.Recommendations {
		for i, f := range x.Evidence {
			title := sentence(x.Title)
			if i > 0 {
				title = ""
			}
			t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(title), text(sentence(f.Name)), figureCell(f, x.Currency)}})
		}
	}
	return t
}

func figureCell(f advice.Figure, currency string) doc.Cell {
	switch f.Unit {
	case currency:
		return money(f.Value, currency)
	case "percent":
		return doc.Cell{Value: doc.Ratio{Percent: f.Value, Digits: 2}}
	case "tokens", "windows":
		return doc.Cell{Value: doc.Number{N: f.Value, Unit: f.Unit}}
	}
	return doc.Cell{Value: doc.Number{N: f.Value, Digits: 4, Unit: f.Unit}}
}

// outcomeBlocks show what became of earlier advice, by the money.
func outcomeBlocks(r *advice.Report) []doc.Block {
	if len(r.Realised) == 0 {
		return nil
	}
	t := doc.Table{ID: "recommendation_outcomes", Title: "What became of the advice of " + r.Previous.Name, Columns: []doc.Column{{Title: "Advice"}, {Title: "Foreseen", Numeric: true, Priority: 1}, {Title: r.Previous.Name, Numeric: true},
		{Title: r.Period.Name, Numeric: true}, {Title: "Realised", Numeric: true}, {Title: "State"}}}
	for _, o := range r.Realised {
		foreseen := text("–")
		if o.Advised != nil {
			foreseen = text(amounts(o.Advised.Low, o.Advised.High, o.Currency))
		}
		realised := missingCell("the spend of the later period could not be read")
		if o.Realised != nil {
			realised = differenceCell(o.Realised.Neg(), o.Currency)
			realised.Value = doc.Money{Amount: *o.Realised, Currency: o.Currency, Signed: true}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(sentence(o.Title)), foreseen, money(o.Before, o.Currency), orMissing(o.After, o.Currency, "could not be read"), realised,
			{Value: doc.Text(o.State), Tone: map[advice.State]doc.Tone{advice.Done: doc.Good, advice.Partly: doc.Warn}[o.State]}}})
	}
	return []doc.Block{t}
}

// sentence begins a text with a capital, unless it begins with a name.
func sentence(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word == "" || strings.ContainsAny(word, "/-_.:0123456789") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
