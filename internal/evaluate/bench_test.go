package evaluate

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
)

// manyOrganizations configures n customers, in five zones and three tiers, of
// whom three make requests.
func manyOrganizations(n int) string {
	var b strings.Builder
	b.WriteString(`
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
  platform: {target: 99, measured: shared, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
service_tiers: {gold: {availability_target: 99.9}, silver: {}, bronze: {}}
maintenance: [{name: upgrade, start: 2026-10-11T02:00:00Z, duration: 2h, tiers: [silver, bronze]}]
organizations:
  label: org
  list:
`)
	for i := range n {
		zone := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata"}[i%5]
		fmt.Fprintf(&b, "    - {id: org%d, tier: %s, timezone: %s, since: 2026-%02d-01}\n", i, []string{"gold", "silver", "bronze"}[i%3], zone, 1+i%9)
	}
	return b.String()
}

// The time of an evaluation follows the series that there are, not the customers
// that are configured.
func BenchmarkConfiguredOrganizations(b *testing.B) {
	samples := new(strings.Builder)
	samples.WriteString("load 1m 2026-08-30T00:00:00Z\n")
	for org := range 3 {
		fmt.Fprintf(samples, "reqs_total{org=\"org%d\",code=\"200\"} 0+10x93000\nreqs_total{org=\"org%d\",code=\"500\"} 0x40000 5+1x52000\n", org, org)
	}
	text, err := openMetrics(samples.String(), "")
	if err != nil {
		b.Fatal(err)
	}
	source, err := tsdb.ReadOpenMetrics(bytes.NewReader(text), "metrics.om", tsdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, n := range []int{1, 100, 10_000} {
		e := evaluatorOf(b, manyOrganizations(n), "", now)
		e.Open = func(context.Context, config.MetricsSource) (query.Source, error) { return source, nil }
		p := parsePeriod(b, e, "2026-10")
		b.Run(fmt.Sprintf("status/%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.In(context.Background(), p, Filter{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("report/%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Report(context.Background(), "monthly", p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
