package evaluate

import (
	"context"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
)

// Credits judges a period for its credits, with a preview where it is a running
// month. Without a period it judges the last month and, in a second report of
// which only the preview is of use, the running one.
func (e *Evaluator) Credits(ctx context.Context, p *period.Period, f Filter) (*SLAReports, error) {
	var vs []View
	if p != nil {
		vs = append(vs, View{Period: *p, Preview: true})
	} else {
		current := e.Calendar().Current(period.Month)
		vs = append(vs, View{Period: current.Previous()})
		if current.Start.Before(e.Now) {
			vs = append(vs, View{Period: current, Preview: true, Coarse: true})
		}
	}
	got, err := e.SLA(ctx, vs, f)
	if err == nil && p != nil && p.Kind != period.Month && len(e.creditMonths(vs[0])) == 0 {
		got.Reports[0].Notes = append(got.Reports[0].Notes, sla.CreditNote+p.Name+": it holds no whole month, and credits are those of whole months")
	}
	return got, err
}

// prospects collects what is foreseen of a month, by assumption and organization.
type prospects struct {
	e        *Evaluator
	listed   roster
	month    period.Period
	accounts map[string]sla.CreditAccount
	order    []string
	results  []map[string][]*sla.Result
}

// preview foresees the credits of a month for everyone for whom it is running;
// nil where there is nobody to whom credits are promised.
func (e *Evaluator) preview(ctx context.Context, objectives []measured, v View, f Filter) (*sla.Preview, error) {
	if !v.Preview || v.Rolling || v.Period.Kind != period.Month || len(f.SLAs) > 0 || !e.promisesCredits() {
		return nil, nil
	}
	ps := prospects{e: e, listed: e.roster(), month: v.Period, accounts: map[string]sla.CreditAccount{}}
	for range sla.Assumptions() {
		ps.results = append(ps.results, map[string][]*sla.Result{})
	}
	ex, running := e.exemptions(), func(a audience) bool {
		return a.org != "" && len(a.group) == 0 && !a.period.Complete && f.passes(a)
	}
	for i := range objectives {
		o := &objectives[i]
		if o.reason != "" || o.result.Err != nil {
			continue
		}
		e.stage("foreseeing %s", o.name)
		known := map[likeness][]sla.Result{}
		for _, s := range e.subjects(o, v, ex, running) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			ps.add(s, known)
		}
	}
	if len(ps.order) == 0 {
		return nil, nil
	}
	return ps.preview(), nil
}

// add foresees one objective of an organization, if credits are promised for it.
// What is alike is computed once.
func (ps *prospects) add(s subject, known map[likeness][]sla.Result) {
	account, ok := ps.accounts[s.org]
	if !ok {
		account = ps.e.creditAccount(ps.listed.of(s.org), s.tier, ps.month)
		ps.accounts[s.org] = account
	}
	if !account.Concerns(s.in.Objective.SLA, s.in.Objective.Name) {
		return
	}
	if ps.results[0][s.org] == nil {
		ps.order = append(ps.order, s.org)
	}
	key := likenessOf(s.audience, s.in.Objective)
	foreseen, ok := known[key]
	if !ok || s.alike == nil {
		foreseen = sla.Foresee(s.in)
		known[key] = foreseen
	}
	for i, r := range foreseen {
		r.Tier, r.Organization = s.tier, s.org
		ps.results[i][s.org] = append(ps.results[i][s.org], &r)
	}
}

func (ps *prospects) preview() *sla.Preview {
	out := &sla.Preview{Period: ps.month.Info()}
	for i, a := range sla.Assumptions() {
		sc := sla.Scenario{Assumption: a, Results: []sla.Prospect{}, Credits: []sla.CreditTotal{}, Notes: []string{}}
		var missing gaps
		for _, org := range ps.order {
			results := ps.results[i][org]
			total, because := ps.accounts[org].Credit(results)
			if total != nil {
				sc.Credits = append(sc.Credits, *total)
			}
			missing.add(org, because)
			for _, r := range results {
				sc.Results = append(sc.Results, r.Outlook())
			}
		}
		sc.Exposure = sla.Exposures(sc.Credits)
		sc.Notes = append(sc.Notes, missing.notes(ps.month.Name)...)
		out.Scenarios = append(out.Scenarios, sc)
	}
	return out
}
