package lint

import (
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// measuringRules are about what is counted, and in which windows.
func measuringRules() []Rule {
	with := func(rest string) string {
		return source + "sla_definitions: {availability: {target: 99.9, " + rest + "indicator: {preset: http}}}"
	}
	return []Rule{
		{
			Name: "no-indicator", Severity: yamlpos.Warning, Run: noIndicator,
			Summary: "An objective has nothing that measures it.",
			Why:     "It is insufficient_data in every report.",
			Remedy:  "Add an indicator: total with bad or good, a histogram, a gauge, or a preset.",
			Bad:     source + "sla_definitions: {availability: {target: 99.9}}",
			Good:    plain,
		},
		{
			Name: "no-objective", Severity: yamlpos.Warning, Run: noObjective,
			Summary: "An SLA promises nothing.",
			Why:     "Without a target it appears in no result.",
			Remedy:  "Add a target.",
			Bad:     source + "sla_definitions: {availability: {indicator: {preset: http}}}",
			Good:    plain,
		},
		{
			Name: "windows", Severity: yamlpos.Warning, Run: windows,
			Summary: "A measurement window is longer than the evaluation window.",
			Why:     "The rolling view looks back over one evaluation window; a longer measurement window never fits into it.",
			Remedy:  "Raise evaluation_window, or shorten measurement_window.",
			Bad:     with("measurement_window: 2h, "),
			Good:    with("measurement_window: 2h, evaluation_window: 6h, "),
		},
		{
			Name: "uneven-windows", Severity: yamlpos.Info, Run: unevenWindows,
			Summary: "The measurement windows do not fill the evaluation window.",
			Why:     "The last window of the rolling view is a short one, and a single event weighs more in it.",
			Remedy:  "Make evaluation_window a multiple of measurement_window.",
			Bad:     with("measurement_window: 25m, "),
			Good:    with("measurement_window: 20m, "),
		},
		{
			Name: "grace-period", Severity: yamlpos.Warning, Run: gracePeriod,
			Summary: "A grace period is shorter than a measurement window, and drops nothing.",
			Why:     "A violation is a run of whole windows: none is shorter than one of them, and two of them are never nearer to each other. A grace period below that has no effect, whatever it seems to forgive.",
			Remedy:  "Raise grace_period to the measurement window or more, or remove it.",
			Bad:     with("grace_period: 2m, "),
			Good:    with("grace_period: 5m, "),
		},
		{
			Name: "coverage", Severity: yamlpos.Warning, Run: coverage,
			Summary: "A verdict is given on less than half of the windows.",
			Why:     "With a low min_coverage an SLA is met although most of the period was never seen.",
			Remedy:  "Raise min_coverage; 90 is the default.",
			Bad:     with("min_coverage: 10, "),
			Good:    with("min_coverage: 80, "),
		},
	}
}

func noIndicator(p *Pass) {
	for _, s := range p.slas() {
		var missing []string
		for _, o := range s.objectives {
			if o.Indicator == nil {
				missing = append(missing, o.Name)
			}
		}
		if len(missing) > 0 {
			p.ReportKey(s.path, "add indicator: {total: ..., bad: ...}, {histogram: ...} or {preset: http}",
				"the SLA %s has no indicator for %s, which will be insufficient_data", s.name, strings.Join(missing, " and "))
		}
	}
}

func noObjective(p *Pass) {
	for _, s := range p.slas() {
		if len(s.objectives) == 0 {
			p.ReportKey(s.path, "add a target", "the SLA %s promises nothing", s.name)
		}
	}
}

func windows(p *Pass) {
	for _, s := range p.slas() {
		if len(s.objectives) == 0 || s.objectives[0].MeasurementWindow <= s.objectives[0].EvaluationWindow {
			continue
		}
		o := s.objectives[0]
		p.Report(s.path+".measurement_window", "raise evaluation_window, or shorten measurement_window",
			"the measurement window %s is longer than the evaluation window %s", config.Duration(o.MeasurementWindow), config.Duration(o.EvaluationWindow))
	}
}

func unevenWindows(p *Pass) {
	for _, s := range p.slas() {
		if len(s.objectives) == 0 || s.objectives[0].MeasurementWindow > s.objectives[0].EvaluationWindow {
			continue
		}
		o := s.objectives[0]
		if rest := o.EvaluationWindow % o.MeasurementWindow; rest != 0 {
			key := ".measurement_window"
			if s.def.MeasurementWindow == nil {
				key = ".evaluation_window"
			}
			p.Report(s.path+key, "make evaluation_window a multiple of measurement_window", "%s do not fill the evaluation window %s: the last one has %s",
				config.Duration(o.MeasurementWindow), config.Duration(o.EvaluationWindow), config.Duration(rest))
		}
	}
}

func gracePeriod(p *Pass) {
	for _, s := range p.slas() {
		for _, o := range s.objectives {
			window := o.MeasurementWindow
			if o.Method == sla.Downtime {
				window = time.Minute
			}
			if o.GracePeriod > 0 && o.GracePeriod < window {
				p.Report(s.path+".grace_period", "raise it to "+config.Duration(window).String()+" or more, or remove it",
					"the grace period %s is shorter than a measurement window of %s, so it drops no violation", config.Duration(o.GracePeriod), config.Duration(window))
				break
			}
		}
	}
}

func coverage(p *Pass) {
	for _, s := range p.slas() {
		if v := s.def.MinCoverage; v != nil && v.Cmp(unit.DecimalOfInt(50)) < 0 {
			p.Report(s.path+".min_coverage", "write 90, the default, or at least 50", "a verdict is given when only %s %% of the windows have data", v)
		}
	}
}
