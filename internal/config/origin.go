package config

import (
	"fmt"
	"time"
)

// TargetOrigin tells where the target comes from that [Config.TierTarget] finds:
// in words, "tier gold" or "tier gold, until 2026-07-01", and by its path for
// [Config.Pos]. It reports false where the tier promises nothing of its own and
// the definition's target holds.
func (c *Config) TargetOrigin(tier, slaName, objective string, at time.Time) (words, path string, ok bool) {
	t, ok := c.ServiceTiers.Get(tier)
	if !ok {
		return "", "", false
	}
	base := "service_tiers." + tier
	if key, found := t.TierTargets.keyOf(slaName, objective); found {
		words, path, ok = "tier "+tier, base+"."+key, true
	} else {
		ok = false
	}
	for i := len(t.History) - 1; i >= 0; i-- { // the earliest entry in force wins
		h := t.History[i]
		if !at.Before(h.Until.Start(c.Zone())) {
			break
		}
		if key, found := h.TierTargets.keyOf(slaName, objective); found {
			words, ok = fmt.Sprintf("history of tier %s, until %s", tier, h.Until), true
			path = fmt.Sprintf("%s.history[%d].%s", base, i, key)
		}
	}
	return words, path, ok
}

// keyOf returns the key that holds the target of an objective.
func (t TierTargets) keyOf(slaName, objective string) (string, bool) {
	name := slaName + "." + objective
	if _, ok := t.Targets.Get(name); ok {
		return "targets." + name, true
	}
	for _, k := range tierKeys {
		if k.value(t) != nil && k.sla == slaName && k.objective == objective {
			return k.key, true
		}
	}
	return "", false
}
