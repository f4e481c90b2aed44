package unit

// FormatNumber writes a number with thousands grouped and the given digits after
// the point, cut as [FormatPercent] cuts.
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
