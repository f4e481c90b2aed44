package generate

import (
	"fmt"
	"math/big"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

const day = 24 * time.Hour

// burn is one alert on the pace at which the error budget is spent.
// https://sre.google/workbook/alerting-on-slos/
type burn struct {
	share       int64 // percent of the period's budget that is spent in the window
	long, short time.Duration
	mild        bool // a ticket, no page
}

var burns = [...]burn{
	{2, time.Hour, 5 * time.Minute, false},
	{5, 6 * time.Hour, 30 * time.Minute, false},
	{10, 3 * day, 6 * time.Hour, true},
}

// factor is how many times faster than evenly the budget is spent.
func (w burn) factor(period time.Duration) *big.Rat {
	return new(big.Rat).Mul(big.NewRat(w.share, 100), big.NewRat(int64(period), int64(w.long)))
}

// burns are the alerts on the burn rate of one audience.
func (b *builder) burns(ob *objective, who audience) []rule {
	allowed := who.target.Rat() // percent
	sign := "at most"
	if ob.Comparison == sla.AtLeast {
		allowed, sign = new(big.Rat).Sub(big.NewRat(100, 1), allowed), "at least"
	}
	var out []rule
	for _, w := range burns {
		factor := w.factor(b.o.Period)
		threshold := new(big.Rat).Mul(factor, new(big.Rat).Quo(allowed, big.NewRat(100, 1)))
		name := "SLABudgetBurn" + span(w.long)
		if factor.Cmp(big.NewRat(1, 1)) < 0 {
			b.note("%s is left out: in %s, %d %% of the budget of %s is less than an even share", name, span(w.long), w.share, span(b.o.Period))
			continue
		}
		if threshold.Cmp(big.NewRat(1, 1)) >= 0 {
			b.note("%s of %s.%s%s is left out: it can never fire, for at a target of %s %% it needs %s %% bad events", name, ob.SLA, ob.Name, ofTier(who),
				who.target.Canonical(), decimal(new(big.Rat).Mul(threshold, big.NewRat(100, 1))))
			continue
		}
		severity := ob.severity()
		if w.mild {
			severity = ob.milder()
		}
		r := rule{alert: name, labels: ob.labels(who, severity),
			expr: "(\n  " + ob.ratio(who, w.long) + " > " + decimal(threshold) + "\n)\nand\n(\n  " + ob.ratio(who, w.short) + " > " + decimal(threshold) + "\n)",
			annotations: []pair{
				{"summary", ob.whom(who) + " spends its error budget " + decimal(factor) + " times too fast"},
				{"description", fmt.Sprintf("More than %s %% of the events of %s and of %s are bad. The target is %s %s %%; %d %% of the error budget of %s go in %s.",
					decimal(new(big.Rat).Mul(threshold, big.NewRat(100, 1))), span(w.long), span(w.short), sign, who.target.Canonical(), w.share, span(b.o.Period), span(w.long))}}}
		r.proof = ob.burnProof(r, who, w, threshold)
		out = append(out, b.proven(ob, r))
	}
	return out
}

// ratio is the share of bad events in a window. The recorded series already
// reach back five minutes, so the shortest window is their last value.
func (ob *objective) ratio(who audience, window time.Duration) string {
	bad, events := ob.narrow(ob.recorded(badRecord), who), ob.narrow(ob.recorded(eventsRecord), who)
	if window == 5*time.Minute {
		return bad + "\n    / " + events
	}
	return "sum_over_time(" + bad + "[" + span(window) + "])\n    / sum_over_time(" + events + "[" + span(window) + "])"
}

// quantiles are the alerts on a latency: the target, and the earlier warning
// where it is stricter.
func (b *builder) quantiles(ob *objective, who audience) []rule {
	bound := func(name, severity, what string, limit unit.Decimal) rule {
		window := span(ob.MeasurementWindow)
		inner := "histogram_quantile(" + decimal(new(big.Rat).Quo(ob.Quantile.Rat(), big.NewRat(100, 1))) + ", " + ob.by("le") + " (rate(" + ob.narrow(*ob.counts.buckets, who) + "[" + window + "])))"
		if ob.Scale.Cmp(unit.DecimalOfInt(1)) != 0 {
			inner = ob.Scale.Canonical() + " * " + inner
		}
		r := rule{alert: name, labels: ob.labels(who, severity), expr: inner + " > " + limit.Canonical(), pending: ob.GracePeriod,
			annotations: []pair{
				{"summary", ob.whom(who) + " is above " + what},
				{"description", fmt.Sprintf("The quantile of the last %s is {{ $value | printf \"%%.4g\" }}, above %s; the target is %s (%s).", window, limit.Canonical(), who.target.Canonical(), ob.Unit)}}}
		r.proof = ob.quantileProof(r, who, limit)
		return b.proven(ob, r)
	}
	out := []rule{bound("SLATargetExceeded", ob.severity(), "its target", who.target)}
	if ob.WarnAt != nil && ob.WarnAt.Cmp(who.target) < 0 {
		out = append(out, bound("SLAWarningExceeded", ob.milder(), "its early warning", *ob.WarnAt))
	}
	return out
}

// absentFor is how long data may be missing: longer than the five minutes of the
// recorded series, and a restart.
const absentFor = 15 * time.Minute

// absent are the alerts on missing data: of nobody at all, and of an organization
// that had data within a day. They are two, for a label that names a missing
// organization would have no value in the first.
func (b *builder) absent(ob *objective) []rule {
	events := ob.recorded(eventsRecord).String()
	rules := []rule{{alert: "SLADataAbsent", expr: "absent(" + events + ")"}}
	if ob.label != "" {
		rules = append(rules, rule{alert: "SLADataVanished", expr: "last_over_time(" + events + "[1d])\nunless\n" + events})
	}
	for i := range rules {
		r := &rules[i]
		everybody := *ob
		if r.alert == "SLADataAbsent" {
			everybody.label = ""
		}
		r.pending, r.labels = absentFor, everybody.labels(audience{}, ob.milder())
		r.annotations = []pair{
			{"summary", everybody.whom(audience{}) + " has no data"},
			{"description", "Nothing was counted for " + span(absentFor) + ": the objective cannot be judged, and its other alerts cannot fire."}}
		r.proof = ob.absentProof(*r)
		*r = b.proven(ob, *r)
	}
	return rules
}

// proven notes an alert for which no test can be made.
func (b *builder) proven(ob *objective, r rule) rule {
	if r.proof == nil {
		b.note("%s of %s.%s has no unit test: no series was found that its selectors tell apart", r.alert, ob.SLA, ob.Name)
	}
	return r
}

func ofTier(who audience) string {
	if who.tier == "" {
		return ""
	}
	return " for " + who.tier
}

func span(d time.Duration) string { return period.FormatDuration(d) }

// decimal writes a rational number with at most twelve digits after the point.
func decimal(r *big.Rat) string {
	return unit.QuantizeRat(r, 12, unit.HalfEven).Canonical()
}
