package advice

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// StorageMonths is how many whole months a trend of storage is read from, at most.
const StorageMonths = 7

// fewestMonths is how many it takes to speak of growth.
const fewestMonths = 4

// leastGrowth is the smallest growth from month to month that is worth a word, in
// hundredths.
const leastGrowth = 2

// StorageQuery returns the breakdown of storage that [Data] holds. Its period are
// the last whole months, up to [StorageMonths] of them.
func StorageQuery(q cost.Query) cost.Query {
	q.By = []string{"month", "service"}
	q.Match = cost.Match{"category": {"Storage"}, "charge_category": {"Usage"}}
	return q
}

// course is what a service cost in consecutive months, the last one being the last
// of the report.
type course struct {
	service, currency string
	months            []string
	amounts           []unit.Decimal
}

func (d *Data) storage() []course {
	var last string
	at := map[[2]string]map[string]unit.Decimal{}
	for _, g := range groupsOf(d.Storage) {
		month := valueOf(g.Keys["month"])
		last = max(last, month)
		key := [2]string{valueOf(g.Keys["service"]), g.Currency}
		if at[key] == nil {
			at[key] = map[string]unit.Decimal{}
		}
		at[key][month] = g.Amount
	}
	var out []course
	for key, byMonth := range at {
		c := course{service: key[0], currency: key[1]}
		month, err := time.Parse("2006-01", last)
		for ; err == nil; month = month.AddDate(0, -1, 0) {
			name := month.Format("2006-01")
			amount, ok := byMonth[name]
			if !ok {
				break
			}
			c.months, c.amounts = append(c.months, name), append(c.amounts, amount)
		}
		slices.Reverse(c.months)
		slices.Reverse(c.amounts)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b course) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.currency, b.currency))
	})
	return out
}

// growth is the median of how what a day costs grew from one month to the next,
// less 1; nil where there are too few months, or where it did not grow in all of
// them but one.
func (c course) growth() *big.Rat {
	var ratios []*big.Rat
	fell := 0
	for i := 1; i < len(c.amounts); i++ {
		before, now := c.daily(i-1), c.daily(i)
		if before.Sign() <= 0 || now.Sign() <= 0 {
			return nil
		}
		ratio := new(big.Rat).Quo(now, before)
		ratios = append(ratios, ratio.Sub(ratio, big.NewRat(1, 1)))
		if ratio.Sign() <= 0 {
			fell++
		}
	}
	if len(c.amounts) < fewestMonths || fell > 1 {
		return nil
	}
	slices.SortFunc(ratios, (*big.Rat).Cmp)
	middle := len(ratios) / 2
	if len(ratios)%2 == 1 {
		return ratios[middle]
	}
	sum := new(big.Rat).Add(ratios[middle-1], ratios[middle])
	return sum.Quo(sum, big.NewRat(2, 1))
}

// daily is what a day of a month costs: months are not equally long.
func (c course) daily(i int) *big.Rat {
	month, err := time.Parse("2006-01", c.months[i])
	if err != nil {
		return new(big.Rat)
	}
	days := month.AddDate(0, 1, -1).Day()
	return new(big.Rat).Quo(c.amounts[i].Rat(), big.NewRat(int64(days), 1))
}

// after is the last amount after so many months of growth, to the currency's minor
// unit.
func (c course) after(growth *big.Rat, months int) unit.Decimal {
	amount := c.amounts[len(c.amounts)-1].Rat()
	factor := new(big.Rat).Add(big.NewRat(1, 1), growth)
	for range months {
		amount = new(big.Rat).Mul(amount, factor)
	}
	return unit.QuantizeRat(amount, unit.MinorUnits(c.currency), unit.HalfEven)
}

// growingStorage tells of storage that costs more every month.
func growingStorage(d *Data) []Recommendation {
	var out []Recommendation
	for _, c := range d.storage() {
		growth := c.growth()
		if growth == nil || growth.Cmp(big.NewRat(leastGrowth, 100)) < 0 {
			continue
		}
		growth = unit.QuantizeRat(growth, 6, unit.HalfEven).Rat() // what the evidence says is what is used
		now, quarter, year := c.amounts[len(c.amounts)-1], c.after(growth, 3), c.after(growth, 12)
		if !d.worth(year.Sub(now), c.currency) {
			continue
		}
		r := Recommendation{Subject: c.service, Currency: c.currency, Amount: plain(now), Saving: &cost.Range{Low: plain(quarter.Sub(now)), High: plain(year.Sub(now))},
			Title: c.service + " grows every month", Do: "delete what is no longer needed, let old data expire or move to a colder class, and look for backups and logs that nobody keeps on purpose",
			Assumptions: []string{"it grows on as it did: the median of the growth from month to month, of what a day costs", "the saving is a month's, against that growth: in 3 months at least, in 12 at most"}}
		for i, m := range c.months {
			r.Evidence = append(r.Evidence, Figure{m, plain(c.amounts[i]), c.currency})
		}
		r.Evidence = append(r.Evidence, Figure{"growth a month", percentOf(unit.QuantizeRat(growth, 6, unit.HalfEven)), "percent"},
			Figure{"a month in 3 months", plain(quarter), c.currency}, Figure{"a month in 12 months", plain(year), c.currency})
		out = append(out, r)
	}
	return out
}

func storageSpend(d *Data, subject, currency string) (unit.Decimal, bool) {
	for _, c := range d.storage() {
		if c.service == subject && c.currency == currency && len(c.amounts) > 0 {
			return c.amounts[len(c.amounts)-1], true
		}
	}
	return unit.Decimal{}, d.Storage != nil
}

// leastUnowned is the share of the costs from which it matters that nobody owns
// them.
const leastUnowned = "0.05"

// unowned tells of costs that belong to nobody.
func unowned(d *Data) []Recommendation {
	var out []Recommendation
	if d.Allocation == nil {
		return nil
	}
	for _, g := range d.Allocation.Groups {
		if !g.Unallocated || g.Share == nil || g.Share.Cmp(unit.MustDecimal(leastUnowned)) < 0 || !d.worth(g.Amount, g.Currency) {
			continue
		}
		r := Recommendation{Currency: g.Currency, Amount: plain(g.Amount), Reason: "saves nothing by itself: nobody saves what is nobody's",
			Title: fmt.Sprintf("%s of the costs belong to no %s", unit.FormatPercent(percentOf(*g.Share), 1, 0), d.Allocation.By), Do: "tag these resources, or add rules to cost.allocate",
			Evidence: []Figure{{"unallocated", plain(g.Amount), g.Currency}, {"share of the total", percentOf(*g.Share), "percent"}}}
		for _, b := range d.Allocation.Because {
			if b.Currency == g.Currency {
				r.Evidence = append(r.Evidence, Figure{b.Reason, plain(b.Amount), b.Currency})
			}
		}
		out = append(out, r)
	}
	return out
}

func unownedSpend(d *Data, _, currency string) (unit.Decimal, bool) {
	if d.Allocation == nil {
		return unit.Decimal{}, false
	}
	for _, g := range d.Allocation.Groups {
		if g.Unallocated && g.Currency == currency {
			return g.Amount, true
		}
	}
	return unit.Decimal{}, true
}

// brokenBudgets tells of budgets that are exceeded, or will be.
func brokenBudgets(d *Data) []Recommendation {
	var out []Recommendation
	for _, b := range d.Budgets {
		excess, known := excessOf(b)
		if !known || excess.Sign() <= 0 {
			continue
		}
		title := fmt.Sprintf("the budget %s will not last for %s", b.Name, b.Period.Name)
		if b.Spent.Cmp(b.Amount) > 0 {
			title = fmt.Sprintf("the budget %s of %s is exceeded", b.Name, b.Period.Name)
		}
		r := Recommendation{Subject: b.Name, Currency: b.Currency, Amount: plain(excess), Reason: "saves nothing by itself", Title: title,
			Do: "spend less on it in time, or change the budget", Evidence: []Figure{{"budget", plain(b.Amount), b.Currency}, {"spent", plain(*b.Spent), b.Currency}}}
		if b.Outlook != nil && b.Projected != nil {
			r.Evidence = append(r.Evidence, Figure{"projected", plain(*b.Projected), b.Currency}, Figure{"projected, at least", plain(*b.ProjectedLow), b.Currency}, Figure{"projected, at most", plain(*b.ProjectedHigh), b.Currency})
			r.Assumptions = []string{"the rest of the period costs what the forecast says: " + strings.TrimSpace(b.Outlook.Method)}
		}
		out = append(out, r)
	}
	return out
}

// excessOf is by how much a budget is, or will be, exceeded: negative where it
// lasts.
func excessOf(b cost.Budget) (unit.Decimal, bool) {
	switch {
	case b.Spent == nil:
		return unit.Decimal{}, false
	case b.Projected != nil:
		return b.Projected.Sub(b.Amount), true
	}
	return b.Spent.Sub(b.Amount), true
}

func budgetSpend(d *Data, subject, _ string) (unit.Decimal, bool) {
	for _, b := range d.Budgets {
		if b.Name == subject {
			excess, known := excessOf(b)
			if excess.Sign() < 0 {
				excess = unit.Decimal{}
			}
			return excess, known
		}
	}
	return unit.Decimal{}, false
}
