package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/price"
)

type pricesDiffOptions struct {
	priceFlags
	from, source, format string
}

func newPricesDiff(a *app, run func(context.Context, *app, *pricesDiffOptions) error) *cobra.Command {
	var o pricesDiffOptions
	cmd := &cobra.Command{
		Use: "diff [FILE]", Short: "Compare your prices with other lists", Args: args(cobra.MaximumNArgs(1)),
		Long: `Compare the prices of cost.prices with the embedded ones, and with a LiteLLM price
list when one is given, on a day: every price about which two lists disagree, per
million tokens. Only models that two of them have are compared.`,
		Example: `  slactl prices diff
  slactl prices diff model_prices_and_context_window.json --from litellm
  slactl prices diff --at 2026-06-01 --format csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.source = args[0]
			}
			return run(cmd.Context(), a, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "litellm", "the `form` of FILE: litellm")
	o.declare(f)
	o.declareFilter(f)
	f.StringVar(&o.at, "at", "", "the prices on this UTC `day` (default today)")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runPricesDiff(_ context.Context, a *app, o *pricesDiffOptions) error {
	if err := oneOf("--from", o.from, []string{"litellm"}); err != nil {
		return err
	}
	day, err := a.day("--at", o.at)
	if err != nil {
		return err
	}
	lists, names, err := o.lists(a)
	if err != nil {
		return err
	}
	for _, l := range lists {
		l.Models = slices.DeleteFunc(l.Models, func(m *price.Model) bool { return !o.takes(m.Provider, m.Name) })
	}
	found := price.Diff(day, lists...)
	a.tellAge(price.New(price.Embedded()))
	if len(found) == 0 && o.format == "table" {
		fmt.Fprintln(a.Stderr, "the lists agree about all models that they share")
		return nil
	}
	out := listing{head: append([]string{"MODEL", "PRICE"}, names...)}
	for _, d := range found {
		row := []string{d.Model, d.Price}
		for i, amount := range d.Amounts {
			switch {
			case amount != nil:
				row = append(row, amount.Canonical())
			case d.Has[i]:
				row = append(row, "none")
			default:
				row = append(row, "")
			}
		}
		out.rows = append(out.rows, row)
	}
	return out.write(a.Stdout, o.format, struct {
		Day         string             `json:"day"`
		Lists       []string           `json:"lists"`
		Differences []price.Difference `json:"differences"`
	}{day.Format("2006-01-02"), lower(names), append([]price.Difference{}, found...)})
}

// lists reads what is compared.
func (o *pricesDiffOptions) lists(a *app) ([]*price.List, []string, error) {
	var lists []*price.List
	var names []string
	path, err := a.pricesPath(o.file)
	if err != nil {
		return nil, nil, err
	}
	if path != "" {
		mine, err := a.priceList(path)
		if err != nil {
			return nil, nil, err
		}
		lists, names = append(lists, mine), append(names, "YOURS")
	}
	lists, names = append(lists, price.Embedded()), append(names, "EMBEDDED")
	if o.source != "" {
		text, err := a.Files.ReadFile(o.source)
		if err != nil {
			return nil, nil, &ExitError{Code: Failure, Err: fmt.Errorf("comparing prices: %w", err)}
		}
		day, _ := a.day("--at", o.at) // was read before
		got, err := price.ParseLiteLLM(o.source, text, day, o.takes)
		if err != nil {
			return nil, nil, &ExitError{Code: Failure, Err: err}
		}
		lists, names = append(lists, &price.List{Models: got.Models}), append(names, "LITELLM")
	}
	if len(lists) < 2 {
		return nil, nil, usageErrorf("set cost.prices, add --prices FILE, or name a LiteLLM price list", "comparing prices: there is nothing to compare the embedded ones with")
	}
	return lists, names, nil
}
