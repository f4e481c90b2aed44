package sla

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/unit"
)

// CreditObjective names an objective that a block of credits is about, and the
// unit of its values.
type CreditObjective struct{ SLA, Name, Unit string }

// Label names the objective as a clause does: availability, response_time.p95.
func (o CreditObjective) Label() string {
	if o.SLA == o.Name {
		return o.SLA
	}
	return o.SLA + "." + o.Name
}

// CreditBand grants a credit: under [AtLeast] to a value below the bound, under
// [AtMost] to one above it. A value on the bound is on neither side.
type CreditBand struct {
	Comparison Comparison
	Bound      unit.Decimal // in the objective's unit
	Percent    unit.Decimal // of the fee
}

// holds reports whether the band is for a value of the result. Attained is cut
// towards the worse side after at least twelve digits, which never carries it
// over a bound of up to twelve digits: the comparison is that of the exact value.
func (b CreditBand) holds(r *Result) bool {
	if r.Comparison != b.Comparison {
		return false
	}
	if b.Comparison == AtMost {
		return r.Attained.Cmp(b.Bound) > 0
	}
	return r.Attained.Cmp(b.Bound) < 0
}

// clause writes why the band holds: "availability: 99.9108 < 99.95". The value
// is cut towards its worse side, so the clause is true as it reads.
func (b CreditBand) clause(o CreditObjective, r *Result) string {
	sign, mode := "<", unit.Down
	if b.Comparison == AtMost {
		sign, mode = ">", unit.Up
	}
	suffix := ""
	if o.Unit != "percent" && o.Unit != "score" && o.Unit != "" {
		suffix = " " + o.Unit
	}
	return fmt.Sprintf("%s: %s %s %s%s", o.Label(), r.Attained.Quantize(clauseDigits, mode).Canonical(), sign, b.Bound.Canonical(), suffix)
}

// clauseDigits are the digits after the point of a value in a clause.
const clauseDigits = 4

// CreditBlock is one block of a tier's credits: bands for objectives of one
// unit, and how the credits of several objectives become one.
type CreditBlock struct {
	Objectives []CreditObjective
	Bands      []CreditBand
	// Cap limits the block, in percent of the fee; nil means no limit.
	Cap *unit.Decimal
	// Sum adds the objectives' credits up; otherwise the highest counts.
	Sum bool
}

// mixed reports whether the objectives have several units: no bound can be meant
// for all of them.
func (b CreditBlock) mixed() bool {
	return slices.ContainsFunc(b.Objectives, func(o CreditObjective) bool { return o.Unit != b.Objectives[0].Unit })
}

// band finds the band with the highest credit among those that hold for r.
func (b CreditBlock) band(r *Result) (CreditBand, bool) {
	var best CreditBand
	for _, band := range b.Bands {
		if band.Percent.Cmp(best.Percent) > 0 && band.holds(r) {
			best = band
		}
	}
	return best, best.Percent.Sign() > 0
}

// CreditAccount is one organization in one complete month: what it pays and what
// its tier promised at the month's start.
type CreditAccount struct {
	Organization string
	// Fee is that of a whole month; nil if it is not known.
	Fee      *unit.Decimal
	Currency string // ISO 4217, upper case
	// Days of the month's Of days were served: fewer in a first month that
	// `since` cuts.
	Days, Of int
	Blocks   []CreditBlock
}

// CreditGap says why an objective gave no credit although it might have earned
// one.
type CreditGap struct {
	Objective string // as [CreditObjective.Label]
	Because   string
}

// Credit decides the credits of an organization's month (docs/rules.md,
// "Service credits"). It fills Credit and Notes of the results, which are the organization's own
// without those of group_by labels, and returns what is owed, or nil if nothing
// is. What could not be decided comes as gaps, never as a credit of 0.
//
// Bands belong to objectives, and `combine` is over objectives: those of one block
// and of several alike. The highest credit counts, unless a block whose objective
// earned one says `sum`. Each block caps what it gives, and where all of them
// have a cap, the total stays under the largest. The amount is rounded once, from
// the final percentage, half up to the currency's minor unit. A result's own
// credit is the one before combination and cap.
func (a CreditAccount) Credit(results []*Result) (*CreditTotal, []CreditGap) {
	total := CreditTotal{Organization: a.Organization, Currency: a.Currency, Because: []string{}}
	var gaps []CreditGap
	var earned []earning
	for _, b := range a.Blocks {
		e, g := b.earnings(results)
		earned, gaps = append(earned, e...), append(gaps, g...)
	}
	total.combine(earned)
	var credited []*Result
	for _, e := range earned {
		if e.result.Credit == nil {
			e.result.Credit = &Credit{}
			credited = append(credited, e.result)
		}
		if e.band.Percent.Cmp(e.result.Credit.Percent) > 0 { // several blocks may name an objective
			e.result.Credit.Percent = e.band.Percent
		}
	}
	if a.Fee == nil {
		for _, r := range credited {
			why := fmt.Sprintf("%s %% of the fee is earned, and no monthly_fee is known", r.Credit.Percent.Canonical())
			gaps = append(gaps, CreditGap{CreditObjective{r.SLA, r.Objective, r.Unit}.Label(), why})
			r.Credit, r.Notes = nil, append(r.Notes, "no credit: "+why)
		}
		return nil, gaps
	}
	for _, r := range credited {
		r.Credit.Currency, r.Credit.Amount = a.Currency, a.amount(r.Credit.Percent)
	}
	if total.Percent.IsZero() {
		return nil, gaps
	}
	total.Amount = a.amount(total.Percent)
	if a.Days < a.Of {
		total.Because = append(total.Because, fmt.Sprintf("fee for %d of %d days", a.Days, a.Of))
	}
	return &total, gaps
}

// amount is a percentage of the fee for the days that were served, rounded once.
func (a CreditAccount) amount(percent unit.Decimal) unit.Decimal {
	whole := new(big.Rat).Mul(a.Fee.Mul(percent).Rat(), big.NewRat(int64(a.Days), int64(a.Of)*100))
	return unit.QuantizeRat(whole, unit.MinorUnits(a.Currency), unit.HalfUp)
}

// earning is a band that holds for a result, and the block that grants it.
type earning struct {
	result    *Result
	objective CreditObjective
	band      CreditBand
	block     CreditBlock
}

// percent is what the earning gives under its block's cap.
func (e earning) percent() (percent unit.Decimal, capped bool) {
	if c := e.block.Cap; c != nil && e.band.Percent.Cmp(*c) > 0 {
		return *c, true
	}
	return e.band.Percent, false
}

// earnings finds the bands that hold, and what could not be decided.
func (b CreditBlock) earnings(results []*Result) ([]earning, []CreditGap) {
	var earned []earning
	var gaps []CreditGap
	gap := func(o CreditObjective, why string) { gaps = append(gaps, CreditGap{o.Label(), why}) }
	for _, o := range b.Objectives {
		i := slices.IndexFunc(results, func(r *Result) bool { return r.SLA == o.SLA && r.Objective == o.Name })
		switch {
		case b.mixed():
			gap(o, "the block's objectives have several units; name one of them as SLA.objective")
			continue
		case i < 0:
			gap(o, "it was not judged")
			continue
		case results[i].State == InsufficientData || results[i].Attained == nil:
			results[i].Notes = append(results[i].Notes, "no credit: insufficient data")
			gap(o, "insufficient data")
			continue
		case results[i].State != Breached:
			continue
		}
		if band, ok := b.band(results[i]); ok {
			earned = append(earned, earning{results[i], o, band, b})
		}
	}
	return earned, gaps
}

// combine makes one percentage of what the objectives earned.
func (t *CreditTotal) combine(earned []earning) {
	sum := slices.ContainsFunc(earned, func(e earning) bool { return e.block.Sum })
	limit, limited := unit.Decimal{}, true
	for _, e := range earned {
		if e.block.Cap == nil {
			limited = false
		} else if e.block.Cap.Cmp(limit) > 0 {
			limit = *e.block.Cap
		}
		percent, capped := e.percent()
		switch order := percent.Cmp(t.Percent); {
		case sum:
			t.Percent, t.Capped = t.Percent.Add(percent), t.Capped || capped
		case order > 0:
			t.Percent, t.Capped, t.Because = percent, capped, nil
		case order < 0:
			continue
		}
		t.Because = append(t.Because, e.band.clause(e.objective, e.result)) // equally high ones are all reasons
	}
	if limited && t.Percent.Cmp(limit) > 0 {
		t.Percent, t.Capped = limit, true
	}
}

// CreditNote begins every note of a [Report] on a credit that was not computed.
const CreditNote = "credits of "

// Exposure is what is owed in one currency.
type Exposure struct {
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	// Organizations counts those that are owed something.
	Organizations int `json:"organizations"`
}

// Exposures adds credits up, each currency for itself, in the order of the
// currencies' names.
func Exposures(credits []CreditTotal) []Exposure {
	out := []Exposure{}
	owed := map[[2]string]bool{}
	for _, c := range credits {
		i, found := slices.BinarySearchFunc(out, c.Currency, func(x Exposure, name string) int { return strings.Compare(x.Currency, name) })
		if !found {
			out = slices.Insert(out, i, Exposure{Currency: c.Currency})
		}
		out[i].Amount = out[i].Amount.Add(c.Amount)
		if who := [2]string{c.Currency, c.Organization}; !owed[who] {
			owed[who] = true
			out[i].Organizations++
		}
	}
	return out
}
