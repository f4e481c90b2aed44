package config

import (
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Zone returns the configuration's zone, UTC by default.
func (c *Config) Zone() *time.Location {
	if c.Timezone.Location == nil {
		return time.UTC
	}
	return c.Timezone.Location
}

// WeekStartDay returns the day on which weeks begin, Monday by default.
func (c *Config) WeekStartDay() time.Weekday {
	if c.WeekStart == nil {
		return time.Monday
	}
	return c.WeekStart.Weekday
}

// TierNames returns the tiers in the order of the file.
func (c *Config) TierNames() []string { return c.ServiceTiers.Keys() }

// TierTarget returns the target that a tier promises for an objective at an
// instant, and false where it promises nothing of its own. A history entry holds
// until the start of its day in the configuration's zone; what an entry does not
// name is as in the next one.
func (c *Config) TierTarget(tier, slaName, objective string, at time.Time) (unit.Decimal, bool) {
	t, ok := c.ServiceTiers.Get(tier)
	if !ok {
		return unit.Decimal{}, false
	}
	target, found := t.TierTargets.of(slaName, objective)
	for i := len(t.History) - 1; i >= 0; i-- { // the earliest entry in force wins
		if !at.Before(t.History[i].Until.Start(c.Zone())) {
			break
		}
		if v, ok := t.History[i].TierTargets.of(slaName, objective); ok {
			target, found = v, true
		}
	}
	return target, found
}

// of returns the target of an objective: by its full name under `targets`, or by
// the keys that the SLAs availability and response_time have of their own.
func (t TierTargets) of(slaName, objective string) (unit.Decimal, bool) {
	if v, ok := t.Targets.Get(slaName + "." + objective); ok {
		return v, true
	}
	for _, k := range tierKeys {
		if v := k.value(t); v != nil && k.sla == slaName && k.objective == objective {
			return *v, true
		}
	}
	return unit.Decimal{}, false
}

// tierKeys are the keys of a tier that stand for targets.
var tierKeys = [...]struct {
	key, sla, objective string
	value               func(TierTargets) *unit.Decimal
}{
	{"availability_target", "availability", "availability", func(t TierTargets) *unit.Decimal { return t.AvailabilityTarget }},
	{"response_time_p50_ms", "response_time", "p50", func(t TierTargets) *unit.Decimal { return t.ResponseTimeP50MS }},
	{"response_time_p90_ms", "response_time", "p90", func(t TierTargets) *unit.Decimal { return t.ResponseTimeP90MS }},
	{"response_time_p95_ms", "response_time", "p95", func(t TierTargets) *unit.Decimal { return t.ResponseTimeP95MS }},
	{"response_time_p99_ms", "response_time", "p99", func(t TierTargets) *unit.Decimal { return t.ResponseTimeP99MS }},
}

// Promise is one target of a tier: the objective that it is for, and the key
// that holds it.
type Promise struct {
	SLA, Objective, Key string
}

// Promises lists what a tier's own keys promise, in the order of the targets'
// declaration; entries of `targets` are checked when the configuration is read.
func (t TierTargets) Promises() []Promise {
	var out []Promise
	for _, k := range tierKeys {
		if k.value(t) != nil {
			out = append(out, Promise{k.sla, k.objective, k.key})
		}
	}
	return out
}
