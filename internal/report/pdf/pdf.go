// Package pdf draws a document for print: a cover block, sections with tables
// that break over pages and repeat their heads, tiles, vector charts, page
// numbers, an outline. Layout makes placed draw calls, a painter turns them into
// a PDF with the embedded font.
package pdf

import (
	"fmt"
	"io"

	"github.com/go-pdf/fpdf"

	"github.com/slactl/slactl/internal/report/doc"
)

// Options are choices about the paper.
type Options struct {
	// Paper is A4 (the default) or Letter.
	Paper string
}

// Render writes the document as PDF. The same document gives the same bytes.
// Notes tell what could not be drawn as it is: characters that the font lacks,
// columns that found no room. An unknown paper is an error, as is what w reports.
func Render(w io.Writer, d *doc.Document, opt Options) (notes []string, err error) {
	paper, err := paperOf(opt.Paper)
	if err != nil {
		return nil, fmt.Errorf("writing a PDF: %w", err)
	}
	faces, err := newTypeface()
	if err != nil {
		return nil, fmt.Errorf("writing a PDF: %w", err)
	}
	pages, notes := layOut(d, paper, faces)
	out := paint(d, pages, paper, faces)
	if err := out.Output(w); err != nil {
		return nil, fmt.Errorf("writing a PDF: %w", err)
	}
	return append(notes, faces.notes()...), nil
}

// sheet is a paper size in points.
type sheet struct{ width, height float64 }

func paperOf(name string) (sheet, error) {
	switch name {
	case "", "A4":
		return sheet{595.28, 841.89}, nil
	case "Letter":
		return sheet{612, 792}, nil
	}
	return sheet{}, fmt.Errorf("%q is no paper size; write A4 or Letter", name)
}

func paint(d *doc.Document, pages []*page, paper sheet, t *typeface) *painter {
	p := &painter{Fpdf: fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: paper.width, Ht: paper.height}}), links: map[int]int{}}
	p.SetCatalogSort(true)
	p.SetCompression(true)
	p.SetCreationDate(d.Created.UTC())
	p.SetModificationDate(d.Created.UTC())
	p.SetTitle(doc.Clean(d.Title), true)
	p.SetSubject(doc.Clean(d.Subtitle), true)
	p.SetAuthor(doc.Clean(d.Author), true)
	p.SetCreator(doc.Clean(d.Producer), true)
	p.SetProducer(doc.Clean(d.Producer), true)
	if d.Language != "" {
		p.SetLang(d.Language)
	}
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.AddUTF8FontFromBytes(fontName, "", t.regular.ttf)
	p.AddUTF8FontFromBytes(fontName, "B", t.bold.ttf)
	p.SetLineJoinStyle("round")
	for _, pg := range pages {
		p.AddPage()
		for _, o := range pg.ops {
			o.paint(p)
		}
	}
	return p
}
