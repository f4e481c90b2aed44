package lint

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// alertingRules are about who is told of what.
func alertingRules() []Rule {
	const sre = "receivers: {sre: {email: {to: sre@example.com}}}}"
	rule := func(condition string) string {
		return plain + "alerting: {escalation_rules: [{condition: \"" + condition + "\", notify: [sre]}], " + sre
	}
	return []Rule{
		{
			Name: "no-receiver", Severity: yamlpos.Warning, Run: noReceiver,
			Summary: "A name that is to be notified has no receiver.",
			Why:     "The receiver that is generated for it tells nobody.",
			Remedy:  "Add it under alerting: {receivers: ...}.",
			Bad:     plain + "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}]}",
			Good:    rule("severity == 'critical'"),
		},
		{
			Name: "unused-receiver", Severity: yamlpos.Warning, Run: unusedReceiver,
			Summary: "A receiver is notified by no rule and no level.",
			Why:     "It is never told anything.",
			Remedy:  "Add it to a notify list, or remove it.",
			Bad:     plain + "alerting: {" + sre,
			Good:    plain + "alerting: {levels: {2: {after: 5m, notify: [sre]}}, " + sre,
		},
		{
			Name: "nobody-told", Severity: yamlpos.Warning, Run: nobodyTold,
			Summary: "A rule or a level of escalation notifies nobody.",
			Why:     "When it is reached, nothing happens.",
			Remedy:  "Name receivers under notify.",
			Bad:     plain + "alerting: {levels: {2: {after: 5m, notify: [sre]}, 3: 15m}, " + sre,
			Good:    plain + "alerting: {levels: {2: {after: 5m, notify: [sre]}, 3: {after: 15m, notify: [sre]}}, " + sre,
		},
		{
			Name: "condition-value", Severity: yamlpos.Warning, Run: conditionValue,
			Summary: "A condition compares a variable with a text that it never has.",
			Why:     "The comparison always comes out the same way, so the rule matches nothing, or more than it seems to.",
			Remedy:  "Write one of the values that the hint lists; `--fix` writes the nearest one.",
			Bad:     rule("severity == 'crit'"),
			Good:    rule("severity == 'critical'"),
		},
		{
			Name: "condition-never", Severity: yamlpos.Warning, Run: conditionNever,
			Summary: "A condition is never true.",
			Why:     "It asks for two different values of one variable at once.",
			Remedy:  "Write || between them, or in with a list.",
			Bad:     rule("severity == 'critical' && severity == 'warning'"),
			Good:    rule("severity == 'critical' || severity == 'warning'"),
		},
		{
			Name: "same-condition", Severity: yamlpos.Warning, Run: sameCondition,
			Summary: "Two escalation rules have the same condition and delay.",
			Why:     "All rules that match apply, so one rule with both lists says the same; two are usually a copy of which one was to be changed.",
			Remedy:  "Join their lists, or change the condition that was meant to differ.",
			Bad:     plain + "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}, {condition: \"severity=='critical'\", notify: [sre]}], " + sre,
			Good:    plain + "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}, {condition: \"severity == 'warning'\", notify: [sre]}], " + sre,
		},
	}
}

// notified lists the names that are to be told, and where they stand.
func notified(p *Pass) (names, paths []string) {
	add := func(path string, list []string) {
		for i, name := range list {
			names, paths = append(names, name), append(paths, item(path, i))
		}
	}
	for i, r := range p.Config.Alerting.EscalationRules {
		add(item("alerting.escalation_rules", i)+".notify", r.Notify)
	}
	for _, l := range p.Config.Alerting.Levels {
		add("alerting.levels."+l.Key+".notify", l.Value.Notify)
	}
	return names, paths
}

func noReceiver(p *Pass) {
	known := p.Config.Alerting.Receivers.Keys()
	done := map[string]bool{}
	for _, k := range known {
		done[k] = true
	}
	names, paths := notified(p)
	for i, name := range names {
		if done[name] {
			continue
		}
		done[name] = true
		hint := "add it under alerting: {receivers: {" + name + ": ...}}"
		if near, ok := yamlpos.Nearest(name, known); ok {
			hint = "did you mean " + near + "?"
		}
		p.Report(paths[i], hint, "there is no receiver %q: it would tell nobody", name)
	}
}

func unusedReceiver(p *Pass) {
	names, _ := notified(p)
	for _, e := range p.Config.Alerting.Receivers {
		if !slices.Contains(names, e.Key) {
			p.ReportKey("alerting.receivers."+e.Key, "add it to a notify list, or remove it", "nothing notifies the receiver %q", e.Key)
		}
	}
}

func nobodyTold(p *Pass) {
	for i, r := range p.Config.Alerting.EscalationRules {
		if len(r.Notify) == 0 {
			p.Report(item("alerting.escalation_rules", i)+".notify", "name receivers", "the rule notifies nobody")
		}
	}
	for _, l := range p.Config.Alerting.Levels {
		if len(l.Value.Notify) == 0 {
			p.ReportKey("alerting.levels."+l.Key, "add notify: with receivers", "the level %s notifies nobody", l.Key)
		}
	}
}

// comparison is a variable of a condition beside a text; its groups are the
// variable, the operator and the text.
var comparison = lazily(`\b([a-z_]+)\s*(==|!=)\s*(?:'([^'\\]*)'|"([^"\\]*)")`)

// compared is one comparison of a condition.
type compared struct {
	variable, operator, text string
	offset                   int // of the text, inside its quotes
}

func comparisons(condition string) []compared {
	var out []compared
	for _, m := range comparison().FindAllStringSubmatchIndex(condition, -1) {
		c := compared{variable: condition[m[2]:m[3]], operator: condition[m[4]:m[5]]}
		from, to := m[6], m[7]
		if from < 0 {
			from, to = m[8], m[9]
		}
		c.text, c.offset = condition[from:to], from
		out = append(out, c)
	}
	return out
}

// valuesOf lists what a variable of alerts can be, nil where that is not known.
func (p *Pass) valuesOf(variable string) []string {
	switch variable {
	case "severity":
		return config.Severities()
	case "impact":
		return config.Impacts()
	case "sla_type":
		return p.Config.SLADefinitions.Keys()
	case "tier":
		return p.Config.TierNames()
	case "organization":
		if p.Config.Organizations.Label != "" {
			return nil // organizations that are not listed have results too
		}
		var ids []string
		for _, o := range p.Config.Organizations.List {
			ids = append(ids, o.ID)
		}
		return ids
	case "objective":
		var names []string
		for _, s := range p.slas() {
			for _, o := range s.objectives {
				names = append(names, o.Name)
			}
		}
		return names
	}
	return nil
}

func conditionValue(p *Pass) {
	for i, r := range p.Config.Alerting.EscalationRules {
		path := item("alerting.escalation_rules", i) + ".condition"
		for _, c := range comparisons(r.Condition) {
			known := p.valuesOf(c.variable)
			if len(known) == 0 || slices.Contains(known, c.text) {
				continue
			}
			always := map[string]string{"==": "never", "!=": "always"}[c.operator]
			var fix yamlpos.Edit
			if near, ok := yamlpos.Nearest(c.text, known); ok {
				fix = p.Config.Node(path).ReplacementAt(c.offset, len(c.text), near)
			}
			p.ReportPart(path, c.offset, len(c.text), fix, yamlpos.DidYouMean(c.text, known, "it is one of"), c.variable+" is never \""+c.text+"\", so this is "+always+" true")
		}
	}
}

func conditionNever(p *Pass) {
	for i, r := range p.Config.Alerting.EscalationRules {
		if strings.ContainsAny(r.Condition, "|()") || strings.Contains(strings.ReplaceAll(r.Condition, "!=", ""), "!") {
			continue // more than a row of conditions that all must hold
		}
		value := map[string]string{}
		for _, c := range comparisons(r.Condition) {
			first, twice := value[c.variable]
			if c.operator == "==" && twice && first != c.text {
				p.ReportPart(item("alerting.escalation_rules", i)+".condition", c.offset, len(c.text), yamlpos.Edit{}, "write || between them", "the condition is never true: "+c.variable+" is not both \""+first+"\" and \""+c.text+"\"")
			}
			if c.operator == "==" {
				value[c.variable] = c.text
			}
		}
	}
}

func sameCondition(p *Pass) {
	seen := map[string]int{}
	for i, r := range p.Config.Alerting.EscalationRules {
		after := ""
		if r.EscalateAfter != nil {
			after = r.EscalateAfter.String()
		}
		key := strings.Join(strings.Fields(strings.NewReplacer("==", " == ", "!=", " != ", "&&", " && ", "||", " || ").Replace(r.Condition)), " ") + "\n" + after
		if first, ok := seen[key]; ok {
			p.Report(item("alerting.escalation_rules", i)+".condition", "join their lists", "the rule at %s has the same condition", p.Config.Pos(item("alerting.escalation_rules", first)))
			continue
		}
		seen[key] = i
	}
}
