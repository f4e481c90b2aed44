package lint

import (
	"slices"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// creditRules are about service credits.
func creditRules() []Rule {
	gold := func(credits string) string {
		return plain + "service_tiers: {gold: {availability_target: 99.95, credits: {" + credits + "}}}\n"
	}
	return []Rule{
		{
			Name: "credit-gap", Severity: yamlpos.Warning, Run: creditGap,
			Summary: "Between the target and the first credit band nothing is owed.",
			Why:     "The SLA is breached there and earns no credit. If the contract says so, disable the rule with that reason.",
			Remedy:  "Begin the first band at the target.",
			Bad:     gold("bands: [{below: 99.0, credit: 10}]"),
			Good:    gold("bands: [{below: 99.95, credit: 10}]"),
		},
		{
			Name: "credit-beyond-target", Severity: yamlpos.Warning, Run: creditBeyond,
			Summary: "A credit band begins on the good side of the target.",
			Why:     "A result that met its target earns no credit, so a part of the band never applies: the band and the target disagree, or are in other units.",
			Remedy:  "Begin the band at the target, or correct the target.",
			Bad:     gold("bands: [{below: 99.99, credit: 10}]"),
			Good:    gold("bands: [{below: 99.95, credit: 10}]"),
		},
		{
			Name: "credit-overlap", Severity: yamlpos.Warning, Run: creditOverlap,
			Summary: "A credit band never counts, because a milder one grants as much.",
			Why:     "Bands overlap, and of those that apply the highest credit counts: a worse service earns no more than a better one.",
			Remedy:  "Give worse values higher credits.",
			Bad:     gold("bands: [{below: 99.95, credit: 25}, {below: 99.0, credit: 10}]"),
			Good:    gold("bands: [{below: 99.95, credit: 10}, {below: 99.0, credit: 25}]"),
		},
		{
			Name: "credit-cap", Severity: yamlpos.Warning, Run: creditCap,
			Summary: "A credit band grants more than the cap.",
			Why:     "The cap cuts it, so the band never pays what it says.",
			Remedy:  "Raise the cap, or lower the credit.",
			Bad:     gold("bands: [{below: 99.95, credit: 50}], cap: 30"),
			Good:    gold("bands: [{below: 99.95, credit: 30}], cap: 30"),
		},
		{
			Name: "credit-without-objective", Severity: yamlpos.Warning, Run: creditWithoutObjective,
			Summary: "Credits are for an objective that is not there.",
			Why:     "Without `objective:` the bands are those of availability; where no SLA has it, nothing ever earns them.",
			Remedy:  "Name the objective, or define the SLA.",
			Bad:     source + "sla_definitions: {errors: {error_rate_threshold: 1, indicator: {preset: http}}}\nservice_tiers: {gold: {credits: {bands: [{below: 99.9, credit: 10}]}}}",
			Good:    gold("bands: [{below: 99.95, credit: 10}]"),
		},
		{
			Name: "credit-without-fee", Severity: yamlpos.Warning, Run: creditWithoutFee,
			Summary: "An organization has credits and no fee.",
			Why:     "A credit is a percentage of the monthly fee; without one no amount can be owed.",
			Remedy:  "Add monthly_fee and currency.",
			Bad:     gold("bands: [{below: 99.95, credit: 10}]") + "organizations: {label: org, list: [{id: acme, tier: gold}]}",
			Good:    gold("bands: [{below: 99.95, credit: 10}]") + "organizations: {label: org, list: [{id: acme, tier: gold, monthly_fee: 3000, currency: USD}]}",
		},
	}
}

// policy is a block of credits, its path and the objectives that it is for, with
// the targets that hold in its tier.
type policy struct {
	config.CreditPolicy
	path       string
	objectives []config.ObjectiveSpec
}

// policies lists the credits that the tiers grant today; those of their history
// held under targets of their own.
func (p *Pass) policies() []policy {
	var out []policy
	for _, t := range p.Config.ServiceTiers {
		for i, c := range t.Value.Credits {
			one := policy{CreditPolicy: c, path: item("service_tiers."+t.Key+".credits", i)}
			if !p.Config.Has(one.path) { // one block, not a list
				one.path = "service_tiers." + t.Key + ".credits"
			}
			for _, o := range p.Config.BandObjectives(c) {
				if v, ok := p.Config.TierTarget(t.Key, o.SLA, o.Name, future()); ok {
					o.Target = v
				}
				one.objectives = append(one.objectives, o)
			}
			out = append(out, one)
		}
	}
	return out
}

// future is after every entry of a history.
func future() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// bands calls f for each band and objective.
func (p *Pass) bands(f func(path string, b config.CreditBand, o config.ObjectiveSpec)) {
	for _, c := range p.policies() {
		for i, b := range c.Bands {
			for _, o := range c.objectives {
				f(item(c.path+".bands", i), b, o)
			}
		}
	}
}

// bound returns where a band begins, and the key that says it.
func bound(b config.CreditBand) (*unit.Decimal, string) {
	if b.Above != nil {
		return b.Above, ".above"
	}
	return b.Below, ".below"
}

// worse reports whether a is worse than b for an objective.
func worse(o config.ObjectiveSpec, a, b unit.Decimal) bool {
	if o.Comparison == sla.AtMost {
		return a.Cmp(b) > 0
	}
	return a.Cmp(b) < 0
}

func creditGap(p *Pass) {
	for _, c := range p.policies() {
		for _, o := range c.objectives {
			mildest, at := (*unit.Decimal)(nil), ""
			for i, b := range c.Bands {
				if v, key := bound(b); v != nil && (mildest == nil || worse(o, *mildest, *v)) {
					mildest, at = v, item(c.path+".bands", i)+key
				}
			}
			if mildest != nil && worse(o, *mildest, o.Target) {
				p.Report(at, "begin the first band at "+o.Target.String(), "between %s and the target %s of %s no credit is owed", mildest, o.Target, o.Name)
				break
			}
		}
	}
}

func creditBeyond(p *Pass) {
	p.bands(func(path string, b config.CreditBand, o config.ObjectiveSpec) {
		if v, key := bound(b); v != nil && worse(o, o.Target, *v) {
			p.Report(path+key, "begin the band at "+o.Target.String(), "the band begins at %s, and a result that meets the target %s of %s earns no credit", v, o.Target, o.Name)
		}
	})
}

func creditOverlap(p *Pass) {
	for _, c := range p.policies() {
		if len(c.objectives) == 0 {
			continue
		}
		for i, b := range c.Bands {
			v, _ := bound(b)
			if v == nil || b.Credit == nil {
				continue
			}
			j := slices.IndexFunc(c.Bands, func(milder config.CreditBand) bool {
				m, _ := bound(milder)
				return m != nil && milder.Credit != nil && worse(c.objectives[0], *v, *m) && b.Credit.Cmp(*milder.Credit) <= 0
			})
			if j >= 0 {
				m, key := bound(c.Bands[j])
				p.Report(item(c.path+".bands", i)+".credit", "grant more for worse values", "the band never counts: the one %s %s grants %s %% already", key[1:], m, c.Bands[j].Credit)
			}
		}
	}
}

func creditCap(p *Pass) {
	for _, c := range p.policies() {
		for i, b := range c.Bands {
			if c.Cap != nil && b.Credit != nil && b.Credit.Cmp(*c.Cap) > 0 {
				p.Report(item(c.path+".bands", i)+".credit", "raise the cap, or lower the credit", "the credit of %s %% is cut to the cap of %s %%", b.Credit, c.Cap)
			}
		}
	}
}

func creditWithoutObjective(p *Pass) {
	if len(p.Config.SLADefinitions) == 0 {
		return // the SLAs stand elsewhere
	}
	for _, c := range p.policies() {
		if len(c.objectives) == 0 {
			p.ReportKey(c.path, "add objective: with one of the SLAs", "the credits are for availability, which no SLA has")
		}
	}
}

func creditWithoutFee(p *Pass) {
	for i, o := range p.Config.Organizations.List {
		tier, fee := o.At(future(), p.Config.Zone())
		if fee == nil && len(p.Config.TierCredits(tier, future())) > 0 {
			p.Report(item("organizations.list", i)+".id", "add monthly_fee: and currency:", "the tier %s of %s grants credits, and there is no fee to take them from", tier, o.ID)
		}
	}
}
