package demo

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// dice are the randomness of one part of the simulation. Everything is drawn in
// whole numbers, so that the same bytes come out on every processor: floating
// point may be fused on some and not on others.
type dice struct{ pcg *rand.PCG }

// newDice returns the dice of a part of the simulation, which is named by a
// number so that parts can be simulated side by side.
func newDice(part uint64) dice { return dice{rand.NewPCG(20261001, part)} }

// below returns a number of [0, n).
func (d dice) below(n int64) int64 {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int64(hi)
}

// million is the denominator of all shares.
const million = 1_000_000

// share returns n·ppm/1,000,000, rounded up or down at random so that the mean
// is right.
func (d dice) share(n, ppm int64) int64 { return (n*ppm + d.below(million)) / million }

// count returns how many of independent events happen of which milli/1000 are
// expected: about normal, with the variance of a Poisson process.
func (d dice) count(milli int64) int64 {
	if milli >= 4000 {
		var z int64 // four uniform numbers: deviation 1155
		for range 4 {
			z += d.below(2001) - 1000
		}
		milli = max(0, milli+int64(math.Sqrt(float64(milli)*1000))*z/1155)
	}
	return (milli + d.below(1000)) / 1000
}
