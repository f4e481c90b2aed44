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
// is judged for it and the series that it is judged by.
type audience struct {
	tier, org string
	group     map[string]string
	period    period.Period
	members   []sla.Member
	notes     []string
	// alike is set where other audiences are judged by the same series with the
	// same exclusions: all that have no series, and all under measured: shared.
	// What is alike in this, in its period and in its target has one result.
	alike *exemption
}

// customer is one organization as a result sees it.
type customer struct {
	id, tier string
	period   period.Period
	groups   []*window.Group
	notes    []string
	// since is when it became a customer, if that was within the period. What its
	// series say of the time before counts in `all` alone.
	since time.Time
	// absent marks an organization that is no customer in the period: its series
	// count in `all`, like everyone's, and it has no result.
	absent bool
}

// customers returns the listed organizations and those that only the metrics
// name. With seenOnly, organizations without series of their own are left out.
func (e *Evaluator) customers(g grouping, c *crowd, base period.Period, seenOnly bool) []customer {
	var out []customer
	for _, o := range e.Config.Organizations.List {
		groups := c.byOrg[o.ID]
		if seenOnly && len(groups) == 0 {
			continue
		}
		if g.shared {
			groups = c.all
		}
		p, ok := e.periodOf(o, base)
		if !ok {
			out = append(out, customer{id: o.ID, groups: groups, absent: true})
			continue
		}
		tier, _ := o.At(p.Start, e.Config.Zone())
		one := customer{id: o.ID, tier: tier, period: p, groups: groups, notes: e.tierChanges(o, p, tier)}
		if o.Since != nil && p.Start.After(base.In(p.Zone, e.Now).Start) {
			one.since = p.Start
		}
		out = append(out, one)
	}
	for _, id := range c.unlisted {
		u := customer{id: id, period: base, groups: c.byOrg[id], notes: []string{fmt.Sprintf("organization %q is not in organizations.list", id)}}
		if tiers := tiersOf(u.groups, g.tier); len(tiers) > 0 {
			u.tier = tiers[0]
			if len(tiers) > 1 {
				u.notes = append(u.notes, fmt.Sprintf("its series name the tiers %s; it is judged by the first", strings.Join(tiers, ", ")))
			}
		}
		out = append(out, u)
	}
	return out
}

// tiersOf returns the tiers that series name, sorted.
func tiersOf(groups []*window.Group, label string) []string {
	var out []string
	for _, grp := range groups {
		if t := grp.Labels[label]; t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	sort.Strings(out)
	return out
}

// periodOf cuts a period in an organization's own zone and by its `since`. It
// reports false when the organization was no customer in it.
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

// tierChanges notes when the tier of an organization changed within its period.
func (e *Evaluator) tierChanges(o config.Organization, p period.Period, judgedBy string) []string {
	var notes []string
	for _, h := range o.History {
		at := h.Until.Start(e.Config.Zone())
		if !at.After(p.Start) || !at.Before(p.End) {
			continue
		}
		before, _ := o.At(at.Add(-time.Nanosecond), e.Config.Zone())
		if after, _ := o.At(at, e.Config.Zone()); after != before {
			notes = append(notes, fmt.Sprintf("the tier changed from %s to %s on %s; the period is judged by %s, in force at its start", before, after, h.Until, judgedBy))
		}
	}
	return notes
}

// audiences lists the results of one SLA in one period for a crowd, from the
// widest to the single organization.
func (e *Evaluator) audiences(name string, g grouping, c *crowd, v View, base period.Period, ex *exemptions) []audience {
	customers := e.customers(g, c, base, v.Trend)
	out := []audience{e.everyone(name, g, c, customers, base, ex)}
	out = append(out, e.tiers(name, g, c, customers, base, ex)...)
	for _, one := range customers {
		if one.absent {
			continue
		}
		x := ex.of(party{name, one.tier, one.id}, one.period.Span)
		a := audience{tier: one.tier, org: one.id, group: c.values, period: one.period,
			members: []sla.Member{{Groups: one.groups, Excluded: x.excluded}}, notes: append(slices.Clone(one.notes), x.notes...)}
		if g.shared || len(one.groups) == 0 {
			a.alike = x
		}
		out = append(out, a)
	}
	return out
}

// everyone is the audience of all series, whomever they belong to.
func (e *Evaluator) everyone(name string, g grouping, c *crowd, customers []customer, base period.Period, ex *exemptions) audience {
	var all assembly
	if g.shared {
		all.add(ex.of(party{sla: name}, base.Span), c.all)
	} else {
		for _, one := range customers {
			all.add(ex.of(party{name, one.tier, one.id}, base.Span), one.groups)
		}
		for _, tier := range slices.Sorted(maps.Keys(c.byTier)) {
			all.add(ex.of(party{sla: name, tier: tier}, base.Span), c.byTier[tier])
		}
		if len(c.nobody) > 0 || all.empty() {
			all.add(ex.of(party{sla: name}, base.Span), c.nobody)
		}
	}
	return audience{group: c.values, period: base, members: all.members, notes: all.notes}
}

// tiers are the audiences of the tiers: those of the configuration, in its
// order, then those that only the metrics name.
func (e *Evaluator) tiers(name string, g grouping, c *crowd, customers []customer, base period.Period, ex *exemptions) []audience {
	byTier := map[string][]customer{}
	for _, one := range customers {
		if !one.absent && one.tier != "" {
			byTier[one.tier] = append(byTier[one.tier], one)
		}
	}
	promised := e.Config.TierNames()
	names := slices.Clone(promised)
	for _, tier := range slices.Sorted(maps.Keys(c.byTier)) {
		names = appendNew(names, []string{tier})
	}
	for _, tier := range slices.Sorted(maps.Keys(byTier)) {
		names = appendNew(names, []string{tier})
	}
	var out []audience
	for _, tier := range names {
		var group assembly
		x := ex.of(party{sla: name, tier: tier}, base.Span)
		var notes []string
		switch {
		case g.shared:
			group.add(x, c.all)
		case len(e.Config.Organizations.List) == 0 && g.org == "" && g.tier == "":
			// Tiers are promised, but nothing tells whose series are whose: the
			// platform keeps each promise or not.
			group.add(x, c.nobody)
			notes = append(notes, "measured on all series: no label names the tier or the organization")
		default:
			for _, one := range byTier[tier] {
				group.add(ex.since(ex.of(party{name, tier, one.id}, base.Span), one.since), one.groups)
			}
			if len(c.byTier[tier]) > 0 {
				group.add(x, c.byTier[tier])
			}
		}
		if group.empty() {
			continue
		}
		if !slices.Contains(promised, tier) {
			notes = append(notes, fmt.Sprintf("tier %q is not in service_tiers", tier))
		}
		out = append(out, audience{tier: tier, group: c.values, period: base, members: group.members, notes: append(notes, group.notes...)})
	}
	return out
}

// assembly adds up the members of a wider group. Those for whom the same is
// excluded are one member, so that ten thousand customers are not ten thousand
// to add up; those without series have nothing that could be excluded or judged.
type assembly struct {
	members []sla.Member
	notes   []string
	index   map[*exemption]int
	seen    map[*exemption]bool
}

func (m *assembly) add(x *exemption, groups []*window.Group) {
	if m.seen == nil {
		m.index, m.seen = map[*exemption]int{}, map[*exemption]bool{}
	}
	if !m.seen[x] {
		m.seen[x] = true
		m.notes = appendNew(m.notes, x.notes)
	}
	if len(groups) == 0 {
		return
	}
	i, ok := m.index[x]
	if !ok {
		i = len(m.members)
		m.index[x] = i
		m.members = append(m.members, sla.Member{Excluded: x.excluded})
	}
	m.members[i].Groups = append(m.members[i].Groups, groups...)
}

// empty reports whether nobody was added, not even without series.
func (m *assembly) empty() bool { return len(m.seen) == 0 }

// exemption is what is excluded for somebody in a span, and what a reader must
// know about it.
type exemption struct {
	excluded []sla.Exclusion
	notes    []string
}

// exemptions finds exemptions, once for all whom no entry tells apart.
type exemptions struct {
	e     *Evaluator
	ms    []maintenance
	named map[string]bool // organizations that an entry names
	known map[exemptionKey]*exemption
	young map[sinceKey]*exemption
}

type exemptionKey struct {
	party
	start, end int64
}

type sinceKey struct {
	x     *exemption
	since int64
}

func (e *Evaluator) exemptions() *exemptions {
	x := &exemptions{e: e, ms: e.maintenances(), named: map[string]bool{}, known: map[exemptionKey]*exemption{}, young: map[sinceKey]*exemption{}}
	for _, m := range x.ms {
		for _, id := range m.Organizations {
			x.named[id] = true
		}
	}
	return x
}

func (x *exemptions) of(p party, span period.Span) *exemption {
	if !x.named[p.org] {
		p.org = ""
	}
	key := exemptionKey{p, span.Start.UnixMilli(), span.End.UnixMilli()}
	if known, ok := x.known[key]; ok {
		return known
	}
	out := &exemption{}
	out.excluded, out.notes = x.e.exclusions(x.ms, p, span)
	x.known[key] = out
	return out
}

// since excludes, beside what of excludes, all before an instant, unless that is
// the zero time.
func (x *exemptions) since(of *exemption, at time.Time) *exemption {
	if at.IsZero() {
		return of
	}
	key := sinceKey{of, at.UnixMilli()}
	if known, ok := x.young[key]; ok {
		return known
	}
	before := sla.Exclusion{Name: beforeCustomer, Span: period.Span{Start: time.Unix(0, 0), End: at}}
	out := &exemption{excluded: append(slices.Clone(of.excluded), before), notes: of.notes}
	x.young[key] = out
	return out
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
