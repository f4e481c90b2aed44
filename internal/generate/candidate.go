package generate

import (
	"regexp/syntax"
	"strings"

	"github.com/slactl/slactl/internal/query"
)

// candidates are values that a condition might accept. The caller tries them.
func candidates(m *query.Matcher) []string {
	out := []string{m.Value}
	if re, err := syntax.Parse(m.Value, syntax.Perl); err == nil {
		out = append(out, matching(re.Simplify()))
	}
	return append(out, "200", "example")
}

// matching writes a text for an expression: the first of each choice. Dots become
// zeros, so that 5.. gives the status 500.
func matching(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "0"
	case syntax.OpCapture, syntax.OpPlus, syntax.OpStar, syntax.OpAlternate:
		return matching(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(matching(sub))
		}
		return b.String()
	}
	return ""
}
