package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/convert"
	"github.com/slactl/slactl/internal/yamlpos"
)

type convertOptions struct {
	from, out string
	files     []string
}

func newConfigConvert(a *app, run func(context.Context, *app, *convertOptions) error) *cobra.Command {
	var o convertOptions
	cmd := &cobra.Command{
		Use: "convert FILE ...", Short: "Import objectives of Sloth, Pyrra and OpenSLO", Args: args(cobra.MinimumNArgs(1)),
		Long: `Write the service level objectives of other tools as sla_definitions: ratios,
latencies by buckets and native histograms, probes, targets, grouping, and time
slices. Queries that add up the growth of counters become selectors, so that raw
samples can be counted; others stay free expressions.

The configuration goes to standard output, or to a file. What could not be carried
is listed on standard error, with its place.`,
		Example: "  slactl config convert sloth.yaml\n  slactl config convert --from pyrra slo.yaml latency.yaml --out imported.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			return run(cmd.Context(), a, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "read the files of this `tool`: sloth, pyrra or openslo (default by each document)")
	f.StringVarP(&o.out, "out", "o", "", "write to this `file` instead of standard output")
	return cmd
}

func runConfigConvert(_ context.Context, a *app, o *convertOptions) error {
	if o.from != "" {
		if err := oneOf("--from", o.from, convert.Tools()); err != nil {
			return err
		}
	}
	var files []convert.File
	for _, name := range o.files {
		text, err := a.Files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading objectives: %w", err)
		}
		files = append(files, convert.File{Name: name, Text: text})
	}
	r, err := convert.Files(o.from, files)
	if err != nil {
		return &ExitError{Code: Usage, Err: err}
	}
	if _, err := r.Notes.WriteTo(a.Stderr); err != nil {
		return err
	}
	if len(r.Definitions) == 0 {
		return &ExitError{Code: Failure, Err: fmt.Errorf("converting %s: none of their objectives can be carried", count(len(files), "file"))}
	}
	if o.out == "" {
		_, err = a.Stdout.Write(r.YAML())
		return err
	}
	if err := a.writeBytes(o.out, r.YAML()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s written: %s, %s not carried\n", o.out, count(len(r.Definitions), "definition"), count(r.Notes.Count(yamlpos.Warning), "thing"))
	return err
}
