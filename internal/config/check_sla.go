package config

import (
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// severities and impacts are the words that alerts are routed by.
var (
	severities = [...]string{"critical", "warning", "info"}
	impacts    = [...]string{"business", "revenue", "performance", "cost", "capacity"}
)

func (c *checker) sla(path, name string, s SLADefinition) {
	c.percent(path+".target", s.Target)
	c.percent(path+".error_rate_threshold", s.ErrorRateThreshold)
	c.positive(path+".response_quality_threshold", s.ResponseQualityThreshold)
	c.percentiles(path, "p50_target_ms", s.P50TargetMS, "p90_target_ms", s.P90TargetMS, "p95_target_ms", s.P95TargetMS, "p99_target_ms", s.P99TargetMS)
	c.slaPolicies(path, s)
	if s.Indicator != nil {
		c.indicator(path+".indicator", *s.Indicator)
	}
	for _, e := range s.Indicators {
		c.indicator(path+".indicators."+e.Key, e.Value)
	}
	seen := map[string]string{}
	for _, short := range shorthands {
		if short.value(s) != nil {
			seen[short.objective] = path + "." + short.key
		}
	}
	for i, o := range s.Objectives {
		c.objective(at(path+".objectives", i), seen, o)
	}
	objectives := s.objectiveNames()
	for _, e := range s.Indicators {
		c.knownKey(path+".indicators."+e.Key, "the objective", e.Key, objectives)
	}
	for key, v := range s.WarnAtMS {
		c.knownKey(path+".warn_at_ms."+key, "the objective", key, objectives)
		c.positive(path+".warn_at_ms."+key, &v)
	}
	for _, spec := range c.cfg.Expand(Entry[SLADefinition]{name, s}) {
		c.measurable(path, spec, s)
	}
}

// slaPolicies checks how an SLA is measured and judged.
func (c *checker) slaPolicies(path string, s SLADefinition) {
	for key, d := range map[string]*Duration{"measurement_window": s.MeasurementWindow, "evaluation_window": s.EvaluationWindow,
		"max_gap": s.MaxGap, "lookback": s.Lookback, "min_consecutive": s.MinConsecutive} {
		c.positiveDuration(path+"."+key, d)
	}
	if w := s.MeasurementWindow; w != nil && *w > 0 && time.Duration(*w)%time.Second != 0 {
		c.ruleErrorf("range", path+".measurement_window", "", "measurement_window %s is not a whole number of seconds", w)
	}
	if m := s.MinConsecutive; m != nil && time.Duration(*m)%time.Minute != 0 {
		c.ruleErrorf("range", path+".min_consecutive", "downtime is counted in whole minutes; write 1m", "min_consecutive %s is not a whole number of minutes", m)
	}
	gap, back := defaultMaxGap, defaultLookback
	setDuration(&gap, s.MaxGap)
	setDuration(&back, s.Lookback)
	if gap > back {
		where := path + ".max_gap"
		if s.MaxGap == nil {
			where = path + ".lookback"
		}
		c.ruleErrorf("lookback", where, "raise lookback", "max_gap %s is longer than lookback %s", Duration(gap), Duration(back))
	}
	c.percent(path+".min_coverage", s.MinCoverage)
	c.percent(path+".slice_target", s.SliceTarget)
	if s.DownWhen != nil {
		c.percent(path+".down_when", &s.DownWhen.Decimal)
	}
	if s.MinEvents != nil && *s.MinEvents < 1 {
		c.ruleErrorf("range", path+".min_events", "write 1 or more", "min_events %d is not above 0", *s.MinEvents)
	}
	c.oneOf(path+".method", "events", "slices", "mean", "downtime")
	c.oneOf(path+".idle", "met", "excluded")
	c.oneOf(path+".no_data", "excluded", "breached", "met")
	c.oneOf(path+".severity", severities[:]...)
	c.oneOf(path+".impact", impacts[:]...)
	c.oneOf(path+".measured", "shared")
	c.methodKeys(path, s)
	for i, l := range s.GroupBy {
		c.label(at(path+".group_by", i), l)
	}
	c.sourceNames(path+".source", s.Source)
}

// methodKeys checks that no policy stands beside a method that ignores it.
func (c *checker) methodKeys(path string, s SLADefinition) {
	methods := []string{s.Method}
	for _, o := range s.Objectives {
		methods = append(methods, o.Method)
	}
	needs := func(key string, of ...string) {
		if c.has(path+"."+key) && !slices.ContainsFunc(methods, func(m string) bool { return slices.Contains(of, m) }) {
			c.ruleKeyErrorf("no-effect", path+"."+key, "remove it, or set method: "+strings.Join(of, ", "), "%s has no meaning for the method %s", key, orDefault(s.Method, "events"))
		}
	}
	needs("no_data", "slices", "mean", "downtime")
	needs("slice_target", "slices")
	needs("down_when", "downtime")
	needs("min_consecutive", "downtime")
	needs("min_events", "downtime")
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// percentiles checks that targets given as key, value, key, value, ... by rising
// rank are positive and rise.
func (c *checker) percentiles(path string, pairs ...any) {
	lastKey, last := "", (*unit.Decimal)(nil)
	for i := 0; i < len(pairs); i += 2 {
		key, v := pairs[i].(string), pairs[i+1].(*unit.Decimal)
		if v == nil {
			continue
		}
		c.positive(path+"."+key, v)
		if last != nil && v.Cmp(*last) < 0 {
			c.ruleErrorf("percentile-order", path+"."+lastKey, "a higher percentile is never faster; raise "+key+" or lower "+lastKey,
				"%s %s is above %s %s", lastKey, last, key, v)
		}
		lastKey, last = key, v
	}
}

// indicator checks that the keys of an indicator describe something countable: a
// ratio, with or without a histogram beside it, or exactly one other kind.
func (c *checker) indicator(path string, in Indicator) {
	kinds := map[string]bool{}
	var order []string
	for _, k := range []struct{ key, kind string }{{"preset", "preset"}, {"total", "ratio"}, {"bad", "ratio"}, {"good", "ratio"}, {"histogram", "histogram"},
		{"gauge", "gauge"}, {"sum", "rating"}, {"count", "rating"}, {"up", "up"}, {"promql", "promql"}} {
		if c.has(path+"."+k.key) && !kinds[k.kind] {
			kinds[k.kind] = true
			order = append(order, k.key)
		}
	}
	switch {
	case len(order) == 0:
		c.ruleErrorf("missing-key", path, "write total: with bad: or good:, histogram:, gauge:, sum: with count:, up:, preset: or promql:", "the indicator does not say what it counts")
	case len(order) > 1 && !(len(order) == 2 && kinds["ratio"] && kinds["histogram"]):
		c.ruleKeyErrorf("conflicting-keys", path+"."+order[1], "give each objective its own under indicators:", "%s cannot stand beside %s", order[1], order[0])
	}
	if kinds["ratio"] {
		c.required(path, "total")
		c.exactlyOne(path, "bad", "good")
	}
	if kinds["rating"] {
		c.required(path, "sum", "count")
	}
	if kinds["promql"] {
		c.required(path+".promql", "total")
		c.exactlyOne(path+".promql", "bad", "good")
	}
	c.indicatorDetails(path, in)
}

func (c *checker) indicatorDetails(path string, in Indicator) {
	c.oneOf(path+".unit", "seconds", "milliseconds")
	c.oneOf(path+".combine", "sum", "any", "all")
	if c.has(path + ".preset") {
		c.presetName(path, in)
	} else {
		c.exclusive(path, "match", "narrows a preset, and there is none")
	}
	if !c.has(path+".histogram") && !c.has(path+".preset") {
		c.exclusive(path, "within", "is the bound of a histogram, and there is none")
		c.exclusive(path, "unit", "is the unit of a histogram, and there is none")
	}
	if c.has(path + ".within") {
		c.positiveDuration(path+".within", &in.Within)
		if c.has(path + ".histogram") {
			c.exclusive(path, "total", "cannot stand beside within, which makes a ratio of the histogram")
		}
	}
	if !c.has(path + ".up") {
		c.exclusive(path, "combine", "combines the targets of up, and there is none")
	}
	name := metricName(in.Histogram)
	if base, ok := strings.CutSuffix(name, "_bucket"); ok {
		n := c.cfg.node(path + ".histogram")
		c.report("histogram-name", n, "write "+base, "a histogram is named without _bucket").Fix = n.ReplacementAt(strings.Index(n.Text, name), len(name), base)
	}
	if c.has(path+".histogram") && !c.has(path+".unit") && name != "" && histogramUnit(in) == "" {
		c.ruleErrorf("histogram-unit", path+".histogram", "add unit: seconds or unit: milliseconds", "the name of the histogram %s does not tell its unit", name)
	}
}

// objective checks one entry of the general form.
func (c *checker) objective(path string, seen map[string]string, o Objective) {
	c.required(path, "name")
	c.unique(seen, path+".name", "the objective", o.Name)
	c.exactlyOne(path, "at_least", "at_most")
	c.oneOf(path+".method", "events", "slices", "mean", "downtime", "within", "quantile", "value")
	if o.Indicator != nil {
		c.indicator(path+".indicator", *o.Indicator)
	}
	if q := o.Quantile; q != nil && (q.Sign() <= 0 || q.Cmp(unit.DecimalOfInt(1)) >= 0) {
		hint := "a quantile lies between 0 and 1; write 0.95"
		c.ruleErrorf("range", path+".quantile", hint, "quantile %s is not a share", q)
	}
	if o.Quantile != nil && o.Method != "" && o.Method != "quantile" {
		c.ruleErrorf("conflicting-keys", path+".method", "remove one of them", "method %s cannot stand beside quantile", o.Method)
	}
	if o.Method == "quantile" && !c.has(path+".quantile") {
		c.ruleErrorf("missing-key", path+".method", "add quantile: 0.95", "quantile is missing")
	}
}

// measurable checks that an objective and its indicator fit.
func (c *checker) measurable(path string, spec ObjectiveSpec, s SLADefinition) {
	in, where := c.cfg.indicatorFor(path, spec, s)
	general := strings.Contains(spec.Path, ".objectives[")
	if general && spec.Unit == "percent" {
		c.percent(spec.Path+"."+string(spec.Comparison), &spec.Target)
	}
	if m := spec.Method; spec.Indicator != nil && spec.Indicator.Within > 0 && m != sla.Within {
		key := spec.Path + ".method"
		if !c.has(key) {
			key = path + ".method"
		}
		c.ruleErrorf("indicator-kind", key, "write method: within, or count with total and bad", "the method %s is not for a histogram with a bound", m)
	}
	if in == nil || spec.Indicator != nil || c.broken[c.cfg.node(where).Position] || unknownPreset(*in) {
		return
	}
	need := map[needs]string{needsRatio: "total with bad or good, up, or a histogram with within or the objective's quantile", needsHistogram: "a histogram",
		needsValue: "a gauge, or sum with count"}[needOf(spec)]
	c.ruleErrorf("indicator-kind", where, "give it one under indicators: {"+spec.Name+": ...}", "the objective %s needs %s, and this indicator has none", spec.Name, need)
}

// objectiveNames lists the objectives of an SLA, as tiers and bands refer to them.
func (s SLADefinition) objectiveNames() []string {
	var names []string
	for _, short := range shorthands {
		if short.value(s) != nil {
			names = append(names, short.objective)
		}
	}
	for _, o := range s.Objectives {
		names = append(names, o.Name)
	}
	return names
}

// Severities are the words that an alert's severity is one of.
func Severities() []string { return severities[:] }

// Impacts are the words that an alert's impact is one of.
func Impacts() []string { return impacts[:] }
