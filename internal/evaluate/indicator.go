package evaluate

import (
	"fmt"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
)

// indicatorOf parses the selectors of a configured indicator. Which keys are set
// tells its kind.
func indicatorOf(in config.Indicator) (query.Indicator, error) {
	var out query.Indicator
	parse := func(text string, into *query.Selector) error {
		if text == "" {
			return nil
		}
		sel, err := query.ParseSelector(text)
		*into = sel
		return err
	}
	fields := []struct {
		text string
		into *query.Selector
	}{{in.Bad, &out.Bad}, {in.Good, &out.Good}, {in.Sum, &out.Sum}}
	total := in.Total
	switch {
	case in.PromQL != nil:
		out.Kind = query.Expression
		out.TotalExpr, out.BadExpr, out.GoodExpr = in.PromQL.Total, in.PromQL.Bad, in.PromQL.Good
		return out, nil
	case in.Histogram != "":
		out.Kind, total = query.Histogram, in.Histogram
	case in.Gauge != "":
		out.Kind, total = query.Gauge, in.Gauge
	case in.Up != "":
		out.Kind, total = query.Up, in.Up
		switch in.Combine {
		case "any":
			out.Combine = query.CombineAny
		case "all":
			out.Combine = query.CombineAll
		}
	case in.Sum != "":
		out.Kind, total = query.Rating, in.Count
	case in.Bad != "" || in.Good != "":
		out.Kind = query.Ratio
	default:
		out.Kind = query.Counter
	}
	if total == "" {
		return out, fmt.Errorf("the indicator has no selector for what it counts")
	}
	if err := parse(total, &out.Total); err != nil {
		return out, err
	}
	for _, f := range fields {
		if err := parse(f.text, f.into); err != nil {
			return out, err
		}
	}
	return out, nil
}
