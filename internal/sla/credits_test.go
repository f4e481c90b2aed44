package sla

import (
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/unit"
)

// promise reads a block of credits written as
//
//	availability.availability: below 99.95 10, below 99 25; cap 20; sum
//
// Objectives are separated by + and have their unit in parentheses unless it is
// percent.
func promise(t *testing.T, text string) CreditBlock {
	t.Helper()
	var b CreditBlock
	names, rest, ok := strings.Cut(text, ": ")
	if !ok {
		t.Fatalf("no objective in %q", text)
	}
	for _, name := range strings.Split(names, "+") {
		name, u, ok := strings.Cut(strings.TrimSuffix(name, ")"), "(")
		if !ok {
			u = "percent"
		}
		sla, objective, _ := strings.Cut(name, ".")
		b.Objectives = append(b.Objectives, CreditObjective{sla, objective, u})
	}
	bands, options, _ := strings.Cut(rest, "; ")
	for _, band := range strings.Split(bands, ", ") {
		f := strings.Fields(band)
		comparison := map[string]Comparison{"below": AtLeast, "above": AtMost}[f[0]]
		b.Bands = append(b.Bands, CreditBand{comparison, unit.MustDecimal(f[1]), unit.MustDecimal(f[2])})
	}
	for _, option := range strings.Split(options, "; ") {
		if limit, ok := strings.CutPrefix(option, "cap "); ok {
			d := unit.MustDecimal(limit)
			b.Cap = &d
		}
		b.Sum = b.Sum || option == "sum"
	}
	return b
}

// attainments reads results written as
//
//	availability.availability 99.91 of 99.95
//	response_time.p95(ms) 612 at most 500
//	availability.availability insufficient_data
func attainments(t *testing.T, text string) []*Result {
	t.Helper()
	var out []*Result
	for _, line := range strings.Split(text, "; ") {
		f := strings.Fields(line)
		name, u, ok := strings.Cut(strings.TrimSuffix(f[0], ")"), "(")
		if !ok {
			u = "percent"
		}
		r := &Result{Unit: u, State: InsufficientData, Comparison: AtLeast}
		r.SLA, r.Objective, _ = strings.Cut(name, ".")
		if len(f) > 2 {
			value := unit.MustDecimal(f[1])
			r.Attained, r.Target, r.State = &value, unit.MustDecimal(f[len(f)-1]), Met
			if f[2] == "at" {
				r.Comparison = AtMost
			}
			if order := value.Cmp(r.Target); order < 0 && r.Comparison == AtLeast || order > 0 && r.Comparison == AtMost {
				r.State = Breached
			}
		}
		out = append(out, r)
	}
	return out
}

const (
	gold    = "availability.availability: below 99.95 10, below 99.0 25, below 95.0 100; cap 100"
	latency = "response_time.p95(ms): above 500 5, above 1000 15"
)

func TestCredit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fee     string // "fee currency [days/of]", or "" for an unknown fee
		blocks  []string
		results string
		want    string // "percent% amount currency [capped]: because, ...", then gaps
		own     string // the results' own credits
	}{
		{"the example of the specification", "12000.00 USD", []string{gold}, "availability.availability 99.9108999349 of 99.95",
			"10% 1200.00 USD: availability: 99.9108 < 99.95", "10% 1200.00"},
		{"a value on the bound is not below it", "12000.00 USD", []string{gold}, "availability.availability 99.0 of 99.95",
			"10% 1200.00 USD: availability: 99 < 99.95", "10% 1200.00"},
		{"a hair below the bound is", "12000.00 USD", []string{gold}, "availability.availability 98.999999999999 of 99.95",
			"25% 3000.00 USD: availability: 98.9999 < 99", "25% 3000.00"},
		{"the target itself is met", "12000.00 USD", []string{gold}, "availability.availability 99.95 of 99.95", "nothing", "none"},
		{"the order of bands does not matter", "12000.00 USD", []string{"availability.availability: below 95 100, below 99.95 10, below 99 25"},
			"availability.availability 90 of 99.95", "100% 12000.00 USD: availability: 90 < 95", "100% 12000.00"},
		{"met earns nothing, though a band lies above the target", "12000.00 USD", []string{gold}, "availability.availability 99.92 of 99.9", "nothing", "none"},
		{"breached above every band earns nothing", "12000.00 USD", []string{"availability.availability: below 99 25"},
			"availability.availability 99.5 of 99.95", "nothing", "none"},
		{"latency is worse above", "12000.00 USD", []string{latency}, "response_time.p95(ms) 612.00001 at most 500",
			"5% 600.00 USD: response_time.p95: 612.0001 > 500 ms", "5% 600.00"},
		{"a latency on the bound is not above it", "12000.00 USD", []string{latency}, "response_time.p95(ms) 1000 at most 500",
			"5% 600.00 USD: response_time.p95: 1000 > 500 ms", "5% 600.00"},
		{"below is never compared with an at_most objective", "12000.00 USD", []string{"response_time.p95(ms): below 99.95 10"},
			"response_time.p95(ms) 12 at most 5", "nothing", "none"},
		{"nor with another unit", "12000.00 USD", []string{"safety.safety_score(score)+safety.availability: below 99 10"},
			"safety.safety_score(score) 4.5 of 4.8; safety.availability 98 of 99",
			"nothing" +
				"\nsafety.safety_score: the block's objectives have several units; name one of them as SLA.objective" +
				"\nsafety.availability: the block's objectives have several units; name one of them as SLA.objective", "none, none"},
		{"yen have no minor unit, and halves round up", "12345 JPY", []string{"availability.availability: below 99.95 10"},
			"availability.availability 99 of 99.95", "10% 1235 JPY: availability: 99 < 99.95", "10% 1235"},
		{"dinars have three digits", "100.001 KWD", []string{"availability.availability: below 99.95 12.5"},
			"availability.availability 99 of 99.95", "12.5% 12.500 KWD: availability: 99 < 99.95", "12.5% 12.500"},
		{"a first month of 17 of 31 days", "1000.00 EUR 17/31", []string{gold}, "availability.availability 99.9 of 99.95",
			"10% 54.84 EUR: availability: 99.9 < 99.95, fee for 17 of 31 days", "10% 54.84"},
		{"proration is not rounded before the percentage: 0.95 / 2 × 10 % is 0.0475", "0.95 USD 15/30", []string{gold}, "availability.availability 99.9 of 99.95",
			"10% 0.05 USD: availability: 99.9 < 99.95, fee for 15 of 30 days", "10% 0.05"},
		{"highest of two objectives", "1000 USD", []string{"a.a+b.b: below 99 10, below 98 20; highest"}, "a.a 98.5 of 99.9; b.b 97 of 99.9",
			"20% 200.00 USD: b: 97 < 98", "10% 100.00, 20% 200.00"},
		{"equally high ones are both reasons", "1000 USD", []string{"a.a+b.b: below 99 10, below 98 20"}, "a.a 98.5 of 99.9; b.b 98.1 of 99.9",
			"10% 100.00 USD: a: 98.5 < 99, b: 98.1 < 99", "10% 100.00, 10% 100.00"},
		{"the sum of two objectives", "1000 USD", []string{"a.a+b.b: below 99 10, below 98 20; sum"}, "a.a 98.5 of 99.9; b.b 97 of 99.9",
			"30% 300.00 USD: a: 98.5 < 99, b: 97 < 98", "10% 100.00, 20% 200.00"},
		{"the sum is capped, the results' own are not", "1000 USD", []string{"a.a+b.b: below 99 10, below 98 20; cap 25; sum"}, "a.a 98.5 of 99.9; b.b 97 of 99.9",
			"25% 250.00 USD capped: a: 98.5 < 99, b: 97 < 98", "10% 100.00, 20% 200.00"},
		{"a credit equal to the cap is not capped", "1000 USD", []string{"a.a: below 99 25; cap 25"}, "a.a 98 of 99.9",
			"25% 250.00 USD: a: 98 < 99", "25% 250.00"},
		{"the sum is rounded once: 3 × 0.333 cents are one", "0.0333 USD", []string{"a.a+b.b+c.c: below 99 10; sum"}, "a.a 98 of 99; b.b 98 of 99; c.c 98 of 99",
			"30% 0.01 USD: a: 98 < 99, b: 98 < 99, c: 98 < 99", "10% 0.00, 10% 0.00, 10% 0.00"},
		{"the highest of several blocks, each under its own cap", "1000 USD", []string{gold, latency, "a.a: below 99 50; cap 5"},
			"availability.availability 98 of 99.95; response_time.p95(ms) 2000 at most 500; a.a 90 of 99",
			"25% 250.00 USD: availability: 98 < 99", "25% 250.00, 15% 150.00, 50% 500.00"},
		{"blocks add up where one of them says so", "1000 USD", []string{gold, latency + "; sum", "a.a: below 99 50; cap 5"},
			"availability.availability 98 of 99.95; response_time.p95(ms) 2000 at most 500; a.a 90 of 99",
			"45% 450.00 USD capped: availability: 98 < 99, response_time.p95: 2000 > 1000 ms, a: 90 < 99", "25% 250.00, 15% 150.00, 50% 500.00"},
		{"the sum of capped blocks stays under the largest cap", "1000 USD", []string{"a.a: below 99 25; cap 30; sum", "b.b: below 99 15; cap 20"},
			"a.a 98 of 99.9; b.b 98 of 99.9", "30% 300.00 USD capped: a: 98 < 99, b: 98 < 99", "25% 250.00, 15% 150.00"},
		{"an objective that two blocks name earns the higher one", "1000 USD", []string{"a.a: below 99 10", "a.a: below 99 25"},
			"a.a 98 of 99.9", "25% 250.00 USD: a: 98 < 99", "25% 250.00"},
		{"insufficient data is a gap, not a credit of 0", "1000 USD", []string{gold}, "availability.availability insufficient_data",
			"nothing\navailability: insufficient data", "none"},
		{"and does not hide what else is owed", "1000 USD", []string{gold, latency}, "availability.availability insufficient_data; response_time.p95(ms) 2000 at most 500",
			"15% 150.00 USD: response_time.p95: 2000 > 1000 ms\navailability: insufficient data", "none, 15% 150.00"},
		{"an objective that was not judged", "1000 USD", []string{gold}, "response_time.p95(ms) 2000 at most 500",
			"nothing\navailability: it was not judged", "none"},
		{"without a fee there is no amount", "", []string{gold}, "availability.availability 98 of 99.95",
			"nothing\navailability: 25 % of the fee is earned, and no monthly_fee is known", "none"},
		{"a fee of 0 is a fee", "0 USD", []string{gold}, "availability.availability 98 of 99.95", "25% 0.00 USD: availability: 98 < 99", "25% 0.00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := CreditAccount{Organization: "acme", Days: 30, Of: 30}
			if f := strings.Fields(tt.fee); len(f) > 0 {
				fee := unit.MustDecimal(f[0])
				a.Fee, a.Currency = &fee, f[1]
				if len(f) > 2 {
					a.Days, a.Of = days(t, f[2])
				}
			}
			for _, b := range tt.blocks {
				a.Blocks = append(a.Blocks, promise(t, b))
			}
			results := attainments(t, tt.results)
			total, gaps := a.Credit(results)
			if got := writeCredit(total, gaps); got != tt.want {
				t.Errorf("owed\n%s\nwant\n%s", got, tt.want)
			}
			if got := writeOwn(results); got != tt.own {
				t.Errorf("the results' own credits are %s, want %s", got, tt.own)
			}
			for i, r := range results {
				if r.State == InsufficientData && len(r.Notes) == 0 {
					t.Errorf("result %d says nothing of its missing credit", i)
				}
			}
		})
	}
}

func days(t *testing.T, text string) (int, int) {
	t.Helper()
	n, of, _ := strings.Cut(text, "/")
	a, _ := unit.MustDecimal(n).Int64()
	b, _ := unit.MustDecimal(of).Int64()
	return int(a), int(b)
}

func writeCredit(total *CreditTotal, gaps []CreditGap) string {
	out := "nothing"
	if total != nil {
		capped := ""
		if total.Capped {
			capped = " capped"
		}
		out = total.Percent.Canonical() + "% " + total.Amount.String() + " " + total.Currency + capped + ": " + strings.Join(total.Because, ", ")
	}
	for _, g := range gaps {
		out += "\n" + g.Objective + ": " + g.Because
	}
	return out
}

func writeOwn(results []*Result) string {
	var out []string
	for _, r := range results {
		if r.Credit == nil {
			out = append(out, "none")
			continue
		}
		out = append(out, r.Credit.Percent.Canonical()+"% "+r.Credit.Amount.String())
	}
	return strings.Join(out, ", ")
}

// Currencies are never added, and an organization with two months counts once.
func TestExposures(t *testing.T) {
	owed := func(org, month, currency, amount string) CreditTotal {
		return CreditTotal{Organization: org, Period: month, Currency: currency, Amount: unit.MustDecimal(amount)}
	}
	got := Exposures([]CreditTotal{owed("acme", "2026-07", "USD", "1200.00"), owed("globex", "2026-07", "EUR", "0.10"), owed("acme", "2026-08", "USD", "0.05"), owed("initech", "2026-08", "USD", "1.00")})
	var lines []string
	for _, x := range got {
		lines = append(lines, x.Amount.String()+" "+x.Currency+" to "+unit.DecimalOfInt(int64(x.Organizations)).String())
	}
	if want := "0.10 EUR to 1, 1201.05 USD to 2"; strings.Join(lines, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(lines, ", "), want)
	}
}
