package yamlpos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxWeight bounds the nodes of a file after its aliases are expanded: far more
// than any configuration has, and far less than a hostile one asks for.
const maxWeight = 1 << 17

// Parse reads the text of a file. The name is used in positions, and dir is what
// relative paths in it are relative to. An empty file is an empty mapping. The
// node is nil if the text could not be read.
func Parse(name, dir string, text []byte) (*Node, Diagnostics) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	src := NewSource(name, dir, text)
	if d, ok := binary(name, text); ok {
		return nil, Diagnostics{d}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return &Node{Kind: Mapping, Position: Position{name, 1, 1}, weight: 1, source: src}, nil
	} else if err != nil {
		return nil, Diagnostics{syntaxError(name, src, err)}
	}
	c := converter{name: name, src: src, done: map[*yaml.Node]*Node{}, active: map[*yaml.Node]bool{}}
	root := c.node(doc.Content[0])
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		c.errorf(&second, "syntax", "put it into a file of its own", "a second document begins here; a file holds one")
	} else if !errors.Is(err, io.EOF) {
		c.diags = append(c.diags, syntaxError(name, src, err))
	}
	if root.weight > maxWeight {
		c.diags = append(c.diags, root.Diagnostic(Error, "syntax", "", fmt.Sprintf("the aliases of this file expand to more than %d values", maxWeight)))
		return nil, c.diags
	}
	return root, c.diags
}

// binary tells a file that is no text from one that is.
func binary(name string, text []byte) (Diagnostic, bool) {
	for i, line := 0, 1; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == 0 || (r == utf8.RuneError && size == 1) {
			return Diagnostic{Position: Position{File: name}, Severity: Error, Rule: "syntax",
				Message: fmt.Sprintf("this is not a text file: byte %d, in line %d, is 0x%02x", i+1, line, text[i]),
				Hint:    "a configuration is YAML in UTF-8"}, true
		}
		if r == '\n' {
			line++
		}
		i += size
	}
	return Diagnostic{}, false
}

var lineOfError = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// syntaxError makes a diagnostic of what the YAML library says. It counts lines
// from 0 or 1 depending on the error and gives no column, so a tab in the
// indentation nearby, the usual reason, is looked for.
func syntaxError(name string, src *Source, err error) Diagnostic {
	d := Diagnostic{Position: Position{File: name, Line: 1, Column: 1}, Length: 1, Severity: Error, Rule: "syntax",
		Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := lineOfError.FindStringSubmatch(err.Error()); m != nil {
		d.Line, _ = strconv.Atoi(m[1])
		d.Message = m[2]
	}
	d.Line = max(1, min(d.Line, len(src.lines)))
	for _, line := range []int{d.Line, d.Line + 1, d.Line - 1} {
		text := src.line(line)
		if tab := strings.IndexByte(text[:len(text)-len(strings.TrimLeft(text, " \t"))], '\t'); tab >= 0 {
			d.Line, d.Column, d.Source = line, tab+1, text
			d.Message, d.Hint = "a tab stands in the indentation", "indent with spaces"
			return d
		}
	}
	d.Source = src.line(d.Line)
	d.Column = len(d.Source) - len(strings.TrimLeft(d.Source, " ")) + 1
	d.Length = utf8.RuneCountInString(strings.TrimSpace(d.Source))
	if strings.Contains(d.Message, "mapping values are not allowed") {
		d.Hint = "check the indentation, and quote a text that holds a colon and a space"
	} else if strings.Contains(d.Message, "cannot start any token") {
		d.Hint = "quote a text that begins with a special character"
	}
	return d
}

// converter turns the library's nodes into ours.
type converter struct {
	name   string
	src    *Source
	diags  Diagnostics
	done   map[*yaml.Node]*Node
	active map[*yaml.Node]bool
}

func (c *converter) errorf(y *yaml.Node, rule, hint, format string, args ...any) {
	c.diags = append(c.diags, c.bare(y).Diagnostic(Error, rule, hint, fmt.Sprintf(format, args...)))
}

// bare returns a node with the place of y and nothing below.
func (c *converter) bare(y *yaml.Node) *Node {
	n := &Node{Position: Position{c.name, y.Line, y.Column}, tag: y.ShortTag(), weight: 1, source: c.src}
	switch {
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		n.style = quoted
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		n.style = block
	}
	if y.Kind == yaml.ScalarNode && n.tag != "!!null" {
		n.Kind, n.Text = Scalar, y.Value
	}
	return n
}

func (c *converter) node(y *yaml.Node) *Node {
	if y.Kind == yaml.AliasNode {
		if c.active[y.Alias] {
			c.errorf(y, "syntax", "", "the alias *%s stands inside the value that it names", y.Value)
			return c.bare(y)
		}
		return c.node(y.Alias)
	}
	if n, ok := c.done[y]; ok {
		return n
	}
	c.active[y] = true
	n := c.bare(y)
	if y.Style&yaml.TaggedStyle != 0 && !strings.HasPrefix(n.tag, "!!") {
		c.errorf(y, "syntax", "remove the tag", "the tag %s has no meaning here", n.tag)
	}
	switch y.Kind {
	case yaml.SequenceNode:
		n.Kind = Sequence
		for _, item := range y.Content {
			child := c.node(item)
			n.Items = append(n.Items, child)
			n.weight += child.weight
		}
	case yaml.MappingNode:
		n.Kind = Mapping
		c.mapping(n, y)
	}
	n.weight = min(n.weight, maxWeight+1)
	delete(c.active, y)
	c.done[y] = n
	return n
}

// mapping fills the fields of n: its own keys first, then those that merge keys
// bring and that it does not set itself.
func (c *converter) mapping(n *Node, y *yaml.Node) {
	own := map[string]*Node{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		yk, yv := y.Content[i], y.Content[i+1]
		if yk.ShortTag() == "!!merge" {
			merged = append(merged, yv)
			continue
		}
		key := c.bare(yk)
		if yk.Kind == yaml.AliasNode {
			key = c.node(yk)
		}
		if key.Kind != Scalar {
			c.errorf(yk, "syntax", "write a word before the colon", "a key must be a single word")
			continue
		}
		if first, twice := own[key.Text]; twice {
			c.errorf(yk, "duplicate-key", "keep one of them", "key %q stands here a second time; first at %s", key.Text, first.Position)
			continue
		}
		own[key.Text] = key
		n.add(key, c.node(yv))
	}
	for _, yv := range merged {
		from := c.node(yv)
		for _, m := range append([]*Node{from}, from.Items...) {
			if m.Kind != Mapping && m != from {
				c.errorf(yv, "syntax", "", "a merge key takes a mapping or a list of mappings")
			}
			for _, f := range m.Fields {
				if own[f.Key.Text] == nil {
					own[f.Key.Text] = f.Key
					n.add(f.Key, f.Value)
				}
			}
		}
		if from.Kind != Mapping && from.Kind != Sequence {
			c.errorf(yv, "syntax", "", "a merge key takes a mapping or a list of mappings")
		}
	}
}
