package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/sla"
)

type slaListOptions struct{ format string }

func newSLAList(a *app, run func(context.Context, *app, *slaListOptions) error) *cobra.Command {
	var o slaListOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List the objectives that are configured", Args: args(cobra.NoArgs),
		Long: `List every objective of every SLA with its target, the targets of the tiers and
what it is measured by. The targets are those in force now. Nothing is measured:
see ` + "`slactl sla status`.",
		Example: "  slactl sla list\n  slactl sla list --format csv",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

// listedObjective is an objective as `slactl sla list --format json` prints it.
type listedObjective struct {
	SLA        string       `json:"sla"`
	Objective  string       `json:"objective"`
	Comparison string       `json:"comparison"`
	Target     string       `json:"target"`
	Unit       string       `json:"unit"`
	Method     string       `json:"method"`
	Tiers      []listedTier `json:"tiers"`
	Indicator  string       `json:"indicator"` // "" if there is none
}

type listedTier struct {
	Tier   string `json:"tier"`
	Target string `json:"target"`
}

func runSLAList(_ context.Context, a *app, o *slaListOptions) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	list := listObjectives(cfg, a.Now())
	if len(list) == 0 && o.format == "table" {
		fmt.Fprintln(a.Stderr, "no sla_definitions are configured")
		return nil
	}
	table := objectivesForPeople(list)
	if o.format == "csv" {
		table = objectivesForPrograms(list)
	}
	return table.write(a.Stdout, o.format, list)
}

// objectivesForPeople has a row for each objective.
func objectivesForPeople(list []listedObjective) listing {
	out := listing{head: []string{"SLA", "OBJECTIVE", "TARGET", "METHOD", "TIERS", "MEASURED BY"}}
	for _, l := range list {
		tiers := make([]string, len(l.Tiers))
		for i, t := range l.Tiers {
			tiers[i] = t.Tier + " " + t.Target
		}
		measured := l.Indicator
		if measured == "" {
			measured = "nothing: no indicator"
		}
		out.rows = append(out.rows, []string{l.SLA, l.Objective, sign(l.Comparison) + " " + withUnit(l.Target, l.Unit), l.Method, strings.Join(tiers, ", "), measured})
	}
	return out
}

// objectivesForPrograms has a row for each target: the definition's own, and
// those of tiers.
func objectivesForPrograms(list []listedObjective) listing {
	out := listing{head: []string{"SLA", "OBJECTIVE", "TIER", "COMPARISON", "TARGET", "UNIT", "METHOD", "INDICATOR"}}
	for _, l := range list {
		for _, t := range append([]listedTier{{"", l.Target}}, l.Tiers...) {
			out.rows = append(out.rows, []string{l.SLA, l.Objective, t.Tier, l.Comparison, t.Target, l.Unit, l.Method, l.Indicator})
		}
	}
	return out
}

func listObjectives(cfg *config.Config, now time.Time) []listedObjective {
	out := []listedObjective{}
	for _, e := range cfg.SLADefinitions {
		for _, spec := range cfg.Expand(e) {
			l := listedObjective{SLA: e.Key, Objective: spec.Name, Comparison: string(spec.Comparison), Target: spec.Target.Canonical(),
				Unit: spec.Unit, Method: string(spec.Method), Tiers: []listedTier{}, Indicator: measuredBy(spec.Indicator)}
			for _, tier := range cfg.ServiceTiers {
				if target, ok := cfg.TierTarget(tier.Key, spec.SLA, spec.Name, now); ok {
					l.Tiers = append(l.Tiers, listedTier{tier.Key, target.Canonical()})
				}
			}
			out = append(out, l)
		}
	}
	return out
}

// measuredBy names the selector that an indicator counts.
func measuredBy(in *config.Indicator) string {
	switch {
	case in == nil:
		return ""
	case in.PromQL != nil:
		return "promql: " + in.PromQL.Total
	case in.Bad != "":
		return in.Bad
	case in.Good != "":
		return in.Good
	case in.Sum != "":
		return in.Sum + " / " + in.Count
	}
	return in.Histogram + in.Gauge + in.Up + in.Total
}

func sign(comparison string) string {
	if comparison == string(sla.AtMost) {
		return "<="
	}
	return ">="
}

func withUnit(value, unit string) string {
	switch unit {
	case "percent":
		return value + " %"
	case "", "score":
		return value
	}
	return value + " " + unit
}
