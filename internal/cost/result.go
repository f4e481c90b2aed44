package cost

import (
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Schema names the version of [Report]'s JSON form.
const Schema = "slactl.cost/v1"

// Measure is which of a line item's amounts is summed.
type Measure string

// The measures.
const (
	Billed     Measure = "billed"
	Effective  Measure = "effective"
	List       Measure = "list"
	Contracted Measure = "contracted"
	Metered    Measure = "metered" // of meters: tokens times their price, or what the meter says they cost
)

// Basis is what makes a line item belong to a period: its charge start, or its
// billing period.
type Basis string

// The bases.
const (
	ByCharge  Basis = "charge"
	ByBilling Basis = "billing"
)

// Report is the result of a breakdown, in the form that its JSON has.
type Report struct {
	Schema  string        `json:"schema"`
	Period  period.Info   `json:"period"`
	Measure Measure       `json:"measure"`
	Basis   Basis         `json:"basis"`
	By      []string      `json:"by"`
	Totals  []Total       `json:"totals"`
	Groups  []Group       `json:"groups"`
	Ledger  []LedgerEntry `json:"ledger"`
	Notes   []string      `json:"notes"`
	// Pricing says how much of what meters counted has a price, in a breakdown by
	// the measure metered.
	Pricing *Pricing `json:"pricing,omitempty"`
	// Compare says how totals moved, in a breakdown that is compared with another
	// period; the groups then have a movement.
	Compare *Comparison `json:"compare,omitempty"`
}

// Total is the exact sum of one currency.
type Total struct {
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	Rows     int64        `json:"rows"`
	NullRows int64        `json:"null_rows"` // rows without an amount of the measure
	Range    *Range       `json:"range,omitempty"`
}

// Group is the exact sum of the rows that share the asked keys, in one currency.
type Group struct {
	Keys     map[string]*string `json:"keys"` // nil where the row has no value
	Currency string             `json:"currency"`
	Amount   unit.Decimal       `json:"amount"`
	// Share of the currency's total, six digits, half even; nil when that is 0.
	Share *unit.Decimal `json:"share"`
	Rows  int64         `json:"rows"`
	// NullRows are those without an amount of the measure. Where all are, the group
	// has no amount, and Amount is 0.
	NullRows int64 `json:"null_rows,omitempty"`
	// Range is set for metered amounts of which a context tier cannot be decided;
	// Amount is then its low end.
	Range *Range `json:"range,omitempty"`
	// Folded is how many groups beyond the asked top are added up in this one,
	// whose keys are all nil. It is 0 in every group of its own, so that the rest
	// cannot be taken for rows without a value.
	Folded int64 `json:"folded,omitempty"`
	// Consumed is the sum of the quantities, for queries with Quantities; nil
	// where a row has none.
	Consumed *unit.Decimal `json:"-"`
	// Movement is how the amount changed from the period that it is compared with;
	// nil when there is none.
	*Movement
}

// LedgerEntry says what became of one file for one billing period.
type LedgerEntry struct {
	Source        string   `json:"source"`
	File          string   `json:"file"`
	Format        string   `json:"format,omitempty"`  // as recognised, or as the source says
	Version       string   `json:"version,omitempty"` // of the format, as far as it can be told
	BillingPeriod string   `json:"billing_period,omitempty"`
	Snapshot      string   `json:"snapshot,omitempty"`
	Status        string   `json:"status"` // used, superseded, rejected, ignored
	Reason        string   `json:"reason,omitempty"`
	Rows          int64    `json:"rows"`
	SkippedRows   int64    `json:"skipped_rows,omitempty"`
	Amounts       []Amount `json:"amounts"`
}

// The states of a ledger entry.
const (
	Used       = "used"
	Superseded = "superseded" // a newer snapshot of the billing period counts instead
	Rejected   = "rejected"   // the totals lack it
	Ignored    = "ignored"    // no bill, or none that this version reads
)

// Rejected reports whether the totals lack a file that should be in them.
func (r *Report) Rejected() bool {
	for _, e := range r.Ledger {
		if e.Status == Rejected {
			return true
		}
	}
	return false
}

// Amount is money in one currency.
type Amount struct {
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
}

// Range are the ends between which an amount lies.
type Range struct {
	Low  unit.Decimal `json:"low"`
	High unit.Decimal `json:"high"`
}

// Pricing says how much of what was counted has a price, and by which entries.
type Pricing struct {
	// Share of the tokens that are priced, six digits, half even; nil without tokens.
	PricedShare *unit.Decimal `json:"priced_share"`
	Unpriced    []Unpriced    `json:"unpriced"`
	Matches     []Matched     `json:"matches"`
}

// Unpriced are tokens without a price.
type Unpriced struct {
	Model    string      `json:"model"`
	Provider string      `json:"provider,omitempty"`
	Tokens   unit.Number `json:"tokens"`
	Reason   string      `json:"reason"`
}

// Matched says which entry of the price catalogue answered for a model.
type Matched struct {
	Model    string `json:"model"`    // as the meter names it
	Provider string `json:"provider"` // likewise
	Entry    string `json:"entry"`    // provider/name of the catalogue
	How      string `json:"how"`      // exact, alias or undated
}
