package cost

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/forecast"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// AnomalySchema names the version of [AnomalyReport]'s JSON form.
const AnomalySchema = "slactl.anomalies/v1"

// AnomalyReport is what was unusual in a period.
type AnomalyReport struct {
	Schema  string      `json:"schema"`
	Period  period.Info `json:"period"`
	Measure Measure     `json:"measure"`
	By      []string    `json:"by"`
	// Checked is how many groups were looked at, and Unjudged how many of them have
	// too little history to be judged on any day of the period.
	Checked  int `json:"checked"`
	Unjudged int `json:"unjudged"`
	// BilledUntil is the last day with a charge, "" without any.
	BilledUntil string        `json:"billed_until"`
	Anomalies   []Anomaly     `json:"anomalies"`
	OneOffs     []OneOff      `json:"one_offs"` // what was left out
	Ledger      []LedgerEntry `json:"ledger"`
	Notes       []string      `json:"notes"`
}

// Severity ranks an anomaly by the money that it is about: its excess as a share
// of all that was spent in the period in its currency.
type Severity string

// The severities, with the shares from which they hold.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"  // from 1 %
	Critical Severity = "critical" // from 5 %
)

// severities are the bands in hundredths of the period's total.
var severities = [...]struct {
	from     string
	severity Severity
}{{"0.05", Critical}, {"0.01", Warning}}

// Anomaly is an episode of unusual days of one group: a spike of one or two days,
// or a shift of the level, which is reported once.
type Anomaly struct {
	Keys     map[string]*string `json:"keys"`
	Currency string             `json:"currency"`
	Kind     string             `json:"kind"` // spike, drop, shift_up, shift_down
	Severity Severity           `json:"severity"`
	Start    string             `json:"start"` // the first and the last unusual day
	End      string             `json:"end"`
	Days     int                `json:"days"`
	Amount   unit.Decimal       `json:"amount"`   // the exact cost of the unusual days
	Expected unit.Decimal       `json:"expected"` // what they would have cost, estimated
	Excess   unit.Decimal       `json:"excess"`   // amount − expected; negative when it was less
	// Share of the period's total in this currency that the excess is, without its
	// sign; nil when that is not above 0.
	Share    *unit.Decimal `json:"share"`
	Evidence []Evidence    `json:"evidence"` // a day each
	// History are the running costs of the nine weeks before the first unusual day
	// and up to the last: all that the evidence was computed from. A day without a
	// bill has none.
	History []DayAmount `json:"history"`
}

// DayAmount is an amount on a day, nil without a bill.
type DayAmount struct {
	Date   string        `json:"date"`
	Amount *unit.Decimal `json:"amount"`
}

// Evidence is how a day was judged; [forecast.Judgement] says how each figure is
// computed from those before it.
type Evidence struct {
	Date     string        `json:"date"`
	Amount   unit.Decimal  `json:"amount"`
	Method   string        `json:"method"` // ratio or difference
	Baseline []BaselineDay `json:"baseline"`
	Factor   unit.Decimal  `json:"factor"` // of the weekday: the median of the baseline's residuals
	Level    unit.Decimal  `json:"level"`
	Expected unit.Decimal  `json:"expected"`
	MAD      unit.Decimal  `json:"mad"`
	MADDays  int           `json:"mad_days"`
	OwnMAD   unit.Decimal  `json:"weekday_mad"`
	Scale    unit.Decimal  `json:"scale"`
	Limit    unit.Decimal  `json:"limit"`
	Low      unit.Decimal  `json:"low"`
	High     unit.Decimal  `json:"high"`
	Score    *unit.Decimal `json:"score"` // nil when the baseline has no scale
}

// BaselineDay is the same weekday in an earlier week.
type BaselineDay struct {
	Date     string       `json:"date"`
	Amount   unit.Decimal `json:"amount"`
	Before   unit.Decimal `json:"median_before"` // of the seven days before it
	Residual unit.Decimal `json:"residual"`
}

// OneOff is what a group was charged once on a day.
type OneOff struct {
	Date     string             `json:"date"`
	Keys     map[string]*string `json:"keys"`
	Currency string             `json:"currency"`
	Amount   unit.Decimal       `json:"amount"`
}

// AnomalyHistory is how many days before a period its anomalies are judged by:
// the nine weeks of a baseline, and as much again, so that what was unusual in
// them is known and left out.
const AnomalyHistory = 18 * 7

// leastShare is the smallest excess of a day worth a word, as a share of the
// median day of the currency.
const leastShare = 0.01

// FindAnomalies judges every group of the daily costs on the days of a span of
// dates (midnights in UTC). least replaces the smallest excess of a day that is
// reported, by default 1 % of what all groups of the currency cost on its median
// day.
func FindAnomalies(daily []Daily, by []string, span period.Span, least *unit.Decimal) *AnomalyReport {
	r := &AnomalyReport{Schema: AnomalySchema, By: append([]string{}, by...), Anomalies: []Anomaly{}, OneOffs: []OneOff{}, Ledger: []LedgerEntry{}, Notes: []string{}}
	totals, typical := periodTotals(daily, span), typicalDays(daily)
	for _, d := range daily {
		from, to := max(d.Index(span.Start), 0), min(d.Index(span.End), len(d.Days))
		for i := from; i < to; i++ {
			if !d.Days[i].OneOff.IsZero() {
				r.OneOffs = append(r.OneOffs, OneOff{d.Name(i), d.Keys, d.Currency, d.Days[i].OneOff})
			}
		}
		r.BilledUntil = max(r.BilledUntil, d.Name(len(d.Days)-1))
		s := d.Series()
		r.Checked++
		if !judgedAny(s, from, to) {
			r.Unjudged++
			continue
		}
		smallest := leastShare * typical[d.Currency]
		if least != nil {
			smallest = least.Float()
		}
		for _, a := range forecast.Anomalies(s, smallest) {
			if a.Last() >= from && a.First() < to {
				r.Anomalies = append(r.Anomalies, anomalyOf(d, a, totals[d.Currency]))
			}
		}
	}
	slices.SortStableFunc(r.Anomalies, func(a, b Anomaly) int {
		return cmp.Or(strings.Compare(a.Currency, b.Currency), magnitude(b.Excess).Cmp(magnitude(a.Excess)), strings.Compare(a.Start, b.Start))
	})
	slices.SortStableFunc(r.OneOffs, func(a, b OneOff) int { return strings.Compare(a.Date, b.Date) })
	return r
}

func judgedAny(s forecast.Series, from, to int) bool {
	for i := from; i < to; i++ {
		if _, ok := forecast.Judge(s, i); ok {
			return true
		}
	}
	return false
}

// periodTotals is all that was spent in the span, by currency.
func periodTotals(daily []Daily, span period.Span) map[string]unit.Decimal {
	out := map[string]unit.Decimal{}
	for _, d := range daily {
		out[d.Currency] = out[d.Currency].Add(d.sum(d.Index(span.Start), d.Index(span.End)))
	}
	return out
}

// typicalDays is what a median day costs, by currency, without its sign.
func typicalDays(daily []Daily) map[string]float64 {
	sums := map[string][]unit.Decimal{}
	for _, d := range daily {
		if sums[d.Currency] == nil {
			sums[d.Currency] = make([]unit.Decimal, len(d.Days))
		}
		for i, day := range d.Days {
			sums[d.Currency][i] = sums[d.Currency][i].Add(day.Running)
		}
	}
	out := map[string]float64{}
	for currency, days := range sums {
		slices.SortFunc(days, unit.Decimal.Cmp)
		out[currency] = math.Abs(days[len(days)/2].Float())
	}
	return out
}

func anomalyOf(d Daily, a forecast.Anomaly, total unit.Decimal) Anomaly {
	out := Anomaly{Keys: d.Keys, Currency: d.Currency, Start: d.Name(a.First()), End: d.Name(a.Last()), Days: len(a.Days), Evidence: []Evidence{}, History: []DayAmount{}}
	for _, j := range a.Days {
		e := evidenceOf(d, j)
		out.Evidence = append(out.Evidence, e)
		out.Amount, out.Expected = out.Amount.Add(e.Amount), out.Expected.Add(e.Expected)
	}
	out.Excess = out.Amount.Sub(out.Expected)
	out.Kind = kindOf(a.Shift, out.Excess.Sign() > 0)
	for i := max(a.First()-(forecast.BaselineWeeks+1)*7, 0); i <= a.Last(); i++ {
		day := DayAmount{Date: d.Name(i)}
		if d.Days[i].Known {
			day.Amount = &d.Days[i].Running
		}
		out.History = append(out.History, day)
	}
	out.Severity = Warning // without a total there is nothing to rank it by
	if total.Sign() > 0 {
		ratio, _ := unit.RatioOf(magnitude(out.Excess), total)
		share := unit.QuantizeRat(ratio, 6, unit.HalfEven)
		out.Share, out.Severity = &share, Info
		for _, band := range severities {
			if share.Cmp(unit.MustDecimal(band.from)) >= 0 {
				out.Severity = band.severity
				break
			}
		}
	}
	return out
}

func kindOf(shift, more bool) string {
	switch {
	case shift && more:
		return "shift_up"
	case shift:
		return "shift_down"
	case more:
		return "spike"
	}
	return "drop"
}

func evidenceOf(d Daily, j forecast.Judgement) Evidence {
	money := func(f float64) unit.Decimal { return estimated(f, d.Currency) }
	e := Evidence{Date: d.Name(j.Index), Amount: d.Days[j.Index].Running, Method: "difference", Baseline: []BaselineDay{}, Factor: money(j.Factor),
		Level: money(j.Level), Expected: money(j.Expected), MAD: money(j.MAD), MADDays: j.Days, OwnMAD: money(j.OwnMAD), Scale: money(j.Scale),
		Limit: money(forecast.Limit), Low: money(j.Low), High: money(j.High)}
	if j.Ratio {
		e.Method = "ratio"
	}
	if j.Score != nil {
		score := estimated(*j.Score, "")
		e.Score = &score
	}
	for _, b := range j.Baseline {
		e.Baseline = append(e.Baseline, BaselineDay{d.Name(b.Index), d.Days[b.Index].Running, money(b.Before), money(b.Residual)})
	}
	return e
}

func magnitude(d unit.Decimal) unit.Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}
