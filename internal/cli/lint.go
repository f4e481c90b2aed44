package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/lint/render"
	"github.com/slactl/slactl/internal/yamlpos"
)

type lintOptions struct {
	format, failOn          string
	rules, disable          []string
	baseline, writeBaseline string
	fix, diff               bool
}

func newConfigLint(a *app, run func(context.Context, *app, *lintOptions) error) *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use: "lint [PATH ...]", Short: "Check the configuration",
		Long: `Check configuration files and directories, by default the ones that other
commands would read. Every finding names its place and its rule, shows the line
and says what to write instead. ` + "`slactl config rules`" + ` lists the rules.

A comment disables a rule for its line, or for the next one if it stands alone,
and says why: # slactl:disable RULE reason. With disable-file it does so for the
whole file. Errors of reading cannot be disabled. A baseline file knows the
findings that were there when it was written, wherever their lines have moved to.`,
		Example: `  slactl config lint
  slactl config lint slactl.yaml
  slactl config lint --format sarif
  slactl config lint --fail-on warning --disable not-yet
  slactl config lint --rule no-room,fraction
  slactl config lint --write-baseline lint-baseline.json
  slactl config lint --baseline lint-baseline.json
  slactl config lint --fix --diff`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.flags.configs = args
			}
			return run(cmd.Context(), a, &o)
		},
	}
	badNews(cmd, "there are findings as severe as --fail-on, or --diff shows edits")
	fs := cmd.Flags()
	formatFlag(fs, &o.format, render.Formats()...)
	o.failOn = "error"
	fs.Var(&choice{&o.failOn, []string{"error", "warning", "info", "never"}}, "fail-on", "exit with 1 if a finding has this `severity` or a worse one: error, warning, info or never")
	fs.StringSliceVar(&o.rules, "rule", nil, "apply only these `rules`, and report errors of reading")
	fs.StringSliceVar(&o.disable, "disable", nil, "do not apply these `rules`")
	fs.StringVar(&o.baseline, "baseline", "", "do not report the findings that this `file` knows")
	fs.StringVar(&o.writeBaseline, "write-baseline", "", "write the findings into this `file` instead of reporting them")
	fs.BoolVar(&o.fix, "fix", false, "correct in the files what can be corrected safely, and report the rest")
	fs.BoolVar(&o.diff, "diff", false, "show what --fix would change, and change nothing")
	return cmd
}

func runConfigLint(_ context.Context, a *app, o *lintOptions) error {
	rules, err := o.selected()
	if err != nil {
		return err
	}
	cfg, diags, edited := a.lintFiles(rules, o.fix || o.diff)
	if o.diff {
		return a.showEdits(edited)
	}
	if err := a.writeEdits(edited); err != nil {
		return err
	}
	if o.writeBaseline != "" {
		return a.writeLintBaseline(o.writeBaseline, diags)
	}
	if o.baseline != "" {
		if diags, err = a.withoutKnown(o.baseline, diags); err != nil {
			return err
		}
	}
	r := render.Report{Version: a.version().Version, Rules: lint.Rules(), Findings: diags}
	for _, f := range cfg.Files() {
		r.Files = append(r.Files, f.Name())
	}
	if err := r.Write(a.Stdout, o.format); err != nil {
		return err
	}
	if o.fails(diags) {
		return &ExitError{Code: BadNews}
	}
	return nil
}

// selected returns the rules that the flags leave.
func (o *lintOptions) selected() ([]lint.Rule, error) {
	known := lint.Names()
	for _, name := range slices.Concat(o.rules, o.disable) {
		if !slices.Contains(known, name) {
			return nil, usageErrorf(yamlpos.DidYouMean(name, known, "the rules are"), "selecting rules: there is no rule %q", name)
		}
	}
	for _, name := range o.disable {
		if r, _ := lint.Lookup(name); slices.ContainsFunc(lint.ReadingRules(), func(other lint.Rule) bool { return other.Name == r.Name }) {
			return nil, usageErrorf("correct the files instead", "selecting rules: %s is an error of reading and cannot be disabled", name)
		}
	}
	return slices.DeleteFunc(lint.Rules(), func(r lint.Rule) bool {
		return slices.Contains(o.disable, r.Name) || len(o.rules) > 0 && !slices.Contains(o.rules, r.Name)
	}), nil
}

// fails reports whether findings are as bad as the flag asks about.
func (o *lintOptions) fails(diags yamlpos.Diagnostics) bool {
	for _, s := range []yamlpos.Severity{yamlpos.Error, yamlpos.Warning, yamlpos.Info} {
		if o.failOn == "never" {
			return false
		}
		if diags.Count(s) > 0 {
			return true
		}
		if string(s) == o.failOn {
			return false
		}
	}
	return false
}

// fixRounds bounds how often fixes are looked for again after others were made.
const fixRounds = 10

// lintFiles reads and checks the configuration. With fix it makes the safe edits in
// memory, as long as there are any, and returns the texts of the files that they
// change, by name, with what is found afterwards.
func (a *app) lintFiles(rules []lint.Rule, fix bool) (*config.Config, yamlpos.Diagnostics, map[string][]byte) {
	edited := map[string][]byte{}
	cfg, diags := a.check(rules, edited)
	for round := 0; fix && round < fixRounds; round++ {
		next := map[string][]byte{}
		for file, text := range edited {
			next[file] = text
		}
		changed := false
		for file, edits := range editsOf(diags) {
			text, ok := edited[file]
			if !ok {
				var err error
				if text, err = a.Files.ReadFile(file); err != nil {
					continue // an error of reading says so
				}
			}
			if after, _, err := yamlpos.Apply(text, edits); err == nil {
				next[file], changed = after, true
			}
		}
		if !changed {
			break
		}
		c, d := a.check(rules, next)
		if d.Count(yamlpos.Error) > diags.Count(yamlpos.Error) && !diags.HasErrors() {
			break // an edit that breaks the files is no correction
		}
		cfg, diags, edited = c, d, next
	}
	return cfg, diags, edited
}

func (a *app) check(rules []lint.Rule, edited map[string][]byte) (*config.Config, yamlpos.Diagnostics) {
	cfg, diags := config.LoadEdited(a.configPaths(), a.LookupEnv, edited)
	if !diags.HasErrors() { // rules need a complete configuration
		diags = append(diags, lint.Run(cfg, rules)...)
	}
	return cfg, diags
}

// editsOf collects the edits of findings by file.
func editsOf(diags yamlpos.Diagnostics) map[string][]yamlpos.Edit {
	out := map[string][]yamlpos.Edit{}
	for _, d := range diags {
		if !d.Fix.IsZero() {
			out[d.Fix.File] = append(out[d.Fix.File], d.Fix)
		}
	}
	return out
}

// showEdits prints the edits as a unified diff.
func (a *app) showEdits(edited map[string][]byte) error {
	for _, file := range sortedKeys(edited) {
		text, err := a.Files.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := a.Stdout.Write(diff.Diff(file, text, file, edited[file])); err != nil {
			return err
		}
	}
	if len(edited) > 0 {
		return &ExitError{Code: BadNews}
	}
	return nil
}

// writeEdits replaces the files, each as a whole.
func (a *app) writeEdits(edited map[string][]byte) error {
	for _, file := range sortedKeys(edited) {
		path := file
		if real, err := filepath.EvalSymlinks(file); err == nil {
			path = real // the file that a link names, not the link
		}
		if err := a.writeBytes(path, edited[file]); err != nil {
			return err
		}
		fmt.Fprintf(a.Stderr, "corrected %s\n", file)
	}
	return nil
}

func sortedKeys(m map[string][]byte) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (a *app) writeLintBaseline(path string, diags yamlpos.Diagnostics) error {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err := a.writeFile(path, func(w io.Writer) error { return writeJSON(w, lint.NewBaseline(dir, diags)) }); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "wrote %s into %s\n", count(len(diags), "finding"), path)
	return nil
}

// withoutKnown leaves out the findings that a baseline knows.
func (a *app) withoutKnown(path string, diags yamlpos.Diagnostics) (yamlpos.Diagnostics, error) {
	text, err := a.Files.ReadFile(path)
	if err != nil {
		return nil, &ExitError{Code: Usage, Err: fmt.Errorf("reading the baseline: %w", err), Hint: "write it with --write-baseline " + path}
	}
	var b lint.Baseline
	if b, err = lint.ReadBaseline(text); err != nil {
		return nil, &ExitError{Code: Usage, Err: fmt.Errorf("reading %s: %w", path, err), Hint: "write it again with --write-baseline " + path}
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	fresh, gone := b.New(dir, diags)
	if gone > 0 {
		fmt.Fprintf(a.Stderr, "%s of the baseline %s gone; write it again with --write-baseline %s\n", count(gone, "finding"), map[bool]string{true: "is", false: "are"}[gone == 1], path)
	}
	return fresh, nil
}

type rulesOptions struct{ format string }

func newConfigRules(a *app, run func(context.Context, *app, *rulesOptions) error) *cobra.Command {
	var o rulesOptions
	cmd := &cobra.Command{
		Use: "rules", Short: "List the rules that configurations are checked by", Args: args(cobra.NoArgs),
		Long: "List the rules by which `slactl config lint` checks a configuration, with their\nseverity. `slactl config explain RULE` explains one.",
		Example: `  slactl config rules
  slactl config rules --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

// ruleEntry is a rule in JSON.
type ruleEntry struct {
	Name     string           `json:"name"`
	Severity yamlpos.Severity `json:"severity"`
	Summary  string           `json:"summary"`
	Why      string           `json:"why"`
	Remedy   string           `json:"remedy"`
	Bad      string           `json:"bad"`
	Good     string           `json:"good"`
}

func ruleEntryOf(r lint.Rule) ruleEntry {
	return ruleEntry{r.Name, r.Severity, r.Summary, r.Why, r.Remedy, r.Bad, r.Good}
}

func runConfigRules(_ context.Context, a *app, o *rulesOptions) error {
	l := listing{head: []string{"RULE", "SEVERITY", "FINDS"}}
	entries := []ruleEntry{}
	for _, r := range lint.Rules() {
		entries = append(entries, ruleEntryOf(r))
		l.rows = append(l.rows, []string{r.Name, string(r.Severity), r.Summary})
	}
	return l.write(a.Stdout, o.format, entries)
}

func newConfigExplain(a *app, run func(context.Context, *app, string, *rulesOptions) error) *cobra.Command {
	var o rulesOptions
	cmd := &cobra.Command{
		Use: "explain RULE", Short: "Explain a rule that configurations are checked by", Args: args(cobra.ExactArgs(1)),
		Long: "Explain a rule of `slactl config lint`: what it finds, why that matters, what to do\nabout it, and an example of each kind.",
		Example: `  slactl config explain grace-period
  slactl config explain asymmetric --format json`,
		RunE:              func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), a, args[0], &o) },
		ValidArgsFunction: cobra.FixedCompletions(lint.Names(), cobra.ShellCompDirectiveNoFileComp),
	}
	formatFlag(cmd.Flags(), &o.format, "text", "json")
	return cmd
}

func runConfigExplain(_ context.Context, a *app, name string, o *rulesOptions) error {
	r, ok := lint.Lookup(name)
	if !ok {
		return usageErrorf(yamlpos.DidYouMean(name, lint.Names(), "the rules are"), "explaining a rule: there is no rule %q", name)
	}
	if o.format == "json" {
		return json.NewEncoder(a.Stdout).Encode(ruleEntryOf(r))
	}
	_, err := fmt.Fprintf(a.Stdout, "%s (%s)\n\n%s\n%s\n\n%s\n\nReported:\n\n%s\nNot reported:\n\n%s", r.Name, r.Severity, wrap(r.Summary, 80), wrap(r.Why, 80), wrap(r.Remedy, 80), indent(r.BadExample()), indent(r.GoodExample()))
	return err
}

// wrap breaks a text into lines of at most so many characters where words allow.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// indent puts four spaces before each line.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		b.WriteString("    " + line)
	}
	return b.String()
}
