package query

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	metrics := []string{"http_requests_total", "http_request_duration_seconds_bucket", "grpc_server_handled_total", "up", "go_goroutines", "traefik_service_requests_total"}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"http_request_total", []string{"http_requests_total"}},
		{"http_requests", []string{"http_requests_total"}},
		{"HTTP_Requests_Total", []string{"http_requests_total"}},
		{"requests_total", []string{"http_requests_total", "traefik_service_requests_total"}},
		{"pu", []string{"up"}},
		{"payments_settled", nil},
		{"up", nil},
	} {
		if got := Nearest(c.name, metrics); !slices.Equal(got, c.want) {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
	if got := Nearest("gld", []string{"gold", "silver", "free"}); !slices.Equal(got, []string{"gold"}) {
		t.Errorf("a label value: %q", got)
	}
}
