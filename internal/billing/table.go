package billing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// table is the head of a tabular export, with what all formats share: finding
// columns, and reading amounts, instants and tags. A table is not safe for
// concurrent use; each worker has its own.
type table struct {
	source *Source
	want   cost.Reads
	header []string
	used   []bool // the columns that were looked for, so that no other is read
	dates  map[string]time.Time
}

func newTable(source *Source, header []string, want cost.Reads) *table {
	return &table{source: source, want: want, header: header, used: make([]bool, len(header)), dates: map[string]time.Time{}}
}

// row is one record of a table.
type row struct {
	texts []string // the fields, in the order of the header
	// typed holds what a file with types gives for each field, so that nothing is
	// written as text to be read again; nil for text files.
	typed []typed
}

// typed is a value that a file holds in binary form.
type typed struct {
	kind    kind
	amount  unit.Decimal
	instant time.Time
}

// text writes the value of a column of numbers or instants whose text is asked.
func (t *typed) text() string {
	switch t.kind {
	case isAmount:
		return t.amount.String()
	case isInstant:
		return t.instant.Format(time.RFC3339Nano)
	}
	return ""
}

// kind says what a typed value is.
type kind int8

const (
	asText    kind = iota // the text says it
	isNull                // there is no value
	isAmount              // amount
	isInstant             // instant
)

// columnIn finds a column of a header by the names that versions gave it, the
// preferred one first, whatever their case; −1 without.
func columnIn(header []string, names ...string) int {
	for _, name := range names {
		if i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) }); i >= 0 {
			return i
		}
	}
	return -1
}

func (t *table) column(names ...string) int {
	i := columnIn(t.header, names...)
	if i >= 0 {
		t.used[i] = true
	}
	return i
}

// tagColumns are the columns whose name begins with a prefix and goes on with
// the key of a tag.
func (t *table) tagColumns(prefixes ...string) []tagColumn {
	var out []tagColumn
	for i, h := range t.header {
		for _, prefix := range prefixes {
			if key, ok := strings.CutPrefix(strings.TrimSpace(h), prefix); ok {
				out = append(out, tagColumn{i, key})
				t.used[i] = t.used[i] || t.want.Tags
				break
			}
		}
	}
	return out
}

// tagColumn is a column that holds the values of one tag.
type tagColumn struct {
	at  int
	key string
}

// required is column for one that must be there.
func (t *table) required(names ...string) (int, error) {
	if i := t.column(names...); i >= 0 {
		return i, nil
	}
	return -1, missingColumn(names[0])
}

func missingColumn(name string) error { return fmt.Errorf("the column %s is missing", name) }

// monthOf names the billing period that a column holds, "" where it is broken.
func (t *table) monthOf(r *row, i int) string {
	if i < 0 || i >= len(r.texts) {
		return ""
	}
	at, err := t.instant(r, i)
	if err != nil {
		return ""
	}
	return cost.BillingPeriodName(at)
}

// name is how the file calls a column.
func (t *table) name(i int) string { return strings.TrimSpace(t.header[i]) }

// text returns a field, "" when it is missing.
func (r *row) text(i int) string {
	if i < 0 || i >= len(r.texts) {
		return ""
	}
	if r.typed != nil && r.typed[i].kind != asText {
		return r.typed[i].text()
	}
	s := r.texts[i]
	if missing(s) {
		return ""
	}
	return s
}

// amount reads an amount into a place of the reader, and returns that place, or
// nil for a missing one.
func (t *table) amount(r *row, i int, into *unit.Decimal) (*unit.Decimal, error) {
	if i < 0 {
		return nil, nil
	}
	if r.typed != nil {
		switch v := &r.typed[i]; v.kind {
		case isNull:
			return nil, nil
		case isAmount:
			*into = v.amount
			return into, nil
		}
	}
	amount, present, err := parseAmount(r.texts[i])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name(i), err)
	}
	if !present {
		return nil, nil
	}
	*into = amount
	return into, nil
}

// maxDates bounds the memory of instants: a bill repeats a few thousand.
const maxDates = 1 << 14

// instant reads a date or an instant that must be there.
func (t *table) instant(r *row, i int) (time.Time, error) {
	if r.typed != nil && r.typed[i].kind == isInstant {
		return r.typed[i].instant.In(t.source.zone()), nil
	}
	s := r.text(i)
	if at, ok := t.dates[s]; ok {
		return at, nil
	}
	if missing(s) {
		return time.Time{}, fmt.Errorf("%s is empty", t.name(i))
	}
	at, err := parseInstant(s, t.source.zone())
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", t.name(i), err)
	}
	t.remember(s, at)
	return at, nil
}

func (t *table) remember(text string, at time.Time) {
	if len(t.dates) < maxDates {
		t.dates[strings.Clone(text)] = at
	}
}

// tags reads a JSON object of scalars.
func (t *table) tags(r *row, i int) (map[string]string, error) {
	text := r.text(i)
	if text == "" || !t.want.Tags {
		return nil, nil
	}
	var raw map[string]any
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&raw); err != nil {
		return nil, fmt.Errorf("%s %.60q is not a JSON object", t.name(i), text)
	}
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		if v != nil {
			out[k] = fmt.Sprint(v)
		}
	}
	return out, nil
}

// currency reads a currency code, or takes that of the source.
func (t *table) currency(r *row, i int) (string, error) {
	if s := r.text(i); s != "" {
		return upper(s), nil
	}
	if t.source.Currency != "" {
		return t.source.Currency, nil
	}
	if i < 0 {
		return "", fmt.Errorf("there is no currency; set currency: on the source")
	}
	return "", fmt.Errorf("%s is empty; set currency: on the source", t.name(i))
}

// upper is strings.ToUpper without a copy of what is in capitals already.
func upper(s string) string {
	for i := range len(s) {
		if c := s[i]; c < 'A' || c > 'Z' {
			return strings.ToUpper(s)
		}
	}
	return s
}

// textColumn fills one text of a line item from one column.
type textColumn struct {
	at   int
	into func(*cost.LineItem) *string
}

// textColumns binds texts to the columns that there are; one whose names are all
// absent is left out.
func (t *table) textColumns(list []namedText) []textColumn {
	var out []textColumn
	for _, n := range list {
		if !t.asks(n.key) {
			continue
		}
		if i := t.column(strings.Split(n.names, "|")...); i >= 0 {
			out = append(out, textColumn{i, n.into})
		}
	}
	return out
}

// asks reports whether a query looks at the key of a text. A text without a key
// is part of what other keys are made of.
func (t *table) asks(key string) bool { return key == "" || slices.Contains(t.want.Keys, key) }

// namedText is a text of a line item, with the key by which queries ask for it and
// the names of its column, separated by bars, the preferred one first.
type namedText struct {
	key, names string
	into       func(*cost.LineItem) *string
}

// fill sets the texts of an empty item; of several columns for one text the last
// one with a value counts.
func fill(item *cost.LineItem, r *row, columns []textColumn) {
	for _, c := range columns {
		if s := r.text(c.at); s != "" {
			*c.into(item) = s
		}
	}
}

// single is the measure of a format with one cost column: billed, unless the
// source says another.
func (t *table) single() func(*cost.LineItem) **unit.Decimal {
	return amountOf(cost.Measure(t.source.Measure))
}

// monthStart is the start of the month of an instant, for formats whose billing
// periods are calendar months that no column names.
func monthStart(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, at.Location())
}

// amountOf returns the place of a measure's amount in an item.
func amountOf(m cost.Measure) func(*cost.LineItem) **unit.Decimal {
	switch m {
	case cost.Effective:
		return func(i *cost.LineItem) **unit.Decimal { return &i.EffectiveCost }
	case cost.List:
		return func(i *cost.LineItem) **unit.Decimal { return &i.ListCost }
	case cost.Contracted:
		return func(i *cost.LineItem) **unit.Decimal { return &i.ContractedCost }
	case cost.Metered:
		return func(i *cost.LineItem) **unit.Decimal { return &i.MeteredCost }
	}
	return func(i *cost.LineItem) **unit.Decimal { return &i.BilledCost }
}
