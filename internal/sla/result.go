package sla

import (
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Schema names the version of [Report]'s JSON form.
const Schema = "slactl.sla/v1"

// Report is the result of an evaluation, in the form that its JSON has.
type Report struct {
	Schema  string        `json:"schema"`
	Period  period.Info   `json:"period"`
	Results []Result      `json:"results"`
	Credits []CreditTotal `json:"credits"`
	// Preview is set where it was asked for and the period is a running month.
	Preview *Preview `json:"preview,omitempty"`
	Notes   []string `json:"notes"`
}

// Result is one objective judged for one organization or wider group.
type Result struct {
	SLA          string            `json:"sla"`
	Objective    string            `json:"objective"`
	Tier         string            `json:"tier,omitempty"`
	Organization string            `json:"organization,omitempty"`
	Group        map[string]string `json:"group,omitempty"`
	// Period is set where it differs from the report's.
	Period *period.Info `json:"period,omitempty"`

	Method     Method            `json:"method"`
	Accounting window.Accounting `json:"accounting"`
	Target     unit.Decimal      `json:"target"`
	Comparison Comparison        `json:"comparison"`
	Unit       string            `json:"unit"`

	// Attained has at least 12 digits, cut towards the worse side; nil without a
	// value, and then Reason says why.
	Attained            *unit.Decimal `json:"attained"`
	AttainedIfNoDataBad *unit.Decimal `json:"attained_if_no_data_bad"`
	// AttainedWithoutExclusions is what would have been attained had nothing been
	// excluded; set where that differs in what is shown.
	AttainedWithoutExclusions *unit.Decimal `json:"attained_without_exclusions,omitempty"`
	State                     State         `json:"state"`

	Events          EventCounts   `json:"events"`
	Windows         WindowCounts  `json:"windows"`
	Coverage        unit.Decimal  `json:"coverage"`
	WindowsWithin   *unit.Decimal `json:"windows_within"`
	ExcludedSeconds int64         `json:"excluded_seconds"`

	Budget     *Budget     `json:"budget"`
	Violations []Violation `json:"violations"`

	Estimate bool     `json:"estimate"`
	Bound    *string  `json:"bound"`
	Reason   *string  `json:"reason"`
	Credit   *Credit  `json:"credit"`
	Notes    []string `json:"notes"`
}

// EventCounts are the events of a result.
type EventCounts struct {
	Total       unit.Number `json:"total"`
	Bad         unit.Number `json:"bad"`
	Recovered   unit.Number `json:"recovered"`
	Unwitnessed unit.Number `json:"unwitnessed"`
}

// WindowCounts are the windows of a result by state; Total is the sum of
// Measured, Idle, NoData, Unreachable and Excluded, and Bad counts those that
// are worse than the target.
type WindowCounts struct {
	Total       int `json:"total"`
	Measured    int `json:"measured"`
	Idle        int `json:"idle"`
	NoData      int `json:"no_data"`
	Unreachable int `json:"unreachable"`
	Excluded    int `json:"excluded"`
	Bad         int `json:"bad"`
}

// Budget is the error budget of the whole period.
type Budget struct {
	Allowed       unit.Decimal  `json:"allowed"`
	Consumed      unit.Decimal  `json:"consumed"`
	Remaining     unit.Decimal  `json:"remaining"`
	ConsumedRatio unit.Decimal  `json:"consumed_ratio"`
	Projected     bool          `json:"projected"`
	ToDateRatio   *unit.Decimal `json:"to_date_ratio"`
	BurnRate      BurnRates     `json:"burn_rate"`
	ExhaustsAt    *time.Time    `json:"exhausts_at"`
	ExhaustedAt   *time.Time    `json:"exhausted_at"`
}

// BurnRates are bad ratio over allowed ratio, looking back from now or from the
// end of a closed period; nil without events to judge.
type BurnRates struct {
	M5 *unit.Decimal `json:"5m"`
	H1 *unit.Decimal `json:"1h"`
	H6 *unit.Decimal `json:"6h"`
	D1 *unit.Decimal `json:"1d"`
	D3 *unit.Decimal `json:"3d"`
}

// Violation is a run of windows worse than the target.
type Violation struct {
	Start       time.Time     `json:"start"`
	End         time.Time     `json:"end"`
	Seconds     int64         `json:"seconds"`
	BadEvents   unit.Number   `json:"bad_events"`
	Worst       *unit.Decimal `json:"worst"`
	BudgetShare *unit.Decimal `json:"budget_share"`
}

// Credit is what a result earns before combination and cap.
type Credit struct {
	Percent  unit.Decimal `json:"percent"`
	Amount   unit.Decimal `json:"amount"`
	Currency string       `json:"currency"`
}

// CreditTotal is what an organization is owed after combination and cap.
type CreditTotal struct {
	Organization string `json:"organization"`
	// Period names the month where the report's period is another, longer one.
	Period   string       `json:"period,omitempty"`
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	Percent  unit.Decimal `json:"percent"`
	Capped   bool         `json:"capped"`
	Because  []string     `json:"because"`
	// ClaimBy is the instant before which it must be claimed, where the terms set
	// one that counts from the month's end; in the organization's zone.
	ClaimBy *time.Time `json:"claim_by,omitempty"`
	// ClaimWithin stands instead where the terms count from the end of each
	// incident, such as 30d.
	ClaimWithin string `json:"claim_within,omitempty"`
}
