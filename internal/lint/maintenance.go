package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/yamlpos"
)

// maintenanceRules are about what is excluded.
func maintenanceRules() []Rule {
	entry := func(rest string) string { return plain + "maintenance: [{name: patching, " + rest + "}]\n" }
	const start = "start: '2026-01-04T02:00:00'"
	gold := func(terms string) string {
		return "service_tiers: {gold: {availability_target: 99.95, " + terms + "}, silver: {availability_target: 99.9}}\n"
	}
	return []Rule{
		{
			Name: "maintenance-never", Severity: yamlpos.Warning, Run: maintenanceNever,
			Summary: "A maintenance excludes nothing: it never comes, or is for nobody.",
			Why:     "Its rule names days that do not exist or that lie after its end, or none of its organizations is in one of its tiers.",
			Remedy:  "Correct the rule or the lists, or remove the entry.",
			Bad:     entry(start + ", duration: 1h, rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
			Good:    entry(start + ", duration: 1h, rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28"),
		},
		{
			Name: "maintenance-always", Severity: yamlpos.Warning, Run: maintenanceAlways,
			Summary: "A recurring maintenance leaves no time between two of its occurrences.",
			Why:     "Everything is excluded, so the SLA is never judged.",
			Remedy:  "Shorten the duration, or let it come less often.",
			Bad:     entry(start + ", duration: 24h, rrule: FREQ=DAILY"),
			Good:    entry(start + ", duration: 1h, rrule: FREQ=DAILY"),
		},
		{
			Name: "maintenance-too-long", Severity: yamlpos.Warning, Run: maintenanceTooLong,
			Summary: "A maintenance takes more time in a month than a tier lets it.",
			Why:     "What is above max_per_month is not excluded and counts as downtime.",
			Remedy:  "Shorten it, let it come less often, or leave the tier out.",
			Bad:     entry(start+", duration: 2h, rrule: FREQ=WEEKLY, tiers: [gold]") + gold("max_per_month: 4h"),
			Good:    entry(start+", duration: 30m, rrule: FREQ=WEEKLY, tiers: [gold]") + gold("max_per_month: 4h"),
		},
		{
			Name: "late-notice", Severity: yamlpos.Warning, Run: lateNotice,
			Summary: "A maintenance was announced too late for a tier, or never.",
			Why:     "A tier with min_notice does not exclude what was announced later than that; without `announced` it was never announced.",
			Remedy:  "Write when it was announced, or leave the tier out.",
			Bad:     entry("start: '2026-10-11T02:00:00Z', duration: 1h, announced: 2026-10-10, tiers: [gold]") + gold("min_notice: 72h"),
			Good:    entry("start: '2026-10-11T02:00:00Z', duration: 1h, announced: 2026-10-01, tiers: [gold]") + gold("min_notice: 72h"),
		},
	}
}

// foreseen is how far occurrences of a recurring maintenance are looked for.
const foreseen = 10 * 366 * day

// occurrences lists what an entry stands for in so much time from its start.
func (p *Pass) occurrences(m config.Maintenance, within time.Duration) []period.Span {
	if m.Start == nil {
		return nil
	}
	events, err := p.Config.Events(m)
	if err != nil {
		return nil // an error of reading
	}
	zone := p.Config.Zone()
	if m.Timezone.Location != nil {
		zone = m.Timezone.Location
	}
	start := m.Start.In(zone)
	var out []period.Span
	for _, e := range events {
		out = append(out, e.Spans(period.Span{Start: start, End: start.Add(within)})...)
	}
	return out
}

// tiersOf lists the tiers that an entry is for, and whether it is for anybody.
func (p *Pass) tiersOf(m config.Maintenance) (tiers []string, anybody bool) {
	if len(m.Tiers) > 0 {
		tiers = m.Tiers
	} else {
		tiers = p.Config.TierNames()
	}
	if len(m.Organizations) == 0 || len(p.Config.Organizations.List) == 0 {
		return tiers, true
	}
	var theirs []string
	for _, o := range p.Config.Organizations.List {
		if slices.Contains(m.Organizations, o.ID) {
			if o.Tier == "" && p.Config.Organizations.TierLabel != "" {
				return tiers, true // the label tells
			}
			theirs = append(theirs, o.Tier)
			for _, h := range o.History {
				theirs = append(theirs, h.Tier)
			}
		}
	}
	if len(m.Tiers) == 0 {
		return slices.DeleteFunc(slices.Clone(tiers), func(t string) bool { return !slices.Contains(theirs, t) }), true
	}
	both := slices.DeleteFunc(slices.Clone(tiers), func(t string) bool { return !slices.Contains(theirs, t) })
	return both, len(both) > 0
}

func maintenanceNever(p *Pass) {
	for i, m := range p.Config.Maintenance {
		path := item("maintenance", i)
		if _, anybody := p.tiersOf(m); !anybody {
			p.Report(path+".organizations", "correct one of the lists", "none of the organizations is in one of the tiers, so nothing is excluded")
			continue
		}
		if m.RRule != "" && m.Start != nil && len(p.occurrences(m, foreseen)) == 0 {
			p.Report(path+".rrule", "check the days and the end of the rule", "the maintenance never comes, at least not in ten years")
		}
	}
}

func maintenanceAlways(p *Pass) {
	for i, m := range p.Config.Maintenance {
		if m.RRule == "" {
			continue
		}
		spans := p.occurrences(m, 100*day)
		if len(spans) < 3 {
			continue
		}
		gap := false
		for j := 1; j < len(spans); j++ {
			gap = gap || spans[j].Start.After(spans[j-1].End)
		}
		if !gap {
			p.Report(item("maintenance", i)+".duration", "shorten it, or let it come less often", "the maintenance begins again before it ends: everything is excluded")
		}
	}
}

// mostInMonth is the most time that occurrences take in a month of the calendar.
func mostInMonth(spans []period.Span, zone *time.Location) (most time.Duration, month string) {
	sums := map[string]time.Duration{}
	for _, s := range spans { // an occurrence over the end of a month counts where it begins
		key := s.Start.In(zone).Format("2006-01")
		sums[key] += s.End.Sub(s.Start)
		if sums[key] > most {
			most, month = sums[key], key
		}
	}
	return most, month
}

func maintenanceTooLong(p *Pass) {
	for i, m := range p.Config.Maintenance {
		tiers, _ := p.tiersOf(m)
		var spans []period.Span
		for _, name := range tiers {
			tier, _ := p.Config.ServiceTiers.Get(name)
			if tier.MaxPerMonth == nil || len(m.Tiers) == 0 {
				continue
			}
			if spans == nil {
				spans = p.occurrences(m, 400*day)
			}
			if most, month := mostInMonth(spans, p.Config.Zone()); most > time.Duration(*tier.MaxPerMonth) {
				key := ".duration"
				if m.End != nil {
					key = ".end"
				}
				p.Report(item("maintenance", i)+key, "shorten it, or leave the tier out", "it takes %s in %s, and the tier %s excludes at most %s a month", config.Duration(most), month, name, tier.MaxPerMonth)
				break
			}
		}
	}
}

func lateNotice(p *Pass) {
	for i, m := range p.Config.Maintenance {
		tiers, _ := p.tiersOf(m)
		var late []string
		for _, name := range tiers {
			tier, _ := p.Config.ServiceTiers.Get(name)
			if tier.MinNotice != nil && m.Start != nil && p.isLate(m, time.Duration(*tier.MinNotice)) {
				late = append(late, name)
			}
		}
		// Where other tiers exclude it, only a tier that is named was meant.
		if len(late) == 0 || len(m.Tiers) == 0 && len(late) < len(tiers) {
			continue
		}
		path, said := item("maintenance", i)+".announced", "it was announced too late"
		if m.Announced == nil {
			path, said = item("maintenance", i), "it was never announced"
		}
		p.Report(path, "write announced: with the day on which it was, or leave the tier out", "%s for %s, and is not excluded there", said, strings.Join(late, " and "))
	}
}

// isLate reports whether a maintenance was announced later than so long before
// its start; of a recurring one, whether it was announced at all.
func (p *Pass) isLate(m config.Maintenance, notice time.Duration) bool {
	if m.Announced == nil {
		return true
	}
	zone := p.Config.Zone()
	if m.Timezone.Location != nil {
		zone = m.Timezone.Location
	}
	at := time.Time{}
	switch {
	case m.Announced.Date != nil:
		at = m.Announced.Date.Start(p.Config.Zone())
	case m.Announced.Instant != nil:
		at = m.Announced.Instant.In(zone)
	}
	return m.RRule == "" && m.Start.In(zone).Sub(at) < notice
}
