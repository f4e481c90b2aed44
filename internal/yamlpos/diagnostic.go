// Package yamlpos reads YAML and keeps the place of every value, so that
// whatever is said about a value can be shown under the line that holds it.
//
// [Parse] turns a file into a tree of [Node]s with aliases and merge keys
// resolved, [Decode] fills Go values from a tree and collects every problem on
// the way, and a [Diagnostic] is one such problem, printed as
//
//	slactl.yaml:14:11: target 999 is not a percentage
//	    target: 999
//	            ^^^
//	hint: a percentage lies between 0 and 100; write 99.9
//
// The package knows nothing about slactl's keys. It is the only one that
// imports a YAML library.
package yamlpos

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Position is a place in a file. Lines and columns count from 1, columns in
// characters; a Line of 0 means the file as a whole.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// IsValid reports whether the position names a file.
func (p Position) IsValid() bool { return p.File != "" }

// String writes file:line:column, or the file alone.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity tells how bad a diagnostic is.
type Severity string

// The severities. Only an error makes a configuration unusable.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Diagnostic is one finding about one place.
type Diagnostic struct {
	Position
	// Length is how many characters of the line the finding is about.
	Length   int      `json:"length"`
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // "syntax", "unknown-key", "value", or the name of a lint rule
	// Key is the path of the value that the finding is about, such as
	// sla_definitions.availability.target, or "" where there is none.
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Source is the line of the file, without its line break.
	Source string `json:"source,omitempty"`
	// Fix, unless it is zero, is an edit of the file after which the finding is
	// gone and nothing else has another meaning.
	Fix Edit `json:"fix,omitzero"`
}

// Error writes the diagnostic on one line.
func (d Diagnostic) Error() string {
	msg := d.Message
	if d.IsValid() {
		msg = d.Position.String() + ": " + msg
	}
	if d.Hint != "" {
		msg += "; " + d.Hint
	}
	return msg
}

// WriteTo prints the diagnostic with its line, a caret below the place, and its
// hint. Severities other than error are named before the message.
func (d Diagnostic) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	if d.IsValid() {
		b.WriteString(d.Position.String() + ": ")
	}
	if d.Severity != Error {
		b.WriteString(string(d.Severity) + ": ")
	}
	b.WriteString(d.Message)
	if d.Rule != "" && d.Severity != Error {
		b.WriteString(" [" + d.Rule + "]")
	}
	b.WriteByte('\n')
	if d.Source != "" {
		b.WriteString("    " + d.Source + "\n    " + d.caret() + "\n")
	}
	if d.Hint != "" {
		b.WriteString("hint: " + d.Hint + "\n")
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// caret returns the line that points at the place. Tabs before it are kept, so
// that it lines up whatever a terminal makes of them.
func (d Diagnostic) caret() string {
	var b strings.Builder
	column := 1
	for _, r := range d.Source {
		if column >= d.Column {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
		column++
	}
	rest := utf8.RuneCountInString(d.Source) - column + 1
	return b.String() + strings.Repeat("^", max(1, min(d.Length, rest)))
}

// Diagnostics is a list of findings.
type Diagnostics []Diagnostic

// Error writes one finding per line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// HasErrors reports whether any finding is an error.
func (ds Diagnostics) HasErrors() bool { return ds.Count(Error) > 0 }

// Count returns how many findings have the severity.
func (ds Diagnostics) Count(s Severity) int {
	n := 0
	for _, d := range ds {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Sort orders the findings by file, line and column, keeping the order of those
// about one place. Files that rank does not name come last, by name.
func (ds Diagnostics) Sort(rank map[string]int) {
	place := func(file string) int {
		if r, ok := rank[file]; ok {
			return r
		}
		return len(rank)
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(place(a.File), place(b.File)), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// WriteTo prints every finding with its line and caret.
func (ds Diagnostics) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for _, d := range ds {
		n, err := d.WriteTo(w)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
