package convert

import (
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// openslo converts an SLO of OpenSLO v1. Indicators that it refers to are found
// among the other documents.
func (c *converter) openslo(root *yamlpos.Node) {
	kind := text(root.Get("kind"))
	meta, spec := root.Get("metadata"), root.Get("spec")
	switch {
	case kind == "SLI":
		return // read where an SLO refers to it
	case kind != "SLO" || spec == nil || meta == nil:
		c.note(root, "", "a document of the kind %s is not carried", kind)
		return
	}
	name := meta.Get("name")
	if name == nil {
		c.note(root, "", "an SLO without a name is not carried")
		return
	}
	c.ignored(spec, "alerts are no part of a definition", "alertPolicies")
	c.timeWindow(spec.Get("timeWindow"))
	sli := c.indicator(spec)
	objectives := spec.Get("objectives")
	if sli == nil || objectives == nil || len(objectives.Items) == 0 {
		c.note(name, "", "%s is not carried: it has no indicator or no objectives", name.Text)
		return
	}
	for i, o := range objectives.Items {
		title := text(o.Get("displayName"))
		if title == "" {
			title = text(spec.Get("description"))
		}
		full := name.Text
		if len(objectives.Items) > 1 {
			full = join(name.Text, orNumber(text(o.Get("displayName")), i))
		}
		c.openSLOObjective(name, full, title, spec, sli, o)
	}
}

func orNumber(name string, i int) string {
	if name != "" {
		return name
	}
	return string(rune('1' + i%9))
}

// indicator returns the specification of the SLI, in place or referred to.
func (c *converter) indicator(spec *yamlpos.Node) *yamlpos.Node {
	if in := spec.Get("indicator"); in != nil {
		return in.Get("spec")
	}
	ref := text(spec.Get("indicatorRef"))
	for _, doc := range c.docs {
		if text(doc.Get("kind")) == "SLI" && doc.Get("metadata") != nil && text(doc.Get("metadata").Get("name")) == ref && ref != "" {
			return doc.Get("spec")
		}
	}
	return nil
}

func (c *converter) timeWindow(n *yamlpos.Node) {
	if n == nil {
		return
	}
	for _, w := range n.Items {
		c.window(w.Get("duration"))
	}
}

func (c *converter) openSLOObjective(at *yamlpos.Node, name, title string, spec, sli, o *yamlpos.Node) {
	c.ignored(o, "", "compositeWeight", "indicatorRef", "indicator")
	target := ""
	if p := o.Get("targetPercent"); p != nil {
		target = c.percent(p)
	} else if s := o.Get("target"); s != nil {
		target = c.share(s)
	}
	e := newEntry().set("title", title).set("service", text(spec.Get("service")))
	if ratio := sli.Get("ratioMetric"); ratio != nil && target != "" {
		if s, within, ok := c.openSLORatio(ratio); ok {
			if within {
				e.put("objectives", withinObjective(s, target))
			} else {
				e.set("target", target).put("indicator", s.indicator.node)
			}
			c.budgeting(e, spec, o)
			c.define(at, name, e.list("group_by", s.by).node)
			return
		}
	}
	if sli.Get("thresholdMetric") != nil {
		c.note(sli, "write an objective with a quantile, or with at_least or at_most", "a threshold on a query is not carried")
	}
	c.note(at, "", "%s is not carried", name)
}

// openSLORatio makes an indicator of a ratioMetric: counters of good or bad events
// and all of them.
func (c *converter) openSLORatio(ratio *yamlpos.Node) (s selection, within, ok bool) {
	if strings.EqualFold(text(ratio.Get("counter")), "false") {
		c.note(ratio, "", "a ratio of gauges is not carried")
		return s, false, false
	}
	if raw := ratio.Get("raw"); raw != nil {
		if q := metricQuery(raw); q != nil && text(ratio.Get("rawType")) != "success" {
			s, ok = c.errorRatio(q)
		}
		return s, false, ok
	}
	total := metricQuery(ratio.Get("total"))
	if good := metricQuery(ratio.Get("good")); good != nil {
		if s, ok = c.latency(good, total); ok {
			return s, true, true
		}
		s, ok = c.ratio(total, good, "good")
		return s, false, ok
	}
	s, ok = c.ratio(total, metricQuery(ratio.Get("bad")), "bad")
	return s, false, ok
}

// metricQuery returns the query of a metric source.
func metricQuery(n *yamlpos.Node) *yamlpos.Node {
	if n == nil {
		return nil
	}
	source := n.Get("metricSource")
	if source == nil || source.Get("spec") == nil {
		return nil
	}
	return either(source.Get("spec"), "query", "promql")
}

// budgeting carries how time slices are judged.
func (c *converter) budgeting(e entry, spec, o *yamlpos.Node) {
	method := spec.Get("budgetingMethod")
	switch text(method) {
	case "Timeslices":
		e.set("method", "slices").set("measurement_window", text(o.Get("timeSliceWindow")))
		if t := o.Get("timeSliceTarget"); t != nil {
			e.set("slice_target", c.share(t))
		}
	case "RatioTimeslices":
		e.set("method", "mean").set("measurement_window", text(o.Get("timeSliceWindow")))
	case "", "Occurrences":
	default:
		c.note(method, "", "the budgeting method %s is not carried", method.Text)
	}
}
