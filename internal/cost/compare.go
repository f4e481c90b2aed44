package cost

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Comparison is the other period of a breakdown that is compared with one, and
// how each currency's total moved.
type Comparison struct {
	Period period.Info  `json:"period"`
	Totals []MovedTotal `json:"totals"`
}

// MovedTotal is how the total of one currency moved.
type MovedTotal struct {
	Currency string `json:"currency"`
	Movement
}

// Movement is how an amount changed from the other period, and why. The four
// reasons add up to the change exactly.
//
// Items, that is SKUs, else resources, of one charge category and class whose
// quantities are in one unit are compared by price and quantity, with c for cost, q for
// quantity, 0 for the other period and 1 for this one, and p0 = c0 / q0; Q and C
// are the sums over the items of a group that share the unit:
//
//	price = Σ (c1 − p0 × q1)              what is paid more for the same
//	usage = (Q1 − Q0) × C0 / Q0           more of everything, mixed as before
//	mix   = Σ p0 × q1 − Q1 × C0 / Q0      dearer or cheaper items than before
//
// A new item has no p0; its own price stands for it, so it is usage and mix. This
// is the price, quantity and mix variance of cost accounting (Horngren, Datar and
// Rajan, Cost Accounting, "Sales-mix and sales-quantity variances"). What has no
// quantity, or one in another unit than before, is unexplained. The parts are
// rounded by largest remainders to the digits of the change, or of the currency's
// minor unit.
type Movement struct {
	Before      *unit.Decimal `json:"before"` // nil: no charge in the other period
	Change      unit.Decimal  `json:"change"`
	State       string        `json:"state"` // kept, new, gone
	Price       unit.Decimal  `json:"price"`
	Usage       unit.Decimal  `json:"usage"`
	Mix         unit.Decimal  `json:"mix"`
	Unexplained unit.Decimal  `json:"unexplained"`
}

// The states of a movement.
const (
	Kept = "kept"
	New  = "new"
	Gone = "gone"
)

// detailKeys tell apart what has a price of its own.
var detailKeys = [...]string{"charge_category", "charge_class", "sku", "resource", UnitKey}

// Detailed returns the query whose report explains how that of q moved.
func (q Query) Detailed() Query {
	q.By, q.Top, q.Quantities = slices.Clone(q.By), 0, true
	for _, k := range detailKeys {
		q.By = appendNew(q.By, k)
	}
	return q
}

// Compare adds to the report of q how its groups moved from the report of another
// period, with groups that are gone. Both come from q without Top; the details
// are those of [Query.Detailed] in both periods.
func Compare(q Query, this, other, detail, otherDetail *Report) *Report {
	out := *this
	out.Totals, out.Groups = slices.Clone(this.Totals), []Group{}
	out.Compare = &Comparison{Period: other.Period, Totals: []MovedTotal{}}
	items := itemsOf(q.By, detail, otherDetail)
	groups := map[string][]Group{}
	before := map[string]unit.Decimal{}
	for _, g := range other.Groups {
		before[groupKey(q.By, g)] = g.Amount
	}
	for _, g := range this.Groups {
		key := groupKey(q.By, g)
		m := Movement{Change: g.Amount, State: New}
		if was, ok := before[key]; ok {
			m.Before, m.Change, m.State = &was, g.Amount.Sub(was), Kept
			delete(before, key)
		}
		m.explain(items[key], g.Currency)
		g.Movement = &m
		groups[g.Currency] = append(groups[g.Currency], g)
	}
	for _, g := range other.Groups {
		key := groupKey(q.By, g)
		if _, ok := before[key]; !ok {
			continue
		}
		m := Movement{Before: &g.Amount, Change: g.Amount.Neg(), State: Gone}
		m.explain(items[key], g.Currency)
		groups[g.Currency] = append(groups[g.Currency], Group{Keys: g.Keys, Currency: g.Currency, Movement: &m})
	}
	for _, currency := range slices.Sorted(maps.Keys(groups)) {
		total := out.total(currency)
		list := groups[currency]
		for i := range list {
			list[i].Share = shareOf(list[i].Amount, total)
		}
		out.Compare.Totals = append(out.Compare.Totals, movedTotal(currency, list, other))
		out.Groups = append(out.Groups, foldMoved(q, list, total)...)
	}
	return &out
}

// total finds a currency's total, and adds one of 0 for a currency that only the
// other period has.
func (r *Report) total(currency string) unit.Decimal {
	for _, t := range r.Totals {
		if t.Currency == currency {
			return t.Amount
		}
	}
	r.Totals = append(r.Totals, Total{Currency: currency})
	slices.SortFunc(r.Totals, func(a, b Total) int { return cmp.Compare(a.Currency, b.Currency) })
	return unit.Decimal{}
}

func movedTotal(currency string, list []Group, other *Report) MovedTotal {
	t := MovedTotal{Currency: currency, Movement: Movement{State: New}}
	for _, g := range list {
		t.add(*g.Movement)
	}
	for i := range other.Totals {
		if other.Totals[i].Currency == currency {
			t.Before, t.State = &other.Totals[i].Amount, Kept
		}
	}
	if !slices.ContainsFunc(list, func(g Group) bool { return g.State != Gone }) {
		t.State = Gone
	}
	return t
}

// add adds the change and its reasons of another movement.
func (m *Movement) add(o Movement) {
	m.Change, m.Price, m.Usage = m.Change.Add(o.Change), m.Price.Add(o.Price), m.Usage.Add(o.Usage)
	m.Mix, m.Unexplained = m.Mix.Add(o.Mix), m.Unexplained.Add(o.Unexplained)
}

// foldMoved orders the groups of one currency by amount, the largest first, and
// folds those beyond the top into one.
func foldMoved(q Query, list []Group, total unit.Decimal) []Group {
	slices.SortStableFunc(list, func(a, b Group) int {
		return cmp.Or(b.Amount.Cmp(a.Amount), cmp.Compare(groupKey(q.By, a), groupKey(q.By, b)))
	})
	if q.Top == 0 || len(list) <= q.Top {
		return list
	}
	rest := Group{Keys: map[string]*string{}, Currency: list[0].Currency, Folded: int64(len(list) - q.Top), Movement: &Movement{State: New}}
	for _, k := range q.By {
		rest.Keys[k] = nil
	}
	for _, g := range list[q.Top:] {
		rest.Amount, rest.Rows = rest.Amount.Add(g.Amount), rest.Rows+g.Rows
		rest.add(*g.Movement)
		if g.Before != nil {
			sum := *g.Before
			if rest.Before != nil {
				sum = sum.Add(*rest.Before)
			}
			rest.Before, rest.State = &sum, Kept
		}
	}
	rest.Share = shareOf(rest.Amount, total)
	return append(list[:q.Top:q.Top], rest)
}

// groupKey is the currency and the values of a group, which tell it from others.
func groupKey(by []string, g Group) string {
	parts := []string{g.Currency}
	for _, k := range by {
		value := "\x00"
		if v := g.Keys[k]; v != nil {
			value = *v
		}
		parts = append(parts, value)
	}
	return strings.Join(parts, "\x01")
}

// item is what has a price: its cost and quantity in both periods.
type item struct {
	cost, quantity [2]unit.Decimal // of the other period and this one
	unit           string
	blurred        bool // without a quantity somewhere, or in several units
}

// itemsOf sorts the details of both periods by group, and adds them up by item.
func itemsOf(by []string, detail, other *Report) map[string]map[string]*item {
	out := map[string]map[string]*item{}
	for at, r := range [...]*Report{other, detail} {
		for _, g := range r.Groups {
			key := groupKey(by, g)
			if out[key] == nil {
				out[key] = map[string]*item{}
			}
			name := itemName(g)
			i := out[key][name]
			if i == nil {
				i = &item{}
				if u := g.Keys[UnitKey]; u != nil {
					i.unit = *u
				}
				out[key][name] = i
			}
			i.add(at, g)
		}
	}
	return out
}

// itemName names what has a price: the SKU, else the resource.
func itemName(g Group) string {
	read := func(k string) string {
		if v := g.Keys[k]; v != nil {
			return *v
		}
		return ""
	}
	kind := read("charge_category") + "\x00" + read("charge_class") + "\x00"
	if sku := read("sku"); sku != "" {
		return kind + "sku " + sku
	}
	return kind + "resource " + read("resource")
}

func (i *item) add(at int, g Group) {
	i.cost[at] = i.cost[at].Add(g.Amount)
	u := ""
	if v := g.Keys[UnitKey]; v != nil {
		u = *v
	}
	if g.Consumed == nil || u != i.unit {
		i.blurred = true
		return
	}
	i.quantity[at] = i.quantity[at].Add(*g.Consumed)
}

// priced reports whether the item's costs follow from quantities.
func (i *item) priced() bool {
	for at, q := range i.quantity {
		if q.Sign() < 0 || q.IsZero() && !i.cost[at].IsZero() {
			return false
		}
	}
	return !i.blurred
}

// explain splits the change up by the items of the group.
func (m *Movement) explain(items map[string]*item, currency string) {
	byUnit := map[string][]*item{}
	explained := unit.Decimal{}
	for _, i := range items {
		if i.priced() {
			byUnit[i.unit] = append(byUnit[i.unit], i)
			explained = explained.Add(i.cost[1].Sub(i.cost[0]))
		}
	}
	m.Unexplained = m.Change.Sub(explained)
	price, usage, mix := new(big.Rat), new(big.Rat), new(big.Rat)
	for _, list := range byUnit {
		variances(list, price, usage, mix)
	}
	parts := largestRemainders([]*big.Rat{price, usage, mix}, max(unit.MinorUnits(currency), scaleOf(explained)))
	for i, to := range [...]*unit.Decimal{&m.Price, &m.Usage, &m.Mix} {
		*to = unit.MustDecimal(parts[i].Canonical())
	}
}

// variances adds the effects of items that share a unit.
func variances(items []*item, price, usage, mix *big.Rat) {
	var c, q [2]big.Rat
	constant := new(big.Rat) // Σ p0 × q1
	for _, i := range items {
		for at := range c {
			c[at].Add(&c[at], i.cost[at].Rat())
			q[at].Add(&q[at], i.quantity[at].Rat())
		}
		if i.quantity[0].IsZero() {
			constant.Add(constant, i.cost[1].Rat())
			continue
		}
		p0 := new(big.Rat).Quo(i.cost[0].Rat(), i.quantity[0].Rat())
		constant.Add(constant, p0.Mul(p0, i.quantity[1].Rat()))
	}
	price.Add(price, new(big.Rat).Sub(&c[1], constant))
	if q[0].Sign() == 0 { // everything is new
		usage.Add(usage, constant)
		return
	}
	average := new(big.Rat).Quo(&c[0], &q[0])
	usage.Add(usage, new(big.Rat).Mul(average, new(big.Rat).Sub(&q[1], &q[0])))
	mix.Add(mix, constant.Sub(constant, average.Mul(average, &q[1])))
}
