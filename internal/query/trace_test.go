package query_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Telling how samples are counted changes no count, and what is told adds up to
// the counts, in every case of the accounting. What combines targets at each
// instant has no increments of single series to tell.
func TestTraceAddsUp(t *testing.T) {
	for _, c := range querytest.Cases() {
		if c.Combine != query.CombineSum {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			series, err := querytest.Load(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			req, err := c.Request()
			if err != nil {
				t.Fatal(err)
			}
			told := map[string]unit.Decimal{}
			req.Trace = func(tr query.Trace) { addUp(told, tr) }
			results, err := query.Account(context.Background(), &querytest.Feed{Series: series}, []query.Request{req}, 2)
			if err != nil || results[0].Err != nil {
				t.Fatal(err, results[0].Err)
			}
			c.Check(t, results[0])
			for i := range results[0].Scan.Groups {
				g := &results[0].Scan.Groups[i]
				for _, q := range g.Quantities() {
					for suffix, row := range map[string]*unit.Sums{"": q.Counts.Windowed, " recovered": q.Counts.Recovered, " unwitnessed": q.Counts.Unwitnessed} {
						name := fmt.Sprint(g.Labels, q.Name, suffix)
						if want := row.Range(0, row.Len()); told[name].Cmp(want) != 0 {
							t.Errorf("%s: the traces add up to %s, and the scan has %s", name, told[name], want)
						}
					}
				}
			}
		})
	}
}

// addUp adds the increments of a trace to what they count for.
func addUp(told map[string]unit.Decimal, tr query.Trace) {
	exact := func(f float64) unit.Decimal {
		d, _ := unit.DecimalOfFloat(f)
		return d
	}
	add := func(names []string, suffix string, v unit.Decimal) {
		for _, name := range names {
			name, negative := strings.CutPrefix(name, "-")
			signed := v
			if negative {
				signed = v.Neg()
			}
			name = fmt.Sprint(tr.Group, name, suffix)
			told[name] = told[name].Add(signed)
		}
	}
	for i, s := range tr.Samples {
		v := exact(s.Value)
		switch s.How {
		case query.Before:
		case query.Growth:
			add(tr.Counts, "", v.Sub(exact(tr.Samples[i-1].Value)))
		case query.Reset, query.Birth:
			add(tr.Counts, "", v)
		case query.Recovered:
			if before := exact(tr.Samples[i-1].Value); before.Cmp(v) <= 0 {
				v = v.Sub(before)
			}
			add(tr.Counts, " recovered", v)
		case query.Unwitnessed: // was told of as a birth
			add(tr.Counts, "", v.Neg())
			add(tr.Counts, " unwitnessed", v)
		case query.Itself:
			add(tr.PerSample, "", unit.DecimalOfInt(1))
			switch {
			case !tr.Probe:
				add(tr.Counts, "", v)
			case s.Value != 1:
				add(tr.Counts, "", unit.DecimalOfInt(1))
			}
		}
	}
}

// A counter that grows, falls, is away for longer than max_gap and comes back
// after more than lookback; and a series that nobody witnessed.
func TestTraceSaysHow(t *testing.T) {
	series, err := querytest.Load(`
		load 1m
		  reqs_total{job="api",instance="a"} 5 7 7 2 _x9 10 _x70 11 12
		  reqs_total{instance="b"} _x3 9`)
	if err != nil {
		t.Fatal(err)
	}
	reqs := requests(t, querytest.Case{Total: `reqs_total`, Grid: "1m 90m"})
	names := [...]string{query.Before: "before", query.Growth: "growth", query.Reset: "reset", query.Recovered: "recovered", query.Birth: "birth", query.Unwitnessed: "unwitnessed"}
	got := map[string]string{}
	reqs[0].Trace = func(tr query.Trace) {
		for _, s := range tr.Samples {
			got[tr.Series["instance"]] += fmt.Sprintf("%dm %v %s, ", (s.Time-reqs[0].Grid[0])/60000+1, s.Value, names[s.How])
		}
	}
	if _, err := query.Account(t.Context(), &querytest.Feed{Series: series}, reqs, 1); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a": "1m 7 before, 2m 7 growth, 3m 2 reset, 13m 10 recovered, 84m 11 birth, 85m 12 growth, 84m 11 unwitnessed, ",
		"b": "3m 9 birth, 3m 9 unwitnessed, ",
	}
	if !maps.Equal(got, want) {
		t.Errorf("the traces are\n%v\nand not\n%v", got, want)
	}
}

// The text form of a scan and the traces name quantities alike.
func TestTraceNamesQuantities(t *testing.T) {
	g := window.Group{Buckets: []window.Bucket{{Bound: 0.5}}}
	var names []string
	for _, q := range g.Quantities() {
		names = append(names, q.Name)
	}
	if want := []string{"total", "bad", "sum", window.BucketName(0.5)}; !slices.Equal(names, want) || names[3] != "le 0.5" {
		t.Errorf("quantities %q", names)
	}
}
