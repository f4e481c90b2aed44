// Package doc is the document model: what a report says, without a word on how
// a medium draws it. A document knows no colour, no width, no page and no
// escape code, and it holds values instead of text that looks like a number, so
// that a terminal, a spreadsheet and a PDF can each write the same value well.
package doc

import (
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Document is a whole report.
type Document struct {
	Title    string
	Subtitle string // what it covers: "October 2026 · UTC"
	// Facts are the lines of the cover block: period, generated, state.
	Facts    []Fact
	Sections []Section
	// Language is a BCP 47 tag, "en".
	Language string
	// Author, Created and Producer go into file metadata.
	Author   string
	Created  time.Time
	Producer string
}

// Section is a titled part of a document: a heading, a sheet, a bookmark.
type Section struct {
	ID     string // stable, lower-case: "sla"
	Title  string
	Blocks []Block
}

// Block is a part of a section: [Paragraph], [Facts], [Table], [Chart] or
// [Callout].
type Block interface{ block() }

// Tone says how a value is meant. Every renderer gives a tone a mark besides
// its colour.
type Tone int

// The tones.
const (
	Neutral Tone = iota
	Good
	Warn
	Bad
)

// Paragraph is running text.
type Paragraph struct{ Text string }

// Facts are labelled key figures.
type Facts struct{ Items []Fact }

// Fact is one labelled value.
type Fact struct {
	Label string
	Cell  Cell
}

// Callout is a short text that must not be overlooked.
type Callout struct {
	Tone  Tone
	Title string
	Text  string
}

// Table is a titled table of typed cells.
type Table struct {
	ID      string // stable, lower-case, unique in the document: "sla_results"
	Title   string
	Columns []Column
	Rows    []Row
	// Total sums the columns that say so, or is nil. Spreadsheets write it as
	// live formulas; the cells hold the exact sums for the others.
	Total *Row
}

// Column describes one column of a table.
type Column struct {
	Title string
	// Numeric columns are aligned at the end.
	Numeric bool
	// Priority tells which columns a narrow medium may leave out: 0 never, then
	// the highest first.
	Priority int
	// Sum marks columns that the total row adds up.
	Sum bool
}

// Row is one row of a table.
type Row struct{ Cells []Cell }

// Cell is a value, how it is meant, and what there is to note about it.
type Cell struct {
	Value Value
	Tone  Tone
	Notes []string
}

// Value is what a cell holds: [Text], [Count], [Number], [Ratio], [Money],
// [Duration], [Instant], [Spark] or [Missing].
type Value interface{ value() }

// Text is a text.
type Text string

// Count is a number of things, whole except under estimated accounting.
type Count struct{ N unit.Decimal }

// Number is a measured value with its unit ("ms", "score", "" for none).
type Number struct {
	N    unit.Decimal
	Unit string
	// Digits is how many digits after the point are shown.
	Digits int
	// Worse is the direction in which display cuts: −1 down, +1 up, 0 rounds
	// half even.
	Worse int
}

// Ratio is a share in percent: 99.95 means 99.95 %.
type Ratio struct {
	Percent unit.Decimal
	Digits  int
	Worse   int // as in Number
	// Signed shows a plus sign, for changes.
	Signed bool
}

// Money is an amount of one currency, rounded to its minor unit for display.
type Money struct {
	Amount   unit.Decimal
	Currency string
	// Signed shows a plus sign, for changes.
	Signed bool
}

// Duration is a length of time.
type Duration time.Duration

// Instant is a moment, shown in its zone.
type Instant struct {
	Time time.Time
	// DateOnly leaves out the time of day.
	DateOnly bool
}

// Spark is a small series drawn in a cell; nil points are gaps.
type Spark []*float64

// Missing stands where there is no value, and says why. It is never shown as 0.
type Missing struct{ Why string }

// ChartKind is how a chart draws its series.
type ChartKind int

// The kinds of chart.
const (
	Line ChartKind = iota
	Bar
	StackedBar
)

// Chart is a titled picture of series over shared labels. Floats are right here:
// a chart is looked at, and the exact values stand in tables.
type Chart struct {
	ID     string
	Title  string
	Kind   ChartKind
	Labels []string // along the x axis
	Series []Series
	Unit   string // of the y axis: "%", "USD"
	// Target draws a reference line where it is not nil.
	Target *float64
}

// Series is one named line or set of bars; nil points are gaps.
type Series struct {
	Name   string
	Points []*float64
}

func (Paragraph) block() {}
func (Facts) block()     {}
func (Table) block()     {}
func (Chart) block()     {}
func (Callout) block()   {}

func (Text) value()     {}
func (Count) value()    {}
func (Number) value()   {}
func (Ratio) value()    {}
func (Money) value()    {}
func (Duration) value() {}
func (Instant) value()  {}
func (Spark) value()    {}
func (Missing) value()  {}
