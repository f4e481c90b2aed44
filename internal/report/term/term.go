// Package term draws a document as plain text for a terminal or a pipe: light
// tables without boxes in the way of kubectl and gh, small charts of block
// characters, footnotes under their tables. Colour only repeats what a mark or a
// word already says.
package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/slactl/slactl/internal/report/doc"
)

// Options say what the terminal can do. The zero value is right for a pipe.
type Options struct {
	// Width is the number of columns; 0 means without limit.
	Width int
	// Color allows ANSI colours.
	Color bool
	// ASCII keeps marks, rules and charts within ASCII. Text of the document is
	// left as it is, except for the signs that have a common spelling.
	ASCII bool
}

// Render writes the whole document. The only errors are those of w.
func Render(w io.Writer, d *doc.Document, opt Options) error {
	p := &printer{opt: opt}
	p.cover(d)
	for _, s := range d.Sections {
		p.heading(s.Title)
		for _, b := range s.Blocks {
			p.block(b)
		}
	}
	return p.flush(w)
}

// Table writes a single table as a command shows it, with its footnotes. The
// only errors are those of w.
func Table(w io.Writer, t doc.Table, opt Options) error {
	p := &printer{opt: opt}
	p.table(t)
	return p.flush(w)
}

// Blocks writes the blocks of a section as a command shows them, without a
// heading. The only errors are those of w.
func Blocks(w io.Writer, blocks []doc.Block, opt Options) error {
	p := &printer{opt: opt}
	for _, b := range blocks {
		p.block(b)
	}
	return p.flush(w)
}

// Widths of running text and of rules where the terminal sets no limit or more
// than one likes to read across.
const (
	proseWidth = 100
	ruleWidth  = 160
)

// printer collects the text of a document.
type printer struct {
	opt Options
	b   strings.Builder
}

// flush writes what was collected, without blanks at line ends.
func (p *printer) flush(w io.Writer) error {
	lines := strings.Split(p.b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	_, err := io.WriteString(w, strings.TrimLeft(strings.Join(lines, "\n"), "\n"))
	return err
}

func (p *printer) line(s string) { p.b.WriteString(s + "\n") }

// limit returns the width to fill, at most most.
func (p *printer) limit(most int) int {
	if p.opt.Width == 0 {
		return most
	}
	return min(p.opt.Width, most)
}

func (p *printer) cover(d *doc.Document) {
	p.line(p.bold(p.spell(doc.Clean(d.Title))))
	if d.Subtitle != "" {
		p.line(p.spell(doc.Clean(d.Subtitle)))
	}
	p.facts(d.Facts)
}

func (p *printer) heading(title string) {
	title = p.spell(doc.Clean(title))
	if title == "" {
		return
	}
	p.line("")
	rule := max(p.limit(ruleWidth)-text.StringWidth(title)-1, 3)
	if p.opt.Width == 0 {
		rule = 3
	}
	p.line(p.bold(title) + " " + p.dim(strings.Repeat(p.rule(), rule)))
}

func (p *printer) block(b doc.Block) {
	switch b := b.(type) {
	case doc.Paragraph:
		if b.Text != "" {
			p.line("")
			p.prose("", doc.Clean(b.Text))
		}
	case doc.Facts:
		p.facts(b.Items)
	case doc.Table:
		p.line("")
		p.table(b)
	case doc.Chart:
		p.line("")
		p.chart(b)
	case doc.Callout:
		p.line("")
		p.prose("", p.tone(b.Tone, strings.TrimSpace(p.mark(b.Tone)+" "+p.spell(doc.Clean(b.Title)))))
		p.prose("  ", doc.Clean(b.Text))
	}
}

// prose wraps running text at the width, each line behind an indent.
func (p *printer) prose(indent, s string) {
	for _, l := range wrap(p.spell(s), p.limit(proseWidth)-len(indent)) {
		p.line(indent + l)
	}
}

// facts writes labels and values in two columns, notes in brackets behind.
func (p *printer) facts(items []doc.Fact) {
	if len(items) == 0 {
		return
	}
	p.line("")
	labels := 0
	for _, f := range items {
		labels = max(labels, text.StringWidth(p.spell(doc.Clean(f.Label))))
	}
	for _, f := range items {
		value := p.tone(f.Cell.Tone, p.marked(f.Cell))
		if notes := doc.CellNotes(f.Cell); len(notes) > 0 {
			value += " (" + p.spell(strings.Join(notes, "; ")) + ")"
		}
		indent := strings.Repeat(" ", labels+2)
		for i, l := range wrap(value, max(p.limit(proseWidth)-len(indent), 20)) {
			if i == 0 {
				p.line(pad(p.spell(doc.Clean(f.Label)), labels) + "  " + l)
				continue
			}
			p.line(indent + l)
		}
	}
}

// marked is the text of a cell behind the mark of its tone.
func (p *printer) marked(c doc.Cell) string {
	s := p.value(c.Value, sparkWidth)
	if m := p.mark(c.Tone); m != "" && s != "" {
		return m + " " + s
	}
	return s
}

// value is the text of a value; a spark takes at most width columns.
func (p *printer) value(v doc.Value, width int) string {
	if s, ok := v.(doc.Spark); ok {
		return p.spark(s, width)
	}
	return p.spell(doc.Format(v))
}

func (p *printer) mark(t doc.Tone) string { return p.sign(t.Mark(), t.ASCIIMark()) }

// sign chooses between a sign and its ASCII stand-in.
func (p *printer) sign(unicode, ascii string) string {
	if p.opt.ASCII {
		return ascii
	}
	return unicode
}

// spell writes signs with a common ASCII spelling in it where ASCII is asked for.
func (p *printer) spell(s string) string {
	if !p.opt.ASCII {
		return s
	}
	return strings.NewReplacer("≥", ">=", "≤", "<=", "×", "x", "–", "-", "—", "--", "−", "-", "·", "-", "…", "...", "→", "->", "±", "+/-").Replace(s)
}

// The SGR codes in use.
const (
	sgrBold   = "1"
	sgrDim    = "2"
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
)

func (p *printer) paint(code, s string) string {
	if !p.opt.Color || s == "" || code == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%sm%s\x1b[0m", code, s)
}

func (p *printer) bold(s string) string { return p.paint(sgrBold, s) }
func (p *printer) dim(s string) string  { return p.paint(sgrDim, s) }

func (p *printer) tone(t doc.Tone, s string) string {
	return p.paint([...]string{doc.Neutral: "", doc.Good: sgrGreen, doc.Warn: sgrYellow, doc.Bad: sgrRed}[t], s)
}

// width is the number of columns that s takes, escape codes aside.
func width(s string) int { return text.StringWidthWithoutEscSequences(s) }

// pad fills s up with blanks at its end.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(n-width(s), 0)) }

// padLeft fills s up with blanks at its beginning.
func padLeft(s string, n int) string { return strings.Repeat(" ", max(n-width(s), 0)) + s }

// wrap breaks s at blanks into lines of at most n columns; a longer word gets a
// line of its own.
func wrap(s string, n int) []string {
	var lines []string
	var line string
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= n:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// shorten cuts s to n columns and ends it with an ellipsis where it was longer.
func (p *printer) shorten(s string, n int) string {
	if width(s) <= n {
		return s
	}
	end := p.sign("…", "~")
	var b strings.Builder
	room := n - width(end)
	for _, r := range s {
		if room -= text.RuneWidth(r); room < 0 {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ") + end
}
