package preset_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/preset"
)

// What `{preset: NAME, match: '{job="api"}'}` stands for.
func TestIndicator(t *testing.T) {
	for _, test := range []struct {
		name string
		want preset.Indicator
	}{
		{"http", preset.Indicator{Total: `http_requests_total{job="api"}`, Bad: `http_requests_total{job="api",code=~"5.."}`,
			Histogram: `http_request_duration_seconds{job="api"}`, Unit: "seconds"}},
		{"otel-http", preset.Indicator{Total: `http_server_request_duration_seconds_count{job="api"}`,
			Bad:       `http_server_request_duration_seconds_count{job="api",http_response_status_code=~"5.."}`,
			Histogram: `http_server_request_duration_seconds{job="api"}`, Unit: "seconds"}},
		{"istio", preset.Indicator{Total: `istio_requests_total{reporter="destination",job="api"}`,
			Bad:       `istio_requests_total{reporter="destination",job="api",response_code=~"5.."}`,
			Histogram: `istio_request_duration_milliseconds{reporter="destination",job="api"}`, Unit: "milliseconds"}},
		{"envoy", preset.Indicator{Total: `envoy_cluster_upstream_rq_xx{job="api"}`, Bad: `envoy_cluster_upstream_rq_xx{job="api",envoy_response_code_class="5"}`,
			Histogram: `envoy_cluster_upstream_rq_time{job="api"}`, Unit: "milliseconds"}},
		{"nginx-ingress", preset.Indicator{Total: `nginx_ingress_controller_requests{job="api"}`, Bad: `nginx_ingress_controller_requests{job="api",status=~"5.."}`,
			Histogram: `nginx_ingress_controller_request_duration_seconds{job="api"}`, Unit: "seconds"}},
		{"traefik", preset.Indicator{Total: `traefik_service_requests_total{job="api"}`, Bad: `traefik_service_requests_total{job="api",code=~"5.."}`,
			Histogram: `traefik_service_request_duration_seconds{job="api"}`, Unit: "seconds"}},
		{"grpc", preset.Indicator{Total: `grpc_server_handled_total{job="api"}`,
			Bad:       `grpc_server_handled_total{job="api",grpc_code=~"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"}`,
			Histogram: `grpc_server_handling_seconds{job="api"}`, Unit: "seconds"}},
		{"blackbox", preset.Indicator{Up: `probe_success{job="api"}`}},
		{"kubernetes-probe", preset.Indicator{Total: `prober_probe_total{probe_type="Readiness",job="api"}`,
			Bad: `prober_probe_total{probe_type="Readiness",job="api",result="failed"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, ok := preset.Lookup(test.name)
			if !ok {
				t.Fatal("there is no such preset")
			}
			for _, match := range []string{`{job="api"}`, ` { job="api", } `, `job="api"`} {
				got, err := p.Indicator(match)
				if err != nil {
					t.Fatal(err)
				}
				want := test.want
				if got != want {
					t.Errorf("match %s:\n got %+v\nwant %+v", match, got, want)
				}
			}
		})
	}
	if got := len(preset.Names()); got != 9 {
		t.Errorf("%d presets; add the new one to this table", got)
	}
}

func TestIndicatorWithoutMatch(t *testing.T) {
	p, _ := preset.Lookup("http")
	for _, match := range []string{"", "{}", " "} {
		got, err := p.Indicator(match)
		if want := "http_requests_total"; err != nil || got.Total != want {
			t.Errorf("match %q: total %s, %v; want %s", match, got.Total, err, want)
		}
	}
	for _, match := range []string{`{job="api"`, `api`, `job="api"}`} {
		if _, err := p.Indicator(match); err == nil || !strings.Contains(err.Error(), `write {job="api"}`) {
			t.Errorf("match %q: error %v; want a hint", match, err)
		}
	}
}

// Exporters disagree about the name of the label; the series decide.
func TestErrorLabel(t *testing.T) {
	p, _ := preset.Lookup("http")
	for _, test := range []struct {
		labels []string
		want   string // "" for none
	}{
		{[]string{"__name__", "job", "status"}, "status"},
		{[]string{"status", "code"}, "code"},
		{[]string{"status_code"}, "status_code"},
		{[]string{"job", "result"}, ""},
		{nil, ""},
	} {
		if got, ok := p.Variants[0].ErrorLabel(test.labels); got != test.want || ok != (test.want != "") {
			t.Errorf("ErrorLabel(%v) = %q, %v; want %q", test.labels, got, ok, test.want)
		}
	}
	up, _ := preset.Lookup("blackbox")
	if got, ok := up.Variants[0].ErrorLabel(nil); got != "" || !ok {
		t.Errorf("a probe needs the label %q, %v; want none", got, ok)
	}
}

func TestRecognise(t *testing.T) {
	for _, test := range []struct {
		metrics []string
		want    []string // preset:metric, with + where there is a histogram
	}{
		{nil, nil},
		{[]string{"up", "go_goroutines"}, nil},
		{[]string{"probe_success", "http_requests_total"}, []string{"http:http_requests_total", "blackbox:probe_success"}},
		{[]string{"http_requests_total", "grpc_server_handled_total", "grpc_server_handling_seconds_bucket"},
			[]string{"grpc:grpc_server_handled_total+", "http:http_requests_total"}},
		{[]string{"http_server_duration_milliseconds_count", "http_server_duration_milliseconds"}, []string{"otel-http:http_server_duration_milliseconds_count+"}},
		{[]string{"prometheus_http_requests_total", "prometheus_http_request_duration_seconds_bucket"}, []string{"http:prometheus_http_requests_total+"}},
	} {
		var got []string
		for _, m := range preset.Recognise(test.metrics) {
			s := m.Preset.Name + ":" + m.Metric()
			if m.Latency {
				s += "+"
			}
			got = append(got, s)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("Recognise(%v) = %v; want %v", test.metrics, got, test.want)
		}
	}
}
