package cost

import "slices"

// Reads says which parts of a line item queries look at, of those that cost time
// to read. Everything else is always there.
type Reads struct {
	Measures []Measure // the amounts; others are nil
	Keys     []string  // the texts, by the names that By has for them; others may be ""
	Tags     bool
	Quantity bool // ConsumedQuantity and ConsumedUnit
	Tokens   bool // Tokens and what they cost
}

// ReadsOf returns what the queries look at together.
func ReadsOf(qs []Query) Reads {
	var r Reads
	for _, q := range qs {
		m := q.Measure
		if m == "" {
			m = Billed
		}
		if !slices.Contains(r.Measures, m) {
			r.Measures = append(r.Measures, m)
		}
		for _, name := range q.reads() {
			r.Tags = r.Tags || readsTags(name)
			if !slices.Contains(r.Keys, name) {
				r.Keys = append(r.Keys, name)
			}
		}
		r.Quantity = r.Quantity || q.Quantities
		r.Tokens = r.Tokens || m == Metered
	}
	return r
}
