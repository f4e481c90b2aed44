package prom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
)

// matrix reads the answer of the API to a range selector while it arrives, so
// that no answer is in memory as a whole, whatever its size:
//
//	{"status": "success", "data": {"resultType": "matrix", "result": [
//	  {"metric": {"__name__": "up", ...}, "values": [[1700000000.123, "1"], ...], "histograms": [[1700000000.123, {...}], ...]},
//	  ...]}, "warnings": [...]}
//
// Keys may come in any order, and unknown ones are passed over. A value is the
// double of which its text is the shortest.
type matrix struct {
	in       io.Reader
	buf      []byte
	pos, end int   // what is in buf and was not read yet
	passed   int64 // bytes before buf
	err      error // the first one; nothing is read after it

	// What is done with a sample, with a native histogram, of which the value is
	// JSON and good until the call returns, and at the end of a series.
	sample    func(t int64, v float64)
	histogram func(t int64, value []byte)
	series    func(labels.Labels)

	status, kind, said, resultType string
	warnings                       []string
	partial                        bool
}

// errSyntax marks an answer that is not what the API promises.
var errSyntax = errors.New("it is not what the API promises")

// read reads the whole answer.
func (m *matrix) read() error {
	m.buf = make([]byte, 1<<16)
	m.object(func(key string) {
		switch key {
		case "status":
			m.status = m.word()
		case "errorType":
			m.kind = m.word()
		case "error":
			m.said = m.word()
		case "isPartial": // VictoriaMetrics
			m.partial = string(m.value()) == "true"
		case "warnings":
			m.array(func() { m.warnings = append(m.warnings, m.word()) })
		case "data":
			m.data()
		default:
			m.value()
		}
	})
	if m.err == nil && m.status == "" {
		m.fail("a status is missing")
	}
	return m.err
}

// data reads what was found; it is null beside an error.
func (m *matrix) data() {
	if m.peek() == 'n' {
		m.value()
		return
	}
	m.object(func(key string) {
		switch key {
		case "resultType":
			if m.resultType = m.word(); m.resultType != "matrix" && m.err == nil {
				m.fail("it is a " + m.resultType + ", not raw samples")
			}
		case "result":
			m.array(m.one)
		default:
			m.value()
		}
	})
}

// one reads a series.
func (m *matrix) one() {
	var ls labels.Labels
	m.object(func(key string) {
		switch key {
		case "metric":
			b := labels.NewScratchBuilder(8)
			m.object(func(name string) { b.Add(name, m.word()) })
			b.Sort()
			ls = b.Labels()
		case "values":
			m.array(m.float)
		case "histograms":
			m.array(m.native)
		default:
			m.value()
		}
	})
	if m.err == nil {
		m.series(ls)
	}
}

// float reads a sample.
func (m *matrix) float() {
	if t, v, size := sampleOf(m.buf[m.pos:m.end]); size > 0 {
		m.pos += size
		m.sample(t, v)
		return
	}
	// It is cut by the end of the buffer, or has a form that is rare.
	var v string
	if t, ok := m.pair(m.value(), &v); ok {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			m.fail(fmt.Sprintf("%q is not a value", v))
			return
		}
		m.sample(t, f)
	}
}

// native reads a native histogram.
func (m *matrix) native() {
	var v json.RawMessage
	if t, ok := m.pair(m.value(), &v); ok {
		m.histogram(t, v)
	}
}

// pair reads a time and what it has.
func (m *matrix) pair(text []byte, v any) (ms int64, ok bool) {
	var t json.Number
	if m.err != nil {
		return 0, false
	}
	if err := json.Unmarshal(text, &[]any{&t, v}); err != nil {
		m.fail(fmt.Sprintf("%.60q is not a sample", text))
		return 0, false
	}
	seconds, err := strconv.ParseFloat(t.String(), 64)
	if ms := math.Round(seconds * 1000); err == nil && math.Abs(ms) < 1<<62 {
		return int64(ms), true
	}
	m.fail(fmt.Sprintf("%q is not a time", t))
	return 0, false
}

// sampleOf reads a sample in the form that servers write, such as
// [1700000000.123,"42"]; size is 0 where it is another one or not all there.
func sampleOf(text []byte) (t int64, v float64, size int) {
	if len(text) < 2 || text[0] != '[' {
		return 0, 0, 0
	}
	at, digits, fraction := 1, 0, 0
	for ; at < len(text) && isDigit(text[at]); at++ {
		t = t*10 + int64(text[at]-'0')
		digits++
	}
	if at < len(text) && text[at] == '.' {
		for at++; at < len(text) && isDigit(text[at]); at++ {
			t = t*10 + int64(text[at]-'0')
			fraction++
		}
	}
	if digits == 0 || digits > 12 || fraction > 3 || at+2 > len(text) || text[at] != ',' || text[at+1] != '"' {
		return 0, 0, 0
	}
	for ; fraction < 3; fraction++ {
		t *= 10
	}
	v, n := valueOf(text[at+2:])
	at += 2 + n
	if n == 0 || at+2 > len(text) || text[at] != '"' || text[at+1] != ']' {
		return 0, 0, 0
	}
	return t, v, at + 2
}

// valueOf reads a value up to a quote; size is 0 where there is none. Up to 15
// digits and a power of ten up to 22 are doubles themselves, and so their
// quotient is rounded once, which is right.
func valueOf(text []byte) (v float64, size int) {
	at, digits, point, whole := 0, 0, -1, int64(0)
	if len(text) > 0 && text[0] == '-' {
		at = 1
	}
	for ; at < len(text); at++ {
		switch c := text[at]; {
		case isDigit(c):
			whole = whole*10 + int64(c-'0')
			digits++
			continue
		case c == '.' && point < 0:
			point = digits
			continue
		}
		break
	}
	if at == len(text) {
		return 0, 0
	}
	if text[at] != '"' || digits == 0 || digits > 15 {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			return 0, 0
		}
		f, err := strconv.ParseFloat(string(text[:end]), 64)
		if err != nil {
			return 0, 0
		}
		return f, end
	}
	v = float64(whole)
	if point >= 0 {
		v /= [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}[digits-point]
	}
	if text[0] == '-' {
		v = -v
	}
	return v, at
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
