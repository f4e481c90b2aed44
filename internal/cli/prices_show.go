package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/yamlpos"
)

type pricesShowOptions struct {
	priceFlags
	provider, name, format string
}

func newPricesShow(a *app, run func(context.Context, *app, *pricesShowOptions) error) *cobra.Command {
	var o pricesShowOptions
	cmd := &cobra.Command{
		Use: "show MODEL", Short: "Show which prices answer for a model", Args: args(cobra.ExactArgs(1)),
		Long: `Show the entry that answers for a model as a meter names it, how it was found, and
its prices since the first one. An exact name comes before an alias, and an alias
before a name without its date or version: gpt-4o-2024-08-06 is priced as gpt-4o,
and gpt-4o-mini never is.`,
		Example: `  slactl prices show claude-sonnet-4-5-20250929
  slactl prices show gpt-4o --provider azure
  slactl prices show gemini-2.5-pro --format json`,
		RunE: func(cmd *cobra.Command, args []string) error { o.name = args[0]; return run(cmd.Context(), a, &o) },
	}
	badNews(cmd, "no entry answers for the model")
	o.declare(cmd.Flags())
	cmd.Flags().StringVar(&o.provider, "provider", "", "as this `provider` sells it (default the maker, or the one before a slash)")
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

func runPricesShow(_ context.Context, a *app, o *pricesShowOptions) error {
	c, err := a.catalogue(o.priceFlags)
	if err != nil {
		return err
	}
	m, ok := c.Find(o.provider, o.name)
	if !ok {
		err := fmt.Errorf("looking up %s: no price is known", o.name)
		if other, sold := c.Find("", o.name); sold {
			err = fmt.Errorf("looking up %s of %s: no price is known, only that of %s", o.name, o.provider, other.Model.Provider)
		}
		return &ExitError{Code: BadNews, Err: err, Hint: yamlpos.DidYouMean(o.name, nearby(c, o.name), "")}
	}
	out := listing{head: append(priceHead("FROM"), "CURRENCY", "PER")}
	rates := []priceEntry{}
	for _, r := range m.Model.Rates {
		e := entryOf(m.Model, r)
		rates = append(rates, e)
		for _, line := range priceLines(e) {
			out.rows = append(out.rows, append(append([]string{e.From}, line...), e.Currency, e.Per.Canonical()))
		}
	}
	if o.format == "table" {
		a.describe(o, c, m)
	}
	a.tellAge(c)
	return out.write(a.Stdout, o.format, struct {
		Asked string       `json:"asked"`
		Entry string       `json:"entry"`
		How   price.How    `json:"how"`
		Rates []priceEntry `json:"rates"`
	}{o.name, m.Model.ID(), m.How, rates})
}

// describe writes what the entry is, above its rates.
func (a *app) describe(o *pricesShowOptions, c *price.Catalogue, m price.Match) {
	how := map[price.How]string{price.Exact: "by its name", price.Alias: "by an alias", price.Undated: "by its name without date or version"}[m.How]
	fmt.Fprintf(a.Stdout, "%s is priced as %s, found %s.\n", o.name, m.Model.ID(), how)
	if len(m.Model.Aliases) > 0 {
		fmt.Fprintf(a.Stdout, "Aliases: %s\n", strings.Join(m.Model.Aliases, ", "))
	}
	fmt.Fprintf(a.Stdout, "From: %s\n", origin(m.Model))
	if m.Model.Source != "" {
		fmt.Fprintf(a.Stdout, "Source: %s\n", m.Model.Source)
	}
	for _, r := range m.Model.Rates[1:] {
		if r.From.After(a.Now()) {
			fmt.Fprintf(a.Stdout, "It changes on %s.\n", r.From.Format(time.DateOnly))
		}
	}
	if d := c.Discount(m.Model, a.Now().UTC().Truncate(24*time.Hour)); d != nil {
		fmt.Fprintf(a.Stdout, "Discount: %s %% is taken off these prices today\n", d.Percent.Canonical())
	}
	fmt.Fprintln(a.Stdout)
}

// nearby are the names to look among for what was meant.
func nearby(c *price.Catalogue, name string) []string {
	var out []string
	for _, n := range c.Names() {
		if strings.Contains(strings.ToLower(n), strings.ToLower(name)) {
			return []string{n}
		}
		out = append(out, n)
	}
	if near, ok := yamlpos.Nearest(name, out); ok {
		return []string{near}
	}
	return nil
}
