// Package config reads slactl.yaml: keys become a [Config] in which every value
// was checked and still knows where it stood. It reads files and the
// environment, and never the network.
package config

import (
	"time"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Config is a whole configuration: the merged files, defaults not filled in.
// Pointers are nil, and maps and lists empty, where the files say nothing.
// [Config.Pos] tells where a value stands.
type Config struct {
	Version   int      `yaml:"version"`
	Name      string   `yaml:"name"`
	Timezone  Zone     `yaml:"timezone"`
	WeekStart *Weekday `yaml:"week_start"`

	Sources         Sources             `yaml:"sources"`
	SLADefinitions  Map[SLADefinition]  `yaml:"sla_definitions"`
	ServiceTiers    Map[Tier]           `yaml:"service_tiers"`
	Organizations   Organizations       `yaml:"organizations"`
	Maintenance     []Maintenance       `yaml:"maintenance"`
	ServiceHours    Map[ServiceHours]   `yaml:"service_hours"`
	BusinessMetrics Map[BusinessMetric] `yaml:"business_metrics"`
	Cost            Cost                `yaml:"cost"`
	Alerting        Alerting            `yaml:"alerting"`
	Reports         Map[Report]         `yaml:"reports"`

	root    *yamlpos.Node            // the merged files
	records *yamlpos.Node            // the rows of organizations.file
	index   map[string]*yamlpos.Node // every value by its path
	keys    map[string]*yamlpos.Node // the key of every value of a mapping, by the same path
}

// Map is a mapping that keeps the order of the file.
type Map[T any] []Entry[T]

// Entry is one key of a [Map] and its value.
type Entry[T any] struct {
	Key   string
	Value T
}

// Get returns the value of a key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// Zone is an IANA time zone; nil means that none was given.
type Zone struct{ *time.Location }

// Weekday is a day of the week by its English name.
type Weekday struct{ time.Weekday }

// Duration is a positive length of time as Prometheus writes it: 30s, 5m, 1h,
// 7d, 1h30m.
type Duration time.Duration

// Sources says where metrics and bills are read from.
type Sources struct {
	Metrics []MetricsSource `yaml:"metrics,oneorlist"` // one mapping, or a list of named ones
	History *History        `yaml:"history"`
	Billing []BillingSource `yaml:"billing"`
}

// MetricsSource is one place of metrics. Exactly one of Prometheus, Blocks and
// OpenMetrics is set.
type MetricsSource struct {
	Name        string      `yaml:"name"`
	Prometheus  *Prometheus `yaml:"prometheus"`
	Blocks      Path        `yaml:"blocks"`
	OpenMetrics Path        `yaml:"openmetrics"`
}

// Path is a file, directory or glob, made absolute against the directory of the
// file that names it. URLs with a scheme stay as they are.
type Path string

// Secret is a text that never appears in output.
type Secret string

// Prometheus is a server with Prometheus's HTTP API.
type Prometheus struct {
	URL string `yaml:"url"`
	// Read is auto, raw or promql.
	Read string `yaml:"read"`
	// HTTP is Prometheus's own http_config, kept as YAML text for
	// prometheus/common to decode; file paths in it are already absolute.
	HTTP        RawYAML           `yaml:"http"`
	Headers     map[string]Secret `yaml:"headers"`
	DedupLabels []string          `yaml:"dedup_labels"`
	Timeout     Duration          `yaml:"timeout"`
	Concurrency int               `yaml:"concurrency"`
}

// RawYAML is a part of the configuration that another library decodes.
type RawYAML []byte

// History is the store of recorded samples.
type History struct {
	Path      Path     `yaml:"path"`
	Retention Duration `yaml:"retention"`
}

// BillingSource is one place of bills or meters.
type BillingSource struct {
	Name      string            `yaml:"name"`
	Format    string            `yaml:"format"`
	Path      Path              `yaml:"path"`
	Postgres  *Postgres         `yaml:"postgres"`
	Preset    string            `yaml:"preset"`
	Tokens    string            `yaml:"tokens"`
	Labels    map[string]string `yaml:"labels"`
	Kinds     map[string]string `yaml:"kinds"`
	Cached    string            `yaml:"cached"`
	Columns   map[string]string `yaml:"columns"`
	Measure   string            `yaml:"measure"`
	Currency  string            `yaml:"currency"`
	Snapshots string            `yaml:"snapshots"`  // "" or none
	OnBadRow  string            `yaml:"on_bad_row"` // "" or skip
	Timezone  Zone              `yaml:"timezone"`
	Role      string            `yaml:"role"` // "", bill or meter
	Settle    Duration          `yaml:"settle"`
	APIKey    Secret            `yaml:"api_key"`
	APIFile   Path              `yaml:"api_key_file"`
}

// Postgres is a table of line items in a database.
type Postgres struct {
	DSN   Secret `yaml:"dsn"`
	Table string `yaml:"table"`
}

// Indicator says what is counted. Which keys are set tells its kind.
type Indicator struct {
	Total     string       `yaml:"total"`
	Bad       string       `yaml:"bad"`
	Good      string       `yaml:"good"`
	Histogram string       `yaml:"histogram"`
	Within    Duration     `yaml:"within"`
	Unit      string       `yaml:"unit"` // of a histogram: seconds, milliseconds
	Gauge     string       `yaml:"gauge"`
	Sum       string       `yaml:"sum"`
	Count     string       `yaml:"count"`
	Up        string       `yaml:"up"`
	Combine   string       `yaml:"combine"` // of up: sum, any, all
	Preset    string       `yaml:"preset"`
	Match     string       `yaml:"match"` // added to a preset's selectors: {job="api"}
	PromQL    *PromQLRatio `yaml:"promql"`
}

// PromQLRatio is a ratio of two free expressions in which $window stands for the
// length of a window.
type PromQLRatio struct {
	Total string `yaml:"total"`
	Bad   string `yaml:"bad"`
	Good  string `yaml:"good"`
}

// SLADefinition is one entry of sla_definitions.
type SLADefinition struct {
	// The keys of the shorthand; [SLADefinition.Expand] makes objectives of them.
	Target                   *unit.Decimal           `yaml:"target"`
	P50TargetMS              *unit.Decimal           `yaml:"p50_target_ms"`
	P90TargetMS              *unit.Decimal           `yaml:"p90_target_ms"`
	P95TargetMS              *unit.Decimal           `yaml:"p95_target_ms"`
	P99TargetMS              *unit.Decimal           `yaml:"p99_target_ms"`
	ErrorRateThreshold       *unit.Decimal           `yaml:"error_rate_threshold"`
	ResponseQualityThreshold *unit.Decimal           `yaml:"response_quality_threshold"`
	WarnAt                   *unit.Decimal           `yaml:"warn_at"`
	WarnAtMS                 map[string]unit.Decimal `yaml:"warn_at_ms"`

	Objectives []Objective    `yaml:"objectives"`
	Indicator  *Indicator     `yaml:"indicator"`
	Indicators Map[Indicator] `yaml:"indicators"`

	MeasurementWindow *Duration     `yaml:"measurement_window"`
	EvaluationWindow  *Duration     `yaml:"evaluation_window"`
	GracePeriod       *Duration     `yaml:"grace_period"`
	Method            string        `yaml:"method"`
	SliceTarget       *unit.Decimal `yaml:"slice_target"`
	Idle              string        `yaml:"idle"`
	NoData            string        `yaml:"no_data"`
	MinCoverage       *unit.Decimal `yaml:"min_coverage"`
	StrictCoverage    *bool         `yaml:"strict_coverage"`
	DownWhen          *Percent      `yaml:"down_when"`
	MinConsecutive    *Duration     `yaml:"min_consecutive"`
	MinEvents         *int64        `yaml:"min_events"`
	MaxGap            *Duration     `yaml:"max_gap"`
	Lookback          *Duration     `yaml:"lookback"`
	Severity          string        `yaml:"severity"`
	Impact            string        `yaml:"impact"`
	Category          string        `yaml:"category"`
	Service           string        `yaml:"service"`
	Title             string        `yaml:"title"`
	Source            StringList    `yaml:"source"`
	GroupBy           []string      `yaml:"group_by"`
	Measured          string        `yaml:"measured"` // "", shared
}

// Percent is a share written as 10 or "10%".
type Percent struct{ unit.Decimal }

// StringList is one text or a list of them.
type StringList []string

// Objective is one entry of an SLA's objectives: the general form.
type Objective struct {
	Name      string        `yaml:"name"`
	Indicator *Indicator    `yaml:"indicator"`
	AtLeast   *unit.Decimal `yaml:"at_least"`
	AtMost    *unit.Decimal `yaml:"at_most"`
	Quantile  *unit.Decimal `yaml:"quantile"` // 0.95, over a histogram
	Method    string        `yaml:"method"`
	Unit      string        `yaml:"unit"`
	WarnAt    *unit.Decimal `yaml:"warn_at"`
}

// Tier is one entry of service_tiers.
type Tier struct {
	TierTargets `yaml:",inline"`
	Credits     []CreditPolicy `yaml:"credits,oneorlist"` // one mapping or a list
	MinNotice   *Duration      `yaml:"min_notice"`
	MaxPerMonth *Duration      `yaml:"max_per_month"`
	History     []TierHistory  `yaml:"history"`
}

// TierTargets are the targets of a tier at one time.
type TierTargets struct {
	AvailabilityTarget *unit.Decimal     `yaml:"availability_target"`
	ResponseTimeP50MS  *unit.Decimal     `yaml:"response_time_p50_ms"`
	ResponseTimeP90MS  *unit.Decimal     `yaml:"response_time_p90_ms"`
	ResponseTimeP95MS  *unit.Decimal     `yaml:"response_time_p95_ms"`
	ResponseTimeP99MS  *unit.Decimal     `yaml:"response_time_p99_ms"`
	Targets            Map[unit.Decimal] `yaml:"targets"` // "sla.objective": 4.9
}

// TierHistory is what a tier promised until a day.
type TierHistory struct {
	Until       Date `yaml:"until"`
	TierTargets `yaml:",inline"`
	Credits     []CreditPolicy `yaml:"credits,oneorlist"`
}

// CreditPolicy is one block of credits.
type CreditPolicy struct {
	Objective string        `yaml:"objective"`
	Bands     []CreditBand  `yaml:"bands"`
	Cap       *unit.Decimal `yaml:"cap"`
	Combine   string        `yaml:"combine"` // "", highest, sum
}

// CreditBand grants a credit, in percent of the fee, below or above a value.
type CreditBand struct {
	Below  *unit.Decimal `yaml:"below"`
	Above  *unit.Decimal `yaml:"above"`
	Credit *unit.Decimal `yaml:"credit"`
}

// Organizations says who the customers are.
type Organizations struct {
	Label     string         `yaml:"label"`
	TierLabel string         `yaml:"tier_label"`
	Measured  string         `yaml:"measured"` // "", shared
	List      []Organization `yaml:"list"`
	File      Path           `yaml:"file"`
}

// Organization is one customer.
type Organization struct {
	ID         string                `yaml:"id"`
	Name       string                `yaml:"name"`
	Tier       string                `yaml:"tier"`
	Timezone   Zone                  `yaml:"timezone"`
	MonthlyFee *unit.Decimal         `yaml:"monthly_fee"`
	Currency   string                `yaml:"currency"`
	Since      *Date                 `yaml:"since"`
	Attributes map[string]string     `yaml:"attributes"`
	Match      map[string]string     `yaml:"match"`
	History    []OrganizationHistory `yaml:"history"`
}

// OrganizationHistory is what held for a customer until a day.
type OrganizationHistory struct {
	Until      Date          `yaml:"until"`
	Tier       string        `yaml:"tier"`
	MonthlyFee *unit.Decimal `yaml:"monthly_fee"`
}

// Date is a day of the calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Instant is a moment: RFC 3339, or a local date and time that the entry's own
// zone completes (Local is then true and Time holds it as if in UTC).
type Instant struct {
	Time  time.Time
	Local bool
}

// Maintenance is one entry of maintenance: a single span, a recurring one
// (RRule with Start and Duration), or an iCalendar file.
type Maintenance struct {
	Name          string     `yaml:"name"`
	Start         *Instant   `yaml:"start"`
	End           *Instant   `yaml:"end"`
	Duration      *Duration  `yaml:"duration"`
	RRule         string     `yaml:"rrule"`
	ICal          Path       `yaml:"ical"`
	Timezone      Zone       `yaml:"timezone"`
	Tiers         []string   `yaml:"tiers"`
	Organizations []string   `yaml:"organizations"`
	SLAs          []string   `yaml:"slas"`
	CountAs       string     `yaml:"count_as"` // "", met
	Announced     *Announced `yaml:"announced"`
	Reason        string     `yaml:"reason"`
	Ticket        string     `yaml:"ticket"`
}

// Announced is when a maintenance was announced: an instant, or a date, which is
// the start of that day in the file's zone.
type Announced struct {
	Instant *Instant
	Date    *Date
}

// ServiceHours are the hours in which a tier's SLA holds.
type ServiceHours struct {
	Days     string `yaml:"days"`  // mon-fri, or mon,wed
	Hours    string `yaml:"hours"` // 08:00-18:00
	Timezone Zone   `yaml:"timezone"`
}
