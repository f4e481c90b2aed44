package lint

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// businessRules are about business metrics.
func businessRules() []Rule {
	return []Rule{
		{
			Name: "formula-cycle", Severity: yamlpos.Error, Run: formulaCycle,
			Summary: "Business metrics are computed from each other.",
			Why:     "None of them can be computed first.",
			Remedy:  "Let one of them rest on a counter, a gauge or a ratio.",
			Bad:     plain + "business_metrics: {a: {formula: b * 2}, b: {formula: a / 2}}",
			Good:    plain + "business_metrics: {a: {counter: a_total}, b: {formula: a / 2}}",
		},
		{
			Name: "unjudged-target", Severity: yamlpos.Warning, Run: unjudgedTarget,
			Summary: "A business metric has a target and no better direction.",
			Why:     "Without `better` nobody knows on which side of the target it is kept, so it is shown and never judged.",
			Remedy:  "Add better: higher or better: lower.",
			Bad:     plain + "business_metrics: {orders: {counter: orders_total, target: 1000}}",
			Good:    plain + "business_metrics: {orders: {counter: orders_total, target: 1000, better: higher}}",
		},
	}
}

func formulaCycle(p *Pass) {
	from := map[string][]string{}
	for _, m := range p.Config.BusinessMetrics {
		from[m.Key] = m.Value.ComputedFrom()
	}
	reported := map[string]bool{}
	for _, m := range p.Config.BusinessMetrics {
		cycle := cycleFrom(from, m.Key)
		if cycle == nil || slices.ContainsFunc(cycle, func(name string) bool { return reported[name] }) {
			continue
		}
		for _, name := range cycle {
			reported[name] = true
		}
		key := ".formula"
		if m.Value.Formula == "" {
			key = ".score"
		}
		p.Report("business_metrics."+m.Key+key, "let one of them rest on a counter, a gauge or a ratio", "%s is computed from itself: %s", m.Key, strings.Join(append(cycle, m.Key), " from "))
	}
}

// cycleFrom returns the names on the way from a metric back to itself, nil if
// there is none.
func cycleFrom(from map[string][]string, start string) []string {
	visited := map[string]bool{}
	var walk func(name string, way []string) []string
	walk = func(name string, way []string) []string {
		way = append(way, name)
		for _, next := range from[name] {
			if next == start {
				return slices.Clone(way)
			}
			if !visited[next] {
				visited[next] = true
				if found := walk(next, way); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return walk(start, nil)
}

func unjudgedTarget(p *Pass) {
	for _, m := range p.Config.BusinessMetrics {
		if m.Value.Target != nil && m.Value.Better == "" {
			p.Report("business_metrics."+m.Key+".target", "add better: higher, or better: lower", "nothing says on which side of the target %s is kept", m.Key)
		}
	}
}
