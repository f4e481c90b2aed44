// Package generate makes of a configuration what the running system follows:
// the recording rules and alerts of Prometheus, and unit tests for promtool that
// prove them. It reads neither files nor the clock: equal input gives equal bytes.
package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// The names of the files of [Rules].
const (
	RulesFile = "slactl-rules.yaml"
	TestsFile = "slactl-rules_test.yaml"
)

// File is one generated file.
type File struct {
	Name string
	Text []byte
}

// Options says what rules are made for.
type Options struct {
	Now    time.Time     // the instant whose targets are in force
	Period time.Duration // the period of the error budgets; zero is 30 days
	From   []string      // the files that the configuration stands in, for the heads
}

// Result is what was generated. Notes say in whole sentences what the
// configuration promises and no alert watches; they also stand in the rules.
type Result struct {
	Files           []File
	Records, Alerts int
	Notes           []string
}

// group is the rules of one SLA, in the order in which they are evaluated.
type group struct {
	name  string
	rules []rule
}

// rule is a recording rule or an alert, and the proof of an alert.
type rule struct {
	record, alert, expr string
	pending             time.Duration // `for`
	labels, annotations []pair
	proof               *proof
}

// pair is a label or an annotation.
type pair struct{ name, value string }

// builder collects groups and notes.
type builder struct {
	cfg    *config.Config
	o      Options
	groups []group
	notes  []string
}

// Rules makes the rule file and its unit tests.
func Rules(cfg *config.Config, o Options) Result {
	if o.Period == 0 {
		o.Period = 30 * day
	}
	b := &builder{cfg: cfg, o: o}
	for _, e := range cfg.SLADefinitions {
		g := group{name: "slactl-" + e.Key}
		for _, spec := range cfg.Expand(e) {
			ob, why := b.objective(e.Value, spec)
			if why != "" {
				b.note("%s.%s has no alert: %s", spec.SLA, spec.Name, why)
				continue
			}
			g.rules = append(g.rules, ob.records()...)
			g.rules = append(g.rules, b.absent(ob)...)
			for _, who := range ob.audiences {
				if spec.Method == sla.Quantile {
					g.rules = append(g.rules, b.quantiles(ob, who)...)
				} else {
					g.rules = append(g.rules, b.burns(ob, who)...)
				}
			}
		}
		if len(g.rules) > 0 {
			b.groups = append(b.groups, g)
		}
	}
	r := Result{Notes: b.notes, Files: []File{{RulesFile, b.rulesText()}, {TestsFile, b.testsText()}}}
	for _, g := range b.groups {
		for _, one := range g.rules {
			if one.alert != "" {
				r.Alerts++
			} else {
				r.Records++
			}
		}
	}
	return r
}

func (b *builder) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(b.notes, n) {
		b.notes = append(b.notes, n)
	}
}

// objective is one objective with all that its rules need.
type objective struct {
	config.ObjectiveSpec
	def              config.SLADefinition
	counts           counts
	label, tierLabel string // labels of the series, "" where they carry none
	shared           bool
	audiences        []audience
}

// audience is who is judged by one target.
type audience struct {
	tier          string
	organizations []string // listed ones; empty for all
	byLabel       bool     // the tier stands in the series, and nobody is listed
	target        unit.Decimal
}

// objective prepares the rules of an objective, or says why it has none.
func (b *builder) objective(def config.SLADefinition, spec config.ObjectiveSpec) (*objective, string) {
	if spec.Indicator == nil {
		return nil, "it has no indicator"
	}
	counts, why := countsOf(spec)
	if why != "" {
		return nil, why
	}
	ob := &objective{ObjectiveSpec: spec, def: def, counts: counts}
	orgs := b.cfg.Organizations
	ob.shared = def.Measured == "shared" || orgs.Measured == "shared"
	if !ob.shared {
		ob.label, ob.tierLabel = orgs.Label, orgs.TierLabel
	}
	ob.audiences = b.audiencesOf(ob)
	return ob, ""
}

// audiencesOf lists who is judged by which target: the listed organizations tier
// by tier, else the tiers that the series name, else everybody at once.
func (b *builder) audiencesOf(ob *objective) []audience {
	if ob.shared {
		return b.sharedAudiences(ob)
	}
	listed := map[string][]string{}
	n := 0
	for _, o := range b.cfg.Organizations.List {
		if len(o.Match) > 0 {
			b.note("organization %s has no alerts: it is selected by `match`", o.ID)
			continue
		}
		if ob.label != "" {
			listed[o.Tier] = append(listed[o.Tier], o.ID)
			n++
		}
	}
	var out []audience
	for _, tier := range append(b.cfg.TierNames(), "") {
		who := audience{tier: tier, organizations: listed[tier], target: b.target(ob, tier)}
		switch {
		case len(who.organizations) > 0:
			out = append(out, who)
		case n == 0 && tier != "" && ob.tierLabel != "":
			who.byLabel = true
			out = append(out, who)
		}
	}
	if len(out) == 0 && len(b.cfg.Organizations.List) == 0 {
		out = append(out, audience{target: ob.Target})
	}
	if n > 0 {
		b.note("organizations that the list lacks are recorded and have no alerts")
	}
	return out
}

// sharedAudiences judges the platform's series once by the definition, and by
// each tier that promises something else.
func (b *builder) sharedAudiences(ob *objective) []audience {
	out := []audience{{target: ob.Target}}
	for _, tier := range b.cfg.TierNames() {
		if t := b.target(ob, tier); t.Cmp(ob.Target) != 0 {
			out = append(out, audience{tier: tier, target: t})
		}
	}
	return out
}

func (b *builder) target(ob *objective, tier string) unit.Decimal {
	if t, ok := b.cfg.TierTarget(tier, ob.SLA, ob.Name, b.o.Now); ok {
		return t
	}
	return ob.Target
}

// by is the labels that sums keep.
func (ob *objective) by(more ...string) string {
	by := more
	for _, l := range []string{ob.label, ob.tierLabel} {
		if l != "" && !slices.Contains(by, l) {
			by = append(by, l)
		}
	}
	if len(by) == 0 {
		return "sum"
	}
	return "sum by (" + strings.Join(by, ", ") + ")"
}

// narrow selects the series of an audience.
func (ob *objective) narrow(s query.Selector, who audience) string {
	if who.byLabel {
		s = s.Only(ob.tierLabel, who.tier)
	} else if len(who.organizations) > 0 {
		s = s.Only(ob.label, who.organizations...)
	}
	return s.String()
}

// severity is the SLA's own, critical by default.
func (ob *objective) severity() string {
	if ob.def.Severity != "" {
		return ob.def.Severity
	}
	return "critical"
}

// milder is the severity of what is no emergency yet.
func (ob *objective) milder() string {
	if ob.severity() == "critical" {
		return "warning"
	}
	return ob.severity()
}

// labels are the labels of an alert.
func (ob *objective) labels(who audience, severity string) []pair {
	out := []pair{{"severity", severity}, {"sla_type", ob.SLA}, {"objective", ob.Name}}
	for _, p := range []pair{{"impact", ob.def.Impact}, {"category", ob.def.Category}, {"service", ob.def.Service}, {"tier", who.tier}} {
		if p.value != "" {
			out = append(out, p)
		}
	}
	if ob.label != "" && ob.label != "organization" {
		out = append(out, pair{"organization", "{{ $labels." + ob.label + " }}"})
	}
	return out
}

// whom names an audience in a summary.
func (ob *objective) whom(who audience) string {
	s := ob.SLA + " " + ob.Name
	if who.tier != "" {
		s += " of " + who.tier
	}
	if ob.label != "" {
		s += ": {{ $labels." + ob.label + " }}"
	}
	return s
}
