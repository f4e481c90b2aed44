package tsdb

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query"
)

// natives is the way through a series' chunks that passes over all but native
// histograms.
type natives struct {
	chunks []chunkenc.Chunk
	it     chunkenc.Iterator
	open   bool
}

// hasNatives reports whether a chunk has native histograms.
func hasNatives(s query.RawSeries) bool {
	raw, ok := s.(*series)
	return ok && slices.ContainsFunc(raw.natives.chunks, func(c chunkenc.Chunk) bool {
		return c.Encoding() != chunkenc.EncXOR && c.Encoding() != chunkenc.EncXOR2
	})
}

// eachHistogram calls f with every native histogram of a series, which is f's
// until it returns. It stops with the first error.
func eachHistogram(s query.RawSeries, f func(int64, *histogram.FloatHistogram) error) error {
	native, ok := s.(query.NativeSeries)
	var h histogram.FloatHistogram
	for ok {
		t, err := native.ReadHistogram(&h)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(t, &h)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
