package generate

import (
	"strings"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/sla"
)

// The recorded series: events and bad events of the last five minutes, by
// sla_type, objective and the labels of organizations and tiers. No ratio is
// recorded: ratios of different spans do not add up, and sums do.
const (
	eventsRecord = "slactl:sla_events:increase5m"
	badRecord    = "slactl:sla_bad_events:increase5m"
)

// counts is what an objective counts. Of bad and good one is set for ratios, and
// none for quantiles.
type counts struct {
	total, bad, good *query.Selector
	probe            bool            // total is a gauge whose samples are the events
	buckets          *query.Selector // of a quantile
}

// countsOf reads the selectors of an indicator, or says why rules cannot use it.
func countsOf(spec config.ObjectiveSpec) (counts, string) {
	in := spec.Indicator
	var c counts
	switch {
	case spec.Method == sla.Quantile && spec.Comparison != sla.AtMost:
		return c, "a quantile that must be high is not watched"
	case in.PromQL != nil:
		return c, "free expressions are not recorded"
	case spec.Method == sla.Value:
		return c, "means of values are not watched"
	case in.Up != "" && in.Combine != "" && in.Combine != "sum":
		return c, "combining targets by " + in.Combine + " is not recorded"
	}
	parse := func(text, suffix string) *query.Selector {
		if text == "" {
			return nil
		}
		s, err := query.ParseSelector(text)
		if err != nil || s.Name() == "" {
			return nil
		}
		if suffix != "" {
			s = s.WithName(s.Name() + suffix)
		}
		return &s
	}
	switch {
	case in.Histogram != "":
		c.total, c.buckets = parse(in.Histogram, "_count"), parse(in.Histogram, "_bucket")
		if spec.Method != sla.Quantile && c.buckets != nil {
			bound := spec.Bound.Canonical()
			good := c.buckets.Only("le", bound)
			if !strings.Contains(bound, ".") { // exporters write 1 and 1.0
				good = c.buckets.Only("le", bound, bound+".0")
			}
			c.good, c.buckets = &good, nil
		}
	case in.Up != "":
		c.total, c.probe = parse(in.Up, ""), true
	default:
		c.total, c.bad, c.good = parse(in.Total, ""), parse(in.Bad, ""), parse(in.Good, "")
	}
	if c.total == nil || spec.Method == sla.Quantile && c.buckets == nil || spec.Method != sla.Quantile && !c.probe && c.bad == nil && c.good == nil {
		return c, "its selectors name no metric"
	}
	return c, ""
}

// records are the recording rules of an objective: events, and bad events.
func (ob *objective) records() []rule {
	grown := func(s *query.Selector) string { return ob.by() + " (increase(" + s.String() + "[5m]))" }
	labels := []pair{{"sla_type", ob.SLA}, {"objective", ob.Name}}
	if c := ob.counts; c.probe {
		return []rule{
			{record: eventsRecord, labels: labels, expr: ob.by() + " (count_over_time(" + c.total.String() + "[5m:1m]))"},
			{record: badRecord, labels: labels, expr: ob.by() + " (sum_over_time((" + c.total.String() + " != bool 1)[5m:1m]))"},
		}
	}
	events := rule{record: eventsRecord, labels: labels, expr: grown(ob.counts.total)}
	switch c := ob.counts; {
	case c.bad != nil:
		return []rule{events, {record: badRecord, labels: labels, expr: grown(c.bad)}}
	case c.good != nil && c.good.Name() != strings.TrimSuffix(c.total.Name(), "_count")+"_bucket":
		// No good series yet is no good event.
		return []rule{events, {record: badRecord, labels: labels,
			expr: grown(c.total) + "\n-\n(" + grown(c.good) + " or 0 * " + grown(c.total) + ")"}}
	case c.good != nil: // a bucket that is not there says nothing
		return []rule{events, {record: badRecord, labels: labels, expr: grown(c.total) + "\n-\n" + grown(c.good)}}
	}
	return []rule{events}
}

// recorded selects a recorded series of the objective.
func (ob *objective) recorded(name string) query.Selector {
	return query.Selector{}.WithName(name).Only("sla_type", ob.SLA).Only("objective", ob.Name)
}
