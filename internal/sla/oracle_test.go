package sla

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// minute is what the oracle knows of a minute.
type minute struct {
	total, bad   int64
	data, down   bool // there are samples; without them, all that `up` said is 0
	outOfAccount bool
}

// oracle judges minutes by the rules of docs/rules.md, window by window and with
// nothing but fractions. It is slow and shares nothing with the judgement.
type oracle struct {
	o       Objective
	minutes []minute // of the period so far
	length  int      // of the whole period, in minutes
	width   int      // of a window
	states  []string
	bads    []bool
	ratios  []*big.Rat // bad of total; nil without events
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func add(a, b *big.Rat) *big.Rat   { return new(big.Rat).Add(a, b) }
func sub(a, b *big.Rat) *big.Rat   { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func per(a, b *big.Rat) *big.Rat   { return new(big.Rat).Quo(a, b) }

// attain is the value of a share of what is bad.
func (k *oracle) attain(bad *big.Rat) *big.Rat {
	if k.o.Comparison == AtLeast {
		bad = sub(rat(1), bad)
	}
	return times(rat(100), bad)
}

func (k *oracle) fails(value *big.Rat, target unit.Decimal) bool {
	if k.o.Comparison == AtLeast {
		return value.Cmp(target.Rat()) < 0
	}
	return value.Cmp(target.Rat()) > 0
}

// sort finds the state of each window, and whether it is bad.
func (k *oracle) sort() {
	for from := 0; from < len(k.minutes); from += k.width {
		state, total, bad, down := "excluded", int64(0), int64(0), true
		for _, m := range k.minutes[from:min(from+k.width, len(k.minutes))] {
			switch {
			case m.outOfAccount:
				continue
			case m.data:
				state = "data"
			case state == "excluded":
				state = "none"
			}
			total, bad, down = total+m.total, bad+m.bad, down && m.down
		}
		var ratio *big.Rat
		isBad := false
		switch {
		case state == "data" && total == 0:
			state = "idle"
		case state == "data":
			state, ratio = "measured", big.NewRat(bad, total)
			isBad = k.isBad(ratio, total)
		case state == "none" && down:
			state = "unreachable"
			isBad = k.o.Method != Events
		case state == "none":
			state = "no data"
			isBad = k.o.Method != Events && k.o.NoData == HandleBreached
		}
		k.states, k.bads, k.ratios = append(k.states, state), append(k.bads, isBad), append(k.ratios, ratio)
	}
	if k.o.Method == Downtime {
		for i := range k.bads {
			if first, last := k.run(i); k.bads[i] && last-first < int(k.o.MinConsecutive.Minutes()) {
				for n := first; n < last; n++ {
					k.bads[n] = false
				}
			}
		}
	}
}

// run is the run of bad windows around one.
func (k *oracle) run(i int) (first, last int) {
	for first = i; first > 0 && k.bads[first-1]; first-- {
	}
	for last = i; last < len(k.bads) && k.bads[last]; last++ {
	}
	return first, last
}

func (k *oracle) isBad(ratio *big.Rat, total int64) bool {
	switch k.o.Method {
	case Downtime:
		return times(rat(100), ratio).Cmp(k.o.DownWhen.Rat()) > 0 && total >= k.o.MinEvents
	case Slices:
		if k.o.SliceTarget != nil {
			return k.fails(k.attain(ratio), *k.o.SliceTarget)
		}
	}
	return k.fails(k.attain(ratio), k.o.Target)
}

func (k *oracle) countOf(state string) (n int64) {
	for _, s := range k.states {
		if s == state {
			n++
		}
	}
	return n
}

// account is what is judged, and what of it is bad: events, or windows.
func (k *oracle) account() (total, bad *big.Rat) {
	total, bad = rat(0), rat(0)
	if k.o.Method == Events {
		for _, m := range k.minutes {
			if !m.outOfAccount {
				total, bad = add(total, rat(m.total)), add(bad, rat(m.bad))
			}
		}
		return total, bad
	}
	for i, state := range k.states {
		if state == "excluded" || state == "idle" && k.o.Idle == HandleExcluded || state == "no data" && k.o.NoData == HandleExcluded {
			continue
		}
		total = add(total, rat(1))
		switch {
		case k.o.Method == Mean && k.ratios[i] != nil:
			bad = add(bad, k.ratios[i])
		case k.bads[i]:
			bad = add(bad, rat(1))
		}
	}
	return total, bad
}

// value is the attained one, nil without one.
func (k *oracle) value() *big.Rat {
	total, bad := k.account()
	switch {
	case total.Sign() > 0:
		return k.attain(per(bad, total))
	case k.countOf("idle")+k.countOf("measured") > 0:
		return k.attain(rat(0))
	}
	return nil
}

// ifNoDataBad is the value if windows without data were bad.
func (k *oracle) ifNoDataBad() *big.Rat {
	n, known := k.countOf("no data"), k.countOf("idle")+k.countOf("measured")
	if n == 0 || k.o.Method == Events && known == 0 {
		return nil
	}
	worst := &oracle{o: k.o, minutes: k.minutes, length: k.length, width: k.width}
	worst.o.NoData = HandleBreached
	worst.sort()
	total, bad := worst.account()
	if k.o.Method == Events {
		more := times(total, big.NewRat(n, max(1, known)))
		total, bad = add(total, more), add(bad, more)
	}
	if total.Sign() == 0 {
		return k.value()
	}
	return k.attain(per(bad, total))
}

// budget is what is allowed of the whole period, and what is consumed.
func (k *oracle) budget() (allowed, consumed *big.Rat) {
	share := per(k.o.Target.Rat(), rat(100))
	if k.o.Comparison == AtLeast {
		share = sub(rat(1), share)
	}
	total, bad := k.account()
	elapsed := big.NewRat(int64(len(k.minutes)), int64(k.length))
	if k.o.Method == Mean {
		consumed = k.value()
		if k.o.Comparison == AtLeast {
			consumed = sub(rat(100), consumed)
		}
		return times(share, rat(100)), times(consumed, elapsed)
	}
	return times(share, per(total, elapsed)), bad
}

// state is the verdict.
func (k *oracle) state() State {
	windows := int64(len(k.states)) - k.countOf("excluded")
	covered := k.countOf("measured") + k.countOf("idle")
	v := k.value()
	if v == nil || times(rat(100*covered), big.NewRat(1, max(1, windows))).Cmp(k.o.MinCoverage.Rat()) < 0 {
		return InsufficientData
	}
	allowed, consumed := k.budget()
	verdict := Met
	switch {
	case len(k.minutes) == k.length && k.fails(v, k.o.Target):
		verdict = Breached
	case len(k.minutes) == k.length:
	case consumed.Cmp(allowed) > 0:
		verdict = Breached
	case k.warned(v), k.fails(v, k.o.Target), allowed.Sign() > 0 && per(consumed, allowed).Cmp(big.NewRat(4, 5)) >= 0, k.runsOut(sub(allowed, consumed), consumed):
		verdict = AtRisk
	}
	if w := k.ifNoDataBad(); verdict == Met && k.o.StrictCoverage && w != nil && k.fails(w, k.o.Target) {
		return InsufficientData
	}
	return verdict
}

// warned reports whether an early warning that is stricter than the target is
// crossed.
func (k *oracle) warned(v *big.Rat) bool {
	return k.o.WarnAt != nil && k.fails(k.o.Target.Rat(), *k.o.WarnAt) && k.fails(v, *k.o.WarnAt)
}

// runsOut reports whether what remains is gone before the end, at the rate of the
// last six hours, of which the period is the last part.
func (k *oracle) runsOut(remaining, bad *big.Rat) bool {
	if k.o.Method == Mean || bad.Sign() == 0 {
		return false
	}
	wait := times(per(remaining, bad), rat(360))
	return wait.Cmp(rat(int64(k.length-len(k.minutes)))) < 0
}

// violations are the runs of bad windows, as "from-to" in minutes.
func (k *oracle) violations() string {
	type stretch struct{ from, to int }
	grace := int(k.o.GracePeriod.Minutes())
	var runs []stretch
	for i, bad := range k.bads {
		from, to := i*k.width, min((i+1)*k.width, len(k.minutes))
		switch {
		case !bad:
		case len(runs) > 0 && from-runs[len(runs)-1].to <= grace:
			runs[len(runs)-1].to = to
		default:
			runs = append(runs, stretch{from, to})
		}
	}
	var out []string
	for _, r := range runs {
		if r.to-r.from > grace {
			out = append(out, fmt.Sprintf("%d-%d", r.from, r.to))
		}
	}
	return strings.Join(out, " ")
}

// drawCase draws minutes, and writes them as a case.
func drawCase(t *rapid.T) (*kase, *oracle) {
	o := drawObjective(t)
	o.Method = rapid.SampledFrom([]Method{Events, Slices, Mean, Downtime}).Draw(t, "judged by")
	o.Up, o.StrictCoverage = false, rapid.Bool().Draw(t, "strict")
	o.MinConsecutive = time.Duration(rapid.IntRange(1, 3).Draw(t, "min consecutive")) * time.Minute
	o.MinEvents = int64(rapid.IntRange(1, 30).Draw(t, "min events"))
	if rapid.Bool().Draw(t, "own slices") {
		d := unit.DecimalOfInt(60)
		o.SliceTarget = &d
	}
	if rapid.Bool().Draw(t, "warns") {
		d := unit.MustDecimal(rapid.SampledFrom([]string{"2", "60", "99.95"}).Draw(t, "warn at"))
		o.WarnAt = &d
	}
	k := &oracle{o: o, length: 48, width: 5}
	if o.Method == Downtime {
		k.width = 1
	}
	c := &kase{o: o, length: 48 * time.Minute, now: -1, cell: time.Minute}
	now := 48
	if rapid.Bool().Draw(t, "to date") {
		now = rapid.IntRange(1, 47).Draw(t, "now")
		c.now = time.Duration(now) * time.Minute
	}
	from := rapid.IntRange(-5, 47).Draw(t, "excluded from")
	to := from + rapid.IntRange(0, 12).Draw(t, "excluded minutes")
	if to > from {
		c.member().excluded = []Exclusion{{Span: period.Span{Start: start().Add(time.Duration(from) * time.Minute), End: start().Add(time.Duration(to) * time.Minute)}}}
	}
	var total, bad []string
	for len(total) < now {
		kind := rapid.SampledFrom([]string{"busy", "busy", "busy", "idle", "_", "u"}).Draw(t, "kind")
		for range rapid.IntRange(1, 9).Draw(t, "minutes") {
			m := minute{outOfAccount: from <= len(total) && len(total) < to}
			text := kind
			switch kind {
			case "busy":
				m.data, m.total = true, rapid.Int64Range(1, 40).Draw(t, "total")
				m.bad = max(0, rapid.Int64Range(-2*m.total, m.total).Draw(t, "bad"))
				text = fmt.Sprint(m.total)
			case "idle":
				m.data, text = true, "0"
			case "u":
				m.down = true
			}
			k.minutes, total, bad = append(k.minutes, m), append(total, text), append(bad, fmt.Sprint(m.bad))
		}
	}
	k.minutes = k.minutes[:now]
	c.member().groups = []map[string][]string{{"total": total, "bad": bad}}
	return c, k
}

// TestOracle compares judgements with the oracle's.
func TestOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, k := drawCase(t)
		k.sort()
		r := Evaluate(c.input())
		same := func(what string, want, got any) {
			if fmt.Sprint(want) != fmt.Sprint(got) {
				t.Fatalf("%s is %v, the oracle says %v\n%s", what, got, want, asJSON(t, r))
			}
		}
		near := func(what string, want *big.Rat, got *unit.Decimal) {
			if (want == nil) != (got == nil) {
				t.Fatalf("%s is %v, the oracle says %v", what, got, want)
			}
			if want != nil && new(big.Rat).Abs(sub(want, got.Rat())).Cmp(big.NewRat(1, 1e11)) > 0 {
				t.Fatalf("%s is %s, the oracle says %s\n%s", what, got, want.FloatString(14), asJSON(t, r))
			}
		}
		w := r.Windows
		same("the windows", []int64{k.countOf("measured"), k.countOf("idle"), k.countOf("no data"), k.countOf("unreachable"), k.countOf("excluded")},
			[]int{w.Measured, w.Idle, w.NoData, w.Unreachable, w.Excluded})
		near("attained", k.value(), r.Attained)
		near("the worst case", k.ifNoDataBad(), r.AttainedIfNoDataBad)
		same("the state", k.state(), r.State)
		if r.Budget != nil {
			allowed, consumed := k.budget()
			near("allowed", allowed, &r.Budget.Allowed)
			near("consumed", consumed, &r.Budget.Consumed)
		}
		var violations []string
		for _, v := range r.Violations {
			violations = append(violations, fmt.Sprintf("%.0f-%.0f", v.Start.Sub(start()).Minutes(), v.End.Sub(start()).Minutes()))
		}
		same("the violations", k.violations(), strings.Join(violations, " "))
	})
}
