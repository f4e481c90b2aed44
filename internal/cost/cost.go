// Package cost turns line items into breakdowns. It is pure: line items stream
// in, exact sums come out, and what money means is SEMANTICS.md sections 5 and
// 7.
package cost

import (
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// LineItem is one charge, by the names of the FinOps Open Cost and Usage
// Specification (FOCUS). An amount that the file does not have is nil, which is
// not 0. A missing text is "".
type LineItem struct {
	Source string // the name of the billing source

	BilledCost, EffectiveCost, ListCost, ContractedCost *unit.Decimal
	BillingCurrency                                     string

	BillingPeriodStart, BillingPeriodEnd time.Time
	ChargePeriodStart, ChargePeriodEnd   time.Time

	ChargeCategory    string // Usage, Purchase, Tax, Credit, Adjustment
	ChargeClass       string // "" or Correction
	ChargeDescription string
	InvoiceID         string
	InvoiceIssuer     string
	BillingAccountID  string
	SubAccountID      string
	SubAccountName    string
	ServiceProvider   string // ServiceProviderName, else ProviderName
	ServiceCategory   string
	ServiceName       string
	RegionID          string
	ResourceID        string
	SkuID             string
	CommitmentID      string
	ConsumedQuantity  *unit.Decimal
	ConsumedUnit      string
	Model             string
	Tags              map[string]string
}
