package billing

import (
	"math"
	"sort"

	"github.com/parquet-go/parquet-go"

	"github.com/slactl/slactl/internal/unit"
)

// pageReader gives the pages of a column.
type pageReader struct {
	chunk   parquet.ColumnChunk
	pages   parquet.Pages
	page    parquet.Page
	defined byte   // the level of a value that is there
	levels  []byte // of the rows that are left of the page; nil when each has a value
	left    int    // rows
	at      int    // values that were read of the page
}

// turn makes sure that rows are left. It reports whether the page is a new one.
func (r *pageReader) turn() (bool, error) {
	if r.pages == nil {
		r.pages = r.chunk.Pages()
	}
	turned := false
	for r.left == 0 {
		page, err := r.pages.ReadPage()
		if err != nil {
			return false, err
		}
		if r.page != nil {
			parquet.Release(r.page)
		}
		r.page, r.levels, r.left, r.at, turned = page, nil, int(page.NumValues()), 0, true
		if page.NumNulls() > 0 {
			if r.levels = page.DefinitionLevels(); len(r.levels) != r.left {
				return false, errByRow
			}
		}
	}
	return turned, nil
}

// take gives the next rows, at most so many: the levels, if some have no value, and
// the range of their values.
func (r *pageReader) take(most int) (n int, levels []byte, from, to int) {
	n = min(most, r.left)
	values := n
	if r.levels != nil {
		levels, r.levels = r.levels[:n], r.levels[n:]
		values = 0
		for _, l := range levels {
			if l == r.defined {
				values++
			}
		}
	}
	from, to = r.at, r.at+values
	r.left, r.at = r.left-n, to
	return n, levels, from, to
}

func (r *pageReader) close() {
	if r.page != nil {
		parquet.Release(r.page)
	}
	if r.pages != nil {
		_ = r.pages.Close() // reading is over, whatever it says
	}
}

// codedColumn gives its values as codes: 0 for none, else the place in values from
// 1. Two codes may stand for one value.
type codedColumn struct {
	pageReader
	at      int
	convert func(parquet.Value, *string, *typed)
	values  []parquet.Value // or any of those that make no difference
	radix   uint64          // how many codes there is room for in a key
	placed  uint64          // the radix of the kinds that are counted
	// dictionary holds the codes of the dictionary of the page, nil without one.
	dictionary []uint32
	int64s     []int64
	int32s     []int32
	// edges cut the values into stretches that make no difference; nil when each
	// makes one. The last value was in a stretch from low to high, including both.
	edges     []int64
	ints      map[int64]uint32
	low, high int64
	last      uint32
}

// room is the place for the codes of a column: for a dictionary what it needs, and
// some more where values come as they are.
func (c *codedColumn) room() uint64 {
	if c.dictionary != nil {
		return uint64(len(c.values)) + 1
	}
	return 2*uint64(len(c.values)) + 2
}

// read gives the codes of the next rows.
func (c *codedColumn) read(codes []uint32) error {
	for len(codes) > 0 {
		turned, err := c.turn()
		if err != nil {
			return err
		}
		if turned {
			if err := c.open(); err != nil {
				return err
			}
		}
		n, levels, from, to := c.take(len(codes))
		out := codes[:n]
		if levels != nil {
			out = out[:to-from] // close together first
		}
		if err := c.encode(out, from); err != nil {
			return err
		}
		spread(codes[:n], levels, c.defined, len(out))
		codes = codes[n:]
	}
	return nil
}

// spread moves the first codes to the rows that have a value.
func spread(codes []uint32, levels []byte, defined byte, values int) {
	for i := len(levels) - 1; i >= 0; i-- {
		if levels[i] != defined {
			codes[i] = 0
			continue
		}
		values--
		codes[i] = codes[values]
	}
}

// open takes over the values of a new page.
func (c *codedColumn) open() error {
	c.int64s, c.int32s = nil, nil
	if d := c.page.Dictionary(); d != nil {
		data := c.page.Data()
		c.int32s = data.Int32()
		if c.dictionary == nil {
			c.dictionary = make([]uint32, d.Len())
			for i := range c.dictionary {
				c.dictionary[i] = c.code(d.Index(int32(i)))
			}
		}
		return nil
	}
	c.dictionary = nil
	switch data := c.page.Data(); c.page.Type().Kind() {
	case parquet.Int64:
		c.int64s = data.Int64()
	case parquet.Int32:
		c.int32s = data.Int32()
	default:
		return errByRow
	}
	return nil
}

// code is that of a value of a dictionary.
func (c *codedColumn) code(v parquet.Value) uint32 {
	if c.edges != nil {
		return c.codeOf(v.Int64(), v)
	}
	c.values = append(c.values, v)
	return uint32(len(c.values))
}

// codeOf is the code of a whole number. It keeps the stretch that the number is in.
func (c *codedColumn) codeOf(n int64, v parquet.Value) uint32 {
	c.low, c.high = n, n
	if c.edges != nil {
		i := sort.Search(len(c.edges), func(i int) bool { return c.edges[i] > n })
		c.low, c.high = c.edges[i-1], math.MaxInt64
		if i < len(c.edges) {
			c.high = c.edges[i] - 1
		}
	}
	code, ok := c.ints[c.low]
	if !ok {
		c.values = append(c.values, v)
		code = uint32(len(c.values))
		c.ints[c.low] = code
	}
	c.last = code
	return code
}

// encode gives the codes of the values of the page from an index on.
func (c *codedColumn) encode(codes []uint32, from int) error {
	switch {
	case c.dictionary != nil:
		for i, index := range c.int32s[from:][:len(codes)] {
			if uint32(index) >= uint32(len(c.dictionary)) {
				return errByRow
			}
			codes[i] = c.dictionary[index]
		}
	case c.int64s != nil:
		for i, n := range c.int64s[from:][:len(codes)] {
			if c.last == 0 || n < c.low || n > c.high {
				c.codeOf(n, parquet.Int64Value(n))
			}
			codes[i] = c.last
		}
	default:
		for i, n := range c.int32s[from:][:len(codes)] {
			if c.last == 0 || int64(n) < c.low || int64(n) > c.high {
				c.codeOf(int64(n), parquet.Int32Value(n))
			}
			codes[i] = c.last
		}
	}
	return nil
}

// summedColumn is a column of amounts.
type summedColumn struct {
	pageReader
	convert func(parquet.Value, *string, *typed)
	// One of these holds the values of the page.
	doubles    []float64
	decimals   []unit.Decimal
	indexes    []int32 // into the decimals, when they are a dictionary
	dictionary []unit.Decimal
}

// add adds the amounts of the next rows to those of their kinds.
func (c *summedColumn) add(of []uint32, k *kinds, measure int) error {
	for len(of) > 0 {
		turned, err := c.turn()
		if err != nil {
			return err
		}
		if turned {
			if err := c.open(); err != nil {
				return err
			}
		}
		n, levels, from, to := c.take(len(of))
		rows := of[:n]
		if levels != nil {
			rows = c.present(rows, levels, k, measure)
		}
		if err := c.addValues(rows, from, to, k, measure); err != nil {
			return err
		}
		of = of[n:]
	}
	return nil
}

// present counts the rows without an amount, and returns the others.
func (c *summedColumn) present(of []uint32, levels []byte, k *kinds, measure int) []uint32 {
	out := make([]uint32, 0, len(of))
	for i, l := range levels {
		if l == c.defined {
			out = append(out, of[i])
		} else {
			k.sums[int(of[i])*k.measures+measure].nulls++
		}
	}
	return out
}

func (c *summedColumn) addValues(of []uint32, from, to int, k *kinds, measure int) error {
	switch {
	case c.doubles != nil:
		for i, f := range c.doubles[from:to] {
			if !k.sums[int(of[i])*k.measures+measure].sum.AddFloat(f) {
				return errByRow
			}
		}
	case c.indexes != nil:
		for i, index := range c.indexes[from:to] {
			if uint32(index) >= uint32(len(c.dictionary)) {
				return errByRow
			}
			k.sums[int(of[i])*k.measures+measure].sum.Add(c.dictionary[index])
		}
	default:
		for i, d := range c.decimals[from:to] {
			k.sums[int(of[i])*k.measures+measure].sum.Add(d)
		}
	}
	return nil
}

// open takes over the values of a new page.
func (c *summedColumn) open() error {
	c.doubles, c.decimals, c.indexes = nil, nil, nil
	if d := c.page.Dictionary(); d != nil {
		data := c.page.Data()
		c.indexes = data.Int32()
		for i := len(c.dictionary); i < d.Len(); i++ {
			amount, err := c.amount(d.Index(int32(i)))
			if err != nil {
				return err
			}
			c.dictionary = append(c.dictionary, amount)
		}
		return nil
	}
	if c.page.Type().Kind() == parquet.Double {
		data := c.page.Data()
		c.doubles = data.Double()
		return nil
	}
	values := make([]parquet.Value, c.page.NumValues())
	if n, _ := c.page.Values().ReadValues(values); n != len(values) {
		return errByRow
	}
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		amount, err := c.amount(v)
		if err != nil {
			return err
		}
		c.decimals = append(c.decimals, amount)
	}
	return nil
}

func (c *summedColumn) amount(v parquet.Value) (unit.Decimal, error) {
	var text string
	var t typed
	if c.convert(v, &text, &t); t.kind != isAmount {
		return unit.Decimal{}, errByRow
	}
	return t.amount, nil
}
