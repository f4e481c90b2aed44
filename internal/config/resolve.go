package config

import (
	"github.com/slactl/slactl/internal/preset"
)

// resolvePresets fills in the selectors that presets stand for. What cannot be
// resolved stays without selectors; [checker.presetName] says why.
func (c *Config) resolvePresets() {
	for _, at := range c.indicators() {
		in := at.indicator
		p, ok := preset.Lookup(in.Preset)
		if !ok {
			continue
		}
		selectors, err := p.Indicator(in.Match)
		if err != nil {
			continue
		}
		in.Total, in.Bad, in.Histogram, in.Up = selectors.Total, selectors.Bad, selectors.Histogram, selectors.Up
		if in.Unit == "" {
			in.Unit = selectors.Unit
		}
	}
}

// presetName checks that a preset exists and that its match can be read.
func (c *checker) presetName(path string, in Indicator) {
	c.oneOf(path+".preset", preset.Names()...)
	if p, ok := preset.Lookup(in.Preset); ok {
		if _, err := p.Indicator(in.Match); err != nil {
			c.errorf(path+".match", "", "%v", err)
		}
	}
}

// unknownPreset reports whether an indicator names a preset that does not exist.
func unknownPreset(in Indicator) bool {
	_, ok := preset.Lookup(in.Preset)
	return in.Preset != "" && !ok
}

// placedIndicator is an indicator and its path.
type placedIndicator struct {
	path      string
	indicator *Indicator
}

// indicators lists every indicator of the configuration.
func (c *Config) indicators() []placedIndicator {
	var out []placedIndicator
	for _, e := range c.SLADefinitions {
		path := "sla_definitions." + e.Key
		if e.Value.Indicator != nil {
			out = append(out, placedIndicator{path + ".indicator", e.Value.Indicator})
		}
		for i := range e.Value.Indicators {
			one := &e.Value.Indicators[i]
			out = append(out, placedIndicator{path + ".indicators." + one.Key, &one.Value})
		}
		for i, o := range e.Value.Objectives {
			if o.Indicator != nil {
				out = append(out, placedIndicator{at(path+".objectives", i) + ".indicator", o.Indicator})
			}
		}
	}
	for _, e := range c.BusinessMetrics {
		if e.Value.Ratio != nil {
			out = append(out, placedIndicator{"business_metrics." + e.Key + ".ratio", e.Value.Ratio})
		}
	}
	return out
}

// Selector is a text in the files that selects series.
type Selector struct {
	Path string // for [Config.Node]
	Text string
	// Expression tells that the text is free PromQL, and Matchers that it is only
	// the part in braces.
	Expression, Matchers bool
}

// Selectors lists every text of the files that selects series, in no order that
// means anything. Those that a preset stands for are not among them.
func (c *Config) Selectors() []Selector {
	var out []Selector
	add := func(s Selector) {
		if n := c.index[s.Path]; n != nil && s.Text != "" {
			out = append(out, s)
		}
	}
	for _, at := range c.indicators() {
		in := at.indicator
		for _, kv := range [][2]string{{"total", in.Total}, {"bad", in.Bad}, {"good", in.Good}, {"histogram", in.Histogram},
			{"gauge", in.Gauge}, {"sum", in.Sum}, {"count", in.Count}, {"up", in.Up}} {
			add(Selector{Path: at.path + "." + kv[0], Text: kv[1]})
		}
		add(Selector{Path: at.path + ".match", Text: in.Match, Matchers: true})
		if q := in.PromQL; q != nil {
			for _, kv := range [][2]string{{"total", q.Total}, {"bad", q.Bad}, {"good", q.Good}} {
				add(Selector{Path: at.path + ".promql." + kv[0], Text: kv[1], Expression: true})
			}
		}
	}
	for _, e := range c.BusinessMetrics {
		add(Selector{Path: "business_metrics." + e.Key + ".counter", Text: e.Value.Counter})
		add(Selector{Path: "business_metrics." + e.Key + ".gauge", Text: e.Value.Gauge})
	}
	for i, s := range c.Sources.Billing {
		add(Selector{Path: at("sources.billing", i) + ".tokens", Text: s.Tokens})
	}
	return out
}
