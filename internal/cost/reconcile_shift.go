package cost

import (
	"fmt"
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// shiftDays is how many days it takes to see that they begin at another hour.
const shiftDays = 5

// shifts finds series whose days begin at another hour on one side: then each day
// of that side is a day of the other, less a part that moved out and plus the same
// part of a neighbour: moved = usual + f × (neighbour − usual). The part f is
// fitted by least squares over the days that have both neighbours, with either
// side as the usual one. It counts when it leaves at most half of the squared
// differences, lies between a hundredth and 99 of them, and when the differences
// cancel down to no more than a day.
func (m *matching) shifts() {
	series := map[cellKey]map[time.Time]*cell{}
	for _, c := range m.cells {
		if c.key.category != "" || !c.a.present || !c.b.present {
			continue
		}
		k := c.key.series()
		if series[k] == nil {
			series[k] = map[time.Time]*cell{}
		}
		series[k][c.key.day] = c
	}
	for _, days := range series {
		m.shift(days)
	}
}

func (m *matching) shift(days map[time.Time]*cell) {
	var net, largest unit.Decimal
	open := 0
	for _, c := range days {
		net = net.Add(c.open)
		if a := absolute(c.a.amount.Total()); a.Cmp(largest) > 0 {
			largest = a
		}
		if !c.open.IsZero() {
			open++
		}
	}
	if open < shiftDays || open*5 < len(days)*4 || absolute(net).Cmp(largest) > 0 {
		return
	}
	var best *fit
	for _, f := range []*fit{fitShift(days, 1, false), fitShift(days, -1, false), fitShift(days, 1, true), fitShift(days, -1, true)} {
		if f != nil && (best == nil || f.rest.Cmp(best.rest) < 0) {
			best = f
		}
	}
	if best == nil {
		return
	}
	moved, usual, when, neighbour := m.b.name, m.a.name, "later", "the next one"
	if best.ofA {
		moved, usual = usual, moved
	}
	if best.direction < 0 {
		when, neighbour = "earlier", "the one before"
	}
	percent := unit.QuantizeRat(new(big.Rat).Mul(best.part, big.NewRat(100, 1)), 1, unit.HalfEven)
	hours := unit.QuantizeRat(new(big.Rat).Mul(best.part, big.NewRat(24, 1)), 0, unit.HalfUp)
	for _, c := range days {
		c.say(TimeZone, c.open, fmt.Sprintf("each day of %s has %s %% of %s of %s: its days begin about %s hours of traffic %s",
			moved, percent, neighbour, usual, hours, when))
		c.open = unit.Decimal{}
	}
}

// fit is the part of a day that moved, and the sum of squares that it leaves.
type fit struct {
	part, rest *big.Rat
	direction  int  // 1 when the part is of the next day, -1 of the one before
	ofA        bool // the days of a are the moved ones
}

// fitShift fits moved − usual = part × (neighbour − usual), nil when that explains
// too little.
func fitShift(days map[time.Time]*cell, direction int, ofA bool) *fit {
	usual := func(c *cell) unit.Decimal {
		if ofA {
			return c.b.amount.Total()
		}
		return c.a.amount.Total()
	}
	xy, xx, yy, n := new(big.Rat), new(big.Rat), new(big.Rat), 0
	for day, c := range days {
		next := days[day.AddDate(0, 0, direction)]
		if next == nil || days[day.AddDate(0, 0, -direction)] == nil {
			continue
		}
		x, y := usual(next).Sub(usual(c)), c.open
		if !ofA {
			y = y.Neg()
		}
		xy.Add(xy, x.Mul(y).Rat())
		xx.Add(xx, x.Mul(x).Rat())
		yy.Add(yy, y.Mul(y).Rat())
		n++
	}
	if n < shiftDays-2 || xx.Sign() == 0 || yy.Sign() == 0 {
		return nil
	}
	f := &fit{part: new(big.Rat).Quo(xy, xx), direction: direction, ofA: ofA}
	// Σ(y − fx)² = Σy² − f Σxy at the minimum.
	f.rest = new(big.Rat).Sub(yy, new(big.Rat).Mul(f.part, xy))
	half := new(big.Rat).Mul(yy, big.NewRat(1, 2))
	if f.part.Cmp(big.NewRat(1, 100)) < 0 || f.part.Cmp(big.NewRat(99, 100)) > 0 || f.rest.Cmp(half) > 0 {
		return nil
	}
	return f
}
