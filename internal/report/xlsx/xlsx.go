// Package xlsx draws a document as a workbook for people who go on computing:
// cells hold numbers, dates and durations with number formats, totals are live
// sums, tables can be filtered, charts are native. A first sheet has the key
// facts and links to the others, every section is a sheet, and the points behind
// charts and sparklines are on a last one.
//
// A cell is a double with 15 digits; the exact figures are in JSON and CSV.
package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
)

// Render writes the document as a workbook in Office Open XML. The same document
// gives the same bytes.
func Render(w io.Writer, d *doc.Document) error {
	b, err := newBook(d)
	if err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	for i := range d.Sections {
		b.section(&d.Sections[i], b.sheets[i])
	}
	b.finishPoints()
	b.contents()
	if b.err != nil {
		return fmt.Errorf("writing a workbook: %w", b.err)
	}
	var out bytes.Buffer
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &pack{out: &out, modified: d.Created} })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

const (
	contentsName = "Contents"
	pointsName   = "Chart data"
)

// book is a workbook in the making. Its methods keep the first error, as a
// drawing of hundreds of cells has no use for each of them.
type book struct {
	doc    *doc.Document
	file   *excelize.File
	styles map[style]int
	// sheets are the names by section, taken all names in lower case; tables are
	// counted for their names.
	sheets []string
	taken  map[string]bool
	tables int
	// points is the next free row of the sheet of chart data, 0 before there is one.
	points int
	// links lists what the contents sheet points to.
	links []link
	err   error
}

// link is a line of the contents sheet.
type link struct {
	text, sheet, cell string
	level             int
}

func newBook(d *doc.Document) (*book, error) {
	b := &book{doc: d, file: excelize.NewFile(), styles: map[style]int{}, taken: map[string]bool{}}
	b.sheetName(contentsName)
	b.sheetName(pointsName)
	b.try(b.file.SetSheetName("Sheet1", contentsName))
	b.try(b.file.SetDefaultFont("Calibri"))
	b.try(b.file.SetDocProps(&excelize.DocProperties{Title: doc.Clean(d.Title), Subject: doc.Clean(d.Subtitle), Creator: doc.Clean(d.Author),
		LastModifiedBy: doc.Clean(d.Author), Language: d.Language, Description: doc.Clean(d.Producer),
		Created: d.Created.UTC().Format(time.RFC3339), Modified: d.Created.UTC().Format(time.RFC3339)}))
	for _, s := range d.Sections { // now, so that the sheet of chart data comes after them
		title := doc.Clean(s.Title)
		if title == "" {
			title = s.ID
		}
		b.sheets = append(b.sheets, b.sheetName(title))
		_, err := b.file.NewSheet(b.sheets[len(b.sheets)-1])
		b.try(err)
	}
	full := true
	b.try(b.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &full}))
	return b, b.err
}

// try keeps the first error.
func (b *book) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

// contents fills the first sheet: title, facts, links.
func (b *book) contents() {
	s := &sheet{book: b, name: contentsName, row: 1}
	s.text(doc.Clean(b.doc.Title), style{size: 20, bold: true})
	b.try(b.file.SetRowHeight(s.name, s.row-1, 30))
	if b.doc.Subtitle != "" {
		s.text(doc.Clean(b.doc.Subtitle), style{size: 12, muted: true})
	}
	s.row++
	s.facts(b.doc.Facts)
	if len(b.doc.Sections) > 0 {
		s.factsOf(b.doc.Sections[0])
	}
	s.text("Sheets", style{size: 13, bold: true})
	for _, l := range b.links {
		s.linkTo(l)
	}
	s.finish()
	b.file.SetActiveSheet(0)
}

// factsOf repeats the key figures of the first section, so that the first sheet
// answers the first questions.
func (s *sheet) factsOf(section doc.Section) {
	for _, block := range section.Blocks {
		if f, ok := block.(doc.Facts); ok {
			s.text(doc.Clean(section.Title), style{size: 13, bold: true})
			s.facts(f.Items)
			return
		}
	}
}

func (s *sheet) linkTo(l link) {
	at := s.cell(1, s.row)
	s.book.try(s.book.file.SetCellStr(s.name, at, l.text))
	s.book.try(s.book.file.SetCellHyperLink(s.name, at, quoted(l.sheet)+"!"+l.cell, "Location"))
	s.style(at, at, style{link: true, indent: l.level})
	s.fit(1, chars(l.text)+2)
	s.row++
}

// section draws a section onto its sheet.
func (b *book) section(section *doc.Section, name string) {
	s := &sheet{book: b, name: name, row: 1}
	title := doc.Clean(section.Title)
	if title == "" {
		title = name
	}
	b.links = append(b.links, link{text: title, sheet: s.name, cell: "A1"})
	s.text(title, style{size: 16, bold: true})
	s.row++
	for _, block := range section.Blocks {
		s.block(block)
	}
	s.finish()
}
