// Package cost turns line items into breakdowns. It is pure: line items stream
// in, exact sums come out, and what money means is told in
// docs/concepts.md.
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
	CommitmentStatus  string // "" where no commitment is concerned, else Used or Unused
	ConsumedQuantity  *unit.Decimal
	ConsumedUnit      string
	Tags              map[string]string

	// What a meter of language models adds.
	Model        string  // as the provider names it
	ServiceTier  string  // "" or standard, batch, flex, priority
	ContextTier  string  // "" or the provider's words for the context window: 200k-1M
	Organization string  // the id of the customer, where the source knows it
	Team         string  // the team, where the source knows it
	Tokens       *Tokens // nil for a charge that is not metered in tokens
	// MeteredCost is what a meter says that its tokens cost, or what they cost by
	// the price catalogue; nil when they are unpriced.
	MeteredCost *unit.Decimal
	// MeteredHigh is what it may cost at most, where that is not certain; nil means
	// MeteredCost.
	MeteredHigh *unit.Decimal
}

// The states of a commitment's charges, by FOCUS: what of it was used, and what
// was paid for and not used.
const (
	CommitmentUsed   = "Used"
	CommitmentUnused = "Unused"
)

// Tokens are what a meter counted. The parts are disjoint: Input holds neither
// cached tokens nor those written into a cache, whatever the provider calls
// input, so the cost is the sum of each part times its price.
type Tokens struct {
	Input, CacheRead           unit.Decimal
	CacheWrite5m, CacheWrite1h unit.Decimal
	Output                     unit.Decimal
	Requests                   unit.Decimal // 0 where the source does not count them
}

// Add returns the sum of both.
func (t Tokens) Add(u Tokens) Tokens {
	return Tokens{Input: t.Input.Add(u.Input), CacheRead: t.CacheRead.Add(u.CacheRead), CacheWrite5m: t.CacheWrite5m.Add(u.CacheWrite5m),
		CacheWrite1h: t.CacheWrite1h.Add(u.CacheWrite1h), Output: t.Output.Add(u.Output), Requests: t.Requests.Add(u.Requests)}
}

// Total is the number of tokens of all kinds.
func (t Tokens) Total() unit.Decimal {
	return t.Input.Add(t.CacheRead).Add(t.CacheWrite5m).Add(t.CacheWrite1h).Add(t.Output)
}
