package prom

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// object reads an object; each reads the value of a key.
func (m *matrix) object(each func(key string)) {
	m.list('{', '}', func() {
		key := m.word()
		if m.accept(':') {
			each(key)
		}
	})
}

// array reads an array; each reads an element.
func (m *matrix) array(each func()) { m.list('[', ']', each) }

// list reads elements with commas between them. Instead of an array there may be
// null, as some servers write where there is none.
func (m *matrix) list(open, closing byte, each func()) {
	if open == '[' && m.peek() == 'n' {
		m.value()
		return
	}
	if !m.accept(open) {
		return
	}
	if m.peek() == closing {
		m.pos++
		return
	}
	for m.err == nil {
		each()
		if m.peek() != ',' {
			m.accept(closing)
			return
		}
		m.pos++
	}
}

// word reads a string.
func (m *matrix) word() string {
	text := m.value()
	if n := len(text); n >= 2 && text[0] == '"' && !slices.Contains(text, '\\') {
		return string(text[1 : n-1])
	}
	var s string
	if m.err == nil && json.Unmarshal(text, &s) != nil {
		m.fail(fmt.Sprintf("%.60q is not a string", text))
	}
	return s
}

// value reads a value whatever it is and returns its text, which is good until
// more is read.
func (m *matrix) value() []byte {
	m.peek()
	depth, quoted := 0, false
	for i := 0; m.err == nil; i++ {
		for m.pos+i >= m.end && m.err == nil {
			m.more()
		}
		if m.err != nil {
			break
		}
		switch c := m.buf[m.pos+i]; {
		case quoted && c == '\\':
			i++ // what is escaped ends nothing
		case quoted && c == '"':
			if quoted = false; depth == 0 {
				return m.take(i + 1)
			}
		case quoted:
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == ':' || c == '}' || c == ']' || isSpace(c)):
			return m.take(i) // a number or a word ended before
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return m.take(i + 1)
			}
		}
	}
	return nil
}

// take returns the next bytes and passes over them.
func (m *matrix) take(n int) []byte {
	if n == 0 {
		m.fail("a value is missing")
	}
	text := m.buf[m.pos : m.pos+n]
	m.pos += n
	return text
}

// accept reads a byte that must come next, after space.
func (m *matrix) accept(want byte) bool {
	if c := m.peek(); m.err == nil && c != want {
		m.fail(fmt.Sprintf("there is %q instead of %q", c, want))
	}
	if m.err != nil {
		return false
	}
	m.pos++
	return true
}

// peek passes over space and returns the byte that comes next.
func (m *matrix) peek() byte {
	for m.err == nil {
		if m.pos == m.end {
			m.more()
			continue
		}
		if c := m.buf[m.pos]; !isSpace(c) {
			return c
		}
		m.pos++
	}
	return 0
}

// more makes sure that there is more in the buffer than was.
func (m *matrix) more() {
	m.passed += int64(m.pos)
	m.end = copy(m.buf, m.buf[m.pos:m.end])
	m.pos = 0
	if m.end == len(m.buf) {
		m.buf = append(m.buf, make([]byte, len(m.buf))...)
	}
	for range 100 {
		n, err := m.in.Read(m.buf[m.end:])
		m.end += n
		switch {
		case n > 0:
			return
		case errors.Is(err, io.EOF):
			m.fail("it ends too early")
			return
		case err != nil:
			m.err = err
			return
		}
	}
	m.err = io.ErrNoProgress
}

// fail says what is wrong at this place, unless something was before.
func (m *matrix) fail(what string) {
	if m.err == nil {
		m.err = fmt.Errorf("%w: at byte %d %s", errSyntax, m.passed+int64(m.pos), what)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
