package term

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/slactl/slactl/internal/report/doc"
)

const (
	gap        = 2  // columns between columns
	softText   = 32 // text is shortened to this before any column is left out
	leastText  = 8  // and to this after
	sparkWidth = 31 // a month of days
	leastSpark = 10
)

// piece is a cell as text: a number cut before its decimal point or unit, or a
// text that is all whole, behind it the numbers of its footnotes.
type piece struct {
	whole, tail, notes string
	tone               doc.Tone
	spark              doc.Spark
	rigid              bool // not a text: it is never cut
	figure             bool // has parts that align
}

// column is a column of pieces; the total row is the last of them.
type column struct {
	doc.Column
	head   []string // its lines
	pieces []piece
	cap    int // columns that a text or a spark may take
	isText bool
	spark  bool
	points bool // decimal points stand in line
}

func (p *printer) table(t doc.Table) {
	if t.Title != "" {
		p.prose("", p.bold(p.spell(doc.Clean(t.Title))))
	}
	if len(t.Rows) == 0 {
		p.line(p.dim("  nothing to list"))
		return
	}
	columns, notes, dropped := p.fit(t)
	p.draw(columns, t.Total != nil)
	for i, n := range notes.Texts() {
		p.prose("  ", p.footnote(i+1)+" "+n)
	}
	if len(dropped) > 0 {
		p.prose("  ", p.dim("not shown at this width: "+p.spell(strings.Join(dropped, ", "))))
	}
}

// columns turns a table by 90 degrees and every cell into text.
func (p *printer) columns(t doc.Table, notes *doc.Footnotes) []column {
	rows := t.Rows
	if t.Total != nil {
		rows = append(slices.Clip(rows), *t.Total)
	}
	columns := make([]column, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = column{Column: c, head: []string{p.spell(doc.Clean(c.Title))}, isText: !c.Numeric, points: t.SameUnit(i)}
	}
	for _, r := range rows {
		for i := range columns {
			var c doc.Cell
			if i < len(r.Cells) {
				c = r.Cells[i]
			}
			columns[i].add(p, c, notes)
		}
	}
	return columns
}

func (c *column) add(p *printer, cell doc.Cell, notes *doc.Footnotes) {
	_, isText := cell.Value.(doc.Text)
	pc := piece{tone: cell.Tone, rigid: cell.Value != nil && !isText}
	if s, ok := cell.Value.(doc.Spark); ok {
		pc.spark, pc.rigid, c.spark = s, false, true
	}
	pc.whole = p.marked(cell)
	if c.Numeric {
		pc.whole, pc.tail, pc.figure = doc.Parts(cell.Value)
		pc.whole, pc.tail = p.spell(pc.whole), p.spell(pc.tail)
		if !c.points {
			pc.whole, pc.tail, pc.figure = pc.whole+pc.tail, "", false
		}
		if isText && p.opt.Width > 0 && width(pc.whole) > softText {
			pc.whole, pc.figure = p.shorten(pc.whole, softText), false
		}
		if m := p.mark(cell.Tone); m != "" && pc.whole != "" {
			pc.whole = m + " " + pc.whole
		}
	}
	for i, n := range notes.Mention(cell) {
		if i > 0 {
			pc.notes += ","
		}
		pc.notes += p.superscript(n)
	}
	if pc.notes != "" && p.opt.ASCII {
		pc.notes = "[" + pc.notes + "]"
	}
	c.pieces = append(c.pieces, pc)
}

// superscript writes the number of a footnote.
func (p *printer) superscript(n int) string {
	s := strconv.Itoa(n)
	if p.opt.ASCII {
		return s
	}
	return strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(s)
}

func (p *printer) footnote(n int) string {
	if p.opt.ASCII {
		return "[" + p.superscript(n) + "]"
	}
	return p.superscript(n)
}

// fit makes the columns fit the width: heads wrap, long text is shortened, then
// columns are left out by their priority, then text is shortened further.
// Numbers are never cut; where they alone are too wide, lines are too long. It
// also returns the footnotes of the columns that stay and the titles of those
// that are left out.
func (p *printer) fit(t doc.Table) (columns []column, notes doc.Footnotes, dropped []string) {
	columns = p.columns(t, &notes)
	room := p.opt.Width
	if room == 0 || total(columns) <= room {
		return columns, notes, nil
	}
	for {
		for i := range columns {
			columns[i].wrapHead()
		}
		shrink(columns, total(columns)-room, softText, sparkWidth)
		i := leastWanted(columns)
		if total(columns) <= room || i < 0 {
			break
		}
		dropped = append(dropped, t.Columns[i].Title)
		t = without(t, i)
		notes = doc.Footnotes{} // a column takes its notes with it
		columns = p.columns(t, &notes)
	}
	shrink(columns, total(columns)-room, leastText, leastSpark)
	slices.Reverse(dropped)
	return columns, notes, dropped
}

// without is a copy of the table that lacks column i.
func without(t doc.Table, i int) doc.Table {
	cut := func(r doc.Row) doc.Row {
		if i >= len(r.Cells) {
			return r
		}
		return doc.Row{Cells: slices.Delete(slices.Clone(r.Cells), i, i+1)}
	}
	out := t
	out.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
	out.Rows = make([]doc.Row, len(t.Rows))
	for r := range t.Rows {
		out.Rows[r] = cut(t.Rows[r])
	}
	if t.Total != nil {
		total := cut(*t.Total)
		out.Total = &total
	}
	return out
}

func total(columns []column) int {
	n := gap * (len(columns) - 1)
	for _, c := range columns {
		n += c.width()
	}
	return n
}

// leastWanted is the column to leave out first: the highest priority, the last
// of equals; −1 when every other column must stay.
func leastWanted(columns []column) int {
	at := -1
	for i, c := range columns {
		if c.Priority > 0 && (at < 0 || c.Priority >= columns[at].Priority) {
			at = i
		}
	}
	return at
}

// shrink takes up to n columns away from the widest texts and sparks, none below
// its floor.
func shrink(columns []column, n, text, spark int) {
	for ; n > 0; n-- {
		at := -1
		for i, c := range columns {
			floor := text
			if c.spark {
				floor = spark
			}
			if c.isText && c.width() > max(floor, c.headWidth(), c.rigidWidth()) && (at < 0 || c.width() > columns[at].width()) {
				at = i
			}
		}
		if at < 0 {
			return
		}
		columns[at].cap = columns[at].width() - 1
	}
}

func (c *column) headWidth() int {
	n := 0
	for _, l := range c.head {
		n = max(n, width(l))
	}
	return n
}

// rigidWidth is the width of the widest piece that must not be cut.
func (c *column) rigidWidth() int {
	n := 0
	for _, pc := range c.pieces {
		if pc.rigid {
			n = max(n, width(pc.whole+pc.notes))
		}
	}
	return n
}

// wrapHead breaks a head that is wider than its column at its blanks.
func (c *column) wrapHead() {
	words, body := strings.Fields(c.head[0]), c.bodyWidth()
	for _, w := range words {
		body = max(body, width(w))
	}
	if len(words) > 0 {
		c.head = wrap(c.head[0], body)
	}
}

func (c *column) width() int { return max(c.headWidth(), c.bodyWidth()) }

// parts are the widths of the widest parts of the pieces. A word among numbers
// takes the room of both parts.
func (c *column) parts() (whole, tail, notes int) {
	for _, pc := range c.pieces {
		notes, tail = max(notes, width(pc.notes)), max(tail, width(pc.tail))
		if pc.figure {
			whole = max(whole, width(pc.whole))
		}
	}
	for _, pc := range c.pieces {
		if !pc.figure {
			whole = max(whole, width(pc.whole)-tail)
		}
	}
	return whole, tail, notes
}

func (c *column) bodyWidth() int {
	n := 0
	if c.isText {
		for _, pc := range c.pieces {
			n = max(n, width(pc.whole+pc.notes))
		}
		if c.cap > 0 {
			n = min(n, c.cap)
		}
		return n
	}
	whole, tail, notes := c.parts()
	return whole + tail + notes
}

// texts are the cells of a column as drawn: numbers stand with their decimal
// points in one line, text is shortened.
func (c *column) texts(p *printer) []string {
	out := make([]string, len(c.pieces))
	whole, tail, notes := c.parts()
	for i, pc := range c.pieces {
		switch {
		case pc.spark != nil:
			out[i] = p.spark(pc.spark, c.bodyWidth())
		case c.isText:
			s := pc.whole
			if c.cap > 0 {
				s = p.shorten(s, c.cap-width(pc.notes))
			}
			out[i] = p.tone(pc.tone, s) + p.dim(pc.notes)
		case pc.figure:
			out[i] = p.tone(pc.tone, padLeft(pc.whole, whole)+pc.tail) + p.dim(pc.notes)
			out[i] = pad(out[i], whole+tail+notes)
		default:
			out[i] = pad(p.tone(pc.tone, padLeft(pc.whole, whole+tail))+p.dim(pc.notes), whole+tail+notes)
		}
	}
	return out
}

// draw hands the finished cells to go-pretty.
func (p *printer) draw(columns []column, hasTotal bool) {
	w := table.NewWriter()
	w.SetStyle(p.style())
	var head table.Row
	var configs []table.ColumnConfig
	rows := make([]table.Row, len(columns[0].pieces))
	var foot table.Row
	for i, c := range columns {
		align := text.AlignLeft
		if c.Numeric {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align, AlignFooter: align, VAlignHeader: text.VAlignBottom})
		var lines []string
		for _, l := range c.head {
			lines = append(lines, p.bold(l))
		}
		head = append(head, strings.Join(lines, "\n"))
		texts := c.texts(p)
		if hasTotal {
			last := len(texts) - 1
			foot = append(foot, p.bold(texts[last]))
			texts = texts[:last]
		}
		for r := range texts {
			rows[r] = append(rows[r], texts[r])
		}
	}
	w.AppendHeader(head)
	if hasTotal {
		rows = rows[:len(rows)-1]
		w.AppendFooter(foot)
	}
	w.AppendRows(rows)
	w.SetColumnConfigs(configs)
	for l := range strings.SplitSeq(w.Render(), "\n") {
		if strings.Trim(l, p.rule()) == "" { // go-pretty draws it under the last gap too
			l = p.dim(strings.Repeat(p.rule(), total(columns)))
		}
		p.line(l)
	}
}

func (p *printer) rule() string { return p.sign("─", "-") }

// style is light: two blanks between columns, a rule under the head and above
// the total.
func (p *printer) style() table.Style {
	rule := p.rule()
	return table.Style{
		Box:    table.BoxStyle{MiddleHorizontal: rule, MiddleSeparator: rule, PaddingRight: strings.Repeat(" ", gap)},
		Format: table.FormatOptions{Header: text.FormatDefault, Row: text.FormatDefault, Footer: text.FormatDefault},
		Options: table.Options{
			SeparateHeader: true,
			SeparateFooter: true,
		},
	}
}
