package billing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"unsafe"
)

var (
	errBareQuote = errors.New(`a quote stands in an unquoted field; quote the field and double the quote`)
	errOpenQuote = errors.New(`a quoted field does not end with its quote; a quote is missing or not doubled`)
)

// syntaxError says that the text of a CSV is broken at a record. It swallows an
// unknown part of the file, so its file is rejected whatever the source says.
type syntaxError struct{ error }

// records reads the records of a block (RFC 4180: fields between commas, quoted
// ones may hold commas, line breaks and doubled quotes). Empty lines are no
// records. The fields of a record share the memory of the block, or of a buffer
// that the next record overwrites, so they are valid until then.
//
// Fields are found eight bytes at a time: most of a bill's bytes are in columns
// that no query asks for, and must only be stepped over.
type records struct {
	text    []byte
	pos     int
	fields  []string
	unquote []byte // fields with doubled quotes
	used    []bool // the columns whose text is looked at; nil for all
	returns bool   // the text has carriage returns
}

func newRecords(text []byte, fields []string) records {
	return records{text: text, fields: fields, returns: bytes.IndexByte(text, '\r') >= 0}
}

// next reads a record. It reports false at the end of the block.
func (r *records) next() (bool, error) {
	r.fields, r.unquote = r.fields[:0], r.unquote[:0]
	text, pos := r.text, r.pos
	for pos < len(text) && (text[pos] == '\n' || text[pos] == '\r' && endsLine(text, pos+1)) {
		pos++
	}
	if pos >= len(text) {
		r.pos = pos
		return false, nil
	}
	for {
		pos = r.plain(pos)
		end, err := r.field(pos)
		if err != nil {
			return false, syntaxError{err}
		}
		if pos = end; pos < len(text) && text[pos] == ',' {
			pos++
			continue
		}
		if pos < len(text) && text[pos] == '\r' && endsLine(text, pos+1) {
			pos++
		}
		if !endsLine(text, pos) {
			return false, syntaxError{errOpenQuote}
		}
		r.pos = min(pos+1, len(text))
		return true, nil
	}
}

// plain reads what nearly all fields are, quoted or not: text without quotes, and
// a comma behind it. It returns the place of the first field that is not.
func (r *records) plain(at int) int {
	text, fields := r.text, r.fields
fields:
	for at+9 <= len(text) {
		if text[at] == '"' {
			if r.returns {
				break
			}
			for end := at + 1; end+9 <= len(text); end += 8 {
				m := zeros(binary.LittleEndian.Uint64(text[end:]) ^ quotes)
				if m == 0 {
					continue
				}
				if end += bits.TrailingZeros64(m) / 8; text[end+1] != ',' {
					break fields
				}
				fields = append(fields, shared(text[at+1:end]))
				at = end + 2
				continue fields
			}
			break
		}
		for end := at; end+8 <= len(text); end += 8 {
			w := binary.LittleEndian.Uint64(text[end:])
			m := zeros(w^commas) | zeros(w^breaks) | zeros(w^quotes)
			if m == 0 {
				continue
			}
			if end += bits.TrailingZeros64(m) / 8; text[end] != ',' {
				break fields
			}
			fields = append(fields, shared(text[at:end]))
			at = end + 1
			continue fields
		}
		break
	}
	r.fields = fields
	return at
}

// field reads the field at a place, and returns where it ends.
func (r *records) field(start int) (int, error) {
	text := r.text
	if start < len(text) && text[start] == '"' {
		end, doubled := closingQuote(text, start+1)
		if end < 0 {
			return 0, errOpenQuote
		}
		r.fields = append(r.fields, r.value(text[start+1:end], doubled))
		return end + 1, nil
	}
	pos := fieldEnd(text, start)
	if pos < len(text) && text[pos] == '"' {
		return 0, errBareQuote
	}
	end := pos
	if end > start && text[end-1] == '\r' && endsLine(text, end) {
		end--
	}
	r.fields = append(r.fields, shared(text[start:end]))
	return pos, nil
}

// endsLine reports whether a line ends at an index.
func endsLine(text []byte, at int) bool { return at >= len(text) || text[at] == '\n' }

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = '"' * ones
	commas = ',' * ones
	breaks = '\n' * ones
)

// zeros has the high bit of each byte of w that is 0, and of some bytes above
// one that is: the lowest bit is always right.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

// fieldEnd returns the index of the comma, line break or quote at or after a
// place, or the length of the text.
func fieldEnd(text []byte, at int) int {
	for ; at+8 <= len(text); at += 8 {
		w := binary.LittleEndian.Uint64(text[at:])
		if m := zeros(w^commas) | zeros(w^breaks) | zeros(w^quotes); m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
	}
	for ; at < len(text); at++ {
		if c := text[at]; c == ',' || c == '\n' || c == '"' {
			break
		}
	}
	return at
}

// closingQuote returns the index of the quote that ends a field, −1 without one,
// and whether the field has doubled ones.
func closingQuote(text []byte, at int) (end int, doubled bool) {
	for {
		if at = quoteAt(text, at); at < 0 {
			return -1, doubled
		}
		if at+1 >= len(text) || text[at+1] != '"' {
			return at, doubled
		}
		at, doubled = at+2, true
	}
}

// quoteAt returns the index of the next quote, −1 without one.
func quoteAt(text []byte, at int) int {
	for ; at+8 <= len(text); at += 8 {
		if m := zeros(binary.LittleEndian.Uint64(text[at:]) ^ quotes); m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
	}
	for ; at < len(text); at++ {
		if text[at] == '"' {
			return at
		}
	}
	return -1
}

// value returns the text between quotes, with doubled quotes single and line
// ends as \n where anybody looks at it.
func (r *records) value(raw []byte, doubled bool) string {
	at := len(r.fields)
	if !doubled && !r.returns || at < len(r.used) && !r.used[at] {
		return shared(raw)
	}
	start := len(r.unquote)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '"' || c == '\r' && i+1 < len(raw) && raw[i+1] == '\n' {
			i++
			c = raw[i]
		}
		r.unquote = append(r.unquote, c)
	}
	return shared(r.unquote[start:])
}

// shared returns the bytes as a text without a copy. It holds as long as they
// are not overwritten; whoever keeps a field longer clones it.
func shared(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
