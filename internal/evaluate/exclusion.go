package evaluate

import (
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
)

// party is whom a result is for, as the scopes of exclusions see it.
type party struct {
	sla, tier, org string
}

// maintenance is a configured exclusion with its instants resolved.
type maintenance struct {
	config.Maintenance
	span period.Span
	// pending says why the entry is not applied by this version; "" if it is.
	pending   string
	announced *time.Time
}

// maintenances resolves every entry of the configuration.
func (e *Evaluator) maintenances() []maintenance {
	out := make([]maintenance, 0, len(e.Config.Maintenance))
	for _, m := range e.Config.Maintenance {
		r := maintenance{Maintenance: m}
		zone := e.Config.Zone()
		if m.Timezone.Location != nil {
			zone = m.Timezone.Location
		}
		switch {
		case m.RRule != "":
			r.pending = "recurring maintenance"
		case m.ICal != "":
			r.pending = "maintenance from iCalendar files"
		default:
			r.span.Start = m.Start.In(zone)
			if m.End != nil {
				r.span.End = m.End.In(zone)
			} else {
				r.span.End = r.span.Start.Add(time.Duration(*m.Duration))
			}
		}
		if a := m.Announced; a != nil {
			var t time.Time
			if a.Date != nil {
				t = a.Date.Start(e.Config.Zone())
			} else {
				t = a.Instant.In(e.Config.Zone())
			}
			r.announced = &t
		}
		out = append(out, r)
	}
	return out
}

// covers reports whether the entry's scope holds for p. An entry that names
// tiers or organizations does not cover series that belong to none.
func (m maintenance) covers(p party) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return in(m.Tiers, p.tier) && in(m.Organizations, p.org) && in(m.SLAs, p.sla)
}

// burnLookback is how far burn rates look back over the start of a period.
const burnLookback = 3 * 24 * time.Hour

// exclusions returns what is taken out of span, and of what burn rates see
// before it, for p; and notes on what would be taken out but is not.
func (e *Evaluator) exclusions(all []maintenance, p party, span period.Span) ([]sla.Exclusion, []string) {
	var out []sla.Exclusion
	var notes []string
	tier, _ := e.Config.ServiceTiers.Get(p.tier)
	span.Start = span.Start.Add(-burnLookback)
	for _, m := range all {
		if !m.covers(p) {
			continue
		}
		if m.pending != "" {
			notes = append(notes, fmt.Sprintf("%q is not excluded: %s is not supported by this version", m.Name, m.pending))
			continue
		}
		if _, ok := span.Intersect(m.span); !ok {
			continue
		}
		if late := lateness(m, tier); late != "" {
			notes = append(notes, fmt.Sprintf("%q is not excluded: %s", m.Name, late))
			continue
		}
		out = append(out, sla.Exclusion{Span: m.span, Name: m.Name, AsMet: m.CountAs == "met", Ticket: m.Ticket})
	}
	if limit := tier.MaxPerMonth; limit != nil && longestMonth(out, e.Config.Zone()) > time.Duration(*limit) {
		notes = append(notes, fmt.Sprintf("more than the %s that tier %s allows a month is excluded: max_per_month is not supported by this version", limit, p.tier))
	}
	if _, ok := e.Config.ServiceHours.Get(p.tier); ok {
		notes = append(notes, fmt.Sprintf("service_hours of tier %s are not supported by this version: all hours are judged", p.tier))
	}
	return out, notes
}

// longestMonth is the longest time that exclusions take out of one calendar
// month.
func longestMonth(exclusions []sla.Exclusion, zone *time.Location) time.Duration {
	spans := make([]period.Span, 0, len(exclusions))
	for _, x := range exclusions {
		spans = append(spans, x.Span)
	}
	months := map[string]time.Duration{}
	var longest time.Duration
	for _, s := range period.Union(spans) {
		for _, day := range s.Days(zone) {
			month := day.Start.In(zone).Format("2006-01")
			months[month] += day.Duration()
			longest = max(longest, months[month])
		}
	}
	return longest
}

// lateness says why a maintenance was announced too late for a tier, or "".
func lateness(m maintenance, tier config.Tier) string {
	if tier.MinNotice == nil {
		return ""
	}
	notice := time.Duration(*tier.MinNotice)
	switch {
	case m.announced == nil:
		return fmt.Sprintf("it was never announced, and the tier asks for %s", period.FormatDuration(notice))
	case m.span.Start.Sub(*m.announced) < notice:
		return fmt.Sprintf("announced %s before its start, and the tier asks for %s",
			period.FormatDuration(m.span.Start.Sub(*m.announced)), period.FormatDuration(notice))
	}
	return ""
}
