package config

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"github.com/slactl/slactl/internal/yamlpos"
)

// Digest identifies what the configuration says: SHA-256, in hex, of its values
// in the order of the files. Comments and layout do not matter, nor do secrets,
// the values of environment variables, and the directory that relative paths
// start from.
func (c *Config) Digest() string {
	h := sha256.New()
	h.Write(yamlpos.Encode(c.root, yamlpos.Stable))
	if c.records != nil {
		h.Write(yamlpos.Encode(c.records, yamlpos.Stable))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Show writes the effective configuration as YAML that can be loaded again:
// secrets masked, environment variables by name, paths absolute, and what is not
// configured with its default, marked `# default`.
func (c *Config) Show(w io.Writer) error {
	root := clone(c.root)
	defaults(root, "timezone", "UTC", "week_start", "monday")
	defaults(root, "version", "1")
	for _, n := range itemsOrOne(root.Get("sources").Get("metrics")) {
		if p := n.Get("prometheus"); p != nil {
			defaults(p, "read", "auto", "timeout", "30s", "concurrency", "4")
		}
	}
	if len(c.Sources.Billing) > 0 && root.Get("cost") == nil {
		root.Fields = append(root.Fields, yamlpos.Field{Key: yamlpos.NewScalar(yamlpos.Position{}, "cost"), Value: yamlpos.NewMapping(yamlpos.Position{})})
	}
	if cost := root.Get("cost"); cost != nil {
		defaults(cost, "measure", "effective", "settle", "10d")
	}
	for _, e := range c.SLADefinitions {
		c.slaDefaults(root.Get("sla_definitions").Get(e.Key), e)
	}
	_, err := w.Write(yamlpos.Encode(root, yamlpos.Public))
	return err
}

func (c *Config) slaDefaults(n *yamlpos.Node, e Entry[SLADefinition]) {
	if n == nil || n.Kind != yamlpos.Mapping {
		return
	}
	text := func(d time.Duration) string { return Duration(d).String() }
	defaults(n, "measurement_window", text(defaultMeasurementWindow), "evaluation_window", text(defaultEvaluationWindow), "grace_period", "0s",
		"idle", "met", "min_coverage", "90", "strict_coverage", "false", "max_gap", text(defaultMaxGap), "lookback", text(defaultLookback))
	methods := map[string]bool{e.Value.Method: true}
	for _, spec := range c.Expand(e) {
		methods[string(spec.Method)] = true
	}
	if methods["events"] {
		defaults(n, "method", "events")
	}
	if methods["slices"] || methods["mean"] || methods["downtime"] {
		defaults(n, "no_data", "excluded")
	}
	if methods["downtime"] {
		defaults(n, "down_when", "5%", "min_consecutive", text(defaultMinConsecutive), "min_events", "1")
	}
}

// defaults adds keys that a mapping lacks, given as key, value, key, value.
func defaults(n *yamlpos.Node, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if have := n.Get(pairs[i]); have != nil && have.Kind != yamlpos.Null {
			continue
		}
		v := yamlpos.NewScalar(n.Position, pairs[i+1])
		v.Comment = "default"
		n.Set(pairs[i], v)
	}
}

func itemsOrOne(n *yamlpos.Node) []*yamlpos.Node {
	if n != nil && n.Kind == yamlpos.Mapping {
		return []*yamlpos.Node{n}
	}
	return itemsOf(n)
}

// clone copies the mappings and lists of a tree and shares its scalars.
func clone(n *yamlpos.Node) *yamlpos.Node {
	if n == nil || n.Kind == yamlpos.Scalar || n.Kind == yamlpos.Null {
		return n
	}
	out := *n
	out.Items = nil
	for _, item := range n.Items {
		out.Items = append(out.Items, clone(item))
	}
	out.Fields = nil
	for _, f := range n.Fields {
		out.Fields = append(out.Fields, yamlpos.Field{Key: f.Key, Value: clone(f.Value)})
	}
	return &out
}
