package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
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

type schemaOptions struct{}

func newConfigSchema(a *app, run func(context.Context, *app, *schemaOptions) error) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration", Args: args(cobra.NoArgs),
		Long: `Print the JSON Schema (draft 7) of a configuration file, from which editors
complete keys and mark errors while one writes. What it refuses slactl refuses;
` + "`slactl config lint`" + ` finds more.`,
		Example: "  slactl config schema",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &schemaOptions{}) },
	}
}

func runConfigSchema(_ context.Context, a *app, _ *schemaOptions) error {
	_, err := a.Stdout.Write(config.Schema())
	return err
}
