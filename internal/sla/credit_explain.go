package sla

import (
	"fmt"
	"strings"

	"github.com/slactl/slactl/internal/unit"
)

// CreditExplanation tells how the credit of one result follows from the terms,
// before it is combined with those of other objectives and capped.
type CreditExplanation struct {
	Bands      []BandCheck `json:"bands"`
	Arithmetic []Equation  `json:"arithmetic"`
	Credit     *Credit     `json:"credit"`
	// Reason says why there is no credit; null where there is one.
	Reason *string `json:"reason"`
	// Terms say how the credit is combined with others, and what caps it.
	Terms []string `json:"terms"`
}

// BandCheck is a band of the terms, and whether it is for the attained value.
type BandCheck struct {
	Clause  string       `json:"clause"` // below 99.95, above 1000 ms
	Percent unit.Decimal `json:"percent"`
	Holds   bool         `json:"holds"`
}

// Explain lays open the credit of a result that belongs to the account's month;
// nil where no block is about its objective.
func (a CreditAccount) Explain(r Result) *CreditExplanation {
	var best CreditBand
	x := &CreditExplanation{Bands: []BandCheck{}, Arithmetic: []Equation{}, Terms: []string{}}
	for _, b := range a.Blocks {
		if !(CreditAccount{Blocks: []CreditBlock{b}}).Concerns(r.SLA, r.Objective) || b.mixed() {
			continue
		}
		for _, band := range b.Bands {
			holds := r.Attained != nil && band.holds(&r)
			x.Bands = append(x.Bands, BandCheck{band.text(r.Unit), band.Percent, holds})
			if holds && band.Percent.Cmp(best.Percent) > 0 {
				best = band
			}
		}
		x.Terms = append(x.Terms, b.terms())
	}
	if len(x.Bands) == 0 {
		return nil
	}
	because := ""
	switch {
	case r.State == InsufficientData || r.Attained == nil:
		because = "insufficient data gives no credit"
	case r.State != Breached:
		because = "a result that met its target earns none"
	case best.Percent.IsZero():
		because = "no band is for the attained value"
	case a.Fee == nil:
		because = "no monthly_fee is known"
	}
	if because != "" {
		x.Reason = &because
		return x
	}
	x.Credit = &Credit{Percent: best.Percent, Amount: a.amount(best.Percent), Currency: a.Currency}
	x.Arithmetic = append(x.Arithmetic, a.equation(*x.Credit))
	return x
}

// text writes a band as the terms have it.
func (b CreditBand) text(u string) string {
	word := map[Comparison]string{AtLeast: "below", AtMost: "above"}[b.Comparison]
	suffix := map[string]string{"percent": " %", "score": ""}
	s, ok := suffix[u]
	if !ok && u != "" {
		s = " " + u
	}
	return word + " " + b.Bound.Canonical() + s
}

// terms say what becomes of a credit of the block.
func (b CreditBlock) terms() string {
	var names []string
	for _, o := range b.Objectives {
		names = append(names, o.Label())
	}
	out := "the highest credit of all objectives counts"
	if b.Sum {
		out = "the credits of all objectives add up"
	}
	if b.Cap != nil {
		out += ", at most " + b.Cap.Canonical() + " % of the fee"
	}
	return fmt.Sprintf("%s: %s", strings.Join(names, ", "), out)
}

// equation writes how an amount was computed.
func (a CreditAccount) equation(c Credit) Equation {
	e := Equation{Name: "credit", Formula: "fee × percent / 100", Numbers: fmt.Sprintf("%s × %s / 100", a.Fee, c.Percent.Canonical()), Value: c.Amount.String(), Unit: c.Currency}
	if a.Days < a.Of {
		e.Formula += " × days served / days of the month"
		e.Numbers += fmt.Sprintf(" × %d / %d", a.Days, a.Of)
	}
	e.Formula += ", rounded half up"
	return e
}
