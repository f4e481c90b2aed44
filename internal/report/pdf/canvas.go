package pdf

import (
	"fmt"
	"strings"

	"github.com/go-pdf/fpdf"
)

// A page is a list of placed draw calls in points from the upper left corner.
// Layout only makes draw calls, so that page breaks and repeated heads can be
// tested without a PDF.
type page struct{ ops []op }

// op is a draw call: it can be painted, and written down for a test.
type op interface {
	paint(p *painter)
	String() string
}

// colour is 0xRRGGBB.
type colour uint32

func (c colour) rgb() (r, g, b int) { return int(c >> 16 & 0xff), int(c >> 8 & 0xff), int(c & 0xff) }

// label is a line of text; y is its baseline.
type label struct {
	x, y, size float64
	bold       bool
	ink        colour
	text       string
}

// stroke is an open line through points.
type stroke struct {
	points []point
	width  float64
	ink    colour
	dash   []float64
}

// shape is a filled area.
type shape struct {
	points []point
	ink    colour
}

// disc is a filled circle.
type disc struct {
	x, y, r float64
	ink     colour
}

// mark is an entry of the outline.
type mark struct {
	y     float64
	level int
	text  string
}

// jump is an area that leads to a page.
type jump struct {
	x, y, w, h float64
	page       int
}

type point struct{ x, y float64 }

func box(x, y, w, h float64, ink colour) shape {
	return shape{points: []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, ink: ink}
}

func (l label) String() string {
	weight := ""
	if l.bold {
		weight = " bold"
	}
	return fmt.Sprintf("text  %6.1f %6.1f %4.1fpt%s %q", l.x, l.y, l.size, weight, l.text)
}

func (s stroke) String() string {
	return fmt.Sprintf("line %s", places(s.points))
}

func (s shape) String() string { return fmt.Sprintf("area %s", places(s.points)) }
func (d disc) String() string  { return fmt.Sprintf("disc  %6.1f %6.1f r%.1f", d.x, d.y, d.r) }
func (m mark) String() string  { return fmt.Sprintf("mark  %6.1f level %d %q", m.y, m.level, m.text) }
func (j jump) String() string {
	return fmt.Sprintf("jump  %6.1f %6.1f to page %d", j.x, j.y, j.page)
}

func places(points []point) string {
	var b strings.Builder
	for _, p := range points {
		fmt.Fprintf(&b, " %.1f,%.1f", p.x, p.y)
	}
	return b.String()
}

// painter turns draw calls into a PDF.
type painter struct {
	*fpdf.Fpdf
	links map[int]int // by page
}

func (l label) paint(p *painter) {
	style := ""
	if l.bold {
		style = "B"
	}
	p.SetFont(fontName, style, l.size)
	p.SetTextColor(l.ink.rgb())
	p.Text(l.x, l.y, l.text)
}

func (s stroke) paint(p *painter) {
	p.SetDrawColor(s.ink.rgb())
	p.SetLineWidth(s.width)
	p.SetDashPattern(s.dash, 0)
	for i, at := range s.points {
		if i == 0 {
			p.MoveTo(at.x, at.y)
		} else {
			p.LineTo(at.x, at.y)
		}
	}
	p.DrawPath("D")
}

func (s shape) paint(p *painter) {
	p.SetFillColor(s.ink.rgb())
	points := make([]fpdf.PointType, len(s.points))
	for i, at := range s.points {
		points[i] = fpdf.PointType{X: at.x, Y: at.y}
	}
	p.Polygon(points, "F")
}

func (d disc) paint(p *painter) {
	p.SetFillColor(d.ink.rgb())
	p.Circle(d.x, d.y, d.r, "F")
}

func (m mark) paint(p *painter) { p.Bookmark(m.text, m.level, m.y) }

func (j jump) paint(p *painter) {
	id, known := p.links[j.page]
	if !known {
		id = p.AddLink()
		p.SetLink(id, 0, j.page)
		p.links[j.page] = id
	}
	p.Link(j.x, j.y, j.w, j.h, id)
}
