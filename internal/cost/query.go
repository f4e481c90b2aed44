package cost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Query asks for one breakdown.
type Query struct {
	// Period is cut in the zone of the bills, which is UTC; a source with a zone
	// of its own cuts it again.
	Period  period.Period
	Measure Measure // Billed when empty
	Basis   Basis   // ByCharge when empty
	By      []string
	// Top keeps so many groups of each currency, the largest, and folds the rest
	// of them into one group; 0 keeps all.
	Top int
	// Currency, when set, is the one into which amounts are converted by Rates, at
	// the rate of the item's charge start. The product is not rounded. An amount
	// without a rate stays in its own currency, and a note says so.
	Currency string
	Rates    *Rates
	// Match leaves out what it does not pick.
	Match Match
	// Rules are tried in their order; the key [RuleKey], which only such a query
	// has, is the number of the first one that matches, from 1.
	Rules []Match
	// Quantities adds up what was consumed beside what it cost; the key [UnitKey]
	// keeps units apart.
	Quantities bool
}

// RuleKey is the key of By that [Query.Rules] answers.
const RuleKey = "rule"

// UnitKey is the key of By for the unit that a quantity is in, for queries with
// Quantities.
const UnitKey = "unit"

// reads returns the keys that are looked at, some of them more than once.
func (q Query) reads() []string {
	names := slices.Concat(q.By, q.Match.Keys())
	for _, m := range q.Rules {
		names = append(names, m.Keys()...)
	}
	return names
}

// keys are the names of By, beside tag.KEY, with what a line item says to them.
var keys = [...]struct {
	name string
	read func(*LineItem) string
}{
	{"provider", func(i *LineItem) string { return i.ServiceProvider }},
	{"service", func(i *LineItem) string { return i.ServiceName }},
	{"category", func(i *LineItem) string { return i.ServiceCategory }},
	{"charge_category", func(i *LineItem) string { return i.ChargeCategory }},
	{"charge_class", func(i *LineItem) string { return i.ChargeClass }},
	{"account", func(i *LineItem) string { return i.SubAccountID }},
	{"sub_account", func(i *LineItem) string { return i.SubAccountName }},
	{"billing_account", func(i *LineItem) string { return i.BillingAccountID }},
	{"region", func(i *LineItem) string { return i.RegionID }},
	{"resource", func(i *LineItem) string { return i.ResourceID }},
	{"sku", func(i *LineItem) string { return i.SkuID }},
	{"commitment", func(i *LineItem) string { return i.CommitmentID }},
	{"commitment_status", func(i *LineItem) string { return i.CommitmentStatus }},
	{"invoice", func(i *LineItem) string { return i.InvoiceID }},
	{"source", func(i *LineItem) string { return i.Source }},
	{"model", func(i *LineItem) string { return i.Model }},
	{"billing_period", func(i *LineItem) string { return BillingPeriodName(i.BillingPeriodStart) }},
	{"team", ownTeam},
	{"org", ownOrganization},
	{"organization", ownOrganization},
	{"tier", ownTier},
}

// dates are the names that are cut in the zone of the query.
var dates = [...]string{"day", "week", "month"}

// owners are the names whom a charge can belong to. A charge answers them by its
// tags; allocation rules come before that ([Allocator]).
var owners = [...]string{"team", "org", "organization", "tier"}

// Validate returns an error for a name in By that is no key, with the nearest
// one as a hint, and for a measure or basis that does not exist.
func (q Query) Validate() error {
	for i, name := range q.By {
		if slices.Contains(q.By[:i], name) {
			return fmt.Errorf("breaking costs down by %q twice; name each key once", name)
		}
		if tag, ok := strings.CutPrefix(name, "tag."); ok && tag != "" {
			continue
		}
		if !slices.Contains(keyNames(), name) && (name != RuleKey || len(q.Rules) == 0) && (name != UnitKey || !q.Quantities) {
			return fmt.Errorf("breaking costs down by %q: no such key; %s", name, nearest(name, keyNames()))
		}
	}
	if q.Measure != "" && !slices.Contains([]Measure{Billed, Effective, List, Contracted, Metered}, q.Measure) {
		return fmt.Errorf("breaking costs down: no measure %q; write billed, effective, list or contracted", q.Measure)
	}
	if q.Basis != "" && q.Basis != ByCharge && q.Basis != ByBilling {
		return fmt.Errorf("breaking costs down: no basis %q; write charge or billing", q.Basis)
	}
	if q.Top < 0 {
		return fmt.Errorf("breaking costs down: the top %d groups do not exist; write 1 or more", q.Top)
	}
	return nil
}

// keyNames are all names of By but tag.KEY, in alphabetical order.
func keyNames() []string {
	names := slices.Concat(dates[:], itemKeys())
	slices.Sort(names)
	return names
}

// nearest is a hint at the name that was meant.
func nearest(name string, names []string) string {
	best, distance := "", 3
	for _, k := range names {
		if d := edits(strings.ToLower(name), k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "write " + strings.Join(names, ", ") + " or tag.KEY"
}

// edits is the Levenshtein distance of two words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// Amount returns the item's amount of a measure, nil when it has none.
func (i *LineItem) Amount(m Measure) *unit.Decimal {
	switch m {
	case Effective:
		return i.EffectiveCost
	case List:
		return i.ListCost
	case Contracted:
		return i.ContractedCost
	case Metered:
		return i.MeteredCost
	}
	return i.BilledCost
}
