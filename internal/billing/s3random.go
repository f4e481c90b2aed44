package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	schema "github.com/parquet-go/parquet-go/format"
)

const (
	// tailSize is how much of the end of an object is fetched at once: the footer
	// of nearly every Parquet file, and whole small files.
	tailSize = 64 << 10
	// keptSize is how much of what an extent has streamed stays at hand, because a
	// Parquet reader goes back a buffer's length behind a dictionary.
	keptSize = 1 << 20
)

// extent is a run of bytes that is read from its beginning to its end.
type extent struct{ start, end int64 }

// extents are told to a reader of ranges before the first byte of them is read,
// so that each is one request that fetches nothing else.
type extents interface{ expect(list []extent) }

// chunksOf lists the bytes of each column of each row group.
func chunksOf(meta *schema.FileMetaData) []extent {
	var out []extent
	for _, g := range meta.RowGroups {
		for _, c := range g.Columns {
			m := c.MetaData
			start := m.DataPageOffset
			if m.DictionaryPageOffset > 0 {
				start = min(start, m.DictionaryPageOffset)
			}
			out = append(out, extent{start, start + m.TotalCompressedSize})
		}
	}
	slices.SortFunc(out, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	return out
}

func (b *bucket) random(ctx context.Context, o stored) (randomReader, error) {
	r := &ranges{ctx: ctx, bucket: b, object: o, tailStart: max(0, o.size-tailSize), open: map[extent]*window{}}
	var err error
	if o.size > 0 {
		r.tail, err = r.fetch(r.tailStart, o.size)
	}
	return r, err
}

// ranges reads an object in parts: its tail is in memory, each expected extent is
// one stream, and anything else is a request of its own.
type ranges struct {
	ctx       context.Context
	bucket    *bucket
	object    stored
	tailStart int64
	tail      []byte

	mu       sync.Mutex
	expected []extent
	open     map[extent]*window
}

func (r *ranges) size() int64 { return r.object.size }

func (r *ranges) expect(list []extent) { r.expected = list }

func (r *ranges) fetch(start, end int64) ([]byte, error) {
	s := &span{ctx: r.ctx, bucket: r.bucket, object: r.object, at: start, end: end}
	out := make([]byte, end-start)
	_, err := io.ReadFull(s, out)
	return out, errors.Join(err, s.Close())
}

// ReadAt implements [io.ReaderAt].
func (r *ranges) ReadAt(p []byte, at int64) (int, error) {
	done := 0
	for done < len(p) {
		if at >= r.object.size {
			return done, io.EOF
		}
		n, err := r.read(p[done:], at)
		done, at = done+n, at+int64(n)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// read reads from the one place where a byte is: the tail, an extent, or else a
// request up to the next of them.
func (r *ranges) read(p []byte, at int64) (int, error) {
	if at >= r.tailStart {
		return copy(p, r.tail[at-r.tailStart:]), nil
	}
	end := min(at+int64(len(p)), r.tailStart)
	for _, e := range r.expected {
		if e.start <= at && at < e.end {
			return r.window(e).read(p[:min(end, e.end)-at], at)
		}
		if at < e.start {
			end = min(end, e.start)
		}
	}
	text, err := r.fetch(at, end)
	return copy(p, text), err
}

func (r *ranges) window(e extent) *window {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, ok := r.open[e]
	if !ok {
		w = &window{from: e.start, body: &span{ctx: r.ctx, bucket: r.bucket, object: r.object, at: e.start, end: min(e.end, r.tailStart)}}
		r.open[e] = w
	}
	return w
}

// Close ends all streams.
func (r *ranges) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.open {
		_ = w.body.Close() // nobody reads on
	}
	return nil
}

// window is the stream of an extent with the latest bytes of it.
type window struct {
	mu   sync.Mutex
	body *span
	kept []byte
	from int64 // the offset of kept
}

// read reads bytes of the extent: forward, or back as far as they are kept.
func (w *window) read(p []byte, at int64) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at < w.from {
		return 0, fmt.Errorf("byte %d is asked for again after %d", at, w.from)
	}
	for missing := at + int64(len(p)) - w.from - int64(len(w.kept)); missing > 0; {
		had := len(w.kept)
		w.kept = append(w.kept, make([]byte, min(missing, keptSize))...)
		n, err := io.ReadFull(w.body, w.kept[had:])
		w.kept = w.kept[:had+n]
		if err != nil {
			return 0, err
		}
		missing -= int64(n)
	}
	n := copy(p, w.kept[at-w.from:])
	if surplus := len(w.kept) - keptSize; surplus > keptSize {
		w.kept, w.from = append(w.kept[:0], w.kept[surplus:]...), w.from+int64(surplus)
	}
	if w.body.at == w.body.end && at+int64(n) == w.body.end {
		_ = w.body.Close() // the connection goes back to the others
	}
	return n, nil
}
