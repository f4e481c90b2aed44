package config

import "time"

// TierCredits returns the credits that a tier promises at an instant. History
// entries hold as in [Config.TierTarget]; one without credits promises those of
// the next.
func (c *Config) TierCredits(tier string, at time.Time) []CreditPolicy {
	t, _ := c.ServiceTiers.Get(tier)
	credits := t.Credits
	for i := len(t.History) - 1; i >= 0; i-- { // the earliest entry in force wins
		if !at.Before(t.History[i].Until.Start(c.Zone())) {
			break
		}
		if len(t.History[i].Credits) > 0 {
			credits = t.History[i].Credits
		}
	}
	return credits
}
