package prom

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/window"
)

// The JSON of Prometheus's API gives of a native histogram its count and its
// populated buckets with their bounds: neither the resolution nor the zero
// threshold, and nothing of empty buckets. For exponential buckets that is
// enough: one bucket's bounds tell the resolution, and its number follows. Of
// custom buckets it is not, for the bounds between empty ones are missing.

// nativeSample is a native histogram on its way into a chunk.
type nativeSample struct {
	t int64
	h *histogram.FloatHistogram
}

// nativeOf restores a native histogram; nil if it has custom buckets.
func nativeOf(text []byte) (*histogram.FloatHistogram, error) {
	var m model.SampleHistogram
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	out := &histogram.FloatHistogram{Schema: histogram.ExponentialSchemaMax, Count: float64(m.Count), Sum: float64(m.Sum)}
	known := false
	for _, b := range m.Buckets {
		lower, upper := math.Abs(float64(b.Lower)), math.Abs(float64(b.Upper))
		if lower > upper {
			lower, upper = upper, lower
		}
		if b.Boundaries != closedBounds && lower > 0 && upper < math.MaxFloat64 {
			out.Schema, known = int32(math.Round(-math.Log2(math.Log2(upper)-math.Log2(lower)))), true
			break
		}
	}
	if known && !histogram.IsExponentialSchema(out.Schema) {
		return nil, nil
	}
	scale := window.Scale{Schema: out.Schema}
	for _, b := range m.Buckets {
		lower, upper := float64(b.Lower), float64(b.Upper)
		if b.Boundaries == closedBounds && lower == -upper {
			out.ZeroThreshold, out.ZeroCount = upper, float64(b.Count)
			continue
		}
		p := window.Place{Sign: 1, Index: numberOf(upper, out.Schema)}
		if upper <= 0 {
			p = window.Place{Sign: -1, Index: numberOf(-lower, out.Schema)}
		}
		if l, u := scale.Bounds(p); l != lower || u != upper {
			return nil, nil
		}
		spans, buckets := &out.PositiveSpans, &out.PositiveBuckets
		if p.Sign < 0 {
			spans, buckets = &out.NegativeSpans, &out.NegativeBuckets
		}
		*spans = append(*spans, histogram.Span{Offset: p.Index, Length: 1})
		*buckets = append(*buckets, float64(b.Count))
	}
	// Buckets come by increasing bounds, so those below 0 from the last one to the
	// first; and spans count from the end of the one before.
	for i, j := 0, len(out.NegativeSpans)-1; i < j; i, j = i+1, j-1 {
		out.NegativeSpans[i], out.NegativeSpans[j] = out.NegativeSpans[j], out.NegativeSpans[i]
		out.NegativeBuckets[i], out.NegativeBuckets[j] = out.NegativeBuckets[j], out.NegativeBuckets[i]
	}
	for _, spans := range [][]histogram.Span{out.PositiveSpans, out.NegativeSpans} {
		for i := len(spans) - 1; i > 0; i-- {
			spans[i].Offset -= spans[i-1].Offset + 1
		}
	}
	return out, nil
}

// addNative takes a native histogram if it lies in the slice.
func (p *packer) addNative(t int64, text []byte) {
	if t < p.from || t > p.to {
		return
	}
	p.histograms++
	h, err := nativeOf(text)
	switch {
	case err != nil && p.err == nil:
		p.err = fmt.Errorf("reading a native histogram: %w", err)
	case h == nil:
		p.custom++
	default:
		p.natives = append(p.natives, nativeSample{t, h})
	}
}

// sealNatives ends the native histograms of a series. If one has custom buckets
// all are taken to have them, for an empty one does not say.
func (p *packer) sealNatives() {
	if p.custom > p.customBefore {
		p.custom, p.natives = p.custom+len(p.natives), nil
	}
	p.customBefore = p.custom
	p.restored += len(p.natives)
	chunks, err := compressNatives(p.natives, p.slice)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.chunks, p.natives = append(p.chunks, chunks...), nil
}

// notes say what the answer did not tell of native histograms.
func (p *packer) notes(expr string) []string {
	var out []string
	name, _, _ := strings.Cut(expr, "[")
	if p.restored > 0 {
		out = append(out, fmt.Sprintf("the native histograms of %s were read as JSON, which leaves out their resolution and empty buckets: both were taken from the populated ones", name))
	}
	if p.custom > 0 {
		out = append(out, fmt.Sprintf("native histograms of %s with custom buckets were read as JSON, which does not tell all of their bounds: they are not counted; allow remote read", name))
	}
	return out
}

// closedBounds is how the API marks a bucket that holds both of its bounds.
const closedBounds = 3

// numberOf is the number of the bucket that ends at an upper bound.
func numberOf(upper float64, schema int32) int32 {
	return int32(math.Round(math.Log2(upper) * math.Exp2(float64(schema))))
}

// compressNatives puts native histograms into chunks. A zero bucket that is
// populated in some is there in all.
func compressNatives(all []nativeSample, in slice) ([]chunk, error) {
	widest := 0.0
	for _, s := range all {
		widest = max(widest, s.h.ZeroThreshold)
	}
	var open chunkenc.Chunk
	var app chunkenc.Appender
	var out []chunk
	closeOpen := func() {
		if open != nil {
			out = append(out, chunk{in, open.Encoding(), open.Bytes()})
		}
	}
	for i, s := range all {
		s.h.ZeroThreshold = widest
		if i%perNativeChunk == 0 {
			closeOpen()
			open = chunkenc.NewFloatHistogramChunk()
			var err error
			if app, err = open.Appender(); err != nil {
				return nil, err
			}
		}
		next, recoded, appender, err := app.AppendFloatHistogram(nil, 0, s.t, s.h, false)
		if err != nil {
			return nil, fmt.Errorf("keeping a native histogram: %w", err)
		}
		app = appender
		if next != nil {
			if !recoded {
				closeOpen()
			}
			open = next
		}
	}
	closeOpen()
	return out, nil
}

// perNativeChunk is how many native histograms a chunk takes.
const perNativeChunk = 120
