package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// organizationRules are about customers.
func organizationRules() []Rule {
	return []Rule{
		{
			Name: "organization-unmeasured", Severity: yamlpos.Warning, Run: organizationUnmeasured,
			Summary: "Nothing tells which series are those of an organization.",
			Why:     "A listed organization is recognised in the metrics by organizations.label or by its own match, or is judged by everyone's series with measured: shared.",
			Remedy:  "Add one of the three.",
			Bad:     plain + "organizations: {list: [{id: acme}]}",
			Good:    plain + "organizations: {label: org, list: [{id: acme}]}",
		},
		{
			Name: "same-match", Severity: yamlpos.Warning, Run: sameMatch,
			Summary: "Two organizations have the same series.",
			Why:     "Their matches are equal, so each is judged by the other's requests as well.",
			Remedy:  "Give each the labels that are its own, or use measured: shared.",
			Bad:     plain + "organizations: {list: [{id: acme, match: {namespace: a}}, {id: globex, match: {namespace: a}}]}",
			Good:    plain + "organizations: {list: [{id: acme, match: {namespace: a}}, {id: globex, match: {namespace: b}}]}",
		},
		{
			Name: "history-before-since", Severity: yamlpos.Warning, Run: historyBeforeSince,
			Summary: "A history entry ends before the contract begins.",
			Why:     "It never held: the organization is judged from `since` on.",
			Remedy:  "Correct the day, or remove the entry.",
			Bad:     plain + "organizations: {label: org, list: [{id: acme, since: 2026-03-01, history: [{until: 2026-01-01}]}]}",
			Good:    plain + "organizations: {label: org, list: [{id: acme, since: 2026-03-01, history: [{until: 2026-07-01}]}]}",
		},
	}
}

func organizationUnmeasured(p *Pass) {
	orgs := p.Config.Organizations
	if orgs.Label != "" || orgs.Measured == "shared" {
		return
	}
	for i, o := range orgs.List {
		if len(o.Match) == 0 {
			p.Report(item("organizations.list", i)+".id", "add label: under organizations, match: to the organization, or measured: shared",
				"nothing tells which series are those of the organization %s", o.ID)
			return
		}
	}
}

func sameMatch(p *Pass) {
	seen := map[string]string{}
	for i, o := range p.Config.Organizations.List {
		if len(o.Match) == 0 {
			continue
		}
		var b strings.Builder
		for _, label := range slices.Sorted(maps.Keys(o.Match)) {
			fmt.Fprintf(&b, "%s=%q ", label, o.Match[label])
		}
		if first, ok := seen[b.String()]; ok {
			p.Report(item("organizations.list", i)+".id", "give each the labels that are its own", "%s matches the same series as %s", o.ID, first)
			continue
		}
		seen[b.String()] = o.ID
	}
}

func historyBeforeSince(p *Pass) {
	for i, o := range p.Config.Organizations.List {
		for j, h := range o.History {
			if o.Since != nil && h.Until.String() <= o.Since.String() {
				p.Report(item(item("organizations.list", i)+".history", j)+".until", "correct the day, or remove the entry", "the entry ends on %s, and the contract of %s begins on %s", h.Until, o.ID, o.Since)
			}
		}
	}
}
