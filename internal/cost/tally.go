package cost

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// Tally adds up the line items that a query asks for. Tallies of the same query
// can be filled apart, by file or by goroutine, and merged: sums are exact, so
// the order does not matter. A tally is not safe for concurrent use.
type Tally struct {
	query   Query
	span    period.Span
	zone    *time.Location
	readers []func(*LineItem) string
	match   compiled
	rules   []compiled
	ruled   *string // the rule of what comes added up, nil for items
	groups  map[string]*group
	key     []byte // reused between items
	dates   map[dated]string
	// converted and unconverted hold the currencies that rates were, and were
	// not, found for.
	converted, unconverted map[string]bool
	// ahead, when set, answers the same question for another measure, and has found
	// the group of the item at hand already.
	ahead *Tally
	found *group
}

type group struct {
	currency       string
	values         []string // by the query's By; "" where a row has none
	sum            unit.Sum
	rows, nullRows int64
	follower       *group // of the same keys in the tally that follows
	consumed       unit.Sum
	high           unit.Sum // of the metered amounts, at most
	quantities     int64    // rows with a quantity
}

type dated struct {
	layout string
	at     int64
}

// NewTally returns an empty tally of a valid query ([Query.Validate]) for bills
// that are cut in the given zone, nil for UTC.
func NewTally(q Query, zone *time.Location) *Tally {
	if zone == nil {
		zone = time.UTC
	}
	t := &Tally{query: q, span: q.Period.In(zone, q.Period.End).Span, zone: zone, groups: map[string]*group{},
		match: q.Match.compile(), dates: map[dated]string{}, converted: map[string]bool{}, unconverted: map[string]bool{}}
	for _, m := range q.Rules {
		t.rules = append(t.rules, m.compile())
	}
	for _, name := range q.By {
		t.readers = append(t.readers, t.reader(name))
	}
	return t
}

func (t *Tally) reader(name string) func(*LineItem) string {
	switch name {
	case RuleKey:
		return t.rule
	case UnitKey:
		return func(i *LineItem) string { return i.ConsumedUnit }
	case "day":
		return func(i *LineItem) string { return t.date(i.ChargePeriodStart, time.DateOnly) }
	case "week":
		return func(i *LineItem) string { return t.date(i.ChargePeriodStart, "week") }
	case "month":
		return func(i *LineItem) string { return t.date(i.ChargePeriodStart, "2006-01") }
	}
	return readerOf(name)
}

// rule is the number of the first rule that matches an item, "" without one.
func (t *Tally) rule(item *LineItem) string {
	if t.ruled != nil {
		return *t.ruled
	}
	for i := range t.rules {
		if t.rules[i].matches(item) {
			return strconv.Itoa(i + 1)
		}
	}
	return ""
}

// date names the day, week or month of an instant; a bill has few of them and
// very many rows.
func (t *Tally) date(at time.Time, layout string) string {
	k := dated{layout, at.Unix()}
	name, ok := t.dates[k]
	if !ok {
		local := at.In(t.zone)
		if name = local.Format(layout); layout == "week" {
			y, w := local.ISOWeek()
			name = fmt.Sprintf("%04d-W%02d", y, w)
		}
		t.dates[k] = name
	}
	return name
}

// Add counts an item, if it belongs to the period and the query picks it, and
// reports whether it did. The item may be reused afterwards.
func (t *Tally) Add(item *LineItem) bool { return t.AddRows(item, 1) }

// AddRows is [Tally.Add] for so many rows that are alike but for their amounts and
// quantities, of which the item has the sums, and for instants between which the
// query does not tell. An amount that the item lacks is one that each of them lacks.
func (t *Tally) AddRows(item *LineItem, rows int64) bool {
	g, rate := t.groupOf(item)
	if g == nil {
		return false
	}
	g.rows += rows
	if t.query.Quantities && item.ConsumedQuantity != nil {
		g.consumed.Add(*item.ConsumedQuantity)
		g.quantities += rows
	}
	switch amount := item.Amount(t.query.Measure); {
	case amount == nil:
		g.nullRows += rows
	case rate != nil:
		g.sum.Add(amount.Mul(*rate))
	default:
		g.sum.Add(*amount)
	}
	if t.query.Measure == Metered {
		g.addHigh(item, rate)
	}
	return true
}

// addHigh counts what a metered item may cost at most.
func (g *group) addHigh(item *LineItem, rate *unit.Decimal) {
	high := cmp.Or(item.MeteredHigh, item.MeteredCost)
	switch {
	case high == nil:
	case rate != nil:
		g.high.Add(high.Mul(*rate))
	default:
		g.high.Add(*high)
	}
}

// AddAlike counts so many rows that are like an item in all but their amounts and,
// between two of the [Tally.Edges], the start of their charge. The sum is that of
// their amounts of the query's measure, which some of them may lack. It is for
// queries without Quantities.
func (t *Tally) AddAlike(item *LineItem, rows, nullRows int64, sum *unit.Sum) {
	g, rate := t.groupOf(item)
	if g == nil {
		return
	}
	g.rows += rows
	g.nullRows += nullRows
	if rate != nil {
		g.sum.Add(sum.Total().Mul(*rate))
		return
	}
	g.sum.AddSum(sum)
}

// Edges returns instants, in order, between which it makes no difference when a
// charge starts. It reports false when there are no such stretches.
func (t *Tally) Edges() ([]time.Time, bool) {
	dated := t.query.Currency != "" // rates change with the days of UTC
	for _, name := range t.query.reads() {
		dated = dated || slices.Contains(dates[:], name)
	}
	switch {
	case t.query.Basis == ByBilling:
		return nil, !dated
	case !dated:
		return []time.Time{t.span.Start, t.span.End}, true
	}
	edges := []time.Time{t.span.Start, t.span.End}
	for _, zone := range []*time.Location{t.zone, time.UTC} {
		for _, day := range t.span.Days(zone) {
			edges = append(edges, day.Start)
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	return slices.CompactFunc(edges, time.Time.Equal), true
}

// Follow makes the tally use the groups that another one finds, where both ask the
// same question but for the measure; else it does nothing. From then on, each item
// must be added to the other one first.
func (t *Tally) Follow(ahead *Tally) {
	q, r := t.query, ahead.query
	q.Measure, r.Measure = "", ""
	if q.Currency == "" && t.zone == ahead.zone && reflect.DeepEqual(q, r) {
		t.ahead = ahead
	}
}

// groupOf returns the group that counts an item, nil when it does not belong to
// the period, and the rate if it is converted.
func (t *Tally) groupOf(item *LineItem) (*group, *unit.Decimal) {
	if t.ahead != nil {
		if t.found = nil; t.ahead.found != nil {
			t.found = t.following(item, t.ahead.found)
		}
		return t.found, nil
	}
	t.found = nil
	at := item.ChargePeriodStart
	if t.query.Basis == ByBilling {
		at = item.BillingPeriodStart
	}
	// A charge that starts at an instant lies after it, unlike a sample: [start, end).
	if at.Before(t.span.Start) || !at.Before(t.span.End) || !t.match.matches(item) {
		return nil, nil
	}
	currency, rate := t.rate(item)
	t.found = t.group(item, currency)
	return t.found, rate
}

// following returns the group with the keys of one that the tally ahead has found.
func (t *Tally) following(item *LineItem, found *group) *group {
	if found.follower == nil {
		found.follower = t.group(item, found.currency)
	}
	return found.follower
}

// rate returns the currency in which an item counts, and the rate if it is
// converted.
func (t *Tally) rate(item *LineItem) (string, *unit.Decimal) {
	from, to := item.BillingCurrency, t.query.Currency
	if to == "" || from == to {
		return from, nil
	}
	rate, ok := t.query.Rates.At(from, to, item.ChargePeriodStart)
	seen := t.converted
	if !ok {
		seen = t.unconverted
	}
	if !seen[from] {
		seen[strings.Clone(from)] = true
	}
	if !ok {
		return from, nil
	}
	return to, &rate
}

func (t *Tally) group(item *LineItem, currency string) *group {
	t.key = append(append(t.key[:0], currency...), 0)
	for _, read := range t.readers {
		v := read(item)
		t.key = append(append(append(t.key, byte(len(v)), byte(len(v)>>8), byte(len(v)>>16)), v...), 0)
	}
	g, ok := t.groups[string(t.key)]
	if !ok {
		g = &group{currency: strings.Clone(currency)}
		for _, read := range t.readers {
			g.values = append(g.values, strings.Clone(read(item))) // a field shares the memory of its row
		}
		t.groups[string(t.key)] = g
	}
	return g
}

// Merge adds what another tally of the same query counted.
func (t *Tally) Merge(u *Tally) {
	for key, g := range u.groups {
		mine, ok := t.groups[key]
		if !ok {
			mine = &group{currency: g.currency, values: g.values}
			t.groups[key] = mine
		}
		mine.sum.AddSum(&g.sum)
		mine.consumed.AddSum(&g.consumed)
		mine.high.AddSum(&g.high)
		mine.quantities += g.quantities
		mine.rows += g.rows
		mine.nullRows += g.nullRows
	}
	maps.Copy(t.converted, u.converted)
	maps.Copy(t.unconverted, u.unconverted)
}

// Report returns the breakdown, without a ledger: that is the business of who
// read the files.
func (t *Tally) Report() *Report {
	q := t.query
	r := &Report{Schema: Schema, Period: q.Period.Info(), Measure: cmp.Or(q.Measure, Billed), Basis: cmp.Or(q.Basis, ByCharge),
		By: slices.Clone(q.By), Totals: []Total{}, Groups: []Group{}, Ledger: []LedgerEntry{}, Notes: []string{}}
	if r.By == nil {
		r.By = []string{}
	}
	byCurrency := map[string][]*group{}
	for _, g := range t.groups {
		byCurrency[g.currency] = append(byCurrency[g.currency], g)
	}
	var nulls int64
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		total, groups := currencyGroups(q, currency, byCurrency[currency])
		r.Totals = append(r.Totals, total)
		r.Groups = append(r.Groups, groups...)
		nulls += total.NullRows
	}
	r.Notes = append(r.Notes, notes(q, r.Measure, nulls)...)
	for _, from := range slices.Sorted(maps.Keys(t.converted)) {
		r.Notes = append(r.Notes, fmt.Sprintf("amounts in %s are converted into %s at the rate of their day", from, q.Currency))
	}
	for _, from := range slices.Sorted(maps.Keys(t.unconverted)) {
		r.Notes = append(r.Notes, fmt.Sprintf("amounts in %s without an exchange rate into %s on their day stay in %s", from, q.Currency, from))
	}
	return r
}

// currencyGroups orders the groups of one currency by amount, the largest
// first, then by their keys, and folds what lies beyond the top.
func currencyGroups(q Query, currency string, groups []*group) (Total, []Group) {
	var sum, high unit.Sum
	total := Total{Currency: currency}
	amounts := make(map[*group]unit.Decimal, len(groups))
	for _, g := range groups {
		amounts[g] = g.sum.Total()
		sum.AddSum(&g.sum)
		high.AddSum(&g.high)
		total.Rows += g.rows
		total.NullRows += g.nullRows
	}
	total.Amount = sum.Total()
	total.Range = rangeOf(q.Measure, total.Amount, &high)
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(amounts[b].Cmp(amounts[a]), slices.Compare(a.values, b.values))
	})
	var out []Group
	var rest group
	folded := int64(0)
	for i, g := range groups {
		if q.Top > 0 && i >= q.Top {
			rest.sum.AddSum(&g.sum)
			rest.high.AddSum(&g.high)
			rest.rows += g.rows
			rest.nullRows += g.nullRows
			folded++
			continue
		}
		out = append(out, result(q, currency, amounts[g], total.Amount, g))
	}
	if folded > 0 {
		g := result(q, currency, rest.sum.Total(), total.Amount, &rest)
		g.Folded = folded
		out = append(out, g)
	}
	return total, out
}

// rangeOf is the range of metered amounts that are not certain, else nil.
func rangeOf(m Measure, low unit.Decimal, high *unit.Sum) *Range {
	if most := high.Total(); m == Metered && most.Cmp(low) != 0 {
		return &Range{Low: low, High: most}
	}
	return nil
}

func result(q Query, currency string, amount, total unit.Decimal, g *group) Group {
	out := Group{Keys: make(map[string]*string, len(q.By)), Currency: currency, Amount: amount, Rows: g.rows, NullRows: g.nullRows, Range: rangeOf(q.Measure, amount, &g.high)}
	for i, name := range q.By {
		out.Keys[name] = nil
		if i < len(g.values) && g.values[i] != "" {
			out.Keys[name] = &g.values[i]
		}
	}
	if g.quantities > 0 && g.quantities == g.rows {
		total := g.consumed.Total()
		out.Consumed = &total
	}
	out.Share = shareOf(amount, total)
	return out
}

func notes(q Query, m Measure, nulls int64) []string {
	var out []string
	if nulls > 0 {
		out = append(out, fmt.Sprintf("%d rows have no %s amount and are not in the sum", nulls, m))
	}
	if m == List || m == Contracted {
		out = append(out, fmt.Sprintf("sums of %s costs are plain and can count commitments twice: a purchase and the usage that it covers", m))
	}
	return out
}

// BillingPeriodName names a billing period by its start: by the month where it
// begins on the first of one, and else by the date.
func BillingPeriodName(start time.Time) string {
	switch {
	case start.IsZero():
		return ""
	case start.Day() == 1:
		return start.Format("2006-01")
	}
	return start.Format(time.DateOnly)
}
