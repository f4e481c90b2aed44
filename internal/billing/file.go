package billing

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// file is one file of a source, and, once read, what it holds.
type file struct {
	source   *Source
	path     string
	snapshot string // the dated path component, "" without one
	order    string // what snapshots are ordered by: the date alone
	named    string // the billing period that the path names, "" without one

	format, version string           // as recognised
	parts           map[string]*part // by billing period
	rows            int64
	ignored         string // why the file is no bill
	err             error  // why the file is rejected
	skipped         string // the first broken row that was skipped
}

// part is what a file holds of one billing period.
type part struct {
	rows, skipped int64
	tallies       []*cost.Tally // one per query
	amounts       map[amountKey]*unit.Sum
	status        string // "" until settled
	reason        string
}

type amountKey struct {
	measure  cost.Measure
	currency string
}

func newPart(qs []cost.Query, source *Source) *part {
	p := &part{amounts: map[amountKey]*unit.Sum{}}
	for _, q := range qs {
		p.tallies = append(p.tallies, cost.NewTally(q, source.zone()))
	}
	return p
}

func (p *part) add(item *cost.LineItem, measures []cost.Measure) {
	p.rows++
	for _, t := range p.tallies {
		t.Add(item)
	}
	for _, m := range measures {
		k := amountKey{m, item.BillingCurrency}
		sum, ok := p.amounts[k]
		if !ok {
			sum = &unit.Sum{}
			k.currency = strings.Clone(k.currency)
			p.amounts[k] = sum
		}
		if amount := item.Amount(m); amount != nil {
			sum.Add(*amount)
		}
	}
}

// merge takes over what another worker counted of the same file and period.
func (p *part) merge(q *part) {
	p.rows += q.rows
	p.skipped += q.skipped
	for i, t := range q.tallies {
		p.tallies[i].Merge(t)
	}
	for k, sum := range q.amounts {
		if mine, ok := p.amounts[k]; ok {
			mine.AddSum(sum)
		} else {
			p.amounts[k] = sum
		}
	}
}

// read reads the whole file. What goes wrong is kept in the file.
func (f *file) read(ctx context.Context, qs []cost.Query) {
	if err := ctx.Err(); err != nil {
		f.err = err
		return
	}
	switch name := strings.TrimSuffix(strings.ToLower(f.path), ".gz"); {
	case strings.HasSuffix(name, ".parquet"):
		f.err = errors.New("Parquet is read in a later version; export CSV") //nolint:staticcheck // a format's name
		return
	case !strings.HasSuffix(name, ".csv"):
		f.ignored = "not a .csv or .csv.gz file"
		return
	}
	in, err := os.Open(f.path)
	if err != nil {
		f.err = err
		return
	}
	defer in.Close()
	text, err := plain(in)
	if err == nil {
		err = f.readTable(ctx, text, qs)
	}
	if none, ok := errors.AsType[*noBillError](err); ok {
		f.ignored = none.why
		return
	}
	f.err = explain(err)
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
		entry.Reason = "the file has no rows"
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
		for k, sum := range p.amounts {
			if k.measure == m {
				e.Amounts = append(e.Amounts, cost.Amount{Currency: k.currency, Amount: sum.Total()})
			}
		}
		slices.SortFunc(e.Amounts, func(a, b cost.Amount) int { return strings.Compare(a.Currency, b.Currency) })
		out = append(out, e)
	}
	return out
}
