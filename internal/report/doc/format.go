package doc

import (
	"strings"
	"time"
	"unicode"

	"github.com/slactl/slactl/internal/unit"
)

// NotAvailable is what stands in the place of a [Missing] value; its reason goes
// to a footnote, a comment or wherever the medium keeps notes.
const NotAvailable = "n/a"

// Format writes a value as text. It is the one formatter of every medium that
// prints text, so that a figure is never written two ways: thousands are
// grouped with commas, a value that has a worse direction is cut towards it,
// money carries its currency and the digits of its minor unit, an instant
// carries its zone. A [Spark] is a picture and has no text.
func Format(v Value) string {
	switch v := v.(type) {
	case Text:
		return Clean(string(v))
	case Count:
		return unit.FormatCount(v.N)
	case Number:
		return join(unit.FormatNumber(v.N, v.Digits, v.Worse), Clean(v.Unit))
	case Ratio:
		return plus(v.Signed, unit.FormatPercent(v.Percent, v.Digits, v.Worse))
	case Money:
		return plus(v.Signed, unit.FormatMoney(v.Amount, Clean(v.Currency)))
	case Duration:
		return unit.FormatDuration(time.Duration(v))
	case Instant:
		if v.DateOnly {
			return v.Time.Format("2006-01-02")
		}
		return v.Time.Format("2006-01-02 15:04 MST")
	case Missing:
		return NotAvailable
	}
	return ""
}

// plus puts a plus sign before a printed number that is above 0; one that is
// printed as 0 has no sign.
func plus(signed bool, s string) string {
	if signed && !strings.HasPrefix(s, "-") && strings.ContainsAny(s, "123456789") {
		return "+" + s
	}
	return s
}

func join(number, name string) string {
	if name == "" || name == "×" {
		return number + name
	}
	return number + " " + name
}

// Clean makes text of a foreign system safe to draw: line breaks and tabs become
// spaces, and control characters (which a terminal would obey and XML forbids)
// and direction overrides (which make a text read as another one) become U+FFFD.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', r == '\ufffe', r == '\uffff':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// Parts cuts the text of a figure before its decimal point, or before its unit
// where it has none: 1,234.50 USD is "1,234" and ".50 USD". Columns of figures
// align at the cut. It reports false for what is no figure: words, durations,
// dates.
func Parts(v Value) (whole, tail string, ok bool) {
	switch v.(type) {
	case Count, Number, Ratio, Money, Text:
		whole, fraction, suffix := SplitNumber(Format(v))
		return whole, fraction + suffix, strings.ContainsAny(whole, "0123456789")
	}
	return Format(v), "", false
}

// SameUnit reports whether the figures of a column have one unit. Where they have
// not, their decimal points need not stand in line.
func (t Table) SameUnit(column int) bool {
	unit, first := "", true
	for _, r := range t.Rows {
		if column >= len(r.Cells) {
			continue
		}
		v := r.Cells[column].Value
		if _, _, figure := Parts(v); !figure {
			continue
		}
		_, _, suffix := SplitNumber(Format(v))
		if !first && suffix != unit {
			return false
		}
		unit, first = suffix, false
	}
	return true
}

// SplitNumber cuts a formatted number before its decimal point and before its
// unit: "1,234.50 USD" is "1,234", ".50" and " USD". A text that does not begin
// like a number is all whole.
func SplitNumber(s string) (whole, fraction, suffix string) {
	digit := func(r rune) bool { return '0' <= r && r <= '9' }
	start := strings.IndexFunc(s, digit)
	if start < 0 || strings.ContainsFunc(s[:start], unicode.IsLetter) {
		return s, "", ""
	}
	end := start + strings.IndexFunc(s[start:]+" ", func(r rune) bool { return !digit(r) && r != ',' && r != '.' })
	number := s[:end]
	if i := strings.LastIndexByte(number, '.'); i >= 0 {
		return number[:i], number[i:], s[end:]
	}
	return number, "", s[end:]
}
