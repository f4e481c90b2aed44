package cli

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/unit"
)

// sheet writes CSV. A text that a spreadsheet would run as a formula gets an
// apostrophe before it, which makes it a text there, unless raw is set; a number
// stays a number, also a negative one (OWASP, "CSV Injection").
type sheet struct {
	csv *csv.Writer
	raw bool
	err error
}

// rawFlag declares --raw.
func rawFlag(f *pflag.FlagSet, into *bool) {
	f.BoolVar(into, "raw", false, "write texts in CSV as they are, also those that a spreadsheet would run")
}

func newSheet(w io.Writer, raw bool, head ...string) *sheet {
	s := &sheet{csv: csv.NewWriter(w), raw: raw}
	s.row(head...)
	return s
}

func (s *sheet) row(cells ...string) {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c
		if !s.raw {
			out[i] = inert(c)
		}
	}
	if s.err == nil {
		s.err = s.csv.Write(out)
	}
}

// end writes what is left, and returns the first error.
func (s *sheet) end() error {
	s.csv.Flush()
	if s.err == nil {
		s.err = s.csv.Error()
	}
	return s.err
}

// inert keeps a spreadsheet from running a text.
func inert(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if _, err := unit.ParseDecimal(text); err == nil && text[0] == '-' {
		return text
	}
	return "'" + text
}
