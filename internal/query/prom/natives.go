package prom

import (
	"fmt"
	"io"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// natives is the way through a series' chunks that passes over all but native
// histograms.
type natives struct {
	read int // how many chunks were opened
	open bool
	in   slice
	it   chunkenc.Iterator
}

// ReadHistogram implements query.NativeSeries.
func (s *series) ReadHistogram(h *histogram.FloatHistogram) (int64, error) {
	n := &s.natives
	for {
		if !n.open {
			if n.read == len(s.chunks) {
				return 0, io.EOF
			}
			c := s.chunks[n.read]
			n.read++
			if c.encoding == chunkenc.EncXOR || c.encoding == chunkenc.EncXOR2 {
				continue
			}
			decoded, err := chunkenc.FromData(c.encoding, c.data)
			if err != nil {
				return 0, fmt.Errorf("decoding a chunk: %w", err)
			}
			n.in, n.it, n.open = c.slice, decoded.Iterator(n.it), true
		}
		switch n.it.Next() {
		case chunkenc.ValNone:
			if err := n.it.Err(); err != nil {
				return 0, fmt.Errorf("decoding a chunk: %w", err)
			}
			n.open = false
		case chunkenc.ValHistogram, chunkenc.ValFloatHistogram:
			if t := n.it.AtT(); t < n.in.from || t > n.in.to {
				continue
			}
			t, got := n.it.AtFloatHistogram(h)
			if value.IsStaleNaN(got.Sum) { // which is not written into h
				*h = histogram.FloatHistogram{Sum: got.Sum}
			} else if got != h {
				*h = *got
			}
			return t, nil
		}
	}
}
