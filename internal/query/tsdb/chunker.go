package tsdb

import (
	"fmt"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// chunker compresses the samples of a series, in the order of their times, into
// chunks. Native histograms are kept with their counts as floats, which is
// lossless below 2^53.
type chunker struct {
	width int64 // of blocks; a chunk lies in one. 0 if there are none
	out   []chunks.Meta
	err   error // the first; nothing is appended after it

	app    chunkenc.Appender
	native bool // the open chunk holds native histograms
	n      int  // samples in it
	last   int64
	limit  int64 // the open chunk holds samples before it
}

// open makes ready for a sample at t: it begins a chunk where the open one is
// full, is of the other kind or ends before.
func (c *chunker) open(t int64, native bool) {
	if t <= c.last {
		c.err = fmt.Errorf("a sample at %s comes after one at %s", instant(t), instant(c.last))
	}
	if c.err != nil || c.app != nil && c.native == native && c.n < chunkSamples && t < c.limit {
		return
	}
	var chunk chunkenc.Chunk = chunkenc.NewXORChunk()
	if native {
		chunk = chunkenc.NewFloatHistogramChunk()
	}
	c.limit = latest
	if c.width > 0 {
		c.limit = (blockNumber(t, c.width) + 1) * c.width
	}
	c.app, c.err = chunk.Appender()
	c.native, c.n = native, 0
	c.out = append(c.out, chunks.Meta{Chunk: chunk, MinTime: t})
}

// done counts a sample that was appended.
func (c *chunker) done(t int64) {
	c.n, c.last = c.n+1, t
	c.out[len(c.out)-1].MaxTime = t
}

func (c *chunker) append(t int64, v float64) {
	if c.open(t, false); c.err == nil {
		c.app.Append(0, t, v)
		c.done(t)
	}
}

func (c *chunker) appendHistogram(t int64, h *histogram.FloatHistogram) {
	if c.open(t, true); c.err != nil {
		return
	}
	// The appender may write into what it is given, and may need another chunk.
	chunk, recoded, app, err := c.app.AppendFloatHistogram(nil, 0, t, h.Copy(), false)
	if err != nil {
		c.err = err
		return
	}
	c.app = app
	switch {
	case chunk == nil:
	case recoded:
		c.out[len(c.out)-1].Chunk = chunk
	default:
		c.out, c.n = append(c.out, chunks.Meta{Chunk: chunk, MinTime: t}), 0
	}
	c.done(t)
}
