package xlsx

import (
	"github.com/xuri/excelize/v2"

	"github.com/slactl/slactl/internal/report/doc"
)

// style is what cells differ in. Equal styles are stored once.
type style struct {
	format                   string
	size                     float64
	bold, muted, link, wrap  bool
	head, total, left, right bool
	tone                     doc.Tone
	indent                   int
}

// Colours, dark on white.
const (
	ink      = "1F2933"
	muted    = "66737F"
	linkBlue = "0B5CAD"
	rule     = "9AA5B1"
	headFill = "EEF1F4"
)

// toneInk is the text colour of a tone.
func toneInk(t doc.Tone) string {
	return [...]string{doc.Neutral: ink, doc.Good: "1B6B3A", doc.Warn: "8A5300", doc.Bad: "B3261E"}[t]
}

// toneStyle is how a rule paints a tone.
func toneStyle(t doc.Tone) *excelize.Style {
	fill := [...]string{doc.Neutral: "FFFFFF", doc.Good: "E3F3E8", doc.Warn: "FCEFD6", doc.Bad: "FBE4E2"}[t]
	return &excelize.Style{Font: &excelize.Font{Color: toneInk(t)}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}}
}

// style returns the number of a style in the workbook.
func (b *book) style(st style) int {
	if id, known := b.styles[st]; known {
		return id
	}
	font := &excelize.Font{Family: "Calibri", Size: 11, Color: toneInk(st.tone), Bold: st.bold || st.head || st.total}
	if st.size > 0 {
		font.Size = st.size
	}
	if st.muted {
		font.Color = muted
	}
	if st.link {
		font.Color, font.Underline = linkBlue, "single"
	}
	x := &excelize.Style{Font: font, Alignment: &excelize.Alignment{Vertical: "top", WrapText: st.wrap, Indent: st.indent}}
	if st.right {
		x.Alignment.Horizontal, x.Alignment.Indent = "right", 1 // a text may follow
	}
	if st.left || st.indent > 0 {
		x.Alignment.Horizontal = "left"
	}
	if st.format != "" {
		x.CustomNumFmt = &st.format
	}
	if st.head {
		x.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{headFill}}
		x.Border = []excelize.Border{{Type: "bottom", Color: rule, Style: 1}}
	}
	if st.total {
		x.Border = []excelize.Border{{Type: "top", Color: rule, Style: 1}}
	}
	id, err := b.file.NewStyle(x)
	b.try(err)
	b.styles[st] = id
	return id
}
