package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// promiseRules are about targets and tiers.
func promiseRules() []Rule {
	return []Rule{
		{
			Name: "no-room", Severity: yamlpos.Warning, Run: noRoom,
			Doc:  "A target of 100 % (or of at most 0 %) has an error budget of 0: the first bad event breaches it for the whole period.",
			Bad:  source + "sla_definitions: {availability: {target: 100, indicator: {preset: http}}}",
			Good: source + "sla_definitions: {availability: {target: 99.99, indicator: {preset: http}}}",
		},
		{
			Name: "warn-at", Severity: yamlpos.Warning, Run: warnAt,
			Doc:  "A warning level that is not stricter than the target never warns before the target is missed.",
			Bad:  source + "sla_definitions: {response_time: {p95_target_ms: 500, warn_at_ms: {p95: 800}, indicator: {histogram: request_seconds}}}",
			Good: source + "sla_definitions: {response_time: {p95_target_ms: 500, warn_at_ms: {p95: 400}, indicator: {histogram: request_seconds}}}",
		},
		{
			Name: "tier-without-sla", Severity: yamlpos.Warning, Run: tierWithoutSLA,
			Doc:  "A tier's availability_target is a target of the SLA named availability, and response_time_pNN_ms of response_time; without that objective the promise is never judged.",
			Bad:  source + "service_tiers: {gold: {availability_target: 99.95}}",
			Good: source + "service_tiers: {gold: {availability_target: 99.95}}\nsla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
		},
		{
			Name: "tier-without-definition", Severity: yamlpos.Warning, Run: tierWithoutDefinition,
			Doc:  "An organization's tier that service_tiers does not define promises nothing of its own.",
			Bad:  "organizations: {label: org, list: [{id: acme, tier: gold}]}",
			Good: "organizations: {label: org, list: [{id: acme, tier: gold}]}\nservice_tiers: {gold: {}}",
		},
	}
}

func noRoom(p *Pass) {
	full := func(v unit.Decimal) bool { return v.Cmp(unit.DecimalOfInt(100)) == 0 }
	const hint = "leave room for an error budget, such as 99.99"
	for _, e := range p.Config.SLADefinitions {
		for _, o := range p.Config.Expand(e) {
			if o.Unit != "percent" {
				continue
			}
			if o.Comparison == sla.AtLeast && full(o.Target) || o.Comparison == sla.AtMost && o.Target.IsZero() {
				path := o.Path
				if strings.HasSuffix(path, "]") { // an entry of objectives: the key below it
					path += "." + string(o.Comparison)
				}
				p.Report(path, hint, "the target %s %% has no room for a single bad event", o.Target)
			}
		}
	}
	for _, t := range p.Config.ServiceTiers {
		if v := t.Value.AvailabilityTarget; v != nil && full(*v) {
			p.Report("service_tiers."+t.Key+".availability_target", hint, "the target %s %% has no room for a single bad event", v)
		}
	}
}

func warnAt(p *Pass) {
	for _, e := range p.Config.SLADefinitions {
		for _, o := range p.Config.Expand(e) {
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
			path := "sla_definitions." + e.Key + ".warn_at"
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

func tierWithoutSLA(p *Pass) {
	var names []string
	for _, e := range p.Config.SLADefinitions {
		for _, o := range p.Config.Expand(e) {
			names = append(names, e.Key+"."+o.Name)
		}
	}
	reported := map[string]bool{} // an objective that all tiers promise is missing once
	for _, t := range p.Config.ServiceTiers {
		for _, promise := range t.Value.Promises() {
			name := promise.SLA + "." + promise.Objective
			if slices.Contains(names, name) || reported[name] {
				continue
			}
			reported[name] = true
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
