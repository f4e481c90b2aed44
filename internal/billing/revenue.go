package billing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// ReadRevenue reads a table of date,organization,amount,currency and returns the
// amounts of the days in a period, which begin in its zone. Errors name the file
// as it is shown, and the row.
func ReadRevenue(path, shown string, p period.Period) ([]cost.OwnedAmount, error) {
	text, err := os.ReadFile(path)
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		err = wrong.Err // the path is in the name
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; cost.revenue.csv names this file", shown, err)
	}
	return ParseRevenue(shown, text, p)
}

// ParseRevenue is [ReadRevenue] of a text.
func ParseRevenue(name string, text []byte, p period.Period) ([]cost.OwnedAmount, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.TrimLeadingSpace = true
	in.FieldsPerRecord = 4
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; write date,organization,amount,currency", name, err)
	}
	if len(rows) == 0 || strings.ToLower(strings.Join(rows[0], ",")) != "date,organization,amount,currency" {
		return nil, fmt.Errorf("reading %s: the first line is not date,organization,amount,currency", name)
	}
	var out []cost.OwnedAmount
	for i, row := range rows[1:] {
		at, err := time.ParseInLocation(time.DateOnly, row[0], p.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading %s: row %d: %q is not a date; write 2026-10-31", name, i+1, row[0])
		}
		amount, err := unit.ParseDecimal(strings.TrimSpace(row[2]))
		if err != nil {
			return nil, fmt.Errorf("reading %s: row %d: %q is not an amount", name, i+1, row[2])
		}
		if row[1] == "" || row[3] == "" {
			return nil, fmt.Errorf("reading %s: row %d: organization or currency is empty", name, i+1)
		}
		if !at.Before(p.Start) && at.Before(p.End) {
			out = append(out, cost.OwnedAmount{Owner: row[1], Currency: strings.ToUpper(strings.TrimSpace(row[3])), Amount: &amount})
		}
	}
	return out, nil
}
