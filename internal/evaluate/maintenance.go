package evaluate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
)

// How an exclusion counts for those whom it is for.
const (
	Counted       = "yes"
	CountedPartly = "in part" // not all of it, or not for every tier
	NotCounted    = "no"
)

// Exclusion is one time at which something is to be excluded.
type Exclusion struct {
	Name string `json:"name"`
	// Start and End are zero for an entry that could not be read.
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Scope   string    `json:"scope"` // "silver, bronze" or "all"
	Ticket  string    `json:"ticket,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why it takes place
	Counted string    `json:"counted"`
	// Because says for whom it is not counted, and why: "gold: it was never
	// announced, ...".
	Because []string `json:"because"`
}

// Maintenance lists what is to be excluded in a period, by its start: every
// occurrence of maintenance, and the time outside of service hours. Whether one
// counts is decided for each tier and organization in its scope.
func (e *Evaluator) Maintenance(p period.Period) []Exclusion {
	out := []Exclusion{}
	all := e.maintenances()
	known := map[party][]ruling{}
	for i := range all {
		m := &all[i]
		if m.pending != "" {
			out = append(out, Exclusion{Name: m.Name, Scope: m.scope(), Ticket: m.Ticket, Reason: m.Reason, Counted: NotCounted, Because: []string{m.pending}})
		}
		for _, o := range m.in(p.Span) {
			x := Exclusion{Name: o.name, Start: o.span.Start.UTC(), End: o.span.End.UTC(), Scope: m.scope(), Ticket: m.Ticket, Reason: m.Reason}
			x.Counted, x.Because = e.verdict(all, o, p.Span, known)
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Exclusion) int { return a.Start.Compare(b.Start) })
	return out
}

// verdict sums up the rulings on an occurrence for all whom it covers.
func (e *Evaluator) verdict(all []maintenance, o occurrence, span period.Span, known map[party][]ruling) (string, []string) {
	because, full, none := []string{}, true, true
	for _, p := range e.parties(o.maintenance) {
		if known[p] == nil {
			known[p] = e.rulings(all, p, span)
		}
		i := slices.IndexFunc(known[p], func(r ruling) bool {
			return r.maintenance == o.maintenance && r.span == o.span && r.name == o.name
		})
		if i < 0 {
			continue
		}
		r := known[p][i]
		full = full && r.because == ""
		none = none && len(r.excluded) == 0 && r.because != ""
		if r.because != "" {
			who := strings.Trim(p.tier+" "+p.org, " ")
			because = appendNew(because, []string{strings.TrimPrefix(fmt.Sprintf("%s: %s", who, r.because), ": ")})
		}
	}
	switch {
	case full:
		return Counted, because
	case none:
		return NotCounted, because
	}
	return CountedPartly, because
}

// parties are those whom an entry covers: each of its tiers, by default all, or
// each of its organizations in the tier that it has now.
func (e *Evaluator) parties(m *maintenance) []party {
	name := ""
	if len(m.SLAs) > 0 {
		name = m.SLAs[0]
	}
	if len(m.Organizations) == 0 {
		tiers := m.Tiers
		if len(tiers) == 0 {
			tiers = e.Config.TierNames()
		}
		if len(tiers) == 0 {
			tiers = []string{""}
		}
		out := make([]party, len(tiers))
		for i, t := range tiers {
			out[i] = party{sla: name, tier: t}
		}
		return out
	}
	var out []party
	for _, id := range m.Organizations {
		p := party{sla: name, org: id}
		if i := slices.IndexFunc(e.Config.Organizations.List, func(o config.Organization) bool { return o.ID == id }); i >= 0 {
			p.tier, _ = e.Config.Organizations.List[i].At(e.Now, e.Config.Zone())
		}
		if m.covers(p) {
			out = append(out, p)
		}
	}
	return out
}
