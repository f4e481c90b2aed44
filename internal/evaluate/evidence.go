package evaluate

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// EvidenceRequest says what an archive of evidence is to be about.
type EvidenceRequest struct {
	Period period.Period
	// Asked is the period as [period.Calendar.Parse] reads it.
	Asked string
	// Organization reduces the archive to what this customer may see.
	Organization string
	// Samples adds the raw increments behind the counts.
	Samples bool
	// Version is that of slactl.
	Version string
}

// Evidence is everything that the figures of a period follow from: the part of
// the configuration that they depend on, and what was counted. Results are not in
// it. Whoever writes an archive and whoever verifies one computes them alike from
// this, and from nothing else.
type Evidence struct {
	Manifest evidence.Manifest
	config   []byte
	scans    []evidenceScan
	derived  *derived // what follows, once it was computed
}

// evidenceScan is what was counted for one objective.
type evidenceScan struct {
	sla, objective string
	source         string
	reason         string // why nothing was counted, or ""
	scan           *window.Scan
	fine           map[int64]*window.Scan // see measured
	series         []tracedSeries         // the raw increments; only to be written
	traced         bool
	untraced       string // why there are no increments where they were asked for
	path           string // of the entries, once they were read
}

// Evidence reads what the figures of a period follow from. It refuses to give
// evidence that is not complete, or from which not exactly the figures of
// [Evaluator.In] follow.
func (e *Evaluator) Evidence(ctx context.Context, req EvidenceRequest) (*Evidence, error) {
	q, vs, f := questions{}, views(req.Period), Filter{}
	if req.Organization != "" {
		f.Organizations = []string{req.Organization}
	}
	objectives := e.askSLA(q, vs, Filter{})
	var traced map[int]*traces
	if req.Samples {
		traced = e.trace(objectives, q, req.Organization)
	}
	judged, err := e.judgeSLA(ctx, objectives, e.put(ctx, q), vs, f)
	if err != nil {
		return nil, err
	}
	for _, f := range judged.Failed {
		return nil, fmt.Errorf("evaluating %s: %w", f.SLA, f.Err)
	}
	if len(judged.Reports[0].Results) == 0 {
		return nil, &NobodyError{Question{Organization: req.Organization}.who(), req.Period.Name}
	}
	x := &Evidence{Manifest: evidence.Manifest{Version: req.Version, GeneratedAt: e.Now.UTC(), Asked: req.Asked, Period: req.Period.Info(),
		Organization: req.Organization, ConfigDigest: e.Config.Digest(), Sources: e.evidenceSources(req, judged)}}
	if x.config, err = e.Config.Excerpt(e.excerptFor(req, judged.Reports[0])); err != nil {
		return nil, err
	}
	names := pseudonymize(objectives, traced)
	for i := range objectives {
		x.scans = append(x.scans, e.evidenceScan(&objectives[i], req.Organization, names))
	}
	if err := x.show(traced, names, e.Config.Organizations.Label); err != nil {
		return nil, err
	}
	return x, x.reproduces(ctx, judged.Reports[0])
}

// show puts the raw increments beside the counts, for a customer with numbers in
// place of the labels of its series.
func (x *Evidence) show(traced map[int]*traces, known pseudonyms, own string) error {
	name := seriesText
	if x.Manifest.Organization != "" {
		name = func(ls map[string]string) string { return seriesText(known.of(ls, own)) }
	}
	for i, ts := range traced {
		if ts.count.Load() > mostIncrements {
			return errTooMany()
		}
		switch {
		case x.scans[i].scan.Accounting != window.Exact:
			x.scans[i].untraced = "the source gave no raw samples: accounting " + string(x.scans[i].scan.Accounting)
		case ts.untold != "":
			x.scans[i].untraced = ts.untold
		default:
			x.scans[i].traced, x.scans[i].series = true, ts.settle(name)
			if err := x.scans[i].addsUp(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Untraced says for which objectives there are no raw increments although they
// were asked for, and why.
func (x *Evidence) Untraced() []string {
	var out []string
	for _, s := range x.scans {
		if s.untraced != "" {
			out = append(out, fmt.Sprintf("%s: there are no increments of %s: %s", s.sla, s.objective, s.untraced))
		}
	}
	return out
}

// excerptFor says which part of the configuration the results depend on.
func (e *Evaluator) excerptFor(req EvidenceRequest, r *sla.Report) config.Excerpt {
	out := config.Excerpt{Organization: req.Organization, Span: req.Period.Span}
	out.Span.Start = out.Span.Start.Add(-burnLookback)
	if req.Organization == "" {
		return out
	}
	o := e.roster()[req.Organization]
	out.Tiers = appendNew(nil, []string{o.Tier})
	for _, h := range o.History {
		if h.Tier != "" && !h.Until.Start(e.Config.Zone()).Before(out.Span.Start.Add(-36*time.Hour)) {
			out.Tiers = appendNew(out.Tiers, []string{h.Tier})
		}
	}
	for i := range r.Results { // one that only the metrics name has the tier of its series
		out.Tiers = appendNew(out.Tiers, []string{r.Results[i].Tier})
	}
	return out
}

// evidenceSources describes the sources that were read, for a customer without
// saying where they are.
func (e *Evaluator) evidenceSources(req EvidenceRequest, judged *SLAReports) []evidence.Source {
	out := []evidence.Source{}
	for _, p := range judged.Provenance {
		src, ok := e.sources[p.Source]
		if !ok {
			continue
		}
		info := src.Info()
		one := evidence.Source{Name: info.Name, Kind: info.Kind, Target: e.display(info.Target), Detail: info.Detail, Accounting: string(p.Scan.Accounting)}
		if req.Organization != "" {
			one.Name, one.Target, one.Detail = "", "", ""
		}
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// evidenceScan takes what was counted for an objective, for a customer only of
// its own series.
func (e *Evaluator) evidenceScan(o *measured, org string, names pseudonyms) evidenceScan {
	out := evidenceScan{sla: o.name, objective: o.spec.Name, source: strings.Join(o.ticket.sources(), " + "), reason: o.reason, scan: o.result.Scan, fine: o.fine}
	if org == "" || o.reason != "" {
		return out
	}
	out.source = ""
	out.scan = e.reduced(o, o.result.Scan, org, names)
	out.fine = map[int64]*window.Scan{}
	for end, fine := range o.fine {
		out.fine[end] = e.reduced(o, fine, org, names)
	}
	return out
}

// reduced is a scan without what is not the organization's: other groups, the
// names of jobs, selectors, notes that may quote them, and the size of the whole.
func (e *Evaluator) reduced(o *measured, scan *window.Scan, org string, names pseudonyms) *window.Scan {
	everyone := e.crowds(o.by, scan)[0]
	mine := everyone.byOrg[org]
	if o.by.shared {
		mine = everyone.all
	}
	_, listed := e.roster()[org]
	byLabels := map[string][]*window.Group{}
	for _, g := range mine {
		tier := ""
		if !listed {
			tier = g.Labels[o.by.tier]
		}
		byLabels[tier] = append(byLabels[tier], g)
	}
	out := &window.Scan{Grid: scan.Grid, Accounting: scan.Accounting}
	for _, tier := range slices.Sorted(maps.Keys(byLabels)) {
		labels := map[string]string{}
		if !o.by.shared {
			label := e.Config.Organizations.Label
			if label == "" {
				label = config.ExcerptLabel
			}
			labels[label] = org
			if !listed && o.by.tier != "" {
				labels[o.by.tier] = tier
			}
		}
		out.Groups = append(out.Groups, window.Merge(byLabels[tier], labels, scan.Grid.Cells()))
	}
	for _, job := range scan.Jobs {
		job.Name = names.name("job", job.Name)
		out.Jobs = append(out.Jobs, job)
	}
	if n := len(scan.Notes); n > 0 {
		out.Notes = []string{fmt.Sprintf("%d notes on the samples are not shown here", n)}
	}
	return out
}

// reproduces reports an error unless exactly the given results follow from the
// evidence. Notes are left aside: an excerpt has fewer of them.
func (x *Evidence) reproduces(ctx context.Context, want *sla.Report) error {
	got, err := x.derive(ctx)
	if err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	x.derived = got
	bare := func(r *sla.Report) ([]sla.Result, []sla.CreditTotal) {
		var out []sla.Result
		for _, one := range r.Results {
			if x.Manifest.Organization != "" && len(one.Group) > 0 {
				continue
			}
			one.Notes = nil
			out = append(out, one)
		}
		return out, r.Credits
	}
	found, owed := bare(got.report)
	expected, due := bare(want)
	diffs := append(evidence.Differences(found, expected), evidence.Differences(owed, due)...)
	if len(diffs) == 0 {
		return nil
	}
	d := diffs[0]
	return fmt.Errorf("writing evidence: the figures would not follow from the archive: %s: %s instead of %s (%d differences)", d.Place, d.Found, d.Expected, len(diffs))
}

// derived is what follows from evidence.
type derived struct {
	report   *sla.Report
	results  []derivedResult // in the order of the report's
	windowed []derivedWindows
	limits   map[string]limits // of the accounting, by SLA.objective
}

// derivedResult is what one result was judged by.
type derivedResult struct {
	windows  string // the entry of its windows, "" without any
	excluded []sla.Exclusion
	span     period.Span
}

// derivedWindows are windows that one or more results have.
type derivedWindows struct {
	name string
	in   sla.Input
}

// derive judges the period from the evidence alone.
func (x *Evidence) derive(ctx context.Context) (*derived, error) {
	cfg, diags := config.Parse(evidence.ConfigName, x.config, func(string) (string, bool) { return "", false })
	if diags.HasErrors() {
		return nil, diags
	}
	e := &Evaluator{Config: cfg, Now: x.Manifest.GeneratedAt, Open: func(context.Context, config.MetricsSource) (query.Source, error) {
		return nil, errors.New("evidence is judged without reading a source")
	}}
	p, err := e.Calendar().Parse(x.Manifest.Asked)
	if err != nil {
		return nil, fmt.Errorf("reading the period of %s: %w", evidence.ManifestName, err)
	}
	q, vs, f := questions{}, views(p), Filter{}
	if x.Manifest.Organization != "" {
		f.Organizations = []string{x.Manifest.Organization}
	}
	objectives := e.askSLA(q, vs, Filter{})
	judged, err := e.judgeSLA(ctx, objectives, x.answers(objectives, q), vs, f)
	if err != nil {
		return nil, err
	}
	for _, f := range judged.Failed {
		return nil, fmt.Errorf("judging %s: %w", f.SLA, f.Err)
	}
	out := &derived{report: judged.Reports[0], limits: map[string]limits{}}
	for i := range objectives {
		spec := &objectives[i].spec
		out.limits[spec.SLA+"."+spec.Name] = limits{spec.MaxGap.Milliseconds(), spec.Lookback.Milliseconds()}
		out.add(e, &objectives[i], vs[0], f)
	}
	if len(out.results) != len(out.report.Results) {
		return nil, errors.New("judging evidence: results and windows differ in number")
	}
	return out, nil
}

// answers gives each objective what was counted for it.
func (x *Evidence) answers(objectives []measured, q questions) answers {
	out := answers{}
	for source, reqs := range q {
		out[source] = make([]query.Result, len(reqs))
	}
	for i := range objectives {
		o := &objectives[i]
		at := slices.IndexFunc(x.scans, func(s evidenceScan) bool { return s.sla == o.name && s.objective == o.spec.Name })
		if at < 0 {
			o.reason = "the archive has no scan of it"
			continue
		}
		if o.reason = x.scans[at].reason; o.reason == "" {
			o.fine = x.scans[at].fine
			o.ticket.asked = o.ticket.asked[:1] // the archive has the sum
			out[o.ticket.asked[0].source][o.ticket.asked[0].index].Scan = x.scans[at].scan
		}
	}
	return out
}

// add lists what each result of an objective was judged by, in the order of
// [Evaluator.judgeViews].
func (d *derived) add(e *Evaluator, o *measured, v View, f Filter) {
	known := map[likeness]string{}
	ex := e.exemptions()
	for _, c := range e.crowds(o.by, o.result.Scan) {
		for _, a := range e.audiences(o.name, o.by, c, v, v.Period, ex) {
			if !f.passes(a) {
				continue
			}
			obj, _ := e.objectiveFor(o, a)
			one := derivedResult{span: a.period.Span}
			if one.span.End.After(e.Now) {
				one.span.End = e.Now
			}
			for _, m := range a.members {
				one.excluded = append(one.excluded, m.Excluded...)
			}
			key := likenessOf(a, obj)
			switch {
			case o.reason != "":
			case a.alike != nil && known[key] != "":
				one.windows = known[key]
			default:
				one.windows = fmt.Sprintf("windows/%04d-%s.csv", len(d.results)+1, fileName(o.name, o.spec.Name, a.tier, a.org))
				known[key] = one.windows
				d.windowed = append(d.windowed, derivedWindows{one.windows, sla.Input{Objective: obj, Period: a.period, Now: e.Now, Scan: o.result.Scan, Members: a.members}})
			}
			d.results = append(d.results, one)
		}
	}
}

// fileName makes a name of a file of words, without what a file system may mind.
func fileName(words ...string) string {
	var out []string
	for _, w := range words {
		w = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
				return r
			}
			return '_'
		}, w)
		if w != "" {
			out = append(out, w[:min(len(w), 40)])
		}
	}
	return strings.Join(out, "-")
}

// Write writes the archive, signed where there is a key.
func (x *Evidence) Write(w io.Writer, key ed25519.PrivateKey) error {
	m := x.Manifest
	files := append(x.derived.files(), evidence.Text(evidence.ConfigName, x.config), evidence.Text(evidence.ReadmeName, []byte(readme)))
	for i, s := range x.scans {
		entry, more := s.files(fmt.Sprintf("scans/%02d-%s", i+1, fileName(s.sla, s.objective)))
		m.Scans = append(m.Scans, entry)
		files = append(files, more...)
	}
	return evidence.Write(w, m, files, key)
}
