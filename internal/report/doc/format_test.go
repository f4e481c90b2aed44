package doc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

var d = unit.MustDecimal

// TestFormat is the table of how values are written, and where columns of them
// align ("|" stands before the decimal point or the unit).
func TestFormat(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(berlin) // an hour before it is 02:30 again
	for _, c := range []struct {
		value doc.Value
		want  string
	}{
		{nil, ""},
		{doc.Text("Bäckerei Süd"), "Bäckerei Süd"},
		{doc.Text("≥ 99.95 %"), "≥ 99|.95 %"},
		{doc.Text("p95 of 3"), "p95 of 3"},
		{doc.Text("two\nlines\t\x1b[31mred"), "two lines \ufffd[31mred"},
		{doc.Count{N: d("1234567")}, "1,234,567"},
		{doc.Count{N: d("12.5")}, "12|.50"},
		{doc.Number{N: d("250.01"), Unit: "ms", Digits: 1, Worse: +1}, "250|.1 ms"},
		{doc.Number{N: d("4.4187"), Digits: 3, Worse: -1}, "4|.418"},
		{doc.Number{N: d("1.005"), Unit: "×", Digits: 2, Worse: +1}, "1|.01×"},
		{doc.Ratio{Percent: d("99.9499"), Digits: 2, Worse: -1}, "99|.94 %"},
		{doc.Ratio{Percent: d("0.5001"), Digits: 2, Worse: +1}, "0|.51 %"},
		{doc.Ratio{Percent: d("6.75"), Digits: 1, Signed: true}, "+6|.8 %"},
		{doc.Ratio{Percent: d("-6.75"), Digits: 1, Signed: true}, "-6|.8 %"},
		{doc.Ratio{Percent: d("0.001"), Digits: 1, Signed: true}, "0|.0 %"},
		{doc.Money{Amount: d("1234.5"), Currency: "USD"}, "1,234|.50 USD"},
		{doc.Money{Amount: d("1234.5"), Currency: "JPY"}, "1,234| JPY"},
		{doc.Money{Amount: d("0.0000123456"), Currency: "USD"}, "0|.0000123 USD"},
		{doc.Money{Amount: d("3"), Currency: "EUR", Signed: true}, "+3|.00 EUR"},
		{doc.Duration(135 * time.Minute), "2h 15m"},
		{doc.Instant{Time: at}, "2026-10-25 02:30 CEST"},
		{doc.Instant{Time: at.Add(time.Hour)}, "2026-10-25 02:30 CET"},
		{doc.Instant{Time: at, DateOnly: true}, "2026-10-25"},
		{doc.Spark{nil}, ""},
		{doc.Missing{Why: "the source was down"}, "n/a"},
	} {
		if got, want := doc.Format(c.value), strings.ReplaceAll(c.want, "|", ""); got != want {
			t.Errorf("%#v is written %q, want %q", c.value, got, want)
		}
		whole, tail, _ := doc.Parts(c.value)
		if got := whole; tail != "" && got+"|"+tail != c.want || tail == "" && strings.Contains(c.want, "|") {
			t.Errorf("%#v aligns as %s|%s, want %s", c.value, whole, tail, c.want)
		}
	}
}

// TestWorseNeverLooksBetter: what is printed is never on the better side of the
// value, for any value and number of digits.
func TestWorseNeverLooksBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := d(rapid.StringMatching(`-?[0-9]{1,4}\.[0-9]{1,6}`).Draw(t, "value"))
		worse := rapid.SampledFrom([]int{-1, +1}).Draw(t, "worse")
		shown := doc.Format(doc.Ratio{Percent: v, Digits: rapid.IntRange(0, 4).Draw(t, "digits"), Worse: worse})
		printed := d(strings.TrimSuffix(strings.ReplaceAll(shown, ",", ""), " %"))
		if c := printed.Cmp(v); c != 0 && c != worse {
			t.Fatalf("%s is printed as %s, which is better", v, shown)
		}
	})
}

func TestFootnotesAreShared(t *testing.T) {
	var f doc.Footnotes
	cells := []doc.Cell{
		{Value: doc.Missing{Why: "no data"}, Notes: []string{"coverage is 41 %"}},
		{Value: doc.Text("met")},
		{Value: doc.Count{N: d("3")}, Notes: []string{"an estimate"}},
		{Value: doc.Missing{Why: "no data"}},
	}
	var got [][]int
	for _, c := range cells {
		got = append(got, f.Mention(c))
	}
	if diff := cmp.Diff([][]int{{1, 2}, nil, {3}, {1}}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"no data", "coverage is 41 %", "an estimate"}, f.Texts()); diff != "" {
		t.Error(diff)
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{99.72, 99.995, "99.7 99.8 99.9 100.0"},
		{0, 573.1, "0 200 400 600"},
		{0.12, 0.82, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{-3, 5, "-4 -2 0 2 4 6"},
		{0, 31000, "0 10k 20k 30k 40k"},
		{5, 5, "4.950 4.975 5.000 5.025 5.050"},
		{0, 0, "0.00 0.25 0.50 0.75 1.00"},
	} {
		s := doc.NewScale(c.lo, c.hi, 4)
		var labels []string
		for _, tick := range s.Ticks {
			labels = append(labels, s.Label(tick))
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("the scale of %v to %v has ticks %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

// TestScaleHoldsItsValues: every range lies within its scale, which has few and
// rising ticks.
func TestScaleHoldsItsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e9, 1e9).Draw(t, "lo")
		hi := lo + rapid.Float64Range(1e-3, 1e9).Draw(t, "range")
		s := doc.NewScale(lo, hi, 4)
		slack := (hi - lo) * 1e-6
		if s.Lo > lo+slack || s.Hi < hi-slack || len(s.Ticks) < 2 || len(s.Ticks) > 8 {
			t.Fatalf("[%v, %v] got the scale %+v", lo, hi, s)
		}
	})
}

func TestExtent(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	bars := doc.Chart{Kind: doc.StackedBar, Labels: []string{"a", "b"}, Target: f(9),
		Series: []doc.Series{{Points: []*float64{f(5), nil}}, {Points: []*float64{f(2), f(-3)}}}}
	if lo, hi, ok := bars.Extent(); lo != -3 || hi != 9 || !ok {
		t.Errorf("got %v to %v, %v; want -3 to the target 9", lo, hi, ok)
	}
	bars.Target = nil
	if _, hi, _ := bars.Extent(); hi != 7 {
		t.Errorf("the highest stack is %v, want 7", hi)
	}
	gaps := doc.Chart{Labels: []string{"a"}, Series: []doc.Series{{Points: []*float64{nil}}}, Target: f(9)}
	if _, _, ok := gaps.Extent(); ok {
		t.Error("a chart of gaps has an extent")
	}
}
