package tsdb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

// SampleSeries is one series on its way into blocks: its labels, and its samples
// in the strict order of their times, in milliseconds since the epoch. Values
// keep their bits, so that a stale marker stays one.
type SampleSeries struct {
	Labels  labels.Labels
	Samples iter.Seq2[int64, float64]
	// Histograms are the samples that are native histograms, in the same order;
	// nil if there are none. A stale marker has it in its sum.
	Histograms iter.Seq2[int64, *histogram.FloatHistogram]
}

// WriteOptions are the settings of [WriteBlocks]. The zero value is ready for use.
type WriteOptions struct {
	// Range is how much time a block holds; blocks begin at multiples of it since
	// the epoch. 162 hours if 0, which is one of Prometheus's own compaction
	// levels.
	Range time.Duration
	// Workers is how many goroutines encode samples; one per processor if 0.
	Workers int
}

// Written says what was written.
type Written struct {
	Blocks                  int
	Series, Samples, Chunks uint64 // a series counts once in every block
}

const (
	chunkSamples  = 120      // as Prometheus cuts its chunks
	segmentBytes  = 64 << 20 // chunk files are reserved in this size
	defaultBlocks = 162 * time.Hour
)

// WriteBlocks writes series, which must be sorted by their labels, as Prometheus
// blocks into a directory that does not exist yet or is empty. The blocks are
// built aside and appear all at once or not at all.
//
// The same samples make the same bytes: a block's name is a ULID of its last
// instant and of the digest of its chunks, in place of the random number that
// Prometheus takes, and samples that differ get names that differ.
func WriteBlocks(ctx context.Context, dir string, series []SampleSeries, opt WriteOptions) (Written, error) {
	if err := checkOrder(series); err != nil {
		return Written{}, fmt.Errorf("writing blocks to %s: %w", dir, err)
	}
	w := &blockWriter{series: series, width: cmp.Or(opt.Range, defaultBlocks).Milliseconds(), blocks: map[int64]*openBlock{}}
	var err error
	if w.dir, err = os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-"); err != nil {
		return Written{}, fmt.Errorf("writing blocks: %w", err)
	}
	err = w.write(ctx, cmp.Or(opt.Workers, runtime.GOMAXPROCS(0)))
	if err == nil {
		// An empty log makes it a data directory, which promtool insists on.
		err = errors.Join(os.Chmod(w.dir, 0o755), os.Mkdir(filepath.Join(w.dir, "wal"), 0o755))
	}
	if err == nil {
		err = os.Rename(w.dir, dir)
	}
	if err != nil {
		return Written{}, errors.Join(fmt.Errorf("writing blocks to %s: %w", dir, err), os.RemoveAll(w.dir))
	}
	return w.written, nil
}

func checkOrder(series []SampleSeries) error {
	for i := 1; i < len(series); i++ {
		if labels.Compare(series[i-1].Labels, series[i].Labels) >= 0 {
			return fmt.Errorf("series %s comes after %s; sort the series, each once", series[i].Labels, series[i-1].Labels)
		}
	}
	return nil
}

// blockWriter is one call of WriteBlocks. Chunks stream into their blocks' files
// in the order of the series; the indexes, which need all labels first, follow.
type blockWriter struct {
	dir     string
	series  []SampleSeries
	width   int64
	blocks  map[int64]*openBlock // by number: start / width
	written Written
}

// openBlock is a block whose chunks are being written.
type openBlock struct {
	dir     string
	chunks  *chunks.Writer
	digest  hash.Hash
	entries []blockEntry
	meta    promtsdb.BlockMeta
}

// blockEntry is a series in a block, with chunks that know their place but have
// given up their samples.
type blockEntry struct {
	series int
	chunks []chunks.Meta
}

// encoded are the chunks of one series, or why there are none.
type encoded struct {
	chunks []chunks.Meta
	err    error
}

func (w *blockWriter) write(ctx context.Context, workers int) (err error) {
	defer func() {
		for _, b := range w.blocks {
			if b.chunks != nil {
				err = errors.Join(err, b.chunks.Close())
			}
		}
	}()
	var running sync.WaitGroup
	defer running.Wait() // nobody reads the series after the return
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan chan encoded, max(1, workers)-1) // how far encoding runs ahead
	running.Go(func() {
		defer close(queue)
		for _, s := range w.series {
			done := make(chan encoded, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return
			}
			running.Go(func() { done <- encode(s, w.width) })
		}
	})
	i := 0
	for done := range queue {
		e := <-done
		if e.err != nil {
			return fmt.Errorf("series %s: %w", w.series[i].Labels, e.err)
		}
		if err := w.place(i, e.chunks); err != nil {
			return err
		}
		i++
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, number := range slices.Sorted(maps.Keys(w.blocks)) {
		if err := w.finish(ctx, w.blocks[number]); err != nil {
			return err
		}
	}
	return nil
}

// encode compresses the samples of a series. A chunk never reaches over the end
// of a block.
func encode(s SampleSeries, width int64) encoded {
	c := chunker{width: width, last: earliest, limit: earliest}
	next, stop := pull(s.Histograms)
	defer stop()
	at, h, more := next()
	before := func(t int64) { // appends the histograms up to an instant
		for ; more && at <= t && c.err == nil; at, h, more = next() {
			c.appendHistogram(at, h)
		}
	}
	for t, v := range s.Samples {
		before(t)
		c.append(t, v)
		if c.err != nil {
			return encoded{err: c.err}
		}
	}
	before(latest)
	return encoded{c.out, c.err}
}

// pull is iter.Pull2, also for no sequence.
func pull(all iter.Seq2[int64, *histogram.FloatHistogram]) (func() (int64, *histogram.FloatHistogram, bool), func()) {
	if all == nil {
		return func() (int64, *histogram.FloatHistogram, bool) { return 0, nil, false }, func() {}
	}
	return iter.Pull2(all)
}

// blockNumber returns which multiple of width t lies in.
func blockNumber(t, width int64) int64 {
	n := t / width
	if t < n*width {
		n--
	}
	return n
}

// place writes the chunks of a series into their blocks.
func (w *blockWriter) place(series int, all []chunks.Meta) error {
	for len(all) > 0 {
		number := blockNumber(all[0].MinTime, w.width)
		end := slices.IndexFunc(all, func(c chunks.Meta) bool { return blockNumber(c.MinTime, w.width) != number })
		if end < 0 {
			end = len(all)
		}
		b, err := w.block(number)
		if err != nil {
			return err
		}
		if err := b.add(series, all[:end:end]); err != nil {
			return err
		}
		all = all[end:]
	}
	return nil
}

// block returns the block of a number, which it opens when it is first needed.
func (w *blockWriter) block(number int64) (*openBlock, error) {
	if b := w.blocks[number]; b != nil {
		return b, nil
	}
	b := &openBlock{dir: filepath.Join(w.dir, fmt.Sprint(number)), digest: sha256.New()}
	b.meta.Version = 1
	b.meta.Compaction.Level = 1
	var err error
	b.chunks, err = chunks.NewWriter(filepath.Join(b.dir, "chunks"), chunks.WithSegmentSize(segmentBytes))
	if err != nil {
		return nil, err
	}
	w.blocks[number] = b
	return b, nil
}

// add writes chunks of a series.
func (b *openBlock) add(series int, metas []chunks.Meta) error {
	if err := b.chunks.WriteChunks(metas...); err != nil {
		return err
	}
	m := &b.meta
	if m.Stats.NumSeries == 0 {
		m.MinTime, m.MaxTime = metas[0].MinTime, metas[0].MaxTime+1
	}
	m.MinTime = min(m.MinTime, metas[0].MinTime)
	m.MaxTime = max(m.MaxTime, metas[len(metas)-1].MaxTime+1)
	m.Stats.NumSeries++
	m.Stats.NumChunks += uint64(len(metas))
	for i := range metas {
		n := uint64(metas[i].Chunk.NumSamples())
		m.Stats.NumSamples += n
		if metas[i].Chunk.Encoding() == chunkenc.EncXOR {
			m.Stats.NumFloatSamples += n
		} else {
			m.Stats.NumHistogramSamples += n
		}
		b.digest.Write(metas[i].Chunk.Bytes())
		metas[i].Chunk = nil
	}
	b.entries = append(b.entries, blockEntry{series, metas})
	return nil
}

// finish writes what belongs to a block besides its chunks and gives it its name.
func (w *blockWriter) finish(ctx context.Context, b *openBlock) error {
	err := b.chunks.Close()
	b.chunks = nil
	if err != nil {
		return err
	}
	if err := w.writeIndex(ctx, b); err != nil {
		return err
	}
	if _, err := tombstones.WriteFile(nil, b.dir, tombstones.NewMemTombstones()); err != nil {
		return err
	}
	if err := b.meta.ULID.SetTime(uint64(max(0, b.meta.MaxTime))); err != nil {
		return err
	}
	if err := b.meta.ULID.SetEntropy(b.digest.Sum(nil)[:10]); err != nil {
		return err
	}
	b.meta.Compaction.Sources = []ulid.ULID{b.meta.ULID}
	text, err := json.MarshalIndent(b.meta, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "meta.json"), text, 0o644); err != nil {
		return err
	}
	w.written.Blocks++
	w.written.Series += b.meta.Stats.NumSeries
	w.written.Samples += b.meta.Stats.NumSamples
	w.written.Chunks += b.meta.Stats.NumChunks
	return os.Rename(b.dir, filepath.Join(w.dir, b.meta.ULID.String()))
}

// writeIndex writes the index: all words that labels consist of, in order, then
// the series.
func (w *blockWriter) writeIndex(ctx context.Context, b *openBlock) (err error) {
	out, err := index.NewWriter(ctx, filepath.Join(b.dir, "index"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	words := map[string]bool{}
	for _, e := range b.entries {
		w.series[e.series].Labels.Range(func(l labels.Label) { words[l.Name], words[l.Value] = true, true })
		b.digest.Write(w.series[e.series].Labels.Bytes(nil))
	}
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if err := out.AddSymbol(word); err != nil {
			return err
		}
	}
	for i, e := range b.entries {
		if err := out.AddSeries(storage.SeriesRef(i), w.series[e.series].Labels, e.chunks...); err != nil {
			return err
		}
	}
	return nil
}
