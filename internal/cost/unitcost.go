package cost

import (
	"math/big"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// UnitSchema names the version of [UnitReport]'s JSON form.
const UnitSchema = "slactl.unit/v1"

// UnitReport says what one request, one debate, one user costs, in the form that
// its JSON has.
type UnitReport struct {
	Schema    string        `json:"schema"`
	Period    period.Info   `json:"period"`
	Previous  period.Info   `json:"previous"`
	Measure   Measure       `json:"measure"`
	UnitCosts []UnitCost    `json:"unit_costs"`
	Tokens    []TokenUse    `json:"tokens"` // by model, where a meter counts them
	Ledger    []LedgerEntry `json:"ledger"`
	Notes     []string      `json:"notes"`
}

// UnitCost is the cost of one unit of business in one currency: the sum of cost
// over the sum of events, never a mean of ratios.
type UnitCost struct {
	Name     string        `json:"name"`
	Metric   string        `json:"metric"`
	Per      unit.Decimal  `json:"per"` // events to a unit: 1, or 1000000
	Currency string        `json:"currency"`
	Cost     *unit.Decimal `json:"cost"` // nil when no charge matches
	Events   *unit.Decimal `json:"events"`
	// UnitCost has 12 significant digits, half even; nil with a reason.
	UnitCost *unit.Decimal `json:"unit_cost"`
	// Before is that of the period before, and Change (this − before) / |before|,
	// six digits; nil where there is none.
	Before *unit.Decimal `json:"before"`
	Change *unit.Decimal `json:"change"`
	Reason *string       `json:"reason"`
}

// unitDigits is how many significant digits a unit cost has.
const unitDigits = 12

// Events is what a business metric counted in a period, nil without a value, for
// a reason.
type Events struct {
	Value  *unit.Decimal
	Reason string
}

// UnitCosts divides each currency's total of two reports, of a period and the one
// before, by the events of these periods.
func UnitCosts(name, metric string, per unit.Decimal, this, before *Report, now, then Events) []UnitCost {
	if len(this.Totals) == 0 {
		why := "no charge matches in the period"
		return []UnitCost{{Name: name, Metric: metric, Per: per, Events: now.Value, Reason: &why}}
	}
	out := make([]UnitCost, 0, len(this.Totals))
	for i := range this.Totals {
		total := &this.Totals[i]
		u := UnitCost{Name: name, Metric: metric, Per: per, Currency: total.Currency, Cost: &total.Amount, Events: now.Value}
		value, why := unitCost(total.Amount, per, now)
		if value == nil {
			u.Reason = &why
		} else {
			u.UnitCost = significant(value)
		}
		for _, t := range before.Totals {
			if t.Currency != total.Currency {
				continue
			}
			if was, _ := unitCost(t.Amount, per, then); was != nil {
				u.Before, u.Change = significant(was), relative(value, was)
			}
		}
		out = append(out, u)
	}
	return out
}

// unitCost is cost × per / events, or why there is none.
func unitCost(cost, per unit.Decimal, e Events) (*big.Rat, string) {
	switch {
	case e.Value == nil:
		return nil, e.Reason
	case e.Value.IsZero():
		return nil, "no events in the period"
	}
	r := new(big.Rat).Mul(cost.Rat(), per.Rat())
	return r.Quo(r, e.Value.Rat()), ""
}

// relative is (now − before) / |before|, six digits, half even; nil where there
// is none.
func relative(now, before *big.Rat) *unit.Decimal {
	if now == nil || before == nil || before.Sign() == 0 {
		return nil
	}
	r := new(big.Rat).Sub(now, before)
	out := unit.QuantizeRat(r.Quo(r, new(big.Rat).Abs(before)), 6, unit.HalfEven)
	return &out
}

// significant rounds a fraction to 12 significant digits, half even, without
// trailing zeros.
func significant(r *big.Rat) *unit.Decimal {
	digits, ten := unitDigits, big.NewRat(10, 1)
	x := new(big.Rat).Abs(r)
	for one := big.NewRat(1, 1); x.Cmp(one) >= 0 && digits > 0; digits-- {
		x.Quo(x, ten)
	}
	if tenth := big.NewRat(1, 10); digits == unitDigits && x.Sign() != 0 {
		for ; x.Cmp(tenth) < 0; digits++ {
			x.Mul(x, ten)
		}
	}
	out := unit.MustDecimal(unit.QuantizeRat(r, digits, unit.HalfEven).Canonical())
	return &out
}

// TokenUse is how well the tokens of one model were used.
type TokenUse struct {
	Model  string       `json:"model"`
	Input  unit.Decimal `json:"input"` // all that was sent, with what was cached
	Output unit.Decimal `json:"output"`
	// OutputPerInput is output / input, six digits; nil without input.
	OutputPerInput *unit.Decimal `json:"output_per_input"`
	// CacheHitShare is what was read from a cache over all that was sent (input,
	// cache reads and cache writes), six digits; nil without input.
	CacheHitShare *unit.Decimal `json:"cache_hit_share"`
}

// TokenUses adds up usages by model, in the order in which models first occur.
func TokenUses(usages []Usage) []TokenUse {
	var models []string
	tokens := map[string]Tokens{}
	for _, u := range usages {
		models = appendNew(models, u.Model)
		tokens[u.Model] = tokens[u.Model].Add(u.Tokens)
	}
	out := make([]TokenUse, 0, len(models))
	for _, m := range models {
		t := tokens[m]
		u := TokenUse{Model: m, Input: t.Total().Sub(t.Output), Output: t.Output}
		u.OutputPerInput, u.CacheHitShare = shareOf(t.Output, u.Input), shareOf(t.CacheRead, u.Input)
		out = append(out, u)
	}
	return out
}
