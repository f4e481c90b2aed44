package cost

import (
	"math/big"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/unit"
)

// Apportion shares an amount out by weights with the method of the largest
// remainders (Hamilton's): each part gets its exact share cut to whole units, and
// the units that are left go one each to the parts that lost most by the cut, in
// the order of the weights where they lost the same. A unit is the smaller of the
// currency's minor unit and the last digit of the amount, so the parts add up to
// it exactly; a negative amount is shared out by its absolute value. It returns
// nil when a weight is negative or none is positive.
func Apportion(amount unit.Decimal, currency string, weights []unit.Decimal) []unit.Decimal {
	all := new(big.Rat)
	for _, w := range weights {
		if w.Sign() < 0 {
			return nil
		}
		all.Add(all, w.Rat())
	}
	if all.Sign() == 0 {
		return nil
	}
	digits := max(unit.MinorUnits(currency), scaleOf(amount))
	whole := amount.Rat()
	whole.Abs(whole)
	exact := make([]*big.Rat, len(weights))
	for i, w := range weights {
		exact[i] = new(big.Rat).Mul(whole, w.Rat())
		exact[i].Quo(exact[i], all)
	}
	parts := largestRemainders(exact, digits)
	if amount.Sign() < 0 {
		for i := range parts {
			parts[i] = parts[i].Neg()
		}
	}
	return parts
}

// scaleOf is how many digits an amount has after the point, without trailing
// zeros.
func scaleOf(d unit.Decimal) int {
	_, fraction, _ := strings.Cut(d.Canonical(), ".")
	return len(fraction)
}

// largestRemainders cuts fractions, whose sum has no more than the given digits
// after the point, down to these digits, and gives what is left to the largest
// remainders, the earlier ones first: the parts have the same sum.
func largestRemainders(exact []*big.Rat, digits int) []unit.Decimal {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	floors := make([]*big.Int, len(exact))
	rests := make([]*big.Rat, len(exact))
	order := make([]int, len(exact))
	left := new(big.Rat)
	for i, x := range exact {
		units := new(big.Rat).Mul(x, scale)
		floors[i] = new(big.Int).Div(units.Num(), units.Denom()) // Euclidean: down for a positive divisor
		rests[i] = units.Sub(units, new(big.Rat).SetInt(floors[i]))
		left.Add(left, rests[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for n := int(left.Num().Int64()) - 1; n >= 0; n-- {
		floors[order[n]].Add(floors[order[n]], big.NewInt(1))
	}
	out := make([]unit.Decimal, len(exact))
	for i, f := range floors {
		out[i] = unit.DecimalOfRat(new(big.Rat).Quo(new(big.Rat).SetInt(f), scale), digits, true)
	}
	return out
}
