package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go"
	schema "github.com/parquet-go/parquet-go/format"
	"golang.org/x/sync/errgroup"

	"github.com/slactl/slactl/internal/unit"
)

// parquetColumn is a column of the table that a Parquet file is read as. A field
// of a nested one is a column of its own, named with dots; a list or a map is one
// column whose text is JSON.
type parquetColumn struct {
	name   string
	leaves []parquet.LeafColumn
	// isMap says that the leaves are the keys and the values of a map.
	isMap bool
}

// parquetColumns lists the columns of a file in the order of its schema.
func parquetColumns(s *parquet.Schema) []parquetColumn {
	var out []parquetColumn
	for _, path := range s.Columns() {
		leaf, ok := s.Lookup(path...)
		if !ok {
			continue
		}
		switch n := len(out); {
		case leaf.MaxRepetitionLevel == 0:
			out = append(out, parquetColumn{name: strings.Join(path, "."), leaves: []parquet.LeafColumn{leaf}})
		case n > 0 && out[n-1].name == path[0]:
			out[n-1].leaves = append(out[n-1].leaves, leaf)
			out[n-1].isMap = len(out[n-1].leaves) == 2 && path[len(path)-1] == "value"
		default:
			out = append(out, parquetColumn{name: path[0], leaves: []parquet.LeafColumn{leaf}})
		}
	}
	return out
}

// readParquet reads a Parquet file. Row groups are read side by side, and of each
// only the columns that the format looks at.
func (f *file) readParquet(ctx context.Context, in io.ReaderAt, size int64, qs *questions) error {
	if size == 0 {
		return errors.New("the file is empty")
	}
	file, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(256<<10))
	if pathless, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathless.Err
	}
	if err != nil {
		return fmt.Errorf("this is no whole Parquet file (%w); fetch it again", err)
	}
	columns := parquetColumns(file.Schema())
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.name
	}
	kind, version, err := tableFormat(f.source, header)
	if err != nil {
		return err
	}
	f.format, f.version = kind.name, version
	if remote, ok := in.(extents); ok {
		remote.expect(chunksOf(file.Metadata()))
	}
	groups := file.RowGroups()
	outcomes := make([]outcome, len(groups))
	var next atomic.Int64
	team := make([]*worker, min(workers, max(1, len(groups))))
	var broken atomic.Bool
	running, ctx := errgroup.WithContext(ctx)
	for i := range team {
		w, err := newWorker(f.source, kind, header, qs)
		if err != nil {
			return err
		}
		team[i] = w
		running.Go(func() error {
			for g := int(next.Add(1)) - 1; g < len(groups) && !broken.Load(); g = int(next.Add(1)) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				o, err := w.readGroup(groups[g], columns, g)
				if err != nil {
					return err
				}
				broken.Store(broken.Load() || o.err != nil)
				outcomes[g] = o
			}
			return nil
		})
	}
	err = running.Wait()
	if row := f.account(outcomes); row != nil {
		return row
	}
	for _, w := range team {
		f.merge(w.parts)
	}
	return err
}

// readGroup reads one row group. Its error is for a file that is damaged; a
// broken row is in the outcome.
func (w *worker) readGroup(group parquet.RowGroup, columns []parquetColumn, index int) (o outcome, err error) {
	defer func() {
		if broken := recover(); broken != nil { // in the decoder, which trusts the file
			err = fmt.Errorf("row group %d cannot be decoded (%v); the file is damaged, fetch it again", index+1, broken)
		}
	}()
	if w.readAlike(group, columns) {
		return outcome{index: index, rows: group.NumRows()}, nil
	}
	return w.readRows(group, columns, index)
}

// readRows reads a row group row by row.
func (w *worker) readRows(group parquet.RowGroup, columns []parquetColumn, index int) (outcome, error) {
	o := outcome{index: index}
	chunks := group.ColumnChunks()
	var readers []*columnReader
	for i, c := range columns {
		if w.used[i] {
			readers = append(readers, newColumnReader(i, c, chunks))
		}
	}
	defer func() {
		for _, r := range readers {
			r.close()
		}
	}()
	w.row.texts, w.row.typed = make([]string, len(columns)), make([]typed, len(columns))
	for i := range w.row.typed {
		w.row.typed[i].kind = isNull
	}
	for range group.NumRows() {
		for _, r := range readers {
			if err := r.next(&w.row); err != nil {
				return o, fmt.Errorf("column %s: %w; the file is damaged, fetch it again", r.column.name, err)
			}
		}
		if err := w.readRow(); err != nil && w.skip {
			o.rows++
			w.skipRow(&o, err, noLine)
			continue
		} else if err != nil {
			o.err, o.errLine = err, noLine
			return o, nil
		}
		o.rows++
	}
	return o, nil
}

// columnReader gives the values of one column of a row group, a row at a time.
type columnReader struct {
	at     int
	column parquetColumn
	leaves []*leafReader
}

func newColumnReader(at int, c parquetColumn, chunks []parquet.ColumnChunk) *columnReader {
	r := &columnReader{at: at, column: c}
	for _, l := range c.leaves {
		r.leaves = append(r.leaves, &leafReader{pages: chunks[l.ColumnIndex].Pages(), convert: conversion(l), defined: l.MaxDefinitionLevel})
	}
	return r
}

func (r *columnReader) close() {
	for _, l := range r.leaves {
		l.close()
	}
}

// next sets the column of the row.
func (r *columnReader) next(row *row) error {
	if len(r.leaves) == 1 && r.column.leaves[0].MaxRepetitionLevel == 0 {
		v, err := r.leaves[0].next()
		if err != nil {
			return err
		}
		r.leaves[0].convert(v, &row.texts[r.at], &row.typed[r.at])
		return nil
	}
	text, err := r.nested()
	row.texts[r.at], row.typed[r.at].kind = text, asText
	return err
}

// nested writes the elements of a list, or the entries of a map, as JSON.
func (r *columnReader) nested() (string, error) {
	var elements []map[string]any
	for n, l := range r.leaves {
		path := r.column.leaves[n].Path
		for i := 0; ; i++ {
			v, err := l.next()
			if err != nil {
				return "", err
			}
			if v.DefinitionLevel() > 0 && (!v.IsNull() || v.DefinitionLevel() == l.defined-1) {
				for len(elements) <= i {
					elements = append(elements, map[string]any{})
				}
				elements[i][path[len(path)-1]] = l.plain(v)
			}
			if more, err := l.repeats(); err != nil {
				return "", err
			} else if !more {
				break
			}
		}
	}
	if !r.column.isMap {
		text, err := json.Marshal(elements)
		return string(text), err
	}
	entries := map[string]any{}
	for _, e := range elements {
		if key, ok := e["key"].(string); ok {
			entries[key] = e["value"]
		}
	}
	text, err := json.Marshal(entries)
	return string(text), err
}

// leafReader gives the values of one leaf column.
type leafReader struct {
	pages   parquet.Pages
	page    parquet.Page
	values  parquet.ValueReader
	buf     [256]parquet.Value
	have    []parquet.Value
	convert func(parquet.Value, *string, *typed)
	defined int
}

func (l *leafReader) close() {
	if l.page != nil {
		parquet.Release(l.page)
	}
	_ = l.pages.Close() // reading is over, whatever it says
}

// next returns the next value; its memory holds until the next but one page.
func (l *leafReader) next() (parquet.Value, error) {
	if err := l.fill(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return parquet.Value{}, err
	}
	v := l.have[0]
	l.have = l.have[1:]
	return v, nil
}

// repeats reports whether the next value belongs to the same row.
func (l *leafReader) repeats() (bool, error) {
	if err := l.fill(); errors.Is(err, io.EOF) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return l.have[0].RepetitionLevel() > 0, nil
}

// fill makes sure that a value is at hand. It returns io.EOF behind the last one.
func (l *leafReader) fill() error {
	for len(l.have) == 0 {
		if l.values == nil {
			page, err := l.pages.ReadPage()
			if err != nil {
				return err
			}
			if l.page != nil {
				parquet.Release(l.page)
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buf[:])
		l.have = l.buf[:n]
		if errors.Is(err, io.EOF) {
			l.values = nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// plain is a value for JSON.
func (l *leafReader) plain(v parquet.Value) any {
	var text string
	var t typed
	l.convert(v, &text, &t)
	switch t.kind {
	case isNull:
		return nil
	case isAmount:
		return json.Number(t.amount.String())
	case isInstant:
		return t.instant.Format(time.RFC3339Nano)
	}
	return text
}

// conversion returns how the values of a leaf are read, by its type. Doubles are
// read as the shortest decimal that gives them back.
func conversion(leaf parquet.LeafColumn) func(parquet.Value, *string, *typed) {
	read := physical(leaf.Node.Type())
	return func(v parquet.Value, text *string, t *typed) {
		if v.IsNull() {
			*text, t.kind = "", isNull
			return
		}
		read(v, text, t)
	}
}

func physical(kind parquet.Type) func(parquet.Value, *string, *typed) {
	if logical := kind.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *schema.DecimalType:
			return decimalOf(kind, int(l.Scale))
		case *schema.TimestampType:
			tick := l.Unit.Value.Duration()
			return func(v parquet.Value, _ *string, t *typed) {
				ticks := v.Int64()
				perSecond := int64(time.Second / tick)
				t.kind, t.instant = isInstant, time.Unix(ticks/perSecond, ticks%perSecond*int64(tick)).UTC()
			}
		case *schema.DateType:
			return func(v parquet.Value, text *string, t *typed) {
				*text, t.kind = time.Unix(int64(v.Int32())*24*60*60, 0).UTC().Format(time.DateOnly), asText
			}
		}
	}
	switch kind.Kind() {
	case parquet.Double:
		return func(v parquet.Value, text *string, t *typed) { float(v.Double(), text, t) }
	case parquet.Float:
		// The shortest decimal of the float, not of the double that it widens to.
		return func(v parquet.Value, text *string, t *typed) { *text, t.kind = v.String(), asText }
	case parquet.Int32:
		return func(v parquet.Value, _ *string, t *typed) {
			t.kind, t.amount = isAmount, unit.DecimalOfInt(int64(v.Int32()))
		}
	case parquet.Int64:
		return func(v parquet.Value, _ *string, t *typed) { t.kind, t.amount = isAmount, unit.DecimalOfInt(v.Int64()) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value, text *string, t *typed) { *text, t.kind = shared(v.ByteArray()), asText }
	case parquet.Int96:
		return func(v parquet.Value, _ *string, t *typed) { t.kind, t.instant = isInstant, julian(v) }
	}
	return func(v parquet.Value, text *string, t *typed) { *text, t.kind = v.String(), asText }
}

// float reads a double. NaN and the infinities stay texts, which are no amounts.
func float(f float64, text *string, t *typed) {
	d, ok := unit.DecimalOfFloat(f)
	if !ok {
		*text, t.kind = fmt.Sprint(f), asText
		return
	}
	t.kind, t.amount = isAmount, d
}

// julian reads the instants of older writers: nanoseconds of a Julian day.
func julian(v parquet.Value) time.Time {
	raw := v.Int96()
	nanoseconds := int64(raw[0]) | int64(raw[1])<<32
	const unixEpoch = 2440588 // the Julian day of 1970-01-01
	return time.Unix((int64(raw[2])-unixEpoch)*24*60*60, nanoseconds).UTC()
}

// decimalOf reads decimals, which are whole numbers of a fixed scale.
func decimalOf(kind parquet.Type, scale int) func(parquet.Value, *string, *typed) {
	return func(v parquet.Value, _ *string, t *typed) {
		t.kind = isAmount
		switch kind.Kind() {
		case parquet.Int32:
			t.amount = unit.DecimalOfScaled(big.NewInt(int64(v.Int32())), scale)
		case parquet.Int64:
			t.amount = unit.DecimalOfScaled(big.NewInt(v.Int64()), scale)
		default:
			raw := v.ByteArray()
			n := new(big.Int).SetBytes(raw) // big endian, two's complement
			if len(raw) > 0 && raw[0]&0x80 != 0 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(raw))*8))
			}
			t.amount = unit.DecimalOfScaled(n, scale)
		}
	}
}
