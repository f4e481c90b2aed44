package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// The comments that disable a rule: for a line, the one that the comment stands
// on or else the next, and for a whole file.
const (
	disableLine = "slactl:disable"
	disableFile = "slactl:disable-file"
)

// commentRules are about the comments that disable others. Their findings are
// made where those are applied.
func commentRules() []Rule {
	const sla = "sla_definitions: {availability: {target: 100, indicator: {preset: http}}}"
	return []Rule{
		{
			Name: "disable", Severity: yamlpos.Error,
			Summary: "A comment that is to disable a rule does not say which, or why.",
			Why:     "A finding that is silenced without a reason cannot be judged later by someone else. Errors of reading cannot be disabled: no command would accept the file.",
			Remedy:  "Write `# slactl:disable RULE reason` on the line or above it, or `# slactl:disable-file RULE reason`.",
			Bad:     source + "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}} # slactl:disable no-room",
			Good:    source + sla + " # slactl:disable no-room the contract says 100 %",
		},
		{
			Name: "unused-disable", Severity: yamlpos.Warning,
			Summary: "A comment disables a rule that finds nothing there.",
			Why:     "It would silence the next finding of that rule, which nobody has looked at.",
			Remedy:  "Remove the comment; `--fix` does.",
			Bad:     source + "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}} # slactl:disable no-room it was 100 % once",
			Good:    source + sla + " # slactl:disable no-room the contract says 100 %",
		},
	}
}

// directive is one comment that disables a rule.
type directive struct {
	yamlpos.Comment
	source *yamlpos.Source
	rule   string
	whole  bool // for the whole file
	line   int  // else for this line
	used   bool
}

// disable removes the findings that comments of the files disable, and adds those
// about the comments. Comments about rules that were not run are left alone.
func disable(cfg *config.Config, rules []Rule, found yamlpos.Diagnostics) yamlpos.Diagnostics {
	var all []*directive
	var about yamlpos.Diagnostics
	for _, f := range cfg.Files() {
		directives, wrong := directivesOf(f)
		all, about = append(all, directives...), append(about, wrong...)
	}
	if len(all)+len(about) == 0 {
		return found
	}
	found = slices.DeleteFunc(found, func(d yamlpos.Diagnostic) bool {
		hit := false
		for _, c := range all {
			if c.rule == d.Rule && c.File == d.File && (c.whole || c.line == d.Line) {
				c.used, hit = true, true
			}
		}
		return hit
	})
	for _, c := range all {
		ran := slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == c.rule && r.Run != nil })
		if ran && !c.used {
			d := c.finding("unused-disable", yamlpos.Warning, "remove the comment", "the rule "+c.rule+" finds nothing here")
			d.Fix = c.removal()
			about = append(about, d)
		}
	}
	about = slices.DeleteFunc(about, func(d yamlpos.Diagnostic) bool {
		return !slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == d.Rule })
	})
	return append(found, about...)
}

// directivesOf reads the comments of a file.
func directivesOf(f *yamlpos.Source) (out []*directive, wrong yamlpos.Diagnostics) {
	if !f.Contains(disableLine) {
		return nil, nil
	}
	for _, comment := range f.Comments() {
		words := strings.Fields(strings.TrimLeft(comment.Text, "# \t"))
		if len(words) == 0 || (words[0] != disableLine && words[0] != disableFile) {
			continue
		}
		c := &directive{Comment: comment, source: f, whole: words[0] == disableFile, line: comment.Line}
		if comment.Alone {
			c.line = nextLine(f, comment.Line)
		}
		hint := "write # " + words[0] + " RULE reason"
		switch {
		case len(words) < 2:
			wrong = append(wrong, c.finding("disable", yamlpos.Error, hint, "the comment does not say which rule it disables"))
			continue
		case len(words) < 3:
			wrong = append(wrong, c.finding("disable", yamlpos.Error, hint, fmt.Sprintf("the comment does not say why %s is disabled", words[1])))
			continue
		}
		c.rule = words[1]
		if r, ok := Lookup(c.rule); !ok {
			d := c.finding("disable", yamlpos.Error, yamlpos.DidYouMean(c.rule, Names(), "the rules are"), fmt.Sprintf("there is no rule %q", c.rule))
			wrong = append(wrong, d)
		} else if r.Run == nil {
			wrong = append(wrong, c.finding("disable", yamlpos.Error, "remove the comment, and correct what it is about", fmt.Sprintf("the rule %s cannot be disabled", c.rule)))
		} else {
			out = append(out, c)
		}
	}
	return out, wrong
}

// nextLine returns the first line after the given one that says something.
func nextLine(f *yamlpos.Source, line int) int {
	for line++; line < f.Lines(); line++ {
		if text := strings.TrimSpace(f.Line(line)); text != "" && text[0] != '#' {
			break
		}
	}
	return line
}

func (c *directive) finding(rule string, severity yamlpos.Severity, hint, message string) yamlpos.Diagnostic {
	return yamlpos.Diagnostic{Position: c.Position, Length: len([]rune(c.Text)), Severity: severity, Rule: rule, Message: message, Hint: hint, Source: c.source.Line(c.Line)}
}

// removal is the edit that takes the comment away, and its line if nothing else
// stands there.
func (c *directive) removal() yamlpos.Edit {
	line := []rune(c.source.Line(c.Line))
	if c.Alone && c.Line < c.source.Lines() {
		return yamlpos.Edit{Position: yamlpos.Position{File: c.File, Line: c.Line, Column: 1}, Length: len(line) + 1}
	}
	before := len([]rune(strings.TrimRight(string(line[:c.Column-1]), " \t")))
	return yamlpos.Edit{Position: yamlpos.Position{File: c.File, Line: c.Line, Column: before + 1}, Length: len(line) - before}
}
