package cost

import (
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// BudgetSchema names the version of [BudgetReport]'s JSON form.
const BudgetSchema = "slactl.budgets/v1"

// BudgetReport is how the configured budgets stand.
type BudgetReport struct {
	Schema  string        `json:"schema"`
	Measure Measure       `json:"measure"`
	Budgets []Budget      `json:"budgets"`
	Ledger  []LedgerEntry `json:"ledger"`
	Notes   []string      `json:"notes"`
}

// Plan is a budget as it was made: so much for what Match picks in each calendar
// period.
type Plan struct {
	Name     string
	Match    Match // everything when empty
	Amount   unit.Decimal
	Currency string // "" for the only one that there is
	// AlertAt are percentages of the amount to tell of; 100 alone when empty.
	AlertAt []unit.Decimal
}

// Budget is how one budget stands in one period.
type Budget struct {
	Name     string       `json:"name"`
	Period   period.Info  `json:"period"`
	Match    Match        `json:"match,omitempty"`
	Currency string       `json:"currency"`
	Amount   unit.Decimal `json:"amount"`
	// Spent is every charge of the period so far, exactly; nil, with the reason,
	// where it is not known.
	Spent     *unit.Decimal `json:"spent"`
	Remaining *unit.Decimal `json:"remaining"`
	// ConsumedRatio is spent / amount, six digits, cut upwards: a budget is never
	// shown with more left than there is.
	ConsumedRatio *unit.Decimal `json:"consumed_ratio"`
	// Projected is what the whole period will cost: what is spent, and the forecast
	// of the days that are not over. In a closed period it is what was spent.
	Projected     *unit.Decimal `json:"projected"`
	ProjectedLow  *unit.Decimal `json:"projected_low"`
	ProjectedHigh *unit.Decimal `json:"projected_high"`
	// ExhaustsAt is the start of the day on which all that was charged, and then
	// forecast, passes the amount: in the past when it is spent. It is nil when it
	// lasts, or when nothing is forecast.
	ExhaustsAt *time.Time `json:"exhausts_at"`
	// Alerts are the percentages that are reached, AlertsProjected those that will
	// be by the end of the period.
	Alerts          []unit.Decimal `json:"alerts"`
	AlertsProjected []unit.Decimal `json:"alerts_projected"`
	Outlook         *Outlook       `json:"forecast"` // of the rest of the period
	Course          []DayAmount    `json:"course"`   // what was spent up to the end of each day
	Reason          string         `json:"reason,omitempty"`
}

// Reached reports whether a threshold of the budget is reached, or the budget
// spent.
func (b Budget) Reached() bool {
	return len(b.Alerts) > 0 || b.Spent != nil && b.Spent.Cmp(b.Amount) >= 0
}

// SpendBudget measures a budget over a period whose days are dates of the
// period's zone, out of the report of a [DailyQuery] without further keys that
// holds the period and the history before it. last is the last day that is over.
func SpendBudget(plan Plan, p period.Period, r *Report, last time.Time) Budget {
	b := Budget{Name: plan.Name, Period: p.Info(), Match: plan.Match, Currency: plan.Currency, Amount: plan.Amount, Alerts: []unit.Decimal{}, AlertsProjected: []unit.Decimal{}, Course: []DayAmount{}}
	if b.Currency == "" {
		if len(r.Totals) != 1 {
			b.Reason = "the budget names no currency, and there is not just one in the bills; set currency on it, or cost.currency"
			return b
		}
		b.Currency = r.Totals[0].Currency
	}
	start, end := dateIn(p.Start, p.Zone), dateIn(p.End, p.Zone)
	closed := last.AddDate(0, 0, 1).Compare(end) >= 0
	all := daysIn(r, b.Currency, end.AddDate(0, 0, -1))
	b.spend(all, start, end, closed)
	if !closed {
		b.project(all, daysIn(r, b.Currency, last), start, end)
	}
	b.alert(plan.AlertAt)
	return b
}

// daysIn are the days of one currency up to a date; without a charge there are
// none.
func daysIn(r *Report, currency string, last time.Time) Daily {
	for _, d := range DailyOf(r, nil, last) {
		if d.Currency == currency {
			return d
		}
	}
	return Daily{Currency: currency, First: last.AddDate(0, 0, 1)}
}

// dateIn is the date of an instant in a zone, as its midnight in UTC.
func dateIn(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// spend adds up what was charged in the period, and says when it was too much.
func (b *Budget) spend(d Daily, start, end time.Time, closed bool) {
	spent := d.sum(d.Index(start), d.Index(end))
	remaining := b.Amount.Sub(spent)
	b.Spent, b.Remaining = &spent, &remaining
	if ratio, ok := unit.RatioOf(spent, b.Amount); ok {
		consumed := unit.QuantizeRat(ratio, 6, unit.Up)
		b.ConsumedRatio = &consumed
	}
	if closed {
		b.Projected, b.ProjectedLow, b.ProjectedHigh = &spent, &spent, &spent
	}
	var sum unit.Decimal
	for i := max(d.Index(start), 0); i < len(d.Days); i++ {
		sum = sum.Add(d.Days[i].Total())
		at := sum
		b.Course = append(b.Course, DayAmount{d.Name(i), &at})
		if b.ExhaustsAt == nil && sum.Cmp(b.Amount) > 0 {
			day := b.midnight(d.First.AddDate(0, 0, i))
			b.ExhaustsAt = &day
		}
	}
	if sum.Cmp(b.Amount) <= 0 { // a credit brought it back
		b.ExhaustsAt = nil
	}
}

// midnight is the start of a date where the period is cut.
func (b *Budget) midnight(date time.Time) time.Time {
	zone, err := time.LoadLocation(b.Period.Timezone)
	if err != nil {
		zone = time.UTC
	}
	return period.StartOfDay(date.Year(), date.Month(), date.Day(), zone)
}

// project forecasts the days that are not over. What was charged on those so far
// is part of what they will cost, except for one-off charges, which come on top.
func (b *Budget) project(all, over Daily, start, end time.Time) {
	span := period.Span{Start: start, End: end}
	first := over.First.AddDate(0, 0, over.next(span)) // the first day that is forecast
	known := over.sum(over.Index(start), len(over.Days))
	for i := max(all.Index(first), all.Index(start)); i >= 0 && i < len(all.Days); i++ {
		known = known.Add(all.Days[i].OneOff)
	}
	o := over.outlook(span)
	if len(over.Days) == 0 {
		o = Outlook{Days: []DayInterval{}, Reason: "no charge matches in the history"}
	}
	b.Outlook = &o
	if o.Total == nil {
		return
	}
	whole := o.Total.plus(known)
	if o.Total.Low.Sign() >= 0 { // costs that only grow are at least what they are
		whole = Interval{most(whole.Amount, *b.Spent), most(whole.Low, *b.Spent), most(whole.High, *b.Spent)}
	}
	b.Projected, b.ProjectedLow, b.ProjectedHigh = &whole.Amount, &whole.Low, &whole.High
	for i := 0; b.ExhaustsAt == nil && i < len(o.Days); i++ {
		if known = known.Add(o.Days[i].Amount); known.Cmp(b.Amount) > 0 {
			day := b.midnight(first.AddDate(0, 0, i))
			b.ExhaustsAt = &day
		}
	}
}

func most(a, b unit.Decimal) unit.Decimal {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// alert lists the thresholds that are, and will be, reached.
func (b *Budget) alert(at []unit.Decimal) {
	if len(at) == 0 {
		at = []unit.Decimal{unit.DecimalOfInt(100)}
	}
	for _, percent := range at {
		threshold := b.Amount.Mul(percent).Mul(unit.MustDecimal("0.01"))
		if b.Spent.Cmp(threshold) >= 0 {
			b.Alerts = append(b.Alerts, percent)
		}
		if b.Projected != nil && b.Projected.Cmp(threshold) >= 0 {
			b.AlertsProjected = append(b.AlertsProjected, percent)
		}
	}
}
