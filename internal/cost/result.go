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
}

// Total is the exact sum of one currency.
type Total struct {
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	Rows     int64        `json:"rows"`
	NullRows int64        `json:"null_rows"` // rows without an amount of the measure
}

// Group is the exact sum of the rows that share the asked keys, in one currency.
type Group struct {
	Keys     map[string]*string `json:"keys"` // nil where the row has no value
	Currency string             `json:"currency"`
	Amount   unit.Decimal       `json:"amount"`
	// Share of the currency's total, six digits, half even; nil when that is 0.
	Share *unit.Decimal `json:"share"`
	Rows  int64         `json:"rows"`
}

// LedgerEntry says what became of one file for one billing period.
type LedgerEntry struct {
	Source        string   `json:"source"`
	File          string   `json:"file"`
	BillingPeriod string   `json:"billing_period,omitempty"`
	Snapshot      string   `json:"snapshot,omitempty"`
	Status        string   `json:"status"` // used, superseded, rejected, ignored
	Reason        string   `json:"reason,omitempty"`
	Rows          int64    `json:"rows"`
	SkippedRows   int64    `json:"skipped_rows,omitempty"`
	Amounts       []Amount `json:"amounts"`
}

// Amount is money in one currency.
type Amount struct {
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
}
