// Package sla judges what was counted: windows become attainment, budgets,
// violations and states, by the rules of docs/rules.md. It is
// pure: no clock, no input or output, and no comparison of floats. Everything
// is computed in fractions of whole numbers and cut once, towards the worse
// side, when it is written into a [Result]: in full where the number ends, else
// after 12 digits.
//
// An evaluation goes through the files in this order: instants.go says which
// instants matter, cells.go adds the members up per cell, windows.go finds the
// state of each window, method.go and histogram.go know the values, account.go
// and budget.go keep the error budget, violation.go joins bad windows, and
// state.go gives the verdict.
//
// Where those leave a choice, it is made as follows.
//
//   - An observation above the bound is a bad event under [Within], so at_most
//     limits the share of slow observations.
//   - Recovered increments belong to a period and no window, hence to no burn
//     rate and no violation either.
//   - Burn rates are null where the budget is 0 and something was bad: no number
//     says how fast nothing is used up. The share that a violation has of such a
//     budget is null as well.
//   - exhausts_at is null once the budget is spent; exhausted_at then says when.
//   - The worst case of quantiles and values is unknown: their
//     attained_if_no_data_bad is null.
//   - windows_within is over measured and idle windows, and for an up objective
//     unreachable ones. It is null for the methods that judge windows anyway.
//   - A period that is excluded as a whole is insufficient data.
package sla

import (
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Method says how an attained value follows from windows.
type Method string

// The methods, by the contracts that use them.
const (
	Events   Method = "events"   // share of events over the period
	Slices   Method = "slices"   // share of good windows
	Mean     Method = "mean"     // mean of the windows' own ratios
	Downtime Method = "downtime" // share of minutes that were not down
	Within   Method = "within"   // share of observations at or below a bound
	Quantile Method = "quantile" // a quantile of the period's observations
	Value    Method = "value"    // the period's mean
)

// Comparison says on which side of the target a value is met. Equal is met.
type Comparison string

// The comparisons.
const (
	AtLeast Comparison = "at_least"
	AtMost  Comparison = "at_most"
)

// Handling says how windows of a kind are judged.
type Handling string

// The handlings of idle and no-data windows.
const (
	HandleMet      Handling = "met"
	HandleExcluded Handling = "excluded"
	HandleBreached Handling = "breached"
)

// Objective compares one value with one target, and carries the policies of its
// SLA with every default filled in.
type Objective struct {
	SLA, Name  string
	Method     Method
	Comparison Comparison
	Target     unit.Decimal
	// Unit of target and attained value: "percent", "ms", "score", or the
	// metric's own.
	Unit string
	// Quantile is the rank in percent (95 for p95) under [Quantile].
	Quantile unit.Decimal
	// Bound is the limit under [Within], in the histogram's own unit.
	Bound unit.Decimal
	// Scale converts the histogram's unit to Unit under [Quantile]: 1000 from
	// seconds to ms.
	Scale unit.Decimal

	MeasurementWindow time.Duration
	EvaluationWindow  time.Duration
	GracePeriod       time.Duration
	Idle, NoData      Handling
	MinCoverage       unit.Decimal // percent
	StrictCoverage    bool
	WarnAt            *unit.Decimal
	SliceTarget       *unit.Decimal // nil means Target
	DownWhen          unit.Decimal  // percent
	MinConsecutive    time.Duration
	MinEvents         int64
	// Up marks an objective over an up or probe gauge: its unreachable windows
	// are bad, by the samples of `up` that were 0.
	Up bool
}

// Member is what one organization contributes to a result: its groups and what
// is excluded for it.
type Member struct {
	Groups   []*window.Group
	Excluded []Exclusion
}

// Exclusion is a span that is taken out of the accounting.
type Exclusion struct {
	period.Span
	Name   string
	AsMet  bool // count_as: met
	Ticket string
}

// Input is everything that a judgement depends on.
type Input struct {
	Objective Objective
	// Period is what is judged. When it is to date, it is judged up to Now.
	Period period.Period
	Now    time.Time
	// Scan holds the grid, the reachability of jobs and the accounting; the
	// groups judged are those of Members.
	Scan    *window.Scan
	Members []Member

	Tier, Organization string
	Group              map[string]string
}

// State is the verdict of a result.
type State string

// The states, from good to bad. AtRisk occurs only to date.
const (
	Met              State = "met"
	AtRisk           State = "at_risk"
	InsufficientData State = "insufficient_data"
	Breached         State = "breached"
)
