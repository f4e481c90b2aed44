package config

import "github.com/slactl/slactl/internal/unit"

// BusinessMetric is one entry of business_metrics. Exactly one of Counter,
// Gauge, Ratio, Formula and Score is set.
type BusinessMetric struct {
	Title     string         `yaml:"title"`
	Counter   string         `yaml:"counter"`
	Gauge     string         `yaml:"gauge"`
	Ratio     *Indicator     `yaml:"ratio"`
	Formula   string         `yaml:"formula"`
	Score     Map[ScorePart] `yaml:"score"`
	Reweight  bool           `yaml:"reweight"`
	Unit      string         `yaml:"unit"`
	Better    string         `yaml:"better"`    // "", higher, lower
	Aggregate string         `yaml:"aggregate"` // of a gauge: "", mean, last, max, min
	Per       string         `yaml:"per"`       // "", second, minute, hour, day
	Target    *unit.Decimal  `yaml:"target"`
	Source    StringList     `yaml:"source"`
}

// ScorePart is one weighted part of a score.
type ScorePart struct {
	Weight unit.Decimal  `yaml:"weight"`
	From   *unit.Decimal `yaml:"from"`
	To     *unit.Decimal `yaml:"to"`
}

// Cost says how bills are summed and shared out.
type Cost struct {
	Measure       string         `yaml:"measure"`
	Currency      string         `yaml:"currency"`
	ExchangeRates Path           `yaml:"exchange_rates"`
	Prices        Path           `yaml:"prices"`
	Allocate      []AllocateRule `yaml:"allocate"`
	UnitCosts     Map[string]    `yaml:"unit_costs"`
	Revenue       *Revenue       `yaml:"revenue"`
	Budgets       []Budget       `yaml:"budgets"`
	Settle        *Duration      `yaml:"settle"`
}

// AllocateRule gives the line items that it matches to a team, tier or
// organization.
type AllocateRule struct {
	Team  string            `yaml:"team"`
	Tier  string            `yaml:"tier"`
	Org   string            `yaml:"org"`
	Match map[string]string `yaml:"match"`
	Split *Split            `yaml:"split"`
}

// Split shares a rule's total out over the values of a label.
type Split struct {
	By   string `yaml:"by"`
	Over string `yaml:"over"`
}

// Revenue says where revenue comes from.
type Revenue struct {
	From   string `yaml:"from"` // monthly_fee
	Metric string `yaml:"metric"`
	CSV    Path   `yaml:"csv"`
}

// Budget is an amount that a part of the costs should stay within.
type Budget struct {
	Name     string            `yaml:"name"`
	Match    map[string]string `yaml:"match"`
	Amount   unit.Decimal      `yaml:"amount"`
	Currency string            `yaml:"currency"`
	Period   string            `yaml:"period"` // day, week, month, quarter, year
	AlertAt  []unit.Decimal    `yaml:"alert_at"`
}

// Alerting says who is told of what, and when.
type Alerting struct {
	EscalationRules []EscalationRule `yaml:"escalation_rules"`
	Levels          Map[Level]       `yaml:"levels"`
	Receivers       Map[Receiver]    `yaml:"receivers"`
}

// EscalationRule tells a list of receivers of the alerts that it matches.
type EscalationRule struct {
	Condition     string    `yaml:"condition"`
	EscalateAfter *Duration `yaml:"escalate_after"`
	Notify        []string  `yaml:"notify"`
}

// Level is a step of escalation: a bare duration, or a mapping.
type Level struct {
	After  Duration `yaml:"after"`
	Notify []string `yaml:"notify"`
}

// Receiver is one channel of notification; exactly one key is set.
type Receiver struct {
	Webhook   RawYAML `yaml:"webhook"`
	PagerDuty RawYAML `yaml:"pagerduty"`
	Slack     RawYAML `yaml:"slack"`
	Email     RawYAML `yaml:"email"`
	SMS       RawYAML `yaml:"sms"`
}

// Report is the layout and delivery of one report.
type Report struct {
	Title    string     `yaml:"title"`
	Sections []string   `yaml:"sections"`
	Deliver  []Delivery `yaml:"deliver"`
}

// Delivery sends a report to one channel.
type Delivery struct {
	Email   RawYAML  `yaml:"email"`
	Webhook RawYAML  `yaml:"webhook"`
	Slack   RawYAML  `yaml:"slack"`
	Files   RawYAML  `yaml:"files"`
	Formats []string `yaml:"formats"`
}
