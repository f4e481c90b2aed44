package sla

import (
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// month is October 2026 in windows of five minutes, for 40 members of one group
// each, with a few bad events everywhere.
func month(o Objective, bounds []float64) Input {
	p := period.Period{Name: "2026-10", Kind: period.Month, Span: period.Span{Start: start(), End: start().AddDate(0, 1, 0)}, Zone: time.UTC, Complete: true}
	in := Input{Objective: o, Period: p, Now: p.End, Scan: &window.Scan{Grid: window.NewGrid(Instants(o, p, p.End)), Accounting: window.Exact}}
	n := in.Scan.Grid.Cells()
	for m := range 40 {
		g := &window.Group{Samples: make([]uint32, n)}
		g.Total.Windowed, g.Bad.Windowed, g.Sum.Windowed = unit.NewSums(n), unit.NewSums(n), unit.NewSums(n)
		for _, b := range bounds {
			g.Buckets = append(g.Buckets, window.Bucket{Bound: b, Counts: window.Counts{Windowed: unit.NewSums(n)}})
		}
		for i := range n {
			g.Samples[i] = 5
			g.Total.Windowed.AddInt(i, 100)
			g.Bad.Windowed.AddInt(i, int64((i+m)%7/6))
			if o.Method == Value {
				g.Sum.Windowed.Add(i, unit.MustDecimal("470.25"))
			}
			for k := range g.Buckets {
				g.Buckets[k].Counts.Windowed.AddInt(i, int64(100*(k+1)/len(bounds)))
			}
		}
		in.Members = append(in.Members, Member{Groups: []*window.Group{g}})
	}
	return in
}

func BenchmarkEvaluate(b *testing.B) {
	o := Objective{Comparison: AtLeast, Target: unit.MustDecimal("99.5"), MeasurementWindow: 5 * time.Minute, MinCoverage: unit.DecimalOfInt(90)}
	for _, method := range []Method{Events, Quantile, Value, Slices} {
		o, bounds := o, []float64(nil)
		o.Method = method
		switch method {
		case Quantile:
			o.Comparison, o.Target, o.Quantile, o.Scale = AtMost, unit.DecimalOfInt(2000), unit.DecimalOfInt(95), unit.DecimalOfInt(1000)
			bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20}
		case Value:
			o.Target = unit.MustDecimal("4.5")
		}
		in := month(o, bounds)
		b.Run(string(method), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Evaluate(in)
			}
		})
	}
}
