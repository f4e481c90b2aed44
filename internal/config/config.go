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
	Version   int      `yaml:"version"`    // version of the format; default 1
	Name      string   `yaml:"name"`       // name of the company or platform, for the heads of reports
	Timezone  Zone     `yaml:"timezone"`   // IANA zone in which periods are cut; default UTC
	WeekStart *Weekday `yaml:"week_start"` // day on which weeks begin; default monday

	Sources         Sources             `yaml:"sources"`          // where metrics and bills are read from
	SLADefinitions  Map[SLADefinition]  `yaml:"sla_definitions"`  // what is promised and how it is measured, by the name of the SLA
	ServiceTiers    Map[Tier]           `yaml:"service_tiers"`    // what each tier promises, by the name of the tier
	Organizations   Organizations       `yaml:"organizations"`    // who the customers are
	Maintenance     []Maintenance       `yaml:"maintenance"`      // spans that are taken out of the SLAs
	ServiceHours    Map[ServiceHours]   `yaml:"service_hours"`    // hours in which a tier's SLA holds, by the name of the tier
	BusinessMetrics Map[BusinessMetric] `yaml:"business_metrics"` // business metrics of the report, by name
	Cost            Cost                `yaml:"cost"`             // how bills are summed and shared out
	Alerting        Alerting            `yaml:"alerting"`         // who is told of what, and when
	Reports         Map[Report]         `yaml:"reports"`          // layout and delivery of reports, by the name of the report

	files   []*yamlpos.Source        // the files
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
	Metrics []MetricsSource `yaml:"metrics,oneorlist"` // places of metrics: one mapping, or a list of named ones of which the first is read unless an SLA names its `source`
	History *History        `yaml:"history"`           // where recorded samples are kept
	Billing []BillingSource `yaml:"billing"`           // places of bills and meters
}

// MetricsSource is one place of metrics. Exactly one of Prometheus, Blocks and
// OpenMetrics is set.
type MetricsSource struct {
	Name        string      `yaml:"name"`        // the name by which an SLA or `--source` picks it
	Prometheus  *Prometheus `yaml:"prometheus"`  // a server: Prometheus, Thanos, Mimir, Cortex, VictoriaMetrics
	Blocks      Path        `yaml:"blocks"`      // a Prometheus data directory, also one in use, a snapshot, or single blocks; read only
	OpenMetrics Path        `yaml:"openmetrics"` // a file in the OpenMetrics text format, plain or .gz
}

// Path is a file, directory or glob, made absolute against the directory of the
// file that names it. URLs with a scheme stay as they are.
type Path string

// Secret is a text that never appears in output.
type Secret string

// Prometheus is a server with Prometheus's HTTP API.
type Prometheus struct {
	URL  string `yaml:"url"`  // base URL, with its path prefix and without /api/v1
	Read string `yaml:"read"` // `raw` (raw samples), `promql` (range queries) or `auto`; default auto
	// Kept as YAML text for prometheus/common to decode; file paths in it are
	// already absolute.
	HTTP        RawYAML           `yaml:"http"`         // Prometheus's own http_config: basic_auth, authorization, oauth2, tls_config, proxy_url
	Headers     map[string]Secret `yaml:"headers"`      // headers of every request, such as X-Scope-OrgID; values are secrets
	DedupLabels []string          `yaml:"dedup_labels"` // labels that tell the replicas of an HA pair apart; each series counts once
	Timeout     Duration          `yaml:"timeout"`      // how long to wait for an answer; default 30s
	Concurrency int               `yaml:"concurrency"`  // how many queries run at once; default 4
}

// RawYAML is a part of the configuration that another library decodes.
type RawYAML []byte

// History is the store of recorded samples.
type History struct {
	Path      Path     `yaml:"path"`      // directory of the store
	Retention Duration `yaml:"retention"` // how long samples are kept; default 90d
}

// BillingSource is one place of bills or meters.
type BillingSource struct {
	Name      string            `yaml:"name"`         // name of the source, for ledgers and `--source`
	Format    string            `yaml:"format"`       // focus, aws-cur, azure, gcp, oci, openai-costs, openai-usage, anthropic-cost, anthropic-usage, litellm-spend, token-counters or csv; without it, the header of each file tells
	Path      Path              `yaml:"path"`         // files, as a glob in which ** crosses directories; on this machine, or s3://bucket/prefix/**
	S3        *S3               `yaml:"s3"`           // how the bucket of an s3:// path is reached; by default as the tools of AWS do, by their environment variables and files
	Postgres  *Postgres         `yaml:"postgres"`     // a table of line items instead of files, in PostgreSQL or what speaks its protocol; rows are added up there
	Preset    string            `yaml:"preset"`       // names the labels of token counters: litellm or otel-genai
	Tokens    string            `yaml:"tokens"`       // selector of token counters
	Source    StringList        `yaml:"source"`       // metrics sources that hold the token counters, summed; default the first
	Labels    map[string]string `yaml:"labels"`       // which label of the counters says what: model, kind, provider, service_tier, organization, team
	Kinds     map[string]string `yaml:"kinds"`        // other spellings of token kinds
	Cached    string            `yaml:"cached"`       // whether cached tokens are `included` in input or `separate`
	Columns   map[string]string `yaml:"columns"`      // of format csv: the name of the column for each FOCUS field, such as {ChargePeriodStart: Day, BilledCost: Amount, Tags/team: Squad}
	Measure   string            `yaml:"measure"`      // which measure the amounts are, where a format has only one cost column
	Currency  string            `yaml:"currency"`     // currency of files without a currency column
	Snapshots string            `yaml:"snapshots"`    // `none` sums all files; otherwise the newest dated directory of a billing period counts
	OnBadRow  string            `yaml:"on_bad_row"`   // `skip` leaves broken rows out, counted and listed; otherwise they reject their file
	Timezone  Zone              `yaml:"timezone"`     // zone in which bills are cut; default UTC
	Role      string            `yaml:"role"`         // `bill` or `meter`, where the format does not say it
	Settle    Duration          `yaml:"settle"`       // how long after its end a bill may still change; default 10d
	APIKey    Secret            `yaml:"api_key"`      // key of a usage API
	APIFile   Path              `yaml:"api_key_file"` // file that holds the key
	APIURL    string            `yaml:"api_url"`      // address that stands for the provider's own, such as a proxy's
}

// S3 says how a bucket is reached. What is not set comes from the environment
// and the shared configuration of the AWS tools.
type S3 struct {
	Endpoint            string `yaml:"endpoint"`               // base URL of a server other than Amazon's: https://minio.internal:9000
	Region              string `yaml:"region"`                 // region of the bucket
	PathStyle           bool   `yaml:"path_style"`             // whether the bucket stands in the path of URLs instead of in their host, as many servers other than Amazon's want it
	Anonymous           bool   `yaml:"anonymous"`              // whether requests are not signed, for public buckets
	AccessKeyID         string `yaml:"access_key_id"`          // id of the key that signs requests
	SecretAccessKey     Secret `yaml:"secret_access_key"`      // the key's secret
	SecretAccessKeyFile Path   `yaml:"secret_access_key_file"` // file that holds the key's secret
}

// Postgres is a table of line items in a database.
type Postgres struct {
	DSN     Secret   `yaml:"dsn"`     // connection string, a secret
	Table   string   `yaml:"table"`   // table or view with FOCUS columns, or with format: litellm-spend a spend table of LiteLLM, as it stands in the catalogue: name or schema.name
	Timeout Duration `yaml:"timeout"` // how long one statement may take; default 10m
}

// Indicator says what is counted. Which keys are set tells its kind.
type Indicator struct {
	Total     string       `yaml:"total"`     // selector of all events; alone, or with `bad` or `good`
	Bad       string       `yaml:"bad"`       // selector of the events that failed
	Good      string       `yaml:"good"`      // selector of the events that succeeded
	Histogram string       `yaml:"histogram"` // histogram of latencies, by its base name
	Within    Duration     `yaml:"within"`    // bound of a histogram at or below which an observation is good
	Unit      string       `yaml:"unit"`      // unit of a histogram whose name does not tell: seconds or milliseconds
	Gauge     string       `yaml:"gauge"`     // selector of a gauge, judged by its mean
	Sum       string       `yaml:"sum"`       // counter of the sum of ratings; with `count`
	Count     string       `yaml:"count"`     // counter of the number of ratings
	Up        string       `yaml:"up"`        // selector of an up or probe gauge: a sample that is not 1 is bad
	Combine   string       `yaml:"combine"`   // how several targets of `up` combine: sum, any or all; default sum
	Preset    string       `yaml:"preset"`    // metrics of a known exporter: http, otel-http, istio, envoy, nginx-ingress, traefik, grpc, blackbox, kubernetes-probe
	Match     string       `yaml:"match"`     // labels to add to a preset's selectors: `{job="api"}`
	PromQL    *PromQLRatio `yaml:"promql"`    // free expressions instead of selectors
}

// PromQLRatio is a ratio of two free expressions in which $window stands for the
// length of a window.
type PromQLRatio struct {
	Total string `yaml:"total"` // expression of all events
	Bad   string `yaml:"bad"`   // expression of the events that failed
	Good  string `yaml:"good"`  // expression of the events that succeeded
}

// SLADefinition is one entry of sla_definitions.
type SLADefinition struct {
	// The keys of the shorthand; [SLADefinition.Expand] makes objectives of them.
	Target                   *unit.Decimal           `yaml:"target"`                     // availability in percent; the objective `availability`
	P50TargetMS              *unit.Decimal           `yaml:"p50_target_ms"`              // half of the requests are within so many milliseconds; the objective `p50`
	P90TargetMS              *unit.Decimal           `yaml:"p90_target_ms"`              // the same for 90 %; `p90`
	P95TargetMS              *unit.Decimal           `yaml:"p95_target_ms"`              // the same for 95 %; `p95`
	P99TargetMS              *unit.Decimal           `yaml:"p99_target_ms"`              // the same for 99 %; `p99`
	ErrorRateThreshold       *unit.Decimal           `yaml:"error_rate_threshold"`       // highest share of errors in percent; `error_rate`
	ResponseQualityThreshold *unit.Decimal           `yaml:"response_quality_threshold"` // lowest mean rating; `response_quality`
	WarnAt                   *unit.Decimal           `yaml:"warn_at"`                    // value from which a result to date is at risk
	WarnAtMS                 map[string]unit.Decimal `yaml:"warn_at_ms"`                 // the same for quantiles, by objective: {p95: 1500}

	Objectives []Objective    `yaml:"objectives"` // the general form of which the keys above are shorthand
	Indicator  *Indicator     `yaml:"indicator"`  // what is counted, for all objectives
	Indicators Map[Indicator] `yaml:"indicators"` // what is counted, by objective, where it differs

	MeasurementWindow *Duration     `yaml:"measurement_window"` // length of the windows in which data is present or missing and violations are seen; default 5m
	EvaluationWindow  *Duration     `yaml:"evaluation_window"`  // length of the view `now`; default 1h
	GracePeriod       *Duration     `yaml:"grace_period"`       // violations not longer than this are dropped, and runs so near are joined; default 0s
	Method            string        `yaml:"method"`             // `events`, `slices`, `mean` or `downtime`; default events
	SliceTarget       *unit.Decimal `yaml:"slice_target"`       // when a window is good, under `slices`; the target unless given
	Idle              string        `yaml:"idle"`               // windows without events: `met` or `excluded`; default met
	NoData            string        `yaml:"no_data"`            // windows without samples, where windows are judged: `excluded`, `breached` or `met`; default excluded
	MinCoverage       *unit.Decimal `yaml:"min_coverage"`       // percent of windows that must have data for a verdict; default 90
	StrictCoverage    *bool         `yaml:"strict_coverage"`    // whether a result that missing data could turn is insufficient_data instead of met; default false
	DownWhen          *Percent      `yaml:"down_when"`          // share of bad events above which a minute is down; default 5%
	MinConsecutive    *Duration     `yaml:"min_consecutive"`    // shortest outage that counts as downtime; default 1m
	MinEvents         *int64        `yaml:"min_events"`         // events that a minute needs to be down; default 1
	MaxGap            *Duration     `yaml:"max_gap"`            // longest distance of two samples that enclose a window's growth; default 5m
	Lookback          *Duration     `yaml:"lookback"`           // how far back a sample knows its predecessor; default 1h
	Severity          string        `yaml:"severity"`           // critical, warning or info, for alerts
	Impact            string        `yaml:"impact"`             // business, revenue, performance, cost or capacity, for alerts
	Category          string        `yaml:"category"`           // free text, for alerts
	Service           string        `yaml:"service"`            // free text, for alerts
	Title             string        `yaml:"title"`              // heading in reports
	Source            StringList    `yaml:"source"`             // name of the metrics source, or a list of names whose counts are summed, such as clusters; a window without samples of one of them has no data; default the first source
	GroupBy           []string      `yaml:"group_by"`           // labels by whose values results are given as well
	Measured          string        `yaml:"measured"`           // `shared` judges every organization by the platform's series
}

// Percent is a share written as 10 or "10%".
type Percent struct{ unit.Decimal }

// StringList is one text or a list of them.
type StringList []string

// Objective is one entry of an SLA's objectives: the general form.
type Objective struct {
	Name      string        `yaml:"name"`      // name of the objective
	Indicator *Indicator    `yaml:"indicator"` // what is counted, instead of the SLA's
	AtLeast   *unit.Decimal `yaml:"at_least"`  // target that the value must reach
	AtMost    *unit.Decimal `yaml:"at_most"`   // target that the value must not exceed
	Quantile  *unit.Decimal `yaml:"quantile"`  // 0.95 judges that quantile of a histogram, in ms
	Method    string        `yaml:"method"`    // as in the SLA
	Unit      string        `yaml:"unit"`      // unit of the value, where nothing else says it
	WarnAt    *unit.Decimal `yaml:"warn_at"`   // as in the SLA
}

// Tier is one entry of service_tiers.
type Tier struct {
	TierTargets `yaml:",inline"`
	Credits     []CreditPolicy `yaml:"credits,oneorlist"` // service credits: one mapping or a list
	MinNotice   *Duration      `yaml:"min_notice"`        // maintenance announced later is not excluded
	MaxPerMonth *Duration      `yaml:"max_per_month"`     // nor more of it than this in a month
	ClaimWithin *CalendarSpan  `yaml:"claim_within"`      // how long after the month a credit can be claimed: 30d, or `2 months`; default no deadline
	ClaimFrom   string         `yaml:"claim_from"`        // what claim_within counts from: `month_end` or the end of the `incident`; default month_end
	History     []TierHistory  `yaml:"history"`           // what the tier promised before
}

// TierTargets are the targets of a tier at one time.
type TierTargets struct {
	AvailabilityTarget *unit.Decimal     `yaml:"availability_target"`  // target of the SLA `availability`, in percent
	ResponseTimeP50MS  *unit.Decimal     `yaml:"response_time_p50_ms"` // target `p50` of the SLA `response_time`
	ResponseTimeP90MS  *unit.Decimal     `yaml:"response_time_p90_ms"` // target `p90` of the SLA `response_time`
	ResponseTimeP95MS  *unit.Decimal     `yaml:"response_time_p95_ms"` // target `p95` of the SLA `response_time`
	ResponseTimeP99MS  *unit.Decimal     `yaml:"response_time_p99_ms"` // target `p99` of the SLA `response_time`
	Targets            Map[unit.Decimal] `yaml:"targets"`              // any other target, by SLA and objective: {safety.safety_score: 4.9}
}

// TierHistory is what a tier promised until a day.
type TierHistory struct {
	Until       Date `yaml:"until"` // the first day on which the entry no longer holds
	TierTargets `yaml:",inline"`
	Credits     []CreditPolicy `yaml:"credits,oneorlist"` // the credits that held until then
}

// CreditPolicy is one block of credits.
type CreditPolicy struct {
	Objective string        `yaml:"objective"` // which objective the bands are for: SLA.objective, or a bare name; default availability
	Bands     []CreditBand  `yaml:"bands"`     // the bands; the one with the highest credit that applies counts
	Cap       *unit.Decimal `yaml:"cap"`       // highest credit, in percent of the fee
	Combine   string        `yaml:"combine"`   // over objectives: `highest` or `sum`; default highest
}

// CreditBand grants a credit, in percent of the fee, below or above a value.
type CreditBand struct {
	Below  *unit.Decimal `yaml:"below"`  // applies to values below this, of `at_least` objectives
	Above  *unit.Decimal `yaml:"above"`  // applies to values above this, of `at_most` objectives
	Credit *unit.Decimal `yaml:"credit"` // percent of the monthly fee
}

// Organizations says who the customers are.
type Organizations struct {
	Label     string         `yaml:"label"`      // metric label that names the organization
	TierLabel string         `yaml:"tier_label"` // metric label that names the tier of organizations that are not listed
	Measured  string         `yaml:"measured"`   // `shared`: everyone is judged by the platform's series
	List      []Organization `yaml:"list"`       // the organizations
	File      Path           `yaml:"file"`       // CSV file of further ones, with the same keys as columns
}

// Organization is one customer.
type Organization struct {
	ID         string                `yaml:"id"`          // value of the label
	Name       string                `yaml:"name"`        // name for reports
	Tier       string                `yaml:"tier"`        // its tier
	Timezone   Zone                  `yaml:"timezone"`    // zone in which its periods are cut; that of the file unless given
	MonthlyFee *unit.Decimal         `yaml:"monthly_fee"` // fee that credits are a percentage of
	Currency   string                `yaml:"currency"`    // currency of the fee
	Since      *Date                 `yaml:"since"`       // first day of its contract
	Attributes map[string]string     `yaml:"attributes"`  // free keys and values
	Match      map[string]string     `yaml:"match"`       // labels that select its series, instead of the label
	History    []OrganizationHistory `yaml:"history"`     // the tier and fee that held before
}

// OrganizationHistory is what held for a customer until a day.
type OrganizationHistory struct {
	Until      Date          `yaml:"until"`       // the first day on which the entry no longer holds
	Tier       string        `yaml:"tier"`        // the tier until then
	MonthlyFee *unit.Decimal `yaml:"monthly_fee"` // the fee until then
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
	Name          string     `yaml:"name"`          // name for reports
	Start         *Instant   `yaml:"start"`         // when it begins
	End           *Instant   `yaml:"end"`           // when it ends
	Duration      *Duration  `yaml:"duration"`      // how long it takes, instead of `end`
	RRule         string     `yaml:"rrule"`         // recurrence (RFC 5545), such as FREQ=WEEKLY;BYDAY=SU
	ICal          Path       `yaml:"ical"`          // iCalendar file or URL with the spans
	Timezone      Zone       `yaml:"timezone"`      // zone of local times; that of the file unless given
	Tiers         []string   `yaml:"tiers"`         // only for these tiers
	Organizations []string   `yaml:"organizations"` // only for these organizations
	SLAs          []string   `yaml:"slas"`          // only for these SLAs
	CountAs       string     `yaml:"count_as"`      // `met` keeps the events and counts bad ones as good
	Announced     *Announced `yaml:"announced"`     // when it was announced: an instant, or a day
	Reason        string     `yaml:"reason"`        // why
	Ticket        string     `yaml:"ticket"`        // where it was decided
}

// Announced is when a maintenance was announced: an instant, or a date, which is
// the start of that day in the file's zone.
type Announced struct {
	Instant *Instant
	Date    *Date
}

// ServiceHours are the hours in which a tier's SLA holds.
type ServiceHours struct {
	Days     string `yaml:"days"`     // mon-fri, or mon,wed
	Hours    string `yaml:"hours"`    // 08:00-18:00
	Timezone Zone   `yaml:"timezone"` // zone of the hours
}
