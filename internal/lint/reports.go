package lint

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// reportRules are about reports, and about what has no effect yet.
func reportRules() []Rule {
	return []Rule{
		{
			Name: "empty-section", Severity: yamlpos.Warning, Run: emptySection,
			Summary: "A report has a section that nothing is configured for.",
			Why:     "The section is always empty.",
			Remedy:  "Configure what it shows, or leave it out.",
			Bad:     plain + "reports: {monthly: {sections: [sla, credits]}}",
			Good:    plain + "reports: {monthly: {sections: [sla, violations]}}",
		},
		{
			Name: "repeated-section", Severity: yamlpos.Warning, Run: repeatedSection,
			Summary: "A section stands twice in a report.",
			Why:     "It is drawn once, at one of the two places.",
			Remedy:  "Keep one of them.",
			Bad:     plain + "reports: {monthly: {sections: [sla, violations, sla]}}",
			Good:    plain + "reports: {monthly: {sections: [sla, violations]}}",
		},
		{
			Name: "not-yet", Severity: yamlpos.Info, Run: notYet,
			Summary: "A block is read and checked, and has no effect in this version.",
			Why:     "Whoever relies on it would wait for nothing.",
			Remedy:  "Leave it: a later version acts on it.",
			Bad:     plain + "reports: {monthly: {deliver: [{email: {to: [ops@example.com]}, formats: [pdf]}]}}",
			Good:    plain + "reports: {monthly: {}}",
		},
	}
}

func emptySection(p *Pass) {
	c := p.Config
	credits := slices.ContainsFunc(c.ServiceTiers, func(t config.Entry[config.Tier]) bool { return len(t.Value.Credits) > 0 })
	has := map[string]bool{
		"business": len(c.BusinessMetrics) > 0, "sla": len(c.SLADefinitions) > 0, "violations": len(c.SLADefinitions) > 0, "credits": credits,
		"cost": len(c.Sources.Billing) > 0, "unit_costs": len(c.Cost.UnitCosts) > 0, "budgets": len(c.Cost.Budgets) > 0,
	}
	for _, r := range c.Reports {
		for i, s := range r.Value.Sections {
			if filled, known := has[s]; known && !filled {
				p.Report(item("reports."+r.Key+".sections", i), "configure what it shows, or leave it out", "nothing is configured that the section %s could show", s)
			}
		}
	}
}

func repeatedSection(p *Pass) {
	for _, r := range p.Config.Reports {
		for i, s := range r.Value.Sections {
			if slices.Contains(r.Value.Sections[:i], s) {
				p.Report(item("reports."+r.Key+".sections", i), "keep one of them", "the section %s stands here a second time", s)
			}
		}
	}
}

// notYet lists what is configured and has no effect in this version.
func notYet(p *Pass) {
	for _, text := range p.Config.NotYet() {
		path, _, _ := strings.Cut(text, ":")
		p.ReportKey(path, "", "%s", text)
	}
}
