package yamlpos

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Comment is a comment of a file, from its # to the end of the line.
type Comment struct {
	Position
	Text  string // with the #, without spaces at the end
	Alone bool   // whether nothing else stands on the line
}

// Source returns the file that the node stands in, or nil.
func (n *Node) Source() *Source { return n.source }

// Name returns the name of the file.
func (s *Source) Name() string { return s.name }

// Line returns a line, counted from 1, without its break.
func (s *Source) Line(number int) string { return s.line(number) }

// Lines returns how many lines the file has.
func (s *Source) Lines() int { return len(s.lines) }

// Contains reports whether a line of the file has the text.
func (s *Source) Contains(text string) bool {
	return slices.ContainsFunc(s.lines, func(line string) bool { return strings.Contains(line, text) })
}

// Comments lists the comments of a YAML file. A # inside quotes, inside a block
// of text or inside a word begins none.
func (s *Source) Comments() []Comment {
	var out []Comment
	var quote byte // the quotes that are open
	indent := -1   // of the line that introduced the block of text, -1 outside of one
	for i, line := range s.lines {
		content := strings.TrimLeft(line, " ")
		margin := len(line) - len(content)
		if indent >= 0 && quote == 0 {
			if content == "" || margin > indent {
				continue
			}
			indent = -1
		}
		var at int
		quote, at = scanLine(line, quote)
		if at >= 0 {
			out = append(out, Comment{Position{s.name, i + 1, utf8.RuneCountInString(line[:at]) + 1},
				strings.TrimRight(line[at:], " \t"), strings.TrimLeft(line[:at], " \t") == ""})
			line = line[:at]
		}
		if quote == 0 && beginsBlock(line) {
			indent = margin
		}
	}
	return out
}

// scanLine walks over a line that begins inside the given quotes, or outside of
// any, and returns the quotes that are open at its end and where its comment
// begins, -1 without one.
func scanLine(line string, quote byte) (open byte, comment int) {
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote == '\'' && c == '\'' && i+1 < len(line) && line[i+1] == '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return 0, i
		case (c == '"' || c == '\'') && beginsValue(line[:i]):
			quote = c
		}
	}
	return quote, -1
}

// beginsValue reports whether a quote after the given text opens a quoted text
// and is no letter of a plain one.
func beginsValue(before string) bool {
	trimmed := strings.TrimRight(before, " \t")
	if trimmed == "" {
		return true
	}
	switch last := trimmed[len(trimmed)-1]; last {
	case '[', '{', ',':
		return true
	case ':', '-', '?':
		return len(trimmed) < len(before)
	}
	word := trimmed[strings.LastIndexAny(trimmed, " \t")+1:]
	return len(trimmed) < len(before) && (word[0] == '&' || word[0] == '!') // an anchor or a tag
}

// beginsBlock reports whether a line ends in the mark of a block of text: | or >.
func beginsBlock(line string) bool {
	words := strings.Fields(line)
	if len(words) < 2 {
		return false
	}
	last := words[len(words)-1]
	if (last[0] != '|' && last[0] != '>') || strings.Trim(last[1:], "+-123456789") != "" {
		return false
	}
	before := words[len(words)-2]
	return strings.HasSuffix(before, ":") || before == "-" || before[0] == '&' || before[0] == '!'
}
