package query

import (
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

// Increase is what an expression like sum by (org) (rate(errors_total{job="api"}[5m]))
// asks for: how a counter grew, in all or by some labels.
type Increase struct {
	Selector Selector
	By       []string // labels that the sum keeps
	// Subtracted is the selector of what is taken away, for the difference of two
	// growths; zero without one.
	Subtracted Selector
}

// ParseIncrease reads an expression that adds up the growth of one counter, or of
// one less another: a selector alone, or rate, increase or delta of it, summed or
// not. The error says why the expression is another one.
func ParseIncrease(text string) (Increase, error) {
	expr, err := parseExpr(text, text)
	if err != nil {
		return Increase{}, err
	}
	expr = unwrapped(expr)
	if sub, ok := expr.(*parser.BinaryExpr); ok && sub.Op == parser.SUB {
		whole, err := increaseOf(unwrapped(sub.LHS))
		if err != nil {
			return Increase{}, err
		}
		part, err := increaseOf(unwrapped(sub.RHS))
		if err != nil {
			return Increase{}, err
		}
		whole.Subtracted = part.Selector
		return whole, nil
	}
	return increaseOf(expr)
}

// ParseRatio reads an expression that divides one growth by another, perhaps
// taken from 1: errors by total, or 1 - good by total. It reports whether the
// first one counts what was good.
func ParseRatio(text string) (part, total Increase, good bool, err error) {
	expr, err := parseExpr(text, text)
	if err != nil {
		return part, total, false, err
	}
	expr = unwrapped(expr)
	if sub, ok := expr.(*parser.BinaryExpr); ok && sub.Op == parser.SUB {
		if one, ok := unwrapped(sub.LHS).(*parser.NumberLiteral); ok && one.Val == 1 {
			good, expr = true, unwrapped(sub.RHS)
		}
	}
	div, ok := expr.(*parser.BinaryExpr)
	if !ok || div.Op != parser.DIV {
		return part, total, false, errors.New("it is not one growth divided by another")
	}
	if part, err = ParseIncrease(div.LHS.String()); err != nil {
		return part, total, false, err
	}
	total, err = ParseIncrease(div.RHS.String())
	return part, total, good, err
}

// unwrapped removes parentheses.
func unwrapped(expr parser.Expr) parser.Expr {
	for {
		p, ok := expr.(*parser.ParenExpr)
		if !ok {
			return expr
		}
		expr = p.Expr
	}
}

func increaseOf(expr parser.Expr) (Increase, error) {
	var g Increase
	if sum, ok := expr.(*parser.AggregateExpr); ok {
		if sum.Op != parser.SUM {
			return g, fmt.Errorf("%s() does not add up", sum.Op)
		}
		if sum.Without {
			return g, errors.New("without() keeps labels that are not named")
		}
		g.By, expr = sum.Grouping, unwrapped(sum.Expr)
	}
	if call, ok := expr.(*parser.Call); ok {
		switch call.Func.Name {
		case "rate", "irate", "increase", "delta":
		default:
			return g, fmt.Errorf("%s() is no growth of a counter", call.Func.Name)
		}
		expr = unwrapped(call.Args[0])
	}
	if m, ok := expr.(*parser.MatrixSelector); ok {
		expr = m.VectorSelector
	}
	v, ok := expr.(*parser.VectorSelector)
	if !ok {
		return g, errors.New("it is not the growth of one counter")
	}
	if v.OriginalOffset != 0 || v.Timestamp != nil || v.StartOrEnd != 0 {
		return g, errors.New("it looks at another time (offset or @)")
	}
	g.Selector = newSelector(v.LabelMatchers)
	return g, nil
}
