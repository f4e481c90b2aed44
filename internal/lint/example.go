package lint

import (
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// BadExample returns the configuration that the rule objects to, as people would
// write it.
func (r Rule) BadExample() string { return spread(r.Bad) }

// GoodExample returns the configuration that the rule does not object to.
func (r Rule) GoodExample() string { return spread(r.Good) }

// spread writes YAML with a key a line. A text that is none, or that has comments,
// stays as it is.
func spread(text string) string {
	text = strings.TrimSpace(text) + "\n"
	node, diags := yamlpos.Parse("example.yaml", "", []byte(text))
	if node == nil || len(diags) > 0 || strings.Contains(text, "# ") {
		return text
	}
	return string(yamlpos.Encode(node, yamlpos.Values))
}
