package cost

import (
	"time"

	"github.com/slactl/slactl/internal/forecast"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// ForecastSchema names the version of [ForecastReport]'s JSON form.
const ForecastSchema = "slactl.forecast/v1"

// IntervalLevel is the probability that intervals are made for, in percent.
const IntervalLevel = 80

// ForecastHistory is how many days before the horizon a forecast is made from, at
// most.
const ForecastHistory = 400

// shownHistory is how many past days a forecast carries, to be drawn beside it.
const shownHistory = 42

// ForecastReport is what the running costs of each group will be. One-off charges
// are not forecast.
type ForecastReport struct {
	Schema    string        `json:"schema"`
	Horizon   string        `json:"horizon"` // 30d, month-end, quarter-end
	Until     string        `json:"until"`   // the last day of the horizon
	Measure   Measure       `json:"measure"`
	By        []string      `json:"by"`
	Forecasts []Forecast    `json:"forecasts"`
	Ledger    []LedgerEntry `json:"ledger"`
	Notes     []string      `json:"notes"`
}

// Forecast is what one group will cost from the day after its last complete day
// up to the end of the horizon.
type Forecast struct {
	Keys     map[string]*string `json:"keys"`
	Currency string             `json:"currency"`
	From     string             `json:"from"`    // the first day that is forecast
	History  int                `json:"history"` // days that it is forecast from
	Outlook
	// Spent is what was charged in the month or quarter of the horizon before From,
	// one-off charges with it, and Period the whole of it; nil for a number of days.
	Spent  *unit.Decimal `json:"spent,omitempty"`
	Period *Interval     `json:"period_total,omitempty"`
	Past   []DayAmount   `json:"past"` // the running costs of the last weeks
}

// Outlook is a forecast with what its method achieved on the past. Either it has
// a total and a method, or a reason why not.
type Outlook struct {
	Total    *Interval     `json:"total"`
	Days     []DayInterval `json:"days"`
	Method   string        `json:"method,omitempty"`
	Backtest *Backtest     `json:"backtest"`
	Reason   string        `json:"reason,omitempty"`
}

// Interval is an estimated amount, and the interval that it lies in with the
// probability of [IntervalLevel].
type Interval struct {
	Amount unit.Decimal `json:"amount"`
	Low    unit.Decimal `json:"low"`
	High   unit.Decimal `json:"high"`
}

// DayInterval is the forecast of a day.
type DayInterval struct {
	Date string `json:"date"`
	Interval
}

// Backtest is how good the method was when the past was forecast from earlier days
// of it, beside the seasonal naive forecast, which repeats the last week.
type Backtest struct {
	Origins         int          `json:"origins"`     // times that it was forecast
	Error           unit.Decimal `json:"error"`       // mean absolute error of a day
	NaiveError      unit.Decimal `json:"naive_error"` // of the seasonal naive forecast
	TotalError      unit.Decimal `json:"total_error"` // mean absolute error of the total of the horizon
	NaiveTotalError unit.Decimal `json:"naive_total_error"`
	Level           int          `json:"interval_percent"`
	// Coverage is the share of the checked days that lay in the interval that would
	// have been given; nil where the history is too short to check it.
	Coverage      *unit.Decimal `json:"coverage"`
	Checked       int           `json:"checked_days"`
	TotalCoverage *unit.Decimal `json:"total_coverage"` // the same for totals of the horizon
	CheckedTotals int           `json:"checked_totals"`
	Methods       []Score       `json:"methods"` // every candidate
}

// Score is the error of one candidate.
type Score struct {
	Method     string       `json:"method"`
	Error      unit.Decimal `json:"error"`
	TotalError unit.Decimal `json:"total_error"`
}

// ForecastDaily forecasts every group for the days of a span of dates (midnights
// in UTC) that are not billed yet. whole says that the span is a calendar period:
// what was spent in it is then told beside the forecast.
func ForecastDaily(daily []Daily, by []string, horizon string, span period.Span, whole bool) *ForecastReport {
	r := &ForecastReport{Schema: ForecastSchema, Horizon: horizon, Until: span.End.AddDate(0, 0, -1).Format(time.DateOnly), By: append([]string{}, by...),
		Forecasts: []Forecast{}, Ledger: []LedgerEntry{}, Notes: []string{}}
	for _, d := range daily {
		f := Forecast{Keys: d.Keys, Currency: d.Currency, From: d.Name(d.next(span)), History: len(d.Days), Outlook: d.outlook(span), Past: []DayAmount{}}
		for i := max(len(d.Days)-shownHistory, 0); i < len(d.Days); i++ {
			day := DayAmount{Date: d.Name(i)}
			if d.Days[i].Known {
				day.Amount = &d.Days[i].Running
			}
			f.Past = append(f.Past, day)
		}
		if whole {
			spent := d.sum(d.Index(span.Start), len(d.Days))
			f.Spent = &spent
			if f.Total != nil {
				all := f.Total.plus(spent)
				f.Period = &all
			}
		}
		r.Forecasts = append(r.Forecasts, f)
	}
	return r
}

// next is the index of the first day of a span that is not billed yet.
func (d Daily) next(span period.Span) int { return max(d.Index(span.Start), len(d.Days)) }

// outlook forecasts the running costs of the days of a span that are not billed
// yet. Where bills lag behind, the days before the span are forecast as well, and
// left out: the interval of what remains is as wide as that of all of them.
func (d Daily) outlook(span period.Span) Outlook {
	days, skip := d.Index(span.End)-len(d.Days), d.next(span)-len(d.Days)
	if days <= skip {
		return Outlook{Days: []DayInterval{}, Reason: "every day is billed already"}
	}
	p, err := forecast.Project(d.Series(), days, float64(IntervalLevel)/100)
	if err != nil {
		return Outlook{Days: []DayInterval{}, Reason: err.Error()}
	}
	money := func(f float64) unit.Decimal { return estimated(f, d.Currency) }
	o := Outlook{Method: p.Method, Total: &Interval{Low: money(p.Total.Low), High: money(p.Total.High)}}
	for h, day := range p.Days {
		if h < skip {
			o.Total.Low, o.Total.High = o.Total.Low.Sub(money(day.Point)), o.Total.High.Sub(money(day.Point))
			continue
		}
		o.Days = append(o.Days, DayInterval{d.Name(len(d.Days) + h), Interval{money(day.Point), money(day.Low), money(day.High)}})
		o.Total.Amount = o.Total.Amount.Add(money(day.Point)) // so that the days add up to the total
	}
	if p.Total.Low >= 0 {
		o.Total.Low = most(o.Total.Low, unit.Decimal{})
	}
	test, own, naive := p.Test, p.Test.Score(p.Method), p.Test.Score(forecast.Naive)
	b := &Backtest{Origins: test.Origins, Level: IntervalLevel, Error: money(own.Error), NaiveError: money(naive.Error), TotalError: money(own.TotalError),
		NaiveTotalError: money(naive.TotalError), Coverage: shareOfDays(test.Covered, test.Checked), Checked: test.Checked,
		TotalCoverage: shareOfDays(test.TotalCovered, test.TotalChecked), CheckedTotals: test.TotalChecked}
	for _, s := range test.Scores {
		b.Methods = append(b.Methods, Score{s.Method, money(s.Error), money(s.TotalError)})
	}
	o.Backtest = b
	return o
}

// shareOfDays is a part of a whole to four digits, nil of nothing.
func shareOfDays(part, whole int) *unit.Decimal {
	ratio, ok := unit.RatioOf(unit.DecimalOfInt(int64(part)), unit.DecimalOfInt(int64(whole)))
	if !ok {
		return nil
	}
	share := unit.QuantizeRat(ratio, 4, unit.HalfEven)
	return &share
}

// plus shifts an interval by an amount that is known.
func (i Interval) plus(d unit.Decimal) Interval {
	return Interval{i.Amount.Add(d), i.Low.Add(d), i.High.Add(d)}
}
