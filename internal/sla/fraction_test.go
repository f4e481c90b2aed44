package sla

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		value    string // a fraction
		down, up string
	}{
		{"1/3", "0.333333333333", "0.333333333334"},
		{"2/3", "0.666666666666", "0.666666666667"},
		{"-1/3", "-0.333333333334", "-0.333333333333"},
		{"1/300", "0.00333333333333", "0.00333333333334"}, // zeros after the point do not count
		{"200/3", "66.666666666666", "66.666666666667"},
		{"1/8", "0.125", "0.125"},                             // what ends is written in full
		{"1/32768", "0.000030517578125", "0.000030517578125"}, // also when it is long
		{"100", "100", "100"},
		{"0", "0", "0"},
		{"299999999999999/300000000000000", "0.999999999999", "1.000000000000"},
	} {
		r, ok := new(big.Rat).SetString(tc.value)
		if !ok {
			t.Fatal(tc.value)
		}
		if got := cut(r, true).String(); got != tc.down {
			t.Errorf("%s cut down is %s, want %s", tc.value, got, tc.down)
		}
		if got := cut(r, false).String(); got != tc.up {
			t.Errorf("%s cut up is %s, want %s", tc.value, got, tc.up)
		}
	}
}

// The fast comparison says what fractions say, for whole numbers up to the
// largest and for decimals.
func TestFractionCompares(t *testing.T) {
	amount := rapid.Custom(func(t *rapid.T) unit.Decimal {
		if rapid.Bool().Draw(t, "decimal") {
			return unit.DecimalOfInt(rapid.Int64Range(-1000, 1000).Draw(t, "n")).Mul(unit.MustDecimal("0.25"))
		}
		return unit.DecimalOfInt(rapid.Int64().Draw(t, "n"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64Range(-5, 1<<40).Draw(t, "num"), rapid.Int64Range(1, 1<<40).Draw(t, "den"))
		part, whole := amount.Draw(t, "part"), amount.Draw(t, "whole")
		want := part.Rat().Cmp(new(big.Rat).Mul(r, whole.Rat()))
		if got := newFraction(r).compare(part, whole); got != want {
			t.Fatalf("%s against %s of %s: %d, want %d", part, r, whole, got, want)
		}
	})
}
