package billing_test

import (
	"os"
	"testing"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
)

// BenchmarkFile reads the file that BILL names: two sums by three keys.
func BenchmarkFile(b *testing.B) {
	path := os.Getenv("BILL")
	info, err := os.Stat(path)
	if err != nil {
		b.Skip("set BILL to a file that bench/focusgen made")
	}
	b.SetBytes(info.Size())
	q := cost.Query{Period: month(b, "2026-10"), By: []string{"provider", "service", "region"}}
	qs := []cost.Query{q, q}
	qs[0].Measure, qs[1].Measure = cost.Billed, cost.Effective
	for b.Loop() {
		reports, err := billing.Breakdown(b.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: path}}, qs)
		if err != nil || reports[0].Rejected() {
			b.Fatal(err, reports)
		}
	}
}
