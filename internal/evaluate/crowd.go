package evaluate

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/window"
)

// grouping says by which labels the series of an SLA are told apart.
type grouping struct {
	shared  bool     // everyone is judged by the platform's series
	org     string   // label of the organization, or ""
	tier    string   // label of the tier, or ""
	match   []string // labels that organizations' `match` name
	groupBy []string
}

func (e *Evaluator) grouping(def config.SLADefinition) grouping {
	orgs := e.Config.Organizations
	g := grouping{groupBy: def.GroupBy}
	if orgs.Measured == "shared" || def.Measured == "shared" {
		g.shared = true
		return g
	}
	g.org, g.tier = orgs.Label, orgs.TierLabel
	for _, o := range orgs.List {
		for label := range o.Match {
			if !slices.Contains(g.match, label) {
				g.match = append(g.match, label)
			}
		}
	}
	sort.Strings(g.match)
	return g
}

// labels returns the label names that a scan groups by.
func (g grouping) labels() []string {
	var out []string
	for _, l := range slices.Concat([]string{g.org, g.tier}, g.match, g.groupBy) {
		if l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// valuesOf joins the values that a group has of some labels, as a key.
func valuesOf(grp *window.Group, labels []string) string {
	values := make([]string, len(labels))
	for i, l := range labels {
		values[i] = grp.Labels[l]
	}
	return strings.Join(values, "\xff")
}

// crowd is the groups of a scan, or those of one value of the group_by labels,
// sorted by whom they belong to.
type crowd struct {
	values   map[string]string // of the group_by labels; nil for the whole scan
	all      []*window.Group
	byOrg    map[string][]*window.Group
	unlisted []string                   // organizations that only the metrics name, sorted
	byTier   map[string][]*window.Group // series of no organization, by tier label
	nobody   []*window.Group            // series of no organization and no tier
}

// crowds sorts the groups of a scan: first all of them, then those of each value
// of the group_by labels.
func (e *Evaluator) crowds(g grouping, scan *window.Scan) []*crowd {
	owner, listed := e.owner(g), map[string]bool{}
	for _, o := range e.Config.Organizations.List {
		listed[o.ID] = true
	}
	newCrowd := func() *crowd {
		return &crowd{byOrg: map[string][]*window.Group{}, byTier: map[string][]*window.Group{}}
	}
	everyone, byValues := newCrowd(), map[string]*crowd{}
	for i := range scan.Groups {
		grp := &scan.Groups[i]
		org := owner(grp)
		everyone.add(g, grp, org, listed)
		if len(g.groupBy) == 0 {
			continue
		}
		key := valuesOf(grp, g.groupBy)
		c := byValues[key]
		if c == nil {
			c = newCrowd()
			c.values = map[string]string{}
			for _, l := range g.groupBy {
				c.values[l] = grp.Labels[l]
			}
			byValues[key] = c
		}
		c.add(g, grp, org, listed)
	}
	out := []*crowd{everyone}
	for _, key := range slices.Sorted(maps.Keys(byValues)) {
		out = append(out, byValues[key])
	}
	for _, c := range out {
		sort.Strings(c.unlisted)
	}
	return out
}

// owner returns the function that finds the organization of a group: by the
// match of a listed one, else by the label; "" if it belongs to none.
func (e *Evaluator) owner(g grouping) func(*window.Group) string {
	var matching []config.Organization
	for _, o := range e.Config.Organizations.List {
		if len(o.Match) > 0 && !g.shared {
			matching = append(matching, o)
		}
	}
	return func(grp *window.Group) string {
		for _, o := range matching {
			if hasLabels(grp, o.Match) {
				return o.ID
			}
		}
		return grp.Labels[g.org]
	}
}

func hasLabels(g *window.Group, want map[string]string) bool {
	for k, v := range want {
		if g.Labels[k] != v {
			return false
		}
	}
	return true
}

func (c *crowd) add(g grouping, grp *window.Group, org string, listed map[string]bool) {
	c.all = append(c.all, grp)
	tier := grp.Labels[g.tier]
	switch {
	case org != "":
		if c.byOrg[org] == nil && !listed[org] {
			c.unlisted = append(c.unlisted, org)
		}
		c.byOrg[org] = append(c.byOrg[org], grp)
	case g.org == "" && tier != "":
		c.byTier[tier] = append(c.byTier[tier], grp)
	default:
		c.nobody = append(c.nobody, grp)
	}
}
