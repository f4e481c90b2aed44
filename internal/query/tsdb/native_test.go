package tsdb

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// TestNativeHistograms runs the rules of native histograms on blocks.
func TestNativeHistograms(t *testing.T) {
	for _, c := range querytest.NativeCases() {
		t.Run(c.Name, func(t *testing.T) {
			series, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			promtest.WriteBlock(t, dir, series)
			c.Check(t, query.Result{Scan: scanOf(t, openDir(t, dir), c)})
		})
	}
}

// TestNativeHistory records native histograms, at first a part of them, and counts
// them from the history, and from the history and a live feed.
func TestNativeHistory(t *testing.T) {
	for _, c := range querytest.NativeCases() {
		t.Run(c.Name, func(t *testing.T) {
			series, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			path, feed := t.TempDir(), &querytest.Feed{Series: series}
			for _, now := range []time.Duration{90 * time.Second, 24 * time.Hour} {
				recordAll(t, path, feed, querytest.Base().Add(now), everything())
			}
			r, err := OpenRecorder(path)
			if err != nil {
				t.Fatal(err)
			}
			// The first sample is the last one of the day before.
			if _, err := r.Record(t.Context(), feed, Recording{Day: dayOf(-1), Until: dayOf(1).End, Complete: true, Selectors: []query.Selector{everything()}}); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			h := openHistoryOf(t, path)
			c.Check(t, query.Result{Scan: scanOf(t, h.Source, c)})
			damaged, bad, err := VerifyHistory(t.Context(), path)
			if err != nil || len(bad) > 0 {
				t.Errorf("verifying finds %v of %v, %v", bad, damaged, err)
			}
			results, err := query.Account(t.Context(), query.Join(h, feed), []query.Request{request(t, c)}, 1)
			if err != nil || results[0].Err != nil {
				t.Fatal(err, results)
			}
			c.Check(t, results[0])
			if n, natives, err := h.Export(t.Context(), io.Discard, period.Span{Start: querytest.Base(), End: dayOf(1).End}); err != nil || n > 0 && natives == 0 {
				t.Errorf("exported %d and %d samples, %v", n, natives, err)
			}
		})
	}
}

// truth puts single observations into the buckets that Prometheus's definition
// gives them: bucket i of schema s ends at 2^(i × 2^−s).
type truth struct {
	schema int32
	counts map[int32]float64
	zero   float64
	custom []float64
}

func newTruth(schema int32, custom ...float64) *truth {
	return &truth{schema: schema, counts: map[int32]float64{}, custom: custom}
}

const zeroThreshold = 0.001

func (h *truth) observe(v float64) {
	switch {
	case h.custom != nil:
		i, _ := slices.BinarySearch(h.custom, v)
		h.counts[int32(i)]++
	case v <= zeroThreshold:
		h.zero++
	default:
		h.counts[int32(math.Ceil(math.Log2(v)*math.Exp2(float64(h.schema))))]++
	}
}

// sample is the histogram as an exporter would expose it.
func (h *truth) sample() *histogram.FloatHistogram {
	out := &histogram.FloatHistogram{Schema: h.schema, ZeroThreshold: zeroThreshold, ZeroCount: h.zero, Count: h.zero}
	if h.custom != nil {
		out.Schema, out.ZeroThreshold, out.CustomValues = histogram.CustomBucketsSchema, 0, h.custom
	}
	var indexes []int32
	for i := range h.counts {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	next := int32(0)
	for _, i := range indexes {
		out.PositiveSpans = append(out.PositiveSpans, histogram.Span{Offset: i - next, Length: 1})
		out.PositiveBuckets = append(out.PositiveBuckets, h.counts[i])
		out.Count += h.counts[i]
		next = i + 1
	}
	return out
}

// TestNativeTruth lets three processes observe durations, with restarts, and asks
// Prometheus's engine about a histogram of all observations: quantiles and
// shares of what was counted from the samples must be the same.
func TestNativeTruth(t *testing.T) {
	const hours = 6
	for name, schemas := range map[string][]int32{"one resolution": {3, 3, 3}, "three resolutions": {5, 2, 0}, "coarse": {-1, -1, -2}, "custom": nil} {
		t.Run(name, func(t *testing.T) {
			custom := []float64(nil)
			coarsest := int32(0)
			if schemas == nil {
				custom, schemas = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5}, []int32{0, 0, 0}
			} else {
				coarsest = slices.Min(schemas)
			}
			random := rand.New(rand.NewPCG(1, uint64(len(name))))
			all := newTruth(coarsest, custom...)
			var series []querytest.Series
			for i, schema := range schemas {
				restarted := 0
				own := newTruth(schema, custom...)
				s := querytest.Series{Labels: labels.FromStrings(labels.MetricName, "lat", "job", "api", "instance", strconv.Itoa(i))}
				for at := 0; at <= hours*3600; at += 15 + random.IntN(2) {
					if random.IntN(200) == 0 && at > restarted+600 { // later, so that less is there than before
						own, restarted = newTruth(schema, custom...), at
					}
					for range random.IntN(4) {
						v := math.Exp(random.NormFloat64()*1.2 - 2)
						if random.IntN(50) == 0 {
							v = 0
						}
						own.observe(v)
						if at > 0 {
							all.observe(v)
						}
					}
					s.Histograms = append(s.Histograms, querytest.Histogram{T: querytest.Base().Add(time.Duration(at) * time.Second).UnixMilli(), H: own.sample()})
				}
				series = append(series, s)
			}
			end := querytest.Base().Add(hours * time.Hour)
			whole := querytest.Series{Labels: labels.FromStrings(labels.MetricName, "whole"), Histograms: []querytest.Histogram{{T: end.UnixMilli(), H: all.sample()}}}
			dir := t.TempDir()
			promtest.WriteBlock(t, dir, append(series, whole))
			src := openDir(t, dir)
			compareWithEngine(t, src, end, all.sample())
		})
	}
}

// compareWithEngine judges the series lat up to an instant, and compares with
// what PromQL says of the series whole.
func compareWithEngine(t *testing.T, src *Source, end time.Time, all *histogram.FloatHistogram) {
	t.Helper()
	p := period.Period{Span: period.Span{Start: querytest.Base(), End: end}}
	o := sla.Objective{Comparison: sla.AtMost, Target: unit.DecimalOfInt(1), MeasurementWindow: time.Hour, Idle: sla.HandleMet, NoData: sla.HandleExcluded}
	var grid []string
	for _, at := range sla.Instants(o, p, end) {
		grid = append(grid, at.Sub(querytest.Base()).String())
	}
	scan := scanOf(t, src, querytest.Case{Kind: query.Histogram, Total: "lat", Grid: strings.Join(grid, " ")})
	member := sla.Member{Groups: []*window.Group{&scan.Groups[0]}}
	judge := func(o sla.Objective) sla.Result {
		r := sla.Evaluate(sla.Input{Objective: o, Period: p, Now: end, Scan: scan, Members: []sla.Member{member}})
		if r.Events.Total.Canonical() != fmt.Sprint(all.Count) || r.Attained == nil {
			t.Fatalf("%s observations were counted of %v; attained is %v", r.Events.Total.Canonical(), all.Count, r.Attained)
		}
		return r
	}
	engine := func(expr string) float64 {
		points, _, err := src.QueryRange(t.Context(), expr, end, end, time.Second)
		if err != nil || len(points) != 1 {
			t.Fatal(err, points)
		}
		return points[0].Points[0].V
	}
	same := func(what string, got *unit.Decimal, want float64) {
		f, _ := got.Rat().Float64()
		if math.Abs(f-want) > 1e-11*want {
			t.Errorf("%s is %s, and %v to the engine", what, got.Canonical(), want)
		}
	}
	for _, q := range []string{"1", "25", "50", "90", "95", "99.9", "100"} {
		o.Method, o.Quantile = sla.Quantile, unit.MustDecimal(q)
		same("p"+q, judge(o).Attained, engine(fmt.Sprintf("histogram_quantile(%s / 100, whole)", q)))
	}
	o.Method, o.Comparison, o.Target = sla.Within, sla.AtLeast, unit.DecimalOfInt(99)
	for _, bound := range []string{"1", "0.3", "0.01"} {
		o.Bound = unit.MustDecimal(bound)
		r := judge(o)
		want := 100 * engine(fmt.Sprintf("histogram_fraction(-Inf, %s, whole)", bound))
		if !r.Estimate {
			same("the share within "+bound, r.Attained, want)
		} else if got, _ := r.Attained.Rat().Float64(); got > want {
			t.Errorf("the share within %s is estimated as %v, better than %v to the engine", bound, got, want)
		}
		if bound == "1" && r.Estimate {
			t.Error("the share within 1 is called an estimate, though 1 is a bound")
		}
	}
}
