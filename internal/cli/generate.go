package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/generate"
	"github.com/slactl/slactl/internal/period"
)

type generateOptions struct {
	out, period string
	check       bool
}

func newGenerateRules(a *app, run func(context.Context, *app, *generateOptions) error) *cobra.Command {
	var o generateOptions
	cmd := &cobra.Command{
		Use: "rules", Short: "Write recording rules and alerts for Prometheus, with their unit tests", Args: args(cobra.NoArgs),
		Long: `Write two files: ` + generate.RulesFile + ` has recording rules and alerts for the objectives
of the configuration, and ` + generate.TestsFile + ` has a unit test of each alert, for
` + "`promtool test rules`" + `. Events and bad events are recorded, never ratios. Alerts
tell of an error budget that is spent too fast, by each tier's own target; of
latencies above their target or early warning; and of missing data.

The same configuration gives the same bytes. What no alert can watch is noted on
standard error and in the rules. With --check nothing is written: a file that is
not as it would be written is shown as a difference, and the exit code is 1.`,
		Example: `  slactl generate rules --out rules/
  slactl generate rules --out rules/ --check
  slactl generate rules --period 90d --out quarterly/`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", ".", "write into this `directory`")
	f.StringVar(&o.period, "period", "30d", "the `length` of the period that an error budget is for")
	f.BoolVar(&o.check, "check", false, "write nothing; show what would change, and exit 1 if anything would")
	return cmd
}

func runGenerateRules(_ context.Context, a *app, o *generateOptions) error {
	length, err := period.ParseDuration(o.period)
	if err != nil {
		return usageErrorf("write 30d", "reading --period: %w", err)
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	var from []string
	for _, p := range a.configPaths() {
		from = append(from, filepath.Base(p)) // the same bytes on every machine
	}
	r := generate.Rules(cfg, generate.Options{Now: a.Now(), Period: length, From: from})
	for _, n := range r.Notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	if o.check {
		return a.checkFiles(o.out, r.Files)
	}
	for _, f := range r.Files {
		if err := a.writeBytes(filepath.Join(o.out, f.Name), f.Text); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.Stdout, "%s written to %s: %s, %s\n", count(len(r.Files), "file"), filepath.Clean(o.out), count(r.Records, "recording rule"), count(r.Alerts, "alert"))
	return err
}

// checkFiles shows how files differ from what was generated.
func (a *app) checkFiles(dir string, files []generate.File) error {
	stale := 0
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		text, err := a.Files.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading what was generated: %w", err)
		}
		if err == nil && bytes.Equal(text, f.Text) {
			continue
		}
		stale++
		if _, err := a.Stdout.Write(diff.Diff(path, text, path, f.Text)); err != nil {
			return err
		}
	}
	if stale > 0 {
		return &ExitError{Code: BadNews, Err: fmt.Errorf("%s not as the configuration would have it", count(stale, "file")), Hint: "run the command again without --check"}
	}
	_, err := fmt.Fprintf(a.Stdout, "%s in %s: as the configuration has it\n", count(len(files), "file"), filepath.Clean(dir))
	return err
}
