package report

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// How many digits after the point are shown. The exact values are in JSON.
const (
	percentDigits = 4
	latencyDigits = 1
	scoreDigits   = 3
	ratioDigits   = 1
)

// worse is the direction in which a value under a comparison gets worse.
func worse(c sla.Comparison) int {
	if c == sla.AtMost {
		return +1
	}
	return -1
}

// quantity is a value of an objective in the objective's unit, cut towards the
// worse side so that a miss never looks like a hit.
func quantity(v *unit.Decimal, r sla.Result) doc.Value {
	if v == nil {
		return doc.Missing{Why: reasonOf(r)}
	}
	switch r.Unit {
	case "percent":
		return doc.Ratio{Percent: *v, Digits: percentDigits, Worse: worse(r.Comparison)}
	case "ms":
		return doc.Number{N: *v, Unit: "ms", Digits: latencyDigits, Worse: worse(r.Comparison)}
	}
	return doc.Number{N: *v, Unit: unitText(r.Unit), Digits: scoreDigits, Worse: worse(r.Comparison)}
}

func unitText(u string) string {
	if u == "score" {
		return ""
	}
	return u
}

// promise writes the target with its comparison: "≥ 99.95 %".
func promise(r sla.Result) doc.Value {
	sign := "≥"
	if r.Comparison == sla.AtMost {
		sign = "≤"
	}
	return doc.Text(strings.TrimSpace(fmt.Sprintf("%s %s %s", sign, r.Target.Canonical(), strings.Replace(unitText(r.Unit), "percent", "%", 1))))
}

func reasonOf(r sla.Result) string {
	if r.Reason != nil {
		return *r.Reason
	}
	return "no data"
}

// attained is the cell of an attained value: an open upper bound says so, and an
// estimate carries a note.
func attained(r sla.Result) doc.Cell {
	c := doc.Cell{Value: quantity(r.Attained, r)}
	if r.Bound != nil {
		c.Notes = append(c.Notes, "the true value is above the highest finite bucket bound")
	}
	if r.Estimate {
		c.Notes = append(c.Notes, "an estimate: the buckets do not tell more")
	}
	return c
}

// stateCell shows a state in words, with its tone and the notes of its result.
// What exclusions changed differs in every row and has a table of its own.
func stateCell(r sla.Result) doc.Cell {
	notes := r.Notes
	if r.AttainedWithoutExclusions != nil {
		notes = slices.DeleteFunc(slices.Clone(notes), func(n string) bool { return strings.Contains(n, " without exclusions, ") })
	}
	return doc.Cell{Value: doc.Text(stateText(r.State)), Tone: toneOf(r.State), Notes: notes}
}

// stateText writes a state in words.
func stateText(s sla.State) string { return strings.ReplaceAll(string(s), "_", " ") }

func toneOf(s sla.State) doc.Tone {
	switch s {
	case sla.Met:
		return doc.Good
	case sla.AtRisk, sla.InsufficientData:
		return doc.Warn
	case sla.Breached:
		return doc.Bad
	}
	return doc.Neutral
}

// budgetCell is the used share of the error budget, in percent of it.
func budgetCell(r sla.Result) doc.Cell {
	switch {
	case r.Budget == nil && r.Attained == nil:
		return doc.Cell{Value: doc.Missing{Why: reasonOf(r)}}
	case r.Budget == nil:
		return doc.Cell{Value: doc.Missing{Why: "no error budget for this kind of objective"}}
	}
	c := doc.Cell{Value: doc.Ratio{Percent: inPercent(r.Budget.ConsumedRatio), Digits: ratioDigits, Worse: +1}}
	if r.Budget.Projected {
		c.Notes = append(c.Notes, "the budget of the whole period is projected")
	}
	return c
}

// change is the relative change from before to now as a signed percentage.
func change(now, before *unit.Decimal) doc.Value {
	switch {
	case now == nil:
		return doc.Missing{Why: "no value in this period"}
	case before == nil:
		return doc.Missing{Why: "no value in the period before"}
	case before.IsZero():
		return doc.Missing{Why: "the period before is 0"}
	}
	r := new(big.Rat).Quo(now.Sub(*before).Rat(), new(big.Rat).Abs(before.Rat()))
	return doc.Ratio{Percent: unit.DecimalOfRat(r.Mul(r, big.NewRat(100, 1)), 6, true), Digits: ratioDigits, Signed: true}
}

// spark turns exact values into the points of a small chart.
func spark(values []*unit.Decimal) doc.Spark {
	out := make(doc.Spark, len(values))
	for i, v := range values {
		if v != nil {
			f := v.Float()
			out[i] = &f
		}
	}
	return out
}

func text(s string) doc.Cell { return doc.Cell{Value: doc.Text(s)} }

// orDash stands for an absent name in a table of several audiences.
func orDash(s string) doc.Cell {
	if s == "" {
		return text("–")
	}
	return text(s)
}

// inPercent turns a share of 1 into percent.
func inPercent(d unit.Decimal) unit.Decimal { return d.Mul(unit.DecimalOfInt(100)) }
