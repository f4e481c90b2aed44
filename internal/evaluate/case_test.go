package evaluate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/sla"
)

// The cases in testdata are configurations, samples and the results worked out
// by hand, in a notation that testdata/README.md explains.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			arc, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runCases(t, arc)
		})
	}
}

// runCases asks what each `ask` section asks, of the configuration and samples
// that were given last before it, and compares with the `want` after it. A `case`
// section names the rule that the sections after it show.
func runCases(t *testing.T, arc *txtar.Archive) {
	var rule, yaml, samples, asked string
	for _, f := range arc.Files {
		name, rest, _ := strings.Cut(f.Name, " ")
		switch text := string(f.Data); name {
		case "case":
			rule = rest
		case "slactl.yaml":
			yaml = text
		case "metrics":
			samples = text
		case "ask":
			asked = rest
		case "want":
			t.Run(rule+"/"+asked, func(t *testing.T) {
				got := answer(t, yaml, samples, asked)
				if diff := cmp.Diff(lines(text), lines(got)); diff != "" {
					t.Errorf("(-want +got):\n%s\ngot:\n%s", diff, got)
				}
			})
		default:
			t.Fatalf("there is no section %q", f.Name)
		}
	}
}

// lines splits a text into lines without the space that aligns their columns.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return out
}

// evaluatorOf makes an evaluator of a configuration over written samples.
func evaluatorOf(t testing.TB, yaml, samples string, now time.Time) *Evaluator {
	t.Helper()
	cfg, diags := config.Parse("slactl.yaml", []byte(yaml), func(string) (string, bool) { return "", false })
	for _, d := range diags {
		if cfg == nil || strings.HasPrefix(d.Message, "the key") {
			t.Fatalf("slactl.yaml: %v", d)
		}
	}
	if cfg == nil {
		t.Fatal("no configuration")
	}
	if len(cfg.Sources.Metrics) == 0 {
		cfg.Sources.Metrics = []config.MetricsSource{{Name: "prod", OpenMetrics: "metrics.om"}}
	}
	return &Evaluator{Config: cfg, Now: now, Open: func(_ context.Context, src config.MetricsSource) (query.Source, error) {
		if src.Name == "broken" {
			return nil, errors.New("opening the source broken: it is broken")
		}
		if strings.Contains(samples, "{{") {
			return natives(t, samples, src.Name)
		}
		text, err := openMetrics(samples, src.Name)
		if err != nil {
			return nil, err
		}
		return tsdb.ReadOpenMetrics(bytes.NewReader(text), "metrics.om", tsdb.Options{Name: src.Name, Workers: 1})
	}}
}

// natives is a block of samples of which some are native histograms, which
// OpenMetrics cannot write.
func natives(t testing.TB, text, name string) (query.Source, error) {
	t.Helper()
	loads := regexp.MustCompile(`(?m)^load (\S+) (\S+)`).ReplaceAllStringFunc(text, func(load string) string {
		words := strings.Fields(load)
		from, err := time.Parse(time.RFC3339, words[2])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("load %s from %s", words[1], from.Sub(querytest.Base()))
	})
	series, err := querytest.Load(loads)
	if err != nil {
		return nil, err
	}
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	return tsdb.OpenBlocks(dir, tsdb.Options{Name: name, Workers: 1})
}

// openMetrics writes out samples that are given as in promqltest: after a line
// `load STEP INSTANT` one series a line, with a value for every step. `5+2x3` is
// 5 7 9 11, `5x3` is 5 5 5 5, and `_` or `_x3` is so many steps without a sample.
// The series after a line `of SOURCE` are in that source only.
func openMetrics(text, source string) ([]byte, error) {
	elsewhere := false
	var out bytes.Buffer
	var step time.Duration
	var start time.Time
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		var err error
		switch {
		case len(f) > 0 && f[0] == "of":
			elsewhere = f[1] != source
		case len(f) == 0 || elsewhere:
			continue
		case f[0] == "load":
			if step, err = time.ParseDuration(f[1]); err == nil {
				start, err = time.Parse(time.RFC3339, f[2])
			}
		default:
			at := start
			for _, item := range f[1:] {
				if at, err = writeItem(&out, f[0], item, at, step); err != nil {
					break
				}
			}
		}
		if err != nil {
			return nil, fmt.Errorf("writing samples of %q: %w", line, err)
		}
	}
	out.WriteString("# EOF\n")
	return out.Bytes(), nil
}

// writeItem writes one item of a row of samples and returns the instant after
// it.
func writeItem(out *bytes.Buffer, series, item string, at time.Time, step time.Duration) (time.Time, error) {
	item, times, repeated := strings.Cut(item, "x")
	n := 0
	if repeated {
		var err error
		if n, err = strconv.Atoi(times); err != nil {
			return at, err
		}
	}
	if item == "_" {
		return at.Add(time.Duration(max(1, n)) * step), nil
	}
	first, by, _ := strings.Cut(item, "+")
	v, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return at, err
	}
	grow := 0.0
	if by != "" {
		if grow, err = strconv.ParseFloat(by, 64); err != nil {
			return at, err
		}
	}
	for range n + 1 {
		fmt.Fprintf(out, "%s %v %d.%03d\n", series, v, at.Unix(), at.UnixMilli()%1000)
		v, at = v+grow, at.Add(step)
	}
	return at, nil
}

// answer evaluates `PERIOD|status now=INSTANT [sla=NAME] [tier=NAME] [org=NAME]
// [show=burn,budget]` and writes what came out.
func answer(t *testing.T, yaml, samples, asked string) string {
	t.Helper()
	f := strings.Fields(asked)
	var filter Filter
	var now time.Time
	var show []string
	for _, option := range f[1:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "now":
			var err error
			if now, err = time.Parse(time.RFC3339, value); err != nil {
				t.Fatal(err)
			}
		case "sla":
			filter.SLAs = strings.Split(value, ",")
		case "tier":
			filter.Tiers = strings.Split(value, ",")
		case "org":
			filter.Organizations = strings.Split(value, ",")
		case "show":
			show = strings.Split(value, ",")
		default:
			t.Fatalf("there is no option %q", option)
		}
	}
	e := evaluatorOf(t, yaml, samples, now)
	defer e.Close()
	out, err := ask(e, f[0], filter)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range out.Reports {
		for _, res := range r.Results {
			b.WriteString(describe(res, show))
			if res.Notes == nil || res.Violations == nil { // JSON would have null for none
				t.Errorf("%s.%s: notes %v and violations %v", res.SLA, res.Objective, res.Notes, res.Violations)
			}
		}
		for _, n := range r.Notes {
			fmt.Fprintf(&b, "note: %s\n", n)
		}
	}
	for _, f := range out.Failed {
		fmt.Fprintf(&b, "failed %s: %v\n", f.SLA, f.Err)
	}
	return b.String()
}

func ask(e *Evaluator, what string, f Filter) (*SLAReports, error) {
	if what == "status" {
		return e.Status(context.Background(), f)
	}
	p, err := e.Calendar().Parse(what)
	if err != nil {
		return nil, err
	}
	return e.In(context.Background(), p, f)
}

// describe writes a result in one line, and what is special about it below.
func describe(r sla.Result, show []string) string {
	var b strings.Builder
	who := r.Organization
	if who == "" {
		who = "all"
		if r.Tier != "" {
			who = "tier"
		}
	}
	if r.Tier != "" {
		who += " " + r.Tier
	}
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range r.Group {
			if !yield(k) {
				return
			}
		}
	}) {
		who += fmt.Sprintf(" {%s=%s}", k, r.Group[k])
	}
	attained := "null"
	if r.Attained != nil {
		attained = r.Attained.Canonical()
	}
	fmt.Fprintf(&b, "%s.%s %s: %s, %s of %s, %s bad of %s", r.SLA, r.Objective, who, r.State, attained, r.Target.Canonical(), r.Events.Bad.Canonical(), r.Events.Total.Canonical())
	for _, n := range []struct {
		count int
		state string
	}{{r.Windows.Measured, "measured"}, {r.Windows.Idle, "idle"}, {r.Windows.NoData, "no_data"}, {r.Windows.Unreachable, "unreachable"}, {r.Windows.Excluded, "excluded"}} {
		if n.count > 0 {
			fmt.Fprintf(&b, ", %d %s", n.count, n.state)
		}
	}
	b.WriteString("\n")
	if !r.Events.Recovered.IsZero() || !r.Events.Unwitnessed.IsZero() {
		fmt.Fprintf(&b, "  %s recovered, %s unwitnessed\n", r.Events.Recovered.Canonical(), r.Events.Unwitnessed.Canonical())
	}
	if r.Reason != nil {
		fmt.Fprintf(&b, "  reason: %s\n", *r.Reason)
	}
	if p := r.Period; p != nil {
		fmt.Fprintf(&b, "  in %s: %s to %s %s\n", p.Name, p.Start.Format("01-02T15:04"), p.End.Format("01-02T15:04"), p.Timezone)
	}
	for _, what := range show {
		switch {
		case r.Budget == nil:
		case what == "burn":
			rate := r.Budget.BurnRate
			if rate.H1 != nil && rate.H6 != nil {
				fmt.Fprintf(&b, "  burns %s in 1h, %s in 6h\n", rate.H1.Canonical(), rate.H6.Canonical())
			}
		case what == "exhausted" && r.Budget.ExhaustedAt != nil:
			fmt.Fprintf(&b, "  exhausted at %s\n", r.Budget.ExhaustedAt.Format("15:04:05"))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	return b.String()
}

// parsePeriod reads a period of the evaluator's calendar.
func parsePeriod(t testing.TB, e *Evaluator, name string) period.Period {
	t.Helper()
	p, err := e.Calendar().Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
