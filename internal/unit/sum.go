package unit

import (
	"math/big"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Sum is an exact accumulator of decimals that cost little to add: it keeps 128
// bits in units of the smallest digit seen so far, and spills into a decimal
// what would overflow. The zero value is 0.
type Sum struct {
	hi    int64 // two's complement, the upper half
	lo    uint64
	scale int32 // digits after the point of hi and lo
	wide  Decimal
}

// Add adds d.
func (s *Sum) Add(d Decimal) {
	digits := -d.exponent
	if d.wide != nil || digits < 0 {
		s.wide = s.wide.Add(d)
		return
	}
	v := d.coeff
	if digits > s.scale {
		s.rescale(digits)
	}
	if digits < s.scale {
		var ok bool
		if v, ok = timesPower(v, s.scale-digits); !ok {
			s.wide = s.wide.Add(d)
			return
		}
	}
	s.add(v>>63, uint64(v))
}

// AddFloat adds what [DecimalOfFloat] makes of f, and reports false for what no
// decimal stands for.
func (s *Sum) AddFloat(f float64) bool {
	v, ok := scaledFloat(f)
	if ok && s.scale < floatPlaces {
		s.rescale(floatPlaces)
	}
	if ok && s.scale == floatPlaces {
		s.add(v>>63, uint64(v))
		return true
	}
	d, ok := DecimalOfFloat(f)
	if ok {
		s.Add(d)
	}
	return ok
}

// add adds 128 bits in units of the scale.
func (s *Sum) add(hi int64, lo uint64) {
	sumLo, carry := bits.Add64(s.lo, lo, 0)
	sumHi := s.hi + hi + int64(carry)
	if (s.hi < 0) == (hi < 0) && (sumHi < 0) != (hi < 0) {
		s.spill()
		sumHi, sumLo = hi, lo
	}
	s.hi, s.lo = sumHi, sumLo
}

// rescale makes the smallest digit smaller. A sum is rescaled a few times in its
// life, so it may cost an allocation.
func (s *Sum) rescale(scale int32) {
	s.spill()
	s.scale = scale
}

func (s *Sum) spill() {
	s.wide = s.wide.Add(s.narrow())
	s.hi, s.lo = 0, 0
}

// narrow is the value of the 128 bits.
func (s *Sum) narrow() Decimal {
	if s.hi == 0 && s.lo>>63 == 0 || s.hi == -1 && s.lo>>63 == 1 && s.lo != 1<<63 {
		return Decimal{coeff: int64(s.lo), exponent: -s.scale}
	}
	v := new(big.Int).Lsh(big.NewInt(s.hi), 64)
	v.Or(v, new(big.Int).SetUint64(s.lo))
	var out apd.Decimal
	out.Negative = v.Sign() < 0
	out.Coeff.SetMathBigInt(v.Abs(v))
	out.Exponent = -s.scale
	return narrowed(&out)
}

// AddSum adds another sum.
func (s *Sum) AddSum(t *Sum) {
	wide := t.wide // before a spill, as t may be s
	switch {
	case t.hi == 0 && t.lo == 0:
	case s.scale == t.scale:
		s.add(t.hi, t.lo)
	default:
		s.Add(t.narrow())
	}
	if !wide.IsZero() {
		s.wide = s.wide.Add(wide)
	}
}

// Total returns the sum, without trailing zeros after the point.
func (s *Sum) Total() Decimal {
	var out apd.Decimal
	// Not ParseDecimal: a product of an amount and a rate has more digits than
	// either of them may have in a file.
	if _, _, err := out.SetString(s.wide.Add(s.narrow()).Canonical()); err != nil {
		panic(err) // digits are a number
	}
	return narrowed(&out)
}
