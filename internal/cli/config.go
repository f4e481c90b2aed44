package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
	"github.com/slactl/slactl/internal/yamlpos"
)

// loadConfig reads the configuration and tells on stderr what is wrong with it.
// Errors end the command; warnings do not.
func (a *app) loadConfig() (*config.Config, error) {
	return a.checked(config.Load(a.configPaths(), a.LookupEnv))
}

// checked reports the findings about a configuration and refuses one with errors.
func (a *app) checked(cfg *config.Config, diags yamlpos.Diagnostics) (*config.Config, error) {
	for _, d := range diags {
		if d.Severity != yamlpos.Info {
			_, _ = d.WriteTo(a.Stderr) // stderr is all there is to complain to
		}
	}
	if n := diags.Count(yamlpos.Error); n > 0 {
		return nil, &ExitError{Code: Usage, Err: fmt.Errorf("reading the configuration: %s", count(n, "error"))}
	}
	a.logger().Debug("read the configuration", "files", a.configPaths(), "digest", cfg.Digest())
	return cfg, nil
}

// count writes a number with its noun: 1 error, 2 errors.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

type lintOptions struct{ format string }

func newConfigLint(a *app, run func(context.Context, *app, *lintOptions) error) *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use: "lint [PATH ...]", Short: "Check the configuration",
		Long: `Check configuration files and directories, by default the ones that other
commands would read. Every finding names its place, shows the line and says what
to write instead. Warnings and notes do not change the exit code.`,
		Example: "  slactl config lint\n  slactl config lint slactl.yaml tiers.yaml\n  slactl config lint --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.flags.configs = args
			}
			return run(cmd.Context(), a, &o)
		},
	}
	badNews(cmd, "the configuration has errors")
	formatFlag(cmd.Flags(), &o.format, "text", "json")
	return cmd
}

// lintReport is what `slactl config lint --format json` prints.
type lintReport struct {
	Errors   int                 `json:"errors"`
	Warnings int                 `json:"warnings"`
	Findings yamlpos.Diagnostics `json:"findings"`
}

func runConfigLint(_ context.Context, a *app, o *lintOptions) error {
	cfg, diags := config.Load(a.configPaths(), a.LookupEnv)
	if !diags.HasErrors() { // rules need a complete configuration
		diags = append(diags, lint.Run(cfg)...)
	}
	errs, warnings := diags.Count(yamlpos.Error), diags.Count(yamlpos.Warning)
	if o.format == "json" {
		if diags == nil {
			diags = yamlpos.Diagnostics{}
		}
		if err := writeJSON(a.Stdout, lintReport{errs, warnings, diags}); err != nil {
			return err
		}
	} else {
		if _, err := diags.WriteTo(a.Stdout); err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "%s, %s\n", count(errs, "error"), count(warnings, "warning"))
	}
	if errs > 0 {
		return &ExitError{Code: BadNews}
	}
	return nil
}

type showOptions struct{}

func newConfigShow(a *app, run func(context.Context, *app, *showOptions) error) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Print the effective configuration", Args: args(cobra.NoArgs),
		Long: `Print the configuration as slactl understands it: files merged, secrets masked,
and what is not written with its default, marked as such. The output can be
loaded again.`,
		Example: "  slactl config show\n  slactl config show --config base.yaml --config tiers.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &showOptions{}) },
	}
}

func runConfigShow(_ context.Context, a *app, _ *showOptions) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	return cfg.Show(a.Stdout)
}
