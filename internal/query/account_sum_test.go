package query

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

// TestExactSum compares the sum with one of plain decimals.
func TestExactSum(t *testing.T) {
	number := rapid.OneOf(
		rapid.Float64(),
		rapid.Map(rapid.Int64Range(-1e15, 1e15), func(i int64) float64 { return float64(i) }),
		rapid.Map(rapid.Int64Range(-1e6, 1e6), func(i int64) float64 { return float64(i) / 1000 }),
		rapid.SampledFrom([]float64{0.1, 0.2, 0.3, 1e-7, 5e-324, 1 << 53, -(1<<53 - 1), 1e300, 0, math.Copysign(0, -1)}))
	rapid.Check(t, func(r *rapid.T) {
		var sum exactSum
		for range 2 { // a drained sum starts again
			want := unit.Decimal{}
			for _, f := range rapid.SliceOfN(number, 0, 300).Draw(r, "numbers") {
				d, _ := unit.DecimalOfFloat(f)
				sum.add(f, -1)
				want = want.Sub(d)
			}
			got := unit.Decimal{}
			sum.drain(func(v int64, digits uint8) { got = got.Add(scaledDecimal(v, digits)) },
				func(d unit.Decimal) { got = got.Add(d) })
			if got.Cmp(want) != 0 {
				r.Fatalf("the sum is %s, want %s", got, want)
			}
		}
	})
}

// TestScaledDifference compares differences with those of plain decimals, and
// finds that those of usual neighbours fit the fast path.
func TestScaledDifference(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := rapid.Float64().Draw(r, "a")
		b := rapid.OneOf(rapid.Float64(), rapid.Just(a/3), rapid.Just(0.0)).Draw(r, "b")
		v, digits, ok := scaledOf(a).minus(scaledOf(b))
		if ok && scaledDecimal(v, digits).Cmp(difference(a, b)) != 0 {
			r.Fatalf("%v − %v is %s, want %s", a, b, scaledDecimal(v, digits), difference(a, b))
		}
		usual := rapid.Float64Range(1e-3, 1e9).Draw(r, "usual")
		if _, _, ok := scaledOf(1.1 * usual).minus(scaledOf(usual)); !ok {
			r.Fatalf("%v − %v does not fit", 1.1*usual, usual)
		}
	})
}
