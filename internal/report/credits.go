package report

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// credits shows what each organization is owed, and what that is in all, and for
// a running month what it would come to. It is empty where there is nothing of
// either, unless the layout asks for it.
func credits(r *Results) []doc.Block {
	if r.SLA == nil {
		return nil
	}
	var blocks []doc.Block
	if len(r.SLA.Credits) > 0 {
		blocks = append(blocks, CreditsTable(r.SLA.Credits), ExposureTable(r.SLA.Credits))
	} else if slices.Contains(r.Layout.Sections, "credits") {
		blocks = append(blocks, doc.Paragraph{Text: noCredits(r)})
	}
	for _, n := range r.SLA.Notes {
		if strings.HasPrefix(n, sla.CreditNote) {
			blocks = append(blocks, doc.Callout{Tone: doc.Warn, Title: "Not computed", Text: upperFirst(n) + "."})
		}
	}
	return append(blocks, previewBlocks(r.SLA.Preview)...)
}

func noCredits(r *Results) string {
	if !r.Period.Complete {
		return "Service credits are computed for complete months; this period is to date."
	}
	return "No service credit is owed."
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// CreditsTable lists what organizations are owed, and by which clause. The month
// is named where there are several.
func CreditsTable(credits []sla.CreditTotal) doc.Table {
	t := doc.Table{ID: "credits", Title: "Owed to organizations", Columns: []doc.Column{{Title: "Organization"},
		{Title: "Percent", Numeric: true}, {Title: "Amount", Numeric: true}, {Title: "Because"}, {Title: "Capped", Priority: 1}}}
	months := false
	for _, c := range credits {
		months = months || c.Period != ""
		capped := text("no")
		if c.Capped {
			capped = doc.Cell{Value: doc.Text("yes"), Tone: doc.Warn}
		}
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(c.Organization), {Value: percentOfFee(c.Percent)},
			{Value: doc.Money{Amount: c.Amount, Currency: c.Currency}}, text(strings.Join(c.Because, "; ")), capped}})
	}
	if slices.ContainsFunc(credits, func(c sla.CreditTotal) bool { return c.ClaimBy != nil || c.ClaimWithin != "" }) {
		t = withColumn(t, len(t.Columns), doc.Column{Title: "Claim before", Priority: 2}, func(i int) doc.Cell {
			switch c := credits[i]; {
			case c.ClaimBy != nil:
				return doc.Cell{Value: doc.Instant{Time: *c.ClaimBy}}
			case c.ClaimWithin != "":
				return text(c.ClaimWithin + " after incident")
			}
			return text("–")
		})
	}
	if months {
		t = withColumn(t, 1, doc.Column{Title: "Month"}, func(i int) doc.Cell { return text(credits[i].Period) })
	}
	return t
}

// percentOfFee shows a percentage of a contract with the digits that it has.
func percentOfFee(p unit.Decimal) doc.Value {
	_, fraction, _ := strings.Cut(p.Canonical(), ".")
	return doc.Ratio{Percent: p, Digits: len(fraction)}
}

// ExposureTable shows what is owed in all, each currency for itself.
func ExposureTable(credits []sla.CreditTotal) doc.Table {
	t := doc.Table{ID: "credits_total", Title: "Credits in all", Columns: []doc.Column{{Title: "Currency"}, {Title: "Organizations", Numeric: true}, {Title: "Amount", Numeric: true}}}
	for _, x := range sla.Exposures(credits) {
		t.Rows = append(t.Rows, doc.Row{Cells: []doc.Cell{text(x.Currency), {Value: doc.Count{N: unit.DecimalOfInt(int64(x.Organizations))}},
			{Value: doc.Money{Amount: x.Amount, Currency: x.Currency}}}})
	}
	return t
}
