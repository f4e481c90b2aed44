package unit

// Sums is a row of exact accumulators with a fast path for whole numbers:
// integers add up in an int64, and only what is fractional or would overflow
// goes to a decimal beside it. The zero value has no accumulators; use
// [NewSums].
type Sums struct {
	ints []int64
	wide map[int]Decimal
}

// NewSums returns n accumulators at 0.
func NewSums(n int) *Sums { return &Sums{ints: make([]int64, n)} }

// Len returns the number of accumulators. A nil row has none.
func (s *Sums) Len() int {
	if s == nil {
		return 0
	}
	return len(s.ints)
}

// AddInt adds v to accumulator i.
func (s *Sums) AddInt(i int, v int64) {
	sum := s.ints[i] + v
	if (sum > s.ints[i]) != (v > 0) && v != 0 { // signed overflow
		s.addWide(i, DecimalOfInt(v))
		return
	}
	s.ints[i] = sum
}

// Add adds v to accumulator i.
func (s *Sums) Add(i int, v Decimal) { s.addWide(i, v) }

func (s *Sums) addWide(i int, v Decimal) {
	if s.wide == nil {
		s.wide = map[int]Decimal{}
	}
	s.wide[i] = s.wide[i].Add(v)
}

// AddRow adds every accumulator of t to the one of the same index.
func (s *Sums) AddRow(t *Sums) {
	if t == nil {
		return
	}
	for i, v := range t.ints {
		s.AddInt(i, v)
	}
	for i, v := range t.wide {
		s.addWide(i, v)
	}
}

// At returns accumulator i. A nil row is all zeros.
func (s *Sums) At(i int) Decimal {
	if s == nil {
		return Decimal{}
	}
	v := DecimalOfInt(s.ints[i])
	if w, ok := s.wide[i]; ok {
		v = v.Add(w)
	}
	return v
}

// Range returns the sum of accumulators lo up to and without hi.
func (s *Sums) Range(lo, hi int) Decimal {
	if s == nil {
		return Decimal{}
	}
	total := NewSums(1)
	for i := lo; i < hi; i++ {
		total.AddInt(0, s.ints[i])
	}
	for i, v := range s.wide {
		if lo <= i && i < hi {
			total.addWide(0, v)
		}
	}
	return total.At(0)
}
