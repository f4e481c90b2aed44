package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/yamlpos"
)

type explainOptions struct {
	evaluateFlags
	sla, objective, tier, org string
	group                     []string
	period                    string
	format                    string
}

func newSLAExplain(a *app, run func(context.Context, *app, *explainOptions) error) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use: "explain SLA", Short: "Show how a figure came about, so that it can be recomputed", Args: args(cobra.ExactArgs(1)),
		Long: `Lay open the arithmetic behind a result: the selectors and samples that were
read, the period in its zone, the windows by state, the exclusions and what they
changed, every formula with its numbers, where the target stands, and how the
state follows, step by step. The period is drawn with a mark for each hour, or for
each day when it is longer than a month.

Without --tier and --org the result of everyone is explained; with --group, that of
a group of an SLA with group_by. For an organization's complete month the credit is
laid open as well. With --period now, the rolling view of ` + "`slactl sla status`" + ` is
explained: the span of the evaluation window. Figures are exact: those that have no
end are cut after twelve digits, towards the worse side.`,
		Example: `  slactl sla explain availability --org acme
  slactl sla explain response_time --objective p99 --tier gold --period 2026-10
  slactl sla explain availability --org acme --period now
  slactl sla explain availability --group service=search --period 2026-10
  slactl sla explain availability --org acme --period 2026-10-08 --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.sla = args[0]
			return run(cmd.Context(), a, &o)
		},
	}
	f := cmd.Flags()
	o.declare(f)
	f.StringVar(&o.objective, "objective", "", "only this `objective` of the SLA")
	f.StringVar(&o.tier, "tier", "", "the result of this `tier`")
	f.StringVar(&o.org, "org", "", "the result of this `organization`")
	f.StringSliceVar(&o.group, "group", nil, "the result of a group, by `label=value` for each label of the SLA's group_by")
	f.StringVar(&o.period, "period", "", "explain this `period`, or now for the rolling view (default the month to date)")
	formatFlag(f, &o.format, "table", "json")
	return cmd
}

func runSLAExplain(ctx context.Context, a *app, o *explainOptions) error {
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	q, err := o.question(ev)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, err := ev.Explain(ctx, q)
	progress.end()
	var nobody *evaluate.NobodyError
	switch {
	case errors.As(err, &nobody):
		return usageErrorf("`slactl sla status --sla "+o.sla+"` lists whom there are results for", "%w", err)
	case err != nil:
		return err
	case o.format == "json":
		return writeJSON(a.Stdout, got)
	}
	return term.Render(a.Stdout, report.BuildExplanation(got), a.termOptions())
}

// question checks the names that were given.
func (o *explainOptions) question(ev *evaluate.Evaluator) (evaluate.Question, error) {
	q := evaluate.Question{SLA: o.sla, Objective: o.objective, Tier: o.tier, Organization: o.org}
	names := ev.Config.SLADefinitions.Keys()
	if _, ok := ev.Config.SLADefinitions.Get(o.sla); !ok {
		return q, usageErrorf(yamlpos.DidYouMean(o.sla, names, "the configuration has"), "explaining: there is no SLA %q", o.sla)
	}
	if o.objective != "" {
		if err := knownNames("--objective", []string{o.objective}, ev.ObjectiveNames(o.sla)); err != nil {
			return q, err
		}
	}
	var err error
	if q.Group, err = o.groupOf(ev); err != nil {
		return q, err
	}
	if o.period == report.NowPeriod {
		q.Now = true
		return q, nil
	}
	q.Period, err = begun(ev, o.period)
	return q, err
}

// groupOf reads --group, which must name every label of the SLA's group_by.
func (o *explainOptions) groupOf(ev *evaluate.Evaluator) (map[string]string, error) {
	def, _ := ev.Config.SLADefinitions.Get(o.sla)
	if len(o.group) == 0 {
		return nil, nil
	}
	if len(def.GroupBy) == 0 {
		return nil, usageErrorf("add group_by to the SLA, or leave --group out", "reading --group: the SLA %s has no groups", o.sla)
	}
	out := map[string]string{}
	for _, text := range o.group {
		label, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usageErrorf("write --group "+def.GroupBy[0]+"=VALUE", "reading --group: %q is not label=value", text)
		}
		if err := knownNames("--group", []string{label}, def.GroupBy); err != nil {
			return nil, err
		}
		out[label] = value
	}
	for _, label := range def.GroupBy {
		if _, ok := out[label]; !ok {
			return nil, usageErrorf("add --group "+label+"=VALUE", "reading --group: no value is given for the label %s", label)
		}
	}
	return out, nil
}

// begun reads --period, by default the month to date, and refuses one of which
// nothing is over yet.
func begun(ev *evaluate.Evaluator, text string) (period.Period, error) {
	if text == "" {
		p := ev.Calendar().Current(period.Month)
		if p.Start.Before(ev.Now) {
			return p, nil
		}
		return p.Previous(), nil // it is the first instant of a month
	}
	p, err := ev.Calendar().Parse(text)
	if err != nil {
		return p, usageErrorf("", "reading --period: %w", err)
	}
	if !p.Start.Before(ev.Now) {
		return p, usageErrorf("name a period that has begun, or set the time with --now", "reading --period: %s begins at %s, which is still to come", p.Name, p.Start.Format("2006-01-02 15:04 MST"))
	}
	return p, nil
}
