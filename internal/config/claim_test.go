package config_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
)

// Deadlines as contracts write them: of Amazon, "by the end of the second billing
// cycle after which the incident occurred", of Microsoft, "within two months of the
// end of the billing month", of Google, within 30 days of the close of the month, and of
// others, within 30 days of the incident.
func TestClaimDeadline(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	for _, tt := range []struct{ name, terms, month, incident, want string }{
		{"two billing cycles after a month", "claim_within: 2 months", "2026-10", "2026-10-08T15:00:00+02:00", "2027-01-01T00:00:00+01:00"},
		{"30 days after the close of a month", "claim_within: 30d", "2026-10", "2026-10-08T15:00:00+02:00", "2026-12-01T00:00:00+01:00"},
		{"days are of the calendar: one of them has 23 hours", "claim_within: 30 days", "2026-02", "2026-02-08T15:00:00+01:00", "2026-03-31T00:00:00+02:00"},
		{"30 days after an incident, by the clock", "claim_within: 30d, claim_from: incident", "2026-10", "2026-10-08T15:00:00+02:00", "2026-11-07T15:00:00+01:00"},
		{"a month after the last of January is the last of February", "claim_within: 1 month, claim_from: incident", "2026-01", "2026-01-31T10:00:00+01:00", "2026-02-28T10:00:00+01:00"},
		{"at an hour that clocks skip", "claim_within: 1d, claim_from: incident", "2026-03", "2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"no deadline", "availability_target: 99.9", "2026-10", "2026-10-08T15:00:00+02:00", "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, diags := config.Parse("slactl.yaml", fmt.Appendf(nil, "sla_definitions: {availability: {target: 99}}\nservice_tiers: {gold: {%s}}", tt.terms), nil)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			month, err := period.Calendar{Zone: berlin}.Parse(tt.month)
			if err != nil {
				t.Fatal(err)
			}
			incident, err := time.Parse(time.RFC3339, tt.incident)
			if err != nil {
				t.Fatal(err)
			}
			got := "none"
			if at, ok := cfg.ClaimDeadline("gold", month, incident); ok {
				got = at.Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
