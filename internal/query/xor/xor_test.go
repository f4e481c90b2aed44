package xor

import (
	"errors"
	"math"
	"testing"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"pgregory.net/rapid"
)

// encode makes a chunk as Prometheus does.
func encode(t testing.TB, ts []int64, vs []float64) []byte {
	t.Helper()
	c := chunkenc.NewXORChunk()
	app, err := c.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i := range ts {
		app.Append(0, ts[i], vs[i])
	}
	return append([]byte(nil), c.Bytes()...) // as tight as it can be
}

// decode reads a chunk with so much room at once.
func decode(d *Decoder, chunk []byte, room int) (ts []int64, vs []float64, err error) {
	if err := d.Reset(chunk); err != nil {
		return nil, nil, err
	}
	someTS, someVS := make([]int64, room), make([]float64, room)
	for {
		n, err := d.Read(someTS, someVS)
		ts, vs = append(ts, someTS[:n]...), append(vs, someVS[:n]...)
		if err != nil || n < room {
			return ts, vs, err
		}
	}
}

func same(t interface{ Fatalf(string, ...any) }, ts, wantTS []int64, vs, wantVS []float64) {
	if len(ts) != len(wantTS) {
		t.Fatalf("there are %d samples, want %d", len(ts), len(wantTS))
	}
	for i := range ts {
		if ts[i] != wantTS[i] || math.Float64bits(vs[i]) != math.Float64bits(wantVS[i]) {
			t.Fatalf("sample %d is %d %x, want %d %x", i, ts[i], vs[i], wantTS[i], wantVS[i])
		}
	}
}

// TestDecoder reads what Prometheus wrote: scrapes on time, a little late, after
// gaps of every width, backwards, and values of every kind.
func TestDecoder(t *testing.T) {
	var d Decoder // one for all chunks: nothing may remain
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SampledFrom([]int64{0, 1, 15_000, 15_001, 14_990, 60_000, 8191, 8192, 8193, 65_536, 65_537, 524_288, 524_289, 1 << 33, -5, math.MaxInt64})
		values := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Copysign(0, -1), math.MaxFloat64, 5e-324, 0.1}),
			rapid.Map(rapid.IntRange(0, 1000), func(n int) float64 { return float64(n) }))
		n := rapid.IntRange(0, 130).Draw(r, "n")
		ts, vs := make([]int64, n), make([]float64, n)
		at := rapid.SampledFrom([]int64{0, -1, 1_700_000_000_000, math.MinInt64, math.MaxInt64}).Draw(r, "first")
		for i := range ts {
			ts[i], vs[i] = at, values.Draw(r, "value")
			if i > 0 && rapid.Bool().Draw(r, "same") {
				vs[i] = vs[i-1]
			}
			at += steps.Draw(r, "step")
		}
		chunk := encode(t, ts, vs)
		gotTS, gotVS, err := decode(&d, chunk, rapid.IntRange(1, 150).Draw(r, "room"))
		if err != nil {
			r.Fatal(err)
		}
		same(r, gotTS, ts, gotVS, vs)
		if n > 0 {
			cut := rapid.IntRange(0, len(chunk)-1).Draw(r, "cut")
			if _, _, err := decode(&d, chunk[:cut], 200); !errors.Is(err, ErrDamaged) {
				r.Fatalf("of %d bytes %d are enough: %v", len(chunk), cut, err)
			}
		}
	})
}

// FuzzDecoder reads whatever is whole as Prometheus's iterator does. That one
// makes values of bits beyond the end, which are an error here.
func FuzzDecoder(f *testing.F) {
	f.Add(encode(f, []int64{1000, 16_000, 31_000, 46_001}, []float64{1, 2, 2, 1e300}))
	f.Add([]byte{0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff})
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var d Decoder
		gotTS, gotVS, err := decode(&d, chunk, 7)
		if err != nil {
			return
		}
		c, known := chunkenc.FromData(chunkenc.EncXOR, chunk)
		if known != nil {
			t.Fatal(known)
		}
		var ts []int64
		var vs []float64
		it := c.Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			ts, vs = append(ts, at), append(vs, v)
		}
		if it.Err() != nil {
			t.Fatalf("there is no error, and Prometheus's is %v", it.Err())
		}
		same(t, gotTS, ts, gotVS, vs)
	})
}

func BenchmarkDecoder(b *testing.B) {
	ts, vs := make([]int64, 120), make([]float64, 120)
	at, v := int64(1_700_000_000_000), 1e6
	for i := range ts {
		at, v = at+15_000, v+float64(i*7919%100)
		ts[i], vs[i] = at, v
	}
	chunk := encode(b, ts, vs)
	b.Run("slactl", func(b *testing.B) {
		var d Decoder
		for b.Loop() {
			if err := d.Reset(chunk); err != nil {
				b.Fatal(err)
			}
			if n, err := d.Read(ts, vs); n != 120 || err != nil {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/120, "ns/sample")
	})
	b.Run("prometheus", func(b *testing.B) {
		c, err := chunkenc.FromData(chunkenc.EncXOR, chunk)
		if err != nil {
			b.Fatal(err)
		}
		var it chunkenc.Iterator
		for b.Loop() {
			it = c.Iterator(it)
			for i := 0; it.Next() == chunkenc.ValFloat; i++ {
				ts[i], vs[i] = it.At()
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/120, "ns/sample")
	})
}
