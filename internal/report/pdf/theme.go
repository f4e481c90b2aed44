package pdf

import "github.com/slactl/slactl/internal/report/doc"

// The grid, in points: margins, and the type scale with its line heights.
const (
	marginX      = 44.0
	marginTop    = 58.0
	marginBottom = 52.0

	titleSize   = 24.0
	subSize     = 12.0
	sectionSize = 16.0
	headSize    = 10.5
	bodySize    = 9.5
	smallSize   = 7.5
	leading     = 1.32 // line height over size
)

// Colours: one ink, one grey, one accent.
const (
	ink    colour = 0x1F2933
	grey   colour = 0x606D7A
	hair   colour = 0xD5DBE1
	pale   colour = 0xF4F6F8
	white  colour = 0xFFFFFF
	accent colour = 0x0B5CAD
	alarm  colour = 0xB3261E
)

// toneInk is the colour of a tone.
func toneInk(t doc.Tone) colour {
	return [...]colour{doc.Neutral: ink, doc.Good: 0x1B6B3A, doc.Warn: 0x8A5300, doc.Bad: alarm}[t]
}

// toneFill is the ground on which a tone is set.
func toneFill(t doc.Tone) colour {
	return [...]colour{doc.Neutral: pale, doc.Good: 0xE8F5EC, doc.Warn: 0xFDF3E0, doc.Bad: 0xFCEBE9}[t]
}

// seriesInk is the colour of a series: Okabe and Ito's palette, told apart by
// the colour-blind, ordered so that neighbours differ in lightness too.
func seriesInk(i int) colour {
	palette := [...]colour{0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0x8C8C8C, 0x785EF0}
	return palette[i%len(palette)]
}

// seriesDash tells lines apart where there is no colour.
func seriesDash(i int) []float64 {
	return [...][]float64{nil, {5, 2}, {1.5, 1.5}, {7, 2, 1.5, 2}}[i%4]
}

// toneShape draws the mark of a tone in a square of the given size: a disc with
// a tick, a triangle with a stroke, a square with a cross.
func toneShape(t doc.Tone, x, y, size float64) []op {
	at := func(fx, fy float64) point { return point{x + fx*size, y + fy*size} }
	line := func(points ...point) op { return stroke{points: points, width: size * 0.13, ink: white} }
	switch t {
	case doc.Good:
		return []op{disc{x + size/2, y + size/2, size / 2, toneInk(t)}, line(at(.27, .52), at(.44, .69), at(.74, .34))}
	case doc.Warn:
		return []op{shape{[]point{at(.5, 0), at(1.04, .96), at(-.04, .96)}, toneInk(t)}, line(at(.5, .34), at(.5, .62)), line(at(.5, .74), at(.5, .86))}
	case doc.Bad:
		return []op{shape{[]point{at(.05, .05), at(.95, .05), at(.95, .95), at(.05, .95)}, toneInk(t)}, line(at(.28, .28), at(.72, .72)), line(at(.72, .28), at(.28, .72))}
	}
	return nil
}
