package period

import (
	"fmt"
	"math"
	"strings"
	"time"
)

type durationUnit struct {
	name string
	size time.Duration
}

// durationUnits are Prometheus's units from the longest to the shortest. They
// are fixed lengths: a duration of 1d is 24 hours, also where a day of the
// calendar is not.
var durationUnits = [...]durationUnit{
	{"y", 365 * 24 * time.Hour}, {"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour},
	{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond},
}

// ParseDuration reads a duration as Prometheus writes it: whole numbers with
// the units y, w, d, h, m, s and ms, from the longest to the shortest, such as
// 30s, 7d or 1h30m. A bare 0 is a duration; signs and fractions are not.
func ParseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	bad := fmt.Errorf("%q is not a duration; write whole numbers with units, longest first, such as 30s, 5m, 1h30m or 7d", s)
	var total time.Duration
	units := durationUnits[:]
	for rest := s; rest != "" || s == ""; {
		afterDigits := strings.TrimLeft(rest, "0123456789")
		afterUnit := strings.TrimLeft(afterDigits, "ywdhms")
		digits, name := rest[:len(rest)-len(afterDigits)], afterDigits[:len(afterDigits)-len(afterUnit)]
		for len(units) > 0 && units[0].name != name {
			units = units[1:]
		}
		if digits == "" || len(units) == 0 {
			return 0, bad
		}
		size := units[0].size
		var n time.Duration
		for _, c := range digits {
			if n = n*10 + time.Duration(c-'0'); n > math.MaxInt64/size {
				return 0, fmt.Errorf("%q is too long a duration; the longest is 292y", s)
			}
		}
		if total += n * size; total < 0 {
			return 0, fmt.Errorf("%q is too long a duration; the longest is 292y", s)
		}
		units, rest = units[1:], afterUnit
	}
	return total, nil
}

// FormatDuration writes d so that [ParseDuration] reads it back, in days and
// shorter units, because 90d is clearer than 12w6d: 0s, 30s, 1h30m, 7d. What is
// below a millisecond is cut off; a negative duration gets a minus sign.
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	rest := d.Abs()
	for _, u := range durationUnits[2:] {
		if n := rest / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			rest -= n * u.size
		}
	}
	switch {
	case b.Len() == 0:
		return "0s"
	case d < 0:
		return "-" + b.String()
	}
	return b.String()
}
