package lint

import (
	"slices"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/yamlpos"
)

// moneyRules are about bills, allocation and budgets.
func moneyRules() []Rule {
	with := func(rest string) string { return billed + "cost: {" + rest + "}" }
	return []Rule{
		{
			Name: "no-bill", Severity: yamlpos.Warning, Run: noBill,
			Summary: "Costs are to be shared out or kept in a budget, and there is no bill.",
			Why:     "Without sources.billing every cost is missing.",
			Remedy:  "Add sources: {billing: [...]}.",
			Bad:     plain + "cost: {budgets: [{name: LLM, amount: 100, period: month}]}",
			Good:    with("budgets: [{name: LLM, amount: 100, period: month}]"),
		},
		{
			Name: "shadowed-rule", Severity: yamlpos.Warning, Run: shadowedRule,
			Summary: "An allocation rule never matches, because an earlier one takes all its charges.",
			Why:     "The first rule that matches a charge gets it.",
			Remedy:  "Put the narrower rule first, or remove one.",
			Bad:     with("allocate: [{team: platform, match: {service: Amazon *}}, {team: data, match: {service: Amazon S3}}]"),
			Good:    with("allocate: [{team: data, match: {service: Amazon S3}}, {team: platform, match: {service: Amazon *}}]"),
		},
		{
			Name: "match-never", Severity: yamlpos.Warning, Run: matchNever,
			Summary: "Charges are matched by a value that its key never has.",
			Why:     "FOCUS fixes the words of these keys, so the rule, budget or unit cost applies to nothing.",
			Remedy:  "Write a word of the specification; `--fix` writes the nearest one.",
			Bad:     with("budgets: [{name: LLM, match: {category: AI and Machine Lerning}, amount: 100, period: month}]"),
			Good:    with("budgets: [{name: LLM, match: {category: AI and Machine Learning}, amount: 100, period: month}]"),
		},
	}
}

func noBill(p *Pass) {
	if len(p.Config.Sources.Billing) > 0 {
		return
	}
	for _, key := range []string{"allocate", "budgets", "unit_costs"} {
		if path := "cost." + key; p.Config.Has(path) {
			p.ReportKey(path, "add sources: {billing: [{name: cloud, path: billing/*.csv}]}", "there is no bill that %s could be about", key)
			return
		}
	}
}

// covers reports whether every charge that b picks is picked by a. It may say no
// where the patterns are too clever to tell.
func covers(a, b config.Match) bool {
	for key, patterns := range a {
		for _, narrow := range b[key] {
			if !slices.ContainsFunc(patterns, func(wide string) bool { return cost.Glob(wide, narrow) }) {
				return false
			}
		}
		if len(b[key]) == 0 {
			return false
		}
	}
	return true
}

func shadowedRule(p *Pass) {
	rules := p.Config.Cost.Allocate
	for i, r := range rules {
		j := slices.IndexFunc(rules[:i], func(earlier config.AllocateRule) bool { return covers(earlier.Match, r.Match) })
		if j < 0 {
			continue
		}
		path := item("cost.allocate", i)
		if p.Config.Has(path + ".match") {
			path += ".match"
		}
		p.Report(path, "put the narrower rule first, or remove one", "the rule never matches: the one at %s takes all its charges", p.Config.Pos(item("cost.allocate", j)))
	}
}

// closedWords lists the values of the keys of charges for which FOCUS 1.2 has a
// list. https://focus.finops.org/focus-specification/
func closedWords() map[string][]string {
	return map[string][]string{
		"category": {"AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools", "Multicloud", "Identity", "Integration",
			"Internet of Things", "Management and Governance", "Media", "Migration", "Mobile", "Networking", "Security", "Storage", "Web", "Other"},
		"charge_category": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
	}
}

func matchNever(p *Pass) {
	look := func(path string, m config.Match) {
		for key, known := range closedWords() {
			for i, pattern := range m[key] {
				if pattern == "" || slices.ContainsFunc(known, func(v string) bool { return cost.Glob(pattern, v) }) {
					continue
				}
				at := item(path+"."+key, i)
				if !p.Config.Has(at) {
					at = path + "." + key
				}
				var fix yamlpos.Edit
				if near, ok := yamlpos.Nearest(pattern, known); ok {
					fix = p.Config.Node(at).Replacement(near)
				}
				p.ReportPart(at, 0, len(pattern), fix, yamlpos.DidYouMean(pattern, known, "the words are"), "no charge has the "+key+" \""+pattern+"\"")
			}
		}
	}
	c := p.Config.Cost
	for i, r := range c.Allocate {
		look(item("cost.allocate", i)+".match", r.Match)
	}
	for i, b := range c.Budgets {
		look(item("cost.budgets", i)+".match", b.Match)
	}
	for _, u := range c.UnitCosts {
		look("cost.unit_costs."+u.Key+".match", u.Value.Match)
	}
}
