package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/report"
)

type compareOptions struct {
	meterOptions
	models []string
	of     string
	spread string
}

func newCostCompare(a *app, run func(context.Context, *app, *compareOptions) error) *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use: "compare", Short: "Tell what the same work would have cost with other models", Args: args(cobra.NoArgs),
		Long: `Price the tokens that the configured meters counted as if other models had done the
same work. The answer is a range, never a point: tokenizers differ, by the spread of
--tokenizer-spread, and another model may cache the same share of the input or none.
The default spread, 0.75 to 1.35 times as many tokens, is what providers document
between generations of their own tokenizers. The assumptions are printed with the
answer; quality and speed are not compared.`,
		Example: `  slactl cost compare --model gpt-5-mini,claude-haiku-4-5 --period 2026-10
  slactl cost compare --model gemini-2.5-flash --of 'gpt-*' --tokenizer-spread 0.9..1.2`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.models, "model", nil, "compare with this `model`, or provider/model; may be repeated")
	f.StringVar(&o.of, "of", "", "only the work of these `models`, with * for any text")
	f.StringVar(&o.spread, "tokenizer-spread", price.DefaultSpread().Low.Canonical()+".."+price.DefaultSpread().High.Canonical(), "how many times as many tokens another model makes: `low..high`")
	o.declare(f)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runCostCompare(ctx context.Context, a *app, o *compareOptions) error {
	if len(o.models) == 0 {
		return usageErrorf("add --model gpt-5-mini,claude-haiku-4-5", "comparing models: none is named")
	}
	spread, err := price.ParseSpread(o.spread)
	if err != nil {
		return usageErrorf("", "reading --tokenizer-spread: %w", err)
	}
	ev, p, err := o.open(ctx, a)
	if err != nil {
		return err
	}
	defer ev.Close()
	progress := a.startProgress("reading meters")
	ev.Progress = progress.set
	r, err := ev.CompareModels(ctx, p, o.models, o.of, spread)
	progress.end()
	if err != nil {
		return a.meterError(err)
	}
	if err := writeCompare(a, o, r); err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

func writeCompare(a *app, o *compareOptions, r *evaluate.ModelComparison) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		out := newSheet(a.Stdout, o.raw, "model", "currency", "low", "high", "change_low", "change_high", "reason", "assumptions")
		for _, x := range r.Actual {
			out.row("", x.Currency, x.Low.String(), x.High.String(), "", "", "as it was done", "")
		}
		for _, w := range r.WhatIf {
			low, high := "", ""
			if w.Change != nil {
				low, high = w.Change.Low.String(), w.Change.High.String()
			}
			out.row(w.Model, w.Currency, orEmpty(w.Low), orEmpty(w.High), low, high, w.Reason+w.ChangeReason, strings.Join(w.Assumptions, "; "))
		}
		return out.end()
	}
	notes := append(report.PricingNotes(r.Pricing), r.Notes...)
	if len(r.Actual) == 0 && len(r.Pricing.Unpriced) == 0 {
		fmt.Fprintf(a.Stderr, "no tokens were counted in %s\n", r.Period.Name)
		return a.notes(notes)
	}
	if err := a.printTable(report.CompareTable(r.Comparison), nil); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, "\nAssumed:")
	for _, s := range r.Assumptions {
		fmt.Fprintf(a.Stdout, "- %s\n", s)
	}
	for _, w := range r.WhatIf {
		for _, s := range w.Assumptions {
			fmt.Fprintf(a.Stdout, "- %s: %s\n", w.Model, s)
		}
	}
	return a.notes(notes)
}
