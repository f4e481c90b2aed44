package cost

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/forecast"
	"github.com/slactl/slactl/internal/unit"
)

// dailyKeys are asked of every breakdown that [DailyOf] reads, before its own
// keys.
var dailyKeys = [...]string{"day", "charge_category", "charge_class"}

// DailyQuery returns the query whose report [DailyOf] reads, grouped by the given
// keys besides.
func DailyQuery(q Query, by []string) Query {
	q.By = append(dailyKeys[:len(dailyKeys):len(dailyKeys)], by...)
	return q
}

// Daily is what one group cost by day, in one currency.
type Daily struct {
	Keys     map[string]*string // as in [Group]; empty for the total
	Currency string
	First    time.Time // the first day, as its midnight in UTC
	Days     []Day
}

// Day is what a day cost. Running is what comes again tomorrow; OneOff is what
// came once, or once a month: charges of a category other than usage (purchases,
// taxes, credits, adjustments), and corrections. Such a category runs
// nevertheless, in the group where it has charges on at least half of the days.
type Day struct {
	Running, OneOff unit.Decimal
	// Known is false where no bill in this currency has a charge of the day: it is
	// a gap, not a day without costs.
	Known bool
}

// Total is all that the day cost.
func (d Day) Total() unit.Decimal { return d.Running.Add(d.OneOff) }

// dailyGroup collects the amounts of one group by day, each category for itself.
type dailyGroup struct {
	daily  Daily
	byKind map[string]map[int]*unit.Sum // by the kind of charge and the day's index
}

// DailyOf turns the report of a [DailyQuery] into a series for each group and
// currency, from the currency's first day to its last, and at the latest to the
// given one (its midnight in UTC): what is after it is not over. The most
// expensive group comes first.
func DailyOf(r *Report, by []string, last time.Time) []Daily {
	known := knownDays(r, last)
	groups := map[string]*dailyGroup{}
	for _, g := range r.Groups {
		day, ok := dayOf(g)
		days := known[g.Currency]
		if !ok || day.After(last) || days == nil {
			continue
		}
		id := g.Currency + "\x00" + keyText(g.Keys, by)
		group := groups[id]
		if group == nil {
			group = &dailyGroup{daily: Daily{Keys: only(g.Keys, by), Currency: g.Currency, First: days[0]}, byKind: map[string]map[int]*unit.Sum{}}
			groups[id] = group
		}
		group.add(chargeKind(g), between(days[0], day), g.Amount)
	}
	var out []Daily
	total := map[string]unit.Decimal{}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		d := groups[id].days(known[groups[id].daily.Currency])
		total[d.id(by)] = d.sum(0, len(d.Days))
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Daily) int {
		return cmp.Or(strings.Compare(a.Currency, b.Currency), total[b.id(by)].Cmp(total[a.id(by)]))
	})
	return out
}

func (d Daily) id(by []string) string { return d.Currency + "\x00" + keyText(d.Keys, by) }

// knownDays are the days of each currency on which something was charged, in
// order.
func knownDays(r *Report, last time.Time) map[string][]time.Time {
	out := map[string][]time.Time{}
	for _, g := range r.Groups {
		if day, ok := dayOf(g); ok && !day.After(last) {
			out[g.Currency] = append(out[g.Currency], day)
		}
	}
	for currency, days := range out {
		slices.SortFunc(days, time.Time.Compare)
		out[currency] = slices.Compact(days)
	}
	return out
}

func dayOf(g Group) (time.Time, bool) {
	if g.Keys["day"] == nil {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, *g.Keys["day"])
	return day, err == nil
}

// chargeKind is "" for usage, and else what makes a charge one-off.
func chargeKind(g Group) string {
	if class := g.Keys["charge_class"]; class != nil {
		return strings.ToLower(*class)
	}
	if c := g.Keys["charge_category"]; c != nil && !strings.EqualFold(*c, "Usage") {
		return strings.ToLower(*c)
	}
	return ""
}

func (g *dailyGroup) add(kind string, day int, amount unit.Decimal) {
	if g.byKind[kind] == nil {
		g.byKind[kind] = map[int]*unit.Sum{}
	}
	if g.byKind[kind][day] == nil {
		g.byKind[kind][day] = &unit.Sum{}
	}
	g.byKind[kind][day].Add(amount)
}

// days lays the amounts out over the known days.
func (g *dailyGroup) days(known []time.Time) Daily {
	d := g.daily
	d.Days = make([]Day, between(d.First, known[len(known)-1])+1)
	for _, day := range known {
		d.Days[between(d.First, day)].Known = true
	}
	for kind, amounts := range g.byKind {
		running := kind == "" || 2*len(amounts) >= len(known)
		for i, amount := range amounts {
			day := &d.Days[i]
			if running {
				day.Running = day.Running.Add(amount.Total())
			} else {
				day.OneOff = day.OneOff.Add(amount.Total())
			}
		}
	}
	return d
}

// Name returns the date of a day's index as text.
func (d Daily) Name(i int) string { return d.First.AddDate(0, 0, i).Format(time.DateOnly) }

// Index returns the index of a date, which may lie outside of the days.
func (d Daily) Index(date time.Time) int { return between(d.First, date) }

// Series are the running costs, for statistics.
func (d Daily) Series() forecast.Series {
	s := forecast.Series{First: d.First, Values: make([]*float64, len(d.Days))}
	for i, day := range d.Days {
		if day.Known {
			f := day.Running.Float()
			s.Values[i] = &f
		}
	}
	return s
}

// sum is the exact total of the days from one index up to another.
func (d Daily) sum(from, to int) unit.Decimal {
	var sum unit.Sum
	for i := max(from, 0); i < min(to, len(d.Days)); i++ {
		sum.Add(d.Days[i].Total())
	}
	return sum.Total()
}

// between counts the days from one date to another, both midnights in UTC.
func between(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// only keeps the asked keys.
func only(keys map[string]*string, by []string) map[string]*string {
	out := make(map[string]*string, len(by))
	for _, k := range by {
		out[k] = keys[k]
	}
	return out
}

// keyText tells groups apart.
func keyText(keys map[string]*string, by []string) string {
	var b strings.Builder
	for _, k := range by {
		if v := keys[k]; v != nil {
			b.WriteString("=" + *v)
		}
		b.WriteByte(0)
	}
	return b.String()
}

// estimated writes a statistic as money: half even to six significant digits, and
// to the minor unit of the currency where that is finer. It is no amount that
// anyone was charged.
func estimated(f float64, currency string) unit.Decimal {
	d, ok := unit.DecimalOfFloat(f)
	if !ok {
		return unit.Decimal{}
	}
	const significant = 6
	digits := unit.MinorUnits(currency)
	if f != 0 {
		digits = max(digits, significant-1-int(math.Floor(math.Log10(math.Abs(f)))))
	}
	const most = 12
	out, err := unit.ParseDecimal(d.Quantize(min(digits, most), unit.HalfEven).Canonical())
	if err != nil {
		return d
	}
	return out
}

// LastDay is the last date, as its midnight in UTC, that is over at an instant in
// every one of the zones, in which bills are cut; without any, in UTC.
func LastDay(now time.Time, zones []*time.Location) time.Time {
	if len(zones) == 0 {
		zones = []*time.Location{time.UTC}
	}
	var last time.Time
	for i, zone := range zones {
		y, m, d := now.In(zone).Date()
		if day := time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC); i == 0 || day.Before(last) {
			last = day
		}
	}
	return last
}
