package cost

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Rates are dated exchange rates. One unit of a currency is worth the rate in
// another one from the rate's date, in UTC, until the next rate of that pair.
// There are no inverse and no cross rates: only what the table says.
type Rates struct{ pairs map[pair][]rate }

type pair struct{ from, to string }

type rate struct {
	since time.Time
	value unit.Decimal
}

// ParseRates reads a table with the columns date, from, to and rate. The name is
// that of the file, for errors.
func ParseRates(name string, text []byte) (*Rates, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.TrimLeadingSpace = true
	in.FieldsPerRecord = 4
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; write date,from,to,rate", name, err)
	}
	if len(rows) == 0 || strings.ToLower(strings.Join(rows[0], ",")) != "date,from,to,rate" {
		return nil, fmt.Errorf("reading %s: the first line is not date,from,to,rate", name)
	}
	r := &Rates{pairs: map[pair][]rate{}}
	for i, row := range rows[1:] {
		if err := r.add(row); err != nil {
			return nil, fmt.Errorf("reading %s: row %d: %w", name, i+1, err)
		}
	}
	for p, list := range r.pairs {
		slices.SortFunc(list, func(a, b rate) int { return a.since.Compare(b.since) })
		for i := 1; i < len(list); i++ {
			if list[i].since.Equal(list[i-1].since) {
				return nil, fmt.Errorf("reading %s: two rates from %s to %s on %s; keep one", name, p.from, p.to, list[i].since.Format(time.DateOnly))
			}
		}
	}
	return r, nil
}

func (r *Rates) add(row []string) error {
	since, err := time.Parse(time.DateOnly, row[0])
	if err != nil {
		return fmt.Errorf("%q is not a date; write 2026-10-07", row[0])
	}
	value, err := unit.ParseDecimal(row[3])
	if err != nil {
		return err
	}
	if value.Sign() <= 0 {
		return fmt.Errorf("the rate %s is not positive", value)
	}
	p := pair{strings.ToUpper(row[1]), strings.ToUpper(row[2])}
	if p.from == "" || p.to == "" || p.from == p.to {
		return fmt.Errorf("a rate needs two currencies, not %q and %q", row[1], row[2])
	}
	r.pairs[p] = append(r.pairs[p], rate{since, value})
	return nil
}

// At returns the rate that holds at an instant, and false before the first one
// or for a pair without any. The rate between a currency and itself is 1.
func (r *Rates) At(from, to string, at time.Time) (unit.Decimal, bool) {
	if from == to {
		return unit.DecimalOfInt(1), true
	}
	if r == nil {
		return unit.Decimal{}, false
	}
	list := r.pairs[pair{from, to}]
	i, found := slices.BinarySearchFunc(list, at, func(x rate, at time.Time) int { return x.since.Compare(at) })
	if found {
		i++
	}
	if i == 0 {
		return unit.Decimal{}, false
	}
	return list[i-1].value, true
}
