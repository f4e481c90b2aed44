package cost

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// AllocationSchema names the version of [Allocation]'s JSON form.
const AllocationSchema = "slactl.allocation/v1"

// Allocation is the costs of a period by whom they belong to, in the form that
// its JSON has. The groups of a currency add up to its total exactly.
type Allocation struct {
	Schema  string      `json:"schema"`
	Period  period.Info `json:"period"`
	Measure Measure     `json:"measure"`
	Basis   Basis       `json:"basis"`
	By      string      `json:"by"` // team, org or tier
	Totals  []Total     `json:"totals"`
	// Groups are ordered by currency and amount, the largest first; what is
	// unallocated, of each currency and also when it is 0, comes last.
	Groups []AllocatedGroup `json:"groups"`
	// Because says of what is unallocated why.
	Because []Unallocated `json:"because"`
	// Rules say what each rule matched, and how it was shared out.
	Rules  []AppliedRule `json:"rules"`
	Ledger []LedgerEntry `json:"ledger"`
	Notes  []string      `json:"notes"`
}

// AllocatedGroup is what one team, organization or tier costs in one currency.
type AllocatedGroup struct {
	Keys        map[string]*string `json:"keys"` // nil: unallocated
	Unallocated bool               `json:"unallocated"`
	Currency    string             `json:"currency"`
	Amount      unit.Decimal       `json:"amount"`
	Direct      unit.Decimal       `json:"direct"` // charges that are its own
	Shared      unit.Decimal       `json:"shared"` // its parts of what is shared out
	// Share of the currency's total, six digits, half even; nil when that is 0.
	Share *unit.Decimal `json:"share"`
}

// Unallocated is an amount that belongs to nobody.
type Unallocated struct {
	Reason   string       `json:"reason"`
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	Rows     int64        `json:"rows"`
}

// AppliedRule is what one rule matched in one currency. A rule that matched
// nothing has the amount 0 and no currency.
type AppliedRule struct {
	Rule     int          `json:"rule"` // from 1, in the order of the configuration
	Gives    string       `json:"gives"`
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	Rows     int64        `json:"rows"`
	Parts    []SharedPart `json:"parts"` // of a split
	Reason   *string      `json:"reason"`
}

// SharedPart is one part of a split: the weight that it follows from, and the
// amount.
type SharedPart struct {
	Key    string       `json:"key"`
	Weight unit.Decimal `json:"weight"`
	Amount unit.Decimal `json:"amount"`
}

// Allocate answers who the charges of a base query ([Allocator.Query] of a query
// by the one key team, org or tier) belong to.
func (a *Allocator) Allocate(by string, base *Report) *Allocation {
	out := &Allocation{Schema: AllocationSchema, Period: base.Period, Measure: base.Measure, Basis: base.Basis, By: by, Totals: base.Totals,
		Groups: []AllocatedGroup{}, Because: []Unallocated{}, Rules: a.applied(base), Ledger: base.Ledger, Notes: append([]string{}, slices.Concat(base.Notes, a.Notes)...)}
	parts := a.parts([]string{by}, base.Groups)
	for _, total := range base.Totals {
		out.Groups = append(out.Groups, allocatedGroups(by, total, parts)...)
	}
	out.Because = append(out.Because, a.because(by, parts)...)
	return out
}

// allocatedGroups adds up the parts of one currency.
func allocatedGroups(by string, total Total, parts []part) []AllocatedGroup {
	type sums struct{ direct, shared unit.Sum }
	byOwner := map[string]*sums{"": {}}
	for _, p := range parts {
		if p.currency != total.Currency {
			continue
		}
		s := byOwner[p.values[0]]
		if s == nil {
			s = &sums{}
			byOwner[p.values[0]] = s
		}
		if p.shared {
			s.shared.Add(p.amount)
		} else {
			s.direct.Add(p.amount)
		}
	}
	out := make([]AllocatedGroup, 0, len(byOwner))
	for owner, s := range byOwner {
		g := AllocatedGroup{Keys: map[string]*string{by: nil}, Unallocated: owner == "", Currency: total.Currency, Direct: s.direct.Total(), Shared: s.shared.Total()}
		if owner != "" {
			g.Keys[by] = &owner
		}
		g.Amount = g.Direct.Add(g.Shared)
		g.Share = shareOf(g.Amount, total.Amount)
		out = append(out, g)
	}
	slices.SortFunc(out, func(x, y AllocatedGroup) int {
		if x.Unallocated || y.Unallocated {
			if x.Unallocated {
				return 1
			}
			return -1
		}
		return cmp.Or(y.Amount.Cmp(x.Amount), cmp.Compare(*x.Keys[by], *y.Keys[by]))
	})
	return out
}

// shareOf is an amount over a total, six digits, half even; nil when that is 0.
func shareOf(amount, total unit.Decimal) *unit.Decimal {
	ratio, ok := unit.RatioOf(amount, total)
	if !ok {
		return nil
	}
	share := unit.QuantizeRat(ratio, 6, unit.HalfEven)
	return &share
}

// because adds up what nobody has by the reason for it.
func (a *Allocator) because(by string, parts []part) []Unallocated {
	var out []Unallocated
	for _, p := range parts {
		if p.values[0] != "" {
			continue
		}
		why := a.reason(by, p)
		i := slices.IndexFunc(out, func(u Unallocated) bool { return u.Reason == why && u.Currency == p.currency })
		if i < 0 {
			i = len(out)
			out = append(out, Unallocated{Reason: why, Currency: p.currency})
		}
		out[i].Amount = out[i].Amount.Add(p.amount)
		out[i].Rows += p.rows
	}
	slices.SortFunc(out, func(x, y Unallocated) int {
		return cmp.Or(cmp.Compare(x.Currency, y.Currency), y.Amount.Cmp(x.Amount), cmp.Compare(x.Reason, y.Reason))
	})
	return out
}

func (a *Allocator) reason(by string, p part) string {
	if p.rule == 0 {
		return fmt.Sprintf("no rule matches, and the charge names no %s", by)
	}
	r := a.Rules[p.rule-1]
	switch {
	case p.shared:
		return r.describe(p.rule) + " shares it out to an organization without a tier"
	case r.splits(by):
		return fmt.Sprintf("%s cannot be shared out: %s", r.describe(p.rule), r.Split.why())
	}
	return fmt.Sprintf("%s says no %s, nor does the charge", r.describe(p.rule), by)
}

// applied lists what each rule matched.
func (a *Allocator) applied(base *Report) []AppliedRule {
	out := []AppliedRule{}
	for n, r := range a.Rules {
		matched := false
		for _, total := range base.Totals {
			x := AppliedRule{Rule: n + 1, Gives: r.gives(), Currency: total.Currency, Parts: []SharedPart{}}
			for i := range base.Groups {
				if number, _ := a.ruleOf(&base.Groups[i]); number == n+1 && base.Groups[i].Currency == total.Currency {
					x.Amount, x.Rows = x.Amount.Add(base.Groups[i].Amount), x.Rows+base.Groups[i].Rows
				}
			}
			if x.Rows == 0 {
				continue
			}
			x.share(r.Split)
			out, matched = append(out, x), true
		}
		if !matched {
			why := "no charge matches"
			out = append(out, AppliedRule{Rule: n + 1, Gives: r.gives(), Parts: []SharedPart{}, Reason: &why})
		}
	}
	return out
}

// share lists the parts of what a rule matched, or says why there are none.
func (x *AppliedRule) share(s *Split) {
	if s == nil {
		return
	}
	if why := s.why(); why != "" {
		x.Reason = &why
		return
	}
	for i, amount := range s.of(x.Amount, x.Currency) {
		x.Parts = append(x.Parts, SharedPart{s.Shares[i].Key, s.Shares[i].Weight, amount})
	}
}
