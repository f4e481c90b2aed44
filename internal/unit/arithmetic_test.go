package unit_test

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

// decimals draws decimals of every size: short ones, those at the edge of an
// int64, and those with more digits than one.
func decimals() *rapid.Generator[string] {
	edges := []string{"0", "-0", "0.00", "1", "-1", "9223372036854775807", "-9223372036854775808", "-9223372036854775807", "9223372036854775808",
		"0.9223372036854775807", "-92233720368.54775808", "999999999999999999", "1E18", "1E38", "-1E-38", "0E7", "12.5e-3", "170141183460469231731687303715884105728"}
	digits := rapid.StringMatching(`-?[0-9]{1,22}(\.[0-9]{1,24})?`)
	return rapid.OneOf(rapid.SampledFrom(edges), digits, rapid.StringMatching(`-?[0-9]{1,6}\.[0-9]{2}`))
}

func rat(t *rapid.T, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("no fraction: %s", s)
	}
	return r
}

// TestArithmeticIsExact compares with the fractions of math/big.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals().Draw(t, "a"), decimals().Draw(t, "b")
		x, y := unit.MustDecimal(a), unit.MustDecimal(b)
		p, q := rat(t, a), rat(t, b)
		for name, c := range map[string]struct {
			got  unit.Decimal
			want *big.Rat
		}{
			"read": {x, p}, "sum": {x.Add(y), new(big.Rat).Add(p, q)}, "difference": {x.Sub(y), new(big.Rat).Sub(p, q)},
			"product": {x.Mul(y), new(big.Rat).Mul(p, q)}, "negation": {x.Neg(), new(big.Rat).Neg(p)},
		} {
			if c.got.Rat().Cmp(c.want) != 0 {
				t.Fatalf("%s of %s and %s: %s, want %s", name, a, b, c.got, c.want.RatString())
			}
			if s := c.got.String(); strings.HasPrefix(s, "-") && c.got.Sign() >= 0 || strings.ContainsAny(s, "eE") {
				t.Fatalf("%s of %s and %s is written %s", name, a, b, s)
			}
		}
		if got, want := x.Cmp(y), p.Cmp(q); got != want {
			t.Fatalf("comparing %s with %s: %d, want %d", a, b, got, want)
		}
		if x.Sign() != p.Sign() {
			t.Fatalf("sign of %s: %d", a, x.Sign())
		}
	})
}

// TestDecimalOfFloatIsTheShortest compares with what strconv prints.
func TestDecimalOfFloatIsTheShortest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64(), rapid.Custom(func(t *rapid.T) float64 {
			return float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")) / math.Pow10(rapid.IntRange(0, 15).Draw(t, "places"))
		})).Draw(t, "f")
		got, ok := unit.DecimalOfFloat(f)
		if !ok {
			t.Skip("no number")
		}
		want := strconv.FormatFloat(f, 'f', -1, 64)
		if got.Rat().Cmp(rat(t, want)) != 0 {
			t.Fatalf("%v: %s, want %s", f, got, want)
		}
	})
}

// TestSumIsExact adds numbers in two halves, so that what spills is merged too.
func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(decimals(), 0, 30).Draw(t, "numbers")
		want := new(big.Rat)
		var halves [2]unit.Sum
		for i, s := range list {
			want.Add(want, rat(t, s))
			halves[i%2].Add(unit.MustDecimal(s))
		}
		halves[0].AddSum(&halves[1])
		if got := halves[0].Total(); got.Rat().Cmp(want) != 0 {
			t.Fatalf("sum of %v: %s, want %s", list, got, want.RatString())
		}
	})
}

// TestSumDoubles doubles a sum until it is far beyond 128 bits.
func TestSumDoubles(t *testing.T) {
	var s unit.Sum
	s.Add(unit.MustDecimal("-0.000000000000000003"))
	want := rat2("-3/1000000000000000000")
	for range 200 {
		s.AddSum(&s)
		want.Mul(want, big.NewRat(2, 1))
	}
	if got := s.Total(); got.Rat().Cmp(want) != 0 {
		t.Errorf("got %s, want %s", got, want.FloatString(18))
	}
}

func rat2(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}
