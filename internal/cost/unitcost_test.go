package cost_test

import (
	"testing"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// The wanted figures are those of python's decimal module, rounded half even to
// 12 significant digits.
func TestUnitCosts(t *testing.T) {
	usd := func(s string) *cost.Report {
		return &cost.Report{Totals: []cost.Total{{Currency: "USD", Amount: unit.MustDecimal(s)}}}
	}
	nothing := &cost.Report{}
	count := func(s string) cost.Events { return cost.Events{Value: amount(s)} }
	gone := cost.Events{Reason: "debates: no series match"}
	tests := []struct {
		name         string
		this, before *cost.Report
		now, then    cost.Events
		per          string
		want         string // unit cost, before, change, reason
	}{
		{"cost over events", usd("25376.75891709"), usd("25000"), count("370420"), count("364424"), "1", "0.0685080689949 0.0686014093474 -0.001361 "},
		{"per million", usd("12.34"), nothing, count("8000000"), gone, "1000000", "1.5425 - - "},
		{"large", usd("1234567890123.45"), nothing, count("3"), gone, "1", "411522630041 - - "},
		{"tiny", usd("0.01"), nothing, count("3000000"), gone, "1", "0.00000000333333333333 - - "},
		{"a credit", usd("-1"), usd("2"), count("3"), count("2"), "1", "-0.333333333333 1 -1.333333 "},
		{"no events", usd("5"), usd("5"), count("0"), count("1"), "1", "- 5 - no events in the period"},
		{"no metric", usd("5"), usd("5"), gone, gone, "1", "- - - debates: no series match"},
		{"no charge", nothing, usd("5"), count("3"), count("1"), "1", "- - - no charge matches in the period"},
		{"free before", usd("5"), usd("0"), count("5"), count("5"), "1", "1 0 - "},
	}
	for _, tt := range tests {
		got := cost.UnitCosts("debate", "debates", unit.MustDecimal(tt.per), tt.this, tt.before, tt.now, tt.then)
		if len(got) != 1 {
			t.Fatalf("%s: %d unit costs", tt.name, len(got))
		}
		text := orDash(got[0].UnitCost) + " " + orDash(got[0].Before) + " " + orDash(got[0].Change) + " "
		if got[0].Reason != nil {
			text += *got[0].Reason
		}
		if text != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, text, tt.want)
		}
	}
}

func orDash(d *unit.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.Canonical()
}

func TestTokenUses(t *testing.T) {
	tokens := func(in, read, write, out string) cost.Tokens {
		return cost.Tokens{Input: unit.MustDecimal(in), CacheRead: unit.MustDecimal(read), CacheWrite5m: unit.MustDecimal(write), Output: unit.MustDecimal(out)}
	}
	got := cost.TokenUses([]cost.Usage{
		{Model: "b", Tokens: tokens("60", "30", "10", "25")},
		{Model: "a", Tokens: tokens("0", "0", "0", "7")},
		{Model: "b", Tokens: tokens("50", "50", "0", "25")},
	})
	if len(got) != 2 || got[0].Model != "b" || orDash(got[0].OutputPerInput) != "0.25" || orDash(got[0].CacheHitShare) != "0.4" ||
		got[1].Model != "a" || got[1].OutputPerInput != nil || got[1].CacheHitShare != nil {
		t.Errorf("uses %+v", got)
	}
}
