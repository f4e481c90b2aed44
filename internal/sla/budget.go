package sla

import (
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// purse is a budget in exact fractions.
type purse struct {
	share             fraction // of the events that may be bad
	allowed, consumed *big.Rat
	ratio             *big.Rat // consumed of allowed
	toDate            *big.Rat // consumed of what events so far allow; nil in a closed period
	exhausts          *time.Time
}

// spent reports whether more was consumed than is allowed. Equal is met.
func (p purse) spent() bool { return p.consumed.Cmp(p.allowed) > 0 }

// ratioOf is consumed/allowed. A budget of 0 is untouched or spent: 0 or 1.
func ratioOf(consumed, allowed *big.Rat) *big.Rat {
	switch {
	case consumed.Sign() <= 0:
		return new(big.Rat)
	case allowed.Sign() <= 0:
		return big.NewRat(1, 1)
	}
	return new(big.Rat).Quo(consumed, allowed)
}

// allowedShare is the share of the account that may be bad.
func (j *judgement) allowedShare() fraction {
	if j.o.Method == Quantile {
		return percentage(unit.DecimalOfInt(100).Sub(j.o.Quantile))
	}
	return allowedBad(j.o.Comparison, j.o.Target)
}

// spend computes the error budget of the whole period.
func (j *judgement) spend() {
	if j.value == nil || j.o.Method != Mean && j.account == nil {
		return
	}
	var p purse
	if j.o.Method == Mean {
		p = j.meanPurse()
	} else {
		p = j.purse()
	}
	remaining := new(big.Rat).Sub(p.allowed, p.consumed)
	b := &Budget{Allowed: cut(p.allowed, true), Consumed: cut(p.consumed, false), Remaining: cut(remaining, true),
		ConsumedRatio: cut(p.ratio, false), Projected: j.frame.toDate, ToDateRatio: cutPtr(p.toDate, false)}
	j.burn(b, p.share)
	if j.o.Method != Mean {
		b.ExhaustedAt = j.exhaustedAt(p)
		if j.frame.toDate && remaining.Sign() >= 0 {
			p.exhausts = j.exhaustsAt(remaining)
			b.ExhaustsAt = p.exhausts
		}
	}
	j.r.Budget, j.budget = b, &p
}

// purse is the budget in the account's events. To date the events of the rest
// are expected at the mean rate of the last seven days of the period so far.
func (j *judgement) purse() purse {
	p := purse{share: j.allowedShare(), consumed: ratOf(positive(j.soFar(j.account.bad)))}
	total := ratOf(positive(j.soFar(j.account.total)))
	p.allowed = p.share.of(total)
	if j.frame.toDate {
		p.toDate = ratioOf(p.consumed, p.allowed)
		total.Add(total, j.expected(j.account.total))
		p.allowed = p.share.of(total)
	}
	p.ratio = ratioOf(p.consumed, p.allowed)
	return p
}

// expected is how much of a quantity the rest of the period will bring.
func (j *judgement) expected(q quantity) *big.Rat {
	f, c := j.frame, j.cells
	recent := ratOf(positive(q.amount(c.at(f.recent), c.at(f.until))))
	return recent.Mul(recent, big.NewRat(f.end-f.until, f.until-f.recent))
}

// meanPurse is the budget under mean, in percent: what is missing from 100, or
// under at_most what is there. To date the windows of the rest are expected to
// be clean, so the period's mean holds as much as the part that is over.
func (j *judgement) meanPurse() purse {
	p := purse{share: j.allowedShare(), consumed: new(big.Rat).Set(j.value)}
	if j.o.Comparison == AtLeast {
		p.consumed.Sub(hundred(), j.value)
	}
	p.allowed = p.share.of(hundred())
	if j.frame.toDate {
		p.toDate = ratioOf(p.consumed, p.allowed)
		p.consumed.Mul(p.consumed, big.NewRat(j.frame.until-j.frame.start, j.frame.end-j.frame.start))
	}
	p.ratio = ratioOf(p.consumed, p.allowed)
	return p
}

// burn fills in how many times faster than allowed events went bad. What was
// recovered across a gap belongs to no window, and so to no burn rate.
func (j *judgement) burn(b *Budget, allowed fraction) {
	a := j.account
	if a == nil {
		a = &account{j.cells.total, j.cells.bad}
	}
	rates := [...]**unit.Decimal{&b.BurnRate.M5, &b.BurnRate.H1, &b.BurnRate.H6, &b.BurnRate.D1, &b.BurnRate.D3}
	to := j.cells.at(j.frame.until)
	for i, from := range j.frame.burns {
		lo := j.cells.at(from)
		r := badRatio(a.bad.windowed.Between(lo, to), a.total.windowed.Between(lo, to))
		switch {
		case r == nil:
		case r.Sign() == 0:
			*rates[i] = cutPtr(r, false)
		case allowed.Sign() > 0: // of a budget of 0, no burn rate says anything
			*rates[i] = cutPtr(r.Quo(r, allowed.Rat), false)
		}
	}
}

// exhaustedAt is the end of the first cell at which more was consumed than is
// allowed: where cells hold single samples, the instant of that sample.
func (j *judgement) exhaustedAt(p purse) *time.Time {
	if !p.spent() {
		return nil
	}
	limit, one := newFraction(p.allowed), unit.DecimalOfInt(1)
	from, to := j.cells.at(j.frame.start), j.cells.at(j.frame.until)
	for i := from; i < to; i++ {
		if limit.compare(j.account.bad.amount(from, i+1), one) > 0 {
			t := time.UnixMilli(j.cells.grid[i+1]).UTC()
			return &t
		}
	}
	return nil
}

// latest is the last instant that RFC 3339 can write.
func latest() int64 { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli() }

// exhaustsAt is when the rest of the budget is gone if events go bad as in the
// last six hours; nil if none did, or not before the calendar ends. It is cut to
// the millisecond before.
func (j *judgement) exhaustsAt(remaining *big.Rat) *time.Time {
	from := j.frame.burns[burnSixHours]
	bad := ratOf(j.account.bad.windowed.Between(j.cells.at(from), j.cells.at(j.frame.until)))
	if bad.Sign() <= 0 {
		return nil
	}
	wait := new(big.Rat).Quo(remaining, bad)
	wait.Mul(wait, big.NewRat(j.frame.until-from, 1))
	ms := new(big.Int).Quo(wait.Num(), wait.Denom())
	if !ms.IsInt64() || ms.Int64() > latest()-j.frame.until {
		return nil
	}
	t := time.UnixMilli(j.frame.until + ms.Int64()).UTC()
	return &t
}
