package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// priceFlags say which prices are meant.
type priceFlags struct {
	file, at  string
	providers []string
	model     string
}

func (o *priceFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&o.file, "prices", "", "read this `file` of prices (default cost.prices)")
}

func (o *priceFlags) declareFilter(f *pflag.FlagSet) {
	f.StringSliceVar(&o.providers, "provider", nil, "only models of this `provider`; may be repeated")
	f.StringVar(&o.model, "model", "", "only models of this `name`, with * for any text")
}

// takes reports whether an entry passes the filter.
func (o *priceFlags) takes(provider, model string) bool {
	return (len(o.providers) == 0 || slices.ContainsFunc(o.providers, func(p string) bool { return price.Provider(p) == provider })) &&
		(o.model == "" || cost.Glob(strings.ToLower(o.model), strings.ToLower(model)))
}

// day is the UTC day that a flag names, today without one.
func (a *app) day(flag, value string) (time.Time, error) {
	if value == "" {
		return a.Now().UTC().Truncate(24 * time.Hour), nil
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return t, usageErrorf("write 2026-10-07", "reading %s: %q is not a day", flag, value)
	}
	return t, nil
}

// pricesPath is the file of prices that is meant: the given one, else the
// configured one. Without a configuration there is none.
func (a *app) pricesPath(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	paths := a.configPaths()
	if _, err := a.Files.Stat(paths[0]); errors.Is(err, fs.ErrNotExist) && len(a.flags.configs) == 0 {
		return "", nil
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return "", err
	}
	return string(cfg.Cost.Prices), nil
}

// priceList reads a file of prices, and shows the place of what is wrong with it.
func (a *app) priceList(path string) (*price.List, error) {
	text, err := a.Files.ReadFile(path)
	if err != nil {
		return nil, &ExitError{Code: Failure, Err: fmt.Errorf("reading prices: %w", err)}
	}
	l, diags := price.Parse(strings.TrimPrefix(path, a.configDir()+string(filepath.Separator)), text)
	if l == nil {
		return nil, a.priceFindings(diags)
	}
	return l, nil
}

// priceFindings shows what is wrong with a file of prices.
func (a *app) priceFindings(diags yamlpos.Diagnostics) error {
	_, _ = diags.WriteTo(a.Stderr) // stderr is all there is to complain to
	return &ExitError{Code: Usage, Err: fmt.Errorf("reading prices: %s", count(diags.Count(yamlpos.Error), "error"))}
}

// catalogue is the file of prices that is meant over the embedded ones.
func (a *app) catalogue(o priceFlags) (*price.Catalogue, error) {
	path, err := a.pricesPath(o.file)
	if err != nil || path == "" {
		return price.New(price.Embedded()), err
	}
	l, err := a.priceList(path)
	if err != nil {
		return nil, err
	}
	return price.New(l, price.Embedded()), nil
}

// tellAge says of which day the embedded prices are.
func (a *app) tellAge(c *price.Catalogue) {
	if stale := c.Stale(a.Now()); stale != "" {
		fmt.Fprintf(a.Stderr, "warning: %s\n", stale)
		return
	}
	fmt.Fprintf(a.Stderr, "note: the embedded prices are of %s\n", c.Checked.Format(time.DateOnly))
}

// priceEntry is an entry with one of its rates, for people and machines.
type priceEntry struct {
	Model    string                `json:"model"`
	Provider string                `json:"provider,omitempty"`
	Currency string                `json:"currency"`
	Per      unit.Decimal          `json:"per"`
	From     string                `json:"from"` // the first UTC day
	Prices   map[string]*price.Set `json:"prices"`
	Aliases  []string              `json:"aliases,omitempty"`
	Source   string                `json:"source,omitempty"`
	Embedded bool                  `json:"embedded"`
}

func entryOf(m *price.Model, r price.Rate) priceEntry {
	e := priceEntry{Model: m.Name, Provider: m.Provider, Currency: m.Currency, Per: m.Per, From: r.From.Format(time.DateOnly), Prices: map[string]*price.Set{},
		Aliases: m.Aliases, Source: m.Source, Embedded: m.Embedded}
	for s, set := range r.Sets {
		if set != nil {
			e.Prices[price.Service(s).String()] = set
		}
	}
	return e
}

// priceLines are the cells of an entry's rate: a line for each service tier and
// each context tier, of which the first is what short standard requests cost.
func priceLines(e priceEntry) [][]string {
	var out [][]string
	line := func(name string, p price.Prices) {
		cells := []string{name}
		for _, amount := range p {
			text := ""
			if amount != nil {
				text = amount.Canonical()
			}
			cells = append(cells, text)
		}
		out = append(out, cells)
	}
	for s := price.Standard; s <= price.Priority; s++ {
		set := e.Prices[s.String()]
		if set == nil {
			continue
		}
		line(s.String(), set.Prices)
		for _, t := range set.Tiers {
			line(fmt.Sprintf("%s above %d", s, t.Above), t.Prices)
		}
	}
	return out
}

// priceHead names the columns of [priceLines], after others.
func priceHead(before ...string) []string {
	head := slices.Concat(before, []string{"TIER"})
	for k := range len(price.Prices{}) {
		head = append(head, strings.ToUpper(price.Kind(k).String()))
	}
	return head
}

type pricesListOptions struct {
	priceFlags
	format string
}

func newPricesList(a *app, run func(context.Context, *app, *pricesListOptions) error) *cobra.Command {
	var o pricesListOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List what tokens cost", Args: args(cobra.NoArgs),
		Long: `List the prices of tokens on a day: those of cost.prices, which replace embedded
entries of the same model and provider as a whole, and the embedded ones. Prices are
per million tokens unless PER says otherwise; requests are each. A model without a
price on that day is not listed.`,
		Example: `  slactl prices list --provider anthropic
  slactl prices list --model 'gpt-4o*' --at 2026-06-01
  slactl prices list --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f)
	o.declareFilter(f)
	f.StringVar(&o.at, "at", "", "the prices on this UTC `day` (default today)")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runPricesList(_ context.Context, a *app, o *pricesListOptions) error {
	day, err := a.day("--at", o.at)
	if err != nil {
		return err
	}
	c, err := a.catalogue(o.priceFlags)
	if err != nil {
		return err
	}
	out := listing{head: append(priceHead("MODEL", "PROVIDER", "FROM"), "CURRENCY", "PER", "ORIGIN")}
	entries := []priceEntry{}
	for _, m := range c.Models {
		r, ok := m.At(day)
		if !ok || !o.takes(m.Provider, m.Name) {
			continue
		}
		e := entryOf(m, r)
		entries = append(entries, e)
		for _, line := range priceLines(e) {
			row := append([]string{e.Model, e.Provider, e.From}, line...)
			out.rows = append(out.rows, append(row, e.Currency, e.Per.Canonical(), origin(m)))
		}
	}
	a.tellAge(c)
	if len(entries) == 0 && o.format == "table" {
		fmt.Fprintf(a.Stderr, "no model has a price on %s\n", day.Format(time.DateOnly))
		return nil
	}
	return out.write(a.Stdout, o.format, struct {
		Day     string       `json:"day"`
		Checked string       `json:"prices_checked"`
		Prices  []priceEntry `json:"prices"`
	}{day.Format(time.DateOnly), c.Checked.Format(time.DateOnly), entries})
}

// origin says where an entry comes from.
func origin(m *price.Model) string {
	if m.Embedded {
		return "embedded"
	}
	return m.Position.String()
}
