package convert

import "github.com/slactl/slactl/internal/yamlpos"

// pyrra converts a ServiceLevelObjective of Pyrra.
func (c *converter) pyrra(root *yamlpos.Node) {
	meta, spec := root.Get("metadata"), root.Get("spec")
	if spec == nil || meta == nil || text(meta.Get("name")) == "" {
		c.note(root, "", "a document without a name and a spec is not carried")
		return
	}
	name := meta.Get("name")
	c.ignored(meta, "", "labels", "annotations", "namespace")
	c.ignored(spec, "alerts are no part of a definition", "alerting")
	c.window(spec.Get("window"))
	target := c.percent(spec.Get("target"))
	indicator := spec.Get("indicator")
	if target == "" || indicator == nil {
		c.note(name, "", "%s is not carried", name.Text)
		return
	}
	e := newEntry().set("title", text(spec.Get("description")))
	ratio, latency := indicator.Get("ratio"), indicator.Get("latency")
	native, gauge := either(indicator, "latencyNative", "latency_native"), either(indicator, "bool_gauge", "boolGauge")
	var s selection
	ok := false
	within := false
	switch {
	case ratio != nil:
		s, ok = c.ratio(metric(ratio, "total"), metric(ratio, "errors"), "bad")
		s.by = grouping(ratio)
	case latency != nil:
		s, ok = c.latency(metric(latency, "success"), metric(latency, "total"))
		s.by, within = grouping(latency), true
	case native != nil && metric(native, "total") != nil:
		s, ok = selection{indicator: newEntry().set("histogram", metric(native, "total").Text).set("within", text(native.Get("latency")))}, true
		s.by, within = grouping(native), true
	case gauge != nil && gauge.Get("metric") != nil:
		s, ok = selection{indicator: newEntry().set("up", gauge.Get("metric").Text), by: grouping(gauge)}, true
	}
	if !ok {
		c.note(indicator, "", "%s is not carried: its indicator has no counterpart", name.Text)
		return
	}
	if within {
		e.put("objectives", withinObjective(s, target))
	} else {
		e.set("target", target).put("indicator", s.indicator.node)
	}
	c.define(name, name.Text, e.list("group_by", s.by).node)
}

// withinObjective is the objective of a share of observations within a bound.
func withinObjective(s selection, target string) *yamlpos.Node {
	o := newEntry().set("name", "latency").put("indicator", s.indicator.node).set("at_least", target)
	return &yamlpos.Node{Kind: yamlpos.Sequence, Items: []*yamlpos.Node{o.node}}
}

// metric returns the selector of a part of an indicator.
func metric(n *yamlpos.Node, part string) *yamlpos.Node {
	if p := n.Get(part); p != nil {
		return p.Get("metric")
	}
	return nil
}

func grouping(n *yamlpos.Node) []string {
	var out []string
	if g := n.Get("grouping"); g != nil {
		for _, item := range g.Items {
			out = append(out, item.Text)
		}
	}
	return out
}
