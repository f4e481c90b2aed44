package yamlpos

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kind is the shape of a node.
type Kind int

// The shapes.
const (
	Null Kind = iota
	Scalar
	Mapping
	Sequence
)

// String names the shape in words for messages.
func (k Kind) String() string {
	return [...]string{"nothing", "a single value", "a mapping", "a list"}[k]
}

// Node is a value of a file and its place. A value that is reached through an
// alias or a merge key is shared and keeps the place where it is written.
type Node struct {
	Kind Kind
	Position
	Text   string  // of a scalar, with variables substituted
	Fields []Field // of a mapping, in the order of the file, merge keys resolved
	Items  []*Node // of a sequence

	// Written is what the file says where Text comes from the environment:
	// "${BILLING_DSN}".
	Written string
	// Resolved, where set, is what Text stands for: the absolute path.
	Resolved string
	// Secret marks a text that must not appear in output.
	Secret bool
	// Comment follows the value when it is encoded.
	Comment string

	tag    string
	style  style
	weight int // nodes of the tree below, aliases expanded
	source *Source
}

// Field is one key of a mapping and its value.
type Field struct {
	Key   *Node
	Value *Node
}

type style int

const (
	plain style = iota
	quoted
	block // literal or folded
)

// Source is the text of a file, for excerpts.
type Source struct {
	name, dir string
	lines     []string
}

// NewSource keeps the text of a file. dir is what relative paths in it are
// relative to.
func NewSource(name, dir string, text []byte) *Source {
	return &Source{name, dir, splitLines(string(text))}
}

// Scalar returns a node for a text that stands in the file, such as the cell of a
// table. The column is counted in bytes from 1.
func (s *Source) Scalar(line, column int, text string) *Node {
	before := s.line(line)
	before = before[:max(0, min(column-1, len(before)))]
	return &Node{Kind: Scalar, Position: Position{s.name, line, utf8.RuneCountInString(before) + 1}, Text: text, weight: 1, source: s}
}

// splitLines splits at everything that YAML counts as a line break.
func splitLines(text string) []string {
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	return strings.Split(breaks.Replace(text), "\n")
}

// NewScalar returns a node for a text that stands in no file: a default.
func NewScalar(pos Position, text string) *Node {
	return &Node{Kind: Scalar, Position: pos, Text: text, weight: 1}
}

// NewMapping returns a mapping at a place.
func NewMapping(pos Position, fields ...Field) *Node {
	return &Node{Kind: Mapping, Position: pos, Fields: fields, weight: 1 + 2*len(fields)}
}

// Dir returns the directory of the file that holds the node, which relative
// paths are relative to.
func (n *Node) Dir() string {
	if n.source == nil {
		return ""
	}
	return n.source.dir
}

// Get returns the value of a key of a mapping, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Key.Text == key {
			return f.Value
		}
	}
	return nil
}

// ScalarText returns the text of a scalar. For another shape it returns an error
// that says what was expected.
func (n *Node) ScalarText(expected string) (string, error) {
	if n.Kind != Scalar {
		return "", n.WrongKind(expected, "")
	}
	return n.Text, nil
}

// WrongKind returns an error about a node that has another shape than is expected,
// as a [Diagnostic].
func (n *Node) WrongKind(expected, hint string) error {
	return n.Diagnostic(Error, "type", hint, fmt.Sprintf("%s stands where %s is expected", n.Kind, expected))
}

// Errorf returns an error about the node, as a [Diagnostic].
func (n *Node) Errorf(hint, format string, args ...any) error {
	return n.Diagnostic(Error, "value", hint, fmt.Sprintf(format, args...))
}

// Diagnostic returns a finding about the whole node.
func (n *Node) Diagnostic(severity Severity, rule, hint, message string) Diagnostic {
	d := Diagnostic{Position: n.Position, Length: 1, Severity: severity, Rule: rule, Hint: hint, Message: message}
	d.Source = n.source.line(n.Line)
	if n.Kind == Scalar {
		d.Length = n.writtenLength(d.Source)
	}
	return d
}

// DiagnosticAt returns a finding about a part of a scalar, given by bytes of its
// text. Where the text does not stand in the file as it is (escapes, folded
// lines, variables), the finding is about the whole node.
func (n *Node) DiagnosticAt(offset, length int, severity Severity, rule, hint, message string) Diagnostic {
	d := n.Diagnostic(severity, rule, hint, message)
	if n.source == nil || n.Kind != Scalar || n.Written != "" || offset < 0 || offset > len(n.Text) {
		return d
	}
	if n.style == block { // the end of a block is the end of its last line
		offset = min(offset, len(strings.TrimRight(n.Text, "\n")))
	}
	before, part := n.Text[:offset], n.Text[offset:min(len(n.Text), offset+max(length, 1))]
	if n.style == block {
		row := strings.Count(before, "\n")
		before = before[strings.LastIndex(before, "\n")+1:]
		text := strings.Split(n.Text, "\n")[row]
		line := n.source.line(n.Line + 1 + row)
		indent, same := strings.CutSuffix(line, text)
		if !same {
			return d
		}
		d.Line, d.Column, d.Source = n.Line+1+row, len(indent)+1+utf8.RuneCountInString(before), line
		d.Length = utf8.RuneCountInString(strings.TrimSpace(part))
		return d
	}
	start := n.Column
	if n.style == quoted {
		start++
	}
	if !strings.HasPrefix(skipRunes(d.Source, start-1), n.Text) {
		return d
	}
	d.Column = start + utf8.RuneCountInString(before)
	d.Length = utf8.RuneCountInString(part)
	return d
}

// writtenLength is how many characters of the line the scalar takes.
func (n *Node) writtenLength(line string) int {
	text := n.Text
	if n.Written != "" {
		text = n.Written
	}
	length := utf8.RuneCountInString(text)
	if n.style == quoted {
		length += 2
	}
	if n.style == block || strings.Contains(text, "\n") {
		length = 1
	}
	return max(1, min(length, utf8.RuneCountInString(line)-n.Column+1))
}

func (s *Source) line(number int) string {
	if s == nil || number < 1 || number > len(s.lines) {
		return ""
	}
	return s.lines[number-1]
}

func skipRunes(s string, n int) string {
	for ; n > 0 && s != ""; n-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

// Set gives a key of a mapping a value, in place of the one it has or at the end.
func (n *Node) Set(key string, value *Node) {
	for i := range n.Fields {
		if n.Fields[i].Key.Text == key {
			n.Fields[i].Value = value
			return
		}
	}
	n.add(NewScalar(n.Position, key), value)
}

func (n *Node) add(key, value *Node) {
	n.Fields = append(n.Fields, Field{key, value})
	n.weight = min(n.weight+1+value.weight, maxWeight+1)
}
