package query

import (
	"math"
	"strconv"

	"github.com/slactl/slactl/internal/unit"
)

// maxDigits bounds the digits after the point that are added up in an int64.
const maxDigits = 24

// whole is the bound below which every whole number is a float64.
const whole = 1 << 53

// exactSum adds samples, each taken as its shortest decimal, without rounding
// and without allocating for the usual ones: whole numbers add up in one int64,
// and decimal fractions in one int64 per number of digits after the point. What
// fits neither goes to a decimal.
type exactSum struct {
	ints int64
	frac [maxDigits]int64 // frac[d] counts units of 10^-d
	used uint32           // bit d is set when frac[d] was added to
	wide unit.Decimal
}

// add adds f, which is finite, or subtracts it when sign is −1.
func (s *exactSum) add(f float64, sign int64) {
	if f == math.Trunc(f) && math.Abs(f) < whole {
		if !accumulate(&s.ints, sign*int64(f)) {
			s.addWide(f, sign)
		}
		return
	}
	m, digits, ok := shortest(f)
	if !ok || digits >= len(s.frac) || !accumulate(&s.frac[digits], sign*m) {
		s.addWide(f, sign)
		return
	}
	s.used |= 1 << digits
}

func (s *exactSum) addWide(f float64, sign int64) {
	d, _ := unit.DecimalOfFloat(f)
	if sign < 0 {
		d = d.Neg()
	}
	s.wide = s.wide.Add(d)
}

// drain hands over the sum as whole numbers of units of 10^-digits, and as a
// decimal what does not fit, and starts again at 0.
func (s *exactSum) drain(scaled func(v int64, digits uint8), wide func(unit.Decimal)) {
	if s.ints != 0 {
		scaled(s.ints, 0)
		s.ints = 0
	}
	for d := 0; s.used != 0; d++ {
		if s.used&(1<<d) != 0 {
			scaled(s.frac[d], uint8(d))
			s.frac[d] = 0
			s.used &^= 1 << d
		}
	}
	if !s.wide.IsZero() {
		wide(s.wide)
		s.wide = unit.Decimal{}
	}
}

// scaledDecimal returns v units of 10^-digits.
func scaledDecimal(v int64, digits uint8) unit.Decimal {
	return unit.MustDecimal(strconv.FormatInt(v, 10) + "e-" + strconv.Itoa(int(digits)))
}

// accumulate adds v to the sum and reports whether it fits.
func accumulate(sum *int64, v int64) bool {
	n := *sum + v
	if (n > *sum) != (v > 0) && v != 0 {
		return false
	}
	*sum = n
	return true
}

// scaled is a sample as a whole number of units of 10^-digits.
type scaled struct {
	mantissa int64
	digits   int
	ok       bool // false for numbers that are not of this form
}

// scaledOf returns the shortest decimal of a finite f.
func scaledOf(f float64) scaled {
	if isWhole(f) {
		return scaled{int64(f), 0, true}
	}
	m, digits, ok := shortest(f)
	return scaled{m, digits, ok}
}

// minus returns a − b, at the scale of the finer one; false where that does not
// fit.
func (a scaled) minus(b scaled) (v int64, digits uint8, ok bool) {
	if !a.ok || !b.ok || max(a.digits, b.digits) >= maxDigits {
		return 0, 0, false
	}
	for a.digits < b.digits && a.mantissa < math.MaxInt64/10 && a.mantissa > math.MinInt64/10 {
		a.mantissa, a.digits = 10*a.mantissa, a.digits+1
	}
	for b.digits < a.digits && b.mantissa < math.MaxInt64/10 && b.mantissa > math.MinInt64/10 {
		b.mantissa, b.digits = 10*b.mantissa, b.digits+1
	}
	v = a.mantissa
	fits := a.digits == b.digits && b.mantissa != math.MinInt64 && accumulate(&v, -b.mantissa)
	return v, uint8(a.digits), fits
}

// shortest splits a fraction into the digits of its shortest decimal and how
// many of them stand after the point. It reports false for numbers that have
// none there.
func shortest(f float64) (mantissa int64, digits int, ok bool) {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	i := 0
	for ; text[i] != 'e'; i++ {
		if text[i] != '.' {
			mantissa = 10*mantissa + int64(text[i]-'0') // at most 17 digits
			digits++
		}
	}
	exp := 0
	for _, c := range text[i+2:] {
		exp = 10*exp + int(c-'0')
	}
	if text[i+1] == '-' {
		exp = -exp
	}
	digits -= 1 + exp // d.ddd × 10^exp
	if negative {
		mantissa = -mantissa
	}
	return mantissa, digits, digits >= 0
}
