// Package preset knows how common software counts its requests: which counter
// holds all of them, which label tells the failed ones, and which histogram
// times them. It is a table of facts, each with the place that documents it, and
// the composition of selectors from that table. It reads nothing and asks no one.
package preset

import (
	"fmt"
	"slices"
	"strings"
)

// Preset is what one kind of software exports for service levels.
type Preset struct {
	Name  string // as `preset:` names it: http
	Title string // for people: HTTP server
	Doc   string // the address at which the metrics are documented
	// Variants are the spellings that versions and libraries use. The first is
	// the one that a configuration means when nothing else is known.
	Variants []Variant
}

// Variant is one spelling of a preset's metrics.
type Variant struct {
	// Total is the name of the counter of all requests, or "".
	Total string
	// Fixed are matchers, without braces, that always narrow Total and
	// Histogram, such as reporter="destination".
	Fixed string
	// ErrorLabels are the labels that may tell failed requests, the usual one
	// first: exporters disagree about code, status and status_code.
	ErrorLabels []string
	// ErrorValue is the regular expression, anchored, that the error label's value
	// matches when a request failed by the server's fault.
	ErrorValue string
	// Histogram is the base name of the histogram of durations, or "".
	Histogram string
	// Unit is the histogram's: seconds or milliseconds.
	Unit string
	// Up is the name of a gauge whose samples are 1 or 0, instead of Total.
	Up string
}

// Indicator holds the selectors of a preset, as the keys of an indicator in
// slactl.yaml. Keys that the preset has nothing for are empty.
type Indicator struct {
	Total, Bad, Histogram, Unit, Up string
}

// serverFault are the HTTP statuses of a failure by the server. The dots also
// match the classes, 5xx, that some libraries export instead of codes.
const serverFault = "5.."

// table lists the presets in the order in which they are shown.
func table() []Preset {
	httpLabels := []string{"code", "status", "status_code", "http_status", "http_code"}
	return []Preset{
		{"http", "HTTP server with Prometheus's client libraries", "https://prometheus.io/docs/practices/naming/", []Variant{
			{Total: "http_requests_total", ErrorLabels: httpLabels, ErrorValue: serverFault, Histogram: "http_request_duration_seconds", Unit: "seconds"},
			{Total: "http_request_duration_seconds_count", ErrorLabels: httpLabels, ErrorValue: serverFault, Histogram: "http_request_duration_seconds", Unit: "seconds"},
			// Spring Boot's Micrometer.
			{Total: "http_server_requests_seconds_count", ErrorLabels: []string{"status"}, ErrorValue: serverFault, Histogram: "http_server_requests_seconds", Unit: "seconds"},
			// Prometheus's own API, so that there is something to see on any server.
			{Total: "prometheus_http_requests_total", ErrorLabels: []string{"code"}, ErrorValue: serverFault, Histogram: "prometheus_http_request_duration_seconds", Unit: "seconds"},
		}},
		{"otel-http", "HTTP server with OpenTelemetry", "https://opentelemetry.io/docs/specs/semconv/http/http-metrics/", []Variant{
			{Total: "http_server_request_duration_seconds_count", ErrorLabels: []string{"http_response_status_code"}, ErrorValue: serverFault,
				Histogram: "http_server_request_duration_seconds", Unit: "seconds"},
			// The conventions before 1.23 counted milliseconds.
			{Total: "http_server_duration_milliseconds_count", ErrorLabels: []string{"http_status_code"}, ErrorValue: serverFault,
				Histogram: "http_server_duration_milliseconds", Unit: "milliseconds"},
		}},
		{"istio", "Istio mesh, as the destination's proxy reports", "https://istio.io/latest/docs/reference/config/metrics/", []Variant{
			{Total: "istio_requests_total", Fixed: `reporter="destination"`, ErrorLabels: []string{"response_code"}, ErrorValue: serverFault,
				Histogram: "istio_request_duration_milliseconds", Unit: "milliseconds"},
		}},
		{"envoy", "Envoy proxy", "https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats", []Variant{
			{Total: "envoy_cluster_upstream_rq_xx", ErrorLabels: []string{"envoy_response_code_class"}, ErrorValue: "5",
				Histogram: "envoy_cluster_upstream_rq_time", Unit: "milliseconds"},
			{Total: "envoy_http_downstream_rq_xx", ErrorLabels: []string{"envoy_response_code_class"}, ErrorValue: "5",
				Histogram: "envoy_http_downstream_rq_time", Unit: "milliseconds"},
		}},
		{"nginx-ingress", "Ingress NGINX controller of Kubernetes", "https://kubernetes.github.io/ingress-nginx/user-guide/monitoring/", []Variant{
			{Total: "nginx_ingress_controller_requests", ErrorLabels: []string{"status"}, ErrorValue: serverFault,
				Histogram: "nginx_ingress_controller_request_duration_seconds", Unit: "seconds"},
		}},
		{"traefik", "Traefik proxy", "https://doc.traefik.io/traefik/observability/metrics/overview/", []Variant{
			{Total: "traefik_service_requests_total", ErrorLabels: []string{"code"}, ErrorValue: serverFault,
				Histogram: "traefik_service_request_duration_seconds", Unit: "seconds"},
			{Total: "traefik_entrypoint_requests_total", ErrorLabels: []string{"code"}, ErrorValue: serverFault,
				Histogram: "traefik_entrypoint_request_duration_seconds", Unit: "seconds"},
		}},
		// The codes that OpenTelemetry counts as errors of an RPC server: the others
		// are the caller's fault or no fault.
		{"grpc", "gRPC server", "https://opentelemetry.io/docs/specs/semconv/rpc/grpc/", []Variant{
			{Total: "grpc_server_handled_total", ErrorLabels: []string{"grpc_code"}, ErrorValue: "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss",
				Histogram: "grpc_server_handling_seconds", Unit: "seconds"},
			{Total: "rpc_server_duration_milliseconds_count", ErrorLabels: []string{"rpc_grpc_status_code"}, ErrorValue: "2|4|12|13|14|15",
				Histogram: "rpc_server_duration_milliseconds", Unit: "milliseconds"},
		}},
		{"blackbox", "Probes of the blackbox exporter", "https://github.com/prometheus/blackbox_exporter", []Variant{{Up: "probe_success"}}},
		// A probe of unknown result could not be made, which says nothing about the
		// container: it counts as an event, but not as a bad one.
		{"kubernetes-probe", "Readiness probes of Kubernetes", "https://kubernetes.io/docs/reference/instrumentation/metrics/", []Variant{
			{Total: "prober_probe_total", Fixed: `probe_type="Readiness"`, ErrorLabels: []string{"result"}, ErrorValue: "failed"},
		}},
	}
}

// Names returns the names of the presets in the order in which they are shown.
func Names() []string {
	var out []string
	for _, p := range table() {
		out = append(out, p.Name)
	}
	return out
}

// Lookup returns the preset of a name.
func Lookup(name string) (Preset, bool) {
	for _, p := range table() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

// Indicator returns the selectors of the preset's first variant, with its usual
// error label, narrowed by match. It is what a configuration means by
// `{preset: http, match: '{job="api"}'}`.
func (p Preset) Indicator(match string) (Indicator, error) {
	return p.Variants[0].Indicator("", match)
}

// Metrics returns the metric names that the preset is recognised by.
func (p Preset) Metrics() []string {
	var out []string
	for _, v := range p.Variants {
		out = append(out, v.Metric())
	}
	return out
}

// Metric is the name that a variant is recognised by.
func (v Variant) Metric() string { return v.Total + v.Up }

// ErrorLabel picks the error label among the label names of a series. A variant
// that needs none has "".
func (v Variant) ErrorLabel(names []string) (string, bool) {
	if len(v.ErrorLabels) == 0 {
		return "", true
	}
	i := slices.IndexFunc(v.ErrorLabels, func(l string) bool { return slices.Contains(names, l) })
	if i < 0 {
		return "", false
	}
	return v.ErrorLabels[i], true
}

// Indicator composes the variant's selectors. errorLabel is the label that tells
// failed requests, "" for the usual one; match narrows every selector and is
// written {job="api"} or job="api".
func (v Variant) Indicator(errorLabel, match string) (Indicator, error) {
	matchers, err := inner(match)
	if err != nil {
		return Indicator{}, err
	}
	if v.Up != "" {
		return Indicator{Up: selector(v.Up, matchers)}, nil
	}
	if errorLabel == "" {
		errorLabel = v.ErrorLabels[0]
	}
	bad := errorLabel + `=~"` + v.ErrorValue + `"`
	if !strings.ContainsAny(v.ErrorValue, ".|") {
		bad = errorLabel + `="` + v.ErrorValue + `"`
	}
	out := Indicator{Total: selector(v.Total, v.Fixed, matchers), Bad: selector(v.Total, v.Fixed, matchers, bad)}
	if v.Histogram != "" {
		out.Histogram, out.Unit = selector(v.Histogram, v.Fixed, matchers), v.Unit
	}
	return out, nil
}

// inner returns the matchers between the braces of a match.
func inner(match string) (string, error) {
	s := strings.TrimSpace(match)
	open, closed := strings.HasPrefix(s, "{"), strings.HasSuffix(s, "}")
	if open != closed || (!open && s != "" && !strings.Contains(s, "=")) {
		return "", fmt.Errorf("reading match %q: it is not a list of label matchers; write {job=\"api\"}", match)
	}
	if open {
		s = s[1 : len(s)-1]
	}
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), ",")), nil
}

// selector writes a metric name with the matchers that are not empty.
func selector(name string, matchers ...string) string {
	matchers = slices.DeleteFunc(matchers, func(m string) bool { return m == "" })
	if len(matchers) == 0 {
		return name
	}
	return name + "{" + strings.Join(matchers, ",") + "}"
}

// Match is a preset that a source has the metrics of.
type Match struct {
	Preset  Preset
	Variant Variant
	// Latency tells whether the variant's histogram is there too, as buckets or
	// as a native histogram.
	Latency bool
}

// Metric returns the name that the preset was recognised by.
func (m Match) Metric() string { return m.Variant.Metric() }

// Recognise returns what metric names tell: at most one match per preset, the
// first of its variants that is there. Those with a histogram come first, since
// they promise more; otherwise the order is the table's.
func Recognise(metricNames []string) []Match {
	has := make(map[string]bool, len(metricNames))
	for _, n := range metricNames {
		has[n] = true
	}
	var out []Match
	for _, p := range table() {
		i := slices.IndexFunc(p.Variants, func(v Variant) bool { return has[v.Metric()] })
		if i < 0 {
			continue
		}
		v := p.Variants[i]
		out = append(out, Match{p, v, v.Histogram != "" && (has[v.Histogram+"_bucket"] || has[v.Histogram])})
	}
	slices.SortStableFunc(out, func(a, b Match) int { return rank(a) - rank(b) })
	return out
}

func rank(m Match) int {
	if m.Latency {
		return 0
	}
	return 1
}
