package tsdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/fileutil"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

// The history is a Prometheus data directory with a block for each day. A day is
// one of UTC and, as everywhere in the accounting, owns the samples after its
// start and up to its end. Beside the files of a block lies one that says what
// was recorded there.
//
// A block never changes. A day is recorded again by writing another block, which
// names the one before as its parent, and giving it its place with a single
// rename: from then on the old one counts as compacted, to slactl and to
// Prometheus alike, and is removed. So at every instant each day is there once.

// Day is a day of a history.
type Day struct {
	Span period.Span
	// Until is up to when samples were recorded.
	Until time.Time
	// Complete is whether all of the day's samples had arrived by then.
	Complete bool
	// Source is where the samples came from: a URL without credentials, or a path.
	Source string
	// Selectors say which series were recorded.
	Selectors []query.Selector

	Series, Samples uint64
	Bytes           int64 // on disk

	meta promtsdb.BlockMeta
	dir  string
}

// Name returns the date of the day.
func (d Day) Name() string { return d.Span.Start.Format(time.DateOnly) }

// Path returns the directory of the day's block.
func (d Day) Path() string { return d.dir }

// DayOf returns the UTC day that owns an instant.
func DayOf(t time.Time) period.Span {
	start := t.UTC().Truncate(24 * time.Hour)
	if start.Equal(t) {
		start = start.Add(-24 * time.Hour)
	}
	return period.Span{Start: start, End: start.Add(24 * time.Hour)}
}

// stretch is the span of a day in which its samples lie.
func stretch(s period.Span) query.Stretch {
	return query.Stretch{From: s.Start.UnixMilli() + 1, To: s.End.UnixMilli()}
}

// recordFile is the file in a block that says what was recorded.
const recordFile = "slactl.json"

// record is the content of recordFile.
type record struct {
	Version   int       `json:"version"`
	Day       string    `json:"day"`
	Until     time.Time `json:"until"`
	Complete  bool      `json:"complete"`
	Source    string    `json:"source"`
	Selectors []string  `json:"selectors"`
}

// readDay reads what a block says of itself.
func readDay(dir string) (Day, error) {
	d := Day{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &d.meta); err != nil {
		return d, fmt.Errorf("reading %s: %w", filepath.Join(dir, "meta.json"), err)
	}
	var r record
	text, err = os.ReadFile(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Stat(dir); gone != nil {
			return d, err
		}
		return d, errors.New("slactl did not record it; move it out of the history")
	}
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return d, fmt.Errorf("reading %s: %w", filepath.Join(dir, recordFile), err)
	}
	if r.Version != 1 {
		return d, fmt.Errorf("a newer slactl recorded it (version %d); use that one", r.Version)
	}
	start, err := time.Parse(time.DateOnly, r.Day)
	if err != nil {
		return d, fmt.Errorf("reading %s: day %q is no date", filepath.Join(dir, recordFile), r.Day)
	}
	for _, text := range r.Selectors {
		sel, err := query.ParseSelector(text)
		if err != nil {
			return d, fmt.Errorf("reading %s: %w", filepath.Join(dir, recordFile), err)
		}
		d.Selectors = append(d.Selectors, sel)
	}
	d.Span = period.Span{Start: start, End: start.Add(24 * time.Hour)}
	d.Until, d.Complete, d.Source = r.Until, r.Complete, r.Source
	d.Series, d.Samples = d.meta.Stats.NumSeries, d.meta.Stats.NumSamples
	d.Bytes, err = fileutil.DirSize(dir)
	return d, err
}

// found is a block in a history, and what is wrong with it.
type found struct {
	Day
	err      error
	replaced bool // another block has taken its place
}

// find looks at every block of a history, by day.
func find(path string) ([]found, error) {
	dirs, err := blockPaths(path)
	if err != nil {
		return nil, fmt.Errorf("reading history %s: %w", path, err)
	}
	var out []found
	replaced := map[string]bool{}
	for _, dir := range dirs {
		f := found{}
		f.Day, f.err = readDay(dir)
		for _, parent := range f.meta.Compaction.Parents {
			replaced[parent.ULID.String()] = true
		}
		out = append(out, f)
	}
	for i := range out {
		out[i].replaced = replaced[filepath.Base(out[i].dir)]
	}
	slices.SortStableFunc(out, func(a, b found) int { return a.Span.Start.Compare(b.Span.Start) })
	return out, nil
}

// History is an open history. It is a query.Source of what was recorded, and a
// query.Archive.
type History struct {
	*Source
	days []Day
}

// OpenHistory opens the history in a directory. One that does not exist is
// fs.ErrNotExist; one without days is none too few. A run that records
// meanwhile does no harm: days are read as they were or as they are then.
func OpenHistory(path string, opt Options) (*History, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening history: %w", err)
	}
	for attempt := 0; ; attempt++ {
		h, err := openHistory(path, opt)
		// A day that is replaced between listing and opening is gone.
		if err == nil || attempt == 3 || !errors.Is(err, fs.ErrNotExist) {
			return h, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func openHistory(path string, opt Options) (_ *History, err error) {
	all, err := find(path)
	if err != nil {
		return nil, err
	}
	h := &History{Source: newSource("history", path, opt)}
	d := &directory{path: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	for _, f := range all {
		if f.replaced {
			continue
		}
		if f.err == nil {
			var b *promtsdb.Block
			if b, f.err = promtsdb.OpenBlock(nil, f.dir, nil, nil); f.err == nil {
				d.blocks = append(d.blocks, b)
			}
		}
		if f.err != nil {
			return nil, fmt.Errorf("opening block %s of the history: %w; see `slactl history verify`", f.dir, f.err)
		}
		h.days = append(h.days, f.Day)
	}
	h.chunks, h.close, h.info.Detail = d.chunks, d.close, describeDays(h.days)
	return h, nil
}

func describeDays(days []Day) string {
	switch n := len(days); n {
	case 0:
		return "no days"
	case 1:
		return "1 day, " + days[0].Name()
	default:
		return fmt.Sprintf("%d days from %s to %s", n, days[0].Name(), days[n-1].Name())
	}
}

// Days returns the days that are there, in order.
func (h *History) Days() []Day { return slices.Clone(h.days) }

// Late is how long samples may take to arrive: what was recorded is all that
// there is of the time up to Late before.
const Late = 10 * time.Minute

// Has implements query.Archive: the days that were recorded with everything that
// the selector matches, the running one without its last minutes.
func (h *History) Has(sel query.Selector, from, to int64) []query.Stretch {
	var out []query.Stretch
	known := map[string]bool{} // most days were recorded with the same selectors
	for _, d := range h.days {
		s := stretch(d.Span)
		if !d.Complete {
			s.To = min(s.To, d.Until.Add(-Late).UnixMilli())
		}
		s.From, s.To = max(s.From, from), min(s.To, to)
		if s.From > s.To || !d.includes(sel, known) {
			continue
		}
		switch last := len(out) - 1; {
		case last >= 0 && out[last].To+1 >= s.From:
			out[last].To = max(out[last].To, s.To)
		default:
			out = append(out, s)
		}
	}
	return out
}

// includes reports whether the day was recorded with all that sel matches.
func (d Day) includes(sel query.Selector, known map[string]bool) bool {
	key := selectorTexts(d.Selectors)
	yes, ok := known[key]
	if !ok {
		yes = query.Includes(d.Selectors, sel)
		known[key] = yes
	}
	return yes
}

func selectorTexts(sels []query.Selector) string {
	var b strings.Builder
	for _, s := range sels {
		b.WriteString(s.Text + "\n")
	}
	return b.String()
}

// Holes returns the days of a span that are not among the given ones.
func Holes(days []Day, in period.Span) []period.Span {
	var out []period.Span
	for d := DayOf(in.Start.Add(1)); d.Start.Before(in.End); d = DayOf(d.End.Add(1)) {
		if !slices.ContainsFunc(days, func(have Day) bool { return have.Span.Start.Equal(d.Start) }) {
			out = append(out, d)
		}
	}
	return out
}

// everything selects every series.
func everything() query.Selector {
	sel, err := query.ParseSelector(`{__name__!=""}`)
	if err != nil {
		panic(err) // the text is a constant
	}
	return sel
}

// Notes are what a reader of the samples must know, and scans say by themselves.
func (s *Source) Notes() []string { return s.notes() }
