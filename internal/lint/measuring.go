package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/yamlpos"
)

// measuringRules are about what is counted, and where.
func measuringRules() []Rule {
	return []Rule{
		{
			Name: "no-source", Severity: yamlpos.Warning, Run: noSource,
			Doc:  "Without a metrics source nothing is measured: every SLA is insufficient_data, unless the command line names one.",
			Bad:  "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
			Good: source + "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
		},
		{
			Name: "no-indicator", Severity: yamlpos.Warning, Run: noIndicator,
			Doc:  "An objective without an indicator has nothing that measures it: it is insufficient_data.",
			Bad:  source + "sla_definitions: {availability: {target: 99.9}}",
			Good: source + "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
		},
		{
			Name: "no-objective", Severity: yamlpos.Warning, Run: noObjective,
			Doc:  "An SLA without a target promises nothing and appears in no result.",
			Bad:  source + "sla_definitions: {availability: {indicator: {preset: http}}}",
			Good: source + "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
		},
		{
			Name: "selector", Severity: yamlpos.Error, Run: selectors,
			Doc:  "A selector must be one that Prometheus's own parser reads, and select series without changing them: no ranges, offsets or functions.",
			Bad:  source + "sla_definitions: {availability: {target: 99.9, indicator: {total: 'requests_total{job=api}', bad: 'rate(errors_total[5m])'}}}",
			Good: source + `sla_definitions: {availability: {target: 99.9, indicator: {total: 'requests_total{job="api"}', bad: errors_total}}}`,
		},
		{
			Name: "same-selector", Severity: yamlpos.Warning, Run: sameSelector,
			Doc:  "Where bad (or good) selects the same series as total, every event is bad (or good).",
			Bad:  source + `sla_definitions: {availability: {target: 99.9, indicator: {total: 'requests_total{a="1",b="2"}', bad: 'requests_total{b="2", a="1"}'}}}`,
			Good: source + `sla_definitions: {availability: {target: 99.9, indicator: {total: 'requests_total{a="1"}', bad: 'requests_total{a="1",code="500"}'}}}`,
		},
		{
			Name: "windows", Severity: yamlpos.Warning, Run: windows,
			Doc:  "The rolling view looks back over one evaluation window; a measurement window that is longer never fits into it.",
			Bad:  source + "sla_definitions: {availability: {target: 99.9, measurement_window: 2h, indicator: {preset: http}}}",
			Good: source + "sla_definitions: {availability: {target: 99.9, measurement_window: 2h, evaluation_window: 6h, indicator: {preset: http}}}",
		},
	}
}

// source is a metrics source for the examples.
const source = "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\n"

func noSource(p *Pass) {
	if len(p.Config.Sources.Metrics) > 0 {
		return
	}
	for _, block := range []struct {
		path    string
		present bool
	}{{"sla_definitions", len(p.Config.SLADefinitions) > 0}, {"business_metrics", len(p.Config.BusinessMetrics) > 0}} {
		if block.present {
			p.ReportKey(block.path, "add sources: {metrics: {prometheus: {url: http://localhost:9090}}}", "there is no metrics source to measure %s with", block.path)
			return
		}
	}
}

func noIndicator(p *Pass) {
	for _, e := range p.Config.SLADefinitions {
		var missing []string
		for _, o := range p.Config.Expand(e) {
			if o.Indicator == nil {
				missing = append(missing, o.Name)
			}
		}
		if len(missing) > 0 {
			p.ReportKey("sla_definitions."+e.Key, "add indicator: {total: ..., bad: ...}, {histogram: ...} or {preset: http}",
				"the SLA %s has no indicator for %s, which will be insufficient_data", e.Key, strings.Join(missing, " and "))
		}
	}
}

func noObjective(p *Pass) {
	for _, e := range p.Config.SLADefinitions {
		if len(p.Config.Expand(e)) == 0 {
			p.ReportKey("sla_definitions."+e.Key, "add a target", "the SLA %s promises nothing", e.Key)
		}
	}
}

func selectors(p *Pass) {
	for _, s := range p.Config.Selectors() {
		var err error
		switch {
		case s.Expression:
			err = query.ParseExpr(s.Text)
		case s.Matchers:
			// Presets compose selectors of a name and these.
			_, err = query.ParseSelector("{" + strings.Trim(strings.TrimSpace(s.Text), "{}") + "}")
		default:
			_, err = query.ParseSelector(s.Text)
		}
		var wrong *query.SelectorError
		switch {
		case err == nil:
		case errors.As(err, &wrong) && !s.Matchers:
			p.ReportPart(s.Path, wrong.Offset, wrong.Length, wrong.Hint, wrong.Message)
		case errors.As(err, &wrong):
			p.Report(s.Path, `write matchers such as {job="api"}`, "%s", wrong.Message)
		default:
			p.Report(s.Path, "", "%v", err)
		}
	}
}

func sameSelector(p *Pass) {
	canonical := map[string]string{}
	for _, s := range p.Config.Selectors() {
		if sel, err := query.ParseSelector(s.Text); err == nil && !s.Expression && !s.Matchers {
			canonical[s.Path] = order(sel)
		}
	}
	for path, text := range canonical {
		base, key := path[:strings.LastIndexByte(path, '.')], path[strings.LastIndexByte(path, '.')+1:]
		if (key == "bad" || key == "good") && canonical[base+".total"] == text {
			p.Report(path, "add the label that tells "+key+" events", "%s selects the same series as total", key)
		}
	}
}

// order writes a selector with its matchers sorted.
func order(s query.Selector) string {
	var parts []string
	for _, m := range s.Matchers {
		parts = append(parts, m.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func windows(p *Pass) {
	for _, e := range p.Config.SLADefinitions {
		objectives := p.Config.Expand(e)
		if len(objectives) == 0 || objectives[0].MeasurementWindow <= objectives[0].EvaluationWindow {
			continue
		}
		o := objectives[0]
		p.Report("sla_definitions."+e.Key+".measurement_window", "raise evaluation_window, or shorten measurement_window",
			"the measurement window %s is longer than the evaluation window %s", config.Duration(o.MeasurementWindow), config.Duration(o.EvaluationWindow))
	}
}
