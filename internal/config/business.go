package config

import (
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// BusinessMetric is one entry of business_metrics. Exactly one of Counter,
// Gauge, Ratio, Formula and Score is set.
type BusinessMetric struct {
	Title     string         `yaml:"title"`     // heading
	Counter   string         `yaml:"counter"`   // selector of a counter: its growth
	Gauge     string         `yaml:"gauge"`     // selector of a gauge
	Ratio     *Indicator     `yaml:"ratio"`     // a ratio of sums, in percent
	Formula   string         `yaml:"formula"`   // arithmetic over other metrics by name
	Score     Map[ScorePart] `yaml:"score"`     // weighted parts on a scale from 0 to 100
	Reweight  bool           `yaml:"reweight"`  // whether a score does without missing parts; default false
	Unit      string         `yaml:"unit"`      // unit, or a currency
	Better    string         `yaml:"better"`    // `higher` or `lower`: what a change is judged by
	Aggregate string         `yaml:"aggregate"` // of a gauge: mean, last, max or min; default mean
	Per       string         `yaml:"per"`       // rate of a counter by second, minute, hour or day
	Target    *unit.Decimal  `yaml:"target"`    // value to reach
	Source    StringList     `yaml:"source"`    // name of the metrics source, or a list of names whose values are summed; default the first source
}

// ComputedFrom lists the business metrics that a formula or score refers to, in
// the order in which they stand there.
func (m BusinessMetric) ComputedFrom() []string {
	names := identifiers(m.Formula)
	for _, part := range m.Score {
		if part.Key != "sla" && part.Key != "error_budget" {
			names = append(names, part.Key)
		}
	}
	return names
}

// ScorePart is one weighted part of a score.
type ScorePart struct {
	Weight unit.Decimal  `yaml:"weight"` // weight of the part
	From   *unit.Decimal `yaml:"from"`   // value that maps to 0
	To     *unit.Decimal `yaml:"to"`     // value that maps to 100
}

// Cost says how bills are summed and shared out.
type Cost struct {
	Measure       string         `yaml:"measure"`        // billed, effective, list or contracted; default effective
	Currency      string         `yaml:"currency"`       // currency of reports; amounts in others need `exchange_rates`
	ExchangeRates Path           `yaml:"exchange_rates"` // CSV file: date,from,to,rate
	Prices        Path           `yaml:"prices"`         // prices of tokens, before the embedded ones
	Allocate      []AllocateRule `yaml:"allocate"`       // rules that give charges to teams, tiers and organizations; the first match wins
	UnitCosts     Map[UnitCost]  `yaml:"unit_costs"`     // what costs are divided by, by name: a business metric, or a mapping
	Revenue       *Revenue       `yaml:"revenue"`        // where revenue comes from
	Budgets       []Budget       `yaml:"budgets"`        // amounts to stay within
	Utilisation   []Utilisation  `yaml:"utilisation"`    // how busy resources are, for advice on idle ones
	Settle        *Duration      `yaml:"settle"`         // how long after its end a bill may still change; default 10d
}

// AllocateRule gives the line items that it matches to a team, tier or
// organization.
type AllocateRule struct {
	Team  string `yaml:"team"`  // the team that gets the charges
	Tier  string `yaml:"tier"`  // the tier that gets them
	Org   string `yaml:"org"`   // the organization that gets them
	Match Match  `yaml:"match"` // which charges, by their keys: {tag.team: research, service: [Amazon *, BigQuery]}; * is any text
	Split *Split `yaml:"split"` // shares the charges out instead
}

// Match picks line items: for each key, one of the values is enough.
type Match map[string]StringList

// Charges returns the match as package cost knows it.
func (m Match) Charges() cost.Match {
	out := make(cost.Match, len(m))
	for key, values := range m {
		out[key] = values
	}
	return out
}

// UnitCost divides costs by a business metric: its bare name, or a mapping.
type UnitCost struct {
	Metric string        `yaml:"metric"` // business metric whose value the costs are divided by
	Match  Match         `yaml:"match"`  // the charges, as in `allocate`; all unless given
	Per    *unit.Decimal `yaml:"per"`    // events to a unit, such as 1000000; default 1
}

// Split shares a rule's total out over the values of a label.
type Split struct {
	By   string `yaml:"by"`   // business metric whose values are the shares; evenly unless given
	Over string `yaml:"over"` // org, tier or team: over whom it is split
}

// Revenue says where revenue comes from.
type Revenue struct {
	From   string `yaml:"from"`   // `monthly_fee`: the fees of the organizations
	Metric string `yaml:"metric"` // counter of revenue
	CSV    Path   `yaml:"csv"`    // file: date,organization,amount,currency
}

// Budget is an amount that a part of the costs should stay within.
type Budget struct {
	Name     string         `yaml:"name"`     // name
	Match    Match          `yaml:"match"`    // the charges, as in `allocate`; all unless given
	Amount   unit.Decimal   `yaml:"amount"`   // the amount
	Currency string         `yaml:"currency"` // its currency
	Period   string         `yaml:"period"`   // day, week, month, quarter or year
	AlertAt  []unit.Decimal `yaml:"alert_at"` // percentages to tell of
}

// Utilisation is a gauge that tells how busy resources are.
type Utilisation struct {
	Gauge     string       `yaml:"gauge"`      // selector of the gauge, such as instance_cpu_utilization_ratio
	Label     string       `yaml:"label"`      // its label with the resource's id as the bill has it, or the end of that after a / or :
	IdleBelow unit.Decimal `yaml:"idle_below"` // a resource is idle when 95 % of the five-minute means are below this, in the gauge's own unit
	Source    StringList   `yaml:"source"`     // metrics sources that have it; default the first
}

// Alerting says who is told of what, and when.
type Alerting struct {
	EscalationRules []EscalationRule `yaml:"escalation_rules"` // which alerts go to whom
	Levels          Map[Level]       `yaml:"levels"`           // steps of escalation, by number: a duration, or a mapping
	Receivers       Map[Receiver]    `yaml:"receivers"`        // channels, by name
}

// EscalationRule tells a list of receivers of the alerts that it matches.
type EscalationRule struct {
	Condition     string    `yaml:"condition"`      // which alerts: severity == 'critical' && impact == 'business'
	EscalateAfter *Duration `yaml:"escalate_after"` // how long an alert may be open before
	Notify        []string  `yaml:"notify"`         // receivers
}

// Level is a step of escalation: a bare duration, or a mapping.
type Level struct {
	After  Duration `yaml:"after"`  // how long an alert may be open before
	Notify []string `yaml:"notify"` // receivers
}

// Receiver is one channel of notification; exactly one key is set.
type Receiver struct {
	Webhook   RawYAML `yaml:"webhook"`   // URL and settings
	PagerDuty RawYAML `yaml:"pagerduty"` // key and settings
	Slack     RawYAML `yaml:"slack"`     // channel and settings
	Email     RawYAML `yaml:"email"`     // address and settings
	SMS       RawYAML `yaml:"sms"`       // number and settings
}

// Report is the layout and delivery of one report.
type Report struct {
	Title    string     `yaml:"title"`    // title
	Sections []string   `yaml:"sections"` // which sections, in their order: summary, sla, violations, credits, business, cost, allocation, unit_costs, budgets, anomalies, forecast, recommendations, appendix
	Deliver  []Delivery `yaml:"deliver"`  // where it is sent
}

// Delivery sends a report to one channel.
type Delivery struct {
	Email   RawYAML  `yaml:"email"`   // addresses and settings
	Webhook RawYAML  `yaml:"webhook"` // URL and settings
	Slack   RawYAML  `yaml:"slack"`   // channel and settings
	Files   RawYAML  `yaml:"files"`   // directory and settings
	Formats []string `yaml:"formats"` // terminal, xlsx, pdf, json
}
