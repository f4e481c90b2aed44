// Package cli is the command line: one file per command, each of which loads,
// has others compute, and writes. It is the only home of flags, exit codes and
// terminals.
//
// A command is a struct of options, a function newX that declares its flags, and
// a function runX that does the work:
//
//	type listOptions struct{ format string }
//
//	func newList(a *app, run func(context.Context, *app, *listOptions) error) *cobra.Command
//	func runList(ctx context.Context, a *app, o *listOptions) error
//
// newX takes the run function so that tests of flags need not do the work.
// Nothing is opened before run, so help and completion touch nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/yamlpos"
)

// app is one invocation: the world around it, and what the global flags say.
type app struct {
	Env
	flags globalFlags
	log   *slog.Logger // use logger, which is there before the flags are read
	// clock measures how long things take; unlike Now it is never fixed.
	clock func() time.Time
	// color tells whether stdout gets colours.
	color bool
}

// globalFlags are the flags that every command has.
type globalFlags struct {
	configs  []string
	now      string
	logLevel string
	timeout  time.Duration
	color    string
}

// Main runs a command line, without the name of the program, and returns the
// code to exit with.
func Main(ctx context.Context, env Env, args []string) int {
	a := &app{Env: env, clock: env.Now}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		a.limit(ctx, cancel)
		return a.applyGlobals()
	}
	return int(finish(ctx, env.Stderr, root.ExecuteContext(ctx)))
}

// limit ends the work after the time that --timeout allows.
func (a *app) limit(ctx context.Context, cancel context.CancelCauseFunc) {
	d := a.flags.timeout
	if d <= 0 {
		return
	}
	timer := time.AfterFunc(d, func() { cancel(fmt.Errorf("giving up after %s; allow more with --timeout", d)) })
	context.AfterFunc(ctx, func() { timer.Stop() })
}

// newRoot declares the tree of commands. To add one, add a line here.
func newRoot(a *app) *cobra.Command {
	root := group("slactl", "SLA evaluation, cost analysis and service reports from metrics and bills", `
slactl reads Prometheus and billing exports, and turns them into the service
report that you owe your customers and yourself: which SLA was kept for whom,
what it cost, and how each figure came about.

Without anything, start with `+"`slactl demo`"+`; with a Prometheus, with
`+"`slactl init --prometheus URL`"+`, which writes a configuration.`,
		newInit(a, runInit),
		group("sla", "Evaluate service levels", `
Evaluate the service levels of the configuration, list what was promised, and
compute what is owed where it was not kept.`,
			newSLAStatus(a, runSLAStatus), newSLAExplain(a, runSLAExplain), newSLAHistory(a, runSLAHistory), newSLAReconcile(a, runSLAReconcile), newSLAList(a, runSLAList), newSLACredits(a, runSLACredits), newSLAExport(a, runSLAExport), newSLAVerify(a, runSLAVerify)),
		group("maintenance", "Look at what is excluded", "Look at maintenance and service hours: what is taken out of the accounting, and why.", newMaintenanceList(a, runMaintenanceList)),
		group("cost", "Analyse costs", `
Sum and break down what the billing exports of the configuration charge. Sums are
exact, and every file is accounted for.`,
			newCostBreakdown(a, runCostBreakdown), newCostAllocate(a, runCostAllocate), newCostMargin(a, runCostMargin), newCostUnit(a, runCostUnit),
			newCostInvoices(a, runCostInvoices), newCostLedger(a, runCostLedger),
			newCostCache(a, runCostCache), newCostCompare(a, runCostCompare), newCostReconcile(a, runCostReconcile),
			newCostAnomalies(a, runCostAnomalies), newCostForecast(a, runCostForecast), newCostBudget(a, runCostBudget), newCostRecommend(a, runCostRecommend)),
		group("prices", "Look at what tokens cost", `
Look at what the tokens of language models cost and since when, take prices from a
LiteLLM price list, and compare lists.`,
			newPricesList(a, runPricesList), newPricesShow(a, runPricesShow), newPricesImport(a, runPricesImport), newPricesDiff(a, runPricesDiff)),
		group("report", "Make service reports", `
Make the report of a day, a week or a month for the terminal, as XLSX or as PDF,
or as JSON from which the others can be drawn again.`,
			newReports(a, runReport)...),
		group("config", "Check and show the configuration", `
Check the configuration, explain the rules that it is checked by, show it as slactl
understands it, or convert what other tools have into one.`,
			newConfigLint(a, runConfigLint), newConfigRules(a, runConfigRules), newConfigExplain(a, runConfigExplain), newConfigShow(a, runConfigShow), newConfigSchema(a, runConfigSchema), newConfigConvert(a, runConfigConvert)),
		group("generate", "Write what the running system follows", `
Write files for the systems that run beside slactl, from the same definitions that
contracts are judged by.`,
			newGenerateRules(a, runGenerateRules)),
		group("metrics", "Look around in a metrics source", `
Look around in a metrics source, to find what service levels could be measured by.`,
			newMetricsFind(a, runMetricsFind)),
		newRecord(a, runRecord),
		group("history", "Look after the recorded samples", `
Look after the raw samples that `+"`slactl record`"+` keeps: check them, remove what is
older than the retention, write them as text.`,
			newStoreVerify(a, runStoreVerify), newStorePrune(a, runStorePrune), newStoreExport(a, runStoreExport), newStoreSize(a, runStoreSize)),
		newDemo(a, runDemo),
		newVersion(a, runVersion),
		newCompletion(),
		newMan(a, runMan),
	)
	root.Example = `  slactl demo
  slactl sla status --prometheus http://localhost:9090 --preset http --target 99.9
  slactl init --prometheus http://localhost:9090
  slactl report monthly --out reports/`
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(writeHelp)
	root.SetFlagErrorFunc(flagError)
	a.flags.declare(root.PersistentFlags())
	return root
}

func (g *globalFlags) declare(fs *pflag.FlagSet) {
	fs.StringArrayVar(&g.configs, "config", nil, "read this configuration `file` or directory; may be repeated (SLACTL_CONFIG; default ./slactl.yaml)")
	fs.StringVar(&g.now, "now", "", "take this RFC 3339 `instant` for the current time (SLACTL_NOW)")
	fs.StringVar(&g.logLevel, "log-level", "warn", "log this `level` and worse to stderr: debug, info, warn or error")
	fs.DurationVar(&g.timeout, "timeout", 0, "give up after this `duration`, such as 2m (default never)")
	fs.StringVar(&g.color, "color", "auto", "the `mode` of colours: auto, always or never (NO_COLOR means never)")
}

// applyGlobals checks the global flags and sets up what follows from them.
func (a *app) applyGlobals() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		return usageErrorf("write debug, info, warn or error", "reading --log-level: %q is not a level", a.flags.logLevel)
	}
	a.log = slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: dropTime}))
	switch a.flags.color {
	case "auto":
		_, no := a.LookupEnv("NO_COLOR")
		a.color = a.StdoutTTY && !no && a.getenv("TERM") != "dumb"
	case "always", "never":
		a.color = a.flags.color == "always"
	default:
		return usageErrorf("write auto, always or never", "reading --color: %q is not known", a.flags.color)
	}
	where, now := "--now", a.flags.now
	if now == "" {
		where, now = "SLACTL_NOW", a.getenv("SLACTL_NOW")
	}
	if now != "" {
		t, err := time.Parse(time.RFC3339, now)
		if err != nil {
			return usageErrorf("write an instant such as 2026-11-01T09:00:00Z", "reading %s: %q is not an RFC 3339 instant", where, now)
		}
		a.Now = func() time.Time { return t }
	}
	return nil
}

// logger is where the command logs.
func (a *app) logger() *slog.Logger {
	if a.log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.log
}

// dropTime leaves the time out of log lines: they are read while they are
// written.
func dropTime(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}

// configPaths returns the files and directories that the configuration is in.
func (a *app) configPaths() []string {
	if len(a.flags.configs) > 0 {
		return a.flags.configs
	}
	if env := a.getenv("SLACTL_CONFIG"); env != "" {
		return filepath.SplitList(env)
	}
	return []string{"slactl.yaml"}
}

// group is a command that only holds others.
// Its examples are the first ones of those.
func group(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: strings.TrimSpace(long), Args: cobra.ArbitraryArgs}
	for _, sub := range commands {
		first, _, _ := strings.Cut(sub.Example, "\n")
		cmd.Example += first + "\n"
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var names []string
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				names = append(names, sub.Name())
			}
		}
		return usageErrorf(yamlpos.DidYouMean(args[0], names, "the commands are"), "unknown command %q for %q", args[0], cmd.CommandPath())
	}
	cmd.AddCommand(commands...)
	return cmd
}

// flagError explains a flag that could not be read.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("see `%s --help`", cmd.CommandPath())
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near, ok := yamlpos.Nearest(unknown.GetSpecifiedName(), names); ok {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return usageErrorf(hint, "%w", err)
}

// args wraps a check of positional arguments so that it is a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			if cmd.Flags().Lookup("sla") != nil && len(given) == 1 {
				return usageErrorf(fmt.Sprintf("write %s --sla %s", cmd.CommandPath(), given[0]), "%w", err)
			}
			return usageErrorf("write "+cmd.UseLine(), "%w", err)
		}
		return nil
	}
}
