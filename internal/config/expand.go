package config

import (
	"strings"
	"time"

	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

// The defaults of an SLA (docs/concepts.md).
const (
	defaultMeasurementWindow = 5 * time.Minute
	defaultEvaluationWindow  = time.Hour
	defaultMinConsecutive    = time.Minute
	defaultMaxGap            = 5 * time.Minute
	defaultLookback          = time.Hour
	defaultMinCoverage       = 90
	defaultDownWhen          = 5
	defaultMinEvents         = 1
)

// ObjectiveSpec is an objective with every default filled in, and what measures
// it.
type ObjectiveSpec struct {
	sla.Objective
	// Indicator holds only the keys that this objective is measured by, presets
	// resolved; nil when the SLA has none for it.
	Indicator        *Indicator
	MaxGap, Lookback time.Duration
	// Path is where the target stands, for [Config.Pos].
	Path string
}

// shorthand is a key of an SLA that stands for an objective.
type shorthand struct {
	key, objective string
	comparison     sla.Comparison
	unit           string
	quantile       int64 // in percent, 0 for other methods
	value          func(SLADefinition) *unit.Decimal
}

// shorthands are the seed's keys, in the order in which results are printed.
var shorthands = [...]shorthand{
	{"target", "availability", sla.AtLeast, "percent", 0, func(s SLADefinition) *unit.Decimal { return s.Target }},
	{"p50_target_ms", "p50", sla.AtMost, "ms", 50, func(s SLADefinition) *unit.Decimal { return s.P50TargetMS }},
	{"p90_target_ms", "p90", sla.AtMost, "ms", 90, func(s SLADefinition) *unit.Decimal { return s.P90TargetMS }},
	{"p95_target_ms", "p95", sla.AtMost, "ms", 95, func(s SLADefinition) *unit.Decimal { return s.P95TargetMS }},
	{"p99_target_ms", "p99", sla.AtMost, "ms", 99, func(s SLADefinition) *unit.Decimal { return s.P99TargetMS }},
	{"error_rate_threshold", "error_rate", sla.AtMost, "percent", 0, func(s SLADefinition) *unit.Decimal { return s.ErrorRateThreshold }},
	{"response_quality_threshold", "response_quality", sla.AtLeast, "score", 0, func(s SLADefinition) *unit.Decimal { return s.ResponseQualityThreshold }},
}

// Expand makes the objectives of an SLA: those that its keys stand for, then the
// entries of `objectives`, with all defaults filled in. Targets are the
// definition's own; [Config.TierTarget] says what a tier promises instead.
func (c *Config) Expand(e Entry[SLADefinition]) []ObjectiveSpec {
	def, path := e.Value, "sla_definitions."+e.Key
	var out []ObjectiveSpec
	for _, short := range shorthands {
		target := short.value(def)
		if target == nil {
			continue
		}
		spec := base(e.Key, def)
		spec.Name, spec.Path = short.objective, path+"."+short.key
		spec.Comparison, spec.Target, spec.Unit = short.comparison, *target, short.unit
		spec.WarnAt = warnAt(def, short)
		if short.quantile > 0 {
			spec.Method, spec.Quantile = sla.Quantile, unit.DecimalOfInt(short.quantile)
		} else if short.unit == "score" {
			spec.Method = sla.Value
		}
		in, _ := c.indicatorFor(path, spec, def)
		spec.measureBy(in)
		out = append(out, spec)
	}
	for i, o := range def.Objectives {
		out = append(out, c.general(e, at(path+".objectives", i), o))
	}
	return out
}

// base is an objective that has the policies of its SLA and nothing else.
func base(name string, def SLADefinition) ObjectiveSpec {
	spec := ObjectiveSpec{MaxGap: defaultMaxGap, Lookback: defaultLookback, Objective: sla.Objective{
		SLA: name, Method: sla.Method(orDefault(def.Method, string(sla.Events))),
		MeasurementWindow: defaultMeasurementWindow, EvaluationWindow: defaultEvaluationWindow,
		Idle: sla.Handling(orDefault(def.Idle, string(sla.HandleMet))), NoData: sla.Handling(orDefault(def.NoData, string(sla.HandleExcluded))),
		MinCoverage: unit.DecimalOfInt(defaultMinCoverage), DownWhen: unit.DecimalOfInt(defaultDownWhen),
		MinConsecutive: defaultMinConsecutive, MinEvents: defaultMinEvents, SliceTarget: def.SliceTarget,
	}}
	setDuration(&spec.MeasurementWindow, def.MeasurementWindow)
	setDuration(&spec.EvaluationWindow, def.EvaluationWindow)
	setDuration(&spec.GracePeriod, def.GracePeriod)
	setDuration(&spec.MinConsecutive, def.MinConsecutive)
	setDuration(&spec.MaxGap, def.MaxGap)
	setDuration(&spec.Lookback, def.Lookback)
	if def.MinCoverage != nil {
		spec.MinCoverage = *def.MinCoverage
	}
	if def.DownWhen != nil {
		spec.DownWhen = def.DownWhen.Decimal
	}
	if def.MinEvents != nil {
		spec.MinEvents = *def.MinEvents
	}
	if def.StrictCoverage != nil {
		spec.StrictCoverage = *def.StrictCoverage
	}
	return spec
}

func setDuration(into *time.Duration, d *Duration) {
	if d != nil {
		*into = time.Duration(*d)
	}
}

// general makes an objective of an entry of `objectives`.
func (c *Config) general(e Entry[SLADefinition], path string, o Objective) ObjectiveSpec {
	spec := base(e.Key, e.Value)
	spec.Name, spec.Path, spec.WarnAt = o.Name, path, o.WarnAt
	switch {
	case o.AtLeast != nil:
		spec.Comparison, spec.Target = sla.AtLeast, *o.AtLeast
	case o.AtMost != nil:
		spec.Comparison, spec.Target = sla.AtMost, *o.AtMost
	}
	in, _ := c.indicatorFor("sla_definitions."+e.Key, spec, e.Value)
	switch {
	case o.Quantile != nil:
		spec.Method, spec.Quantile, spec.Unit = sla.Quantile, o.Quantile.Mul(unit.DecimalOfInt(100)), "ms"
		spec.Quantile = unit.MustDecimal(spec.Quantile.Canonical())
	case in != nil && (in.Gauge != "" || in.Sum != "") || o.Method == string(sla.Value):
		spec.Method, spec.Unit = sla.Value, valueUnit(in)
	default:
		spec.Unit = "percent"
		if o.Method != "" {
			spec.Method = sla.Method(o.Method)
		}
	}
	if o.Unit != "" {
		spec.Unit = o.Unit
	}
	spec.measureBy(in)
	if spec.Method == sla.Quantile && o.Unit != "" && o.Unit != "ms" && o.Unit != "milliseconds" {
		spec.Scale = unit.DecimalOfInt(1) // the target is in the metric's own unit
	}
	return spec
}

// warnAt is the early warning of a shorthand: by name in ms, else warn_at, which
// belongs to the first objective that is no latency.
func warnAt(def SLADefinition, short shorthand) *unit.Decimal {
	if short.quantile > 0 {
		if v, ok := def.WarnAtMS[short.objective]; ok {
			return &v
		}
		return nil
	}
	for _, s := range shorthands {
		if s.quantile == 0 && s.value(def) != nil {
			if s.objective == short.objective {
				return def.WarnAt
			}
			return nil
		}
	}
	return nil
}

// indicatorFor returns the indicator that an objective is measured by, before it
// is narrowed, and its path: its own, else the one of its name under
// `indicators`, else the SLA's.
func (c *Config) indicatorFor(path string, spec ObjectiveSpec, def SLADefinition) (*Indicator, string) {
	for i, o := range def.Objectives {
		if p := at(path+".objectives", i); p == spec.Path && o.Indicator != nil {
			return o.Indicator, p + ".indicator"
		}
	}
	if in, ok := def.Indicators.Get(spec.Name); ok {
		return &in, path + ".indicators." + spec.Name
	}
	return def.Indicator, path + ".indicator"
}

// needs is what an objective must find in its indicator.
type needs int

const (
	needsRatio needs = iota
	needsHistogram
	needsValue
)

func needOf(spec ObjectiveSpec) needs {
	switch spec.Method {
	case sla.Quantile:
		return needsHistogram
	case sla.Value:
		return needsValue
	}
	return needsRatio
}

// measureBy takes from an indicator the keys that the objective is measured by,
// and completes what follows from them. An indicator may hold a ratio and a
// histogram, so that availability and latency share it.
func (s *ObjectiveSpec) measureBy(in *Indicator) {
	if in == nil {
		return
	}
	one := Indicator{Preset: in.Preset}
	switch need := needOf(*s); {
	case need == needsHistogram && in.Histogram != "":
		one.Histogram, one.Unit = in.Histogram, histogramUnit(*in)
		s.Scale = msPer(one.Unit)
	case need == needsValue && in.Gauge != "":
		one.Gauge = in.Gauge
	case need == needsValue && in.Sum != "":
		one.Sum, one.Count = in.Sum, in.Count
	case need == needsRatio && in.Within > 0 && in.Histogram != "":
		one.Histogram, one.Within, one.Unit = in.Histogram, in.Within, histogramUnit(*in)
		s.Bound = boundIn(one.Unit, time.Duration(in.Within))
		if s.Method == sla.Events {
			s.Method = sla.Within
		}
	case s.Method == sla.Within:
		return
	case need == needsRatio && in.Total != "":
		one.Total, one.Bad, one.Good = in.Total, in.Bad, in.Good
	case need == needsRatio && in.PromQL != nil:
		one.PromQL = in.PromQL
	case need == needsRatio && in.Up != "":
		one.Up, one.Combine = in.Up, in.Combine
		s.Up = true
	default:
		return
	}
	s.Indicator = &one
}

// metricName returns the name that a selector begins with, without parsing it.
func metricName(selector string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(selector), "{")
	return strings.TrimSpace(name)
}

// histogramUnit is seconds, milliseconds, or "" if nothing tells.
func histogramUnit(in Indicator) string {
	name := metricName(in.Histogram)
	switch {
	case in.Unit != "":
		return in.Unit
	case strings.HasSuffix(name, "_milliseconds"), strings.HasSuffix(name, "_ms"):
		return "milliseconds"
	case strings.HasSuffix(name, "_seconds"):
		return "seconds"
	}
	return ""
}

// msPer is how many milliseconds one unit has; an unknown unit was reported and
// counts as seconds, Prometheus's base unit.
func msPer(unitName string) unit.Decimal {
	if unitName == "milliseconds" {
		return unit.DecimalOfInt(1)
	}
	return unit.DecimalOfInt(1000)
}

// boundIn writes a length of time in a histogram's unit, exactly.
func boundIn(unitName string, d time.Duration) unit.Decimal {
	perNanosecond := unit.MustDecimal("0.000000001")
	if unitName == "milliseconds" {
		perNanosecond = unit.MustDecimal("0.000001")
	}
	return unit.MustDecimal(unit.DecimalOfInt(int64(d)).Mul(perNanosecond).Canonical())
}

// valueUnit guesses the unit of a value from the name of its metric: ratings and
// scores are a score, and of other suffixes the conventional ones are known.
func valueUnit(in *Indicator) string {
	if in == nil || in.Gauge == "" {
		return "score"
	}
	name := metricName(in.Gauge)
	for _, suffix := range []string{"score", "seconds", "bytes", "percent"} {
		if strings.HasSuffix(name, "_"+suffix) {
			return suffix
		}
	}
	if strings.HasSuffix(name, "_rating") || strings.HasSuffix(name, "_quality") {
		return "score"
	}
	return ""
}
