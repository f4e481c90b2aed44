package term

import (
	"math"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

// spark draws a series as a row of blocks between its least and its greatest
// value; a gap is a dot. More points than width are averaged.
func (p *printer) spark(s doc.Spark, width int) string {
	levels := []rune(p.sign("▁▂▃▄▅▆▇█", "_.-~=+*#"))
	points := squeeze(s, width)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range points {
		if v != nil {
			lo, hi = math.Min(lo, *v), math.Max(hi, *v)
		}
	}
	var b strings.Builder
	for _, v := range points {
		switch {
		case v == nil:
			b.WriteString(p.sign("·", " "))
		case hi == lo: // a flat line is neither low nor high
			b.WriteRune(levels[3])
		default:
			b.WriteRune(levels[int((*v-lo)/(hi-lo)*float64(len(levels)-1)+0.5)])
		}
	}
	return b.String()
}

// squeeze averages neighbouring points until there are at most n. A gap among
// points is left out of the average.
func squeeze(points []*float64, n int) []*float64 {
	if len(points) <= n || n <= 0 {
		return points
	}
	out := make([]*float64, n)
	for i := range out {
		sum, count := 0.0, 0
		for _, v := range points[i*len(points)/n : (i+1)*len(points)/n] {
			if v != nil {
				sum, count = sum+*v, count+1
			}
		}
		if count > 0 {
			mean := sum / float64(count)
			out[i] = &mean
		}
	}
	return out
}

const (
	chartHeight = 10 // about
	chartWidth  = 72
)

// canvas is the plot of a chart: rows of single characters, the lowest first.
type canvas [][]string

func newCanvas(width, height int) canvas {
	c := make(canvas, height)
	for i := range c {
		c[i] = strings.Split(strings.Repeat(" ", width), "")
	}
	return c
}

// chart draws lines as marks, and bars as blocks of an eighth of a line.
func (p *printer) chart(c doc.Chart) {
	p.prose("", p.bold(p.spell(doc.Clean(c.Title))))
	lo, hi, ok := c.Extent()
	if !ok {
		p.line(p.dim("  no data to draw"))
		return
	}
	scale := doc.NewScale(lo, hi, 4)
	axis := 0
	for _, t := range scale.Ticks {
		axis = max(axis, len(scale.Label(t)))
	}
	room := max(p.limit(chartWidth+axis+3)-axis-3, 10)
	slots := min(len(c.Labels), room)
	slot := max(min(room/slots, 4), 1)
	plot := newCanvas(slots*slot, rowsOf(c, scale))
	p.target(plot, c, scale)
	if c.Kind == doc.Line {
		p.marks(plot, c, scale, slots, slot)
	} else {
		p.bars(plot, c, scale, slots, slot)
	}
	p.frame(plot, c, scale, axis)
	p.legend(c, axis)
}

// perTick is how many rows lie between two ticks, so that every tick has a row of
// its own and a value between two ticks is drawn between them.
func perTick(s doc.Scale) int { return max(chartHeight/(len(s.Ticks)-1), 1) }

// rowsOf is the height of the plot. Marks of lines stand on the rows of the
// ticks; bars fill the rows between, and their lowest tick is the axis.
func rowsOf(c doc.Chart, s doc.Scale) int {
	rows := perTick(s) * (len(s.Ticks) - 1)
	if c.Kind == doc.Line {
		rows++
	}
	return rows
}

// tickRow is the row of a tick; -1 is the axis.
func tickRow(c doc.Chart, s doc.Scale, tick int) int {
	row := tick * perTick(s)
	if c.Kind != doc.Line {
		row--
	}
	return row
}

// level is the row of a value among n: the nearest for marks, the one that it
// reaches into for bars.
func level(c doc.Chart, s doc.Scale, v float64, n int) int {
	row := int(math.Round(s.At(v) * float64(n-1)))
	if c.Kind != doc.Line {
		row = int(math.Ceil(s.At(v)*float64(n))) - 1
	}
	return min(max(row, 0), n-1)
}

func (p *printer) target(plot canvas, c doc.Chart, s doc.Scale) {
	if c.Target == nil {
		return
	}
	row := plot[level(c, s, *c.Target, len(plot))]
	for i := range row {
		row[i] = p.sign("┄", ".")
	}
}

// seriesMark is the sign of a series in lines.
func (p *printer) seriesMark(i int) string {
	marks := []rune(p.sign("●◆▲■○◇△□", "ox+*#@%&"))
	return string(marks[i%len(marks)])
}

// seriesFill is the filling of a series in bars.
func (p *printer) seriesFill(i int) string {
	fills := []rune(p.sign("█▒░▓▚▞", "#=:%+-"))
	return string(fills[i%len(fills)])
}

// marks draws the first series last, so that it is on top.
func (p *printer) marks(plot canvas, c doc.Chart, s doc.Scale, slots, slot int) {
	for i := len(c.Series) - 1; i >= 0; i-- {
		for x, v := range squeeze(c.Series[i].Points, slots) {
			if v != nil {
				plot[level(c, s, *v, len(plot))][x*slot+(slot-1)/2] = p.seriesMark(i)
			}
		}
	}
}

// bars draws stacked bars, or the series side by side as long as there is room.
func (p *printer) bars(plot canvas, c doc.Chart, s doc.Scale, slots, slot int) {
	wide := max(slot-1, 1)
	for x := range slots {
		up, down := 0.0, 0.0
		for i, series := range c.Series {
			points := squeeze(series.Points, slots)
			if x >= len(points) || points[x] == nil {
				continue
			}
			v := *points[x]
			from, to, at, n := 0.0, v, x*slot, wide
			switch {
			case c.Kind == doc.Bar:
				n = max(wide/len(c.Series), 1)
				at += min(i*n, slot-1)
			case v < 0:
				from, to = down, down+v
				down = to
			default:
				from, to = up, up+v
				up = to
			}
			p.fill(plot, s, from, to, at, n, i, c.Kind == doc.Bar || len(c.Series) == 1)
		}
	}
}

// fill draws one part of a bar from one value to another; a smooth one ends in
// an eighth of a line.
func (p *printer) fill(plot canvas, s doc.Scale, from, to float64, at, wide, series int, smooth bool) {
	rows := float64(len(plot))
	a, b := s.At(math.Min(from, to))*rows, s.At(math.Max(from, to))*rows
	for y := range plot {
		part := math.Min(b, float64(y+1)) - math.Max(a, float64(y))
		if part <= 0 {
			continue
		}
		sign := p.seriesFill(series)
		switch {
		case smooth && !p.opt.ASCII && len(plot[y]) > 0 && part < 1 && a <= float64(y):
			sign = string([]rune("▁▂▃▄▅▆▇█")[min(int(part*8), 7)])
		case part < 0.5:
			continue
		}
		for i := range wide {
			plot[y][at+i] = sign
		}
	}
}

// frame draws the plot from the top with ticks at the left and the first, middle
// and last label below.
func (p *printer) frame(plot canvas, c doc.Chart, s doc.Scale, axis int) {
	labels := map[int]string{}
	for i, t := range s.Ticks {
		labels[tickRow(c, s, i)] = s.Label(t)
	}
	for y := len(plot) - 1; y >= 0; y-- {
		bar := p.sign("│", "|")
		if labels[y] != "" {
			bar = p.sign("┤", "+")
		}
		p.line(padLeft(labels[y], axis) + " " + p.dim(bar) + strings.Join(plot[y], ""))
	}
	wide := len(plot[0])
	p.line(padLeft(labels[-1], axis) + " " + p.dim(p.sign("└", "+")+strings.Repeat(p.rule(), wide)))
	names := c.ShortLabels()
	first, last := doc.Clean(names[0]), doc.Clean(names[len(names)-1])
	line := first
	if middle := doc.Clean(names[len(names)/2]); len(c.Labels) > 2 && width(first)+width(middle)+width(last)+8 <= wide {
		line = pad(line, (wide-width(middle))/2) + middle
	}
	if len(c.Labels) > 1 {
		line = pad(line, max(wide-width(last), width(line)+1)) + last
	}
	p.line(strings.Repeat(" ", axis+2) + line)
}

func (p *printer) legend(c doc.Chart, axis int) {
	var parts []string
	for i, s := range c.Series {
		sign := p.seriesMark(i)
		if c.Kind != doc.Line {
			sign = p.seriesFill(i)
		}
		parts = append(parts, sign+" "+p.spell(doc.Clean(s.Name)))
	}
	if c.Target != nil {
		parts = append(parts, p.sign("┄", ".")+" target "+doc.Plain(*c.Target))
	}
	if c.Unit != "" {
		parts = append(parts, "in "+doc.Clean(c.Unit))
	}
	line := ""
	for _, part := range parts {
		if line != "" && width(line)+3+width(part) > p.limit(proseWidth)-axis-2 {
			p.line(strings.Repeat(" ", axis+2) + line)
			line = ""
		}
		if line != "" {
			line += "   "
		}
		line += part
	}
	p.line(strings.Repeat(" ", axis+2) + line)
}
