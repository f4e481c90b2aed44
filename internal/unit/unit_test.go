package unit_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

func TestParseDecimal(t *testing.T) {
	tests := map[string]string{"0": "0", "-0": "0", "1.50": "1.50", "35.2E-7": "0.00000352", "1e3": "1000", "-2.6137": "-2.6137", ".5": "0.5", "5.": "5",
		"0.000000000000000000000001": "0.000000000000000000000001"}
	for in, want := range tests {
		d, err := unit.ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("%q reads as %s (%v), want %s", in, d, err, want)
		}
	}
	for _, bad := range []string{"", "+1", "1,000", "$1", "NaN", "Infinity", "1e39", "1e-39", "1.2.3", "--1", "1-", "e5", ".", " 1", "0x1f", "1_0"} {
		if d, err := unit.ParseDecimal(bad); err == nil {
			t.Errorf("%q reads as %s", bad, d)
		}
	}
}

func TestQuantize(t *testing.T) {
	tests := []struct {
		in     string
		digits int
		want   [4]string // half even, half up, down, up
	}{
		{"0.5", 0, [4]string{"0", "1", "0", "1"}},
		{"1.5", 0, [4]string{"2", "2", "1", "2"}},
		{"-0.5", 0, [4]string{"0", "-1", "-1", "0"}},
		{"-1.5", 0, [4]string{"-2", "-2", "-2", "-1"}},
		{"2.345", 2, [4]string{"2.34", "2.35", "2.34", "2.35"}},
		{"99.9499", 2, [4]string{"99.95", "99.95", "99.94", "99.95"}},
		{"7", 2, [4]string{"7.00", "7.00", "7.00", "7.00"}},
	}
	for _, tt := range tests {
		for i, mode := range []unit.Rounding{unit.HalfEven, unit.HalfUp, unit.Down, unit.Up} {
			if got := unit.MustDecimal(tt.in).Quantize(tt.digits, mode).String(); got != tt.want[i] {
				t.Errorf("%s to %d digits, mode %d: %s, want %s", tt.in, tt.digits, mode, got, tt.want[i])
			}
		}
	}
}

func TestQuantizeIsWithinADigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1<<40).Draw(t, "den"))
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		step := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		off := func(mode unit.Rounding) *big.Rat { return new(big.Rat).Sub(unit.QuantizeRat(r, digits, mode).Rat(), r) }
		if d := off(unit.Down); d.Sign() > 0 || new(big.Rat).Add(d, step).Sign() <= 0 {
			t.Fatalf("down moves by %s", d)
		}
		if u := off(unit.Up); u.Sign() < 0 || u.Cmp(step) >= 0 {
			t.Fatalf("up moves by %s", u)
		}
		half := new(big.Rat).Mul(step, big.NewRat(1, 2))
		for _, mode := range []unit.Rounding{unit.HalfEven, unit.HalfUp} {
			if h := off(mode); h.Abs(h).Cmp(half) > 0 {
				t.Fatalf("mode %d moves by %s", mode, h)
			}
		}
	})
}

func TestPercentNeverReadsBetterThanItIs(t *testing.T) {
	d := unit.MustDecimal
	if got := unit.FormatPercent(d("99.9499"), 2, -1); got != "99.94 %" {
		t.Errorf("99.9499 against 99.95 reads %s", got)
	}
	if got := unit.FormatPercent(d("1.0001"), 2, +1); got != "1.01 %" {
		t.Errorf("1.0001 against at most 1 reads %s", got)
	}
	if got := unit.FormatPercent(d("99.999999"), 2, -1); got != "99.99 %" {
		t.Errorf("99.999999 reads %s", got)
	}
	if got := unit.FormatPercent(d("99.945"), 2, 0); got != "99.94 %" {
		t.Errorf("half even: %s", got)
	}
}

func TestFormatMoney(t *testing.T) {
	tests := []struct{ amount, currency, want string }{
		{"1234.5", "USD", "1,234.50 USD"}, {"-1234567.895", "EUR", "-1,234,567.90 EUR"}, {"1234.5", "JPY", "1,234 JPY"}, {"1.2345", "KWD", "1.234 KWD"},
		{"0.0049", "USD", "0.0049 USD"}, {"0.00412345", "USD", "0.00412 USD"}, {"-0.00000080000", "USD", "-0.0000008 USD"}, {"0", "USD", "0.00 USD"},
		{"0.05", "USD", "0.05 USD"}, {"0.4", "JPY", "0.4 JPY"}, {"20.52022672899", "USD", "20.52 USD"}, {"999", "", "999.00"},
	}
	for _, tt := range tests {
		if got := unit.FormatMoney(unit.MustDecimal(tt.amount), tt.currency); got != tt.want {
			t.Errorf("%s %s reads %q, want %q", tt.amount, tt.currency, got, tt.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "999": "999", "1234567": "1,234,567", "-1000": "-1,000", "1000.256": "1,000.26"} {
		if got := unit.FormatCount(unit.MustDecimal(in)); got != want {
			t.Errorf("count %s reads %s, want %s", in, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 135 * time.Minute: "2h 15m", 76 * time.Hour: "3d 4h", 45 * time.Second: "45s",
		250 * time.Millisecond: "250ms", 24 * time.Hour: "1d", -90 * time.Second: "-1m 30s", 24*time.Hour + time.Second: "1d"} {
		if got := unit.FormatDuration(d); got != want {
			t.Errorf("%v reads %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1572864: "1.5 MiB", 1<<20 - 1: "1.0 MiB", math.MaxInt64: "8.0 EiB"} {
		if got := unit.FormatBytes(n); got != want {
			t.Errorf("%d bytes read %s, want %s", n, got, want)
		}
	}
}

func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, want := unit.NewSums(1), new(big.Rat)
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			v := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64})).Draw(t, "v")
			s.AddInt(0, v)
			want.Add(want, new(big.Rat).SetInt64(v))
		}
		if s.At(0).Rat().Cmp(want) != 0 {
			t.Fatalf("%s, want %s", s.At(0), want)
		}
	})
}

func TestSumOfDecimalsIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s, part unit.Sum
		want := new(big.Rat)
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			text := rapid.StringMatching(`-?[0-9]{1,19}(\.[0-9]{1,24})?(E-?[0-9])?`).Draw(t, "amount")
			d := unit.MustDecimal(text)
			want.Add(want, d.Rat())
			if rapid.Bool().Draw(t, "in a part") {
				part.Add(d)
			} else {
				s.Add(d)
			}
		}
		s.AddSum(&part)
		if s.Total().Rat().Cmp(want) != 0 {
			t.Fatalf("%s, want %s", s.Total(), want)
		}
	})
}

func TestSumOfALongProduct(t *testing.T) {
	var s unit.Sum
	tiny := unit.MustDecimal("1e-30")
	s.Add(tiny.Mul(tiny))
	s.Add(unit.DecimalOfInt(1000))
	if got := s.Total().String(); got != "1000."+strings.Repeat("0", 59)+"1" {
		t.Errorf("sum %s", got)
	}
}

// Adding a float is adding the decimal that strconv writes for it.
func TestSumOfFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var fast, slow unit.Sum
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			f := rapid.OneOf(rapid.Float64Range(-1e20, 1e20), rapid.Float64Range(-1, 1), rapid.Custom(func(t *rapid.T) float64 {
				return float64(rapid.Int64Range(-1e16, 1e16).Draw(t, "whole")) / math.Pow10(rapid.IntRange(0, 14).Draw(t, "places"))
			})).Draw(t, "f")
			text := strconv.FormatFloat(f, 'f', -1, 64)
			if _, places, _ := strings.Cut(text, "."); len(places) > unit.MaxExponent {
				continue
			}
			slow.Add(unit.MustDecimal(text))
			if !fast.AddFloat(f) {
				t.Fatalf("%v is no decimal", f)
			}
			if rapid.IntRange(0, 9).Draw(t, "finer") == 0 {
				fine := unit.MustDecimal("0.00000000000000001")
				fast.Add(fine)
				slow.Add(fine)
			}
		}
		if got, want := fast.Total(), slow.Total(); got.String() != want.String() {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
	var s unit.Sum
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if s.AddFloat(f) || !s.Total().IsZero() {
			t.Errorf("%v was added", f)
		}
	}
}

func BenchmarkSum(b *testing.B) {
	amounts := []unit.Decimal{unit.MustDecimal("0.00000080000"), unit.MustDecimal("20.6203"), unit.MustDecimal("-2.6137")}
	var s unit.Sum
	for i := 0; b.Loop(); i++ {
		s.Add(amounts[i%3])
	}
}

func TestJSON(t *testing.T) {
	out, err := json.Marshal(struct {
		Money unit.Decimal
		Count unit.Number
	}{unit.MustDecimal("1.50E-7"), unit.Number{Decimal: unit.MustDecimal("12.0")}})
	if want := `{"Money":"0.000000150","Count":12}`; err != nil || string(out) != want {
		t.Errorf("%s (%v), want %s", out, err, want)
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1.5", "-0", "35.2E-7", "1e38", "00012", "9999999999999999999999.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := unit.ParseDecimal(s)
		if err != nil {
			return
		}
		if r, ok := new(big.Rat).SetString(s); !ok || r.Cmp(d.Rat()) != 0 {
			t.Errorf("%q reads as %s", s, d)
		}
	})
}
