// Package convert turns the service level objectives of other tools, Sloth,
// Pyrra and OpenSLO, into definitions of slactl. What has no counterpart is
// listed, with the place where it stands: nothing is dropped without a word.
package convert

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Result is what was made of the files.
type Result struct {
	// Definitions are the entries of sla_definitions, in the order of the files.
	Definitions []Definition
	// Notes say what could not be carried, by place.
	Notes yamlpos.Diagnostics
}

// Definition is one entry of sla_definitions.
type Definition struct {
	Name string
	node *yamlpos.Node
}

// Tools are the names of the tools whose files are read.
func Tools() []string { return []string{"sloth", "pyrra", "openslo"} }

// Files converts the documents of files. The tool is one of [Tools], or "" to
// tell it by each document. An error is about a file that could not be read;
// what a document says and cannot be carried is a note of the result.
func Files(tool string, files []File) (Result, error) {
	var c converter
	for _, f := range files {
		for _, doc := range documents(f) {
			root, diags := yamlpos.Parse(f.Name, "", doc)
			if diags.HasErrors() {
				return Result{}, diags
			}
			if len(root.Fields) == 0 {
				continue
			}
			c.docs = append(c.docs, root)
		}
	}
	for _, root := range c.docs {
		if err := c.document(tool, root); err != nil {
			return Result{}, err
		}
	}
	return c.result, nil
}

// File is a file with its text.
type File struct {
	Name string
	Text []byte
}

// documents splits a YAML stream at its lines of three dashes. Each document keeps
// its place in the file: the lines before it are empty.
func documents(f File) [][]byte {
	var out [][]byte
	var doc []byte
	for line := range bytes.Lines(f.Text) {
		rest, found := bytes.CutPrefix(line, []byte("---"))
		if rest = bytes.TrimSpace(rest); found && (len(rest) == 0 || rest[0] == '#') {
			out = append(out, doc)
			doc = bytes.Repeat([]byte{'\n'}, bytes.Count(doc, []byte{'\n'})+1)
			continue
		}
		doc = append(doc, line...)
	}
	return append(out, doc)
}

// converter collects definitions and notes.
type converter struct {
	docs   []*yamlpos.Node
	result Result
}

// document converts one document of a tool.
func (c *converter) document(tool string, root *yamlpos.Node) error {
	if tool == "" {
		if tool = toolOf(root); tool == "" {
			return root.Errorf("name the tool: --from "+strings.Join(Tools(), ", --from "), "it is not told which tool this document is for")
		}
	}
	switch tool {
	case "sloth":
		c.sloth(root)
	case "pyrra":
		c.pyrra(root)
	case "openslo":
		c.openslo(root)
	default:
		return fmt.Errorf("converting: no tool %q; %s", tool, yamlpos.DidYouMean(tool, Tools(), "write one of"))
	}
	return nil
}

// toolOf tells the tool by the version that a document names.
func toolOf(root *yamlpos.Node) string {
	version := text(root.Get("apiVersion"))
	switch {
	case strings.HasPrefix(version, "sloth.slok.dev/"), strings.HasPrefix(text(root.Get("version")), "prometheus/"):
		return "sloth"
	case strings.HasPrefix(version, "pyrra.dev/"):
		return "pyrra"
	case strings.HasPrefix(version, "openslo/"):
		return "openslo"
	}
	return ""
}

// note lists something that is not carried.
func (c *converter) note(n *yamlpos.Node, hint, format string, args ...any) {
	c.result.Notes = append(c.result.Notes, n.Diagnostic(yamlpos.Warning, "not-carried", hint, fmt.Sprintf(format, args...)))
}

// define adds a definition under a name that no other has.
func (c *converter) define(at *yamlpos.Node, name string, node *yamlpos.Node) {
	name = slug(name)
	for i := 2; slices.ContainsFunc(c.result.Definitions, func(d Definition) bool { return d.Name == name }); i++ {
		c.note(at, "", "another objective is named %s", name)
		name = fmt.Sprintf("%s_%d", strings.TrimSuffix(name, fmt.Sprintf("_%d", i-1)), i)
	}
	c.result.Definitions = append(c.result.Definitions, Definition{name, node})
}

// slug writes a name as slactl's own are written: small letters, digits and
// underscores.
func slug(name string) string {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), other), "_")
}

// YAML writes the definitions as a configuration.
func (r Result) YAML() []byte {
	all := yamlpos.NewMapping(yamlpos.Position{})
	for _, d := range r.Definitions {
		all.Set(d.Name, d.node)
	}
	root := yamlpos.NewMapping(yamlpos.Position{})
	root.Set("version", yamlpos.NewScalar(yamlpos.Position{}, "1"))
	root.Set("sla_definitions", all)
	return yamlpos.Encode(root, yamlpos.Values)
}

// entry builds a mapping of texts.
type entry struct{ node *yamlpos.Node }

func newEntry() entry { return entry{yamlpos.NewMapping(yamlpos.Position{})} }

// set gives a key a text, unless it is empty.
func (e entry) set(key, value string) entry {
	if value != "" {
		e.node.Set(key, yamlpos.NewScalar(yamlpos.Position{}, value))
	}
	return e
}

func (e entry) put(key string, value *yamlpos.Node) entry {
	e.node.Set(key, value)
	return e
}

func (e entry) list(key string, values []string) entry {
	if len(values) > 0 {
		n := &yamlpos.Node{Kind: yamlpos.Sequence}
		for _, v := range values {
			n.Items = append(n.Items, yamlpos.NewScalar(yamlpos.Position{}, v))
		}
		e.node.Set(key, n)
	}
	return e
}

func text(n *yamlpos.Node) string {
	if n == nil {
		return ""
	}
	return n.Text
}

// percent reads a target that is a percentage.
func (c *converter) percent(n *yamlpos.Node) string {
	d, err := unit.ParseDecimal(strings.TrimSpace(text(n)))
	if err != nil || d.Sign() <= 0 || d.Cmp(unit.DecimalOfInt(100)) > 0 {
		if n != nil {
			c.note(n, "a percentage lies between 0 and 100", "the target %s is not a percentage", n.Text)
		}
		return ""
	}
	return d.Canonical()
}

// share reads a target that is a share of 1, and returns the percentage.
func (c *converter) share(n *yamlpos.Node) string {
	d, err := unit.ParseDecimal(strings.TrimSpace(text(n)))
	if err != nil || d.Sign() <= 0 || d.Cmp(unit.DecimalOfInt(1)) > 0 {
		c.note(n, "a share lies between 0 and 1", "the target %s is not a share of 1", n.Text)
		return ""
	}
	return d.Mul(unit.DecimalOfInt(100)).Canonical()
}

// window says how the window of a tool is asked for.
func (c *converter) window(n *yamlpos.Node) {
	if n != nil {
		c.note(n, "ask for it by its name: --period last-28d, or a calendar month", "the window %s is not part of a definition: every period can be asked for", n.Text)
	}
}

// ignored lists the keys of a mapping that have no counterpart.
func (c *converter) ignored(n *yamlpos.Node, hint string, keys ...string) {
	if n == nil {
		return
	}
	for _, f := range n.Fields {
		if slices.Contains(keys, f.Key.Text) {
			c.note(f.Key, hint, "%s is not carried", f.Key.Text)
		}
	}
}
