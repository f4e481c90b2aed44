package query

import (
	"math"
	"strconv"

	"github.com/slactl/slactl/internal/unit"
)

// whole is the bound below which every whole number is a float64.
const whole = 1 << 53

// exactSum adds samples, each taken as its shortest decimal, without rounding
// and without allocating for the usual ones: whole numbers add up in one int64,
// and decimal fractions in one int64 per number of digits after the point. What
// fits neither goes to a decimal.
type exactSum struct {
	ints int64
	frac [24]int64 // frac[d] counts units of 10^-d
	used uint32    // bit d is set when frac[d] was added to
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

// drain returns the sum in two parts, of which the second is 0 when all that was
// added was whole, and starts again at 0.
func (s *exactSum) drain() (int64, unit.Decimal) {
	ints, rest := s.ints, s.wide
	for d := 0; s.used != 0; d++ {
		if s.used&(1<<d) != 0 {
			rest = rest.Add(unit.MustDecimal(strconv.FormatInt(s.frac[d], 10) + "e-" + strconv.Itoa(d)))
			s.frac[d] = 0
			s.used &^= 1 << d
		}
	}
	s.ints, s.wide = 0, unit.Decimal{}
	return ints, rest
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
