package unit

import (
	"math"

	"github.com/cockroachdb/apd/v3"
)

// Sum is an exact accumulator of decimals that cost little to add: as long as
// they fit, it keeps an int64 in units of the smallest digit seen so far, and
// spills into a decimal what would overflow. The zero value is 0.
type Sum struct {
	scaled int64
	scale  int32 // digits after the point of scaled
	wide   Decimal
}

var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Add adds d.
func (s *Sum) Add(d Decimal) {
	digits := -d.d.Exponent
	if digits < 0 || int(digits) >= len(powers) || !d.d.Coeff.IsInt64() {
		s.wide = s.wide.Add(d)
		return
	}
	v := d.d.Coeff.Int64()
	if d.d.Negative {
		v = -v
	}
	if digits > s.scale {
		scaled, ok := timesPower(s.scaled, digits-s.scale)
		if !ok {
			s.spill()
		}
		s.scaled, s.scale = scaled, digits
	} else if v, digits = rescale(v, digits, s.scale); digits != s.scale {
		s.wide = s.wide.Add(d)
		return
	}
	total := s.scaled + v
	if v != 0 && (total > s.scaled) != (v > 0) {
		s.spill()
		total = v
	}
	s.scaled = total
}

// rescale writes v, which has the given digits after the point, with more of
// them. It leaves both as they are when that would overflow.
func rescale(v int64, digits, to int32) (int64, int32) {
	if w, ok := timesPower(v, to-digits); ok {
		return w, to
	}
	return v, digits
}

// timesPower returns v × 10^n, and 0 and false when that overflows.
func timesPower(v int64, n int32) (int64, bool) {
	p := powers[n]
	if v > math.MaxInt64/p || v < -math.MaxInt64/p {
		return 0, false
	}
	return v * p, true
}

func (s *Sum) spill() {
	s.wide = s.wide.Add(s.narrow())
	s.scaled = 0
}

func (s *Sum) narrow() Decimal { return Decimal{d: *apd.New(s.scaled, -s.scale)} }

// AddSum adds another sum.
func (s *Sum) AddSum(t *Sum) {
	s.Add(t.narrow())
	if !t.wide.IsZero() {
		s.wide = s.wide.Add(t.wide)
	}
}

// Total returns the sum, without trailing zeros after the point.
func (s *Sum) Total() Decimal {
	var out Decimal
	// Not ParseDecimal: a product of an amount and a rate has more digits than
	// either of them may have in a file.
	if _, _, err := out.d.SetString(s.wide.Add(s.narrow()).Canonical()); err != nil {
		panic(err) // digits are a number
	}
	return out
}
