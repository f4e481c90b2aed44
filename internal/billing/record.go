package billing

import (
	"bytes"
	"errors"
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
type records struct {
	text    []byte
	pos     int
	fields  []string
	unquote []byte // fields with doubled quotes
}

// next reads a record. It reports false at the end of the block.
func (r *records) next() (bool, error) {
	r.fields, r.unquote = r.fields[:0], r.unquote[:0]
	for r.pos < len(r.text) && (r.text[r.pos] == '\n' || r.text[r.pos] == '\r' && r.newline(r.pos+1)) {
		r.pos++
	}
	if r.pos >= len(r.text) {
		return false, nil
	}
	for {
		last, err := r.field()
		if err != nil {
			return false, syntaxError{err}
		}
		if last {
			return true, nil
		}
	}
}

// newline reports whether a line ends here.
func (r *records) newline(at int) bool { return at >= len(r.text) || r.text[at] == '\n' }

// field reads one field and what ends it, and reports whether that was the end
// of the record.
func (r *records) field() (last bool, err error) {
	if r.pos < len(r.text) && r.text[r.pos] == '"' {
		return r.quoted()
	}
	text, start := r.text, r.pos
	for i := start; i < len(text); i++ {
		switch text[i] {
		case ',':
			r.fields = append(r.fields, shared(text[start:i]))
			r.pos = i + 1
			return false, nil
		case '\n':
			end := i
			if end > start && text[end-1] == '\r' {
				end--
			}
			r.fields = append(r.fields, shared(text[start:end]))
			r.pos = i + 1
			return true, nil
		case '"':
			return false, errBareQuote
		}
	}
	end := len(text)
	if end > start && text[end-1] == '\r' {
		end--
	}
	r.fields = append(r.fields, shared(text[start:end]))
	r.pos = len(text)
	return true, nil
}

// quoted reads a field that begins with a quote.
func (r *records) quoted() (last bool, err error) {
	start := r.pos + 1
	for i := start; ; {
		n := bytes.IndexByte(r.text[i:], '"')
		if n < 0 {
			return false, errOpenQuote
		}
		i += n
		if i+1 < len(r.text) && r.text[i+1] == '"' {
			i += 2
			continue
		}
		r.fields = append(r.fields, r.value(r.text[start:i]))
		return r.afterQuote(i + 1)
	}
}

func (r *records) afterQuote(i int) (last bool, err error) {
	switch {
	case i < len(r.text) && r.text[i] == ',':
		r.pos = i + 1
		return false, nil
	case i < len(r.text) && r.text[i] == '\r' && r.newline(i+1):
		i++
	case !r.newline(i):
		return false, errOpenQuote
	}
	r.pos = min(i+1, len(r.text))
	return true, nil
}

// value returns the text between quotes, with doubled quotes single and line
// ends as \n.
func (r *records) value(raw []byte) string {
	if bytes.IndexByte(raw, '"') < 0 && bytes.IndexByte(raw, '\r') < 0 {
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
