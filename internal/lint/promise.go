package lint

import (
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// promiseRules are about the targets of SLAs.
func promiseRules() []Rule {
	target := func(rest string) string {
		return source + "sla_definitions: {availability: {" + rest + ", indicator: {preset: http}}}"
	}
	latency := func(rest string) string {
		return source + "sla_definitions: {response_time: {" + rest + ", indicator: {histogram: request_seconds}}}"
	}
	return []Rule{
		{
			Name: "no-room", Severity: yamlpos.Warning, Run: noRoom,
			Summary: "A target has no room for a single bad event.",
			Why:     "A target of 100 % (or of at most 0 %) has an error budget of 0: the first bad event breaches it for the whole period.",
			Remedy:  "Leave room for an error budget, such as 99.99.",
			Bad:     target("target: 100"),
			Good:    target("target: 99.99"),
		},
		{
			Name: "fraction", Severity: yamlpos.Warning, Run: fraction,
			Summary: "A percentage looks like a fraction.",
			Why:     "A target of 0.999 is met when 99 % of all requests fail.",
			Remedy:  "Write percentages: 99.9.",
			Bad:     target("target: 0.999"),
			Good:    target("target: 99.9"),
		},
		{
			Name: "inverted-target", Severity: yamlpos.Warning, Run: invertedTarget,
			Summary: "A share of failures has the target of a share of successes, or the reverse.",
			Why:     "At most 99.9 % errors, or at least 0.1 % successes, is a promise that nothing breaks.",
			Remedy:  "Subtract it from 100, or write it under the other key.",
			Bad:     target("error_rate_threshold: 99.9"),
			Good:    target("error_rate_threshold: 0.1"),
		},
		{
			Name: "contradiction", Severity: yamlpos.Warning, Run: contradiction,
			Summary: "Two objectives promise different shares of the same events.",
			Why:     "The looser one is kept whenever the stricter one is, so it promises nothing: a report shows the same failures twice, judged differently.",
			Remedy:  "Keep the one that the contract names, or measure them by different events.",
			Bad:     target("target: 99.9, error_rate_threshold: 1.0"),
			Good:    target("target: 99.9"),
		},
		{
			Name: "quantile-order", Severity: yamlpos.Warning, Run: quantileOrder,
			Summary: "A higher quantile of one histogram has a lower target than a lower quantile.",
			Why:     "Whoever keeps the higher one keeps the lower one anyway: one of the targets is not meant.",
			Remedy:  "Raise the one or lower the other.",
			Bad:     latency("objectives: [{name: most, quantile: 0.95, at_most: 500}, {name: nearly_all, quantile: 0.99, at_most: 300}]"),
			Good:    latency("objectives: [{name: most, quantile: 0.95, at_most: 300}, {name: nearly_all, quantile: 0.99, at_most: 500}]"),
		},
		{
			Name: "warn-at", Severity: yamlpos.Warning, Run: warnAt,
			Summary: "A warning level is not stricter than the target.",
			Why:     "It never warns before the target is missed.",
			Remedy:  "Write a value on the good side of the target.",
			Bad:     latency("p95_target_ms: 500, warn_at_ms: {p95: 800}"),
			Good:    latency("p95_target_ms: 500, warn_at_ms: {p95: 400}"),
		},
		{
			Name: "burn-rate", Severity: yamlpos.Info, Run: burnRate,
			Summary: "The usual alert on a fast burn rate can never fire at a target.",
			Why:     "The alert asks for 14.4 times the bad events that the target allows. When more than 100 % of the events had to be bad for that, even a full outage does not raise it.",
			Remedy:  "Use a stricter target, or an alert on the share of bad events itself.",
			Bad:     target("target: 90"),
			Good:    target("target: 99"),
		},
	}
}

func hundred() unit.Decimal { return unit.DecimalOfInt(100) }

// targetPath is the path of an objective's target: the key that is shorthand for
// it, or the one below its entry.
func targetPath(o config.ObjectiveSpec) string {
	if strings.HasSuffix(o.Path, "]") {
		return o.Path + "." + string(o.Comparison)
	}
	return o.Path
}

// allowed is the share of bad events that an objective in percent allows.
func allowed(o config.ObjectiveSpec) unit.Decimal {
	if o.Comparison == sla.AtMost {
		return o.Target
	}
	return hundred().Sub(o.Target)
}

func noRoom(p *Pass) {
	const hint = "leave room for an error budget, such as 99.99"
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			if o.Unit == "percent" && allowed(o).IsZero() {
				p.Report(targetPath(o), hint, "the target %s %% has no room for a single bad event", o.Target)
			}
		}
	}
	for _, t := range p.Config.ServiceTiers {
		if v := t.Value.AvailabilityTarget; v != nil && v.Cmp(hundred()) == 0 {
			p.Report("service_tiers."+t.Key+".availability_target", hint, "the target %s %% has no room for a single bad event", v)
		}
	}
}

func fraction(p *Pass) {
	look := func(path string, v *unit.Decimal) {
		if v != nil && v.Sign() > 0 && v.Cmp(unit.DecimalOfInt(1)) <= 0 {
			p.Report(path, "write "+v.Mul(hundred()).Canonical(), "%s is a fraction where a percentage is expected: it is %s %%", v, v)
		}
	}
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			if o.Unit == "percent" && o.Comparison == sla.AtLeast {
				look(targetPath(o), &o.Target)
			}
		}
		look(s.path+".slice_target", s.def.SliceTarget)
	}
	for _, t := range p.Config.ServiceTiers {
		path := "service_tiers." + t.Key
		look(path+".availability_target", t.Value.AvailabilityTarget)
		for i, h := range t.Value.History {
			look(item(path+".history", i)+".availability_target", h.AvailabilityTarget)
		}
	}
	p.bands(func(path string, b config.CreditBand, o config.ObjectiveSpec) {
		if o.Unit == "percent" {
			look(path+".below", b.Below)
		}
	})
}

func invertedTarget(p *Pass) {
	fifty := unit.DecimalOfInt(50)
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			if o.Unit != "percent" {
				continue
			}
			switch {
			case o.Comparison == sla.AtMost && o.Target.Cmp(fifty) > 0 && o.Target.Cmp(hundred()) < 0:
				p.Report(targetPath(o), "write "+hundred().Sub(o.Target).Canonical()+" if that many may fail", "up to %s %% bad events are allowed", o.Target)
			case o.Comparison == sla.AtLeast && o.Target.Cmp(fifty) < 0 && o.Target.Cmp(unit.DecimalOfInt(1)) > 0:
				p.Report(targetPath(o), "write "+hundred().Sub(o.Target).Canonical()+" if only that many may fail", "%s %% of the events may be bad", allowed(o))
			}
		}
	}
}

func contradiction(p *Pass) {
	for _, s := range p.slas() {
		for i, o := range s.objectives {
			for _, first := range s.objectives[:i] {
				if o.Unit != "percent" || first.Unit != "percent" || o.Method != first.Method || o.Up || !sameEvents(o.Indicator, first.Indicator) {
					continue
				}
				a, b := allowed(first), allowed(o)
				if c := a.Cmp(b); c != 0 {
					strict, loose := first, o
					if c > 0 {
						strict, loose = o, first
					}
					p.Report(targetPath(loose), "keep one of them, or give each its own indicator", "%s allows %s %% bad events, and %s only %s %% of the same ones", loose.Name, allowed(loose), strict.Name, allowed(strict))
				}
			}
		}
	}
}

// sameEvents reports whether two ratios are of the same events.
func sameEvents(a, b *config.Indicator) bool {
	if a == nil || b == nil || a.PromQL != nil || b.PromQL != nil {
		return false
	}
	return *a == *b
}

func quantileOrder(p *Pass) {
	for _, s := range p.slas() {
		for i, o := range s.objectives {
			for _, other := range s.objectives[:i] {
				if o.Method != sla.Quantile || other.Method != sla.Quantile || o.Comparison != sla.AtMost || other.Comparison != sla.AtMost || o.Unit != other.Unit || !sameEvents(o.Indicator, other.Indicator) {
					continue
				}
				low, high := other, o
				if low.Quantile.Cmp(high.Quantile) > 0 {
					low, high = high, low
				}
				if low.Quantile.Cmp(high.Quantile) < 0 && high.Target.Cmp(low.Target) < 0 {
					p.Report(targetPath(low), "raise the target of "+high.Name+", or lower this one", "%s %% of the requests may take %s %s, and %s %% of them only %s",
						low.Quantile, low.Target, low.Unit, high.Quantile, high.Target)
				}
			}
		}
	}
}

func warnAt(p *Pass) {
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			if o.WarnAt == nil {
				continue
			}
			stricter := o.WarnAt.Cmp(o.Target) > 0
			if o.Comparison == sla.AtMost {
				stricter = o.WarnAt.Cmp(o.Target) < 0
			}
			if stricter {
				continue
			}
			path := s.path + ".warn_at"
			switch {
			case strings.HasSuffix(o.Path, "]"):
				path = o.Path + ".warn_at"
			case o.Unit == "ms":
				path += "_ms." + o.Name
			}
			p.Report(path, "write a value on the good side of the target", "the warning at %s is not stricter than the target %s", o.WarnAt, o.Target)
		}
	}
}

// fastBurn is the factor of the fastest of the usual alerts: 2 % of a month's
// budget in an hour. https://sre.google/workbook/alerting-on-slos/
const fastBurn = "14.4"

func burnRate(p *Pass) {
	factor := unit.MustDecimal(fastBurn)
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			if o.Unit != "percent" || o.Target.Cmp(unit.DecimalOfInt(50)) < 0 && o.Comparison == sla.AtLeast || allowed(o).Cmp(unit.DecimalOfInt(50)) > 0 {
				continue // that is another finding
			}
			if needed := factor.Mul(allowed(o)); needed.Cmp(hundred()) > 0 {
				p.Report(targetPath(o), "", "an alert on a burn rate of %s never fires: it needs %s %% bad events", fastBurn, needed.Canonical())
			}
		}
	}
}
