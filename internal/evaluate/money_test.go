package evaluate

import (
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
)

// What a configuration may name as a column is what is read.
func TestColumnFieldsAreThoseOfLineItems(t *testing.T) {
	if got, want := config.ColumnFields(), billing.Fields(); !slices.Equal(got, want) {
		t.Errorf("the configuration knows %q, the reader %q", got, want)
	}
}

const focusHead = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart\n"

// Bills are cut in UTC whatever the configuration's zone is; a source that names
// a zone is cut there.
func TestBillsAreCutInUTCOrTheirOwnZone(t *testing.T) {
	// 15:30 UTC of 31 October is 00:30 of 1 November in Tokyo.
	bill := focusHead + "1,USD,2026-10-01,2026-10-01T00:00:00Z\n2,USD,2026-10-01,2026-10-31T15:30:00Z\n4,USD,2026-10-01,2026-10-31T23:59:59Z\n8,USD,2026-09-01,2026-09-30T15:30:00Z\n"
	for yaml, want := range map[string]string{
		"timezone: Asia/Tokyo\nsources: {billing: [{name: a, format: focus, path: bill.csv}]}\n": "7", // 1 + 2 + 4
		"sources: {billing: [{name: a, format: focus, path: bill.csv, timezone: Asia/Tokyo}]}\n": "9", // 1 + 8
	} {
		e := costEvaluator(t, yaml, map[string]string{"bill.csv": bill})
		reports, err := e.Cost(t.Context(), []cost.Query{{Period: e.BillingPeriod(parsePeriod(t, e, "2026-10")), Measure: cost.Billed}})
		if err != nil {
			t.Fatal(err)
		}
		if got := reports[0].Totals; len(got) != 1 || got[0].Amount.String() != want {
			t.Errorf("%s: %v, want %s", yaml, got, want)
		}
	}
}

// A meter never adds to a bill; where there is no bill, meters are shown by the
// measure metered; role overrules what a format usually is.
func TestMetersNeverAddToBills(t *testing.T) {
	const (
		bill  = "{name: bill, format: focus, path: bill.csv}"
		meter = "{name: meter, format: litellm-spend, path: spend.csv, currency: USD}"
	)
	files := map[string]string{
		"bill.csv":  focusHead + "1.5,USD,2026-10-01,2026-10-02\n",
		"spend.csv": "request_id,spend,startTime,model,prompt_tokens,completion_tokens\nr,0.25,2026-10-02T00:00:00Z,gpt-4o,1000,10\n",
	}
	tests := []struct{ sources, measure, total, note string }{
		{bill, "billed", "1.5", ""},
		{bill + ", " + meter, "billed", "1.5", "meters never add to bills: the total has nothing of meter"},
		{strings.Replace(bill, "}", ", role: meter}", 1) + ", " + strings.Replace(meter, "}", ", role: bill}", 1), "billed", "0.25", "the total has nothing of bill"},
		{meter, "metered", "0.25", ""},
	}
	for _, tt := range tests {
		e := costEvaluator(t, "sources: {billing: ["+tt.sources+"]}\n", files)
		reports, err := e.Cost(t.Context(), []cost.Query{{Period: parsePeriod(t, e, "2026-10"), Measure: cost.Billed}})
		if err != nil {
			t.Errorf("%s: %v", tt.sources, err)
			continue
		}
		r := reports[0]
		if len(r.Totals) != 1 || r.Totals[0].Amount.Canonical() != tt.total || string(r.Measure) != tt.measure {
			t.Errorf("%s: %s %v, want %s %s", tt.sources, r.Measure, r.Totals, tt.measure, tt.total)
		}
		if tt.note != "" && !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, tt.note) }) {
			t.Errorf("%s: notes %q, want %q", tt.sources, r.Notes, tt.note)
		}
	}
}
