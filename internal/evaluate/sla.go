package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Filter narrows what an evaluation returns. Empty lists let everything pass. It
// applies after accounting: a scan always reads an SLA's full selector, or
// series born next door would lose their witnesses.
type Filter struct {
	SLAs, Tiers, Organizations []string
}

func (f Filter) passes(a audience) bool {
	return (len(f.Tiers) == 0 || slices.Contains(f.Tiers, a.tier)) &&
		(len(f.Organizations) == 0 || slices.Contains(f.Organizations, a.org))
}

// View is a span that every objective is judged in: the same period for all, or
// for each the rolling span of its own evaluation window, ending now.
type View struct {
	Period  period.Period
	Rolling bool
	// Coarse leaves the moment at which a budget ran out at the end of its
	// window, where nobody will look at it.
	Coarse bool
	// Trend leaves out the organizations without series of their own: a day of
	// theirs has nothing to show.
	Trend bool
	// Effect asks what exclusions changed, also of a coarse view.
	Effect bool
	// Preview asks what the credits of a running month would come to.
	Preview bool
}

// views makes a view of each period.
func views(periods ...period.Period) []View {
	out := make([]View, len(periods))
	for i, p := range periods {
		out[i].Period = p
	}
	return out
}

// at is the period in which an objective is judged.
func (e *Evaluator) at(v View, o sla.Objective) period.Period {
	if v.Rolling {
		return e.Calendar().Rolling(report.NowPeriod, o.EvaluationWindow)
	}
	return v.Period
}

// Provenance says what was read for one SLA's objective.
type Provenance struct {
	SLA, Objective, Source string
	Scan                   *window.Scan
}

// SLAReports is the outcome of [Evaluator.SLA].
type SLAReports struct {
	// Reports has one report per asked view, in the order asked. A rolling view
	// has no period of its own; its results carry theirs.
	Reports []*sla.Report
	// Provenance lists what was read, by SLA and objective.
	Provenance []Provenance
	// Failed says for an SLA why its source could not be read.
	Failed []Failure
}

// Failure is a part of the results that is missing, and why.
type Failure struct {
	SLA string
	Err error
}

// measured is one objective and the request that measures it.
type measured struct {
	name   string // of the SLA
	spec   config.ObjectiveSpec
	by     grouping
	ticket ticket
	reason string // why there is nothing to ask for, or ""
	result query.Result
	fine   map[int64]*window.Scan // by the end of the cell that was refined
}

// SLA judges every objective of the configuration in each of the views, which are
// cut in the configuration's own zone. All of them are read in one scan.
//
// A source that fails does not fail the evaluation: its objectives are left out
// of the reports and listed in Failed. The error is for a cancelled context.
func (e *Evaluator) SLA(ctx context.Context, vs []View, f Filter) (*SLAReports, error) {
	q := questions{}
	objectives := e.askSLA(q, vs, f)
	return e.judgeSLA(ctx, objectives, e.put(ctx, q), vs, f)
}

// judgeViews evaluates the objectives from the answers.
func (e *Evaluator) judgeViews(ctx context.Context, objectives []measured, got answers, vs []View, f Filter) (*SLAReports, error) {
	ex := e.exemptions()
	out := &SLAReports{}
	for _, v := range vs {
		r := &sla.Report{Schema: sla.Schema, Results: []sla.Result{}, Credits: []sla.CreditTotal{}, Notes: e.reportNotes()}
		if !v.Rolling {
			r.Period = v.Period.Info()
		}
		out.Reports = append(out.Reports, r)
	}
	for i := range objectives {
		o := &objectives[i]
		o.result.Scan = &window.Scan{}
		if o.reason == "" {
			o.result = got.get(o.ticket)
			if err := o.result.Err; err != nil {
				out.fail(o.name, err)
				continue
			}
			if why := e.absent(ctx, o); why != "" {
				o.result.Scan.Notes = append(o.result.Scan.Notes, why)
			}
			for _, p := range got.parts(o.ticket) {
				out.Provenance = append(out.Provenance, Provenance{o.name, o.spec.Name, p.Source, p.Scan})
			}
		}
		e.stage("judging %s", o.name)
		crowds := e.crowds(o.by, o.result.Scan)
		for j, v := range vs {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			for _, c := range crowds {
				out.Reports[j].Results = append(out.Reports[j].Results, e.judge(ctx, o, c, v, f, ex)...)
			}
		}
	}
	return out, ctx.Err()
}

func (r *SLAReports) fail(name string, err error) {
	same := func(f Failure) bool { return f.SLA == name && f.Err.Error() == err.Error() }
	if !slices.ContainsFunc(r.Failed, same) {
		r.Failed = append(r.Failed, Failure{SLA: name, Err: err})
	}
}

// reportNotes says once what holds for every result: several sources, and the
// configured parts of SLAs that this version does not act on.
func (e *Evaluator) reportNotes() []string {
	notes := []string{}
	if list := e.Config.SLADefinitions; len(e.Config.Sources.Metrics) > 1 && slices.ContainsFunc(list, func(d config.Entry[config.SLADefinition]) bool { return len(d.Value.Source) == 0 }) {
		notes = append(notes, "sources.metrics: an SLA without `source` is read from the first source, "+e.Config.Sources.Metrics[0].Name)
	}
	for _, n := range e.Config.NotYet() {
		for _, block := range []string{"sla_definitions", "service_tiers", "service_hours", "maintenance", "sources.metrics"} {
			if strings.HasPrefix(n, block) {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

// askSLA makes one request per objective, with a grid on which every period of
// every audience can be judged.
func (e *Evaluator) askSLA(q questions, vs []View, f Filter) []measured {
	var out []measured
	vs = e.withCreditMonths(vs)
	ms, cutters := e.maintenances(), e.cutters()
	for _, entry := range e.Config.SLADefinitions {
		if len(f.SLAs) > 0 && !slices.Contains(f.SLAs, entry.Key) {
			continue
		}
		by := e.grouping(entry.Value)
		for _, spec := range e.Config.Expand(entry) {
			m := measured{name: entry.Key, spec: spec, by: by}
			if req, err := e.request(spec, by); err != nil {
				m.reason = err.Error()
			} else {
				req.Grid = e.grid(spec.Objective, vs, cutters, ms)
				m.ticket = q.ask(e.sourceNames(entry.Value.Source), req)
			}
			out = append(out, m)
		}
	}
	return out
}

// request is what measures an objective, without a grid.
func (e *Evaluator) request(spec config.ObjectiveSpec, by grouping) (query.Request, error) {
	if spec.Indicator == nil {
		return query.Request{}, errNoIndicator
	}
	ind, err := indicatorOf(*spec.Indicator)
	return query.Request{Indicator: ind, GroupBy: by.labels(), MaxGap: spec.MaxGap, Lookback: spec.Lookback}, err
}

var errNoIndicator = errors.New("no indicator")

// cutters are organizations in whose ways a period is cut: one for each zone and
// `since`. Ten thousand customers in five zones need few.
func (e *Evaluator) cutters() []config.Organization {
	type way struct {
		zone  string
		since config.Date
	}
	seen := map[way]bool{}
	var out []config.Organization
	for _, o := range e.Config.Organizations.List {
		var w way
		if o.Timezone.Location != nil {
			w.zone = o.Timezone.String()
		}
		if o.Since != nil {
			w.since = *o.Since
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, o)
		}
	}
	return out
}

// distinctPeriods returns the periods as the whole and every organization see
// them, each span once.
func (e *Evaluator) distinctPeriods(o sla.Objective, vs []View, cutters []config.Organization) []period.Period {
	type key struct{ start, end int64 }
	seen := map[key]bool{}
	var out []period.Period
	add := func(p period.Period) {
		k := key{p.Start.UnixMilli(), p.End.UnixMilli()}
		if !seen[k] {
			seen[k] = true
			out = append(out, p)
		}
	}
	for _, v := range vs {
		base := e.at(v, o)
		add(base)
		for _, c := range cutters {
			if p, ok := e.periodOf(c, base); ok {
				add(p)
			}
		}
	}
	return out
}

// grid is the common refinement of everything that will be asked of a scan.
func (e *Evaluator) grid(o sla.Objective, vs []View, cutters []config.Organization, ms []maintenance) window.Grid {
	var cuts []time.Time
	for _, p := range e.distinctPeriods(o, vs, cutters) {
		cuts = append(cuts, sla.Instants(o, p, e.Now)...)
	}
	first, last := slices.MinFunc(cuts, time.Time.Compare), slices.MaxFunc(cuts, time.Time.Compare)
	for _, t := range e.exclusionEdges(o.SLA, ms, period.Span{Start: first, End: last}) {
		if t.After(first) && t.Before(last) {
			cuts = append(cuts, t)
		}
	}
	return window.NewGrid(cuts)
}

// judge evaluates one objective in one view for everyone whom it concerns. What
// is alike is computed once: thousands of customers may have no series, or share
// the platform's.
func (e *Evaluator) judge(ctx context.Context, o *measured, c *crowd, v View, f Filter, ex *exemptions) []sla.Result {
	known := map[likeness]sla.Result{}
	var out []sla.Result
	base := e.at(v, o.spec.Objective)
	for _, a := range e.audiences(o.name, o.by, c, v, base, ex) {
		if !f.passes(a) {
			continue
		}
		obj, notes := e.objectiveFor(o, a)
		key := likenessOf(a, obj)
		r, ok := known[key]
		if !ok || a.alike == nil {
			r = e.evaluate(ctx, o, v, sla.Input{Objective: obj, Period: a.period, Now: e.Now, Scan: o.result.Scan, Members: a.members})
			known[key] = r
		}
		r.Tier, r.Organization, r.Group = a.tier, a.org, a.group
		r.Notes = appendNew(append([]string{}, slices.Concat(a.notes, notes, r.Notes)...), o.result.Scan.Notes) // never nil
		if info := a.period.Info(); v.Rolling || info != base.Info() {
			r.Period = &info
		}
		out = append(out, r)
	}
	return out
}

// likeness is what the result of an objective depends on for audiences that are
// alike.
type likeness struct {
	exempt     *exemption
	start, end int64
	target     string
}

func likenessOf(a audience, o sla.Objective) likeness {
	return likeness{a.alike, a.period.Start.UnixMilli(), a.period.End.UnixMilli(), o.Target.Canonical()}
}

// objectiveFor is the objective with the target that was promised to the
// audience: that of its tier, in force at the start of its period, over that of
// the definition.
func (e *Evaluator) objectiveFor(o *measured, a audience) (sla.Objective, []string) {
	obj := o.spec.Objective
	tier, ok := e.Config.ServiceTiers.Get(a.tier)
	if !ok {
		return obj, nil
	}
	promised := func(at time.Time) unit.Decimal {
		if target, ok := e.Config.TierTarget(a.tier, o.name, obj.Name, at); ok {
			return target
		}
		return o.spec.Target
	}
	obj.Target = promised(a.period.Start)
	var notes []string
	for _, h := range tier.History {
		at := h.Until.Start(e.Config.Zone())
		if !at.After(a.period.Start) || !at.Before(a.period.End) {
			continue
		}
		if before, after := promised(at.Add(-time.Nanosecond)), promised(at); after.Cmp(before) != 0 {
			notes = append(notes, fmt.Sprintf("the target changed from %s to %s on %s; the period is judged by %s, in force at its start",
				before.Canonical(), after.Canonical(), h.Until, obj.Target.Canonical()))
		}
	}
	return obj, notes
}

// evaluate judges an input. Where a budget ran out, it reads the cell in which
// that happened once more, sample by sample, to name the moment.
func (e *Evaluator) evaluate(ctx context.Context, o *measured, v View, in sla.Input) sla.Result {
	if o.reason != "" {
		return unmeasured(in, o.reason)
	}
	r, precise := sla.Evaluate(in), !v.Coarse && !v.Trend
	if precise || v.Effect {
		effect(in, &r)
	}
	if !precise || r.Budget == nil || r.Budget.ExhaustedAt == nil || in.Scan.Accounting != window.Exact {
		return r
	}
	at, err := e.exhaustedAt(ctx, o, in, *r.Budget.ExhaustedAt)
	if err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("the budget was exhausted at the latest at exhausted_at; which sample exhausted it is not known: %v", err))
		return r
	}
	r.Budget.ExhaustedAt = &at
	return r
}

// unmeasured is the result of an objective that nothing measures.
func unmeasured(in sla.Input, reason string) sla.Result {
	return sla.Result{SLA: in.Objective.SLA, Objective: in.Objective.Name, Method: in.Objective.Method, Accounting: window.Exact, Target: in.Objective.Target,
		Comparison: in.Objective.Comparison, Unit: in.Objective.Unit, State: sla.InsufficientData,
		Events: sla.EventCounts{}, Coverage: unit.Decimal{}, Violations: []sla.Violation{}, Reason: &reason, Notes: []string{}}
}

// Status judges the month to date and, in results that carry the period "now",
// the rolling span of each evaluation window.
func (e *Evaluator) Status(ctx context.Context, f Filter) (*SLAReports, error) {
	out, err := e.SLA(ctx, append(views(e.Calendar().Current(period.Month)), View{Rolling: true}), f)
	if err != nil {
		return nil, err
	}
	month, now := out.Reports[0], out.Reports[1]
	month.Results = append(month.Results, now.Results...)
	out.Reports = []*sla.Report{month}
	return out, nil
}

// In judges one period.
func (e *Evaluator) In(ctx context.Context, p period.Period, f Filter) (*SLAReports, error) {
	return e.SLA(ctx, views(p), f)
}
