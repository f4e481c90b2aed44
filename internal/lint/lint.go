// Package lint finds what a configuration can say and hardly means: an SLA that
// nothing measures, a selector that Prometheus would refuse, a target without
// room for a single error.
//
// A [Rule] is a documented value with a pure Run, and carries an example that it
// objects to and one that it does not; both are tests. Values that cannot be
// meant at all are found by package config as the files are read; their rules
// have no Run and stand here to be explained. Whoever calls [Run] decides how
// the findings are shown; package render has the usual forms.
package lint

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Rule is one thing that is looked for.
type Rule struct {
	Name     string // as findings carry it: no-indicator
	Severity yamlpos.Severity
	Summary  string // what is found, in one sentence
	Why      string // why it matters
	Remedy   string // what to do about it
	// Bad is a configuration with findings of this rule and of no other, and Good
	// one without any.
	Bad, Good string
	// Run looks for it; nil where it is found as the files are read.
	Run func(*Pass)
}

// Pass is the run of one rule over one configuration.
type Pass struct {
	Config *config.Config
	facts  *facts
	rule   *Rule
	diags  yamlpos.Diagnostics
}

// Rules returns all rules, in the order in which they are documented.
func Rules() []Rule {
	return slices.Concat(readingRules(), sourceRules(), measuringRules(), selectorRules(), selectionRules(), promiseRules(), creditRules(), tierRules(),
		organizationRules(), maintenanceRules(), businessRules(), moneyRules(), alertingRules(), reportRules(), commentRules())
}

// ReadingRules returns the rules of errors that are found as the files are read,
// which cannot be disabled: no command accepts such files.
func ReadingRules() []Rule { return readingRules() }

// Lookup returns the rule of a name.
func Lookup(name string) (Rule, bool) {
	rules := Rules()
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name }); i >= 0 {
		return rules[i], true
	}
	return Rule{}, false
}

// Names returns the names of the rules, in their order.
func Names() []string {
	var out []string
	for _, r := range Rules() {
		out = append(out, r.Name)
	}
	return out
}

// Run applies rules to a configuration that was read without errors and returns
// the findings in the order of the files' lines, without those that comments in
// the files disable.
func Run(cfg *config.Config, rules []Rule) yamlpos.Diagnostics {
	shared := facts{cfg: cfg}
	var out yamlpos.Diagnostics
	for i := range rules {
		if rules[i].Run == nil {
			continue
		}
		p := Pass{Config: cfg, facts: &shared, rule: &rules[i]}
		rules[i].Run(&p)
		out = append(out, p.diags...)
	}
	out = disable(cfg, rules, out)
	order := map[string]int{}
	for i, f := range cfg.Files() {
		order[f.Name()] = i
	}
	out.Sort(order)
	cfg.MaskSecrets(out)
	return slices.Compact(out) // a value that aliases share is looked at more than once
}

// Report adds a finding about the value at a path of the configuration.
func (p *Pass) Report(path, hint, format string, args ...any) {
	p.add(path, p.Config.Node(path).Diagnostic(p.rule.Severity, p.rule.Name, hint, fmt.Sprintf(format, args...)))
}

// ReportKey adds a finding about the key of the value at a path.
func (p *Pass) ReportKey(path, hint, format string, args ...any) {
	p.add(path, p.Config.Key(path).Diagnostic(p.rule.Severity, p.rule.Name, hint, fmt.Sprintf(format, args...)))
}

// ReportPart adds a finding about some bytes of the text at a path, with the edit
// that removes it, which may be zero.
func (p *Pass) ReportPart(path string, offset, length int, fix yamlpos.Edit, hint, message string) {
	d := p.Config.Node(path).DiagnosticAt(offset, length, p.rule.Severity, p.rule.Name, hint, message)
	d.Fix = fix
	p.add(path, d)
}

func (p *Pass) add(path string, d yamlpos.Diagnostic) {
	d.Key = path
	p.diags = append(p.diags, d)
}

// item is the path of an item of a list.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// lazily compiles an expression when it is first used: most commands lint
// nothing, and start faster without.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
