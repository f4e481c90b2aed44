package evaluate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Claim is an interval in which somebody says that a service was bad. An empty
// SLA means any; an empty organization means everyone, where there are none.
type Claim struct {
	Row                     int // the line of the file
	Organization, SLA, Note string
	period.Span
	// Received is when it was made; the zero time means now.
	Received time.Time
}

// Reconcile sets claims beside the windows of the months that they touch, and
// computes what the credits of these months would be if a claim alone were
// accepted: if everything in it had been bad. Failed says what could not be read.
func (e *Evaluator) Reconcile(ctx context.Context, claims []Claim) (*report.Reconciliation, []Failure, error) {
	out := &report.Reconciliation{Schema: report.ReconcileSchema, GeneratedAt: e.Now.UTC(), Claims: []report.Claim{}, Notes: e.reportNotes()}
	vs, err := e.claimedMonths(claims)
	if err != nil || len(vs) == 0 && len(claims) == 0 {
		return out, nil, err
	}
	d := docket{e: e, views: vs, ex: e.exemptions(), known: map[docketKey]*hearing{}}
	var failed []Failure
	if len(vs) > 0 {
		failed = d.read(ctx, claims)
	}
	for _, c := range claims {
		if err := ctx.Err(); err != nil {
			return out, failed, err
		}
		e.stage("reconciling row %d", c.Row)
		out.Claims = append(out.Claims, d.reconcile(c))
	}
	return out, failed, ctx.Err()
}

// zoneOf is the zone that an organization reads its clocks in.
func (e *Evaluator) zoneOf(org string) *time.Location {
	if o := e.roster()[org]; o.Timezone.Location != nil {
		return o.Timezone.Location
	}
	return e.Config.Zone()
}

// claimedMonths are the months that the claims touch, each in the zone of its
// organization, as far as they have begun.
func (e *Evaluator) claimedMonths(claims []Claim) ([]View, error) {
	var out []View
	for _, c := range claims {
		for _, m := range c.Months(e.zoneOf(c.Organization), e.Now) {
			p, err := e.Calendar().Parse(m.Name)
			if err != nil {
				return nil, err
			}
			if p.Start.Before(e.Now) && !slices.ContainsFunc(out, func(v View) bool { return v.Period.Name == p.Name }) {
				out = append(out, View{Period: p, Coarse: true})
			}
		}
	}
	slices.SortFunc(out, func(a, b View) int { return a.Period.Start.Compare(b.Period.Start) })
	return out, nil
}

// docket holds what claims are judged by. Each objective of an organization's
// month is judged once, however many claims are about it.
type docket struct {
	e          *Evaluator
	views      []View
	ex         *exemptions
	objectives []*measured
	known      map[docketKey]*hearing
}

type docketKey struct {
	objective, view int
	org             string
}

// hearing is one objective of an organization's month; without a subject there
// is nothing that was promised.
type hearing struct {
	subject *subject
	detail  sla.Detail
}

// read scans what is needed, with the ends of the claims among the instants.
func (d *docket) read(ctx context.Context, claims []Claim) []Failure {
	asked := questions{}
	objectives := d.e.askSLA(asked, d.views, Filter{})
	for _, reqs := range asked {
		for i := range reqs {
			reqs[i].Grid = withEnds(reqs[i].Grid, claims)
		}
	}
	got := d.e.put(ctx, asked)
	var failed SLAReports
	for i := range objectives {
		o := &objectives[i]
		if err := d.e.answer(ctx, o, got); err != nil {
			failed.fail(o.name, o.result.Err)
		} else if o.reason == "" {
			d.objectives = append(d.objectives, o)
		}
	}
	return failed.Failed
}

func withEnds(g window.Grid, claims []Claim) window.Grid {
	out := slices.Clone(g)
	for _, c := range claims {
		for _, t := range []int64{c.Start.UnixMilli(), c.End.UnixMilli()} {
			if len(g) > 0 && g[0] < t && t < g[len(g)-1] {
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hear judges an objective for an organization in one of the months.
func (d *docket) hear(objective, view int, org string) *hearing {
	key := docketKey{objective, view, org}
	if h, ok := d.known[key]; ok {
		return h
	}
	h := &hearing{}
	about := Question{Organization: org}.about
	if subjects := d.e.subjects(d.objectives[objective], d.views[view], d.ex, about); len(subjects) > 0 {
		h.subject, h.detail = &subjects[0], sla.Explain(subjects[0].in)
	}
	d.known[key] = h
	return h
}

// reconcile judges one claim.
func (d *docket) reconcile(c Claim) report.Claim {
	out := report.Claim{Row: c.Row, Organization: c.Organization, SLA: c.SLA, Note: c.Note, Span: period.Span{Start: c.Start.UTC(), End: c.End.UTC()}, Received: received(c),
		Timezone: d.e.zoneOf(c.Organization).String(), Findings: []report.ClaimFinding{}, Credits: []report.ClaimCredit{}, Reasons: []string{}}
	for i, o := range d.objectives {
		if c.SLA != "" && o.name != c.SLA {
			continue
		}
		var windows []sla.Window
		for v := range d.views {
			if h := d.hear(i, v, c.Organization); h.subject != nil {
				out.Tier = h.subject.tier
				windows = append(windows, h.detail.Windows...)
			}
		}
		if check := sla.CheckClaim(windows, c.Span); check.Windows.Touched > 0 {
			out.Findings = append(out.Findings, report.ClaimFinding{SLA: o.name, Objective: o.spec.Name, ClaimCheck: check})
		}
	}
	switch {
	case !c.Start.Before(d.e.Now):
		out.Reasons = append(out.Reasons, "the claimed interval has not begun")
		out.Findings = []report.ClaimFinding{}
	case len(out.Findings) == 0:
		out.Reasons = append(out.Reasons, "nothing was measured or promised for it then")
	}
	for v := range d.views {
		d.credit(c, v, &out)
	}
	return out
}

// received is when a claim was made, as far as the file says.
func received(c Claim) *time.Time {
	if c.Received.IsZero() {
		return nil
	}
	at := c.Received.UTC()
	return &at
}

// credit computes the credit of a month that the claim touches, as it is and if
// the claim is accepted, and until when it could be made.
func (d *docket) credit(c Claim, view int, out *report.Claim) {
	if c.Organization == "" || len(out.Findings) == 0 {
		return
	}
	month, touched := d.month(c, view)
	if !touched {
		return
	}
	d.deadline(c, month, out)
	account := d.e.creditAccount(d.e.roster().of(c.Organization), out.Tier, d.views[view].Period)
	switch {
	case !month.Complete:
		out.Reasons = append(out.Reasons, fmt.Sprintf("%s is not over: its credits are not computed", d.views[view].Period.Name))
	case len(account.Blocks) == 0:
		out.Reasons = append(out.Reasons, "no credits are promised")
	case account.Fee == nil:
		out.Reasons = append(out.Reasons, "no monthly_fee is known")
	default:
		out.Credits = append(out.Credits, d.creditOf(c, view, account, out))
	}
}

// month is the month of a view as the claim's organization has it, if the claim
// touches it and something was judged in it.
func (d *docket) month(c Claim, view int) (period.Period, bool) {
	for i := range d.objectives {
		if h := d.hear(i, view, c.Organization); h.subject != nil {
			_, touched := h.subject.period.Intersect(c.Span)
			return h.subject.period, touched
		}
	}
	return period.Period{}, false
}

// deadline keeps the earliest instant by which the claim had to be made.
func (d *docket) deadline(c Claim, month period.Period, out *report.Claim) {
	by, ok := d.e.Config.ClaimDeadline(out.Tier, month, c.End)
	if !ok || out.ClaimBy != nil && out.ClaimBy.Before(by) {
		return
	}
	made := d.e.Now
	if !c.Received.IsZero() {
		made = c.Received
	}
	by = by.UTC()
	out.ClaimBy, out.Late = &by, !made.Before(by)
}

// creditOf sets the credit of a month beside what it is at least, and at most, if
// the claim is accepted.
func (d *docket) creditOf(c Claim, view int, account sla.CreditAccount, out *report.Claim) report.ClaimCredit {
	var now, least, most []*sla.Result
	bounded := true
	for i, o := range d.objectives {
		h := d.hear(i, view, c.Organization)
		if h.subject == nil || !account.Concerns(o.name, o.spec.Name) {
			continue
		}
		as, low, high := h.detail.Result, h.detail.Result, h.detail.Result
		if c.SLA == "" || c.SLA == o.name {
			a := sla.Accept(h.subject.in, c.Span)
			low, high = a.Least, a.Least
			if a.Most != nil {
				high = account.Beyond(*a.Most)
			}
			bounded = bounded && a.Most != nil && high.State != sla.InsufficientData
			if a.Because != "" {
				why := sla.CreditObjective{SLA: o.name, Name: o.spec.Name}.Label() + ": " + a.Because
				out.Reasons = appendNew(out.Reasons, []string{why})
			}
		}
		now, least, most = append(now, &as), append(least, &low), append(most, &high)
	}
	credit := report.ClaimCredit{Month: d.views[view].Period.Name, Currency: account.Currency, Because: []string{}}
	if total, _ := account.Credit(now); total != nil {
		credit.Now = total.Amount
	}
	if total, _ := account.Credit(least); total != nil {
		credit.Accepted, credit.Because = total.Amount, total.Because
	}
	if bounded {
		credit.AtMost = &unit.Decimal{}
		if total, _ := account.Credit(most); total != nil {
			credit.AtMost = &total.Amount
		}
	}
	return credit
}
