package unit

// AddCells adds the accumulators lo up to and without hi of t to those of s that
// begin at index at, or subtracts them when negate is set. A nil t is all zeros.
func (s *Sums) AddCells(at int, t *Sums, lo, hi int, negate bool) {
	if t == nil {
		return
	}
	for i, v := range t.ints[lo:hi] {
		switch {
		case v == 0:
		case !negate:
			s.AddInt(at+i, v)
		case -v == v: // the one int64 without an opposite
			s.Add(at+i, DecimalOfInt(v).Neg())
		default:
			s.AddInt(at+i, -v)
		}
	}
	if len(t.wide) == 0 {
		return
	}
	for i := lo; i < hi; i++ { // not over the map: stretches are short, and there are many
		if v, ok := t.wide[i]; ok {
			if negate {
				v = v.Neg()
			}
			s.Add(at+i-lo, v)
		}
	}
}

// Running holds the running totals of a row of accumulators, so that the sum
// over any stretch of it is one subtraction. The zero value stands for a row of
// zeros.
type Running struct {
	ints []int64
	wide []Decimal
}

// runningLimit keeps the difference of any two running totals inside an int64.
const runningLimit = 1 << 62

// Running returns the running totals of s, which may be nil. Later additions to
// s do not show in them.
func (s *Sums) Running() Running {
	if s == nil {
		return Running{}
	}
	r := Running{ints: make([]int64, len(s.ints)+1)}
	for i, v := range s.ints {
		sum := r.ints[i] + v
		if sum >= runningLimit || sum <= -runningLimit || (sum > r.ints[i]) != (v > 0) && v != 0 {
			return s.runningWide()
		}
		r.ints[i+1] = sum
	}
	if len(s.wide) > 0 {
		r.wide = make([]Decimal, len(s.ints)+1)
		for i := range s.ints {
			r.wide[i+1] = r.wide[i]
			if v, ok := s.wide[i]; ok {
				r.wide[i+1] = r.wide[i].Add(v)
			}
		}
	}
	return r
}

// runningWide is Running for sums that leave the range of an int64.
func (s *Sums) runningWide() Running {
	r := Running{wide: make([]Decimal, len(s.ints)+1)}
	for i := range s.ints {
		r.wide[i+1] = r.wide[i].Add(s.At(i))
	}
	return r
}

// Between returns the sum of the accumulators lo up to and without hi.
func (r Running) Between(lo, hi int) Decimal {
	var v Decimal
	if r.ints != nil {
		v = DecimalOfInt(r.ints[hi] - r.ints[lo])
	}
	if r.wide != nil {
		v = v.Add(r.wide[hi].Sub(r.wide[lo]))
	}
	return v
}

// Int64 returns d as an int64, and whether it is written as a whole number that
// fits. It is the way to fast arithmetic for counts, nearly all of which do.
func (d Decimal) Int64() (int64, bool) {
	if d.wide != nil || d.exponent != 0 {
		return 0, false
	}
	return d.coeff, true
}
