// Package unit holds values with units and the one way each of them is written.
//
// Everything that ends up in a contract or an invoice is a [Decimal]: an exact
// decimal number that goes from the text of a file to the report without a
// rounding on the way. Floats enter only as measured samples, through
// [DecimalOfFloat], and leave only where a spreadsheet or a chart needs one.
package unit

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Decimal is an exact decimal number. The zero value is 0. A Decimal is
// immutable: every operation returns a new one, so values can be copied and
// shared freely.
type Decimal struct {
	// coeff × 10^exponent is the value when wide is nil. Nearly every amount and
	// count fits, and is then added, multiplied and compared without an
	// allocation. coeff is never the least int64, so it can always be negated.
	coeff    int64
	exponent int32
	wide     *apd.Decimal // a value with more digits; never modified
}

// MaxExponent bounds the exponent, up or down, that [ParseDecimal] accepts. A
// value beyond it is no amount of money and no count that a system can have,
// and it would make exact sums arbitrarily long.
const MaxExponent = 38

// ParseDecimal reads a decimal as exports write it: an optional minus sign,
// digits with at most one point, and an optional exponent ("35.2E-7"). It
// rejects an empty text, a plus sign, digit separators, NaN, infinities and
// exponents beyond [MaxExponent].
func ParseDecimal(s string) (Decimal, error) {
	if d, ok := parseShort(s); ok {
		return d, nil
	}
	if i := strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+' && r != 'e' && r != 'E'
	}); i >= 0 || s == "" || s[0] == '+' {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	var out apd.Decimal
	if _, _, err := out.SetString(s); err != nil || out.Form != apd.Finite {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	if out.Exponent > MaxExponent || out.Exponent < -MaxExponent {
		return Decimal{}, fmt.Errorf("%q has an exponent beyond %d", s, MaxExponent)
	}
	return narrowed(&out), nil
}

// parseShort reads the form of nearly every amount in a bill, at most 18 digits
// with a point, without an allocation. It leaves everything else to apd.
func parseShort(s string) (Decimal, bool) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(digits) > 19 {
		return Decimal{}, false
	}
	var v int64
	point, n := -1, 0
	for i := range len(digits) {
		switch c := digits[i]; {
		case '0' <= c && c <= '9':
			v, n = v*10+int64(c-'0'), n+1
		case c == '.' && point < 0:
			point = i
		default:
			return Decimal{}, false
		}
	}
	if n == 0 || n > 18 {
		return Decimal{}, false
	}
	var exponent int32
	if point >= 0 {
		exponent = int32(point + 1 - len(digits))
	}
	if len(digits) != len(s) {
		v = -v
	}
	return Decimal{coeff: v, exponent: exponent}, true
}

// MustDecimal is [ParseDecimal] for literals in code and tests; it panics on
// text that is not a decimal.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DecimalOfInt returns i as a decimal.
func DecimalOfInt(i int64) Decimal {
	if i == math.MinInt64 {
		return narrowed(apd.New(i, 0))
	}
	return Decimal{coeff: i}
}

// DecimalOfScaled returns n × 10^-scale. It keeps n.
func DecimalOfScaled(n *big.Int, scale int) Decimal {
	if n.IsInt64() && n.Int64() != math.MinInt64 {
		return Decimal{coeff: n.Int64(), exponent: int32(-scale)}
	}
	var out apd.Decimal
	out.Negative = n.Sign() < 0
	out.Coeff.SetMathBigInt(new(big.Int).Abs(n))
	out.Exponent = int32(-scale)
	return narrowed(&out)
}

// DecimalOfFloat returns the shortest decimal that reads back as f, which is
// what a text exposition of the sample said. It reports false for NaN and the
// infinities, which no decimal stands for.
func DecimalOfFloat(f float64) (Decimal, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return DecimalOfInt(int64(f)), true
	}
	if d, ok := shortOfFloat(f); ok {
		return d, true
	}
	var out apd.Decimal
	if _, _, err := out.SetString(strconv.FormatFloat(f, 'g', -1, 64)); err != nil {
		return Decimal{}, false
	}
	return narrowed(&out), true
}

// shortOfFloat finds the decimal of a float that has few digits.
func shortOfFloat(f float64) (Decimal, bool) {
	v, ok := scaledFloat(f)
	if !ok {
		return Decimal{}, false
	}
	exponent := int32(-floatPlaces)
	for v%10 == 0 && exponent < 0 {
		v, exponent = v/10, exponent+1
	}
	return Decimal{coeff: v, exponent: exponent}, true
}

// floatPlaces are the digits after the point of a [scaledFloat].
const floatPlaces = 12

// scaledFloat finds the decimal of a float, in units of 10^-12, if that has at most
// 15 significant digits and 12 after the point. Such a decimal is the only one of
// at most 15 digits that reads back as the float, because doubles tell all of those
// apart; and dividing two whole numbers that doubles hold rounds correctly, which
// is what reading back means.
func scaledFloat(f float64) (int64, bool) {
	const toWhole = 1<<52 + 1<<51 // a sum with it has no digits after the point
	scaled := f*1e12 + toWhole - toWhole
	return int64(scaled), scaled < 1e15 && scaled > -1e15 && scaled/1e12 == f
}

// DecimalOfRat returns r cut to the given number of digits after the point,
// towards minus infinity when down is true and towards plus infinity
// otherwise. It is how a quotient is written towards its worse side.
func DecimalOfRat(r *big.Rat, digits int, down bool) Decimal {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	num := new(big.Int).Mul(r.Num(), scale)
	q, m := new(big.Int).DivMod(num, r.Denom(), new(big.Int)) // Euclidean: m >= 0, so q is the floor
	if !down && m.Sign() != 0 {
		q.Add(q, big.NewInt(1))
	}
	var out apd.Decimal
	out.Coeff.SetMathBigInt(new(big.Int).Abs(q))
	out.Negative = q.Sign() < 0
	out.Exponent = int32(-digits)
	return narrowed(&out)
}

// Rat returns d as a fraction.
func (d Decimal) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic("decimal text is always a fraction")
	}
	return r
}

// Float returns the nearest float64, for charts and spreadsheet cells.
func (d Decimal) Float() float64 {
	f, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		return math.Inf(d.Sign())
	}
	return f
}

// String writes d in full, without an exponent, with the digits that it has:
// "1.50" stays "1.50".
func (d Decimal) String() string {
	if d.wide != nil {
		return d.wide.Text('f')
	}
	var buf [48]byte
	return string(d.append(buf[:0]))
}

// append writes the short form of d.
func (d Decimal) append(b []byte) []byte {
	if d.exponent >= 0 {
		b = strconv.AppendInt(b, d.coeff, 10)
		for range d.exponent {
			if d.coeff == 0 {
				break
			}
			b = append(b, '0')
		}
		return b
	}
	var text [20]byte
	digits := strconv.AppendInt(text[:0], d.coeff, 10)
	if d.coeff < 0 {
		b, digits = append(b, '-'), digits[1:]
	}
	places := int(-d.exponent)
	if missing := places - len(digits) + 1; missing > 0 {
		for i := range missing {
			if b = append(b, '0'); i == 0 {
				b = append(b, '.')
			}
		}
		return append(b, digits...)
	}
	b = append(b, digits[:len(digits)-places]...)
	return append(append(b, '.'), digits[len(digits)-places:]...)
}

// Canonical writes d in full without trailing zeros after the point.
func (d Decimal) Canonical() string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// MarshalText writes d as [Decimal.String]; in JSON it is therefore a string,
// because a JSON number is a double to most readers.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [Decimal.MarshalText] wrote.
func (d *Decimal) UnmarshalText(b []byte) error {
	v, err := ParseDecimal(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Number is a decimal that JSON carries as a number: a count of events, which
// readers want to add up and which stays far below 2^53.
type Number struct{ Decimal }

// MarshalJSON writes the plain digits.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n.Canonical()), nil }

// UnmarshalJSON reads the plain digits.
func (n *Number) UnmarshalJSON(b []byte) error { return n.UnmarshalText(b) }
