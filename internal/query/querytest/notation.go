// Package querytest is the conformance suite of metrics sources. Its cases are
// raw samples in a notation that an SRE knows from promtool's rule tests, a
// request, and the counts per cell worked out by hand:
//
//	load 1m
//	  http_requests_total{job="api",instance="a"} 0+10x3 _ 60
//
// A source passes when [Run] does. The package also has the samples as a feed in
// memory, for tests of the accounting itself.
package querytest

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"
)

// Base is the instant at which the samples of a load begin.
func Base() time.Time { return time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }

// Sample is one raw sample; T is in milliseconds since the epoch.
type Sample struct {
	T int64
	V float64
}

// Series is a labelled list of raw samples.
type Series struct {
	Labels     labels.Labels
	Samples    []Sample
	Histograms []Histogram
}

// Histogram is one sample that is a native histogram; T is in milliseconds since
// the epoch.
type Histogram struct {
	T int64
	H *histogram.FloatHistogram
}

// Load parses `load STEP` blocks as in promtool's rule tests: a series per line,
// then its samples from [Base] on, one step apart. A sample is a number, `_` for
// none, `stale` for a stale marker, `NaN` or `Inf`; `axn`, `a+bxn` and `a-bxn`
// repeat n more times, `_xn` leaves n out. A step may be followed by `from
// OFFSET`. Native histograms are written as for promtool, in doubled braces:
// `{{schema:0 count:3 buckets:[1 2]}}x4`.
func Load(text string) ([]Series, error) {
	var out []Series
	var step time.Duration
	var from int64
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimSpace(scan.Text())
		fields := strings.Fields(line)
		var err error
		switch {
		case line == "" || line[0] == '#':
		case fields[0] == "load":
			if step, err = time.ParseDuration(fields[1]); err != nil {
				return nil, fmt.Errorf("parsing load, line %d: %w", n, err)
			}
			from = Base().UnixMilli()
			if len(fields) == 4 {
				offset, err := time.ParseDuration(fields[3])
				if err != nil {
					return nil, fmt.Errorf("parsing load, line %d: %w", n, err)
				}
				from += offset.Milliseconds()
			}
		default:
			s, err := series(line, from, step.Milliseconds())
			if strings.Contains(line, "{{") {
				s, err = natives(line, from, step.Milliseconds())
			}
			if err != nil {
				return nil, fmt.Errorf("parsing load, line %d: %w", n, err)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// repeated is `_`, a, axn, a+bxn or a-bxn.
func repeated() *regexp.Regexp {
	return regexp.MustCompile(`^(_|stale|NaN|-?Inf|-?[0-9.]+(?:e-?[0-9]+)?)(?:([+-][0-9.]+)?x([0-9]+))?$`)
}

func series(line string, from, step int64) (Series, error) {
	end := strings.IndexByte(line, '}') + 1
	if end == 0 {
		end = strings.IndexByte(line, ' ')
	}
	if end < 0 {
		return Series{}, fmt.Errorf("series %q has no samples", line)
	}
	s := Series{Labels: parseLabels(line[:end])}
	pattern, t := repeated(), from
	for _, f := range strings.Fields(line[end:]) {
		m := pattern.FindStringSubmatch(f)
		if m == nil {
			return s, fmt.Errorf("%q is no sample", f)
		}
		times := 1
		if m[3] != "" {
			times, _ = strconv.Atoi(m[3])
			if m[1] != "_" {
				times++ // as in promtool: the first, and n more
			}
		}
		for i := range times {
			if m[1] != "_" {
				s.Samples = append(s.Samples, Sample{t, sample(m[1], m[2], i)})
			}
			t += step
		}
	}
	return s, nil
}

// natives parses a series of native histograms, with Prometheus's own parser.
func natives(line string, t, step int64) (Series, error) {
	ls, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
	s := Series{Labels: ls}
	for _, v := range values {
		switch {
		case v.Omitted:
		case v.Histogram != nil:
			s.Histograms = append(s.Histograms, Histogram{t, v.Histogram})
		case value.IsStaleNaN(v.Value):
			s.Histograms = append(s.Histograms, Histogram{t, &histogram.FloatHistogram{Sum: v.Value}})
		default:
			s.Samples = append(s.Samples, Sample{t, v.Value})
		}
		t += step
	}
	return s, err
}

func sample(first, growth string, i int) float64 {
	if first == "stale" {
		return math.Float64frombits(value.StaleNaN)
	}
	a, _ := strconv.ParseFloat(first, 64)
	b, _ := strconv.ParseFloat(growth, 64)
	return a + b*float64(i)
}

func parseLabels(text string) labels.Labels {
	name, rest, _ := strings.Cut(text, "{")
	b := labels.NewBuilder(labels.EmptyLabels()).Set(labels.MetricName, name)
	for _, m := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(rest, -1) {
		b.Set(m[1], m[2])
	}
	return b.Labels()
}

// WriteOpenMetrics writes the series as OpenMetrics text with timestamps, family
// by family. The format has no stale markers; they are left out.
func WriteOpenMetrics(w io.Writer, all []Series) error {
	out := bufio.NewWriter(w)
	for _, s := range all {
		name := s.Labels.Get(labels.MetricName)
		rest := strings.TrimPrefix(labels.NewBuilder(s.Labels).Del(labels.MetricName).Labels().String(), "{}")
		for _, p := range s.Samples {
			if !value.IsStaleNaN(p.V) {
				fmt.Fprintf(out, "%s%s %s %d.%03d\n", name, strings.ReplaceAll(rest, `", `, `",`),
					strings.TrimPrefix(strconv.FormatFloat(p.V, 'g', -1, 64), "+"), p.T/1000, p.T%1000)
			}
		}
	}
	fmt.Fprintln(out, "# EOF")
	return out.Flush()
}
