package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
)

// judgeSLA judges the views and decides the credits of the months in them. A
// view that holds whole months lists the credits of each, for which they are
// judged beside what was asked for.
func (e *Evaluator) judgeSLA(ctx context.Context, objectives []measured, got answers, vs []View, f Filter) (*SLAReports, error) {
	all := e.withCreditMonths(vs)
	out, err := e.judgeViews(ctx, objectives, got, all, f)
	if err == nil {
		e.credit(all, out.Reports, len(vs))
		if len(f.SLAs) > 0 {
			combineNothing(out.Reports[:len(vs)])
		}
	}
	out.Reports = out.Reports[:len(vs)]
	for i := 0; i < len(vs) && err == nil; i++ {
		out.Reports[i].Preview, err = e.preview(ctx, objectives, vs[i], f)
	}
	return out, err
}

// combineNothing leaves out what organizations are owed where an SLA was
// filtered away: credits are combined over all objectives. A result keeps its
// own.
func combineNothing(reports []*sla.Report) {
	for _, r := range reports {
		before := len(r.Notes) + len(r.Credits)
		r.Notes = slices.DeleteFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, sla.CreditNote) })
		r.Credits = []sla.CreditTotal{}
		if len(r.Notes) < before {
			r.Notes = append(r.Notes, sla.CreditNote+"organizations are combined over all SLAs, and not shown for some of them")
		}
	}
}

// withCreditMonths appends the months whose credits the views list and that are
// not views already. Where no tier promises credits there are none.
func (e *Evaluator) withCreditMonths(vs []View) []View {
	if !e.promisesCredits() {
		return vs
	}
	out := slices.Clone(vs)
	for _, v := range vs {
		for _, m := range e.creditMonths(v) {
			if !slices.ContainsFunc(out, func(w View) bool { return isMonth(w, m) }) {
				out = append(out, View{Period: m, Coarse: true})
			}
		}
	}
	return out
}

func (e *Evaluator) promisesCredits() bool {
	return slices.ContainsFunc(e.Config.ServiceTiers, func(t config.Entry[config.Tier]) bool {
		return len(t.Value.Credits) > 0 || slices.ContainsFunc(t.Value.History, func(h config.TierHistory) bool { return len(h.Credits) > 0 })
	})
}

// creditMonths are the whole months of a longer view that have begun. Whether one
// is complete, each organization's zone tells.
func (e *Evaluator) creditMonths(v View) []period.Period {
	if v.Rolling || v.Period.Kind == period.Month {
		return nil
	}
	months := v.Period.Months(v.Period.Zone, e.Now)
	return slices.DeleteFunc(months, func(m period.Period) bool {
		return m.Start.Before(v.Period.Start) || m.End.After(v.Period.End) || !m.Start.Before(e.Now)
	})
}

func isMonth(v View, m period.Period) bool {
	return !v.Rolling && v.Period.Kind == period.Month && v.Period.Start.Equal(m.Start)
}

// credit decides the credits of every month among the views, and lists them in
// the reports of the first asked views: a month's own in its own report, with the
// results' credits, and those of its months in a longer one's.
func (e *Evaluator) credit(vs []View, reports []*sla.Report, asked int) {
	if !e.promisesCredits() {
		return
	}
	notes := make([][]string, len(vs))
	for i, v := range vs {
		if !v.Rolling && v.Period.Kind == period.Month {
			reports[i].Credits, notes[i] = e.creditMonth(v.Period, reports[i])
		}
	}
	for i, v := range vs[:asked] {
		reports[i].Notes = append(reports[i].Notes, notes[i]...)
		for _, m := range e.creditMonths(v) {
			j := slices.IndexFunc(vs, func(w View) bool { return isMonth(w, m) })
			if j < 0 {
				continue // no tier promises credits
			}
			for _, c := range reports[j].Credits {
				c.Period = m.Name
				reports[i].Credits = append(reports[i].Credits, c)
			}
			reports[i].Notes = append(reports[i].Notes, notes[j]...)
		}
	}
}

// creditMonth decides the credits of every organization for which the month is
// complete. The notes say who gets none for lack of knowledge.
func (e *Evaluator) creditMonth(month period.Period, r *sla.Report) ([]sla.CreditTotal, []string) {
	totals := []sla.CreditTotal{}
	var missing gaps
	for _, c := range e.creditsIn(month, r) {
		if c.total != nil {
			totals = append(totals, *c.total)
		}
		missing.add(c.organization, c.gaps)
	}
	return totals, missing.notes(month.Name)
}

// decided is what an organization is owed for a month, nil for nothing, and what
// could not be decided.
type decided struct {
	organization string
	total        *sla.CreditTotal
	gaps         []sla.CreditGap
}

// creditsIn decides the credits of every organization for which the month is
// complete, in the order of its results.
func (e *Evaluator) creditsIn(month period.Period, r *sla.Report) []decided {
	results := map[string][]*sla.Result{}
	var order []string
	for i := range r.Results {
		res := &r.Results[i]
		info := r.Period
		if res.Period != nil {
			info = *res.Period
		}
		if res.Organization == "" || len(res.Group) > 0 || !info.Complete {
			continue
		}
		if results[res.Organization] == nil {
			order = append(order, res.Organization)
		}
		results[res.Organization] = append(results[res.Organization], res)
	}
	var out []decided
	listed := e.roster()
	for _, org := range order {
		account := e.creditAccount(listed.of(org), results[org][0].Tier, month)
		total, because := account.Credit(results[org])
		if total != nil {
			e.setDeadline(total, listed.of(org), results[org][0].Tier, month)
		}
		out = append(out, decided{org, total, because})
	}
	return out
}

// setDeadline says until when a month's credit can be claimed: until an instant in
// the organization's zone, or so long after each incident.
func (e *Evaluator) setDeadline(total *sla.CreditTotal, o config.Organization, tier string, month period.Period) {
	if t, _ := e.Config.ServiceTiers.Get(tier); t.ClaimWithin != nil && t.ClaimFrom == "incident" {
		total.ClaimWithin = t.ClaimWithin.String()
		return
	}
	p, _ := e.periodOf(o, month)
	if by, ok := e.Config.ClaimDeadline(tier, p, time.Time{}); ok {
		total.ClaimBy = &by
	}
}

// roster finds organizations by their ids.
type roster map[string]config.Organization

func (e *Evaluator) roster() roster {
	out := make(roster, len(e.Config.Organizations.List))
	for _, o := range e.Config.Organizations.List {
		out[o.ID] = o
	}
	return out
}

// of returns a listed organization; one that only the metrics name has an id and
// nothing else.
func (r roster) of(id string) config.Organization {
	o := r[id]
	o.ID = id
	return o
}

// creditAccount is what an organization pays for a month, and what its tier
// promised when the month began for it.
func (e *Evaluator) creditAccount(o config.Organization, tier string, month period.Period) sla.CreditAccount {
	served, _ := e.periodOf(o, month)
	whole := month.In(served.Zone, e.Now)
	_, fee := o.At(served.Start, e.Config.Zone())
	a := sla.CreditAccount{Organization: o.ID, Fee: fee, Currency: strings.ToUpper(cmp.Or(o.Currency, e.Config.Cost.Currency)),
		Days: len(served.Days(served.Zone)), Of: len(whole.Days(whole.Zone))}
	for _, p := range e.Config.TierCredits(tier, served.Start) {
		a.Blocks = append(a.Blocks, e.creditBlock(p))
	}
	return a
}

func (e *Evaluator) creditBlock(p config.CreditPolicy) sla.CreditBlock {
	b := sla.CreditBlock{Cap: p.Cap, Sum: p.Combine == "sum"}
	for _, o := range e.Config.BandObjectives(p) {
		b.Objectives = append(b.Objectives, sla.CreditObjective{SLA: o.SLA, Name: o.Name, Unit: o.Unit})
	}
	for _, band := range p.Bands {
		switch {
		case band.Credit == nil: // refused when the configuration is read
		case band.Below != nil:
			b.Bands = append(b.Bands, sla.CreditBand{Comparison: sla.AtLeast, Bound: *band.Below, Percent: *band.Credit})
		case band.Above != nil:
			b.Bands = append(b.Bands, sla.CreditBand{Comparison: sla.AtMost, Bound: *band.Above, Percent: *band.Credit})
		}
	}
	return b
}

// gaps collects what could not be decided, with the organizations that it
// concerns: a source that fails concerns all of them, and needs one note.
type gaps struct {
	order []sla.CreditGap
	orgs  map[sla.CreditGap][]string
}

func (g *gaps) add(org string, because []sla.CreditGap) {
	if g.orgs == nil {
		g.orgs = map[sla.CreditGap][]string{}
	}
	for _, b := range because {
		if g.orgs[b] == nil {
			g.order = append(g.order, b)
		}
		g.orgs[b] = append(g.orgs[b], org)
	}
}

// namedOrganizations is how many organizations a note names.
const namedOrganizations = 5

func (g *gaps) notes(month string) []string {
	var out []string
	for _, b := range g.order {
		orgs := g.orgs[b]
		who := strings.Join(orgs[:min(len(orgs), namedOrganizations)], ", ")
		if more := len(orgs) - namedOrganizations; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, fmt.Sprintf("%s%s: %s: %s; no credit for it is computed for %s", sla.CreditNote, month, b.Objective, b.Because, who))
	}
	return out
}
