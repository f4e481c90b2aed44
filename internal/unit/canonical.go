package unit

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// longestCanonical bounds what [ParseCanonical] reads: the smallest float64 has
// 1074 digits after the point, and sums have some more before it.
const longestCanonical = 2048

// ParseCanonical reads what [Decimal.Canonical] writes, of any length that sums of
// samples have: [ParseDecimal], which is for files of people, refuses numbers
// that no bill has.
func ParseCanonical(s string) (Decimal, error) {
	if d, err := ParseDecimal(s); err == nil {
		return d, nil
	}
	digits := strings.TrimPrefix(s, "-")
	if len(s) > longestCanonical || digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return Decimal{}, fmt.Errorf("%q is not a number", s[:min(len(s), 40)])
	}
	d, _, err := apd.NewFromString(s)
	if err != nil {
		return Decimal{}, fmt.Errorf("%q is not a number", s[:min(len(s), 40)])
	}
	return narrowed(d), nil
}
