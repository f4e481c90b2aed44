package yamlpos

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Edit replaces a part of a file by another text, and leaves the rest of it,
// comments and layout, as it is. Length counts characters and may reach over the
// end of the line; with a length of 0 the text is inserted.
type Edit struct {
	Position
	Length int    `json:"length"`
	Text   string `json:"text"`
}

// IsZero reports whether there is nothing to replace.
func (e Edit) IsZero() bool { return e == Edit{} }

// Replacement returns the edit that writes another text in place of a scalar,
// between the quotes that it has. It is zero where the text does not stand in the
// file as it is: escapes, blocks, variables.
func (n *Node) Replacement(text string) Edit { return n.ReplacementAt(0, len(n.Text), text) }

// ReplacementAt is [Node.Replacement] for a part of a scalar, given by bytes of
// its text.
func (n *Node) ReplacementAt(offset, length int, text string) Edit {
	if n.source == nil || n.Kind != Scalar || n.Written != "" || n.style == block || length <= 0 || offset+length > len(n.Text) || n.Line == 0 {
		return Edit{}
	}
	start := n.Column
	if n.style == quoted {
		start++
	}
	if !strings.HasPrefix(skipRunes(n.source.line(n.Line), start-1), n.Text) {
		return Edit{}
	}
	at := n.Position
	at.Column = start + utf8.RuneCountInString(n.Text[:offset])
	return Edit{at, utf8.RuneCountInString(n.Text[offset : offset+length]), text}
}

// Apply returns the text of a file after its edits, whatever their order. Equal
// edits count once: a value that aliases share may be edited for each of them. Of
// edits that overlap the first in the file is made, and the others are returned,
// to be tried on what comes out. An error names an edit that is about no place of
// the text.
func Apply(text []byte, edits []Edit) (out []byte, left []Edit, err error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Length, b.Length), cmp.Compare(a.Text, b.Text))
	})
	edits = slices.Compact(edits)
	lines := lineStarts(text)
	done := 0
	for i, e := range edits {
		from, ok := byteOffset(text, lines, e.Position)
		to := from
		for n := 0; ok && n < e.Length; n++ {
			if to >= len(text) {
				ok = false
				break
			}
			_, size := utf8.DecodeRune(text[to:])
			to += size
		}
		switch {
		case !ok:
			return nil, nil, fmt.Errorf("editing %s: the file has no such place", e.Position)
		case from < done || i > 0 && e.Position == edits[i-1].Position:
			left = append(left, e)
			continue
		}
		out = append(append(out, text[done:from]...), e.Text...)
		done = to
	}
	return append(out, text[done:]...), left, nil
}

// lineStarts lists the bytes at which lines begin, split as [NewSource] splits.
func lineStarts(text []byte) []int {
	first := 0
	if strings.HasPrefix(string(text[:min(3, len(text))]), "\xef\xbb\xbf") {
		first = 3
	}
	starts := []int{first}
	for i := first; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch r {
		case '\r':
			if i < len(text) && text[i] == '\n' {
				i++
			}
			starts = append(starts, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			starts = append(starts, i)
		}
	}
	return starts
}

func byteOffset(text []byte, lines []int, p Position) (int, bool) {
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 {
		return 0, false
	}
	at := lines[p.Line-1]
	for range p.Column - 1 {
		if at >= len(text) {
			return 0, false
		}
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at, true
}
