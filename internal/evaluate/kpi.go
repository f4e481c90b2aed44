package evaluate

import (
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/kpi"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/window"
)

// metric is one business metric and the request that measures it.
type metric struct {
	def    kpi.Definition
	ticket ticket
	reason string // why there is nothing to ask for, or ""
}

func (e *Evaluator) askKPI(q questions, p period.Period) []metric {
	previous := p.Previous()
	cuts := []time.Time{previous.Start, previous.End, p.Start, e.until(p)}
	for _, day := range p.Days(p.Zone) {
		if day.End.Before(e.Now) {
			cuts = append(cuts, day.End)
		}
	}
	grid := window.NewGrid(cuts)
	var out []metric
	for _, entry := range e.Config.BusinessMetrics {
		m := metric{def: definitionOf(entry.Key, entry.Value)}
		ind, reason := kpiIndicator(entry.Value)
		if reason != "" {
			m.reason = reason
		} else {
			m.ticket = q.ask(e.sourceNames(entry.Value.Source), query.Request{Indicator: ind, Grid: grid,
				MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback})
		}
		out = append(out, m)
	}
	return out
}

// until is the end of what can be seen of a period.
func (e *Evaluator) until(p period.Period) time.Time {
	if p.End.After(e.Now) {
		return e.Now
	}
	return p.End
}

func definitionOf(name string, m config.BusinessMetric) kpi.Definition {
	d := kpi.Definition{Name: name, Title: m.Title, Unit: m.Unit, Better: m.Better, Aggregate: m.Aggregate, Target: m.Target}
	if d.Title == "" {
		d.Title = name
	}
	switch {
	case m.Counter != "":
		d.Kind = kpi.Counter
	case m.Gauge != "":
		d.Kind = kpi.Gauge
	case m.Ratio != nil:
		d.Kind = kpi.Ratio
	case m.Formula != "":
		d.Kind = "formula"
	default:
		d.Kind = "score"
	}
	return d
}

// kpiIndicator is what measures a business metric, or why nothing does.
func kpiIndicator(m config.BusinessMetric) (query.Indicator, string) {
	in := config.Indicator{Total: m.Counter, Gauge: m.Gauge}
	switch {
	case m.Per != "":
		return query.Indicator{}, "per: " + m.Per + " is not supported by this version"
	case m.Formula != "":
		return query.Indicator{}, "formulas are not supported by this version"
	case m.Ratio != nil:
		in = *m.Ratio
	case m.Counter == "" && m.Gauge == "":
		return query.Indicator{}, "scores are not supported by this version"
	}
	ind, err := indicatorOf(in)
	if err != nil {
		return ind, err.Error()
	}
	return ind, ""
}

func (e *Evaluator) measureKPI(metrics []metric, got answers, p period.Period) *kpi.Report {
	out := &kpi.Report{Schema: kpi.Schema, Period: p.Info(), Metrics: []kpi.Metric{}, Notes: []string{}}
	seen := period.Span{Start: p.Start, End: e.until(p)}
	if len(metrics) > 0 && p.End.After(e.Now) {
		out.Notes = append(out.Notes, "the period is not over: its business metrics so far stand beside those of the whole period before")
	}
	var days []period.Span
	for _, day := range seen.Days(p.Zone) {
		days = append(days, day.Span)
	}
	for _, m := range metrics {
		if m.reason != "" {
			out.Metrics = append(out.Metrics, m.def.Empty(m.reason))
			continue
		}
		r := got.get(m.ticket)
		if r.Err != nil {
			out.Metrics = append(out.Metrics, m.def.Empty(r.Err.Error()))
			continue
		}
		out.Metrics = append(out.Metrics, kpi.Measure(m.def, r.Scan, seen, p.Previous().Span, days))
	}
	return out
}
