package cost

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// InvoicesSchema names the version of [Invoices]'s JSON form.
const InvoicesSchema = "slactl.invoices/v1"

// Invoices is how the total of each invoice comes about, in the form that its
// JSON has.
type Invoices struct {
	Schema   string        `json:"schema"`
	Period   period.Info   `json:"period"`
	Measure  Measure       `json:"measure"`
	Basis    Basis         `json:"basis"`
	Invoices []Invoice     `json:"invoices"`
	Ledger   []LedgerEntry `json:"ledger"`
	Notes    []string      `json:"notes"`
}

// Invoice is the bridge from the charges of one invoice to its total, in one
// currency: the parts add up to it exactly. A charge that corrects an earlier
// one counts as a correction, whatever its category is.
type Invoice struct {
	Provider    *string      `json:"provider"`
	Invoice     *string      `json:"invoice"` // nil: charges that are on no invoice yet
	Currency    string       `json:"currency"`
	Usage       unit.Decimal `json:"usage"`
	Purchases   unit.Decimal `json:"purchases"`
	Tax         unit.Decimal `json:"tax"`
	Credits     unit.Decimal `json:"credits"`
	Adjustments unit.Decimal `json:"adjustments"`
	Other       unit.Decimal `json:"other"` // of no category, or of one that FOCUS does not have
	Corrections unit.Decimal `json:"corrections"`
	Total       unit.Decimal `json:"total"`
	Rows        int64        `json:"rows"`
}

// invoiceKeys are what an invoice's bridge is made of.
var invoiceKeys = [...]string{"provider", "invoice", "charge_category", "charge_class"}

// InvoiceQuery returns the query whose report [BridgeInvoices] reads.
func InvoiceQuery(q Query) Query {
	q.By, q.Top = invoiceKeys[:], 0
	return q
}

// BridgeInvoices sorts the charges of each invoice by what they are. The invoices
// are ordered by provider, number and currency.
func BridgeInvoices(base *Report) *Invoices {
	out := &Invoices{Schema: InvoicesSchema, Period: base.Period, Measure: base.Measure, Basis: base.Basis, Invoices: []Invoice{}, Ledger: base.Ledger, Notes: base.Notes}
	at := map[string]int{}
	for _, g := range base.Groups {
		key := groupKey(invoiceKeys[:2], g)
		i, ok := at[key]
		if !ok {
			i = len(out.Invoices)
			at[key] = i
			out.Invoices = append(out.Invoices, Invoice{Provider: g.Keys["provider"], Invoice: g.Keys["invoice"], Currency: g.Currency})
		}
		inv := &out.Invoices[i]
		part := inv.part(g)
		*part = part.Add(g.Amount)
		inv.Total, inv.Rows = inv.Total.Add(g.Amount), inv.Rows+g.Rows
	}
	slices.SortFunc(out.Invoices, func(a, b Invoice) int {
		return cmp.Or(cmp.Compare(textOf(a.Provider), textOf(b.Provider)), cmp.Compare(textOf(a.Invoice), textOf(b.Invoice)), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// part is where a group of charges counts.
func (i *Invoice) part(g Group) *unit.Decimal {
	if strings.EqualFold(textOf(g.Keys["charge_class"]), "Correction") {
		return &i.Corrections
	}
	switch strings.ToLower(textOf(g.Keys["charge_category"])) {
	case "usage":
		return &i.Usage
	case "purchase":
		return &i.Purchases
	case "tax":
		return &i.Tax
	case "credit":
		return &i.Credits
	case "adjustment":
		return &i.Adjustments
	}
	return &i.Other
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// LedgerSchema names the version of [Ledger]'s JSON form.
const LedgerSchema = "slactl.ledger/v1"

// Ledger says which files of the bills count, and why, in the form that its JSON
// has.
type Ledger struct {
	Schema  string        `json:"schema"`
	Measure Measure       `json:"measure"`
	Ledger  []LedgerEntry `json:"ledger"`
	Totals  []LedgerTotal `json:"totals"` // by status
	Notes   []string      `json:"notes"`
}

// LedgerTotal adds up the entries of one status.
type LedgerTotal struct {
	Status  string   `json:"status"`
	Entries int64    `json:"entries"`
	Rows    int64    `json:"rows"`
	Amounts []Amount `json:"amounts"`
}

// NewLedger adds up the entries that keep returns true for, by status.
func NewLedger(r *Report, keep func(LedgerEntry) bool) *Ledger {
	out := &Ledger{Schema: LedgerSchema, Measure: r.Measure, Ledger: []LedgerEntry{}, Totals: []LedgerTotal{}, Notes: r.Notes}
	for _, status := range [...]string{Used, Superseded, Rejected, Ignored} {
		t := LedgerTotal{Status: status, Amounts: []Amount{}}
		for _, e := range r.Ledger {
			if e.Status == status && keep(e) {
				t.add(e)
			}
		}
		if t.Entries > 0 {
			out.Totals = append(out.Totals, t)
		}
	}
	for _, e := range r.Ledger {
		if keep(e) {
			out.Ledger = append(out.Ledger, e)
		}
	}
	return out
}

func (t *LedgerTotal) add(e LedgerEntry) {
	t.Entries, t.Rows = t.Entries+1, t.Rows+e.Rows
	for _, a := range e.Amounts {
		i := slices.IndexFunc(t.Amounts, func(b Amount) bool { return b.Currency == a.Currency })
		if i < 0 {
			t.Amounts = append(t.Amounts, a)
			continue
		}
		t.Amounts[i].Amount = t.Amounts[i].Amount.Add(a.Amount)
	}
	slices.SortFunc(t.Amounts, func(a, b Amount) int { return cmp.Compare(a.Currency, b.Currency) })
}
