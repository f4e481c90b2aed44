package xlsx

import (
	"fmt"
	"math"
	"slices"

	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
)

// seriesInk is the colour of a series: Okabe and Ito's palette, told apart by the
// colour-blind, ordered so that neighbours differ in lightness as well.
func seriesInk(i int) string {
	palette := [...]string{"0072B2", "E69F00", "009E73", "CC79A7", "56B4E9", "D55E00", "8C8C8C", "785EF0"}
	return palette[i%len(palette)]
}

const (
	targetInk   = "B3261E"
	sparkInk    = "56B4E9"
	chartRows   = 16
	chartWidth  = 900
	chartHeight = 300
)

// chart puts the points on the sheet of chart data and draws over them.
func (s *sheet) chart(c doc.Chart) {
	b := s.book
	lo, hi, ok := c.Extent()
	if !ok {
		s.text(doc.Clean(c.Title), style{size: 12, bold: true})
		s.text("no data to draw", style{muted: true})
		s.row++
		return
	}
	first := b.chartPoints(c)
	last := first + len(c.Labels) - 1
	column := func(i int) string {
		return fmt.Sprintf("%s!%s:%s", quoted(pointsName), absolute(i, first), absolute(i, last))
	}
	kind := excelize.Line
	switch c.Kind {
	case doc.Bar:
		kind = excelize.Col
	case doc.StackedBar:
		kind = excelize.ColStacked
	}
	scale := doc.NewScale(lo, hi, 5)
	small := excelize.Font{Size: 9, Color: muted}
	x := &excelize.Chart{Type: kind, ShowBlanksAs: "gap", Dimension: excelize.ChartDimension{Width: chartWidth, Height: chartHeight},
		Title:  excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title(c), Font: &excelize.Font{Size: 12, Bold: true, Color: ink}}}},
		Legend: excelize.ChartLegend{Position: "bottom", Font: &small},
		YAxis:  excelize.ChartAxis{Font: small, MajorGridLines: true, Minimum: &scale.Lo, Maximum: &scale.Hi, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "General"}},
		XAxis:  excelize.ChartAxis{Font: small, TickLabelSkip: max(len(c.Labels)/12, 1), TickLabelPosition: excelize.ChartTickLabelLow}}
	for i := range c.Series {
		colour := seriesInk(i)
		series := excelize.ChartSeries{Name: quoted(pointsName) + "!" + absolute(i+2, first-1), Categories: column(1), Values: column(i + 2),
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}}
		if c.Kind == doc.Line {
			series.Line = excelize.LineOptions{Width: 1.75, Fill: series.Fill}
			series.Marker = excelize.ChartMarker{Symbol: [...]string{"circle", "diamond", "triangle", "square"}[i%4], Size: 5, Fill: series.Fill}
		}
		x.Series = append(x.Series, series)
	}
	b.try(b.file.AddChart(s.name, s.cell(1, s.row), x, targetChart(c, column, first, x)...))
	s.row += chartRows
}

// targetChart is the reference line, a chart of its own over the first one's axes.
func targetChart(c doc.Chart, column func(int) string, first int, under *excelize.Chart) []*excelize.Chart {
	if c.Target == nil {
		return nil
	}
	i := len(c.Series) + 2
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{targetInk}}
	return []*excelize.Chart{{Type: excelize.Line, XAxis: under.XAxis, YAxis: under.YAxis, ShowBlanksAs: under.ShowBlanksAs, Series: []excelize.ChartSeries{{Name: quoted(pointsName) + "!" + absolute(i, first-1),
		Categories: column(1), Values: column(i), Fill: fill, Line: excelize.LineOptions{Width: 1.25, Dash: excelize.LineDashDash, Fill: fill},
		Marker: excelize.ChartMarker{Symbol: "none"}}}}}
}

func title(c doc.Chart) string {
	if c.Unit == "" {
		return doc.Clean(c.Title)
	}
	return doc.Clean(c.Title) + ", " + doc.Clean(c.Unit)
}

// absolute names a cell so that it stays where it is.
func absolute(col, row int) string {
	name, _ := excelize.CoordinatesToCellName(col, row, true) // fails only below 1
	return name
}

// pointsRow begins a block of n rows on the sheet of chart data and returns the
// first of them.
func (b *book) pointsRow(n int) int {
	if b.points == 0 {
		if _, err := b.file.NewSheet(pointsName); err != nil {
			b.try(err)
		}
		title := &sheet{book: b, name: pointsName, row: 1}
		title.text("Points behind charts and trends", style{size: 16, bold: true})
		b.points = 3
	}
	row := b.points
	b.points += n + 1
	return row
}

// chartPoints writes a chart's points as a table: labels, series, target. It
// returns the row of the first label.
func (b *book) chartPoints(c doc.Chart) int {
	row := b.pointsRow(len(c.Labels) + 2)
	s := &sheet{book: b, name: pointsName, row: row}
	s.text(title(c), style{bold: true})
	names := []string{"Label"}
	series := slices.Clone(c.Series)
	if c.Target != nil {
		flat := make([]*float64, len(c.Labels))
		for i := range flat {
			flat[i] = c.Target
		}
		series = append(series, doc.Series{Name: "target", Points: flat})
	}
	for _, x := range series {
		names = append(names, doc.Clean(x.Name))
	}
	for i, n := range names {
		at := s.cell(i+1, s.row)
		b.try(b.file.SetCellStr(s.name, at, n))
		s.style(at, at, style{head: true, right: i > 0})
	}
	first := s.row + 1
	for i, label := range c.Labels {
		b.try(b.file.SetCellStr(s.name, s.cell(1, first+i), doc.Clean(label)))
		for k, x := range series {
			if i < len(x.Points) {
				s.point(k+2, first+i, x.Points[i])
			}
		}
	}
	return first
}

// point writes a point; a gap stays an empty cell.
func (s *sheet) point(col, row int, v *float64) {
	if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
		s.book.try(s.book.file.SetCellFloat(s.name, s.cell(col, row), *v, -1, 64))
	}
}

// spark draws a series into a cell over a row of the sheet of chart data.
func (s *sheet) spark(at string, v doc.Spark) {
	if !slices.ContainsFunc(v, func(p *float64) bool { return p != nil }) {
		return
	}
	b := s.book
	points := &sheet{book: b, name: pointsName, row: b.pointsRow(0)}
	b.points-- // sparklines need no blank line between them
	b.try(b.file.SetCellStr(pointsName, points.cell(1, points.row), "trend in "+s.name+" "+at))
	for i, p := range v {
		points.point(i+2, points.row, p)
	}
	b.points = points.row + 1
	s.sparks = append(s.sparks, at)
	s.sparkData = append(s.sparkData, fmt.Sprintf("%s!%s:%s", quoted(pointsName), points.cell(2, points.row), points.cell(len(v)+1, points.row)))
}

// finishPoints sets the widths of the sheet of chart data.
func (b *book) finishPoints() {
	if b.points == 0 {
		return
	}
	b.links = append(b.links, link{text: pointsName, sheet: pointsName, cell: "A1"})
	s := &sheet{book: b, name: pointsName}
	s.fit(1, 24)
	s.finish()
}
