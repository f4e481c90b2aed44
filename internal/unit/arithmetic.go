package unit

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// powers are the powers of ten that an int64 holds.
var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// narrowed returns an apd value in the short form when its digits fit.
func narrowed(d *apd.Decimal) Decimal {
	if !d.Coeff.IsInt64() {
		return Decimal{wide: d}
	}
	v := d.Coeff.Int64() // the sign stands apart, so it is not negative
	if d.Negative {
		v = -v
	}
	return Decimal{coeff: v, exponent: d.Exponent}
}

// long returns d as apd has it. The result must not be modified.
func (d Decimal) long() *apd.Decimal {
	if d.wide != nil {
		return d.wide
	}
	return apd.New(d.coeff, d.exponent)
}

// Add returns d + e.
func (d Decimal) Add(e Decimal) Decimal {
	if x, y, exponent, ok := aligned(d, e); ok {
		if sum := x + y; sum != math.MinInt64 && (sum > x) == (y > 0) {
			return Decimal{coeff: sum, exponent: exponent}
		}
	}
	return d.exactly((*apd.Context).Add, e)
}

// Sub returns d − e.
func (d Decimal) Sub(e Decimal) Decimal { return d.Add(e.Neg()) }

// Mul returns d × e.
func (d Decimal) Mul(e Decimal) Decimal {
	if d.wide == nil && e.wide == nil {
		hi, lo := bits.Mul64(magnitude(d.coeff), magnitude(e.coeff))
		if hi == 0 && lo <= math.MaxInt64 {
			v := int64(lo)
			if (d.coeff < 0) != (e.coeff < 0) {
				v = -v
			}
			return Decimal{coeff: v, exponent: d.exponent + e.exponent}
		}
	}
	return d.exactly((*apd.Context).Mul, e)
}

// exactly returns d op e without rounding: apd computes to full length when the
// precision is 0, which it is in its base context.
func (d Decimal) exactly(op func(c *apd.Context, z, x, y *apd.Decimal) (apd.Condition, error), e Decimal) Decimal {
	var out apd.Decimal
	if _, err := op(&apd.BaseContext, &out, d.long(), e.long()); err != nil {
		// Unreachable for values that ParseDecimal and DecimalOfFloat let in.
		panic(fmt.Sprintf("exact decimal arithmetic: %v", err))
	}
	return narrowed(&out)
}

// Neg returns −d.
func (d Decimal) Neg() Decimal {
	if d.wide == nil {
		return Decimal{coeff: -d.coeff, exponent: d.exponent}
	}
	var out apd.Decimal
	out.Neg(d.wide)
	return Decimal{wide: &out}
}

// Cmp compares by value and returns −1, 0 or +1: 1.0 equals 1.
func (d Decimal) Cmp(e Decimal) int {
	if x, y, _, ok := aligned(d, e); ok {
		return cmp.Compare(x, y)
	}
	return d.long().Cmp(e.long())
}

// Sign returns −1, 0 or +1.
func (d Decimal) Sign() int {
	if d.wide != nil {
		return d.wide.Sign()
	}
	return cmp.Compare(d.coeff, 0)
}

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.Sign() == 0 }

// aligned returns two short decimals in units of the smaller of their last
// digits, and false when one of them has too many for that.
func aligned(d, e Decimal) (x, y int64, exponent int32, ok bool) {
	if d.wide != nil || e.wide != nil {
		return 0, 0, 0, false
	}
	x, y, exponent = d.coeff, e.coeff, d.exponent
	switch {
	case d.exponent == e.exponent:
		ok = true
	case d.exponent < e.exponent:
		y, ok = timesPower(y, e.exponent-d.exponent)
	default:
		exponent = e.exponent
		x, ok = timesPower(x, d.exponent-e.exponent)
	}
	return x, y, exponent, ok
}

// timesPower returns v × 10^n, and 0 and false when that overflows.
func timesPower(v int64, n int32) (int64, bool) {
	if v == 0 {
		return 0, true
	}
	if int(n) >= len(powers) {
		return 0, false
	}
	p := powers[n]
	if v > math.MaxInt64/p || v < -math.MaxInt64/p {
		return 0, false
	}
	return v * p, true
}

// magnitude is the absolute value.
func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}
