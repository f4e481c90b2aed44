package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/yamlpos"
)

type pricesImportOptions struct {
	priceFlags
	from, since, source, format string
	dryRun                      bool
}

func newPricesImport(a *app, run func(context.Context, *app, *pricesImportOptions) error) *cobra.Command {
	var o pricesImportOptions
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Take prices from a LiteLLM price list", Args: args(cobra.ExactArgs(1)),
		Long: `Write the prices of a LiteLLM price list (model_prices_and_context_window.json) into
the file that cost.prices names, or another one. Entries that are there keep their
rates and get a new one where a price changed; the rest of the file stays as it is.

The list does not tell since when its prices hold: they hold from --since, today
unless given, and tokens of earlier days stay unpriced where the file has no earlier
rate. What is not taken is named with the reason, and so are prices that tokens are
not charged by: of images, seconds or searches.`,
		Example: `  slactl prices import model_prices_and_context_window.json --from litellm --since 2026-10-01
  slactl prices import model_prices_and_context_window.json --provider openai --model 'gpt-*' --dry-run
  slactl prices import model_prices_and_context_window.json --prices list.yaml --format json`,
		RunE: func(cmd *cobra.Command, args []string) error { o.source = args[0]; return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "litellm", "the `form` of the file: litellm")
	f.StringVar(&o.since, "since", "", "the prices hold from this UTC `day` (default today)")
	f.StringVar(&o.file, "prices", "", "write to this `file` (default cost.prices)")
	o.declareFilter(f)
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would change")
	formatFlag(f, &o.format, "table", "json")
	return cmd
}

// importResult is what `slactl prices import --format json` prints.
type importResult struct {
	File    string          `json:"file"`
	Written bool            `json:"written"`
	Changes []price.Change  `json:"changes"`
	Skipped []price.Skipped `json:"skipped"`
	LeftOut []price.LeftOut `json:"left_out"`
}

func runPricesImport(_ context.Context, a *app, o *pricesImportOptions) error {
	if err := oneOf("--from", o.from, []string{"litellm"}); err != nil {
		return err
	}
	since, err := a.day("--since", o.since)
	if err != nil {
		return err
	}
	path, err := a.pricesPath(o.file)
	if err != nil {
		return err
	}
	if path == "" {
		return usageErrorf("add --prices prices.yaml, or set cost.prices", "importing prices: no file to write to")
	}
	text, err := a.Files.ReadFile(o.source)
	if err != nil {
		return &ExitError{Code: Failure, Err: fmt.Errorf("importing prices: %w", err)}
	}
	got, err := price.ParseLiteLLM(o.source, text, since, o.takes)
	if err != nil {
		return &ExitError{Code: Failure, Err: err}
	}
	old, err := a.Files.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &ExitError{Code: Failure, Err: fmt.Errorf("importing prices: %w", err)}
	}
	out, changes, err := price.Update(path, old, got.Models)
	if diags, ok := errors.AsType[yamlpos.Diagnostics](err); ok {
		return a.priceFindings(diags)
	}
	if err != nil {
		return &ExitError{Code: Failure, Err: err}
	}
	r := importResult{File: path, Changes: changes, Skipped: got.Skipped, LeftOut: got.LeftOut}
	if !o.dryRun && string(out) != string(old) {
		if err := a.writeBytes(path, out); err != nil {
			return err
		}
		r.Written = true
	}
	if o.format == "json" {
		return writeJSON(a.Stdout, r)
	}
	return a.writeImport(o, r)
}

// writeImport says what became of the models, those of one fate on a line.
func (a *app) writeImport(o *pricesImportOptions, r importResult) error {
	out := listing{head: []string{"WHAT", "MODELS", "WHY", "WHICH"}}
	fates := map[string][]string{}
	var order []string
	add := func(fate, model string) {
		if fates[fate] == nil {
			order = append(order, fate)
		}
		fates[fate] = append(fates[fate], model)
	}
	for _, what := range []string{price.Added, price.Changed, price.Same, price.Kept} {
		for _, c := range r.Changes {
			if c.What == what {
				add(what+"\x00"+c.Reason, c.Model)
			}
		}
	}
	for _, s := range r.Skipped {
		reason, _, _ := strings.Cut(s.Reason, ", but ")
		add("skipped\x00"+reason, s.Model)
	}
	for _, l := range r.LeftOut {
		for _, m := range l.Models {
			add("left out\x00"+l.Field, m)
		}
	}
	for _, fate := range order {
		what, why, _ := strings.Cut(fate, "\x00")
		out.rows = append(out.rows, []string{what, strconv.Itoa(len(fates[fate])), why, few(fates[fate])})
	}
	if err := out.write(a.Stdout, "table", nil); err != nil {
		return err
	}
	switch {
	case r.Written:
		fmt.Fprintf(a.Stderr, "wrote %s\n", r.File)
	case o.dryRun:
		fmt.Fprintf(a.Stderr, "nothing is written; without --dry-run this would go to %s\n", r.File)
	default:
		fmt.Fprintf(a.Stderr, "%s says all of this already\n", r.File)
	}
	return nil
}

// few names the first of many.
func few(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:shown], ", ") + ", …"
}
