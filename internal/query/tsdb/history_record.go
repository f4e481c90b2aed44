package tsdb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"golang.org/x/sync/errgroup"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

const (
	// scratch is where a block is built. Prometheus removes it as well when it
	// starts on the directory, because of the ending.
	scratch = "recording.tmp-for-creation"
	// discarded is the ending of a block that is being removed.
	discarded = ".tmp-for-deletion"
	// oneBlock is a range of time that all samples lie in.
	oneBlock = 250 * 365 * 24 * time.Hour
)

// ErrLocked is that another process writes to a history.
var ErrLocked = errors.New("another run is writing there, or a Prometheus server uses the directory; try again when it has ended")

// Recorder writes into a history. At most one is open at a time.
type Recorder struct {
	path string
	lock fileutil.Releaser
	days []Day
}

// OpenRecorder opens the history in a directory, which it makes if need be, for
// writing, and clears away what a run left behind that was killed. While another
// recorder is open, in whatever process, the error is [ErrLocked].
func OpenRecorder(path string) (*Recorder, error) {
	// An empty log makes it a data directory, which promtool insists on.
	if err := os.MkdirAll(filepath.Join(path, "wal"), 0o755); err != nil {
		return nil, fmt.Errorf("opening history: %w", err)
	}
	// The name and kind of lock is Prometheus's, so that a server on the same
	// directory excludes a recorder too.
	lock, _, err := fileutil.Flock(filepath.Join(path, "lock"))
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("opening history: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening history %s: %w", path, ErrLocked)
	}
	r := &Recorder{path: path, lock: lock}
	if err := r.tidy(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close lets others write.
func (r *Recorder) Close() error { return r.lock.Release() }

// Days returns the days that are there, in order.
func (r *Recorder) Days() []Day { return slices.Clone(r.days) }

// tidy removes what a killed run left and reads which days there are.
func (r *Recorder) tidy() error {
	entries, err := os.ReadDir(r.path)
	if err != nil {
		return fmt.Errorf("opening history: %w", err)
	}
	for _, e := range entries {
		if e.Name() == scratch || filepath.Ext(e.Name()) == discarded {
			if err := os.RemoveAll(filepath.Join(r.path, e.Name())); err != nil {
				return fmt.Errorf("clearing up history: %w", err)
			}
		}
	}
	all, err := find(r.path)
	if err != nil {
		return err
	}
	r.days = nil
	for _, f := range all {
		switch {
		case f.replaced:
			if err := discard(f.dir); err != nil {
				return fmt.Errorf("clearing up history: %w", err)
			}
		case f.err != nil:
			return fmt.Errorf("opening block %s of the history: %w; see `slactl history verify`", f.dir, f.err)
		default:
			r.days = append(r.days, f.Day)
		}
	}
	return nil
}

// discard removes a block: in one step from its place, then from the disk.
func discard(dir string) error {
	if err := fileutil.Rename(dir, dir+discarded); err != nil {
		return err
	}
	return os.RemoveAll(dir + discarded)
}

// Recording is what to record of a day.
type Recording struct {
	Day       period.Span // a day of UTC, see [DayOf]
	Until     time.Time   // samples up to here
	Complete  bool        // whether they are all that there will be
	Source    string      // where they come from, for people
	Selectors []query.Selector
}

// Record adds the samples of a feed to a day: what was recorded before stays, so
// that a feed which has forgotten a part of the day takes nothing away. A day
// without samples is not written, and has none in the answer. When nothing is
// new, nothing is written.
func (r *Recorder) Record(ctx context.Context, feed query.Feed, what Recording) (Day, error) {
	day, err := r.record(ctx, feed, what)
	if err != nil {
		return day, fmt.Errorf("recording %s into %s: %w", what.Day.Start.Format(time.DateOnly), r.path, err)
	}
	return day, nil
}

func (r *Recorder) record(ctx context.Context, feed query.Feed, what Recording) (day Day, err error) {
	var before []Day
	for _, d := range r.days {
		if d.Span.Start.Equal(what.Day.Start) {
			before = append(before, d)
		}
	}
	in := stretch(what.Day)
	in.To = min(in.To, what.Until.UnixMilli())
	fresh, err := collect(ctx, feed, what.Selectors, in)
	if err != nil {
		return Day{}, err
	}
	m := &merger{all: map[string]*merged{}}
	for _, s := range fresh {
		m.add(s)
	}
	for _, d := range before {
		kept, err := OpenBlocks(d.dir, Options{})
		if err != nil {
			return Day{}, err
		}
		defer kept.Close()
		if err := kept.Read(ctx, everything(), earliest, latest, func(s query.RawSeries) error { m.add(s); return nil }); err != nil {
			return Day{}, err
		}
		what = what.and(d)
	}
	if len(m.all) == 0 {
		return Day{Span: what.Day}, nil
	}
	work := filepath.Join(r.path, scratch)
	if err := os.Mkdir(work, 0o755); err != nil {
		return Day{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	blocks := filepath.Join(work, "blocks")
	if _, err := WriteBlocks(ctx, blocks, m.series(), WriteOptions{Range: oneBlock}); err != nil {
		return Day{}, err
	}
	if err := m.failed(); err != nil {
		return Day{}, err
	}
	return r.settle(blocks, what, before)
}

// and adds what an earlier recording of the day has.
func (what Recording) and(d Day) Recording {
	for _, s := range d.Selectors {
		if !query.Includes(what.Selectors, s) {
			what.Selectors = append(slices.Clip(what.Selectors), s)
		}
	}
	slices.SortFunc(what.Selectors, func(a, b query.Selector) int {
		return labels.Compare(labels.FromStrings("", a.Text), labels.FromStrings("", b.Text))
	})
	if d.Until.After(what.Until) {
		what.Until = d.Until
	}
	what.Complete = what.Complete || d.Complete
	return what
}

// settle completes the one block in a directory and puts it in the place of
// those before.
func (r *Recorder) settle(blocks string, what Recording, before []Day) (Day, error) {
	paths, err := blockPaths(blocks)
	if err != nil || len(paths) != 1 {
		return Day{}, errors.Join(fmt.Errorf("%d blocks were written instead of one", len(paths)), err)
	}
	id, err := describeBlock(paths[0], what, before)
	if err != nil {
		return Day{}, err
	}
	place := filepath.Join(r.path, id.String())
	for _, d := range before {
		if d.dir == place {
			return d, nil // the same samples, recorded in the same way
		}
	}
	if err := fileutil.Rename(paths[0], place); err != nil {
		return Day{}, err
	}
	day, err := readDay(place)
	if err != nil {
		return Day{}, err
	}
	for _, d := range before {
		if err := discard(d.dir); err != nil {
			return Day{}, err
		}
	}
	r.days = slices.DeleteFunc(r.days, func(d Day) bool { return d.Span.Start.Equal(day.Span.Start) })
	r.days = append(r.days, day)
	slices.SortFunc(r.days, func(a, b Day) int { return a.Span.Start.Compare(b.Span.Start) })
	return day, nil
}

// describeBlock writes beside a block's samples what was recorded, and into its
// own description which blocks it replaces. Its name follows from both the
// samples and the description: the same recording is the same block.
func describeBlock(dir string, what Recording, before []Day) (ulid.ULID, error) {
	until := what.Until
	if until.After(what.Day.End) {
		until = what.Day.End
	}
	rec := record{Version: 1, Day: what.Day.Start.Format(time.DateOnly), Until: until.UTC(), Complete: what.Complete, Source: what.Source}
	for _, s := range what.Selectors {
		rec.Selectors = append(rec.Selectors, s.Text)
	}
	text, err := json.MarshalIndent(rec, "", "\t")
	if err != nil {
		return ulid.ULID{}, err
	}
	var meta promtsdb.BlockMeta
	old, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return ulid.ULID{}, err
	}
	if err := json.Unmarshal(old, &meta); err != nil {
		return ulid.ULID{}, err
	}
	digest := sha256.Sum256(append(meta.ULID.Bytes(), text...))
	if err := meta.ULID.SetEntropy(digest[:10]); err != nil {
		return ulid.ULID{}, err
	}
	meta.Compaction.Sources = []ulid.ULID{meta.ULID}
	for _, d := range before {
		meta.Compaction.Parents = append(meta.Compaction.Parents, promtsdb.BlockDesc{ULID: d.meta.ULID, MinTime: d.meta.MinTime, MaxTime: d.meta.MaxTime})
	}
	changed, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return ulid.ULID{}, err
	}
	// All of it must be on the disk before the block gets its place.
	err = errors.Join(writeSynced(filepath.Join(dir, recordFile), text), writeSynced(filepath.Join(dir, "meta.json"), changed), syncDir(dir))
	return meta.ULID, err
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(path string) error {
	d, err := fileutil.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Prune removes the days that ended at or before an instant, and returns them.
func (r *Recorder) Prune(before time.Time) ([]Day, error) {
	var gone []Day
	for len(r.days) > 0 && !r.days[0].Span.End.After(before) {
		if err := discard(r.days[0].dir); err != nil {
			return gone, fmt.Errorf("removing %s from %s: %w", r.days[0].Name(), r.path, err)
		}
		gone, r.days = append(gone, r.days[0]), r.days[1:]
	}
	return gone, nil
}

// collect reads the samples of a stretch and compresses them, each series once,
// however many selectors match it.
func collect(ctx context.Context, feed query.Feed, sels []query.Selector, in query.Stretch) ([]query.RawSeries, error) {
	seen := map[string]bool{}
	var all []*memSeries
	for _, sel := range sels {
		g, ctx := errgroup.WithContext(ctx)
		type job struct {
			from query.RawSeries
			into *memSeries
		}
		queue := make(chan job)
		for range runtime.GOMAXPROCS(0) {
			g.Go(func() error {
				ts, vs := make([]int64, 1024), make([]float64, 1024)
				for j := range queue {
					if err := j.into.fill(&cursor{raw: j.from, ts: ts, vs: vs}, in); err != nil {
						return fmt.Errorf("reading series %s: %w", j.into.labels, err)
					}
				}
				return nil
			})
		}
		var key []byte
		err := feed.Read(ctx, sel, in.From, in.To, func(s query.RawSeries) error {
			key = s.Labels().Bytes(key)
			if seen[string(key)] {
				return nil
			}
			seen[string(key)] = true
			all = append(all, &memSeries{labels: s.Labels().Copy()})
			select {
			case queue <- job{s, all[len(all)-1]}:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		close(queue)
		if failed := g.Wait(); failed != nil {
			err = failed
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", sel, err)
		}
	}
	var out []query.RawSeries
	for _, s := range all {
		one := &series{labels: s.labels}
		for _, c := range s.chunks {
			one.chunks = append(one.chunks, c.Chunk)
		}
		for _, c := range s.histograms.out {
			one.natives.chunks = append(one.natives.chunks, c.Chunk)
		}
		if len(one.chunks)+len(one.natives.chunks) > 0 {
			out = append(out, one)
		}
	}
	return out, nil
}

// fill appends the samples of a stretch. One that is not after the one before
// would not be counted, and is left out.
func (s *memSeries) fill(c *cursor, in query.Stretch) error {
	for ; c.next(); c.i++ {
		t, v := c.ts[c.i], c.vs[c.i]
		if t < in.From || t > in.To || s.samples > 0 && t <= s.last {
			continue
		}
		if err := s.append(t, v); err != nil {
			return err
		}
	}
	if c.err != nil || c.raw.Histograms() == 0 {
		return c.err
	}
	s.histograms.last = earliest
	err := eachHistogram(c.raw, func(t int64, h *histogram.FloatHistogram) error {
		if in.From <= t && t <= in.To && t > s.histograms.last {
			s.histograms.appendHistogram(t, h)
		}
		return s.histograms.err
	})
	return err
}
