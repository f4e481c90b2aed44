package billing

import (
	"bytes"
	"errors"
	"io"
)

const (
	// blockSize is how much text a worker takes at a time: it stays in the cache of
	// a processor until it is parsed, and a file's memory is a few of these.
	blockSize = 128 << 10
	// maxRecord bounds one record: a quote that never closes would otherwise take
	// the rest of the file into memory.
	maxRecord = 64 << 20
)

// block is a run of whole records of a CSV text.
type block struct {
	index int
	text  []byte
}

// splitter cuts a CSV text into blocks of whole records. A line break inside
// quotes ends no record: whether a place lies inside is the parity of the quotes
// before it, which holds for doubled quotes too. A text with a stray quote is
// cut wrongly, but then the record that has it is an error anyway.
type splitter struct {
	in    io.Reader
	size  int
	rest  []byte // the beginning of a record whose end is not read yet
	index int
	ended bool
	free  chan []byte // buffers that workers are done with
}

func newSplitter(in io.Reader) *splitter {
	return &splitter{in: in, size: blockSize, free: make(chan []byte, 8)}
}

// next returns the next block, and io.EOF after the last one.
func (s *splitter) next() (block, error) {
	buf := append(s.buffer(), s.rest...)
	s.rest = s.rest[:0]
	for !s.ended {
		if len(buf) > maxRecord {
			return block{}, errors.New("a record is longer than 64 MiB; a quote may be missing")
		}
		var err error
		if buf, err = s.fill(buf); err != nil {
			return block{}, err
		}
		if end := lastRecord(buf); end > 0 && !s.ended {
			s.rest = append(s.rest, buf[end:]...)
			return s.block(buf[:end]), nil
		}
	}
	if len(buf) == 0 {
		return block{}, io.EOF
	}
	return s.block(buf), nil
}

// fill reads another block's worth of text.
func (s *splitter) fill(buf []byte) ([]byte, error) {
	if cap(buf)-len(buf) < s.size/2+1 {
		buf = append(make([]byte, 0, max(2*cap(buf), s.size)), buf...)
	}
	for len(buf) < cap(buf) {
		n, err := s.in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			s.ended = true
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return buf, nil
}

func (s *splitter) block(text []byte) block {
	s.index++
	return block{s.index - 1, text}
}

func (s *splitter) buffer() []byte {
	select {
	case buf := <-s.free:
		return buf[:0]
	default:
		return make([]byte, 0, s.size)
	}
}

// release gives a block's memory back. Nothing may hold on to its text.
func (s *splitter) release(b block) {
	select {
	case s.free <- b.text[:0]:
	default:
	}
}

// lastRecord returns the index behind the last line break that is outside of
// quotes, 0 without one. The text begins with a record.
func lastRecord(text []byte) int {
	quotes := bytes.Count(text, []byte{'"'})
	for end := len(text); ; {
		i := bytes.LastIndexByte(text[:end], '\n')
		if i < 0 {
			return 0
		}
		if quotes -= bytes.Count(text[i:end], []byte{'"'}); quotes%2 == 0 {
			return i + 1
		}
		end = i
	}
}
