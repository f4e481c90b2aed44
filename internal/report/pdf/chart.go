package pdf

import (
	"math"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

const (
	chartHeight = 158.0
	chartGap    = 18.0
	axisSize    = 7.0
)

// plot is the area of a chart's points.
type plot struct {
	x, y, w, h float64
	scale      doc.Scale
	slots      int
}

func (p plot) at(slot int, v float64) point { return point{p.middle(slot), p.level(v)} }
func (p plot) level(v float64) float64      { return p.y + p.h*(1-p.scale.At(v)) }
func (p plot) slot() float64                { return p.w / float64(p.slots) }
func (p plot) middle(i int) float64         { return p.x + (float64(i)+0.5)*p.slot() }

// charts draws one chart over the width, or two side by side.
func (f *flow) charts(charts []doc.Chart) {
	f.need(chartHeight)
	wide := (f.width() - chartGap*float64(len(charts)-1)) / float64(len(charts))
	for i, c := range charts {
		f.chart(c, marginX+float64(i)*(wide+chartGap), wide)
	}
	f.y += chartHeight + 12
}

func (f *flow) chart(c doc.Chart, x, wide float64) {
	title := f.spell(c.Title)
	if c.Unit != "" {
		title += ", " + f.spell(c.Unit)
	}
	f.write(x, f.y+headSize, headSize-0.5, true, ink, f.clipBold(title, headSize-0.5, wide))
	lo, hi, ok := c.Extent()
	if !ok {
		f.write(x, f.y+headSize*2.6, bodySize, false, grey, "no data to draw")
		return
	}
	top := f.legend(c, x, f.y+headSize*leading+3, wide)
	p := plot{y: top + 5, h: f.y + chartHeight - 16 - top - 5, scale: doc.NewScale(lo, hi, 4), slots: len(c.Labels)}
	axis := 0.0
	for _, t := range p.scale.Ticks {
		axis = max(axis, f.regular.width(p.scale.Label(t), axisSize))
	}
	p.x, p.w = x+axis+6, wide-axis-6
	f.axes(c, p)
	if c.Kind == doc.Line {
		f.lineSeries(c, p)
	} else {
		f.barSeries(c, p)
	}
	if c.Target != nil {
		y := p.level(*c.Target)
		f.add(stroke{points: []point{{p.x, y}, {p.x + p.w, y}}, width: 0.9, ink: alarm, dash: []float64{3, 2}})
	}
}

func (f *flow) clipBold(s string, size, width float64) string {
	return f.clip(s, size, width*f.regular.width("n", size)/f.bold.width("n", size))
}

// legend names the series behind samples of their ink, and returns where it ends.
func (f *flow) legend(c doc.Chart, x, y, wide float64) float64 {
	at := x
	entry := func(text string, sample func(x, y float64) op) {
		text = f.clip(text, smallSize, wide/2)
		w := 18 + f.regular.width(text, smallSize)
		if at > x && at+w > x+wide {
			at = x
			y += smallSize * leading
		}
		f.add(sample(at, y+smallSize*0.62))
		f.write(at+18, y+smallSize, smallSize, false, grey, text)
		at += w + 10
	}
	for i, s := range c.Series {
		entry(f.spell(s.Name), func(x, y float64) op {
			if c.Kind == doc.Line {
				return stroke{points: []point{{x, y}, {x + 14, y}}, width: 1.5, ink: seriesInk(i), dash: seriesDash(i)}
			}
			return box(x+4, y-3.2, 9, 6.4, seriesInk(i))
		})
	}
	if c.Target != nil {
		entry(f.spell("target "+targetText(c)), func(x, y float64) op {
			return stroke{points: []point{{x, y}, {x + 14, y}}, width: 0.9, ink: alarm, dash: []float64{3, 2}}
		})
	}
	return y + smallSize*leading
}

// axes draws the lines of the ticks, their labels, and as many labels of the x
// axis as find room.
func (f *flow) axes(c doc.Chart, p plot) {
	for _, t := range p.scale.Ticks {
		y, shade := p.level(t), hair
		if t == 0 && c.Kind != doc.Line {
			shade = grey
		}
		f.add(stroke{points: []point{{p.x, y}, {p.x + p.w, y}}, width: 0.5, ink: shade})
		f.writeRight(p.x-4, y+axisSize*0.35, axisSize, false, grey, p.scale.Label(t))
	}
	labels := c.ShortLabels()
	wide := 0.0
	for i, l := range labels {
		labels[i] = f.clip(f.spell(l), axisSize, 70)
		wide = max(wide, f.regular.width(labels[i], axisSize))
	}
	step := max(int(math.Ceil((wide+10)/p.slot())), 1)
	for i := 0; i < len(labels); i += step {
		w := f.regular.width(labels[i], axisSize)
		x := min(max(p.middle(i)-w/2, p.x), p.x+p.w-w)
		f.write(x, p.y+p.h+axisSize+4, axisSize, false, grey, labels[i])
		f.add(stroke{points: []point{{p.middle(i), p.y + p.h}, {p.middle(i), p.y + p.h + 2.5}}, width: 0.5, ink: grey})
	}
}

// runs cuts a series at its gaps.
func runs(points []*float64) [][2]int {
	var out [][2]int
	start := -1
	for i := 0; i <= len(points); i++ {
		solid := i < len(points) && points[i] != nil && !math.IsNaN(*points[i]) && !math.IsInf(*points[i], 0)
		switch {
		case solid && start < 0:
			start = i
		case !solid && start >= 0:
			out = append(out, [2]int{start, i})
			start = -1
		}
	}
	return out
}

// lineSeries draws the first series last, so that it is on top. A lone point
// between gaps is a dot.
func (f *flow) lineSeries(c doc.Chart, p plot) {
	for i := len(c.Series) - 1; i >= 0; i-- {
		points := c.Series[i].Points
		for _, r := range runs(points[:min(len(points), p.slots)]) {
			var line []point
			for k := r[0]; k < r[1]; k++ {
				line = append(line, p.at(k, *points[k]))
			}
			if len(line) == 1 {
				f.add(disc{line[0].x, line[0].y, 1.6, seriesInk(i)})
				continue
			}
			f.add(stroke{points: line, width: 1.3, ink: seriesInk(i), dash: seriesDash(i)})
		}
	}
}

// barSeries draws bars from 0, stacked or side by side.
func (f *flow) barSeries(c doc.Chart, p plot) {
	wide := p.slot() * 0.72
	for slot := range p.slots {
		up, down := 0.0, 0.0
		for i, s := range c.Series {
			if slot >= len(s.Points) || len(runs(s.Points[slot:slot+1])) == 0 {
				continue
			}
			v := *s.Points[slot]
			from, x, w := 0.0, p.middle(slot)-wide/2, wide
			switch {
			case c.Kind == doc.Bar:
				w = wide / float64(len(c.Series))
				x += w * float64(i)
			case v < 0:
				from, down = down, down+v
			default:
				from, up = up, up+v
			}
			a, b := p.level(from), p.level(from+v)
			if math.Abs(b-a) > 0.05 {
				f.add(box(x, math.Min(a, b), w, math.Abs(b-a), seriesInk(i)))
			}
		}
	}
}

// sparkLine draws a small line with a dot at its end.
func sparkLine(s doc.Spark, x, y, w, h float64) []op {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range runs(s) {
		for _, v := range s[r[0]:r[1]] {
			lo, hi = math.Min(lo, *v), math.Max(hi, *v)
		}
	}
	at := func(i int) point {
		fx, fy := 0.5, 0.5
		if len(s) > 1 {
			fx = float64(i) / float64(len(s)-1)
		}
		if hi > lo {
			fy = (*s[i] - lo) / (hi - lo)
		}
		return point{x + 1 + fx*(w-3), y + 1 + (1-fy)*(h-2)}
	}
	var ops []op
	for _, r := range runs(s) {
		var line []point
		for i := r[0]; i < r[1]; i++ {
			line = append(line, at(i))
		}
		if len(line) > 1 {
			ops = append(ops, stroke{points: line, width: 0.8, ink: seriesInk(0)})
		}
		last := line[len(line)-1]
		if r[1] == len(s) || len(line) == 1 {
			ops = append(ops, disc{last.x, last.y, 1.2, seriesInk(0)})
		}
	}
	return ops
}

func targetText(c doc.Chart) string {
	return strings.TrimSpace(doc.Plain(*c.Target) + " " + c.Unit)
}
