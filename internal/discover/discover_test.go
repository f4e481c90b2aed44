package discover_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/discover"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/preset"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/unit"
)

// today is the span in which the samples of these tests lie.
func today() period.Span {
	return period.Span{Start: querytest.Base(), End: querytest.Base().Add(10 * time.Minute)}
}

// open makes a source of series as `load` blocks write them, a sample a minute.
func open(t *testing.T, series string) query.Source {
	t.Helper()
	all, err := querytest.Load("load 1m\n" + series)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "metrics.om"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(querytest.WriteOpenMetrics(f, all), f.Close()); err != nil {
		t.Fatal(err)
	}
	src, err := tsdb.OpenMetrics(f.Name(), tsdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// shop is two services of which api is the busier, with other names for the
// status, a probe, and a job whose counter cannot tell failures.
const shop = `
up{job="api",instance="a:1"} 1 1 1 1
http_requests_total{job="api",instance="a:1",status="200"} 1000 1099 1198 1298
http_requests_total{job="api",instance="a:1",status="503"} 5 6 7 8
http_request_duration_seconds_bucket{job="api",instance="a:1",le="0.1"} 0 90 180 270
http_request_duration_seconds_bucket{job="api",instance="a:1",le="0.25"} 0 96 192 288
http_request_duration_seconds_bucket{job="api",instance="a:1",le="1"} 0 99 199 298
http_request_duration_seconds_bucket{job="api",instance="a:1",le="+Inf"} 0 100 200 300
http_requests_total{job="web",instance="w:1",code="200"} 10 11 12 13
http_requests_total{job="batch",instance="b:1",outcome="ok"} 1 2 3 4
probe_success{job="blackbox",instance="x:1"} 1 1 0 1
`

func TestFind(t *testing.T) {
	src := open(t, shop)
	found, err := discover.Find(t.Context(), src, today(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Measure(t.Context(), src, today()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range found.Candidates {
		got = append(got, c.Describe())
	}
	// 297 of the 301 events of api: its bad ones are 3 of 301, and 95 % of 300 are
	// 285, which the bucket 0.25 holds; 99 % are 297, which takes the bucket 1.
	want := []string{
		"http: http_requests_total of job api, 2 series; today 99.003 % of 301 events good, 95 % within 250 ms, 99 % within 1000 ms",
		"http: http_requests_total of job web, 1 series; today 100 % of 3 events good",
		"blackbox: probe_success of job blackbox, 1 series; today 66.666 % of 3 events good",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	if len(found.Skipped) != 1 || !strings.Contains(found.Skipped[0], `job "batch": series`) {
		t.Errorf("skipped: %q", found.Skipped)
	}
	if got, want := found.Candidates[0].Bad, `http_requests_total{job="api",status=~"5.."}`; got != want {
		t.Errorf("bad of api: %s; want %s", got, want)
	}
}

func TestFindLimited(t *testing.T) {
	src := open(t, shop)
	found, err := discover.Find(t.Context(), src, today(), "http", `{job="web"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Candidates) != 1 || found.Candidates[0].Total != `http_requests_total{job="web"}` {
		t.Errorf("found %+v; want the job web alone", found.Candidates)
	}
}

func TestNothing(t *testing.T) {
	for _, test := range []struct{ series, preset, want string }{
		{`up{job="a"} 1 1`, "", "none of the 1 metrics belongs to a preset"},
		{`http_request_total{job="a",code="200"} 1 1`, "http", "the nearest is http_request_total"},
		{`http_requests_total{job="a"} 1 1`, "http", "none of the labels code"},
	} {
		found, err := discover.Find(t.Context(), open(t, test.series), today(), test.preset, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Candidates) != 0 {
			t.Fatalf("%s: found %+v", test.series, found.Candidates)
		}
		if err := found.Nothing(test.preset); !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %s", test.series, err, test.want)
		}
	}
}

func TestResolve(t *testing.T) {
	p, _ := preset.Lookup("http")
	for _, test := range []struct{ series, match, want string }{
		{`http_requests_total{job="a",status="200"} 1 1`, "", `http_requests_total{status=~"5.."}`},
		{`prometheus_http_requests_total{code="200"} 1 1`, "", `prometheus_http_requests_total{code=~"5.."}`},
		// Were code chosen for both, no failure of api would count.
		{shop, "", "some series of http_requests_total tell failures by the label"},
		{shop, `{job="api"}`, `http_requests_total{job="api",status=~"5.."}`},
		{shop, `{job="web"}`, `http_requests_total{job="web",code=~"5.."}`},
		{shop, `{job="batch"}`, "has none of the labels code, status"},
		{shop, `{job="none"}`, "none has samples that match"},
		{shop, `{job=}`, "parsing selector"},
		{`http_request_total{code="200"} 1 1`, "", "the nearest is http_request_total"},
	} {
		ind, err := discover.Resolve(t.Context(), open(t, test.series), today(), p, test.match)
		got := ind.Bad
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("match %s: %s; want %s", test.match, got, test.want)
		}
	}
}

// Whatever is found makes a configuration without findings, even where a label
// tries to break out of it.
func TestComposeLintsClean(t *testing.T) {
	src := open(t, shop+`
http_requests_total{job="o'brien:#x",instance="o:1",code="200"} 1 2 3 4
http_requests_total{job="O-Brien",instance="o:1",code="200"} 1 2 3 4
`)
	found, err := discover.Find(t.Context(), src, today(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Measure(t.Context(), src, today()); err != nil {
		t.Fatal(err)
	}
	draft := discover.Draft{URL: "http://localhost:9090", At: querytest.Base(), Others: found.Candidates}
	for _, c := range found.Candidates {
		target := unit.MustDecimal("99.9")
		draft.Choices = append(draft.Choices, discover.Choice{Candidate: c, Target: &target, P95: c.Today.P95, P99: c.Today.P99})
	}
	text := draft.Compose()
	cfg, diags := config.Parse("slactl.yaml", text, func(string) (string, bool) { return "", false })
	diags = append(diags, lint.Run(cfg, lint.Rules())...)
	if len(diags) > 0 {
		t.Errorf("findings:\n%v\nin\n%s", diags, text)
	}
	want := []string{"availability", "response_time", "availability_web_http", "availability_o_brien_x_http"}
	for _, name := range want {
		if _, ok := cfg.SLADefinitions.Get(name); !ok {
			t.Errorf("no SLA %s in\n%s", name, text)
		}
	}
}
