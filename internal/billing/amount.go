package billing

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// money is an amount as spreadsheets write it: "$10,000.00 ", "-$1.50", "1,000".
// Commas must stand where thousands end, so that a decimal comma is not taken
// for one.
var money = regexp.MustCompile(`^(-?)[$€£¥]?(-?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)$`)

// parseAmount reads an amount. It reports false for a missing one: empty or
// NULL, which is not 0.
func parseAmount(s string) (amount unit.Decimal, present bool, err error) {
	if missing(s) {
		return unit.Decimal{}, false, nil
	}
	if amount, err = unit.ParseDecimal(s); err == nil {
		return amount, true, nil
	}
	m := money.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || m[1] != "" && m[2] != "" {
		if plain, perr := unit.ParseDecimal(strings.TrimSpace(s)); perr == nil {
			return plain, true, nil
		}
		return unit.Decimal{}, false, err
	}
	amount, err = unit.ParseDecimal(m[1] + m[2] + strings.ReplaceAll(m[3], ",", ""))
	return amount, err == nil, err
}

// missing reports whether a field has no value. The specification says NULL and
// does not say how CSV writes it, so exports do both.
func missing(s string) bool {
	if s != "" && s[0] > ' ' && s[0] != 'N' && s[0] != 'n' {
		return false // nearly all
	}
	s = strings.TrimSpace(s)
	return s == "" || s == "NULL" || s == "null"
}

// instantLayouts are the dates that exports write. An instant without a zone is
// in the zone of the source.
var instantLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 UTC",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
	"1/2/06", "1/2/2006", "1/2/06 15:04", "1/2/2006 15:04", "1/2/2006 15:04:05",
}

// parseInstant reads a date or an instant; the result is in the given zone. A
// slashed date is in US order.
func parseInstant(s string, zone *time.Location) (time.Time, error) {
	trimmed := strings.TrimSpace(s)
	for _, layout := range instantLayouts {
		in := zone
		if strings.HasSuffix(layout, "UTC") {
			in = time.UTC
		}
		if t, err := time.ParseInLocation(layout, trimmed, in); err == nil {
			return t.In(zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date; write 2026-10-07T00:00:00Z", s)
}
