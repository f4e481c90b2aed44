package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

type statusOptions struct {
	evaluateFlags
	period string
	filter evaluate.Filter
	failOn []string
	format string
}

func newSLAStatus(a *app, run func(context.Context, *app, *statusOptions) error) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use: "status", Short: "Show how the service levels stand", Args: args(cobra.NoArgs),
		Long: `Evaluate every objective for every tier and organization: now, that is, over the
last evaluation window, and in the month to date. With --period, in that period.

A period is a day (2026-10-07), ISO week (2026-W42), month (2026-10), quarter
(2026-Q4) or year, last-7d, or FROM..TO with dates or RFC 3339 instants.`,
		Example: `  slactl sla status
  slactl sla status --period 2026-10 --tier gold --format json
  slactl sla status --period last-month --fail-on breached
  slactl sla status --prometheus http://localhost:9090 --preset http --target 99.9`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	badNews(cmd, "a result has a state that --fail-on names")
	f := cmd.Flags()
	o.declare(f)
	f.StringVar(&o.period, "period", "", "judge this `period` instead of now and the month to date")
	f.StringSliceVar(&o.filter.SLAs, "sla", nil, "only SLAs of this `name`; may be repeated")
	f.StringSliceVar(&o.filter.Tiers, "tier", nil, "only results of this `tier`; may be repeated")
	f.StringSliceVar(&o.filter.Organizations, "org", nil, "only results of this `organization`; may be repeated")
	f.StringSliceVar(&o.failOn, "fail-on", nil, "exit 1 when a result has one of these `states`: breached, at_risk, insufficient_data")
	formatFlag(f, &o.format, "table", "json", "csv")
	return cmd
}

func runSLAStatus(ctx context.Context, a *app, o *statusOptions) error {
	for _, s := range o.failOn {
		if !slices.Contains([]string{string(sla.Breached), string(sla.AtRisk), string(sla.InsufficientData)}, s) {
			return usageErrorf("write breached, at_risk or insufficient_data", "reading --fail-on: %q is not a state", s)
		}
	}
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	if err := o.checkFilter(ev); err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, err := o.evaluate(ctx, ev)
	progress.end()
	if err != nil {
		return err
	}
	r := got.Reports[0]
	if len(r.Results) > 0 || len(got.Failed) == 0 {
		if err := writeStatus(a, o.format, r); err != nil {
			return err
		}
	}
	return o.verdict(a, ev, got)
}

func (o *statusOptions) evaluate(ctx context.Context, ev *evaluate.Evaluator) (*evaluate.SLAReports, error) {
	if o.period == "" {
		return ev.Status(ctx, o.filter)
	}
	p, err := begun(ev, o.period)
	if err != nil {
		return nil, err
	}
	return ev.In(ctx, p, o.filter)
}

// checkFilter refuses names that the configuration does not know; an
// organization may be known to the metrics only.
func (o *statusOptions) checkFilter(ev *evaluate.Evaluator) error {
	if err := knownNames("--sla", o.filter.SLAs, ev.Config.SLADefinitions.Keys()); err != nil {
		return err
	}
	return knownNames("--tier", o.filter.Tiers, ev.Config.TierNames())
}

// verdict turns failures and bad news into the exit code.
func (o *statusOptions) verdict(a *app, ev *evaluate.Evaluator, got *evaluate.SLAReports) error {
	if len(got.Failed) > 0 {
		return failures(a, got.Failed)
	}
	if len(got.Reports[0].Results) == 0 {
		return o.nothing(a, ev.Config)
	}
	for _, r := range got.Reports[0].Results {
		if slices.Contains(o.failOn, string(r.State)) {
			return &ExitError{Code: BadNews}
		}
	}
	return nil
}

// nothing says why no result is left. A misspelt organization must not pass for
// one that has no bad news.
func (o *statusOptions) nothing(a *app, cfg *config.Config) error {
	known := make([]string, len(cfg.Organizations.List))
	for i, org := range cfg.Organizations.List {
		known[i] = org.ID
	}
	for _, org := range o.filter.Organizations {
		if !slices.Contains(known, org) {
			return usageErrorf(yamlpos.DidYouMean(org, known, "the configuration has"), "reading --org: there is no %q in the configuration nor, for this period, in the metrics", org)
		}
	}
	if len(cfg.SLADefinitions) == 0 {
		fmt.Fprintln(a.Stderr, "nothing to show: no SLA is configured")
		return nil
	}
	fmt.Fprintln(a.Stderr, "nothing to show: the filters leave no result, or the organization has no SLA in this period yet (since)")
	return nil
}

// failures reports what could not be read; the last one ends the command.
func failures(a *app, failed []evaluate.Failure) error {
	byErr := map[string][]string{}
	var order []evaluate.Failure
	for _, f := range failed {
		if byErr[f.Err.Error()] == nil {
			order = append(order, f)
		}
		byErr[f.Err.Error()] = append(byErr[f.Err.Error()], f.SLA)
	}
	for i, f := range order {
		err := fmt.Errorf("evaluating %s: %w", strings.Join(byErr[f.Err.Error()], ", "), f.Err)
		if i == len(order)-1 {
			return &ExitError{Code: Failure, Err: err}
		}
		fmt.Fprintf(a.Stderr, "slactl: %v\n", err)
	}
	return nil
}

func writeStatus(a *app, format string, r *sla.Report) error {
	switch format {
	case "json":
		return writeJSON(a.Stdout, r)
	case "csv":
		return writeStatusCSV(a.Stdout, r)
	}
	if len(r.Results) == 0 {
		return nil
	}
	return a.printTable(report.StatusTable(r), r.Notes)
}

// writeStatusCSV writes the exact values, a row per result.
func writeStatusCSV(w io.Writer, r *sla.Report) error {
	c := csv.NewWriter(w)
	err := c.Write([]string{"sla", "objective", "tier", "organization", "group", "period", "start", "end", "method", "accounting", "comparison", "target", "unit",
		"attained", "state", "total", "bad", "recovered", "unwitnessed", "coverage", "budget_consumed_ratio", "attained_without_exclusions", "reason"})
	for _, res := range r.Results {
		p := r.Period
		if res.Period != nil {
			p = *res.Period
		}
		var labels []string
		for k, v := range res.Group {
			labels = append(labels, k+"="+strconv.Quote(v))
		}
		slices.Sort(labels)
		consumed, reason := "", ""
		if res.Budget != nil {
			consumed = res.Budget.ConsumedRatio.Canonical()
		}
		if res.Reason != nil {
			reason = *res.Reason
		}
		if err == nil {
			err = c.Write([]string{res.SLA, res.Objective, res.Tier, res.Organization, strings.Join(labels, ","), p.Name, p.Start.Format(timeLayout), p.End.Format(timeLayout),
				string(res.Method), string(res.Accounting), string(res.Comparison), res.Target.Canonical(), res.Unit, orEmpty(res.Attained), string(res.State),
				res.Events.Total.Canonical(), res.Events.Bad.Canonical(), res.Events.Recovered.Canonical(), res.Events.Unwitnessed.Canonical(),
				res.Coverage.Canonical(), consumed, orEmpty(res.AttainedWithoutExclusions), reason})
		}
	}
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}

func orEmpty(d *unit.Decimal) string {
	if d == nil {
		return ""
	}
	return d.Canonical()
}
