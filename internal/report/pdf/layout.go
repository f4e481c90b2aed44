package pdf

import (
	"fmt"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

// flow fills pages from the top.
type flow struct {
	*typeface
	doc   *doc.Document
	paper sheet
	pages []*page
	y     float64 // where the next thing begins
	// starts are the pages on which the sections begin, known from a first pass.
	starts []int
	notes  []string
}

// layOut places the whole document. It goes over it twice: the list of contents
// on the cover needs the page numbers of the first pass.
func layOut(d *doc.Document, paper sheet, t *typeface) ([]*page, []string) {
	first := newFlow(d, paper, t, make([]int, len(d.Sections)))
	first.document()
	f := newFlow(d, paper, t, first.starts)
	f.document()
	f.furniture()
	return f.pages, f.notes
}

func newFlow(d *doc.Document, paper sheet, t *typeface, starts []int) *flow {
	return &flow{typeface: t, doc: d, paper: paper, starts: append([]int(nil), starts...)}
}

func (f *flow) width() float64  { return f.paper.width - 2*marginX }
func (f *flow) bottom() float64 { return f.paper.height - marginBottom }
func (f *flow) room() float64   { return f.bottom() - f.y }

func (f *flow) newPage() {
	f.pages = append(f.pages, &page{})
	f.y = marginTop
}

// need begins a new page when less than h is left, unless the page is empty.
func (f *flow) need(h float64) {
	if f.room() < h && f.y > marginTop {
		f.newPage()
	}
}

func (f *flow) add(ops ...op) {
	last := f.pages[len(f.pages)-1]
	last.ops = append(last.ops, ops...)
}

// write places a line of text with its baseline at y.
func (f *flow) write(x, y, size float64, bold bool, ink colour, s string) {
	if s != "" {
		f.add(label{x: x, y: y, size: size, bold: bold, ink: ink, text: s})
	}
}

// writeRight places a line of text that ends at x.
func (f *flow) writeRight(x, y, size float64, bold bool, ink colour, s string) {
	f.write(x-f.face(bold).width(s, size), y, size, bold, ink, s)
}

// lines places wrapped text from f.y on, over pages where it has to.
func (f *flow) lines(lines []string, x, size float64, bold bool, ink colour) {
	for _, l := range lines {
		f.need(size * leading)
		f.write(x, f.y+size, size, bold, ink, l)
		f.y += size * leading
	}
}

func (f *flow) rule(x, w float64, width float64, ink colour) {
	f.add(stroke{points: []point{{x, f.y}, {x + w, f.y}}, width: width, ink: ink})
}

func (f *flow) document() {
	f.newPage()
	f.cover()
	for i := range f.doc.Sections {
		f.section(i)
	}
}

// cover is the block at the top of the first page: title, facts, contents.
func (f *flow) cover() {
	f.add(box(marginX, f.y-14, 36, 3.5, accent))
	f.y += 2
	f.lines(f.wrap(f.spell(f.doc.Title), true, titleSize, f.width()), marginX, titleSize, true, ink)
	if f.doc.Subtitle != "" {
		f.y += 2
		f.lines(f.wrap(f.spell(f.doc.Subtitle), false, subSize, f.width()), marginX, subSize, false, grey)
	}
	f.y += 10
	f.coverFacts(f.doc.Facts)
	f.contents()
}

// coverFacts sets facts in four columns.
func (f *flow) coverFacts(items []doc.Fact) {
	const columns, gap = 4, 14.0
	wide := (f.width() - (columns-1)*gap) / columns
	for len(items) > 0 {
		n := min(len(items), columns)
		f.need(40)
		f.rule(marginX, f.width(), 0.6, hair)
		tall := 0.0
		for i, it := range items[:n] {
			x, y := marginX+float64(i)*(wide+gap), f.y+6
			f.write(x, y+smallSize, smallSize, false, grey, f.spell(it.Label))
			y += smallSize*leading + 2
			shape := f.fitShape(it.Cell.Tone, x, y+1.2, 8.5)
			for _, l := range f.wrap(f.factText(it.Cell), true, bodySize, wide-shape) {
				f.write(x+shape, y+bodySize, bodySize, true, toneInk(it.Cell.Tone), l)
				y += bodySize * leading
			}
			tall = max(tall, y-f.y)
		}
		f.y += tall + 6
		items = items[n:]
	}
}

// fitShape draws the mark of a tone and returns how much room it took.
func (f *flow) fitShape(t doc.Tone, x, y, size float64) float64 {
	ops := toneShape(t, x, y, size)
	f.add(ops...)
	if len(ops) == 0 {
		return 0
	}
	return size + 4
}

// factText is a fact's value with its notes in brackets.
func (f *flow) factText(c doc.Cell) string {
	s := doc.Format(c.Value)
	if notes := doc.CellNotes(c); len(notes) > 0 {
		s += " (" + strings.Join(notes, "; ") + ")"
	}
	return f.spell(s)
}

// contents lists the sections with their pages, in one running line.
func (f *flow) contents() {
	if len(f.doc.Sections) < 2 {
		return
	}
	f.rule(marginX, f.width(), 0.6, hair)
	f.y += 6
	x := marginX
	for i, s := range f.doc.Sections {
		if s.Title == "" {
			continue
		}
		name, number := f.spell(s.Title), fmt.Sprint(f.starts[i])
		w := f.regular.width(name, 8.5) + 4 + f.bold.width(number, 8.5)
		if x+w > marginX+f.width() && x > marginX {
			x = marginX
			f.y += 8.5 * leading
		}
		f.write(x, f.y+8.5, 8.5, false, grey, name)
		f.write(x+w-f.bold.width(number, 8.5), f.y+8.5, 8.5, true, accent, number)
		f.add(jump{x, f.y, w, 8.5 * leading, max(f.starts[i], 1)})
		x += w + 16
	}
	f.y += 8.5*leading + 4
}

// section sets a heading that stays with what follows it.
func (f *flow) section(i int) {
	s := f.doc.Sections[i]
	title := f.spell(s.Title)
	if title == "" && len(s.Blocks) == 0 {
		f.starts[i] = len(f.pages)
		return
	}
	head := 22 + sectionSize*leading + 12
	f.need(head + f.opens(s.Blocks))
	if f.y > marginTop {
		f.y += 22
	}
	f.starts[i] = len(f.pages)
	f.add(mark{f.y, 0, title})
	f.lines(f.wrap(title, true, sectionSize, f.width()), marginX, sectionSize, true, ink)
	f.y += 3
	f.rule(marginX, f.width(), 1, ink)
	f.y += 9
	f.blocks(s.Blocks)
}

// blocks draws blocks; charts that follow each other stand side by side.
func (f *flow) blocks(blocks []doc.Block) {
	for i := 0; i < len(blocks); i++ {
		switch b := blocks[i].(type) {
		case doc.Paragraph:
			f.paragraph(b)
		case doc.Facts:
			f.facts(b.Items)
		case doc.Callout:
			f.callout(b)
		case doc.Table:
			f.table(b)
		case doc.Chart:
			pair := []doc.Chart{b}
			if i+1 < len(blocks) {
				if next, ok := blocks[i+1].(doc.Chart); ok {
					pair = append(pair, next)
					i++
				}
			}
			f.charts(pair)
		}
	}
}

// opens is the height that the beginning of a section needs under its heading: a
// paragraph does not part from the table or chart that it introduces.
func (f *flow) opens(blocks []doc.Block) float64 {
	h := 0.0
	for _, b := range blocks[:min(len(blocks), 2)] {
		h += f.least(b)
		if _, introduces := b.(doc.Paragraph); !introduces {
			break
		}
		h += 8
	}
	return h
}

// least is the height that the beginning of a block needs under its heading.
func (f *flow) least(b doc.Block) float64 {
	switch b := b.(type) {
	case doc.Table:
		return 96
	case doc.Chart:
		return chartHeight
	case doc.Facts:
		return tileHeight
	case doc.Callout:
		return f.calloutHeight(b)
	}
	return 2 * bodySize * leading
}

func (f *flow) paragraph(p doc.Paragraph) {
	if strings.TrimSpace(p.Text) == "" {
		return
	}
	f.lines(f.wrap(f.spell(p.Text), false, bodySize, f.width()), marginX, bodySize, false, ink)
	f.y += 8
}

const calloutPad = 8.0

func (f *flow) calloutText(c doc.Callout) []string {
	if c.Text == "" {
		return nil
	}
	return f.wrap(f.spell(c.Text), false, bodySize, f.width()-2*calloutPad-20)
}

func (f *flow) calloutHeight(c doc.Callout) float64 {
	return float64(len(f.calloutText(c))+1)*bodySize*leading + 2*calloutPad
}

// callout is a tinted box with the mark of its tone. One that is taller than a
// page is cut into running text.
func (f *flow) callout(c doc.Callout) {
	if c.Title == "" && c.Text == "" {
		return
	}
	tall := f.calloutHeight(c)
	if tall > f.bottom()-marginTop {
		f.paragraph(doc.Paragraph{Text: c.Title + ": " + c.Text})
		return
	}
	f.need(tall)
	f.add(box(marginX, f.y, f.width(), tall, toneFill(c.Tone)), box(marginX, f.y, 3, tall, toneInk(c.Tone)))
	end := f.y + tall
	f.y += calloutPad
	f.add(toneShape(c.Tone, marginX+12, f.y+0.5, 10)...)
	f.write(marginX+28, f.y+bodySize, bodySize, true, toneInk(c.Tone), f.spell(c.Title))
	f.y += bodySize * leading
	f.lines(f.calloutText(c), marginX+28, bodySize, false, ink)
	f.y = end + 12
}

const (
	tileHeight = 46.0
	tileGap    = 8.0
)

// facts are tiles where every value is short, and a list otherwise.
func (f *flow) facts(items []doc.Fact) {
	if len(items) == 0 {
		return
	}
	columns := f.tileColumns(items)
	if columns == 0 {
		f.factList(items)
		return
	}
	wide := min((f.width()-float64(columns-1)*tileGap)/float64(columns), 165)
	for i, it := range items {
		if i%columns == 0 {
			f.need(tileHeight)
		}
		f.tile(it, marginX+float64(i%columns)*(wide+tileGap), wide)
		if i%columns == columns-1 || i == len(items)-1 {
			f.y += tileHeight + tileGap
		}
	}
	f.y += 6
}

const tileValue = 13.5

// tileColumns is how many tiles stand in a row so that every value fits and the
// rows are even: the most that fit, spread over as few rows. It is 0 when a
// value is too long for a tile.
func (f *flow) tileColumns(items []doc.Fact) int {
	widest := 0.0
	for _, it := range items {
		if _, spark := it.Cell.Value.(doc.Spark); spark {
			return 0
		}
		shape := 0.0
		if it.Cell.Tone != doc.Neutral {
			shape = 14
		}
		widest = max(widest, shape+f.bold.width(f.factText(it.Cell), tileValue)+18)
	}
	most := min(int((f.width()+tileGap)/(max(widest, 90)+tileGap)), len(items), 5)
	if most < min(3, len(items)) {
		return 0
	}
	rows := (len(items) + most - 1) / most
	return (len(items) + rows - 1) / rows
}

func (f *flow) tile(it doc.Fact, x, wide float64) {
	f.add(box(x, f.y, wide, tileHeight, toneFill(it.Cell.Tone)), box(x, f.y, 2.5, tileHeight, tileBar(it.Cell.Tone)))
	labels := f.wrap(f.spell(it.Label), false, smallSize, wide-16)
	for i, l := range labels[:min(len(labels), 2)] {
		f.write(x+9, f.y+6+smallSize+float64(i)*smallSize*1.2, smallSize, false, grey, l)
	}
	shape := f.fitShape(it.Cell.Tone, x+9, f.y+tileHeight-18, 10)
	f.write(x+9+shape, f.y+tileHeight-8.5, tileValue, true, toneInk(it.Cell.Tone), f.factText(it.Cell))
}

// tileBar is the colour of a tile's edge.
func tileBar(t doc.Tone) colour {
	if t == doc.Neutral {
		return hair
	}
	return toneInk(t)
}

// factList sets labels and values in two columns.
func (f *flow) factList(items []doc.Fact) {
	wide := 0.0
	for _, it := range items {
		wide = max(wide, min(f.regular.width(f.spell(it.Label), bodySize), 180))
	}
	for _, it := range items {
		x := marginX + wide + 14
		lines := f.wrap(f.factText(it.Cell), false, bodySize, f.width()-wide-14-12)
		labels := f.wrap(f.spell(it.Label), false, bodySize, wide+1)
		f.need(bodySize * leading * float64(min(max(len(lines), len(labels)), 4)))
		for i, l := range labels[:min(len(labels), 4)] {
			f.write(marginX, f.y+bodySize+float64(i)*bodySize*leading, bodySize, false, grey, l)
		}
		if s, ok := it.Cell.Value.(doc.Spark); ok {
			f.add(sparkLine(s, x, f.y+2, 80, bodySize)...)
		}
		x += f.fitShape(it.Cell.Tone, x, f.y+1.5, 8.5)
		f.lines(lines, x, bodySize, false, toneInk(it.Cell.Tone))
		f.y += max(float64(len(labels)-len(lines))*bodySize*leading, 0) + 2
	}
	f.y += 8
}

// furniture adds what stands on every page: a running head from the second page
// on, and the foot with page x of y.
func (f *flow) furniture() {
	right := marginX + f.width()
	title := f.clip(f.spell(f.doc.Title), smallSize, f.width()*0.6)
	foot := f.spell(strings.TrimPrefix(f.doc.Producer+" · "+f.doc.Created.UTC().Format("2006-01-02 15:04 MST"), " · "))
	for i, p := range f.pages {
		head := &flow{typeface: f.typeface, pages: []*page{p}, paper: f.paper}
		if i > 0 {
			head.write(marginX, 36, smallSize, false, grey, title)
			head.writeRight(right, 36, smallSize, false, grey, f.clip(f.spell(f.doc.Subtitle), smallSize, f.width()*0.35))
			head.y = 41
			head.rule(marginX, f.width(), 0.5, hair)
		}
		y := f.paper.height - 28
		head.write(marginX, y, smallSize, false, grey, foot)
		head.writeRight(right, y, smallSize, false, grey, fmt.Sprintf("Page %d of %d", i+1, len(f.pages)))
	}
}

// clip cuts a line to a width and ends it with an ellipsis.
func (f *flow) clip(s string, size, width float64) string {
	if f.regular.width(s, size) <= width {
		return s
	}
	return strings.TrimSpace(s[:fitting(f.regular, s, size, width-f.regular.width("…", size))]) + "…"
}
