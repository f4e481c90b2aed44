package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/yamlpos"
)

type breakdownOptions struct {
	period, measure, basis, format string
	compare                        string
	by, sources                    []string
	top                            int
	file                           string
	raw                            bool
}

func newCostBreakdown(a *app, run func(context.Context, *app, *breakdownOptions) error) *cobra.Command {
	var o breakdownOptions
	cmd := &cobra.Command{
		Use: "breakdown", Short: "Break costs down by provider, service or any other key", Args: args(cobra.NoArgs),
		Long: `Sum the charges of a period, exactly, grouped by one or more keys. Amounts in
different currencies are never added. The ledger in the JSON form says which file
counted and why; a rejected file makes the exit code 3, and the rest is summed.

With --compare, groups show how they moved from another period, and those that
moved most are split into price, usage and mix by the quantities of their SKUs:
dearer for the same, more of everything, or dearer ones instead. The parts add up
to the change; what the bill gives no quantity for is unexplained.

Keys: provider, service, category, charge_category, account, sub_account, region,
resource, sku, source, invoice, billing_account, billing_period, charge_class,
commitment, day, week, month, and tag.KEY for a tag; team, org and tier by the rules
of cost.allocate (see slactl cost allocate).

Totals are of bills. Meters (usage of a provider, LiteLLM's spend, token counters)
are never added to them: --measure metered, or --source with the name of a meter,
shows what they counted at the prices of each day. Tokens without a price are
listed and never 0; where the length of requests is not known, there is a range.`,
		Example: `  slactl cost breakdown --period 2026-10
  slactl cost breakdown --period 2026-10 --by category,tag.team --measure effective
  slactl cost breakdown --period 2026-10 --by service --top 5 --format csv
  slactl cost breakdown --period 2026-10 --by service --compare previous
  slactl cost breakdown --period 2026-10 --file 'billing/**/*.csv*'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "last-month", "sum the charges of this `period`")
	f.StringSliceVar(&o.by, "by", []string{"provider", "service"}, "group by these `keys`")
	f.StringVar(&o.measure, "measure", "", "sum this `measure`: billed, effective, list, contracted or metered (default cost.measure, else effective)")
	f.StringVar(&o.basis, "basis", string(cost.ByCharge), "assign rows by this `time`: charge, or billing for the billing period")
	f.StringVar(&o.compare, "compare", "", "show what changed from this `period`: previous, yoy for a year before, or a name, and why")
	f.IntVar(&o.top, "top", 0, "show only this `number` of largest groups, and the rest as one")
	sourceFlag(f, &o.sources)
	f.StringVar(&o.file, "file", "", "read these `files` (a ** glob) instead of the configured sources")
	rawFlag(f, &o.raw)
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

// measureFlag declares --measure of what is paid; meters have one of their own.
func measureFlag(f *pflag.FlagSet, into *string) {
	f.StringVar(into, "measure", "", "sum this `measure`: billed, effective, list or contracted (default cost.measure, else effective)")
}

// sourceFlag declares --source.
func sourceFlag(f *pflag.FlagSet, into *[]string) {
	f.StringSliceVar(into, "source", nil, "only the configured source of this `name`; may be repeated")
}

func runCostBreakdown(ctx context.Context, a *app, o *breakdownOptions) error {
	ev, err := o.evaluator(ctx, a)
	if err != nil {
		return err
	}
	q, err := o.query(ev)
	if err != nil {
		return err
	}
	defer ev.Close()
	progress := a.startProgress("reading bills")
	r, err := o.breakdown(ctx, ev, q)
	progress.end()
	if err != nil {
		return err
	}
	if err := writeBreakdown(a, o, r); err != nil {
		return err
	}
	return rejectedFiles(a, r.Ledger)
}

// breakdown answers the query, beside another period if one is asked for.
func (o *breakdownOptions) breakdown(ctx context.Context, ev *evaluate.Evaluator, q cost.Query) (*cost.Report, error) {
	if o.compare == "" {
		reports, err := ev.Cost(ctx, []cost.Query{q})
		if err != nil {
			return nil, err
		}
		return reports[0], nil
	}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return nil, usageErrorf("", "reading --period: %w", err)
	}
	other, err := ev.OtherPeriod(p, o.compare)
	if err != nil {
		return nil, usageErrorf("write previous, yoy or the name of a period", "reading --compare: %w", err)
	}
	return ev.CostCompared(ctx, q, other)
}

// evaluator loads the configuration, or makes one of --file.
func (o *breakdownOptions) evaluator(ctx context.Context, a *app) (*evaluate.Evaluator, error) {
	if o.file != "" {
		text := fmt.Sprintf("version: 1\nsources: {billing: [{name: files, path: %q}]}\n", o.file)
		cfg, err := a.checked(config.Parse("command line", []byte(text), a.LookupEnv))
		if err != nil {
			return nil, err
		}
		return &evaluate.Evaluator{Config: cfg, Now: a.Now(), Open: a.open}, nil
	}
	ev, err := a.evaluator(ctx, evaluateFlags{})
	if err != nil || len(o.sources) == 0 {
		return ev, err
	}
	var all []string
	var chosen []config.BillingSource
	for _, s := range ev.Config.Sources.Billing {
		all = append(all, s.Name)
	}
	if err := knownNames("--source", o.sources, all); err != nil {
		return nil, err
	}
	for _, s := range ev.Config.Sources.Billing {
		for _, name := range o.sources {
			if s.Name == name {
				chosen = append(chosen, s)
			}
		}
	}
	ev.Config.Sources.Billing = chosen
	return ev, nil
}

func (o *breakdownOptions) query(ev *evaluate.Evaluator) (cost.Query, error) {
	q := cost.Query{Measure: ev.Measure(), Basis: cost.Basis(o.basis), By: o.by, Top: o.top}
	if o.measure != "" {
		q.Measure = cost.Measure(o.measure)
	}
	measures := []string{string(cost.Billed), string(cost.Effective), string(cost.List), string(cost.Contracted), string(cost.Metered)}
	if err := oneOf("--measure", string(q.Measure), measures); err != nil {
		return q, err
	}
	if err := oneOf("--basis", o.basis, []string{string(cost.ByCharge), string(cost.ByBilling)}); err != nil {
		return q, err
	}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return q, usageErrorf("", "reading --period: %w", err)
	}
	q.Period = ev.BillingPeriod(p)
	if err := q.Validate(); err != nil {
		return q, usageErrorf("", "%w", err)
	}
	return q, nil
}

func oneOf(flag, value string, allowed []string) error {
	for _, v := range allowed {
		if v == value {
			return nil
		}
	}
	return usageErrorf(yamlpos.DidYouMean(value, allowed, "write one of"), "reading %s: %q is not known", flag, value)
}

func writeBreakdown(a *app, o *breakdownOptions, r *cost.Report) error {
	switch o.format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		return writeBreakdownCSV(a, o.raw, r)
	}
	all := r.Notes
	if r.Pricing != nil {
		all = append(report.PricingNotes(*r.Pricing), all...)
	}
	for i, total := range r.Totals {
		notes := all
		if i < len(r.Totals)-1 {
			notes = nil
		}
		blocks := []doc.Block{report.BreakdownTable(r, total)}
		if r.Compare != nil {
			blocks = []doc.Block{report.ComparedTable(r, total), report.MoversTable(r, total.Currency)}
		}
		if err := a.printBlocks(blocks, notes); err != nil {
			return err
		}
	}
	if len(r.Totals) == 0 {
		fmt.Fprintln(a.Stderr, nothingIn(r))
		for _, n := range r.Notes {
			fmt.Fprintf(a.Stderr, "note: %s\n", n)
		}
	}
	return nil
}

// writeBreakdownCSV writes the exact amounts, a row per group.
func writeBreakdownCSV(a *app, raw bool, r *cost.Report) error {
	head := append(slices.Clone(r.By), "currency", "amount", "share", "rows")
	if r.Compare != nil {
		head = append(head, "before", "change", "state", "price", "usage", "mix", "unexplained")
	}
	out := newSheet(a.Stdout, raw, head...)
	for _, g := range r.Groups {
		row := append(groupCells(r.By, g), g.Currency, g.Amount.String(), orEmpty(g.Share), strconv.FormatInt(g.Rows, 10))
		if m := g.Movement; m != nil {
			row = append(row, orEmpty(m.Before), m.Change.String(), m.State, m.Price.String(), m.Usage.String(), m.Mix.String(), m.Unexplained.String())
		}
		out.row(row...)
	}
	return out.end()
}

// groupCells are the values of a group's keys.
func groupCells(by []string, g cost.Group) []string {
	out := make([]string, len(by))
	for i, k := range by {
		if v := g.Keys[k]; v != nil {
			out[i] = *v
		}
		if g.Folded > 0 && i == 0 {
			out[i] = fmt.Sprintf("(%d others)", g.Folded)
		}
	}
	return out
}

// rejectedFiles ends a command that could not count every file.
func rejectedFiles(a *app, ledger []cost.LedgerEntry) error {
	var rejected []cost.LedgerEntry
	for _, l := range ledger {
		if l.Status == cost.Rejected {
			rejected = append(rejected, l)
		}
	}
	if len(rejected) == 0 {
		return nil
	}
	for _, l := range rejected {
		fmt.Fprintf(a.Stderr, "slactl: rejecting %s: %s\n", l.File, l.Reason)
	}
	return &ExitError{Code: Failure, Err: fmt.Errorf("breaking down costs: %s rejected; the totals do not count them", count(len(rejected), "file")),
		Hint: "mend or remove them, or set on_bad_row: skip on the source"}
}

// nothingIn says that a breakdown is empty, and when that may be wrong.
func nothingIn(r *cost.Report) string {
	text := "no charge falls into " + r.Period.Name
	if r.Rejected() {
		text += ", as far as the bills can be read"
	}
	return text
}
