// Package report builds one [doc.Document] per report out of results. It knows
// no medium, reads no source and computes no figure: what a report shows was
// computed before, and is kept as [Results], from which it can be drawn again.
package report

import (
	"time"

	"github.com/slactl/slactl/internal/advice"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// Schema names the version of the JSON form of [Results].
const Schema = "slactl.report/v1"

// Results is everything that a report is drawn from.
type Results struct {
	Schema       string      `json:"schema"`
	Report       string      `json:"report"` // daily, weekly, monthly
	Title        string      `json:"title"`  // the name that the configuration gives
	Period       period.Info `json:"period"`
	GeneratedAt  time.Time   `json:"generated_at"`
	ConfigDigest string      `json:"config_digest"`
	Version      string      `json:"version"`
	Preliminary  bool        `json:"preliminary"`
	Layout       Layout      `json:"layout"`

	Sources     []Source    `json:"sources"`
	SLA         *sla.Report `json:"sla"`
	SLAPrevious *sla.Report `json:"sla_previous"`
	// Shared names the SLAs that are measured on the platform's series: what
	// happened, happened to every organization alike.
	Shared       []string     `json:"shared"`
	Daily        []DailyPoint `json:"daily"`
	Cost         *cost.Report `json:"cost"`
	CostPrevious *cost.Report `json:"cost_previous"`
	CostDaily    *cost.Report `json:"cost_daily"`
	KPI          *kpi.Report  `json:"kpi"`
	Spending
	Exclusions []Exclusion `json:"exclusions"`
	Missing    []Missing   `json:"missing"`
	Notes      []string    `json:"notes"`
}

// Spending are the further results about costs, nil for those that the report does
// not have. The ledger of the bills is that of the breakdown, for all of them.
type Spending struct {
	Invoices        *cost.Invoices       `json:"invoices"`
	Allocations     []*cost.Allocation   `json:"allocations"` // by team, by organization
	Margins         *cost.MarginReport   `json:"margins"`
	UnitCosts       *cost.UnitReport     `json:"unit_costs"`
	Cache           *price.Savings       `json:"cache"`
	PricesChecked   string               `json:"prices_checked"` // "" where no meter was read
	Budgets         *cost.BudgetReport   `json:"budgets"`
	Anomalies       *cost.AnomalyReport  `json:"anomalies"`
	Forecast        *cost.ForecastReport `json:"forecast"`
	Recommendations *advice.Report       `json:"recommendations"`
	// Reconciliations set each bill beside each meter that have something in common.
	Reconciliations []*cost.Reconciliation `json:"reconciliations"`
}

// Layout is what a configuration says of a report's form.
type Layout struct {
	// Title replaces the default title.
	Title string `json:"title,omitempty"`
	// Sections selects and orders the sections by their ids; empty means
	// those that the report has by default.
	Sections []string `json:"sections,omitempty"`
}

// Source is a metrics or billing source as the appendix lists it.
type Source struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Target      string   `json:"target"`
	Detail      string   `json:"detail,omitempty"`
	Accounting  string   `json:"accounting,omitempty"`
	Series      int64    `json:"series,omitempty"`
	Samples     int64    `json:"samples,omitempty"`
	Expressions []string `json:"expressions,omitempty"`
}

// DailyPoint is the attainment of one objective on one day, for trends.
type DailyPoint struct {
	Date         string        `json:"date"` // 2026-10-07, in the period's zone
	SLA          string        `json:"sla"`
	Objective    string        `json:"objective"`
	Tier         string        `json:"tier,omitempty"`
	Organization string        `json:"organization,omitempty"`
	Attained     *unit.Decimal `json:"attained"`
	State        sla.State     `json:"state"`
}

// Exclusion is one span that was taken out of the accounting, or that was not
// although it is configured, with the reason.
type Exclusion struct {
	Name    string    `json:"name"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Scope   string    `json:"scope"` // "silver, bronze" or "all"
	Ticket  string    `json:"ticket,omitempty"`
	Applied bool      `json:"applied"`
	Reason  string    `json:"reason,omitempty"`
}

// Missing names a section that could not be made, and why.
type Missing struct {
	Section string `json:"section"` // sla, cost, business
	Because string `json:"because"`
}
