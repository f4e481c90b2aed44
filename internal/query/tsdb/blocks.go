package tsdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
)

// OpenBlocks opens Prometheus blocks: a data directory, also one that a running
// server writes to, a snapshot, or a single block. Nothing is written there and
// nothing is locked. The write-ahead log of a data directory is replayed when
// samples younger than the last block are first asked for, once.
//
// A block that cannot be read is an error that names it, for a report that left
// it out would be wrong in silence.
func OpenBlocks(path string, opt Options) (*Source, error) {
	s := newSource("blocks", path, opt)
	d := &directory{path: path, temp: opt.TempDir}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	s.chunks, s.close, s.notes, s.info.Detail = d.chunks, d.close, d.notes, d.describe()
	return s, nil
}

// directory is an opened data directory.
type directory struct {
	path, temp string
	blocks     []*promtsdb.Block // by time, without those that a later one replaces
	logs       bool              // there is a write-ahead log
	late       bool              // there is a log of samples out of order

	mu      sync.Mutex
	head    *replay // once it was needed
	headErr error
}

// open opens the blocks. While a server compacts, blocks come and go between
// listing and opening; then the directory is read again.
func (d *directory) open() error {
	info, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("opening blocks: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("opening blocks: %s is a file; name the data directory, or read OpenMetrics text with `type: openmetrics`", d.path)
	}
	for range 3 {
		if err = d.openBlocks(); err == nil || !errors.Is(err, os.ErrNotExist) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	d.logs, d.late = filled(filepath.Join(d.path, "wal")), filled(filepath.Join(d.path, "wbl"))
	if len(d.blocks) == 0 && !d.logs {
		return fmt.Errorf("opening blocks: %s has neither blocks nor a write-ahead log; name a Prometheus data directory, a snapshot or a block", d.path)
	}
	return nil
}

// filled reports whether a directory is there and has entries.
func filled(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) > 0
}

// openBlocks opens every block, leaving out those that were compacted into
// another one and only wait to be deleted.
func (d *directory) openBlocks() error {
	paths, err := blockPaths(d.path)
	if err != nil {
		return fmt.Errorf("opening blocks: %w", err)
	}
	d.blocks = nil
	open, broken, replaced := map[string]*promtsdb.Block{}, map[string]error{}, map[string]bool{}
	for _, path := range paths {
		block, err := promtsdb.OpenBlock(nil, path, nil, nil)
		if err != nil {
			broken[filepath.Base(path)] = fmt.Errorf("opening block %s: %w; restore it, or move it away to evaluate without its samples", path, err)
			continue
		}
		meta := block.Meta()
		open[meta.ULID.String()] = block
		for _, parent := range meta.Compaction.Parents {
			replaced[parent.ULID.String()] = true
		}
	}
	var failed error
	for id, err := range broken {
		if !replaced[id] {
			failed = errors.Join(failed, err)
		}
	}
	var closed error
	for id, block := range open {
		if failed != nil || replaced[id] || block.Meta().Compaction.Deletable {
			closed = errors.Join(closed, block.Close())
			continue
		}
		d.blocks = append(d.blocks, block)
	}
	slices.SortFunc(d.blocks, func(a, b *promtsdb.Block) int {
		if a.MinTime() != b.MinTime() {
			return int(min(1, max(-1, a.MinTime()-b.MinTime())))
		}
		return a.Meta().ULID.Compare(b.Meta().ULID)
	})
	return errors.Join(failed, closed)
}

// blockPaths lists the blocks in a directory, which may be one itself.
func blockPaths(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "meta.json")); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if blockName().MatchString(e.Name()) && e.IsDir() {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// blockName matches the names of blocks, which are ULIDs; what a server is
// creating or deleting has a suffix.
func blockName() *regexp.Regexp { return regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`) }

// end returns the time before which all samples are in blocks.
func (d *directory) end() int64 {
	end := int64(earliest)
	for _, b := range d.blocks {
		end = max(end, b.MaxTime())
	}
	return end
}

func (d *directory) describe() string {
	var parts []string
	switch n := len(d.blocks); n {
	case 0:
	case 1:
		parts = append(parts, "1 block")
	default:
		parts = append(parts, fmt.Sprintf("%d blocks", n))
	}
	if d.logs {
		parts = append(parts, "a write-ahead log")
	}
	detail := strings.Join(parts, " and ")
	if len(d.blocks) > 0 {
		detail += fmt.Sprintf(", blocks from %s to %s", instant(d.blocks[0].MinTime()), instant(d.end()))
	}
	return detail
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// chunks returns a querier over the blocks that overlap the span and, where they
// end before it does, over the write-ahead log.
func (d *directory) chunks(_ context.Context, from, to int64) (storage.ChunkQuerier, error) {
	var readers []promtsdb.BlockReader
	for _, b := range d.blocks {
		if b.MinTime() <= to && from < b.MaxTime() {
			readers = append(readers, b)
		}
	}
	if d.logs && to >= d.end() {
		head, err := d.replay()
		if err != nil {
			return nil, err
		}
		readers = append(readers, promtsdb.NewRangeHead(head.head, from, to))
	}
	var queriers []storage.ChunkQuerier
	for _, r := range readers {
		q, err := promtsdb.NewBlockChunkQuerier(r, from, to)
		if err != nil {
			for _, q := range queriers {
				err = errors.Join(err, q.Close())
			}
			return nil, fmt.Errorf("reading block %s: %w", r.Meta().ULID, err)
		}
		queriers = append(queriers, q)
	}
	return storage.NewMergeChunkQuerier(queriers, nil, storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)), nil
}

// replay reads the write-ahead log, when it is first needed.
func (d *directory) replay() (*replay, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.head == nil && d.headErr == nil {
		d.head, d.headErr = replayLog(d.path, d.temp, d.end())
	}
	return d.head, d.headErr
}

// notes are what a reader must know of the directory.
func (d *directory) notes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	if d.head != nil && d.head.torn != nil {
		out = append(out, fmt.Sprintf("the write-ahead log of %s could only be read in part: %v", d.path, d.head.torn))
	}
	if d.head != nil && d.late {
		out = append(out, fmt.Sprintf("samples that came out of order and are not in a block of %s yet were not read", d.path))
	}
	return out
}

func (d *directory) close() error {
	var errs []error
	for _, b := range d.blocks {
		errs = append(errs, b.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.head != nil {
		errs = append(errs, d.head.close())
	}
	return errors.Join(errs...)
}
