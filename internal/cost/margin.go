package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// MarginSchema names the version of [MarginReport]'s JSON form.
const MarginSchema = "slactl.margin/v1"

// MarginReport puts the allocated costs beside revenue and service credits, in
// the form that its JSON has.
type MarginReport struct {
	Schema      string        `json:"schema"`
	Period      period.Info   `json:"period"`
	Measure     Measure       `json:"measure"`
	By          string        `json:"by"` // org or tier
	Revenue     string        `json:"revenue"`
	Margins     []Margin      `json:"margins"`
	Unallocated []Amount      `json:"unallocated"` // costs that no margin has
	Ledger      []LedgerEntry `json:"ledger"`
	Notes       []string      `json:"notes"`
}

// Margin is what is left of the revenue of one organization or tier in one
// currency: revenue − service credits − allocated cost. Amounts in different
// currencies are never added; a part that is not known makes the margin missing,
// with the reason.
type Margin struct {
	Keys     map[string]*string `json:"keys"`
	Currency string             `json:"currency"`
	Revenue  *unit.Decimal      `json:"revenue"`
	Credits  *unit.Decimal      `json:"credits"`
	Cost     *unit.Decimal      `json:"cost"`
	Margin   *unit.Decimal      `json:"margin"`
	// Ratio is margin / revenue, six digits, half even; nil without a margin, or
	// revenue.
	Ratio  *unit.Decimal `json:"ratio"`
	Reason *string       `json:"reason"`
	// foreign is set when the missing part is there, in another currency.
	foreign bool
}

// OwnedAmount is a part of an owner's margin. A nil amount is one that is not
// known, for a reason.
type OwnedAmount struct {
	Owner, Currency string
	Amount          *unit.Decimal
	Reason          string
}

// OwnedCosts are the costs of an allocation by their owners.
func (a *Allocation) OwnedCosts() []OwnedAmount {
	var out []OwnedAmount
	for i := range a.Groups {
		if g := &a.Groups[i]; !g.Unallocated {
			out = append(out, OwnedAmount{Owner: *g.Keys[a.By], Currency: g.Currency, Amount: &g.Amount})
		}
	}
	return out
}

// Margins computes the margin of every owner that has revenue or costs, in the
// order of their names and currencies. Credits that nobody is owed are 0;
// revenue and costs must be there.
func Margins(by string, revenue, credits, costs []OwnedAmount) []Margin {
	parts := [...]map[string]*owned{collect(revenue), collect(credits), collect(costs)}
	owners := map[string]bool{}
	for _, p := range parts {
		for owner := range p {
			owners[owner] = true
		}
	}
	out := []Margin{}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		out = append(out, marginsOf(by, owner, parts[0][owner], parts[1][owner], parts[2][owner])...)
	}
	return out
}

// owned is one part of an owner's margin, in its currencies.
type owned struct {
	amounts map[string]unit.Decimal
	missing []string
}

func collect(list []OwnedAmount) map[string]*owned {
	out := map[string]*owned{}
	for _, a := range list {
		o := out[a.Owner]
		if o == nil {
			o = &owned{amounts: map[string]unit.Decimal{}}
			out[a.Owner] = o
		}
		if a.Amount == nil {
			o.missing = appendNew(o.missing, a.Reason)
			continue
		}
		o.amounts[a.Currency] = o.amounts[a.Currency].Add(*a.Amount)
	}
	return out
}

// foreign reports whether there is an amount, but only in other currencies.
func (o *owned) foreign(currency string) bool {
	if o == nil || len(o.missing) > 0 || len(o.amounts) == 0 {
		return false
	}
	_, ok := o.amounts[currency]
	return !ok
}

// of returns the amount in a currency, or why there is none.
func (o *owned) of(what, currency string) (*unit.Decimal, string) {
	switch {
	case o == nil:
		return nil, "no " + what + " is known"
	case len(o.missing) > 0:
		return nil, what + ": " + strings.Join(o.missing, "; ")
	}
	if amount, ok := o.amounts[currency]; ok {
		return &amount, ""
	}
	if others := slices.Sorted(maps.Keys(o.amounts)); len(others) > 0 {
		return nil, fmt.Sprintf("the %s is in %s", what, strings.Join(others, " and "))
	}
	return nil, "no " + what + " is known"
}

func marginsOf(by, owner string, revenue, credits, costs *owned) []Margin {
	currencies := map[string]bool{}
	for _, o := range [...]*owned{revenue, credits, costs} {
		if o != nil {
			for c := range o.amounts {
				currencies[c] = true
			}
		}
	}
	if len(currencies) == 0 {
		currencies[""] = true
	}
	var out []Margin
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		m := Margin{Keys: map[string]*string{by: &owner}, Currency: currency}
		var reasons [3]string
		m.Revenue, reasons[0] = revenue.of("revenue", currency)
		m.Credits = &unit.Decimal{}
		if credits != nil && (len(credits.missing) > 0 || !credits.amounts[currency].IsZero()) {
			m.Credits, reasons[1] = credits.of("credits", currency)
		}
		m.Cost, reasons[2] = costs.of("cost", currency)
		m.foreign = revenue.foreign(currency) || costs.foreign(currency)
		m.settle(cmp.Or(reasons[:]...))
		out = append(out, m)
	}
	return out
}

// settle computes the margin if nothing is missing.
func (m *Margin) settle(reason string) {
	if reason != "" {
		m.Reason = &reason
		return
	}
	margin := m.Revenue.Sub(*m.Credits).Sub(*m.Cost)
	m.Margin, m.Ratio = &margin, shareOf(margin, *m.Revenue)
}

// WithoutForeign takes back the margins of tiers to which an organization brings
// costs in one currency and revenue in another: such a margin would set the
// revenue of some against the costs of all.
func WithoutForeign(tiers, organizations []Margin, tierOf func(org string) string) {
	for i := range tiers {
		t := &tiers[i]
		for _, o := range organizations {
			if t.Margin != nil && o.foreign && o.Currency == t.Currency && tierOf(textOf(o.Keys["org"])) == textOf(t.Keys["tier"]) {
				reason := textOf(o.Keys["org"]) + ": " + textOf(o.Reason)
				t.Margin, t.Ratio, t.Reason = nil, nil, &reason
			}
		}
	}
}
