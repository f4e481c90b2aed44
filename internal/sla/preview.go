package sla

import (
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Preview is what the credits of a running month would come to. Nothing of it is
// owed.
type Preview struct {
	Period period.Info `json:"period"`
	// Scenarios has one for each of [Assumptions], in order.
	Scenarios []Scenario `json:"scenarios"`
}

// Scenario is a month as it would end under an assumption.
type Scenario struct {
	Assumption Assumption `json:"assumption"`
	// Results are the objectives that earn credits, of each organization whose
	// month is running.
	Results  []Prospect    `json:"results"`
	Credits  []CreditTotal `json:"credits"`
	Exposure []Exposure    `json:"exposure"`
	Notes    []string      `json:"notes"` // what could not be foreseen
}

// Prospect is an objective of an organization at the end of a running month.
type Prospect struct {
	SLA          string        `json:"sla"`
	Objective    string        `json:"objective"`
	Tier         string        `json:"tier,omitempty"`
	Organization string        `json:"organization"`
	Target       unit.Decimal  `json:"target"`
	Comparison   Comparison    `json:"comparison"`
	Unit         string        `json:"unit"`
	Attained     *unit.Decimal `json:"attained"`
	State        State         `json:"state"`
	Bound        *string       `json:"bound"`
	Reason       *string       `json:"reason"` // of a null
	Credit       *Credit       `json:"credit"` // before combination and cap
}

// Outlook returns what a preview shows of a foreseen result.
func (r *Result) Outlook() Prospect {
	return Prospect{SLA: r.SLA, Objective: r.Objective, Tier: r.Tier, Organization: r.Organization, Target: r.Target, Comparison: r.Comparison, Unit: r.Unit,
		Attained: r.Attained, State: r.State, Bound: r.Bound, Reason: r.Reason, Credit: r.Credit}
}

// Concerns reports whether a block grants credits for an objective.
func (a CreditAccount) Concerns(sla, objective string) bool {
	for _, b := range a.Blocks {
		for _, o := range b.Objectives {
			if o.SLA == sla && o.Name == objective {
				return true
			}
		}
	}
	return false
}

// Beyond returns a missed result whose value is known only to lie above its bound
// with one above every band: what it may be at the most.
func (a CreditAccount) Beyond(r Result) Result {
	if r.Bound == nil || r.Comparison != AtMost || r.State != Breached {
		return r
	}
	highest := *r.Attained
	for _, b := range a.Blocks {
		for _, band := range b.Bands {
			if band.Comparison == AtMost && band.Bound.Cmp(highest) >= 0 {
				highest = band.Bound.Add(unit.DecimalOfInt(1))
			}
		}
	}
	r.Attained = &highest
	return r
}
