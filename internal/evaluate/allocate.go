package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Allocate answers whom the costs of a query belong to; by is team, org or tier.
// Metrics by which costs are shared out are measured in the span of the query, as
// bills are cut. A metric that cannot be had leaves its rule's costs unallocated,
// with the reason.
func (e *Evaluator) Allocate(ctx context.Context, q cost.Query, by string) (*cost.Allocation, error) {
	a := e.allocator(ctx, q.Period)
	q.By = []string{by}
	reports, err := e.breakdown(ctx, []cost.Query{a.Query(q)})
	if err != nil {
		return nil, err
	}
	return a.Allocate(by, reports[0]), nil
}

// breakdownOwned answers queries, of which some ask whom costs belong to.
func (e *Evaluator) breakdownOwned(ctx context.Context, qs []cost.Query) ([]*cost.Report, error) {
	allocators := make([]*cost.Allocator, len(qs))
	bySpan := map[period.Span]*cost.Allocator{}
	asked := slices.Clone(qs)
	for i, q := range qs {
		if !q.Owned() {
			continue
		}
		if err := q.Validate(); err != nil {
			return nil, err
		}
		a := bySpan[q.Period.Span]
		if a == nil {
			a = e.allocator(ctx, q.Period)
			bySpan[q.Period.Span] = a
		}
		allocators[i], asked[i] = a, a.Query(q)
	}
	reports, err := e.breakdown(ctx, asked)
	for i, r := range reports {
		if allocators[i] != nil {
			reports[i] = allocators[i].Apply(qs[i], r)
		}
	}
	return reports, err
}

// allocator makes the configured rules, with the shares of their splits in a
// period.
func (e *Evaluator) allocator(ctx context.Context, p period.Period) *cost.Allocator {
	q := questions{}
	fill := e.askAllocator(q, p)
	return fill(e.put(ctx, q))
}

// askAllocator asks for the metrics that costs are shared out by, and returns what
// makes the rules of the answers.
func (e *Evaluator) askAllocator(q questions, p period.Period) func(answers) *cost.Allocator {
	tiers := e.tiersIn(p)
	a := &cost.Allocator{Tier: func(org string) string { return tiers[org] }}
	var asked []askedSplit
	for _, r := range e.Config.Cost.Allocate {
		rule := cost.Rule{Match: r.Match.Charges(), Team: r.Team, Tier: r.Tier, Org: r.Org}
		if r.Split != nil {
			rule.Split = &cost.Split{Over: r.Split.Over, By: r.Split.By}
			asked = append(asked, e.askSplit(q, rule.Split, p))
		}
		a.Rules = append(a.Rules, rule)
	}
	return func(got answers) *cost.Allocator {
		for _, s := range asked {
			for _, n := range e.fillSplit(s, got, p, tiers) {
				if !slices.Contains(a.Notes, n) {
					a.Notes = append(a.Notes, n)
				}
			}
		}
		return a
	}
}

// tiersIn are the tiers of the listed organizations in a period: those in force
// at its start, or when they became customers.
func (e *Evaluator) tiersIn(p period.Period) map[string]string {
	out := map[string]string{}
	for _, o := range e.Config.Organizations.List {
		at := p.Start
		if since := e.since(o); since.After(at) {
			at = since
		}
		out[o.ID], _ = o.At(at, e.Config.Zone())
	}
	return out
}

// since is when an organization became a customer; zero for always.
func (e *Evaluator) since(o config.Organization) time.Time {
	zone := e.Config.Zone()
	if o.Timezone.Location != nil {
		zone = o.Timezone.Location
	}
	if o.Since == nil {
		return time.Time{}
	}
	return o.Since.Start(zone)
}

// askedSplit is a split whose shares are being measured.
type askedSplit struct {
	split  *cost.Split
	metric metric
	by     grouping
}

// askSplit asks for the metric that a split goes by, or finds the shares of one
// that is even.
func (e *Evaluator) askSplit(q questions, s *cost.Split, p period.Period) askedSplit {
	out := askedSplit{split: s}
	if s.By == "" {
		for _, key := range e.equals(s.Over, p) {
			s.Shares = append(s.Shares, cost.Share{Key: key, Weight: unit.DecimalOfInt(1)})
		}
		return out
	}
	m, ok := e.Config.BusinessMetrics.Get(s.By)
	if !ok {
		s.Missing = "there is no business metric " + s.By
		return out
	}
	out.metric.def = definitionOf(s.By, m)
	ind, reason := kpiIndicator(m)
	switch {
	case reason != "":
		s.Missing = s.By + ": " + reason
		return out
	case out.metric.def.Kind == kpi.Ratio:
		s.Missing = s.By + " is a ratio, and no amount that costs can be shared out by"
		return out
	}
	out.by = e.grouping(config.SLADefinition{})
	if s.Over == "team" {
		out.by = grouping{groupBy: []string{"team"}}
	} else if len(out.by.labels()) == 0 {
		s.Missing = "organizations.label does not say which label names the organization"
		return out
	}
	grid := window.NewGrid([]time.Time{p.Start, e.until(p)})
	out.metric.ticket = q.ask(e.sourceNames(m.Source), query.Request{Indicator: ind, GroupBy: out.by.labels(), Grid: grid,
		MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback})
	return out
}

// equals are the keys of an even split: the listed customers, the tiers, or the
// teams of the rules.
func (e *Evaluator) equals(over string, p period.Period) []string {
	var out []string
	switch over {
	case "org":
		for _, o := range e.Config.Organizations.List {
			if e.since(o).Before(p.End) {
				out = append(out, o.ID)
			}
		}
	case "tier":
		out = e.Config.TierNames()
	case "team":
		for _, r := range e.Config.Cost.Allocate {
			if r.Team != "" {
				out = append(out, r.Team)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fillSplit reads the shares out of the answers. The notes say what of the metric
// belongs to nobody.
func (e *Evaluator) fillSplit(s askedSplit, got answers, p period.Period, tiers map[string]string) []string {
	if s.split.By == "" || s.split.Missing != "" {
		return nil
	}
	r := got.get(s.metric.ticket)
	if r.Err != nil {
		s.split.Missing = fmt.Sprintf("%s: %s", s.split.By, r.Err)
		return nil
	}
	owner, weights, none := e.owner(s.by), map[string]unit.Decimal{}, unit.Decimal{}
	seen := period.Span{Start: p.Start, End: e.until(p)}
	why := "no series match"
	for i := range r.Scan.Groups {
		one := *r.Scan
		one.Groups = r.Scan.Groups[i : i+1]
		m := kpi.Measure(s.metric.def, &one, seen, seen, nil)
		if m.Value == nil {
			why = *m.Reason
			continue
		}
		key := owner(&r.Scan.Groups[i])
		switch s.split.Over {
		case "team":
			key = r.Scan.Groups[i].Labels["team"]
		case "tier":
			key = cmp.Or(tiers[key], r.Scan.Groups[i].Labels[s.by.tier])
		}
		if key == "" {
			none = none.Add(*m.Value)
			continue
		}
		weights[key] = weights[key].Add(*m.Value)
	}
	for _, key := range slices.Sorted(maps.Keys(weights)) {
		s.split.Shares = append(s.split.Shares, cost.Share{Key: key, Weight: weights[key]})
	}
	switch {
	case len(weights) > 0:
	case !none.IsZero():
		s.split.Missing = fmt.Sprintf("no series of %s names its %s", s.split.By, s.split.Over)
		return nil
	default:
		s.split.Missing = fmt.Sprintf("%s has no value for any %s: %s", s.split.By, s.split.Over, why)
	}
	return e.splitNotes(s, none, tiers)
}

func (e *Evaluator) splitNotes(s askedSplit, none unit.Decimal, tiers map[string]string) []string {
	var notes []string
	if !none.IsZero() {
		notes = append(notes, fmt.Sprintf("%s of %s names no %s and is no share", none.Canonical(), s.split.By, s.split.Over))
	}
	if s.split.Over == "org" {
		for _, share := range s.split.Shares {
			if _, ok := tiers[share.Key]; !ok {
				notes = append(notes, fmt.Sprintf("organization %s, which has a share by %s, is not listed", share.Key, s.split.By))
			}
		}
	}
	return notes
}
