package billing

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
	schema "github.com/parquet-go/parquet-go/format"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// summable is a reader whose items take their amounts from columns as they are.
// Rows that agree in every other column are then one item, and their amounts can
// be added up before anybody looks at it.
type summable interface {
	summed() []focusAmount
	chargeStart() int // the column of the start of the charge
}

// errByRow says that a row group cannot be read by columns. The reading by rows
// does it, and says what is wrong, and where, if anything is.
var errByRow = errors.New("the row group must be read by rows")

// readAlike reads a row group by columns: rows that are alike in all but their
// amounts are found by the codes that the columns have for their values, and only
// one of them is read as a line item. It reports false, and has counted nothing,
// when that cannot be done.
func (w *worker) readAlike(group parquet.RowGroup, columns []parquetColumn) bool {
	by, ok := w.reader.(summable)
	if !ok || w.want.Quantity || w.qs.usage != nil || group.NumRows() == 0 {
		return false
	}
	a := &alike{worker: w, columns: columns, parts: map[string]*part{}}
	defer a.close()
	if !a.open(by, group.ColumnChunks()) || a.read(int(group.NumRows())) != nil {
		return false
	}
	for month, p := range a.parts {
		w.part(month).merge(p)
	}
	return true
}

// alike reads a row group by columns.
type alike struct {
	*worker
	columns []parquetColumn
	coded   []*codedColumn
	summed  []*summedColumn
	kinds   kinds
	parts   map[string]*part // what is counted of this group
	codes   [stride]uint32
	of      [stride]uint32 // which kind of row each row is
}

// stride is how many rows are looked at together, so that they stay in the cache
// of the processor.
const stride = 4096

// open finds the columns. It reports false for one that is not plain.
func (a *alike) open(by summable, chunks []parquet.ColumnChunk) bool {
	amounts := by.summed()
	a.summed = make([]*summedColumn, len(a.want.Measures))
	for i, c := range a.columns {
		if !a.used[i] {
			continue
		}
		if len(c.leaves) != 1 || c.leaves[0].MaxRepetitionLevel > 0 {
			return false
		}
		pages := pageReader{chunk: chunks[c.leaves[0].ColumnIndex], defined: byte(c.leaves[0].MaxDefinitionLevel)}
		read := conversion(c.leaves[0])
		if n := slices.IndexFunc(amounts, func(f focusAmount) bool { return f.at == i }); n >= 0 {
			m := slices.Index(a.want.Measures, amounts[n].measure)
			if m < 0 || a.summed[m] != nil {
				return false
			}
			a.summed[m] = &summedColumn{pageReader: pages, convert: read}
			continue
		}
		column := &codedColumn{pageReader: pages, at: i, convert: read, ints: map[int64]uint32{}}
		if i == by.chargeStart() {
			column.edges = a.edges(c.leaves[0].Node.Type())
		}
		a.coded = append(a.coded, column)
	}
	a.kinds.measures = len(a.summed)
	return !slices.Contains(a.summed, nil)
}

// edges are the ticks of a timestamp between which it makes no difference when a
// charge starts; nil when every instant counts.
func (a *alike) edges(kind parquet.Type) []int64 {
	logical := kind.LogicalType()
	if logical == nil {
		return nil
	}
	stamp, ok := logical.Value.(*schema.TimestampType)
	if !ok {
		return nil
	}
	out := []int64{math.MinInt64}
	for _, t := range newPart(a.qs, a.source).tallies {
		edges, ok := t.Edges()
		if !ok {
			return nil
		}
		for _, at := range edges {
			if at.Year() < 1700 || at.Year() > 2200 {
				return nil // nanoseconds do not reach there
			}
			tick := int64(stamp.Unit.Value.Duration())
			ticks := at.Unix() * (int64(time.Second) / tick)
			out = append(out, ticks+(int64(at.Nanosecond())+tick-1)/tick)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *alike) close() {
	for _, c := range a.coded {
		c.pageReader.close()
	}
	for _, c := range a.summed {
		if c != nil {
			c.pageReader.close()
		}
	}
}

// read reads so many rows, a stride at a time.
func (a *alike) read(rows int) error {
	for rows > 0 {
		n := min(rows, stride)
		rows -= n
		if err := a.identify(n); err != nil {
			return err
		}
		for m, c := range a.summed {
			if err := c.add(a.of[:n], &a.kinds, m); err != nil {
				return err
			}
		}
		if len(a.kinds.rows) > maxKinds {
			if err := a.settle(); err != nil {
				return err
			}
		}
	}
	return a.settle()
}

// maxKinds bounds the memory of the kinds of rows.
const maxKinds = 1 << 15

// identify finds the kinds of the next rows.
func (a *alike) identify(n int) error {
	keys := a.kinds.keys[:n]
	clear(keys)
	grown := false
	for _, c := range a.coded {
		codes := a.codes[:n]
		if err := c.read(codes); err != nil {
			return err
		}
		// The number of codes is only known behind the stride, so the place of a column
		// in the key has room for more than it needs.
		if uint64(len(c.values)) >= c.radix {
			c.radix, grown = c.room(), true
		}
		for i, code := range codes {
			keys[i] = keys[i]*c.radix + uint64(code)
		}
	}
	if grown {
		// The keys of this stride have the new places already, those before do not.
		if err := a.settle(); err != nil {
			return err
		}
		if err := a.kinds.layOut(a.coded); err != nil {
			return err
		}
	}
	a.kinds.find(keys, a.of[:n])
	return nil
}

// settle counts the kinds of rows so far, each as one line item, and forgets them.
func (a *alike) settle() error {
	w := a.worker
	w.row.texts, w.row.typed = make([]string, len(a.columns)), make([]typed, len(a.columns))
	for i := range w.row.typed {
		w.row.typed[i].kind = isNull
	}
	for kind, rows := range a.kinds.rows {
		key := a.kinds.key[kind]
		for _, c := range slices.Backward(a.coded) {
			var v parquet.Value
			if code := key % c.placed; code > 0 {
				v = c.values[code-1]
			}
			c.convert(v, &w.row.texts[c.at], &w.row.typed[c.at])
			key /= c.placed
		}
		w.item = cost.LineItem{Source: w.source.Name}
		if err := w.reader.read(&w.row, &w.item); err != nil {
			return err
		}
		month := cost.BillingPeriodName(w.item.BillingPeriodStart)
		p, ok := a.parts[month]
		if !ok {
			p = newPart(w.qs, w.source)
			a.parts[month] = p
		}
		p.addAlike(&w.item, w.qs.breakdowns, w.want.Measures, rows, a.kinds.amounts(kind))
	}
	a.kinds.forget()
	return nil
}

// addAlike counts rows that are like an item in all but their amounts, which are
// given by measure.
func (p *part) addAlike(item *cost.LineItem, queries []cost.Query, measures []cost.Measure, rows int64, amounts []amounts) {
	p.rows += rows
	for i, t := range p.tallies {
		a := &amounts[measureOf(queries[i], measures)]
		t.AddAlike(item, rows, a.nulls, &a.sum)
	}
	sums := p.sums(item.BillingCurrency, len(measures))
	for i := range amounts {
		sums[i].AddSum(&amounts[i].sum)
	}
}

func measureOf(q cost.Query, measures []cost.Measure) int {
	if q.Measure == "" {
		return slices.Index(measures, cost.Billed)
	}
	return slices.Index(measures, q.Measure)
}

// amounts are those of one measure in rows of one kind.
type amounts struct {
	sum   unit.Sum
	nulls int64
}

// kinds numbers the kinds of rows by their keys, in which each column has a place
// for its code.
type kinds struct {
	measures int
	rows     []int64  // by kind
	key      []uint64 // by kind
	sums     []amounts
	dense    []uint32          // by key, the kind + 1; for few possible keys
	sparse   map[uint64]uint32 // for many
	keys     [stride]uint64
}

// maxDense is how many possible keys are looked up in a table.
const maxDense = 1 << 18

// layOut makes room for the codes of the columns. There must be no kinds.
func (k *kinds) layOut(columns []*codedColumn) error {
	possible := uint64(1)
	for _, c := range columns {
		if c.placed = c.radix; possible > math.MaxUint64/c.radix {
			return errByRow
		}
		possible *= c.radix
	}
	k.dense, k.sparse = nil, nil
	if possible <= maxDense {
		k.dense = make([]uint32, possible)
	} else {
		k.sparse = map[uint64]uint32{}
	}
	return nil
}

// find numbers rows by their keys and counts them.
func (k *kinds) find(keys []uint64, of []uint32) {
	for i, key := range keys {
		var n uint32
		if k.dense != nil {
			n = k.dense[key]
		} else {
			n = k.sparse[key]
		}
		if n == 0 {
			n = k.add(key)
		}
		of[i] = n - 1
		k.rows[n-1]++
	}
}

func (k *kinds) add(key uint64) uint32 {
	k.rows, k.key = append(k.rows, 0), append(k.key, key)
	for range k.measures {
		k.sums = append(k.sums, amounts{})
	}
	n := uint32(len(k.rows))
	if k.dense != nil {
		k.dense[key] = n
	} else {
		k.sparse[key] = n
	}
	return n
}

func (k *kinds) amounts(kind int) []amounts { return k.sums[kind*k.measures:][:k.measures] }

func (k *kinds) forget() {
	k.rows, k.key, k.sums = k.rows[:0], k.key[:0], k.sums[:0]
	clear(k.dense)
	clear(k.sparse)
}
