package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// audience is one result to be: an organization or a wider group, the span that
// is judged for it, the target in force and the series that it is judged by.
type audience struct {
	tier, org string
	group     map[string]string
	period    period.Period
	members   []sla.Member
	notes     []string
}

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
	for _, l := range append([]string{g.org, g.tier}, append(slices.Clone(g.match), g.groupBy...)...) {
		if l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// membership sorts the groups of a scan by whom they belong to.
type membership struct {
	byOrg    map[string][]*window.Group
	unlisted []string                   // organizations that only the label names, sorted
	byTier   map[string][]*window.Group // series of no organization, by tier label
	nobody   []*window.Group            // series of no organization at all
}

// sortOut assigns every group of the scan to an organization: by the match of a
// listed one, else by the label. Only groups with the given group_by values are
// taken.
func (e *Evaluator) sortOut(g grouping, scan *window.Scan, values map[string]string) membership {
	m := membership{byOrg: map[string][]*window.Group{}, byTier: map[string][]*window.Group{}}
	listed := make(map[string]bool, len(e.Config.Organizations.List))
	var matching []config.Organization
	for _, o := range e.Config.Organizations.List {
		listed[o.ID] = true
		if len(o.Match) > 0 {
			matching = append(matching, o)
		}
	}
	for i := range scan.Groups {
		grp := &scan.Groups[i]
		if !hasLabels(grp, values) {
			continue
		}
		id := ""
		if g.org != "" {
			id = grp.Labels[g.org]
		}
		for _, o := range matching {
			if hasLabels(grp, o.Match) {
				id = o.ID
				break
			}
		}
		switch {
		case id != "":
			if m.byOrg[id] == nil && !listed[id] {
				m.unlisted = append(m.unlisted, id)
			}
			m.byOrg[id] = append(m.byOrg[id], grp)
		case g.org == "" && g.tier != "" && grp.Labels[g.tier] != "":
			m.byTier[grp.Labels[g.tier]] = append(m.byTier[grp.Labels[g.tier]], grp)
		default:
			m.nobody = append(m.nobody, grp)
		}
	}
	sort.Strings(m.unlisted)
	return m
}

func hasLabels(g *window.Group, want map[string]string) bool {
	for k, v := range want {
		if g.Labels[k] != v {
			return false
		}
	}
	return true
}

// customer is one organization as a result sees it.
type customer struct {
	id, tier string
	period   period.Period
	groups   []*window.Group
	listed   bool
	notes    []string
}

// customers returns the listed organizations that exist in the period, and those
// that only the metrics name.
func (e *Evaluator) customers(g grouping, m membership, scan *window.Scan, base period.Period) []customer {
	var out []customer
	for _, o := range e.Config.Organizations.List {
		p, ok := e.periodOf(o, base)
		if !ok {
			continue
		}
		tier, _ := o.At(p.Start, e.Config.Zone())
		c := customer{id: o.ID, tier: tier, period: p, groups: m.byOrg[o.ID], listed: true}
		if g.shared {
			c.groups = pointers(scan.Groups)
		}
		if later, _ := o.At(p.End.Add(-time.Second), e.Config.Zone()); later != tier {
			c.notes = append(c.notes, fmt.Sprintf("the tier changed from %s to %s within the period; it is judged by %s, in force at its start", tier, later, tier))
		}
		out = append(out, c)
	}
	for _, id := range m.unlisted {
		c := customer{id: id, period: base, groups: m.byOrg[id],
			notes: []string{fmt.Sprintf("organization %q is not in organizations.list", id)}}
		if g.tier != "" {
			c.tier = c.groups[0].Labels[g.tier]
		}
		out = append(out, c)
	}
	return out
}

// periodOf cuts a period in an organization's own zone and by its `since`. It
// reports false when the organization did not exist in it.
func (e *Evaluator) periodOf(o config.Organization, base period.Period) (period.Period, bool) {
	zone := e.Config.Zone()
	p := base
	if o.Timezone.Location != nil {
		zone = o.Timezone.Location
		p = base.In(zone, e.Now)
	}
	if o.Since != nil {
		if since := o.Since.Start(zone); since.After(p.Start) {
			p.Start = since
		}
	}
	return p, !p.Empty() && p.Start.Before(e.Now)
}

func pointers(groups []window.Group) []*window.Group {
	out := make([]*window.Group, len(groups))
	for i := range groups {
		out[i] = &groups[i]
	}
	return out
}

// audiences lists the results of one SLA in one period, from the widest to the
// single organization, first for all series and then for each value of group_by.
func (e *Evaluator) audiences(name string, g grouping, scan *window.Scan, base period.Period, ms []maintenance) []audience {
	out := e.audiencesOf(name, g, scan, base, ms, nil)
	for _, values := range groupValues(g.groupBy, scan) {
		out = append(out, e.audiencesOf(name, g, scan, base, ms, values)...)
	}
	return out
}

// groupValues returns the distinct values of the group_by labels in the scan.
func groupValues(groupBy []string, scan *window.Scan) []map[string]string {
	if len(groupBy) == 0 {
		return nil
	}
	seen := map[string]map[string]string{}
	for _, grp := range scan.Groups {
		values := make(map[string]string, len(groupBy))
		key := make([]string, len(groupBy))
		for i, l := range groupBy {
			values[l], key[i] = grp.Labels[l], grp.Labels[l]
		}
		seen[strings.Join(key, "\xff")] = values
	}
	out := make([]map[string]string, 0, len(seen))
	for _, k := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[k])
	}
	return out
}

func (e *Evaluator) audiencesOf(name string, g grouping, scan *window.Scan, base period.Period, ms []maintenance, values map[string]string) []audience {
	m := e.sortOut(g, scan, values)
	customers := e.customers(g, m, scan, base)

	member := func(c customer, span period.Span) (sla.Member, []string) {
		ex, notes := e.exclusions(ms, party{name, c.tier, c.id}, span)
		return sla.Member{Groups: c.groups, Excluded: ex}, notes
	}

	var single []audience
	for _, c := range customers {
		mem, notes := member(c, c.period.Span)
		single = append(single, audience{tier: c.tier, org: c.id, group: values, period: c.period,
			members: []sla.Member{mem}, notes: append(slices.Clone(c.notes), notes...)})
	}

	var tiers []audience
	for _, tier := range e.Config.TierNames() {
		a := audience{tier: tier, group: values, period: base}
		for _, c := range customers {
			if c.tier != tier || g.shared {
				continue
			}
			mem, notes := member(c, base.Span)
			a.members, a.notes = append(a.members, mem), appendNew(a.notes, notes)
		}
		c := customer{tier: tier, groups: m.byTier[tier]}
		switch {
		case g.shared:
			c.groups = pointers(scan.Groups)
		case len(customers) == 0 && g.tier == "" && g.org == "":
			// Tiers are promised, but nothing tells whose series are whose: the
			// platform keeps each promise or not.
			c.groups = m.nobody
			a.notes = append(a.notes, "measured on all series: no label names the tier or the organization")
		}
		if len(c.groups) > 0 {
			mem, notes := member(c, base.Span)
			a.members, a.notes = append(a.members, mem), appendNew(a.notes, notes)
		}
		if len(a.members) > 0 {
			tiers = append(tiers, a)
		}
	}

	all := audience{group: values, period: base}
	if g.shared {
		mem, notes := member(customer{groups: pointers(scan.Groups)}, base.Span)
		all.members, all.notes = []sla.Member{mem}, notes
	} else {
		for _, c := range customers {
			mem, _ := member(c, base.Span)
			all.members = append(all.members, mem)
		}
		for _, tier := range slices.Sorted(maps.Keys(m.byTier)) {
			mem, _ := member(customer{tier: tier, groups: m.byTier[tier]}, base.Span)
			all.members = append(all.members, mem)
		}
		if len(m.nobody) > 0 || len(all.members) == 0 {
			mem, notes := member(customer{groups: m.nobody}, base.Span)
			all.members, all.notes = append(all.members, mem), notes
		}
	}
	return append(append([]audience{all}, tiers...), single...)
}

// appendNew appends the texts of add that list does not have yet.
func appendNew(list, add []string) []string {
	for _, s := range add {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
