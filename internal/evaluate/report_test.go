package evaluate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
)

const reported = `
sources:
  metrics: [{name: prod, openmetrics: metrics.om}, {name: broken, openmetrics: broken.om}]
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
  named: {target: 99, source: prod, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
  elsewhere: {target: 99, source: broken, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
organizations: {label: org, list: [{id: acme}, {id: silent}]}
business_metrics:
  requests: {counter: reqs_total}
  lost: {counter: lost_total, source: broken}
  people: {gauge: people, aggregate: max}
  speed: {counter: reqs_total, per: minute}
`

const reportedSamples = `
load 4m 2026-09-29T00:00:00Z
reqs_total{org="acme",code="200"} 0+10x1100
reqs_total{org="acme",code="500"} 0x1000 1x99
people{} 5x1100
`

// A report holds what could be read, and says what is missing and why.
func TestReportSaysWhatIsMissing(t *testing.T) {
	e := evaluatorOf(t, reported, reportedSamples, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
	out, err := e.Report(context.Background(), "daily", parsePeriod(t, e, "2026-10-01"))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Missing) != 1 || out.Missing[0].Section != "sla: elsewhere" || !strings.Contains(out.Missing[0].Because, "it is broken") {
		t.Errorf("missing %+v", out.Missing)
	}
	// An SLA that names the first source and one that names none are read in one
	// pass.
	if len(out.Sources) != 1 || out.Sources[0].Name != "prod" || out.Sources[0].Series != 2*2 {
		t.Errorf("sources %+v", out.Sources)
	}
	var got []string
	for _, m := range out.KPI.Metrics {
		line := m.Name
		if m.Value != nil {
			line += " " + m.Value.String()
		}
		if m.Reason != nil {
			line += ": " + *m.Reason
		}
		got = append(got, line)
	}
	want := []string{"requests 3601", "lost: opening the source broken: it is broken",
		"people: aggregate: max is not supported by this version", "speed: per: minute is not supported by this version"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("business metrics %q, want %q", got, want)
	}
}

// The trend has a point for each day of everyone who has series, and none of an
// organization without.
func TestDailyPoints(t *testing.T) {
	e := evaluatorOf(t, reported, reportedSamples, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
	out, err := e.Report(context.Background(), "daily", parsePeriod(t, e, "2026-10-01"))
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]string{}
	for _, d := range out.Daily {
		if d.SLA == "availability" {
			attained := "null"
			if d.Attained != nil {
				attained = d.Attained.Canonical()
			}
			points[d.Organization] += fmt.Sprintf("%s %s ", d.Date[5:], attained)
		}
	}
	// The one error was in the 1001st interval of 4 minutes, on October 1.
	if want := "09-25 null 09-26 null 09-27 null 09-28 null 09-29 100 09-30 100 10-01 99.972229936128 "; points["acme"] != want {
		t.Errorf("acme %q, want %q", points["acme"], want)
	}
	if points["silent"] != "" {
		t.Errorf("silent has points: %q", points["silent"])
	}
	for _, r := range out.SLA.Results {
		if r.Organization == "silent" && r.SLA == "availability" {
			return
		}
	}
	t.Error("the period itself has no result of silent")
}

// failing is a source that answers so many scans and then none.
type failing struct {
	query.Source
	scans int
}

func (f *failing) Scan(ctx context.Context, reqs []query.Request) ([]query.Result, error) {
	if f.scans--; f.scans < 0 {
		return nil, errors.New("the connection was closed")
	}
	return f.Source.Scan(ctx, reqs)
}

// Where the sample that exhausted a budget cannot be read, its window stands for
// it, and the result says so.
func TestUnsharpExhaustion(t *testing.T) {
	e := evaluatorOf(t, `
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
`, `
load 1m 2026-10-01T10:00:00Z
reqs_total{code="200"} 0+10x60
reqs_total{code="500"} 0x31 50x28
`, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
	open := e.Open
	e.Open = func(ctx context.Context, src config.MetricsSource) (query.Source, error) {
		s, err := open(ctx, src)
		return &failing{s, 1}, err
	}
	out, err := ask(e, "2026-10-01T10:00:00Z..2026-10-01T11:00:00Z", Filter{})
	if err != nil {
		t.Fatal(err)
	}
	r := out.Reports[0].Results[0]
	if at := r.Budget.ExhaustedAt; at == nil || at.Format("15:04") != "10:35" || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "the connection was closed") {
		t.Errorf("exhausted at %v, notes %q", at, r.Notes)
	}
}

// A cancelled evaluation ends with the reason.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := evaluatorOf(t, reported, reportedSamples, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
	if _, err := e.SLA(ctx, views(parsePeriod(t, e, "2026-10-01")), Filter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
