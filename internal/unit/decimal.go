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
type Decimal struct{ d apd.Decimal }

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
	var out Decimal
	if _, _, err := out.d.SetString(s); err != nil || out.d.Form != apd.Finite {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	if out.d.Exponent > MaxExponent || out.d.Exponent < -MaxExponent {
		return Decimal{}, fmt.Errorf("%q has an exponent beyond %d", s, MaxExponent)
	}
	if out.d.IsZero() { // "-0" and "0E5" are 0
		out.d.Negative = false
	}
	return out, nil
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
	return Decimal{d: *apd.New(v, exponent)}, true
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
	var out Decimal
	out.d.SetInt64(i)
	return out
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
	var out Decimal
	if _, _, err := out.d.SetString(strconv.FormatFloat(f, 'g', -1, 64)); err != nil {
		return Decimal{}, false
	}
	return out, true
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
	var out Decimal
	out.d.Coeff.SetMathBigInt(new(big.Int).Abs(q))
	out.d.Negative = q.Sign() < 0
	out.d.Exponent = int32(-digits)
	return out
}

// Add returns d + e.
func (d Decimal) Add(e Decimal) Decimal { return d.exactly((*apd.Context).Add, &e) }

// Sub returns d − e.
func (d Decimal) Sub(e Decimal) Decimal { return d.exactly((*apd.Context).Sub, &e) }

// Mul returns d × e.
func (d Decimal) Mul(e Decimal) Decimal { return d.exactly((*apd.Context).Mul, &e) }

// exactly returns d op e without rounding: apd computes to full length when the
// precision is 0, which it is in its base context.
func (d Decimal) exactly(op func(c *apd.Context, z, x, y *apd.Decimal) (apd.Condition, error), e *Decimal) Decimal {
	var out Decimal
	if _, err := op(&apd.BaseContext, &out.d, &d.d, &e.d); err != nil {
		// Unreachable for values that ParseDecimal and DecimalOfFloat let in.
		panic(fmt.Sprintf("exact decimal arithmetic: %v", err))
	}
	return out
}

// Neg returns −d.
func (d Decimal) Neg() Decimal { return DecimalOfInt(0).Sub(d) }

// Cmp compares by value and returns −1, 0 or +1: 1.0 equals 1.
func (d Decimal) Cmp(e Decimal) int { return d.d.Cmp(&e.d) }

// Sign returns −1, 0 or +1.
func (d Decimal) Sign() int { return d.d.Sign() }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.d.IsZero() }

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
func (d Decimal) String() string { return d.d.Text('f') }

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
