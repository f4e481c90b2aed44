// Package lint finds what a configuration can say and hardly means: an SLA that
// nothing measures, a selector that Prometheus would refuse, a target without
// room for a single error.
//
// A [Rule] is a documented value with a pure Run, and carries an example that it
// objects to and one that it does not; both are tests. Values that cannot be
// meant at all are errors of the config package. Whoever calls [Run] decides how
// the findings are shown.
package lint

import (
	"fmt"
	"slices"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Rule is one thing that is looked for.
type Rule struct {
	Name     string // as findings carry it: no-indicator
	Doc      string // what is found, and why it matters
	Severity yamlpos.Severity
	// Bad is a configuration with a finding, and Good one without.
	Bad, Good string
	Run       func(*Pass)
}

// Pass is the run of one rule over one configuration.
type Pass struct {
	Config *config.Config
	rule   *Rule
	diags  yamlpos.Diagnostics
}

// Rules returns all rules, in the order in which they are documented.
func Rules() []Rule {
	return slices.Concat(measuringRules(), historyRules(), promiseRules(), peopleRules(), []Rule{notYet()})
}

// Run applies the rules, all of them if none is given, and returns the findings
// in the order of the file's lines.
func Run(cfg *config.Config, rules ...Rule) yamlpos.Diagnostics {
	if len(rules) == 0 {
		rules = Rules()
	}
	var out yamlpos.Diagnostics
	for i := range rules {
		p := Pass{Config: cfg, rule: &rules[i]}
		rules[i].Run(&p)
		out = append(out, p.diags...)
	}
	out.Sort(nil)
	return out
}

// Report adds a finding about the value at a path of the configuration.
func (p *Pass) Report(path, hint, format string, args ...any) {
	p.diags = append(p.diags, p.Config.Node(path).Diagnostic(p.rule.Severity, p.rule.Name, hint, fmt.Sprintf(format, args...)))
}

// ReportKey adds a finding about the key of the value at a path.
func (p *Pass) ReportKey(path, hint, format string, args ...any) {
	p.diags = append(p.diags, p.Config.Key(path).Diagnostic(p.rule.Severity, p.rule.Name, hint, fmt.Sprintf(format, args...)))
}

// ReportPart adds a finding about some bytes of the text at a path.
func (p *Pass) ReportPart(path string, offset, length int, hint, message string) {
	p.diags = append(p.diags, p.Config.Node(path).DiagnosticAt(offset, length, p.rule.Severity, p.rule.Name, hint, message))
}
