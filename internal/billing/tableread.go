package billing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slactl/slactl/internal/cost"
)

// workers is how many goroutines read the rows of one file.
const workers = 2

// readTable reads a CSV. Its error says why the file is rejected, with the row
// of data and the physical line, which differ where a field spans lines.
func (f *file) readTable(ctx context.Context, text io.Reader, qs *questions) error {
	return f.readSplit(ctx, newSplitter(text), qs)
}

// readSplit is readTable for a text that is cut into blocks.
func (f *file) readSplit(ctx context.Context, sp *splitter, qs *questions) error {
	first, err := sp.next()
	if err != nil {
		return err
	}
	head := newRecords(first.text, nil)
	if _, err := head.next(); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	header := make([]string, len(head.fields))
	for i, h := range head.fields {
		header[i] = strings.Clone(h)
	}
	kind, version, err := tableFormat(f.source, header)
	if err != nil {
		return err
	}
	f.format, f.version = kind.name, version
	team := make([]*worker, workers)
	for i := range team {
		if team[i], err = newWorker(f.source, kind, header, qs); err != nil {
			return err
		}
	}
	outcomes, err := readBlocks(ctx, sp, first, head.pos, team)
	if broken := f.account(outcomes); broken != nil {
		return broken
	}
	for _, w := range team {
		f.merge(w.parts)
		f.note(w.reader)
	}
	return err
}

// readBlocks has a team read the blocks of a text. Each takes a block when it is
// done with the one before, so what was just read is still in the cache of the
// processor that parses it. What it returns is in the order of the blocks; after a
// broken row that rejects the file it stops early.
func readBlocks(ctx context.Context, sp *splitter, first block, start int, team []*worker) ([]outcome, error) {
	var mu sync.Mutex // guards what follows, and the splitter
	var outcomes []outcome
	var ended error
	waiting := true // the first block is cut already
	take := func() (block, bool) {
		mu.Lock()
		defer mu.Unlock()
		if ended == nil {
			ended = ctx.Err()
		}
		if ended != nil {
			return block{}, false
		}
		if waiting {
			waiting = false
			return first, true
		}
		var b block
		b, ended = sp.next()
		return b, ended == nil
	}
	var group sync.WaitGroup
	for _, w := range team {
		group.Go(func() {
			for b, ok := take(); ok; b, ok = take() {
				from := 0
				if b.index == 0 {
					from = start
				}
				o := w.read(b, from)
				sp.release(b)
				mu.Lock()
				outcomes = append(outcomes, o)
				if o.err != nil && ended == nil {
					ended = io.EOF // what follows does not matter
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.SortFunc(outcomes, func(a, b outcome) int { return a.index - b.index })
	if errors.Is(ended, io.EOF) {
		ended = nil
	}
	return outcomes, errors.Join(ended, ctx.Err())
}

// worker reads blocks of one table into parts of its own.
type worker struct {
	source *Source
	reader reader
	width  int
	used   []bool // columns that the reader looks at
	skip   bool   // broken rows are left out
	parts  map[string]*part
	qs     *questions
	want   cost.Reads
	row    row
	item   cost.LineItem
	meter  metering
	// last is the part of the row before, which most often is that of the next.
	last      *part
	lastStart time.Time
}

func newWorker(source *Source, kind format, header []string, qs *questions) (*worker, error) {
	w := newCounter(source, kind, qs)
	w.width, w.skip = len(header), source.OnBadRow == "skip"
	want := w.want
	if source.Meter && !kind.meter { // the bill's own amounts are what it metered
		want.Measures = append(slices.Clone(want.Measures), cost.Billed)
	}
	t := newTable(source, header, want)
	w.used = t.used
	var err error
	w.reader, err = kind.bind(t)
	return w, err
}

// newCounter is a worker without a reader, which counts the items that it is given.
func newCounter(source *Source, kind format, qs *questions) *worker {
	return &worker{source: source, parts: map[string]*part{}, qs: qs, want: qs.reads(), meter: metering{source: source, kind: kind}}
}

// outcome is what became of a block.
type outcome struct {
	index   int
	rows    int64 // records up to the broken one that rejects the file
	lines   int64 // physical lines of the whole block
	err     error // the broken row, or the broken text
	errLine int64 // within the block
	skipped error // the first row that was left out
	skipRow int64
	skipAt  int64
}

func (w *worker) read(b block, from int) outcome {
	o := outcome{index: b.index, lines: int64(bytes.Count(b.text, []byte{'\n'}))}
	recs := newRecords(b.text, w.row.texts)
	recs.pos, recs.used = from, w.used
	for {
		start := recs.pos
		more, err := recs.next()
		if err == nil && !more {
			w.row.texts = recs.fields
			return o
		}
		if w.row.texts = recs.fields; err == nil {
			err = w.readRow()
		}
		if err == nil {
			o.rows++
			continue
		}
		line := lineOf(b.text, start)
		if _, broken := errors.AsType[syntaxError](err); broken || !w.skip {
			o.err, o.errLine = err, line
			return o
		}
		o.rows++
		w.skipRow(&o, err, line)
	}
}

// skipRow leaves out the row at hand, the last one that was counted.
func (w *worker) skipRow(o *outcome, err error, line int64) {
	if o.skipped == nil {
		o.skipped, o.skipRow, o.skipAt = err, o.rows, line
	}
	w.part(w.reader.month(&w.row)).skipped++
}

// readRow counts the row at hand.
func (w *worker) readRow() error {
	if len(w.row.texts) != w.width {
		return fmt.Errorf("%d fields instead of %d", len(w.row.texts), w.width)
	}
	w.item = cost.LineItem{Source: w.source.Name}
	if err := w.reader.read(&w.row, &w.item); err != nil {
		return err
	}
	w.count(1)
	return nil
}

// count adds the item at hand, which has the sums of so many rows, to its part.
func (w *worker) count(rows int64) {
	w.meter.price(&w.item)
	if at := w.item.BillingPeriodStart; w.last == nil || !at.Equal(w.lastStart) {
		w.last, w.lastStart = w.part(cost.BillingPeriodName(at)), at
	}
	w.last.add(&w.item, rows, w.want.Measures, &w.meter)
}

func (w *worker) part(month string) *part {
	p, ok := w.parts[month]
	if !ok {
		p = newPart(w.qs, w.source)
		w.parts[month] = p
	}
	return p
}

// lineOf returns the number within the text, from 0, of the line at which a
// record starts; empty lines before it belong to it.
func lineOf(text []byte, at int) int64 {
	for at < len(text) && (text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return int64(bytes.Count(text[:at], []byte{'\n'}))
}

// account numbers the rows over all blocks, and returns the error of the first
// broken one.
func (f *file) account(outcomes []outcome) error {
	lines := int64(1)
	for _, o := range outcomes {
		if o.skipped != nil && f.skipped == "" {
			f.skipped = fmt.Sprintf("%s: %v", position(f.rows+o.skipRow, lines, o.skipAt), o.skipped)
		}
		if o.err != nil {
			f.rows += o.rows
			return fmt.Errorf("%s: %w", position(f.rows+1, lines, o.errLine), o.err)
		}
		f.rows += o.rows
		lines += o.lines
	}
	return nil
}

// noLine is the line of a row in a file that has none.
const noLine = -1

// position says where a row is: by its number among the rows of data, and by the
// line of the text.
func position(row, before, line int64) string {
	if line == noLine {
		return fmt.Sprintf("row %d", row)
	}
	return fmt.Sprintf("row %d (line %d)", row, before+line)
}

// merge takes over what a worker counted. A row that was skipped and names no
// billing period belongs to the one that the path names.
func (f *file) merge(parts map[string]*part) {
	for month, p := range parts {
		if month == "" && p.rows == 0 {
			month = f.named
		}
		if mine, ok := f.parts[month]; ok {
			mine.merge(p)
		} else {
			f.parts[month] = p
		}
	}
}
