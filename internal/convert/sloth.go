package convert

import "github.com/slactl/slactl/internal/yamlpos"

// sloth converts a specification of Sloth: its own form (version: prometheus/v1)
// or the Kubernetes one (PrometheusServiceLevel), whose keys are in camel case.
func (c *converter) sloth(root *yamlpos.Node) {
	spec := root
	if s := root.Get("spec"); s != nil {
		spec = s
	}
	service := text(spec.Get("service"))
	c.ignored(spec, "", "labels")
	slos := spec.Get("slos")
	if slos == nil || slos.Kind != yamlpos.Sequence {
		c.note(root, "", "the document has no slos")
		return
	}
	for _, slo := range slos.Items {
		c.slothObjective(service, slo)
	}
}

func (c *converter) slothObjective(service string, slo *yamlpos.Node) {
	name := slo.Get("name")
	if name == nil {
		c.note(slo, "", "an objective without a name is not carried")
		return
	}
	c.ignored(slo, "alerts are no part of a definition", "alerting")
	c.ignored(slo, "", "labels", "plugins")
	sli := slo.Get("sli")
	if sli == nil {
		c.note(slo, "", "%s has no sli", name.Text)
		return
	}
	c.ignored(sli, "write the queries of the plugin", "plugin")
	var s selection
	ok := false
	if events := sli.Get("events"); events != nil {
		s, ok = c.ratio(either(events, "total_query", "totalQuery"), either(events, "error_query", "errorQuery"), "bad")
	} else if raw := sli.Get("raw"); raw != nil {
		if ratio := either(raw, "error_ratio_query", "errorRatioQuery"); ratio != nil {
			s, ok = c.errorRatio(ratio)
		}
	}
	target := c.percent(slo.Get("objective"))
	if !ok || target == "" {
		c.note(name, "", "%s is not carried", name.Text)
		return
	}
	e := newEntry().set("title", text(slo.Get("description"))).set("service", service).set("target", target).put("indicator", s.indicator.node).list("group_by", s.by)
	c.define(name, join(service, name.Text), e.node)
}

// either returns the first key that is there.
func either(n *yamlpos.Node, keys ...string) *yamlpos.Node {
	for _, k := range keys {
		if v := n.Get(k); v != nil {
			return v
		}
	}
	return nil
}

func join(service, name string) string {
	if service == "" {
		return name
	}
	return service + "_" + name
}
