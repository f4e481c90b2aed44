// Package kpi computes business metrics: the growth of counters, the mean of
// gauges and ratios of sums, for a period and the one before it. It
// is pure.
//
// Everything is computed in fractions and rounded once, where it is written. A
// counter's growth is a sum of decimals and is written in full. A mean and a
// ratio are rounded, half to even, to 12 digits after the point, and growth,
// which follows from the values before they are rounded, to 6.
package kpi

import (
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Schema names the version of [Report]'s JSON form.
const Schema = "slactl.kpi/v1"

// Report is the value of each business metric, in the form that its JSON has.
type Report struct {
	Schema  string      `json:"schema"`
	Period  period.Info `json:"period"`
	Metrics []Metric    `json:"metrics"`
	Notes   []string    `json:"notes"`
}

// Metric is one business metric's value and how it moved.
type Metric struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Kind     string        `json:"kind"` // counter, gauge, ratio
	Unit     string        `json:"unit,omitempty"`
	Better   string        `json:"better,omitempty"` // higher, lower
	Value    *unit.Decimal `json:"value"`
	Previous *unit.Decimal `json:"previous"`
	// Growth is (value − previous) / previous, six digits; nil with a reason when
	// previous is missing or 0.
	Growth *unit.Decimal `json:"growth"`
	Target *unit.Decimal `json:"target,omitempty"`
	// Daily holds the value of each day of the period, nil where there is none.
	Daily  []*unit.Decimal `json:"daily"`
	Reason *string         `json:"reason"`
	Notes  []string        `json:"notes"`
}
