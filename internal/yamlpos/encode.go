package yamlpos

import (
	"bytes"

	"gopkg.in/yaml.v3"
)

// Mask is what is written in place of a secret.
const Mask = "<secret>"

// View chooses which text of a scalar [Encode] writes.
type View int

// The views of a tree.
const (
	// Values writes what programs work with: variables substituted, paths
	// absolute, secrets included.
	Values View = iota
	// Public writes what people may see: secrets masked, variables by name, paths
	// absolute.
	Public
	// Stable writes what does not depend on the machine: secrets masked,
	// variables by name, paths as written, no comments.
	Stable
	// Frozen writes what held at one time, to be read elsewhere: secrets masked,
	// variables substituted, paths as written.
	Frozen
)

// text returns what the view shows of a scalar.
func (v View) text(n *Node) string {
	switch {
	case n.Secret && v != Values:
		return Mask
	case n.Written != "" && v != Values && v != Frozen:
		return n.Written
	case n.Resolved != "" && v != Stable && v != Frozen:
		return n.Resolved
	}
	return n.Text
}

// Encode writes the node as YAML in block style.
func Encode(n *Node, view View) []byte {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(toYAML(n, view)); err != nil {
		panic("encoding a tree into memory: " + err.Error())
	}
	return b.Bytes()
}

func toYAML(n *Node, view View) *yaml.Node {
	y := &yaml.Node{Tag: n.tag}
	if view == Public || view == Frozen {
		y.LineComment = n.Comment
		if n.Secret && n.Written != "" {
			y.LineComment = "from " + n.Written
		}
	}
	switch n.Kind {
	case Null:
		y.Kind, y.Tag, y.Value = yaml.ScalarNode, "!!null", "null"
	case Scalar:
		y.Kind, y.Value = yaml.ScalarNode, view.text(n)
		if y.Value != n.Text {
			y.Tag = "!!str"
		}
	case Sequence:
		y.Kind, y.Tag = yaml.SequenceNode, "!!seq"
		for _, item := range n.Items {
			y.Content = append(y.Content, toYAML(item, view))
		}
	case Mapping:
		y.Kind, y.Tag = yaml.MappingNode, "!!map"
		for _, f := range n.Fields {
			y.Content = append(y.Content, toYAML(f.Key, view), toYAML(f.Value, view))
		}
	}
	return y
}
