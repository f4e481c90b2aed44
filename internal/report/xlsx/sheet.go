package xlsx

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
)

// Widths of columns, in characters.
const (
	leastWidth = 9
	mostWidth  = 48
)

// lineHeight is the height of a line of text, in points.
const lineHeight = 15

// sheet is a sheet in the making: blocks are stacked from the top.
type sheet struct {
	book   *book
	name   string
	row    int // the next free one
	widths []int
	heads  []int // rows of table heads
	// sparks are the sparklines to add, where and from which cells.
	sparks, sparkData []string
}

// sheetName makes a title a valid name that no other sheet has: at most 31
// characters, none of []:*?/\, no apostrophe at an end.
func (b *book) sheetName(title string) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return '-'
		}
		return r
	}, title)
	title = strings.TrimSpace(strings.Trim(strings.TrimSpace(title), "'"))
	if title == "" {
		title = "Sheet"
	}
	name := clip(title, excelize.MaxSheetNameLength)
	for i := 2; b.taken[strings.ToLower(name)] || strings.EqualFold(name, "History"); i++ { // Excel keeps that name for itself
		suffix := fmt.Sprintf(" (%d)", i)
		name = clip(title, excelize.MaxSheetNameLength-len(suffix)) + suffix
	}
	b.taken[strings.ToLower(name)] = true
	return name
}

// clip cuts s to n UTF-16 units, by which Excel counts.
func clip(s string, n int) string {
	for i, r := range s {
		if n -= max(len(string(r))/4+1, 1); n < 0 {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

func quoted(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'" }

// chars is about how many characters wide a text is: the scripts from Hangul on
// take two.
func chars(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && (r < 0x2000 || r > 0x2bff) {
			n++
		}
	}
	return n
}

// cell names the cell of a column and row, both from 1.
func (s *sheet) cell(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	s.book.try(err)
	return name
}

func (s *sheet) style(from, to string, st style) {
	s.book.try(s.book.file.SetCellStyle(s.name, from, to, s.book.style(st)))
}

// fit makes a column wide enough for n characters.
func (s *sheet) fit(col, n int) {
	for len(s.widths) < col {
		s.widths = append(s.widths, leastWidth)
	}
	s.widths[col-1] = min(max(s.widths[col-1], n), mostWidth)
}

// text writes a line of its own that may run over its neighbours.
func (s *sheet) text(t string, st style) {
	at := s.cell(1, s.row)
	s.book.try(s.book.file.SetCellStr(s.name, at, limit(t)))
	s.style(at, at, st)
	s.row++
}

// limit cuts a text to what a cell holds.
func limit(t string) string {
	if utf8.RuneCountInString(t) <= excelize.TotalCellChars {
		return t
	}
	return string([]rune(t)[:excelize.TotalCellChars-1]) + "…"
}

func (s *sheet) block(b doc.Block) {
	switch b := b.(type) {
	case doc.Paragraph:
		s.prose(doc.Clean(b.Text), style{})
		s.row++
	case doc.Facts:
		s.facts(b.Items)
	case doc.Callout:
		s.text(strings.TrimSpace(b.Tone.Mark()+" "+doc.Clean(b.Title)), style{bold: true, tone: b.Tone})
		s.prose(doc.Clean(b.Text), style{})
		s.row++
	case doc.Table:
		s.table(b)
	case doc.Chart:
		s.chart(b)
	}
}

// proseColumns is how many columns running text is laid over, and proseChars
// about how many characters that holds.
const (
	proseColumns = 8
	proseChars   = 100
)

// prose writes running text over several columns, wrapped.
func (s *sheet) prose(t string, st style) {
	if t == "" {
		return
	}
	from, to := s.cell(1, s.row), s.cell(proseColumns, s.row)
	s.book.try(s.book.file.MergeCell(s.name, from, to))
	st.wrap = true
	lines := (chars(t) + proseChars - 1) / proseChars
	s.book.try(s.book.file.SetRowHeight(s.name, s.row, float64(min(lineHeight*lines, 400))))
	s.text(t, st)
	s.style(from, to, st)
}

// facts writes labels and values side by side.
func (s *sheet) facts(items []doc.Fact) {
	for _, f := range items {
		label := s.cell(1, s.row)
		s.book.try(s.book.file.SetCellStr(s.name, label, doc.Clean(f.Label)))
		s.style(label, label, style{muted: true})
		s.fit(1, chars(doc.Clean(f.Label))+2)
		st := style{left: true, tone: f.Cell.Tone}
		if n := chars(doc.Format(f.Cell.Value)); n > proseChars { // shorter text runs over its neighbours
			st.wrap = true
			s.book.try(s.book.file.SetRowHeight(s.name, s.row, float64(min(lineHeight*(n/mostWidth+1), 400))))
		}
		s.write(2, s.row, f.Cell, st)
		s.row++
	}
	if len(items) > 0 {
		s.row++
	}
}

// finish sets what concerns the sheet as a whole: widths, panes, print.
func (s *sheet) finish() {
	f, b := s.book.file, s.book
	for i, w := range s.widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.try(err)
		b.try(f.SetColWidth(s.name, name, name, float64(w)+1))
	}
	if len(s.sparks) > 0 { // at once: each call of excelize reads all earlier ones again
		b.try(f.AddSparkline(s.name, &excelize.SparklineOptions{Location: s.sparks, Range: s.sparkData, Type: "column", SeriesColor: sparkInk, EmptyCells: "gap"}))
	}
	frozen := 1
	if len(s.heads) == 1 && s.heads[0] <= 8 { // a lone table keeps its head in sight
		frozen = s.heads[0]
	}
	b.try(f.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: frozen, TopLeftCell: s.cell(1, frozen+1), ActivePane: "bottomLeft"}))
	grid, zoom := false, 100.0
	b.try(f.SetSheetView(s.name, 0, &excelize.ViewOptions{ShowGridLines: &grid, ZoomScale: &zoom}))
	landscape, paper, wide, tall := "landscape", 9, 1, 0 // A4
	b.try(f.SetPageLayout(s.name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &paper, FitToWidth: &wide, FitToHeight: &tall}))
	fit := true
	b.try(f.SetSheetProps(s.name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.try(f.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{OddFooter: "&L" + strings.ReplaceAll(clip(doc.Clean(b.doc.Title), 80), "&", "&&") + "&C&A&RPage &P of &N"}))
	b.try(f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: s.name, RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted(s.name), 1, frozen)}))
}
