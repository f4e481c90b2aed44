package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/yamlpos"
)

// timeLayout is how instants are written for machines.
const timeLayout = time.RFC3339

// evaluateFlags say what is evaluated: the configuration, or, without a file, a
// preset over a Prometheus.
type evaluateFlags struct {
	prometheus, preset, match, target string
}

func (o *evaluateFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&o.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	f.StringVar(&o.preset, "preset", "", "without a configuration: judge the requests that this `preset` knows, such as http")
	f.StringVar(&o.match, "match", "", "with --preset: only series with these `labels`, such as '{job=\"api\"}'")
	f.StringVar(&o.target, "target", "", "with --preset: the availability in `percent` to judge by, such as 99.9")
}

// evaluator loads the configuration and makes what evaluates it. The caller
// closes it.
func (a *app) evaluator(ctx context.Context, o evaluateFlags) (*evaluate.Evaluator, error) {
	cfg, err := a.evaluatedConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	return &evaluate.Evaluator{Config: cfg, Now: a.Now(), Open: a.open, Dir: a.configDir()}, nil
}

// evaluatedConfig is the configuration that the flags select.
func (a *app) evaluatedConfig(ctx context.Context, o evaluateFlags) (*config.Config, error) {
	if o.preset != "" {
		return a.presetConfig(ctx, o)
	}
	if o.target != "" || o.match != "" {
		return nil, usageErrorf("add --preset http, or configure the SLA", "reading the flags: --target and --match go with --preset")
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	url := o.prometheus
	if url == "" && len(cfg.Sources.Metrics) == 0 {
		url = a.prometheusURL("")
	}
	if url != "" {
		cfg.Sources.Metrics = []config.MetricsSource{{Prometheus: &config.Prometheus{URL: url}}}
		cfg.Sources.History = nil // was recorded from another source
	}
	return cfg, nil
}

// configDir is the directory that the configuration lies in.
func (a *app) configDir() string {
	paths := a.configPaths()
	dir := paths[0]
	if info, err := a.Files.Stat(dir); err != nil || !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// knownNames refuses a name given to a flag that is none of the known ones.
func knownNames(flag string, given, known []string) error {
	for _, name := range given {
		if !slices.Contains(known, name) {
			return usageErrorf(yamlpos.DidYouMean(name, known, "the configuration has"), "reading %s: there is no %q", flag, name)
		}
	}
	return nil
}

// termOptions is what the terminal can do.
func (a *app) termOptions() term.Options {
	o := term.Options{Color: a.color}
	if a.StdoutTTY {
		o.Width = a.Width
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		o.Width = n
	}
	return o
}

// printTable writes a table to stdout, and what is to be said of all of it to
// stderr.
func (a *app) printTable(t doc.Table, notes []string) error {
	if err := term.Table(a.Stdout, t, a.termOptions()); err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return nil
}

// printBlocks writes what a report would show to stdout, and what is to be said of
// all of it to stderr.
func (a *app) printBlocks(blocks []doc.Block, notes []string) error {
	if err := term.Blocks(a.Stdout, blocks, a.termOptions()); err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	return nil
}
