package unit

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the row holds, running totals give the sums that adding up gives.
func TestRunningEqualsAddingUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSums(rapid.IntRange(0, 8).Draw(t, "n"))
		for i := range s.Len() {
			s.AddInt(i, rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Just[int64](math.MaxInt64), rapid.Just[int64](math.MinInt64)).Draw(t, "int"))
			if rapid.Bool().Draw(t, "fraction?") {
				s.Add(i, MustDecimal("0.25"))
			}
		}
		r := s.Running()
		lo := rapid.IntRange(0, s.Len()).Draw(t, "lo")
		hi := rapid.IntRange(lo, s.Len()).Draw(t, "hi")
		if got, want := r.Between(lo, hi), s.Range(lo, hi); got.Cmp(want) != 0 {
			t.Fatalf("Between(%d, %d) = %s, want %s", lo, hi, got, want)
		}
	})
}

// Cells that are added and subtracted again leave nothing.
func TestAddCellsAndBack(t *testing.T) {
	s := NewSums(4)
	for i, v := range []int64{1, math.MinInt64, 3, 4} {
		s.AddInt(i, v)
	}
	s.Add(2, MustDecimal("0.5"))
	sum := NewSums(3)
	sum.AddCells(1, s, 1, 3, false)
	if got := []string{sum.At(0).String(), sum.At(1).String(), sum.At(2).String()}; got[0] != "0" || got[1] != "-9223372036854775808" || got[2] != "3.5" {
		t.Fatalf("cells 1 and 2, moved to 1: %v", got)
	}
	sum.AddCells(1, s, 1, 3, true)
	for i := range 3 {
		if !sum.At(i).IsZero() {
			t.Errorf("cell %d keeps %s", i, sum.At(i))
		}
	}
}

func TestInt64(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-7": -7, "9223372036854775807": math.MaxInt64} {
		if got, ok := MustDecimal(text).Int64(); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"0.5", "9223372036854775808"} {
		if _, ok := MustDecimal(text).Int64(); ok {
			t.Errorf("%s is no int64", text)
		}
	}
}
