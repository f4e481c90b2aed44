package unit

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Rounding is the direction in which a value is cut.
type Rounding int

// The directions. HalfEven is the zero value.
const (
	HalfEven Rounding = iota
	HalfUp            // half away from zero, as invoices and credits round
	Down              // towards −∞
	Up                // towards +∞
)

// Quantize returns d with the given number of digits after the point, no more
// and no fewer.
func (d Decimal) Quantize(digits int, mode Rounding) Decimal {
	return QuantizeRat(d.Rat(), digits, mode)
}

// QuantizeRat is [Decimal.Quantize] for a fraction, which no decimal may stand
// for.
func QuantizeRat(r *big.Rat, digits int, mode Rounding) Decimal {
	floor := DecimalOfRat(r, digits, true)
	rest := new(big.Rat).Sub(r, floor.Rat()) // in [0, 1) of the last digit
	if rest.Sign() == 0 || mode == Down {
		return floor
	}
	ceiling := DecimalOfRat(r, digits, false)
	half := rest.Cmp(new(big.Rat).Sub(ceiling.Rat(), r))
	switch {
	case mode == Up, half > 0:
		return ceiling
	case half < 0:
		return floor
	case mode == HalfUp && r.Sign() > 0, mode == HalfEven && floor.odd():
		return ceiling
	}
	return floor
}

// odd reports whether the last digit that d has is odd.
func (d Decimal) odd() bool {
	s := d.String()
	return (s[len(s)-1]-'0')%2 == 1
}

// RatioOf returns a / b, and false when b is 0.
func RatioOf(a, b Decimal) (*big.Rat, bool) {
	if b.IsZero() {
		return nil, false
	}
	return new(big.Rat).Quo(a.Rat(), b.Rat()), true
}

// MinorUnits returns the digits after the point of a currency's smallest coin
// (ISO 4217), and 2 for a currency that it does not know.
func MinorUnits(currency string) int {
	switch strings.ToUpper(currency) {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// significant is how many digits a small amount of money keeps.
const significant = 3

// FormatMoney writes an amount with thousands grouped and the digits of the
// currency's minor unit, half even: "1,234.50 USD". An amount below one minor
// unit, which would read as nothing or as twice itself, keeps three significant
// digits: "0.00412 USD".
func FormatMoney(amount Decimal, currency string) string {
	digits := MinorUnits(currency)
	if text := strings.TrimPrefix(amount.Canonical(), "-"); !amount.IsZero() && strings.HasPrefix(text, "0.") {
		zeros := len(text) - 2 - len(strings.TrimLeft(text[2:], "0"))
		if zeros >= digits {
			digits = min(zeros+significant, len(text)-2)
		}
	}
	return strings.TrimSpace(group(amount.Quantize(digits, HalfEven)) + " " + currency)
}

// FormatCount writes a count with thousands grouped; a fraction, which only
// estimates have, is kept to two digits.
func FormatCount(n Decimal) string {
	text := group(n.Quantize(2, HalfEven))
	return strings.TrimSuffix(text, ".00")
}

// FormatPercent writes a percentage as [FormatNumber] does: "99.94 %".
func FormatPercent(percent Decimal, digits, worse int) string {
	return FormatNumber(percent, digits, worse) + " %"
}

// FormatNumber writes a number with thousands grouped and the given digits after
// the point. worse says on which side the reader is misled: −1 cuts down and +1
// cuts up, so that 99.9499 against a target of 99.95 never reads 99.95; 0 rounds
// half even.
func FormatNumber(n Decimal, digits, worse int) string {
	mode := HalfEven
	switch {
	case worse < 0:
		mode = Down
	case worse > 0:
		mode = Up
	}
	return group(n.Quantize(digits, mode))
}

// FormatDuration writes a time for people, in its two largest units: "2h 15m",
// "3d 4h", "45s", "250ms". A part of the smaller unit is cut off.
func FormatDuration(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}
	minus := ""
	if d < 0 {
		minus = "-"
	}
	rest := d.Abs()
	for i, u := range units {
		n := rest / u.size
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%s%d%s", minus, n, u.name)
		if i+1 < len(units) {
			if m := rest % u.size / units[i+1].size; m > 0 {
				text += fmt.Sprintf(" %d%s", m, units[i+1].name)
			}
		}
		return text
	}
	return "0s"
}

// FormatBytes writes a size in powers of 1024 with one digit: "1.5 MiB".
func FormatBytes(n int64) string {
	if n > -1024 && n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1023.95 || v <= -1023.95 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTPE"[i])
}

// group writes a decimal with a comma between thousands.
func group(d Decimal) string {
	text := d.String()
	minus := ""
	if text[0] == '-' {
		minus, text = "-", text[1:]
	}
	whole, fraction, found := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		whole += "." + fraction
	}
	return minus + whole
}
