package cost

import "github.com/slactl/slactl/internal/unit"

// Aggregate is a group of line items that was added up elsewhere, by a database.
type Aggregate struct {
	// Item stands for all of them: it has the keys that the query asks for, the
	// currency, and instants of the same day and the same rates.
	Item *LineItem
	// Rule answers the key [RuleKey]: the number of the rule that matched, "" for
	// none.
	Rule string
	// Sum is of the rows with an amount of the measure; NullRows have none.
	Sum            unit.Decimal
	Rows, NullRows int64
	// Consumed is the sum of the quantities of so many rows.
	Consumed   unit.Decimal
	Quantities int64
}

// AddAggregate counts a group. That its items are of the period, and that the
// query picks them, is for the caller to say.
func (t *Tally) AddAggregate(a Aggregate) {
	t.ruled = &a.Rule
	currency, rate := t.rate(a.Item)
	g := t.group(a.Item, currency)
	t.ruled = nil
	g.rows += a.Rows
	g.nullRows += a.NullRows
	if t.query.Quantities {
		g.consumed.Add(a.Consumed)
		g.quantities += a.Quantities
	}
	sum := a.Sum
	if rate != nil {
		sum = sum.Mul(*rate)
	}
	g.sum.Add(sum)
	if t.query.Measure == Metered {
		g.high.Add(sum)
	}
}
