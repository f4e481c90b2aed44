package cost_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

func octoberDay(n int) time.Time { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC) }

func reconciler(t rapid.TB) cost.Reconciler {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	p, err := period.Calendar{Zone: time.UTC, Now: now}.Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	return cost.Reconciler{Period: p, Tolerance: unit.MustDecimal("0.01"), Now: now, Delay: 72 * time.Hour}
}

// side is a source of a model at 3 USD for a million tokens of input, 0.30 for
// cached ones and 15 for output, on the days of October up to the last one. Its
// volume follows the week.
func side(name string, last int, change func(e *cost.Entry)) cost.Side {
	s := cost.Side{Source: name, Role: "meter"}
	for day := 1; day <= last; day++ {
		volume := int64([]int{900_000, 1_000_000, 1_100_000, 1_050_000, 980_000, 310_000, 290_000}[day%7] + 1000*day)
		for i, kind := range []string{"input", "cache_read", "output"} {
			n := unit.DecimalOfInt(volume / int64(i+1))
			price := unit.MustDecimal([]string{"0.000003", "0.0000003", "0.000015"}[i])
			amount := n.Mul(price)
			e := cost.Entry{Day: octoberDay(day), Provider: "anthropic", Model: "sonnet", Kind: kind, Currency: "USD", Amount: &amount, Tokens: &n, Rows: 1, Listed: &amount}
			if kind == "cache_read" {
				e.Otherwise = append(e.Otherwise, cost.Otherwise{Cause: cost.CachedTokens, Evidence: "charged as input", Change: n.Mul(unit.MustDecimal("0.0000027"))})
			}
			e.Otherwise = append(e.Otherwise, cost.Otherwise{Cause: cost.OtherTier, Evidence: "batch", Change: amount.Mul(unit.MustDecimal("-0.5"))})
			if change != nil {
				change(&e)
			}
			if e.Currency != "" {
				s.Entries = append(s.Entries, e)
			}
		}
	}
	return s
}

func causesOf(r *cost.Reconciliation) string {
	var out []string
	for _, c := range r.Currencies {
		for _, p := range c.Causes {
			out = append(out, fmt.Sprintf("%s %s", p.Cause, p.Amount.Canonical()))
		}
	}
	return strings.Join(out, ", ")
}

func times(e *cost.Entry, factor string) { a := e.Amount.Mul(unit.MustDecimal(factor)); e.Amount = &a }

// Every difference that is planted is found under its cause, to the last digit,
// and nothing else is.
func TestReconcileFindsWhatWasPlanted(t *testing.T) {
	drop := func(e *cost.Entry) { e.Currency = "" }
	sum := func(s cost.Side, of func(cost.Entry) bool) string {
		total := new(big.Rat)
		for _, e := range s.Entries {
			if of(e) {
				total.Add(total, e.Amount.Rat())
			}
		}
		return unit.QuantizeRat(total, 12, unit.HalfEven).Canonical()
	}
	meter := side("meter", 31, nil)
	on := func(days ...int) func(cost.Entry) bool {
		return func(e cost.Entry) bool {
			for _, d := range days {
				if e.Day.Equal(octoberDay(d)) {
					return true
				}
			}
			return false
		}
	}
	cached := func(e cost.Entry) bool { return e.Kind == "cache_read" }
	withoutPrice := func(e *cost.Entry) {
		if e.Kind == "output" {
			e.Amount, e.Listed, e.Reason = nil, nil, "no price"
		}
	}
	tests := []struct {
		name     string
		a, b     cost.Side
		want     string
		evidence string
	}{
		{"nothing", meter, side("bill", 31, nil), "", ""},
		{"a missing day", side("bill", 31, func(e *cost.Entry) {
			if e.Day.Day() == 17 {
				drop(e)
			}
		}), meter, "missing_days -" + sum(meter, on(17)), "bill has nothing of anthropic on 2026-10-17"},
		{"a missing day on the other side", meter, side("bill", 31, func(e *cost.Entry) {
			if e.Day.Day() == 17 {
				drop(e)
			}
		}), "missing_days " + sum(meter, on(17)), "bill has nothing of anthropic on 2026-10-17"},
		{"cached tokens as input", side("bill", 31, func(e *cost.Entry) {
			if e.Kind == "cache_read" {
				times(e, "10")
			}
		}), meter, "cached_tokens " + unit.MustDecimal(sum(meter, cached)).Mul(unit.DecimalOfInt(9)).Canonical(), "sonnet cache read: charged as input"},
		{"cached tokens without a line of their own", side("bill", 31, func(e *cost.Entry) {
			if e.Kind == "cache_read" {
				times(e, "10")
			}
			if e.Kind != "output" {
				e.Kind = "input"
			}
		}), meter, "cached_tokens " + unit.MustDecimal(sum(meter, cached)).Mul(unit.DecimalOfInt(9)).Canonical(), "sonnet: charged as input"},
		{"a batch day", side("bill", 31, func(e *cost.Entry) {
			if e.Day.Day() == 5 {
				times(e, "0.5")
			}
		}), meter, "service_tier -" + unit.MustDecimal(sum(meter, on(5))).Mul(unit.MustDecimal("0.5")).Canonical(), "sonnet output: batch"},
		{"tax and a credit", func() cost.Side {
			s := side("bill", 31, nil)
			tax, credit := unit.MustDecimal("12.34"), unit.MustDecimal("-5")
			s.Entries = append(s.Entries, cost.Entry{Day: octoberDay(1), Provider: "anthropic", Category: "Tax", Currency: "USD", Amount: &tax},
				cost.Entry{Day: octoberDay(31), Provider: "anthropic", Category: "Credit", Currency: "USD", Amount: &credit})
			return s
		}(), meter, "tax 12.34, credits -5", "tax of anthropic"},
		{"another model", func() cost.Side {
			s := side("bill", 31, nil)
			five := unit.MustDecimal("5")
			s.Entries = append(s.Entries, cost.Entry{Day: octoberDay(3), Provider: "anthropic", Model: "haiku", Kind: "input", Currency: "USD", Amount: &five})
			return s
		}(), meter, "only_one_side 5", "meter has no haiku"},
		{"tokens without a price", meter, side("meter2", 31, withoutPrice),
			"unpriced " + sum(meter, func(e cost.Entry) bool { return e.Kind == "output" }), "sonnet output: no price"},
		{"fewer tokens on a day", side("bill", 31, func(e *cost.Entry) {
			if e.Day.Day() == 9 && e.Kind == "output" {
				n := e.Tokens.Mul(unit.MustDecimal("0.75"))
				e.Tokens = &n
				times(e, "0.75")
			}
		}), meter, "counts -" + unit.MustDecimal(sum(meter, func(e cost.Entry) bool { return e.Kind == "output" && e.Day.Equal(octoberDay(9)) })).Mul(unit.MustDecimal("0.25")).Canonical(), "sonnet output on 2026-10-09: "},
		{"a price that nobody knows", side("bill", 31, func(e *cost.Entry) {
			if e.Kind == "output" {
				times(e, "1.2")
			}
		}), meter, "unexplained " + unit.MustDecimal(sum(meter, func(e cost.Entry) bool { return e.Kind == "output" })).Mul(unit.MustDecimal("0.2")).Canonical(), "sonnet output: the price of a token differs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reconciler(t).Reconcile(tt.a, tt.b)
			if got := causesOf(r); got != tt.want {
				t.Errorf("causes %q, want %q", got, tt.want)
			}
			var evidence []string
			for _, p := range r.Currencies[0].Causes {
				evidence = append(evidence, p.Evidence...)
			}
			if !strings.Contains(strings.Join(evidence, "\n"), tt.evidence) {
				t.Errorf("evidence %q does not say %q", evidence, tt.evidence)
			}
		})
	}
}

// Amounts of whole cents differ by rounding only, and by what it makes.
func TestReconcileRounding(t *testing.T) {
	meter := side("meter", 31, nil)
	bill := side("bill", 31, func(e *cost.Entry) { a := e.Amount.Quantize(2, unit.HalfUp); e.Amount = &a })
	r := reconciler(t).Reconcile(bill, meter)
	c := r.Currencies[0]
	if len(c.Causes) != 1 || c.Causes[0].Cause != cost.Rounding || c.Causes[0].Amount.Cmp(c.Difference) != 0 || c.Difference.IsZero() {
		t.Errorf("causes %q of %s", causesOf(r), c.Difference)
	}
	for _, row := range r.Rows {
		if row.Status != cost.Agrees {
			t.Errorf("%s is %s", *row.Keys["day"], row.Status)
		}
	}
}

// A bill whose days begin some hours later or earlier has a part of the next, or
// of the previous day.
func TestReconcileTimeZone(t *testing.T) {
	for _, direction := range []int{1, -1} {
		meter := side("meter", 31, nil)
		at := map[string]cost.Entry{}
		for _, e := range side("meter", 31, nil).Entries {
			at[e.Kind+e.Day.Format(time.DateOnly)] = e
		}
		bill := side("bill", 31, func(e *cost.Entry) {
			moved := func(of unit.Decimal, sign string) unit.Decimal { return of.Mul(unit.MustDecimal(sign + "0.125")) }
			own := at[e.Kind+e.Day.Format(time.DateOnly)]
			tokens, amount := own.Tokens.Add(moved(*own.Tokens, "-")), own.Amount.Add(moved(*own.Amount, "-"))
			if other, ok := at[e.Kind+e.Day.AddDate(0, 0, direction).Format(time.DateOnly)]; ok {
				tokens, amount = tokens.Add(moved(*other.Tokens, "")), amount.Add(moved(*other.Amount, ""))
			}
			e.Tokens, e.Amount = &tokens, &amount
		})
		want := map[int]string{1: "each day of bill has 12.5 % of the next one of meter: its days begin about 3 hours of traffic later",
			-1: "each day of bill has 12.5 % of the one before of meter: its days begin about 3 hours of traffic earlier"}[direction]
		for _, r := range []*cost.Reconciliation{reconciler(t).Reconcile(meter, bill), reconciler(t).Reconcile(bill, meter)} {
			c := r.Currencies[0]
			if len(c.Causes) != 1 || c.Causes[0].Cause != cost.TimeZone || c.Causes[0].Amount.Cmp(c.Difference) != 0 {
				t.Errorf("causes %q of %s", causesOf(r), c.Difference)
				continue
			}
			if got := c.Causes[0].Evidence; len(got) != 1 || got[0] != want {
				t.Errorf("evidence %q, want %q", got, want)
			}
		}
	}
}

// The last days need not be billed yet; those before them are missing.
func TestReconcileBillingDelay(t *testing.T) {
	r := reconciler(t)
	r.Now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	got := r.Reconcile(side("bill", 29, nil), side("meter", 31, nil))
	if c := causesOf(got); !strings.HasPrefix(c, "not_billed_yet -") || strings.Contains(c, ",") {
		t.Errorf("causes %q", c)
	}
	r.Now = r.Now.AddDate(0, 0, 9)
	got = r.Reconcile(side("bill", 29, nil), side("meter", 31, nil))
	if c := causesOf(got); !strings.HasPrefix(c, "missing_days -") || strings.Contains(c, ",") {
		t.Errorf("causes %q", c)
	}
}

// Whatever the sides say, the causes add up to the difference, and so do the rows;
// a source beside itself has no difference; the sides can be exchanged.
func TestReconciledPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) cost.Side {
			return side(name, rapid.IntRange(0, 9).Draw(t, "days"), func(e *cost.Entry) {
				switch rapid.IntRange(0, 7).Draw(t, "change") {
				case 0:
					e.Currency = ""
				case 1:
					times(e, fmt.Sprintf("%d.%d", rapid.IntRange(0, 12).Draw(t, "n"), rapid.IntRange(0, 9).Draw(t, "d")))
				case 2:
					n := e.Tokens.Add(unit.DecimalOfInt(rapid.Int64Range(1, 9999).Draw(t, "tokens")))
					e.Tokens = &n
				case 3:
					e.Amount, e.Listed, e.Reason = nil, nil, "no price"
				case 4:
					e.Category = "Tax"
				case 5:
					e.Tokens = nil
				}
			})
		}
		a, b := draw("a"), draw("b")
		r := reconciler(t).Reconcile(a, b)
		for _, c := range r.Currencies {
			if c.A.Sub(c.B).Cmp(c.Difference) != 0 {
				t.Fatalf("%s − %s is not %s", c.A, c.B, c.Difference)
			}
			left := c.Difference
			for _, p := range c.Causes {
				left = left.Sub(p.Amount)
			}
			for _, row := range r.Rows {
				c.Difference = c.Difference.Sub(row.Difference)
			}
			if !left.IsZero() || !c.Difference.IsZero() {
				t.Fatalf("causes leave %s of the difference, rows %s", left, c.Difference)
			}
		}
		if own := causesOf(reconciler(t).Reconcile(a, a)); own != "" {
			t.Fatalf("beside itself: %s", own)
		}
		back := reconciler(t).Reconcile(b, a)
		for i, c := range back.Currencies {
			if c.Difference.Add(r.Currencies[i].Difference).Sign() != 0 {
				t.Fatalf("the other way round: %s", c.Difference)
			}
		}
	})
}
