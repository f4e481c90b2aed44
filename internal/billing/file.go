package billing

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// file is one file of a source, and, once read, what it holds.
type file struct {
	source   *Source
	place    place
	object   stored
	path     string
	snapshot string // the dated path component, "" without one
	order    string // what snapshots are ordered by: the date alone
	named    string // the billing period that the path names, "" without one

	measures        []cost.Measure   // that the queries ask for
	format, version string           // as recognised
	parts           map[string]*part // by billing period
	rows            int64
	ignored         string // why the file is no bill
	err             error  // why the file is rejected
	skipped         string // the first broken row that was skipped
	notes           []string
	pages           *pageBook     // shared by the files of a source that are read one after another
	buckets         []period.Span // of an API's pages
	marks           pageMarks
	endpoint        *endpoint // of an API that the file stands for, nil for a real one
	superseded      int       // buckets that a newer snapshot holds
	repeated        int       // buckets that another file repeats
	repeats         *file     // one such file
	follows         string
}

// part is what a file holds of one billing period.
type part struct {
	rows, skipped int64
	tallies       []*cost.Tally        // one per query
	pricings      []price.PricingTally // one per query
	usage         *cost.UsageTally     // nil unless asked
	amounts       []currencyAmounts
	status        string // "" until settled
	reason        string
}

// currencyAmounts are the sums of one currency, in the order of the measures
// that are read. A file has one currency, hardly ever more.
type currencyAmounts struct {
	currency string
	sums     []unit.Sum
}

func newPart(qs *questions, source *Source) *part {
	p := &part{pricings: make([]price.PricingTally, len(qs.breakdowns))}
	for i, q := range qs.breakdowns {
		p.tallies = append(p.tallies, cost.NewTally(q, source.zone()))
		if i > 0 {
			p.tallies[i].Follow(p.tallies[i-1])
		}
	}
	if u := qs.usage; u != nil {
		p.usage = cost.NewUsageTally(u.period, source.zone(), u.thresholds)
	}
	return p
}

// add counts so many rows, of which the item has the sums.
func (p *part) add(item *cost.LineItem, rows int64, measures []cost.Measure, m *metering) {
	p.rows += rows
	for i, t := range p.tallies {
		if t.AddRows(item, rows) && item.Tokens != nil {
			p.pricings[i].Add(usageOf(item), m.quote)
		}
	}
	if p.usage != nil {
		p.usage.Add(item)
	}
	sums := p.sums(item.BillingCurrency, len(measures))
	for i, m := range measures {
		if amount := item.Amount(m); amount != nil {
			sums[i].Add(*amount)
		}
	}
}

// sums returns the sums of a currency, by measure.
func (p *part) sums(currency string, measures int) []unit.Sum {
	for i := range p.amounts {
		if p.amounts[i].currency == currency {
			return p.amounts[i].sums
		}
	}
	sums := make([]unit.Sum, measures)
	p.amounts = append(p.amounts, currencyAmounts{strings.Clone(currency), sums})
	return sums
}

// merge takes over what another worker counted of the same file and period.
func (p *part) merge(q *part) {
	p.rows += q.rows
	p.skipped += q.skipped
	for i, t := range q.tallies {
		p.tallies[i].Merge(t)
		p.pricings[i].Merge(&q.pricings[i])
	}
	if p.usage != nil {
		p.usage.Merge(q.usage)
	}
	for _, a := range q.amounts {
		mine := p.sums(a.currency, len(a.sums))
		for i := range a.sums {
			mine[i].AddSum(&a.sums[i])
		}
	}
}

// read reads the whole file. What goes wrong is kept in the file.
func (f *file) read(ctx context.Context, qs *questions) {
	f.measures = qs.reads().Measures
	if err := ctx.Err(); err != nil {
		f.err = err
		return
	}
	if f.endpoint != nil {
		f.end(f.fetch(ctx, qs))
		return
	}
	name := strings.TrimSuffix(strings.ToLower(f.path), ".gz")
	switch {
	case strings.HasSuffix(name, ".parquet") || strings.HasSuffix(name, ".snappy"):
		f.end(f.openParquet(ctx, qs))
		return
	case !strings.HasSuffix(name, ".csv") && !isJSON(name):
		f.ignored = "not a .csv, .json, .jsonl or .parquet file, packed with gzip or not"
		return
	}
	in, err := f.place.stream(ctx, f.object)
	if err != nil {
		f.err = err
		return
	}
	defer in.Close()
	text, err := plain(in)
	switch {
	case err != nil:
	case isJSON(name):
		f.marks, err = f.readJSON(ctx, text, qs)
	default:
		err = f.readTable(ctx, text, qs)
	}
	f.end(err)
}

// isJSON reports whether a name, without .gz, is that of a file in JSON.
func isJSON(name string) bool {
	for _, suffix := range []string{".json", ".jsonl", ".ndjson"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// end keeps why reading ended.
func (f *file) end(err error) {
	if none, ok := errors.AsType[*noBillError](err); ok {
		f.ignored = none.why
		return
	}
	f.err = explain(err)
}

func (f *file) openParquet(ctx context.Context, qs *questions) error {
	in, err := f.place.random(ctx, f.object)
	if err != nil {
		return err
	}
	defer in.Close()
	return f.readParquet(ctx, in, in.size(), qs)
}

// plain returns the text of a file: unpacked when it is gzip, whatever its name,
// and without a byte order mark.
func plain(in io.Reader) (io.Reader, error) {
	r := bufio.NewReaderSize(in, 256<<10)
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = bufio.NewReaderSize(z, 256<<10)
	}
	head, err := r.Peek(4096)
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(head) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return nil, errors.New("the text is UTF-16; export it as UTF-8")
	case bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]):
		return nil, errors.New("this is not text but a binary file; export CSV")
	case bytes.HasPrefix(head, []byte("\ufeff")):
		_, err = r.Discard(len("\ufeff"))
		return r, err
	}
	return r, nil
}

// explain says in a reader's words why a stream broke off.
func explain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the gzip stream ends early: the file is truncated; fetch it again")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("the file is damaged (%w); fetch it again", err)
	}
	return err
}

// status of a part is that of its file, unless another snapshot decides.
func (f *file) status(p *part) string {
	switch {
	case f.err != nil:
		return cost.Rejected
	case p.status != "":
		return p.status
	}
	return cost.Used
}

// ledger returns the lines of a file: one for each billing period, or one when
// it has none.
func (f *file) ledger(m cost.Measure) []cost.LedgerEntry {
	if m == "" {
		m = cost.Billed
	}
	entry := cost.LedgerEntry{Source: f.source.Name, File: f.path, Snapshot: f.snapshot, Status: cost.Used, Format: f.format, Version: f.version, Rows: f.rows, Amounts: []cost.Amount{}}
	switch {
	case f.err != nil:
		entry.Status, entry.Reason = cost.Rejected, f.err.Error()
		entry.BillingPeriod = f.named
		return []cost.LedgerEntry{entry}
	case f.ignored != "":
		entry.Status, entry.Reason = cost.Ignored, f.ignored
		return []cost.LedgerEntry{entry}
	case len(f.parts) == 0:
		if entry.Reason = f.repeatNote(); entry.Reason == "" {
			entry.Reason = "the file has no rows"
		} else if f.superseded+f.repeated > 0 {
			entry.Status = cost.Superseded
		}
		return []cost.LedgerEntry{entry}
	}
	var out []cost.LedgerEntry
	for _, name := range slices.Sorted(maps.Keys(f.parts)) {
		p := f.parts[name]
		e := entry
		e.BillingPeriod, e.Status, e.Reason, e.Rows, e.SkippedRows = name, f.status(p), p.reason, p.rows, p.skipped
		if p.skipped > 0 && e.Reason == "" {
			e.Reason = f.skipped
		}
		if e.Reason == "" {
			e.Reason = f.repeatNote()
		}
		for _, a := range p.amounts {
			if i := slices.Index(f.measures, m); i >= 0 {
				e.Amounts = append(e.Amounts, cost.Amount{Currency: a.currency, Amount: a.sums[i].Total()})
			}
		}
		slices.SortFunc(e.Amounts, func(a, b cost.Amount) int { return strings.Compare(a.Currency, b.Currency) })
		out = append(out, e)
	}
	return out
}
