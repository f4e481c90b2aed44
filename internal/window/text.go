package window

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/slactl/slactl/internal/unit"
)

// A scan can be written as text that people read, and read back as the same
// scan. It has three parts:
//
//	[Head], as JSON: accounting, notes, and the groups with their labels
//	cells, as CSV: cell,start,end, and `seen JOB,up JOB,down JOB` of every job
//	counts, as CSV: group,cell,start,end,samples, and a column for each quantity
//
// The rows of the counts are those in which anything was counted; groups and
// cells are numbered from 1. A quantity is `total`, `bad`, `sum`, or `le BOUND`
// for a bucket of a histogram, or `native NUMBER` for one of a native histogram, and each may have further columns, `total
// recovered` and `total unwitnessed`. An empty field is 0. Numbers are exact
// decimals, instants RFC 3339.
//
// What only business metrics look at is left out: a gauge's outermost values.
const headSchema = "slactl.scan/v1"

// Head is the part of a scan's text form that is no table.
type Head struct {
	Schema      string      `json:"schema"` // slactl.scan/v1
	Accounting  Accounting  `json:"accounting"`
	Series      int64       `json:"series,omitempty"`
	Samples     int64       `json:"samples,omitempty"`
	Expressions []string    `json:"expressions,omitempty"`
	Groups      []GroupHead `json:"groups"`
	Jobs        []string    `json:"jobs"`
	Notes       []string    `json:"notes"`
}

// GroupHead is what is known of a group beside its counts.
type GroupHead struct {
	Labels   map[string]string `json:"labels"`
	Bounds   []string          `json:"bounds,omitempty"` // of the buckets, in the metric's own unit
	Estimate bool              `json:"estimate,omitempty"`
	Native   *NativeHead       `json:"native,omitempty"` // of native histograms
}

// NativeHead is the scale of a group's native histograms, and the numbers of
// their buckets, see [Place.String].
type NativeHead struct {
	Schema        int32    `json:"schema"`
	ZeroThreshold string   `json:"zero_threshold"`
	Buckets       []string `json:"buckets"`
}

// Head returns the part of the text form that is no table.
func (s *Scan) Head() Head {
	h := Head{Schema: headSchema, Accounting: s.Accounting, Series: s.Series, Samples: s.Samples, Expressions: s.Expressions,
		Groups: []GroupHead{}, Jobs: []string{}, Notes: append([]string{}, s.Notes...)}
	for i := range s.Groups {
		g := GroupHead{Labels: s.Groups[i].Labels, Estimate: s.Groups[i].Estimate}
		for _, b := range s.Groups[i].Buckets {
			g.Bounds = append(g.Bounds, formatBound(b.Bound))
		}
		if n := s.Groups[i].Native; n != nil {
			g.Native = &NativeHead{Schema: n.Schema, ZeroThreshold: formatBound(n.ZeroThreshold), Buckets: []string{}}
			for _, b := range n.Buckets {
				g.Native.Buckets = append(g.Native.Buckets, b.String())
			}
		}
		h.Groups = append(h.Groups, g)
	}
	for _, j := range s.Jobs {
		h.Jobs = append(h.Jobs, j.Name)
	}
	return h
}

func formatBound(b float64) string { return strconv.FormatFloat(b, 'g', -1, 64) }

// Quantity is one counted quantity of a group, by its name in the text form.
type Quantity struct {
	Name   string
	Counts *Counts
}

// Quantities lists everything that a group counts: total, bad, sum, and the
// buckets by increasing bound, of classic histograms and then of native ones.
func (g *Group) Quantities() []Quantity {
	out := []Quantity{{"total", &g.Total}, {"bad", &g.Bad}, {"sum", &g.Sum}}
	for i := range g.Buckets {
		out = append(out, Quantity{BucketName(g.Buckets[i].Bound), &g.Buckets[i].Counts})
	}
	if g.Native != nil {
		for i := range g.Native.Buckets {
			b := &g.Native.Buckets[i]
			out = append(out, Quantity{nativeColumn + b.String(), &b.Counts})
		}
	}
	return out
}

// BucketName is the name of a bucket's quantity.
func BucketName(bound float64) string { return "le " + formatBound(bound) }

// nativeColumn begins the names of the buckets of native histograms.
const nativeColumn = "native "

// The suffixes of the columns of increments that no window owns.
const (
	recoveredColumn   = " recovered"
	unwitnessedColumn = " unwitnessed"
)

// rows lists the rows of a quantity by the names of their columns.
func (q Quantity) rows() map[string]**unit.Sums {
	return map[string]**unit.Sums{q.Name: &q.Counts.Windowed, q.Name + recoveredColumn: &q.Counts.Recovered, q.Name + unwitnessedColumn: &q.Counts.Unwitnessed}
}

// columns are the quantities of which any group has counted something.
func (s *Scan) columns() []string {
	var out []string
	for i := range s.Groups {
		for _, q := range s.Groups[i].Quantities() {
			for _, name := range []string{q.Name, q.Name + recoveredColumn, q.Name + unwitnessedColumn} {
				if *q.rows()[name] != nil && !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	slices.SortStableFunc(out, compareColumns)
	return out
}

// compareColumns orders columns as [Group.Quantities] does, with groups of
// different buckets merged by their bounds.
func compareColumns(a, b string) int {
	x, native := nativePlace(a)
	y, also := nativePlace(b)
	switch {
	case native && also:
		return x.Compare(y)
	case native:
		return 1
	case also:
		return -1
	}
	return cmp.Compare(columnRank(a), columnRank(b))
}

func nativePlace(column string) (Place, bool) {
	rest, ok := strings.CutPrefix(column, nativeColumn)
	if !ok {
		return Place{}, false
	}
	text, _, _ := strings.Cut(rest, " ")
	p, err := parsePlace(text)
	return p, err == nil
}

// columnRank is the bound of a bucket; all else comes before.
func columnRank(name string) float64 {
	rest, bucket := strings.CutPrefix(name, "le ")
	if !bucket {
		return math.Inf(-1)
	}
	bound, _, _ := strings.Cut(rest, " ")
	v, _ := strconv.ParseFloat(bound, 64)
	return v
}

// WriteCells writes the table of the cells.
func (s *Scan) WriteCells(w io.Writer) error {
	c := csv.NewWriter(w)
	row := []string{"cell", "start", "end"}
	for _, j := range s.Jobs {
		row = append(row, "seen "+j.Name, "up "+j.Name, "down "+j.Name)
	}
	err := c.Write(row)
	for i := range s.Grid.Cells() {
		row = append(row[:0], strconv.Itoa(i+1), formatInstant(s.Grid[i]), formatInstant(s.Grid[i+1]))
		for _, j := range s.Jobs {
			row = append(row, strconv.FormatBool(j.Seen[i]), strconv.FormatUint(uint64(j.Up[i]), 10), strconv.FormatUint(uint64(j.Down[i]), 10))
		}
		if err == nil {
			err = c.Write(row)
		}
	}
	return flush(c, err)
}

// WriteCounts writes the table of what was counted.
func (s *Scan) WriteCounts(w io.Writer) error {
	c := csv.NewWriter(w)
	columns := s.columns()
	err := c.Write(append([]string{"group", "cell", "start", "end", "samples"}, columns...))
	var row []string
	for i := range s.Groups {
		g := &s.Groups[i]
		sums := make([]*unit.Sums, len(columns))
		for _, q := range g.Quantities() {
			for name, row := range q.rows() {
				if at := slices.Index(columns, name); at >= 0 {
					sums[at] = *row
				}
			}
		}
		for cell := range s.Grid.Cells() {
			row = append(row[:0], strconv.Itoa(i+1), strconv.Itoa(cell+1), formatInstant(s.Grid[cell]), formatInstant(s.Grid[cell+1]), "")
			counted := g.Samples[cell] > 0
			if counted {
				row[4] = strconv.FormatUint(uint64(g.Samples[cell]), 10)
			}
			for _, counts := range sums {
				text := ""
				if v := counts.At(cell); !v.IsZero() {
					text, counted = v.Canonical(), true
				}
				row = append(row, text)
			}
			if counted && err == nil {
				err = c.Write(row)
			}
		}
	}
	return flush(c, err)
}

func flush(c *csv.Writer, err error) error {
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}

func formatInstant(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

// mostCounts bounds what a scan that is read back may hold: accumulators beyond
// it take more memory than any evaluation.
const mostCounts = 1 << 28

// ReadText reads the text form of a scan. Errors name the table and the line.
func ReadText(h Head, cells, counts io.Reader) (*Scan, error) {
	if h.Schema != headSchema {
		return nil, fmt.Errorf("reading a scan: its schema is %q, and this version reads %s", h.Schema, headSchema)
	}
	s := &Scan{Accounting: h.Accounting, Series: h.Series, Samples: h.Samples, Expressions: h.Expressions, Notes: h.Notes}
	for _, name := range h.Jobs {
		s.Jobs = append(s.Jobs, Job{Name: name})
	}
	if err := s.readCells(cells); err != nil {
		return nil, err
	}
	if s.Grid.Cells() == 0 {
		return nil, errors.New("reading a scan: it has no cell")
	}
	if len(h.Groups) > 0 && s.Grid.Cells() > mostCounts/len(h.Groups) {
		return nil, fmt.Errorf("reading a scan: %d groups in %d cells are more than any evaluation has", len(h.Groups), s.Grid.Cells())
	}
	for _, gh := range h.Groups {
		g := Group{Labels: gh.Labels, Estimate: gh.Estimate, Samples: make([]uint32, s.Grid.Cells())}
		for _, text := range gh.Bounds {
			bound, err := strconv.ParseFloat(text, 64)
			if err != nil || len(g.Buckets) > 0 && bound <= g.Buckets[len(g.Buckets)-1].Bound || math.IsNaN(bound) {
				return nil, fmt.Errorf("reading a scan: %q is no bound of a bucket above the one before", text)
			}
			g.Buckets = append(g.Buckets, Bucket{Bound: bound})
		}
		var err error
		if g.Native, err = gh.Native.read(); err != nil {
			return nil, fmt.Errorf("reading a scan: %w", err)
		}
		s.Groups = append(s.Groups, g)
	}
	return s, s.readCounts(counts)
}

// read returns the buckets, without counts.
func (h *NativeHead) read() (*Native, error) {
	if h == nil {
		return nil, nil
	}
	zero, err := strconv.ParseFloat(h.ZeroThreshold, 64)
	if err != nil || !(zero >= 0) || !histogram.IsExponentialSchema(h.Schema) {
		return nil, fmt.Errorf("schema %d with a zero threshold of %q is no scale of native histograms", h.Schema, h.ZeroThreshold)
	}
	out := &Native{Scale: Scale{h.Schema, zero}}
	for _, text := range h.Buckets {
		p, err := parsePlace(text)
		if n := len(out.Buckets); err != nil || n > 0 && out.Buckets[n-1].Compare(p) >= 0 {
			return nil, fmt.Errorf("%q is no bucket of a native histogram above the one before", text)
		}
		out.Buckets = append(out.Buckets, NativeBucket{Place: p})
	}
	return out, nil
}

// readCells reads the grid and the jobs.
func (s *Scan) readCells(in io.Reader) error {
	want := []string{"cell", "start", "end"}
	for _, j := range s.Jobs {
		want = append(want, "seen "+j.Name, "up "+j.Name, "down "+j.Name)
	}
	return eachRow("cells", in, func(head []string) error {
		if !slices.Equal(head, want) {
			return fmt.Errorf("the columns are not %s", strings.Join(want, ","))
		}
		return nil
	}, func(row []string) error {
		start, err := time.Parse(time.RFC3339, row[1])
		end, err2 := time.Parse(time.RFC3339, row[2])
		switch {
		case err != nil || err2 != nil || !end.After(start):
			return fmt.Errorf("%s to %s is no span", row[1], row[2])
		case len(s.Grid) > 0 && s.Grid[len(s.Grid)-1] != start.UnixMilli():
			return fmt.Errorf("the cell begins at %s, and not where the one before ends", row[1])
		case len(s.Grid) == 0:
			s.Grid = Grid{start.UnixMilli()}
		}
		s.Grid = append(s.Grid, end.UnixMilli())
		for i := range s.Jobs {
			j, at := &s.Jobs[i], 3+3*i
			seen, err := strconv.ParseBool(row[at])
			up, err2 := strconv.ParseUint(row[at+1], 10, 32)
			down, err3 := strconv.ParseUint(row[at+2], 10, 32)
			if err := errors.Join(err, err2, err3); err != nil {
				return err
			}
			j.Seen, j.Up, j.Down = append(j.Seen, seen), append(j.Up, uint32(up)), append(j.Down, uint32(down))
		}
		return nil
	})
}

// readCounts reads the rows of the groups.
func (s *Scan) readCounts(in io.Reader) error {
	n := s.Grid.Cells()
	rows := make([]map[string]**unit.Sums, len(s.Groups))
	for i := range s.Groups {
		rows[i] = map[string]**unit.Sums{}
		for _, q := range s.Groups[i].Quantities() {
			for name, sums := range q.rows() {
				rows[i][name] = sums
			}
		}
	}
	var columns []string
	made := len(s.Groups) * n
	return eachRow("counts", in, func(head []string) error {
		if len(head) < 5 || !slices.Equal(head[:5], []string{"group", "cell", "start", "end", "samples"}) {
			return errors.New("the columns do not begin with group,cell,start,end,samples")
		}
		columns = slices.Clone(head[5:])
		return nil
	}, func(row []string) error {
		group, err := numberUpTo(row[0], len(s.Groups))
		cell, err2 := numberUpTo(row[1], n)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if row[2] != formatInstant(s.Grid[cell]) || row[3] != formatInstant(s.Grid[cell+1]) {
			return fmt.Errorf("cell %d is from %s to %s, and not from %s to %s", cell+1, formatInstant(s.Grid[cell]), formatInstant(s.Grid[cell+1]), row[2], row[3])
		}
		if row[4] != "" {
			samples, err := strconv.ParseUint(row[4], 10, 32)
			if err != nil {
				return err
			}
			s.Groups[group].Samples[cell] = uint32(samples)
		}
		for i, name := range columns {
			if row[5+i] == "" {
				continue
			}
			v, err := unit.ParseCanonical(row[5+i])
			sums, known := rows[group][name]
			switch {
			case err != nil:
				return err
			case !known:
				return fmt.Errorf("group %d counts no %q", group+1, name)
			case *sums == nil:
				if made += n; made > mostCounts {
					return errors.New("more is counted than any evaluation has")
				}
				*sums = unit.NewSums(n)
			}
			if whole, ok := v.Int64(); ok {
				(*sums).AddInt(cell, whole)
			} else {
				(*sums).Add(cell, v)
			}
		}
		return nil
	})
}

// numberUpTo reads a number from 1 up to n, and returns it counted from 0.
func numberUpTo(text string, n int) (int, error) {
	i, err := strconv.Atoi(text)
	if err != nil || i < 1 || i > n {
		return 0, fmt.Errorf("%q is no number from 1 to %d", text, n)
	}
	return i - 1, nil
}

// eachRow reads a table. Errors name it and the line.
func eachRow(table string, in io.Reader, head, row func([]string) error) error {
	c := csv.NewReader(in)
	c.ReuseRecord = true
	each := head
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil { // names its line
			return fmt.Errorf("reading the %s of a scan: %w", table, err)
		}
		if err := each(record); err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("reading the %s of a scan: line %d: %w", table, line, err)
		}
		each = row
	}
}
