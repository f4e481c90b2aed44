package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// party is whom a result is for, as the scopes of exclusions see it.
type party struct {
	sla, tier, org string
}

// maintenance is a configured exclusion: an entry of maintenance, or the time
// outside of a tier's service hours, which nobody announces or limits.
type maintenance struct {
	config.Maintenance
	events []config.Event
	hours  *period.Hours
	// pending says why the entry cannot be applied; "" if it is.
	pending   string
	announced *time.Time
}

// maintenances lists every exclusion of the configuration.
func (e *Evaluator) maintenances() []maintenance {
	out := make([]maintenance, 0, len(e.Config.Maintenance))
	for _, m := range e.Config.Maintenance {
		r := maintenance{Maintenance: m}
		var err error
		if r.events, err = e.Config.Events(m); err != nil {
			r.pending = err.Error()
		}
		if a := m.Announced; a != nil {
			var t time.Time
			if a.Date != nil {
				t = a.Date.Start(e.Config.Zone())
			} else {
				t = a.Instant.In(e.Config.Zone())
			}
			r.announced = &t
		}
		out = append(out, r)
	}
	for _, s := range e.Config.ServiceHours {
		hours, _ := e.Config.HoursOf(s.Key)
		out = append(out, maintenance{hours: &hours, Maintenance: config.Maintenance{Name: "outside of service hours", Tiers: []string{s.Key}}})
	}
	return out
}

// covers reports whether the entry's scope holds for p. An entry that names
// tiers or organizations does not cover series that belong to none.
func (m *maintenance) covers(p party) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return in(m.Tiers, p.tier) && in(m.Organizations, p.org) && in(m.SLAs, p.sla)
}

// scope says whom a maintenance concerns.
func (m *maintenance) scope() string {
	if parts := slices.Concat(m.Tiers, m.Organizations, m.SLAs); len(parts) > 0 {
		return strings.Join(parts, ", ")
	}
	return "all"
}

// occurrence is one time that a maintenance takes place.
type occurrence struct {
	*maintenance
	name string
	span period.Span
}

// in lists the occurrences that lie at least partly in a span, whole.
func (m *maintenance) in(span period.Span) []occurrence {
	var out []occurrence
	for _, event := range m.events {
		for _, s := range event.Spans(span) {
			out = append(out, occurrence{m, event.Name, s})
		}
	}
	if m.hours != nil {
		for _, s := range m.hours.Outside(span) {
			out = append(out, occurrence{m, m.Name, s})
		}
	}
	return out
}

// ruling is what becomes of an occurrence for a party.
type ruling struct {
	occurrence
	excluded []period.Span
	because  string // why not all of it is excluded; "" if it is
}

// rulings decides about the occurrences in a span, oldest first. What is excluded
// of one does not depend on the span that is asked about: a grid that is cut for
// a long span serves every shorter one.
func (e *Evaluator) rulings(all []maintenance, p party, span period.Span) []ruling {
	tier, _ := e.Config.ServiceTiers.Get(p.tier)
	occurrences := e.occurrences(all, p, span, tier.MaxPerMonth != nil)
	left := allowance{zone: e.Config.Zone(), used: map[string]time.Duration{}}
	var out []ruling
	for _, o := range occurrences {
		r := ruling{occurrence: o}
		switch late := lateness(o, tier); {
		case o.hours != nil || late == "" && tier.MaxPerMonth == nil:
			r.excluded = []period.Span{o.span}
		case late != "":
			r.because = late
		default:
			left.limit = time.Duration(*tier.MaxPerMonth)
			r.excluded, r.because = left.take(o.span)
		}
		if _, ok := span.Intersect(o.span); ok {
			out = append(out, r)
		}
	}
	return out
}

// occurrences lists those that cover a party in a span, oldest first. Where they
// share an allowance, the list begins with the month in which the first of them
// begins.
func (e *Evaluator) occurrences(all []maintenance, p party, span period.Span, shared bool) []occurrence {
	if span.Empty() {
		return nil
	}
	for {
		if shared {
			span.Start = span.Months(e.Config.Zone(), e.Now)[0].Start
		}
		var out []occurrence
		first := span.Start
		for i := range all {
			if !all[i].covers(p) {
				continue
			}
			for _, o := range all[i].in(span) {
				out = append(out, o)
				if o.hours == nil && o.span.Start.Before(first) {
					first = o.span.Start
				}
			}
		}
		if !shared || !first.Before(span.Start) {
			slices.SortStableFunc(out, func(a, b occurrence) int { return a.span.Start.Compare(b.span.Start) })
			return out
		}
		span.Start = first
	}
}

// allowance is how much maintenance may still be excluded in each month.
type allowance struct {
	limit time.Duration
	zone  *time.Location
	used  map[string]time.Duration // by month
	until time.Time                // about the time before it was decided
}

// take uses the allowance up for a span that begins no earlier than those before,
// and returns what of it is excluded. Time that two spans share counts once.
func (a *allowance) take(s period.Span) (kept []period.Span, because string) {
	if a.until.After(s.Start) {
		s.Start = a.until
	}
	if s.Empty() {
		return nil, ""
	}
	a.until = s.End
	var over []string
	for _, month := range s.Months(a.zone, s.End) {
		part, _ := s.Intersect(month.Span)
		allowed := min(part.Duration(), a.limit-a.used[month.Name])
		a.used[month.Name] += allowed
		if allowed > 0 {
			kept = append(kept, period.Span{Start: part.Start, End: part.Start.Add(allowed)})
		}
		if more := part.Duration() - allowed; more > 0 {
			over = append(over, fmt.Sprintf("%s exceeds the %s that the tier allows in %s", period.FormatDuration(more), period.FormatDuration(a.limit), month.Name))
		}
	}
	return period.Union(kept), strings.Join(over, ", ")
}

// burnLookback is how far burn rates look back over the start of a period.
const burnLookback = 3 * 24 * time.Hour

// exclusions returns what is taken out of span, and of what burn rates see
// before it, for p; and notes on what would be taken out but is not.
func (e *Evaluator) exclusions(all []maintenance, p party, span period.Span) ([]sla.Exclusion, []string) {
	var out []sla.Exclusion
	var notes []string
	for _, m := range all {
		if m.pending != "" && m.covers(p) {
			notes = append(notes, fmt.Sprintf("%q is not excluded: %s", m.Name, m.pending))
		}
	}
	for _, r := range e.rulings(all, p, period.Span{Start: span.Start.Add(-burnLookback), End: span.End}) {
		for _, s := range r.excluded {
			out = append(out, sla.Exclusion{Span: s, Name: r.name, AsMet: r.CountAs == "met", Ticket: r.Ticket})
		}
		if _, ok := span.Intersect(r.span); !ok || r.because == "" {
			continue
		}
		verb := "is not excluded"
		if len(r.excluded) > 0 {
			verb = "is excluded in part"
		}
		notes = appendNew(notes, []string{fmt.Sprintf("%q %s: %s", r.name, verb, r.because)})
	}
	return out, notes
}

// exclusionEdges are the instants at which something that is excluded begins or
// ends for anyone whom an SLA is judged for.
func (e *Evaluator) exclusionEdges(name string, all []maintenance, span period.Span) []time.Time {
	tiers, orgs := append([]string{""}, e.Config.TierNames()...), []string{""}
	for _, m := range all {
		tiers, orgs = appendNew(tiers, m.Tiers), appendNew(orgs, m.Organizations)
	}
	edges := map[int64]time.Time{}
	for _, tier := range tiers {
		for _, org := range orgs {
			for _, r := range e.rulings(all, party{name, tier, org}, span) {
				for _, s := range r.excluded {
					edges[s.Start.UnixMilli()], edges[s.End.UnixMilli()] = s.Start, s.End
				}
			}
		}
	}
	return slices.Collect(maps.Values(edges))
}

// lateness says why a maintenance was announced too late for a tier, or "".
func lateness(o occurrence, tier config.Tier) string {
	if tier.MinNotice == nil {
		return ""
	}
	notice := time.Duration(*tier.MinNotice)
	switch {
	case o.announced == nil:
		return fmt.Sprintf("it was never announced, and the tier asks for %s", period.FormatDuration(notice))
	case o.span.Start.Sub(*o.announced) < notice:
		return fmt.Sprintf("announced %s before its start, and the tier asks for %s",
			period.FormatDuration(o.span.Start.Sub(*o.announced)), period.FormatDuration(notice))
	}
	return ""
}

// exclusionDigits are the digits after the point of values in a note.
const exclusionDigits = 4

// beforeCustomer is the name under which the time before `since` is left out of
// wider groups. Nobody promised anything then, so no result says what it changed.
const beforeCustomer = "before it was a customer"

// effect puts into a result what exclusions changed: "99.71 without exclusions,
// 99.93 with". Where they changed nothing that is shown, it says nothing.
func effect(in sla.Input, r *sla.Result) {
	excluded := func(m sla.Member) bool {
		return slices.ContainsFunc(m.Excluded, func(x sla.Exclusion) bool {
			_, ok := x.Span.Intersect(in.Period.Span)
			return ok && configured(x)
		})
	}
	if r.Attained == nil || !slices.ContainsFunc(in.Members, excluded) {
		return
	}
	plain := unexcluded(in)
	if plain.Attained == nil {
		return
	}
	mode := unit.Down
	if r.Comparison == sla.AtMost {
		mode = unit.Up
	}
	without, with := plain.Attained.Quantize(exclusionDigits, mode).Canonical(), r.Attained.Quantize(exclusionDigits, mode).Canonical()
	if without != with {
		r.AttainedWithoutExclusions = plain.Attained
		r.Notes = append(r.Notes, fmt.Sprintf("%s without exclusions, %s with", without, with))
	}
}

// configured reports whether the configuration excludes a span, and not that its
// organization was no customer yet.
func configured(x sla.Exclusion) bool { return x.Name != beforeCustomer }

// unexcluded judges an input as if nothing were configured to be excluded.
func unexcluded(in sla.Input) sla.Result {
	in.Members = slices.Clone(in.Members)
	for i := range in.Members {
		in.Members[i].Excluded = slices.DeleteFunc(slices.Clone(in.Members[i].Excluded), configured)
	}
	return sla.Evaluate(in)
}
