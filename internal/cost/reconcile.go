package cost

import (
	"slices"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Entry is what one source says of a day: how much something cost, and how much
// of it there was. A missing text is "", and matches only another missing one.
type Entry struct {
	Day                   time.Time // midnight UTC of the date that the source gives
	Provider, Model, Kind string    // Kind: input, output, cache_read, cache_write_5m, cache_write_1h
	Category              string    // Tax, Credit, Adjustment, Purchase; "" is usage
	Currency              string
	Amount                *unit.Decimal // nil when it is unpriced
	Reason                string        // why it is
	Tokens                *unit.Decimal // nil when the source does not count them
	Rows                  int64         // how many amounts were added up, each of which may be rounded
	// Listed is what the tokens cost by the catalogue, nil without a price, and
	// Otherwise what they would cost beyond that by other terms.
	Listed    *unit.Decimal
	Otherwise []Otherwise
}

// Otherwise is how an amount changes when its tokens are charged by other terms.
type Otherwise struct {
	Cause    Cause
	Evidence string // what the terms are: cached tokens charged as input
	Change   unit.Decimal
}

// Side is one of two sources that are reconciled.
type Side struct {
	Source  string  `json:"source"`
	Role    string  `json:"role"` // bill or meter
	Measure Measure `json:"measure"`
	// Beyond are amounts that the other side cannot have, and that are not
	// compared: other services than language models, beside a meter of tokens.
	Beyond  []Amount `json:"beyond"`
	Entries []Entry  `json:"-"`
}

// Reconciliation sets one source beside another. Of every currency the parts by
// cause add up to the difference exactly.
type Reconciliation struct {
	Schema     string               `json:"schema"`
	Period     period.Info          `json:"period"`
	By         []string             `json:"by"`
	MatchedBy  []string             `json:"matched_by"` // the finest keys that both sides have
	Tolerance  unit.Decimal         `json:"tolerance"`  // a share: 0.01
	A          Side                 `json:"a"`
	B          Side                 `json:"b"`
	Currencies []ReconciledCurrency `json:"currencies"`
	Rows       []ReconciledRow      `json:"rows"`
	Ledger     []LedgerEntry        `json:"ledger"`
	Notes      []string             `json:"notes"`
}

// ReconciledCurrency is both totals of a currency, and why they differ.
type ReconciledCurrency struct {
	Currency   string       `json:"currency"`
	A          unit.Decimal `json:"a"`
	B          unit.Decimal `json:"b"`
	Difference unit.Decimal `json:"difference"` // a − b
	Causes     []CausePart  `json:"causes"`     // the largest first, unexplained last
}

// CausePart is how much of a difference has one cause.
type CausePart struct {
	Cause    Cause        `json:"cause"`
	Amount   unit.Decimal `json:"amount"`
	Places   int          `json:"places"`   // so many days of a model and kind
	Evidence []string     `json:"evidence"` // what the cause is concluded from
}

// ReconciledRow is what both sides say of the same thing.
type ReconciledRow struct {
	Keys       map[string]*string `json:"keys"`
	Currency   string             `json:"currency"`
	A          *unit.Decimal      `json:"a"` // nil where the side has nothing, or no price
	B          *unit.Decimal      `json:"b"`
	Difference unit.Decimal       `json:"difference"`
	Status     string             `json:"status"`
	Causes     []Cause            `json:"causes"` // the largest first
}

// The states of a row.
const (
	Agrees   = "matched"          // equal, or as near as rounding
	Within   = "within_tolerance" // nearly equal
	Differs  = "differs"
	OnlyInA  = "only_in_a"
	OnlyInB  = "only_in_b"
	decimals = 12 // of an amount that is divided
)

// Reconciler says how sources are compared.
type Reconciler struct {
	Period    period.Period
	By        []string     // the keys of rows; day and model when empty
	Tolerance unit.Decimal // a share of the larger amount
	// Now and Delay tell what need not be billed yet: days that ended less than
	// Delay before Now.
	Now   time.Time
	Delay time.Duration
}

// ReconcileKeys are the keys of rows.
func ReconcileKeys() []string { return []string{"day", "provider", "model", "kind"} }

// cellKey is what is compared: the finest that both sides have.
type cellKey struct {
	currency, provider, model, kind, category string
	day                                       time.Time
}

func (k cellKey) value(name string) string {
	switch name {
	case "day":
		return k.day.Format(time.DateOnly)
	case "provider":
		return k.provider
	case "model":
		return k.model
	}
	return k.kind
}

func (k cellKey) series() cellKey { k.day = time.Time{}; return k }

// cell is what both sides say of one key.
type cell struct {
	key   cellKey
	a, b  half
	parts []caused
	// open is the part of the difference that has no cause yet; counts says that
	// the tokens differ.
	open   unit.Decimal
	counts bool
}

// caused is a part of a cell's difference.
type caused struct {
	cause    Cause
	amount   unit.Decimal
	evidence string
}

// half is one side of a cell.
type half struct {
	present, priced               bool
	unpriced, uncounted, unlisted bool // some of it
	amount, tokens, listed        unit.Sum
	rows                          int64
	reason                        string
	otherwise                     map[Otherwise]*unit.Sum // Change is 0 in the key
}

func (h *half) add(e Entry) {
	h.present = true
	h.rows += max(1, e.Rows)
	if e.Amount == nil {
		h.unpriced, h.reason = true, e.Reason
	} else {
		h.priced = true
		h.amount.Add(*e.Amount)
	}
	if e.Tokens == nil {
		h.uncounted = true
	} else {
		h.tokens.Add(*e.Tokens)
	}
	if e.Listed == nil {
		h.unlisted = true
		return
	}
	h.listed.Add(*e.Listed)
	for _, o := range e.Otherwise {
		key := Otherwise{Cause: o.Cause, Evidence: o.Evidence}
		if h.otherwise == nil {
			h.otherwise = map[Otherwise]*unit.Sum{}
		}
		if h.otherwise[key] == nil {
			h.otherwise[key] = &unit.Sum{}
		}
		h.otherwise[key].Add(o.Change)
	}
}

func (c *cell) difference() unit.Decimal { return c.a.amount.Total().Sub(c.b.amount.Total()) }

// Reconcile sets a beside b, by the finest keys that both have, and looks for the
// causes of what differs.
func (r Reconciler) Reconcile(a, b Side) *Reconciliation {
	if len(r.By) == 0 {
		r.By = []string{"day", "model"}
	}
	m := newMatching(r, a, b)
	for _, c := range m.cells {
		m.explain(c)
	}
	m.shifts()
	for _, c := range m.cells {
		m.close(c)
	}
	out := &Reconciliation{Schema: Schema, Period: r.Period.Info(), By: r.By, MatchedBy: m.keys(), Tolerance: r.Tolerance, A: a, B: b,
		Currencies: m.currencies(), Rows: m.rows(), Ledger: []LedgerEntry{}, Notes: []string{}}
	for _, s := range []*Side{&out.A, &out.B} {
		if s.Beyond == nil {
			s.Beyond = []Amount{}
		}
	}
	return out
}

// Differing are the rows that differ by more than the tolerance, or are on one
// side only.
func (r *Reconciliation) Differing() []ReconciledRow {
	return slices.DeleteFunc(slices.Clone(r.Rows), func(row ReconciledRow) bool { return row.Status == Agrees || row.Status == Within })
}
