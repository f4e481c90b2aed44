package advice

import (
	"slices"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// Outcome is what became of a piece of advice: the money that it was about, in
// the period that it was given for and in the one after.
type Outcome struct {
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Subject  string      `json:"subject"`
	Title    string      `json:"title"`
	Currency string      `json:"currency"`
	Advised  *cost.Range `json:"advised"` // the saving that was foreseen, nil without one
	// Before and After are exact: what the subject costs; of caches, what they cost
	// net of what they save; of batching, what it saves, as a negative amount.
	Before unit.Decimal  `json:"before"`
	After  *unit.Decimal `json:"after"` // nil where it is not known
	// Realised is before − after, negative when it became more.
	Realised *unit.Decimal `json:"realised"`
	State    State         `json:"state"`
}

// State says whether advice was followed, as far as money tells.
type State string

// The states.
const (
	Done        State = "followed"          // the spend fell, and the advice would not be given again
	Partly      State = "partly"            // it would be, and the spend fell by a tenth or more
	NotFollowed State = "not followed"      // it would be, and the spend did not fall by a tenth
	Gone        State = "no longer applies" // it would not be, and nothing was saved
	Unknown     State = "not known"         // the spend of the later period could not be read
)

// Followed compares the advice of one period with what was spent on its subjects
// in the next one.
func Followed(then, now *Data, advised, current []Recommendation) []Outcome {
	out := []Outcome{}
	for _, a := range advised {
		o := Outcome{ID: a.ID, Kind: a.Kind, Subject: a.Subject, Title: a.Title, Currency: a.Currency, Advised: a.Saving, State: Unknown}
		spend := spendOf(a.Kind)
		before, _ := spend(then, a.Subject, a.Currency)
		o.Before = plain(before)
		if after, ok := spend(now, a.Subject, a.Currency); ok {
			after = plain(after)
			realised := plain(before.Sub(after))
			o.After, o.Realised = &after, &realised
			again := slices.ContainsFunc(current, func(r Recommendation) bool { return r.ID == a.ID })
			o.State = stateOf(again, realised, before)
		}
		out = append(out, o)
	}
	return out
}

func spendOf(k Kind) func(*Data, string, string) (unit.Decimal, bool) {
	for _, r := range rules() {
		if r.kind == k {
			return r.spend
		}
	}
	return func(*Data, string, string) (unit.Decimal, bool) { return unit.Decimal{}, false }
}

func stateOf(again bool, realised, before unit.Decimal) State {
	switch {
	case !again && realised.Sign() > 0:
		return Done
	case !again:
		return Gone
	case realised.Sign() > 0 && realised.Cmp(before.Mul(unit.MustDecimal("0.1"))) >= 0:
		return Partly
	}
	return NotFollowed
}
