package term_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/report/doc/doctest"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/unit"
)

func render(t *testing.T, d *doc.Document, opt term.Options) string {
	t.Helper()
	var b strings.Builder
	if err := term.Render(&b, d, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLinesFit renders at every width from 80 to 200; only a word that cannot be
// broken, such as a digest, may be longer than a line.
func TestLinesFit(t *testing.T) {
	d := doctest.Large(3)
	for width := 80; width <= 200; width++ {
		for line := range strings.SplitSeq(render(t, d, term.Options{Width: width}), "\n") {
			if n := text.StringWidthWithoutEscSequences(line); n > width && !strings.Contains(line, "sha256:") {
				t.Errorf("at %d columns a line has %d: %s", width, n, line)
			}
		}
	}
}

// TestNumbersAreNeverCut looks for every figure of the sample at every width:
// it is whole, or its column is left out and named.
func TestNumbersAreNeverCut(t *testing.T) {
	figure := regexp.MustCompile(`[0-9][0-9,.]*…`)
	for width := 40; width <= 160; width += 4 {
		out := render(t, doctest.Sample(), term.Options{Width: width})
		for line := range strings.SplitSeq(out, "\n") {
			if strings.Contains(line, "https://") {
				continue // an address is text
			}
			if cut := figure.FindString(line); cut != "" {
				t.Errorf("at %d columns a figure is cut to %s: %s", width, cut, line)
			}
		}
		if !strings.Contains(out, "Budget used") && !strings.Contains(out, "Budget") {
			t.Errorf("at %d columns nothing tells that Budget used is left out", width)
		}
	}
}

func TestColourOnlyRepeats(t *testing.T) {
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, d := range map[string]*doc.Document{"sample": doctest.Sample(), "torture": doctest.Torture()} {
		plain := render(t, d, term.Options{Width: 120})
		coloured := render(t, d, term.Options{Width: 120, Color: true})
		if strings.Contains(plain, "\x1b") {
			t.Errorf("%s: escape codes without colour", name)
		}
		if !strings.Contains(coloured, "\x1b[31m") {
			t.Errorf("%s: no colour", name)
		}
		trim := func(s string) string { return regexp.MustCompile(` +\n`).ReplaceAllString(s, "\n") }
		if got := trim(escape.ReplaceAllString(coloured, "")); got != trim(plain) {
			t.Errorf("%s: colour changes the text", name)
		}
	}
}

func TestASCII(t *testing.T) {
	out := render(t, doctest.Sample(), term.Options{Width: 200, ASCII: true})
	for _, sign := range "─│┤└✓✗…·≥≤▁█●¹" {
		if strings.ContainsRune(out, sign) {
			t.Errorf("found %c", sign)
		}
	}
	if !strings.Contains(out, "x breached") || !strings.Contains(out, "n/a[2]") {
		t.Error("marks or footnotes are missing")
	}
}

// TestTable is a table of a command: no title, a column left out at 40 columns.
func TestTable(t *testing.T) {
	money := func(s string) doc.Cell {
		return doc.Cell{Value: doc.Money{Amount: unit.MustDecimal(s), Currency: "USD"}}
	}
	table := doc.Table{Columns: []doc.Column{{Title: "Service"}, {Title: "Amount", Numeric: true}, {Title: "Month before", Numeric: true, Priority: 1}},
		Rows: []doc.Row{
			{Cells: []doc.Cell{{Value: doc.Text("Amazon EC2")}, money("9610.1"), money("9200")}},
			{Cells: []doc.Cell{{Value: doc.Text("AWS Lambda")}, money("0.00412"), {Value: doc.Missing{Why: "no charge"}}}}},
		Total: &doc.Row{Cells: []doc.Cell{{Value: doc.Text("Total")}, money("9610.10412"), money("9200")}}}
	for width, want := range map[int]string{
		0: `
Service              Amount   Month before
──────────────────────────────────────────
Amazon EC2  9,610.10 USD     9,200.00 USD
AWS Lambda      0.00412 USD           n/a¹
──────────────────────────────────────────
Total       9,610.10 USD     9,200.00 USD
  ¹ no charge
`, 34: `
Service              Amount
───────────────────────────
Amazon EC2  9,610.10 USD
AWS Lambda      0.00412 USD
───────────────────────────
Total       9,610.10 USD
  not shown at this width: Month
  before
`} {
		var b strings.Builder
		if err := term.Table(&b, table, term.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != strings.TrimPrefix(want, "\n") {
			t.Errorf("at width %d got\n%s\nwant%s", width, got, want)
		}
	}
}
