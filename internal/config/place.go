package config

import (
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// enter indexes every value below n, and its key, by its path:
// sources.metrics.prometheus, objectives[0].name.
func (c *Config) enter(path string, n *yamlpos.Node) {
	c.index[path] = n
	for i, item := range n.Items {
		c.enter(at(path, i), item)
	}
	for _, f := range n.Fields {
		below := f.Key.Text
		if path != "" {
			below = path + "." + below
		}
		c.keys[below] = f.Key
		c.enter(below, f.Value)
	}
}

// node returns the value at a path, or the nearest one that holds it.
func (c *Config) node(path string) *yamlpos.Node {
	for ; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		if n := c.index[path]; n != nil {
			return n
		}
	}
	return c.root
}

// Pos returns the place of the value at a path such as
// sla_definitions.availability.target or maintenance[0].start, or of the nearest
// value around it.
func (c *Config) Pos(path string) yamlpos.Position { return c.node(path).Position }

// Node returns the value at a path, for findings about a part of it, or the
// nearest value around it.
func (c *Config) Node(path string) *yamlpos.Node { return c.node(path) }

// Key returns the key of the value at a path, or else what [Config.Node] returns.
func (c *Config) Key(path string) *yamlpos.Node {
	if key := c.keys[path]; key != nil {
		return key
	}
	return c.node(path)
}

// Has reports whether the files say something at a path.
func (c *Config) Has(path string) bool {
	n := c.index[path]
	return n != nil && n.Kind != yamlpos.Null
}

// Files returns the texts of the files that could be read, in their order.
func (c *Config) Files() []*yamlpos.Source { return c.files }

// SecretsInFiles lists the paths of secrets that the files themselves hold, in
// the order of the paths. Headers are not counted: most say who one is.
func (c *Config) SecretsInFiles() []string {
	var out []string
	for path, n := range c.index {
		if n.Secret && n.Written == "" && n.Text != "" && !strings.Contains(path, ".headers.") {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}
