package evaluate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// Question asks how a figure came about: of one SLA, of one of its objectives or
// of each, for an organization, for a tier, or, with neither, for everyone.
type Question struct {
	SLA, Objective, Tier, Organization string
	// Group names the values of the SLA's group_by labels; nil means no group.
	Group  map[string]string
	Period period.Period
	// Now asks of the rolling span of the evaluation window that ends now; then
	// Period is ignored.
	Now bool
}

// NobodyError says that a question is about nobody for whom there is a result.
type NobodyError struct{ Who, Period string }

// Error implements error.
func (e *NobodyError) Error() string {
	return fmt.Sprintf("explaining: there is no result for %s in %s", e.Who, e.Period)
}

// who names the audience of a question.
func (q Question) who() string {
	if len(q.Group) > 0 {
		rest := q
		rest.Group = nil
		return fmt.Sprintf("%s in the group %s", rest.who(), groupText(q.Group))
	}
	switch {
	case q.Organization != "" && q.Tier != "":
		return fmt.Sprintf("organization %q in tier %q", q.Organization, q.Tier)
	case q.Organization != "":
		return fmt.Sprintf("organization %q", q.Organization)
	case q.Tier != "":
		return fmt.Sprintf("tier %q", q.Tier)
	}
	return "everyone"
}

// about reports whether the question is about an audience.
func (q Question) about(a audience) bool {
	return maps.Equal(a.group, q.Group) && a.org == q.Organization && (a.tier == q.Tier || q.Organization != "" && q.Tier == "")
}

// groupText writes the values of labels as a selector does, in the labels' order.
func groupText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, fmt.Sprintf("%s=%q", k, labels[k]))
	}
	return strings.Join(out, ",")
}

// Explain answers a question. Its figures are those of [Evaluator.In].
func (e *Evaluator) Explain(ctx context.Context, q Question) (*report.Explanations, error) {
	out := &report.Explanations{Schema: report.ExplainSchema, Title: e.Config.Name, GeneratedAt: e.Now.UTC(), ConfigDigest: e.Config.Digest(),
		Period: q.Period.Info(), Legend: sla.StripLegend(), Explanations: []report.Explanation{}, Notes: e.reportNotes()}
	vs, f := views(q.Period), Filter{SLAs: []string{q.SLA}}
	if q.Now {
		vs = []View{{Rolling: true}}
	}
	asked := questions{}
	objectives := e.askSLA(asked, vs, f)
	if q.Now && len(objectives) > 0 {
		q.Period = e.at(vs[0], objectives[0].spec.Objective)
		out.Period = q.Period.Info()
	}
	got := e.put(ctx, asked)
	ex := e.exemptions()
	for i := range objectives {
		o := &objectives[i]
		if q.Objective != "" && o.spec.Name != q.Objective {
			continue
		}
		if err := e.answer(ctx, o, got); err != nil {
			return nil, err
		}
		e.stage("judging %s", o.name)
		var subjects []subject
		for _, c := range e.crowds(o.by, o.result.Scan) {
			if maps.Equal(c.values, q.Group) {
				subjects = e.subjectsIn(o, c, vs[0], ex, q.about)
			}
		}
		if len(subjects) == 0 {
			return nil, &NobodyError{q.who(), q.Period.Name}
		}
		x, err := e.explain(ctx, o, subjects[0], q.Period)
		if err != nil {
			return nil, err
		}
		out.Explanations = append(out.Explanations, x)
	}
	return out, ctx.Err()
}

// answer takes the scan that answers an objective; an objective without an
// indicator has an empty one.
func (e *Evaluator) answer(ctx context.Context, o *measured, got answers) error {
	o.result.Scan = &window.Scan{}
	if o.reason != "" {
		return nil
	}
	if o.result = got.get(o.ticket); o.result.Err != nil {
		return fmt.Errorf("evaluating %s: %w", o.name, o.result.Err)
	}
	if why := e.absent(ctx, o); why != "" {
		o.result.Scan.Notes = append(o.result.Scan.Notes, why)
	}
	return nil
}

// subject is an audience with all that its judgement depends on.
type subject struct {
	audience
	in    sla.Input
	notes []string
}

// subjects are the audiences of an objective in a view that are kept, those of
// group_by labels left out.
func (e *Evaluator) subjects(o *measured, v View, ex *exemptions, keep func(audience) bool) []subject {
	return e.subjectsIn(o, e.crowds(o.by, o.result.Scan)[0], v, ex, keep)
}

// subjectsIn are the audiences in one crowd.
func (e *Evaluator) subjectsIn(o *measured, c *crowd, v View, ex *exemptions, keep func(audience) bool) []subject {
	base := e.at(v, o.spec.Objective)
	var out []subject
	for _, a := range e.audiences(o.name, o.by, c, v, base, ex) {
		if !keep(a) {
			continue
		}
		obj, notes := e.objectiveFor(o, a)
		out = append(out, subject{audience: a, notes: appendNew(slices.Clone(a.notes), notes),
			in: sla.Input{Objective: obj, Period: a.period, Now: e.Now, Scan: o.result.Scan, Members: a.members, Tier: a.tier, Organization: a.org, Group: a.group}})
	}
	return out
}

func (e *Evaluator) explain(ctx context.Context, o *measured, s subject, asked period.Period) (report.Explanation, error) {
	d := sla.Detail{Result: unmeasured(s.in, o.reason), Steps: []sla.Step{{Text: "there is " + o.reason, Against: true}, {Text: "so the state is insufficient data", Against: true}}}
	if o.reason == "" {
		d = sla.Explain(s.in)
		d.Result = e.evaluate(ctx, o, View{}, s.in)
	}
	r := d.Result
	r.Tier, r.Organization, r.Group = s.tier, s.org, s.group
	r.Notes = appendNew(append([]string{}, slices.Concat(s.notes, r.Notes)...), o.result.Scan.Notes) // never nil
	until := s.period.End
	if until.After(e.Now) {
		until = e.Now
	}
	x := report.Explanation{Result: r, Period: s.period.Info(), Source: e.sourceOf(o), Window: period.FormatDuration(windowOf(s.in.Objective)),
		MaxGap: period.FormatDuration(o.spec.MaxGap), Lookback: period.FormatDuration(o.spec.Lookback), Rules: rules(s.in.Objective),
		Target: e.targetOrigin(o, s), Exclusions: exclusionsOf(s, period.Span{Start: s.period.Start, End: until}),
		Arithmetic: d.Arithmetic, Steps: d.Steps, Strip: sla.NewStrip(d.Windows, s.period), Course: d.Course}
	if s.org != "" && len(s.group) == 0 && asked.Kind == period.Month && s.period.Complete {
		if x.Credit = e.creditAccount(e.roster().of(s.org), s.tier, asked).Explain(r); x.Credit != nil {
			x.Result.Credit = x.Credit.Credit
		}
	}
	if len(x.Exclusions) > 0 && o.reason == "" {
		plain := unexcluded(s.in)
		x.Unexcluded = &report.Unexcluded{Attained: plain.Attained, State: plain.State, Events: plain.Events}
	}
	reads, err := e.reads(o, s, until)
	x.Reads = reads
	return x, err
}

// windowOf is the length of the windows that a method judges.
func windowOf(o sla.Objective) time.Duration {
	if o.Method == sla.Downtime {
		return time.Minute
	}
	return o.MeasurementWindow
}

// rules says how windows that tell little are judged, and what violations leave
// out.
func rules(o sla.Objective) []string {
	out := []string{fmt.Sprintf("a verdict needs %s %% of the windows that are not excluded", o.MinCoverage.Canonical())}
	if o.Method == sla.Slices || o.Method == sla.Mean || o.Method == sla.Downtime {
		out = append(out, "idle windows: "+string(o.Idle), "windows without data: "+string(o.NoData), "unreachable windows: bad")
	}
	if o.Method == sla.Slices && o.SliceTarget != nil {
		out = append(out, fmt.Sprintf("a window is good at %s %%", o.SliceTarget.Canonical()))
	}
	if o.Method == sla.Downtime {
		out = append(out, fmt.Sprintf("a minute is down above %s %% bad of at least %d events, in runs of at least %s", o.DownWhen.Canonical(), o.MinEvents, period.FormatDuration(o.MinConsecutive)))
	}
	if o.GracePeriod > 0 {
		out = append(out, fmt.Sprintf("violations join across %s and are longer than that", period.FormatDuration(o.GracePeriod)))
	}
	return out
}

// sourceOf describes the source of an objective, or the sources that are summed,
// and what was read for it.
func (e *Evaluator) sourceOf(o *measured) report.Source {
	scan := o.result.Scan
	out := report.Source{Accounting: string(scan.Accounting), Series: scan.Series, Samples: scan.Samples, Expressions: scan.Expressions}
	add := func(to *string, text string) {
		if *to != "" && text != "" {
			*to += " + "
		}
		*to += text
	}
	for _, a := range o.ticket.asked {
		src, ok := e.sources[a.source]
		if !ok {
			return report.Source{}
		}
		info := src.Info()
		add(&out.Name, info.Name)
		target := e.display(info.Target)
		if len(o.ticket.asked) > 1 {
			target = info.Name + ": " + target
		}
		add(&out.Target, target)
		add(&out.Detail, info.Detail)
		if out.Kind != info.Kind {
			add(&out.Kind, info.Kind)
		}
	}
	return out
}

// targetOrigin tells where the target in force stands.
func (e *Evaluator) targetOrigin(o *measured, s subject) report.TargetOrigin {
	out := report.TargetOrigin{Value: s.in.Objective.Target, From: "the definition of " + o.name, At: s.period.Start.UTC()}
	path := o.spec.Path
	if words, at, ok := e.Config.TargetOrigin(s.tier, o.name, o.spec.Name, s.period.Start); ok {
		out.From, path = words, at
	}
	out.Position = e.display(e.Config.Pos(path).String())
	return out
}

// exclusionsOf lists what is taken out of a span for an audience; in a wider
// group, what is for some of its members.
func exclusionsOf(s subject, span period.Span) []report.Exclusion {
	out := []report.Exclusion{}
	for _, m := range s.members {
		for _, x := range m.Excluded {
			cut, ok := span.Intersect(x.Span)
			if !ok {
				continue
			}
			one := report.Exclusion{Name: x.Name, Start: cut.Start.UTC(), End: cut.End.UTC(), Scope: "everyone here", Ticket: x.Ticket, Applied: true}
			if len(s.members) > 1 {
				one.Scope = "some of them"
			}
			if x.AsMet {
				one.Reason = "counted as met"
			}
			if !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b report.Exclusion) int { return a.Start.Compare(b.Start) })
	return out
}

// reads lists the selectors of an objective, narrowed to the audience's series.
func (e *Evaluator) reads(o *measured, s subject, until time.Time) ([]report.Reading, error) {
	if o.reason != "" {
		return []report.Reading{}, nil
	}
	ind, err := indicatorOf(*o.spec.Indicator)
	if err != nil {
		return nil, err
	}
	span := until.Sub(s.period.Start) + o.spec.Lookback
	narrow := narrowing(o, s.members)
	out := []report.Reading{}
	add := func(counts string, sel query.Selector) {
		if sel.IsZero() {
			return
		}
		sel = narrow(sel)
		out = append(out, report.Reading{Counts: counts, Selector: sel.Text, Samples: fmt.Sprintf("%s[%ds]", sel.Text, int64(span.Seconds())), At: until.UTC()})
	}
	switch ind.Kind {
	case query.Expression:
		for _, x := range o.result.Scan.Expressions {
			out = append(out, report.Reading{Counts: "expression", Selector: x})
		}
	case query.Histogram:
		// Of both kinds, as far as they were found.
		native, classic := ind.Total, ind.Total.WithName(ind.Total.Name()+"_bucket")
		found := o.result.Scan.Expressions
		if slices.Contains(found, classic.Text) || !slices.Contains(found, native.Text) {
			add("observations", classic)
		}
		if slices.Contains(found, native.Text) {
			add("native histograms", native)
		}
	case query.Rating:
		add("sum", ind.Sum)
		add("count", ind.Total)
	case query.Gauge:
		add("values", ind.Total)
	default:
		add("total", ind.Total)
		add("bad", ind.Bad)
		add("good", ind.Good)
	}
	return out, nil
}

// narrowing returns how a selector is narrowed to the members' series: by the
// first of the grouping labels that tell them from all others. Where no labels
// do, it is left as it is.
func narrowing(o *measured, members []sla.Member) func(query.Selector) query.Selector {
	inside := map[*window.Group]bool{}
	for _, m := range members {
		for _, g := range m.Groups {
			inside[g] = true
		}
	}
	unchanged := func(s query.Selector) query.Selector { return s }
	scan := o.result.Scan
	if len(inside) == 0 || len(inside) == len(scan.Groups) {
		return unchanged
	}
	var used []string
	values := map[string][]string{}
	for _, label := range o.by.labels() {
		for g := range inside {
			values[label] = appendNew(values[label], []string{g.Labels[label]})
		}
		slices.Sort(values[label])
		used = append(used, label)
		selected := 0
		for i := range scan.Groups {
			if !slices.ContainsFunc(used, func(l string) bool { return !slices.Contains(values[l], scan.Groups[i].Labels[l]) }) {
				selected++
			}
		}
		if selected == len(inside) {
			return func(s query.Selector) query.Selector {
				for _, l := range used {
					s = s.Only(l, values[l]...)
				}
				return s
			}
		}
	}
	return unchanged
}

// ObjectiveNames lists the objectives of an SLA, for hints.
func (e *Evaluator) ObjectiveNames(name string) []string {
	var out []string
	for _, entry := range e.Config.SLADefinitions {
		if entry.Key == name {
			for _, spec := range e.Config.Expand(entry) {
				out = append(out, spec.Name)
			}
		}
	}
	return out
}
