package sla

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/slactl/slactl/internal/unit"
)

// fraction is an exact number num/den, den > 0, made to be compared with a part
// of a whole many times.
type fraction struct {
	*big.Rat
	num, den unit.Decimal
	n, d     int64 // the same, both 0 if they are no int64s
}

func newFraction(r *big.Rat) fraction {
	f := fraction{Rat: r, num: unit.DecimalOfRat(new(big.Rat).SetInt(r.Num()), 0, true), den: unit.DecimalOfRat(new(big.Rat).SetInt(r.Denom()), 0, true)}
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		f.n, f.d = r.Num().Int64(), r.Denom().Int64()
	}
	return f
}

// percentage returns p %.
func percentage(p unit.Decimal) fraction {
	return newFraction(new(big.Rat).Quo(p.Rat(), hundred()))
}

func hundred() *big.Rat { return big.NewRat(100, 1) }

// of returns f × whole.
func (f fraction) of(whole *big.Rat) *big.Rat { return new(big.Rat).Mul(f.Rat, whole) }

// compare compares part with f × whole, without dividing: a window without
// events is no special case.
func (f fraction) compare(part, whole unit.Decimal) int {
	if f.d > 0 && f.n >= 0 {
		p, ok1 := part.Int64()
		w, ok2 := whole.Int64()
		if ok1 && ok2 && p >= 0 && w >= 0 {
			h1, l1 := bits.Mul64(uint64(p), uint64(f.d))
			h2, l2 := bits.Mul64(uint64(w), uint64(f.n))
			return cmp.Or(cmp.Compare(h1, h2), cmp.Compare(l1, l2))
		}
	}
	return part.Mul(f.den).Cmp(whole.Mul(f.num))
}

// shareDigits are the digits after the point of a quotient that has no end.
const shareDigits = 12

// cut writes r: in full where it ends, else cut after 12 digits, zeros right
// after the point not counted, down or up as asked.
func cut(r *big.Rat, down bool) unit.Decimal {
	if n, ends := r.FloatPrec(); ends && n <= unit.MaxExponent {
		return unit.DecimalOfRat(r, n, down)
	}
	digits := shareDigits
	tenth := big.NewRat(1, 10)
	for p := new(big.Rat).Abs(r); p.Cmp(tenth) < 0 && digits < unit.MaxExponent; digits++ {
		p.Mul(p, big.NewRat(10, 1))
	}
	return unit.DecimalOfRat(r, digits, down)
}

func cutPtr(r *big.Rat, down bool) *unit.Decimal {
	if r == nil {
		return nil
	}
	d := cut(r, down)
	return &d
}

// number writes an amount of events as JSON carries it.
func number(d unit.Decimal) unit.Number { return unit.Number{Decimal: d} }

func positive(d unit.Decimal) unit.Decimal {
	if d.Sign() < 0 {
		return unit.Decimal{}
	}
	return d
}
