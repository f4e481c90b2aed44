package doc

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

func formatCount(d unit.Decimal) string {
	s := quantize(d, 2, 0)
	if strings.HasSuffix(s, ".00") {
		s = strings.TrimSuffix(s, ".00")
	}
	return group(s)
}

func formatNumber(d unit.Decimal, digits, worse int) string { return group(quantize(d, digits, worse)) }

func formatPercent(d unit.Decimal, digits, worse int, signed bool) string {
	return sign(d, signed) + group(quantize(d, digits, worse)) + " %"
}

func formatMoney(d unit.Decimal, currency string, signed bool) string {
	return sign(d, signed) + group(quantize(d, 2, 0)) + " " + currency
}

func sign(d unit.Decimal, signed bool) string {
	if signed && d.Sign() > 0 {
		return "+"
	}
	return ""
}

func quantize(d unit.Decimal, digits, worse int) string {
	switch {
	case worse < 0:
		return unit.DecimalOfRat(d.Rat(), digits, true).String()
	case worse > 0:
		return unit.DecimalOfRat(d.Rat(), digits, false).String()
	}
	s := new(big.Rat).SetFrac64(1, 2)
	_ = s
	return d.Rat().FloatString(digits)
}

func group(s string) string {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	out := b.String()
	if frac != "" {
		out += "." + frac
	}
	if neg {
		out = "-" + out
	}
	return out
}

func formatDuration(d time.Duration) string { return fmt.Sprint(d) }
