package pdf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

// grid fits a table into the width of the page. First the type gets smaller, as
// long as text columns would have to be squeezed; then text breaks into lines;
// then columns are left out by their priority. Numbers are never broken.
func (f *flow) grid(t doc.Table) *grid {
	columns := make([]int, len(t.Columns))
	for i := range columns {
		columns[i] = i
	}
	var dropped []string
	for {
		for size := tableSize; size >= leastSize; size -= sizeStep {
			g := f.measure(t, columns, size)
			if g.least(easyText) <= f.width() {
				return f.finish(g, dropped)
			}
		}
		g := f.measure(t, columns, leastSize)
		i := leastWanted(t, columns)
		if i < 0 {
			return f.finish(f.force(t, columns), dropped)
		}
		if g.least(leastText) <= f.width() {
			return f.finish(g, dropped)
		}
		dropped = append([]string{t.Columns[columns[i]].Title}, dropped...)
		columns = slices.Delete(columns, i, i+1)
	}
}

// leastWanted is the column to leave out first: the highest priority, the last
// of equals; −1 when every other column must stay.
func leastWanted(t doc.Table, columns []int) int {
	at := -1
	for i, c := range columns {
		if p := t.Columns[c].Priority; p > 0 && (at < 0 || p >= t.Columns[columns[at]].Priority) {
			at = i
		}
	}
	return at
}

// measure turns the columns of a table into texts and their widths at a size.
func (f *flow) measure(t doc.Table, columns []int, size float64) *grid {
	g := &grid{size: size}
	for _, i := range columns {
		g.columns = append(g.columns, &gridColumn{Column: t.Columns[i], index: i, points: t.SameUnit(i)})
	}
	for _, r := range t.Rows {
		g.rows = append(g.rows, f.gridRow(g, r, false))
	}
	if t.Total != nil {
		total := f.gridRow(g, *t.Total, true)
		g.total = &total
	}
	for _, c := range g.columns {
		if c.Numeric {
			c.natural = max(c.natural, c.whole+c.tail)
		}
		head := f.spell(c.Title)
		for _, w := range strings.Fields(head) {
			c.word = max(c.word, f.bold.width(w, headType(g)))
		}
		c.natural = max(c.natural, c.word)
		if c.Numeric {
			c.rigid = c.natural
		} else {
			c.natural = max(c.natural, min(f.bold.width(head, headType(g)), easyText))
		}
	}
	return g
}

func (f *flow) gridRow(g *grid, r doc.Row, bold bool) gridRow {
	var out gridRow
	for _, c := range g.columns {
		var cell doc.Cell
		if c.index < len(r.Cells) {
			cell = r.Cells[c.index]
		}
		out.cells = append(out.cells, f.gridCell(g, c, cell, bold))
	}
	return out
}

// gridCell makes a cell and widens its column.
func (f *flow) gridCell(g *grid, col *gridColumn, c doc.Cell, bold bool) gridCell {
	face, size := f.face(bold), g.size
	_, missing := c.Value.(doc.Missing)
	out := gridCell{tone: c.Tone, missing: missing, text: f.spell(doc.Format(c.Value))}
	for i, n := range g.notes.Mention(c) {
		if i > 0 {
			out.mentions += ","
		}
		out.mentions += fmt.Sprint(n)
	}
	mentions := f.regular.width(out.mentions, size*noteScale) + 1
	shape := 0.0
	if c.Tone != doc.Neutral {
		shape = size*0.9 + 4
	}
	switch v := c.Value.(type) {
	case doc.Spark:
		out.spark = v
		col.natural, col.rigid = max(col.natural, sparkWide), max(col.rigid, sparkWide)
		return out
	case doc.Text, nil:
	default: // a date is not broken either
		col.rigid = max(col.rigid, shape+face.width(out.text, size)+mentions)
	}
	if !col.Numeric {
		col.natural = max(col.natural, shape+face.width(out.text, size)+mentions)
		for _, w := range strings.Fields(out.text) {
			col.word = max(col.word, min(shape+face.width(w, size)+mentions, longWord))
		}
		return out
	}
	if _, isText := c.Value.(doc.Text); isText && face.width(out.text, size) > 2*easyText {
		out.text = f.clip(out.text, size, 2*easyText)
		c.Value = nil // no figure is that long
	}
	out.whole, out.tail, out.number = doc.Parts(c.Value)
	out.whole, out.tail, out.number = f.spell(out.whole), f.spell(out.tail), out.number && col.points
	if !out.number {
		col.natural = max(col.natural, shape+face.width(out.text, size)+mentions)
		return out
	}
	col.whole = max(col.whole, shape+face.width(out.whole, size))
	col.tail = max(col.tail, face.width(out.tail, size)+mentions)
	return out
}

// least is the least width of the grid, when no text column that is wider gets
// less than easy or than its longest word.
func (g *grid) least(easy float64) float64 {
	sum := columnGap * float64(len(g.columns)-1)
	for _, c := range g.columns {
		sum += c.least(easy)
	}
	return sum
}

func (c *gridColumn) least(easy float64) float64 {
	return max(c.rigid, min(c.natural, max(easy, c.word)))
}

// force is the last resort: words may break, and the type gets as small as it
// must.
func (f *flow) force(t doc.Table, columns []int) *grid {
	for size := leastSize; ; size -= sizeStep {
		g := f.measure(t, columns, size)
		if g.least(leastText) <= f.width() {
			return g
		}
		for _, c := range g.columns {
			c.word = 0
		}
		if g.least(leastText) <= f.width() || size <= tiniestSize {
			return g
		}
	}
}

// finish settles widths, breaks texts into lines and places the columns.
func (f *flow) finish(g *grid, dropped []string) *grid {
	g.dropped = dropped
	g.settle(f.width())
	x := marginX
	for _, c := range g.columns {
		c.x = x
		x += c.width + columnGap
		g.heads = append(g.heads, f.wrap(f.spell(c.Title), true, headType(g), c.width+0.1))
	}
	for i := range g.rows {
		f.breakRow(g, &g.rows[i], false)
	}
	if g.total != nil {
		f.breakRow(g, g.total, true)
	}
	return g
}

// settle gives every column its width: what it would like where there is room,
// and otherwise its least width and a share of the rest.
func (g *grid) settle(room float64) {
	room -= columnGap * float64(len(g.columns)-1)
	easy := easyText
	if g.least(easy)-columnGap*float64(len(g.columns)-1) > room {
		easy = leastText
	}
	least, natural := 0.0, 0.0
	for _, c := range g.columns {
		least, natural = least+c.least(easy), natural+c.natural
	}
	for _, c := range g.columns {
		switch {
		case natural <= room:
			c.width = c.natural + min((room-natural)/float64(len(g.columns)), mostSpread)
		case natural > least && room > least:
			c.width = c.least(easy) + (c.natural-c.least(easy))*(room-least)/(natural-least)
		default:
			c.width = c.least(easy)
		}
	}
}

func (f *flow) breakRow(g *grid, r *gridRow, bold bool) {
	lines := 1
	for i := range r.cells {
		c := &r.cells[i]
		if g.columns[i].Numeric || c.spark != nil {
			continue
		}
		room := g.columns[i].width - f.regular.width(c.mentions, g.size*noteScale) - 0.9
		if c.tone != doc.Neutral {
			room -= g.size*0.9 + 4
		}
		c.lines = f.wrap(c.text, bold, g.size, max(room, g.size))
		if len(c.lines) > mostLines {
			c.lines = append(c.lines[:mostLines-1], f.clip(c.lines[mostLines-1]+"…", g.size, room))
			if note := "a text is too long for its cell and is cut"; !slices.Contains(f.notes, note) {
				f.notes = append(f.notes, note)
			}
		}
		lines = max(lines, len(c.lines))
	}
	r.height = float64(lines)*g.size*leading + 2*cellPad
}
