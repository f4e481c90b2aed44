package pdf

import (
	"embed"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/report/doc"
)

//go:embed font/Roboto-Regular.ttf font/Roboto-Bold.ttf
var fontFiles embed.FS

// fontName is the family by which documents and notes call the font.
const fontName = "Roboto"

// face is what layout needs to know about one weight of the font: which runes it
// has and how wide they are. Runes beyond the basic plane are not in it.
type face struct {
	ttf    []byte
	em     float64
	glyphs [1 << 16]uint16 // by rune, 0 for none
	widths []uint16        // by glyph, in units of the em
}

func newFace(file string) (*face, error) {
	ttf, err := fontFiles.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded font: %w", err)
	}
	f := &face{ttf: ttf, em: float64(binary.BigEndian.Uint16(table(ttf, "head")[18:]))}
	n := int(binary.BigEndian.Uint16(table(ttf, "hhea")[34:]))
	hmtx := table(ttf, "hmtx")
	for i := range n {
		f.widths = append(f.widths, binary.BigEndian.Uint16(hmtx[4*i:]))
	}
	f.readGlyphs(table(ttf, "cmap"))
	return f, nil
}

// table returns a table of a TrueType file.
func table(ttf []byte, tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		entry := ttf[12+16*i:]
		if string(entry[:4]) == tag {
			at := binary.BigEndian.Uint32(entry[8:])
			return ttf[at : at+binary.BigEndian.Uint32(entry[12:])]
		}
	}
	return nil
}

// readGlyphs reads the character map of format 4, segments of the basic plane.
func (f *face) readGlyphs(cmap []byte) {
	u16 := func(b []byte, i int) int { return int(binary.BigEndian.Uint16(b[i:])) }
	for i := range u16(cmap, 2) {
		sub := cmap[binary.BigEndian.Uint32(cmap[8+8*i:]):]
		if u16(sub, 0) != 4 {
			continue
		}
		n := u16(sub, 6) // twice the number of segments
		ends, starts, deltas, offsets := sub[14:], sub[16+n:], sub[16+2*n:], sub[16+3*n:]
		for s := 0; s < n; s += 2 {
			for r := u16(starts, s); r <= u16(ends, s) && r < 0xffff; r++ {
				glyph := r
				if offset := u16(offsets, s); offset > 0 {
					glyph = u16(offsets, s+offset+2*(r-u16(starts, s)))
				}
				if glyph > 0 {
					f.glyphs[r] = uint16(glyph + u16(deltas, s))
				}
			}
		}
		return
	}
}

func (f *face) has(r rune) bool { return 0 <= r && r < 1<<16 && f.glyphs[r] > 0 }

// width is the advance of a text at a size in points; fpdf does not kern.
func (f *face) width(s string, size float64) float64 {
	units := 0
	for _, r := range s {
		glyph := 0
		if 0 <= r && r < 1<<16 {
			glyph = int(f.glyphs[r])
		}
		units += int(f.widths[min(glyph, len(f.widths)-1)])
	}
	return float64(units) / f.em * size
}

// typeface is the two weights, and the runes that were asked for and are not in
// it.
type typeface struct {
	regular, bold *face
	missing       map[rune]bool
}

func newTypeface() (*typeface, error) {
	regular, err := newFace("font/Roboto-Regular.ttf")
	if err != nil {
		return nil, err
	}
	bold, err := newFace("font/Roboto-Bold.ttf")
	if err != nil {
		return nil, err
	}
	return &typeface{regular: regular, bold: bold, missing: map[rune]bool{}}, nil
}

func (t *typeface) face(bold bool) *face {
	if bold {
		return t.bold
	}
	return t.regular
}

// spell makes a text drawable: runes that the font lacks become U+FFFD and are
// remembered.
func (t *typeface) spell(s string) string {
	return strings.Map(func(r rune) rune {
		if t.regular.has(r) && t.bold.has(r) {
			return r
		}
		t.missing[r] = true
		return '\ufffd'
	}, doc.Clean(s))
}

// notes tells which runes were missing.
func (t *typeface) notes() []string {
	if len(t.missing) == 0 {
		return nil
	}
	var runes []rune
	for r := range t.missing {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	shown := make([]string, 0, 8)
	for _, r := range runes[:min(len(runes), cap(shown))] {
		shown = append(shown, fmt.Sprintf("%q", r))
	}
	more := ""
	if len(runes) > len(shown) {
		more = ", …"
	}
	return []string{fmt.Sprintf("the font %s lacks %d characters of this document, drawn as U+FFFD: %s%s", fontName, len(runes), strings.Join(shown, ", "), more)}
}

// wrap breaks a text at blanks into lines of at most width points; a word that
// is wider is broken where it has to be.
func (t *typeface) wrap(s string, bold bool, size, width float64) []string {
	f := t.face(bold)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && f.width(line+" "+word, size) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for f.width(word, size) > width {
			cut := fitting(f, word, size, width)
			lines = append(lines, word[:cut])
			word = word[cut:]
		}
		line = word
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// fitting is how many bytes of a word fit, at least one rune. It prefers to
// break behind punctuation, as addresses and paths do.
func fitting(f *face, word string, size, width float64) int {
	end, soft := 0, 0
	for i, r := range word {
		next := i + len(string(r))
		if i > 0 && f.width(word[:next], size) > width {
			break
		}
		end = next
		if strings.ContainsRune("/-_.,:;=&?", r) {
			soft = next
		}
	}
	if soft > end/2 {
		return soft
	}
	return end
}
