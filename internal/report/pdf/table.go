package pdf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

const (
	columnGap   = 10.0
	cellPad     = 2.6 // above and below a row
	sparkWide   = 62.0
	easyText    = 78.0 // a text column is not squeezed below this before the type is made smaller
	leastText   = 34.0
	longWord    = 110.0 // a longer word may break
	mostSpread  = 40.0  // room that a column of a narrow table gets on top
	mostLines   = 40    // of a cell; a longer text is cut, and noted
	noteScale   = 0.68
	tableSize   = 8.5
	leastSize   = 7.0
	tiniestSize = 4.0
	sizeStep    = 0.5
	continued   = " (continued)"
	nothingText = "nothing to list"
)

// grid is a table on its way to the page: which columns it has, how wide they
// are, at which size of type.
type grid struct {
	title   string
	size    float64
	columns []*gridColumn
	heads   [][]string // lines, by column
	rows    []gridRow
	total   *gridRow
	notes   doc.Footnotes
	dropped []string
}

type gridColumn struct {
	doc.Column
	index         int // in the table
	x, width      float64
	natural, word float64 // widths of the widest text and of the widest word
	whole, tail   float64 // widths on both sides of the decimal point
	points        bool    // decimal points stand in line
	rigid         float64 // width of the widest that is not broken: numbers, dates, pictures
}

type gridRow struct {
	cells  []gridCell
	height float64
}

// gridCell is a cell as text: a number cut before its decimal point or its unit,
// or a text in lines.
type gridCell struct {
	text        string
	whole, tail string
	number      bool
	missing     bool
	mentions    string
	tone        doc.Tone
	spark       doc.Spark
	lines       []string
}

func (f *flow) table(t doc.Table) {
	title := f.spell(t.Title)
	if len(t.Rows) == 0 || len(t.Columns) == 0 {
		f.need(40)
		f.tableTitle(title, "")
		f.write(marginX, f.y+tableSize, tableSize, false, grey, nothingText)
		f.y += tableSize*leading + 12
		return
	}
	g := f.grid(t)
	g.title = title
	f.need(f.opening(g))
	f.tableTitle(title, t.Title)
	f.tableHead(g)
	for i, r := range g.rows {
		if f.room() < f.together(g, i) {
			f.newPage()
			f.tableTitle(strings.TrimSpace(title+continued), "")
			f.tableHead(g)
		}
		f.tableRow(g, r, false)
		f.rule(marginX, g.width(), 0.4, hair)
	}
	if g.total != nil {
		f.rule(marginX, g.width(), 0.8, ink)
		f.tableRow(g, *g.total, true)
	}
	f.footnotes(g)
	f.y += 12
}

// opening is the height of title, head and the first two rows, which stay
// together.
func (f *flow) opening(g *grid) float64 {
	h := headSize*leading + 4 + f.headHeight(g) + g.rows[0].height
	if len(g.rows) > 1 {
		h += f.together(g, 1)
	}
	return min(h, f.bottom()-marginTop)
}

// together is the height of row i and of what must not be torn from it: the last
// row stays with the one before and with the total.
func (f *flow) together(g *grid, i int) float64 {
	h := g.rows[i].height
	if i == len(g.rows)-2 {
		h += g.rows[i+1].height
	}
	if i >= len(g.rows)-2 && g.total != nil {
		h += g.total.height
	}
	if h > (f.bottom()-marginTop)/2 {
		return g.rows[i].height
	}
	return h
}

func (f *flow) tableTitle(title, outline string) {
	if outline != "" {
		f.add(mark{f.y, 1, f.spell(outline)})
	}
	if title == "" {
		return
	}
	f.lines(f.wrap(title, true, headSize, f.width()), marginX, headSize, true, ink)
	f.y += 3
}

func (g *grid) width() float64 {
	last := g.columns[len(g.columns)-1]
	return last.x + last.width - marginX
}

func (f *flow) headHeight(g *grid) float64 {
	lines := 1
	for _, h := range g.heads {
		lines = max(lines, len(h))
	}
	return float64(lines)*headType(g)*1.2 + 6
}

// headType is the size of type of column heads.
func headType(g *grid) float64 { return g.size - 1 }

// tableHead sets the heads on the bottom line and rules them off.
func (f *flow) tableHead(g *grid) {
	size, tall := headType(g), f.headHeight(g)
	for i, c := range g.columns {
		for k, l := range g.heads[i] {
			y := f.y + tall - 5 - float64(len(g.heads[i])-1-k)*size*1.2
			if c.Numeric {
				f.writeRight(c.x+c.width, y, size, true, grey, l)
			} else {
				f.write(c.x, y, size, true, grey, l)
			}
		}
	}
	f.y += tall
	f.rule(marginX, g.width(), 0.8, grey)
}

func (f *flow) tableRow(g *grid, r gridRow, bold bool) {
	for i, c := range r.cells {
		f.tableCell(g, g.columns[i], c, bold)
	}
	f.y += r.height
}

func (f *flow) tableCell(g *grid, col *gridColumn, c gridCell, bold bool) {
	y := f.y + cellPad + g.size
	small := g.size * noteScale
	if c.spark != nil {
		f.add(sparkLine(c.spark, col.x, f.y+cellPad, min(col.width, sparkWide), g.size*leading-1)...)
		return
	}
	if !col.Numeric {
		x := col.x + f.fitShape(c.tone, col.x, y-g.size*0.83, g.size*0.9)
		for i, l := range c.lines {
			f.write(x, y+float64(i)*g.size*leading, g.size, bold, toneInk(c.tone), l)
		}
		last := len(c.lines) - 1
		f.write(x+f.face(bold).width(c.lines[last], g.size)+1, y+float64(last)*g.size*leading-g.size*0.32, small, false, grey, c.mentions)
		return
	}
	right := col.x + col.width
	if !c.number {
		right -= f.regular.width(c.mentions, small)
		f.write(right+0.5, y-g.size*0.32, small, false, grey, c.mentions)
		shade := toneInk(c.tone)
		if c.missing && c.tone == doc.Neutral {
			shade = grey
		}
		x := right - f.face(bold).width(c.text, g.size)
		f.writeRight(right, y, g.size, bold, shade, c.text)
		if c.text != "" {
			f.add(toneShape(c.tone, x-g.size*0.9-4, y-g.size*0.83, g.size*0.9)...)
		}
		return
	}
	point := right - col.tail
	x := point - f.face(bold).width(c.whole, g.size)
	f.write(x, y, g.size, bold, toneInk(c.tone), c.whole+c.tail)
	f.add(toneShape(c.tone, x-g.size*0.9-4, y-g.size*0.83, g.size*0.9)...)
	f.write(point+f.face(bold).width(c.tail, g.size)+0.5, y-g.size*0.32, small, false, grey, c.mentions)
}

// footnotes stand under the table; the first stays with it if it can.
func (f *flow) footnotes(g *grid) {
	texts := g.notes.Texts()
	if len(texts)+len(g.dropped) == 0 {
		return
	}
	f.y += 4
	for i, n := range texts {
		number := fmt.Sprint(i + 1)
		lines := f.wrap(f.spell(n), false, smallSize, f.width()-12)
		f.need(smallSize * leading)
		f.write(marginX, f.y+smallSize-2, smallSize*0.8, false, grey, number)
		f.lines(lines, marginX+10, smallSize, false, grey)
	}
	if len(g.dropped) > 0 {
		f.lines(f.wrap(f.spell("Not shown for lack of room: "+strings.Join(g.dropped, ", ")+"."), false, smallSize, f.width()), marginX, smallSize, false, grey)
		if !slices.Contains(f.notes, "some tables leave out columns for lack of room") {
			f.notes = append(f.notes, "some tables leave out columns for lack of room")
		}
	}
}
