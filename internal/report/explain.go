package report

import (
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// ExplainSchema names the version of [Explanations]' JSON form.
const ExplainSchema = "slactl.explain/v1"

// Explanations is what `slactl sla explain` says: an objective or several of one
// SLA, for one audience in one period, with the arithmetic laid open.
type Explanations struct {
	Schema       string          `json:"schema"`
	Title        string          `json:"title"`
	GeneratedAt  time.Time       `json:"generated_at"`
	ConfigDigest string          `json:"config_digest"`
	Period       period.Info     `json:"period"`
	Legend       []sla.StripMark `json:"legend"`
	Explanations []Explanation   `json:"explanations"`
	Notes        []string        `json:"notes"`
}

// Explanation is one result and everything that it was computed from.
type Explanation struct {
	Result sla.Result `json:"result"`
	// Period is as the audience sees it: cut in its zone and by its `since`.
	Period period.Info `json:"period"`
	Source Source      `json:"source"`
	// Reads are the selectors that were counted.
	Reads      []Reading       `json:"reads"`
	Window     string          `json:"measurement_window"`
	MaxGap     string          `json:"max_gap"`
	Lookback   string          `json:"lookback"`
	Rules      []string        `json:"rules"` // how windows that say little are judged
	Target     TargetOrigin    `json:"target"`
	Exclusions []Exclusion     `json:"exclusions"`
	Unexcluded *Unexcluded     `json:"without_exclusions"` // null when nothing was excluded
	Arithmetic []sla.Equation  `json:"arithmetic"`
	Steps      []sla.Step      `json:"steps"`
	Strip      sla.Strip       `json:"strip"`
	Course     []sla.CourseDay `json:"course"`
	// Credit is how the credit of an organization's complete month follows; null
	// where the period is no such month or no credit is promised.
	Credit *sla.CreditExplanation `json:"credit"`
}

// Reading is one selector and what it counts.
type Reading struct {
	Counts string `json:"counts"` // total, bad, good, sum, count
	// Selector is the one of the SLA, narrowed to the series of the audience; it
	// can be pasted into Prometheus.
	Selector string `json:"selector"`
	// Samples is an instant query that returns every sample that was counted, and
	// those before the period that their increments begin at; At is its time.
	Samples string    `json:"samples"`
	At      time.Time `json:"at"`
}

// TargetOrigin is the target in force and where it stands.
type TargetOrigin struct {
	Value unit.Decimal `json:"value"`
	From  string       `json:"from"` // the definition of availability; tier gold; history of tier gold, until 2026-07-01
	At    time.Time    `json:"at"`   // the instant whose target holds: the period's start
	// Position is the place in the configuration: slactl.yaml:14:12.
	Position string `json:"position"`
}

// Unexcluded is what would have been without the exclusions.
type Unexcluded struct {
	Attained *unit.Decimal   `json:"attained"`
	State    sla.State       `json:"state"`
	Events   sla.EventCounts `json:"events"`
}
