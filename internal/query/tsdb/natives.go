package tsdb

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
	chunks []chunkenc.Chunk
	it     chunkenc.Iterator
	open   bool
}

// ReadHistogram implements query.NativeSeries.
func (n *natives) ReadHistogram(h *histogram.FloatHistogram) (int64, error) {
	for {
		if !n.open {
			if len(n.chunks) == 0 {
				return 0, io.EOF
			}
			c := n.chunks[0]
			n.chunks = n.chunks[1:]
			if e := c.Encoding(); e == chunkenc.EncXOR || e == chunkenc.EncXOR2 {
				continue
			}
			n.it, n.open = c.Iterator(n.it), true
		}
		switch n.it.Next() {
		case chunkenc.ValNone:
			if err := n.it.Err(); err != nil {
				return 0, fmt.Errorf("decoding a chunk: %w", err)
			}
			n.open = false
		case chunkenc.ValHistogram, chunkenc.ValFloatHistogram:
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
