package lint

import (
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// tierRules are about what tiers promise.
func tierRules() []Rule {
	return []Rule{
		{
			Name: "tier-order", Severity: yamlpos.Warning, Run: tierOrder,
			Summary: "A better tier promises less than a lesser one.",
			Why:     "Tiers stand in the file from the best to the least, or the other way round. A target that goes against the others is a slip, and a customer would have paid for it.",
			Remedy:  "Exchange the targets, or the tiers.",
			Bad:     plain + "service_tiers: {gold: {availability_target: 99.9}, silver: {availability_target: 99.95}}",
			Good:    plain + "service_tiers: {gold: {availability_target: 99.95}, silver: {availability_target: 99.9}}",
		},
		{
			Name: "tier-without-sla", Severity: yamlpos.Warning, Run: tierWithoutSLA,
			Summary: "A tier has a target for an objective that no SLA has.",
			Why:     "availability_target is a target of the SLA named availability, and response_time_pNN_ms of response_time; without that objective the promise is never judged.",
			Remedy:  "Define the SLA, or write the target under `targets`.",
			Bad:     source + "service_tiers: {gold: {availability_target: 99.95}}",
			Good:    plain + "service_tiers: {gold: {availability_target: 99.95}}",
		},
		{
			Name: "tier-without-definition", Severity: yamlpos.Warning, Run: tierWithoutDefinition,
			Summary: "An organization is in a tier that is not defined.",
			Why:     "The tier promises nothing of its own, so the organization is judged by the targets of the SLAs.",
			Remedy:  "Define the tier under service_tiers.",
			Bad:     plain + "organizations: {label: org, list: [{id: acme, tier: gold}]}",
			Good:    plain + "organizations: {label: org, list: [{id: acme, tier: gold}]}\nservice_tiers: {gold: {}}",
		},
		{
			Name: "unused-tier", Severity: yamlpos.Info, Run: unusedTier,
			Summary: "A tier has no organization.",
			Why:     "Nobody is judged by it, and no label tells of further organizations.",
			Remedy:  "Remove the tier, name its organizations, or set organizations.tier_label.",
			Bad:     plain + "organizations: {label: org, list: [{id: acme, tier: gold}]}\nservice_tiers: {gold: {availability_target: 99.95}, silver: {availability_target: 99.9}}",
			Good:    plain + "organizations: {label: org, list: [{id: acme, tier: gold}]}\nservice_tiers: {gold: {availability_target: 99.95}}",
		},
	}
}

// rankedNames are usual names of tiers, from the best to the least.
var rankedNames = [...][]string{
	{"diamond", "platinum", "gold", "silver", "bronze"},
	{"enterprise", "business", "professional", "standard", "basic", "free"},
	{"premium", "standard", "basic", "free"},
}

// betterByName returns 1 where the first tier is the better one by its name, -1
// where the second is, and 0 where the names do not tell.
func betterByName(a, b string) int {
	for _, names := range rankedNames {
		i, j := slices.Index(names, a), slices.Index(names, b)
		if i >= 0 && j >= 0 && i != j {
			if i < j {
				return 1
			}
			return -1
		}
	}
	return 0
}

// step is the difference between the targets of one objective in two tiers that
// follow each other.
type step struct {
	upper, lower string // the names of the tiers, in the order of the file
	key          string
	path         string // of the upper one's target
	a, b         unit.Decimal
	sign         int // 1 where the upper one promises more, -1 where it promises less
}

func tierOrder(p *Pass) {
	steps := p.tierSteps()
	balance := 0
	for _, s := range steps {
		balance += s.sign
	}
	expected := 1
	if balance < -1 && !slices.ContainsFunc(steps, func(s step) bool { return s.sign > 0 && betterByName(s.upper, s.lower) == 0 }) {
		expected = -1 // all of them rise: the file goes from the least to the best
	}
	for _, s := range steps {
		want := betterByName(s.upper, s.lower)
		if want == 0 {
			want = expected
		}
		if s.sign == -want {
			better, lesser, more, less := s.lower, s.upper, s.a, s.b
			if want > 0 {
				better, lesser, more, less = s.upper, s.lower, s.b, s.a
			}
			p.Report(s.path, "exchange the targets, or the tiers", "the tier %s has %s %s, and %s, which is the lesser one, %s", better, s.key, less, lesser, more)
		}
	}
}

// tierSteps lists the objectives that two tiers in a row promise differently.
func (p *Pass) tierSteps() []step {
	var out []step
	tiers := p.Config.ServiceTiers
	for i := 1; i < len(tiers); i++ {
		upper, lower := tiers[i-1], tiers[i]
		for _, s := range p.slas() {
			for _, o := range s.objectives {
				a, okA := p.Config.TierTarget(upper.Key, s.name, o.Name, future())
				b, okB := p.Config.TierTarget(lower.Key, s.name, o.Name, future())
				if !okA || !okB || a.Cmp(b) == 0 {
					continue
				}
				_, path, _ := p.Config.TargetOrigin(upper.Key, s.name, o.Name, future())
				one := step{upper.Key, lower.Key, o.Name, path, a, b, 1}
				if worse(o, a, b) {
					one.sign = -1
				}
				out = append(out, one)
			}
		}
	}
	return out
}

func tierWithoutSLA(p *Pass) {
	if len(p.Config.ServiceTiers) == 0 {
		return
	}
	have := map[string]bool{}
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			have[s.name+"."+o.Name] = true
		}
	}
	for _, t := range p.Config.ServiceTiers {
		for _, promise := range t.Value.Promises() {
			name := promise.SLA + "." + promise.Objective
			if have[name] {
				continue
			}
			have[name] = true // an objective that all tiers promise is missing once
			p.ReportKey("service_tiers."+t.Key+"."+promise.Key, "define it under sla_definitions: {"+promise.SLA+": ...}",
				"no SLA %s has the objective %s that %s is the target of", promise.SLA, promise.Objective, promise.Key)
		}
	}
}

func tierWithoutDefinition(p *Pass) {
	if len(p.Config.ServiceTiers) > 0 {
		return // config reports names that are not among them
	}
	for i, o := range p.Config.Organizations.List {
		if tier, _ := o.At(time.Time{}, p.Config.Zone()); o.Tier != "" || tier != "" {
			p.Report(item("organizations.list", i)+".tier", "add service_tiers: {"+o.Tier+": ...}", "the tier %q is not defined", o.Tier)
			return
		}
	}
}

func unusedTier(p *Pass) {
	orgs := p.Config.Organizations
	if len(orgs.List) == 0 || orgs.TierLabel != "" {
		return
	}
	for _, t := range p.Config.ServiceTiers {
		used := slices.ContainsFunc(orgs.List, func(o config.Organization) bool {
			return o.Tier == t.Key || slices.ContainsFunc(o.History, func(h config.OrganizationHistory) bool { return h.Tier == t.Key })
		})
		if !used {
			p.ReportKey("service_tiers."+t.Key, "remove it, or name its organizations", "no organization is in the tier %s", t.Key)
		}
	}
}
