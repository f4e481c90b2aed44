// Package advice says where money could be saved: a cheaper model for the same
// work, caching and batching that are not used, commitments and machines that
// nobody uses, storage that only grows, costs that belong to nobody, and budgets
// about to break. It is pure: it is given what was charged, counted and measured
// in a period, and each piece of advice carries the figures that it follows from,
// what was assumed, and a range, since nobody knows what advice will save.
//
// The same rules over the period before tell what was advised then; what became
// of it is told by the money, exactly ([Followed]). So nothing has to be kept.
package advice

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// Schema names the version of [Report]'s JSON form.
const Schema = "slactl.recommendations/v1"

// Report is the result of `slactl cost recommend`.
type Report struct {
	Schema   string       `json:"schema"`
	Period   period.Info  `json:"period"`
	Previous period.Info  `json:"previous"`
	Measure  cost.Measure `json:"measure"` // of charges; metered work is priced by the catalogue
	// Recommendations that save in any case come first, then those that could also
	// cost more, both by the middle of their ranges, then those that save nothing by
	// themselves by the amount that they are about. Several about the same spend do
	// not add up.
	Recommendations []Recommendation `json:"recommendations"`
	// Realised is what became of the advice of the period before.
	Realised []Outcome `json:"realised"`
	// PricesChecked is the day on which the embedded prices were last compared with
	// the providers' own; "" where no meter was read.
	PricesChecked string             `json:"prices_checked,omitempty"`
	Ledger        []cost.LedgerEntry `json:"ledger"`
	Notes         []string           `json:"notes"`
}

// Kind is what a piece of advice is about.
type Kind string

// The kinds.
const (
	Model      Kind = "model"      // a cheaper model for the same work
	Caching    Kind = "caching"    // input that is not cached, or a cache that costs more than it saves
	Batch      Kind = "batch"      // work that could wait for a lower price
	Commitment Kind = "commitment" // a commitment that is paid for and not used
	Idle       Kind = "idle"       // a resource with next to nothing to do
	Storage    Kind = "storage"    // storage that grows from month to month
	Untagged   Kind = "untagged"   // costs that belong to nobody
	Budget     Kind = "budget"     // a budget that is, or will be, exceeded
)

// Recommendation is one piece of advice. Its ID is the kind and the subject, the
// same in every period, and the currency where there are several.
type Recommendation struct {
	ID       string       `json:"id"`
	Kind     Kind         `json:"kind"`
	Subject  string       `json:"subject"` // a model, a resource, a commitment, a service, a budget
	Title    string       `json:"title"`   // what is wrong
	Do       string       `json:"do"`      // what to do
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"` // what it is about, in the period
	// Saving is what following it would have saved in the period; nil, with the
	// reason, for advice that saves nothing by itself. A low end below 0 says that
	// it may cost more.
	Saving      *cost.Range `json:"saving"`
	Reason      string      `json:"reason,omitempty"`
	Assumptions []string    `json:"assumptions"`
	Evidence    []Figure    `json:"evidence"`
}

// Figure is a value that advice follows from.
type Figure struct {
	Name  string       `json:"name"`
	Value unit.Decimal `json:"value"`
	Unit  string       `json:"unit"` // a currency, tokens, percent, windows, "" for the metric's own
}

// Data is what is known of one period. What is nil was not asked for or could not
// be read: rules about it say nothing.
type Data struct {
	Catalogue   *price.Catalogue
	Usages      []cost.Usage // what meters counted
	Commitments *cost.Report // of a [CommitmentQuery]
	Purchases   *cost.Report // the same, billed
	Resources   *cost.Report // by resource and service, with those of Utilisation
	Utilisation []Utilisation
	Storage     *cost.Report // of a [StorageQuery]
	Allocation  *cost.Allocation
	Budgets     []cost.Budget
	// Total is all that was charged in the period, by currency: what is less than a
	// thousandth of it is worth no advice.
	Totals []cost.Total
}

// rule finds advice of one kind.
type rule struct {
	kind Kind
	find func(*Data) []Recommendation
	// spend is what a subject of the rule costs, and false where that is not known.
	spend func(d *Data, subject, currency string) (unit.Decimal, bool)
}

func rules() []rule {
	return []rule{
		{Model, cheaperModels, modelSpend},
		{Caching, caching, cacheSpend},
		{Batch, batching, batchSpend},
		{Commitment, unusedCommitments, commitmentSpend},
		{Idle, idleResources, resourceSpend},
		{Storage, growingStorage, storageSpend},
		{Untagged, unowned, unownedSpend},
		{Budget, brokenBudgets, budgetSpend},
	}
}

// Find returns the advice for a period, ordered as [Report] says.
func Find(d *Data) []Recommendation {
	out := []Recommendation{}
	for _, r := range rules() {
		for _, x := range r.find(d) {
			x.Kind, x.ID = r.kind, string(r.kind)+":"+x.Subject
			if x.Subject == "" {
				x.ID = string(r.kind)
			}
			if len(d.Totals) > 1 {
				x.ID += ":" + strings.ToLower(x.Currency)
			}
			if x.Assumptions == nil {
				x.Assumptions = []string{}
			}
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Recommendation) int {
		return cmp.Or(cmp.Compare(a.doubt(), b.doubt()), weight(b).Cmp(weight(a)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Risky reports whether following the advice could also cost more.
func (r Recommendation) Risky() bool { return r.Saving != nil && r.Saving.Low.Sign() < 0 }

// doubt is how uncertain it is that advice saves anything: 0 where it does in any
// case, 1 where it could also cost more, 2 where it saves nothing by itself.
func (r Recommendation) doubt() int {
	switch {
	case r.Saving == nil:
		return 2
	case r.Risky():
		return 1
	}
	return 0
}

// weight is what advice of the same doubt is ranked by: twice the middle of its range.
func weight(r Recommendation) unit.Decimal {
	if r.Saving == nil {
		return r.Amount
	}
	return r.Saving.Low.Add(r.Saving.High)
}

// worth reports whether an amount is large enough to advise on: at least a
// thousandth of all that was charged in its currency.
func (d *Data) worth(amount unit.Decimal, currency string) bool {
	if amount.Sign() <= 0 {
		return false
	}
	for _, t := range d.Totals {
		if t.Currency == currency {
			return amount.Cmp(t.Amount.Mul(unit.MustDecimal("0.001"))) >= 0
		}
	}
	return true
}

// half of an amount.
func half(amount unit.Decimal) unit.Decimal { return amount.Mul(unit.MustDecimal("0.5")) }

// plain writes an amount without the zeros that multiplying left at its end.
func plain(d unit.Decimal) unit.Decimal { return unit.MustDecimal(d.Canonical()) }

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
