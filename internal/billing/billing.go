// Package billing reads bills. A source is a set of export files; reading them
// gives line items, which stream into the tallies of package cost, and a ledger
// that says of every file what became of it. What counts is in
// docs/concepts.md, "Money": a file with a broken row is rejected as a whole, because a
// total that misses rows is a wrong total, and of full copies of a month only
// the newest counts.
package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
)

// Source is one place of bills.
type Source struct {
	Name string
	// Format is the word of a format; when it is empty, the header of each file
	// tells.
	Format string
	// Path is an absolute glob of files, or s3://bucket/ and a glob of keys, with
	// ** for any depth.
	Path string
	// S3 says how the bucket of the path is reached.
	S3 S3
	// Postgres is a table of line items, in place of files.
	Postgres *Postgres
	// Measure says what the only cost column of a format is; focus has a column
	// for every measure and does not use it.
	Measure string
	// Columns name the columns of the format csv, by the field of a line item.
	Columns map[string]string
	// Currency is that of rows that name none.
	Currency string
	// Snapshots is "" when a dated path holds a full copy of its months, of which
	// the newest counts, and "none" when every file counts.
	Snapshots string
	// OnBadRow is "" to reject a file with a broken row, and "skip" to leave out
	// the row.
	OnBadRow string
	// Meter says that the source counts usage; its amounts are never added to bills.
	Meter bool
	// Prices are those of tokens that a meter counts; without them they are unpriced.
	Prices *price.Catalogue
	// API fetches the pages from the provider, instead of Path; or nil.
	API *API
	// Zone is where the days of the bill begin; nil is UTC.
	Zone *time.Location
	// Counters read the tokens of the format token-counters; Path then says what
	// is read. It is nil for every other format.
	Counters TokenReader
}

func (s *Source) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// FormatError says that a source has a format that this version does not read.
type FormatError struct{ Source, Format string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("format %s arrives in a later version; source %s is not counted", e.Format, e.Source)
}

// NoFileError says that nothing matches the path of a source.
type NoFileError struct{ Source, Path string }

func (e *NoFileError) Error() string {
	return fmt.Sprintf("no file matches %s; check the path of source %s (** matches any depth)", e.Path, e.Source)
}

// readers is how many files are read at the same time.
const readers = 2

// Breakdown answers queries about sources. Every file is read once, streamed,
// and a few at a time, so memory grows with groups and files, not with rows. The
// reports are in the order of the queries; each has the whole ledger, with the
// amounts of its measure.
//
// Whatever cannot be read, a file or a whole source, is in the ledgers as
// rejected, and the rest is summed ([cost.Report.Rejected]). The error is for
// an invalid query, a cancelled context, and for when no source has a bill.
func Breakdown(ctx context.Context, sources []Source, qs []cost.Query) ([]*cost.Report, error) {
	for _, q := range qs {
		if err := q.Validate(); err != nil {
			return nil, err
		}
	}
	books, err := read(ctx, sources, &questions{breakdowns: qs})
	if err != nil {
		return nil, err
	}
	reports := make([]*cost.Report, len(qs))
	for i, q := range qs {
		reports[i] = report(books, q, i)
	}
	return reports, nil
}

// UsageReport is what meters counted.
type UsageReport struct {
	Usages []cost.Usage
	Ledger []cost.LedgerEntry
	Notes  []string
}

// Usage adds up the tokens that meters counted in a period, as
// [cost.NewUsageTally] says. Errors are those of [Breakdown].
func Usage(ctx context.Context, sources []Source, p period.Period, thresholds []int64) (*UsageReport, error) {
	sources = slices.Clone(sources)
	for i := range sources {
		sources[i].Prices = nil // tokens are asked for, not what they cost
	}
	books, err := read(ctx, sources, &questions{usage: &usageQuestion{p, thresholds}})
	if err != nil {
		return nil, err
	}
	total := cost.NewUsageTally(p, nil, thresholds)
	r := &UsageReport{}
	r.Ledger, r.Notes = ledger(books, cost.Metered, func(p *part) { total.Merge(p.usage) })
	r.Notes = append(r.Notes, uncovered(books, p)...)
	r.Usages = total.Usages()
	return r, nil
}

// questions are what one reading of the files answers.
type questions struct {
	breakdowns []cost.Query
	usage      *usageQuestion // nil when nobody asks for tokens
}

type usageQuestion struct {
	period     period.Period
	thresholds []int64
}

// reads says which parts of a line item are looked at.
func (q *questions) reads() cost.Reads {
	r := cost.ReadsOf(q.breakdowns)
	if q.usage != nil {
		r.Tokens = true
		r.Measures = append(r.Measures, cost.Metered)
	}
	return r
}

// read reads every file of the sources once.
func read(ctx context.Context, sources []Source, qs *questions) ([]*book, error) {
	books := make([]*book, len(sources))
	var failures []error
	for i := range sources {
		books[i] = open(ctx, &sources[i])
		if books[i].err != nil {
			failures = append(failures, books[i].err)
		}
	}
	if len(failures) == len(sources) {
		if len(sources) == 0 {
			return nil, errors.New("reading bills: there is no billing source")
		}
		return nil, fmt.Errorf("reading bills: %w", errors.Join(failures...))
	}
	for _, b := range books { // one after the other: they share their metrics sources and databases
		if b.source.Counters != nil {
			b.readCounters(ctx, qs)
		}
		if b.source.Postgres != nil && b.err == nil {
			b.readTable(ctx, qs)
		}
	}
	if err := readAll(ctx, books, qs); err != nil {
		return nil, fmt.Errorf("reading bills: %w", err)
	}
	for _, b := range books {
		b.settle()
		b.findFollowing()
	}
	noteCopies(ctx, books)
	return books, nil
}

// book is a source with what was read from its files.
type book struct {
	source *Source
	files  []*file  // by path
	err    error    // why there are none
	notes  []string // what is to be said of what was read
}

func open(ctx context.Context, s *Source) *book {
	b := &book{source: s}
	switch {
	case s.Counters != nil:
		return openCounters(s)
	case s.API != nil:
		return openAPI(s)
	case s.Postgres != nil:
		return openTable(s)
	case s.Format != "" && !Known(s.Format):
		b.err = &FormatError{Source: s.Name, Format: s.Format}
		return b
	}
	where, err := placeOf(s)
	if err != nil {
		b.err = err
		return b
	}
	objects, base, err := where.list(ctx)
	if err == nil && len(objects) == 0 {
		err = &NoFileError{Source: s.Name, Path: s.Path}
	}
	b.err = err
	pages := &pageBook{}
	for _, o := range objects {
		f := &file{source: s, place: where, object: o, path: o.path, parts: map[string]*part{}, pages: pages}
		f.locate(base)
		b.files = append(b.files, f)
	}
	b.order(ctx)
	return b
}

// readAll reads the files of all books, a few at a time.
func readAll(ctx context.Context, books []*book, qs *questions) error {
	queue := make(chan []*file)
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			for files := range queue {
				for _, f := range files {
					f.read(ctx, qs)
				}
			}
		})
	}
	for _, b := range books {
		if b.source.Counters != nil || b.source.Postgres != nil {
			continue
		}
		for _, files := range b.shifts() {
			queue <- files // a cancelled context makes the rest short
		}
	}
	close(queue)
	group.Wait()
	return ctx.Err()
}

// shifts are the files that are read one after another: each for itself, and
// those in JSON together, from the newest snapshot on, since what one of an API's
// pages says may be said again by another.
func (b *book) shifts() [][]*file {
	var out [][]*file
	var pages []*file
	for _, f := range b.files {
		if f.ignored != "" || f.err != nil {
			continue // known without reading it
		}
		if f.endpoint != nil || isJSON(strings.TrimSuffix(strings.ToLower(f.path), ".gz")) {
			pages = append(pages, f)
		} else {
			out = append(out, []*file{f})
		}
	}
	if pages != nil {
		slices.SortStableFunc(pages, func(a, b *file) int { return strings.Compare(b.order, a.order) })
		out = append(out, pages)
	}
	return out
}

// report makes the breakdown of one query out of the tallies of every file.
func report(books []*book, q cost.Query, index int) *cost.Report {
	total := cost.NewTally(q, nil)
	var pricing price.PricingTally
	entries, notes := ledger(books, q.Measure, func(p *part) {
		total.Merge(p.tallies[index])
		pricing.Merge(&p.pricings[index])
	})
	r := total.Report()
	if q.Measure == cost.Metered {
		p := pricing.Pricing()
		r.Pricing = &p
	}
	notes = append(notes, uncovered(books, q.Period)...)
	r.Ledger = append(r.Ledger, entries...)
	r.Notes = append(r.Notes, notes...)
	return r
}

// uncovered says what of a period no page of an API holds.
func uncovered(books []*book, p period.Period) []string {
	var out []string
	for _, b := range books {
		out = append(out, b.missing(p)...)
	}
	return out
}

// ledger calls merge with each part that counts, and returns what became of every
// file, with the amounts of a measure.
func ledger(books []*book, m cost.Measure, merge func(*part)) (entries []cost.LedgerEntry, notes []string) {
	for _, b := range books {
		if b.err != nil {
			entries = append(entries, b.failed())
			notes = append(notes, b.err.Error())
			continue
		}
		for _, n := range b.notes {
			notes = append(notes, fmt.Sprintf("source %s: %s", b.source.Name, n))
		}
		for _, f := range b.files {
			for _, p := range f.parts {
				if f.status(p) == cost.Used {
					merge(p)
				}
			}
			entries = append(entries, f.ledger(m)...)
			for _, n := range f.notes {
				if n = "source " + b.source.Name + ": " + n; !slices.Contains(notes, n) {
					notes = append(notes, n)
				}
			}
			if f.follows != "" && f.err == nil {
				notes = append(notes, f.path+": "+f.follows)
			}
		}
		notes = append(notes, b.doubts()...)
		if err := b.empty(); err != nil {
			entries = append(entries, cost.LedgerEntry{Source: b.source.Name, File: b.source.Path, Status: cost.Rejected, Reason: err.Error(), Amounts: []cost.Amount{}})
			notes = append(notes, err.Error())
		}
	}
	for _, e := range entries {
		if e.SkippedRows > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d broken rows are left out (%s)", e.File, e.SkippedRows, e.Reason))
		}
	}
	return entries, notes
}

// empty returns an error when a source has files but no bill, so that its total
// of nothing is not taken for a month without charges.
func (b *book) empty() error {
	for _, f := range b.files {
		if f.ignored == "" {
			return nil
		}
	}
	return fmt.Errorf("none of the %d files of source %s is a bill; the first one: %s", len(b.files), b.source.Name, b.files[0].ignored)
}

// failed is the ledger's line for a source without files. What this version does
// not read is ignored; what should have been there is rejected.
func (b *book) failed() cost.LedgerEntry {
	e := cost.LedgerEntry{Source: b.source.Name, File: b.source.Path, Status: cost.Rejected, Reason: b.err.Error(), Amounts: []cost.Amount{}}
	var format *FormatError
	if errors.As(b.err, &format) || b.source.Path == "" {
		e.Status = cost.Ignored
	}
	return e
}
