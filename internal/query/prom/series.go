package prom

import (
	"fmt"
	"io"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/xor"
)

// slice is a span of time of which raw samples are fetched at once. It holds its
// edges, in milliseconds since the epoch, so that slices which follow each other
// share no sample.
type slice struct{ from, to int64 }

// cut cuts a span into slices of at most the width, whose inner edges are
// whole seconds: servers differ in how they round what is finer.
func (s slice) cut(width int64) []slice {
	width = max(width/1000*1000, 1000)
	var out []slice
	for from := s.from; from <= s.to; {
		to := min(floor(from-1, 1000)+width, s.to)
		out = append(out, slice{from, to})
		from = to + 1
	}
	return out
}

// floor rounds down to a multiple.
func floor(t, multiple int64) int64 {
	return t - ((t%multiple)+multiple)%multiple
}

// series is a query.RawSeries of compressed chunks in the order of their times.
type series struct {
	labels     labels.Labels
	chunks     []chunk
	read       int  // how many chunks were opened
	packed     bool // the open chunk is read by xor
	xor        xor.Decoder
	it         chunkenc.Iterator // over the open chunk
	from, to   int64             // of the open chunk; to is closed when there is none
	histograms int
	natives    natives
}

// chunk is compressed samples, of which those at from ≤ t ≤ to count.
type chunk struct {
	slice
	encoding chunkenc.Encoding
	data     []byte
}

// Labels implements query.RawSeries.
func (s *series) Labels() labels.Labels { return s.labels }

// Histograms implements query.RawSeries.
func (s *series) Histograms() int { return s.histograms }

// Read implements query.RawSeries.
func (s *series) Read(ts []int64, vs []float64) (int, error) {
	vs = vs[:len(ts)]
	n := 0
	for n < len(ts) {
		if s.to == closed {
			more, err := s.next()
			if err != nil {
				return n, err
			}
			if !more {
				break
			}
		}
		if s.packed {
			got, err := s.xor.Read(ts[n:], vs[n:])
			in := query.Stretch{From: s.from, To: s.to}
			if n+got < len(ts) {
				s.to = closed // for the chunk is at its end
			}
			n += in.Trim(ts[n:n+got], vs[n:n+got])
			if err != nil {
				return n, fmt.Errorf("decoding a chunk: %w", err)
			}
			continue
		}
		switch s.it.Next() {
		case chunkenc.ValFloat:
			t, v := s.it.At()
			if s.from <= t && t <= s.to {
				ts[n], vs[n] = t, v
				n++
			}
		case chunkenc.ValNone:
			if err := s.it.Err(); err != nil {
				return n, fmt.Errorf("decoding a chunk: %w", err)
			}
			s.to = closed
		default:
			if t := s.it.AtT(); s.from <= t && t <= s.to {
				s.histograms++
			}
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// closed is the end of no chunk.
const closed = math.MinInt64

// next opens the next chunk.
func (s *series) next() (bool, error) {
	if s.read == len(s.chunks) {
		return false, nil
	}
	c := s.chunks[s.read]
	s.read, s.from, s.to, s.packed = s.read+1, c.from, c.to, c.encoding == chunkenc.EncXOR
	var err error
	if s.packed {
		err = s.xor.Reset(c.data)
	} else {
		var decoded chunkenc.Chunk
		if decoded, err = chunkenc.FromData(c.encoding, c.data); err == nil {
			s.it = decoded.Iterator(s.it)
		}
	}
	if err != nil {
		return false, fmt.Errorf("decoding a chunk: %w", err)
	}
	return true, nil
}

// shelf keeps series, compressed, until all slices of their time are there.
type shelf struct {
	order []*series
	index map[string]*series
	buf   []byte
}

// add puts the chunks of the next slice on the shelf.
func (s *shelf) add(all []*series) {
	if s.index == nil {
		s.index = map[string]*series{}
	}
	for _, part := range all {
		s.buf = part.labels.Bytes(s.buf)
		whole := s.index[string(s.buf)]
		if whole == nil {
			s.index[string(s.buf)] = part
			s.order = append(s.order, part)
			continue
		}
		whole.chunks = append(whole.chunks, part.chunks...)
		whole.histograms += part.histograms
	}
}
