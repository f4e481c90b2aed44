package convert

import (
	"strconv"
	"strings"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// withWindow replaces what a tool writes for the length of a window.
func withWindow(expr, by string) string {
	for _, placeholder := range []string{"{{.window}}", "{{ .window }}", "{{.Window}}", "{{ .Window }}", "$__rate_interval", "$__interval"} {
		expr = strings.ReplaceAll(expr, placeholder, by)
	}
	return expr
}

// selection is what two queries select, with the labels by which they were
// grouped.
type selection struct {
	indicator entry
	by        []string
}

// ratio makes an indicator of two queries: all events, and those that were bad
// or good. Queries that add up the growth of counters become their selectors, so
// that raw samples can be counted; others stay free expressions.
func (c *converter) ratio(total, part *yamlpos.Node, kind string) (selection, bool) {
	if total == nil || part == nil || text(total) == "" || text(part) == "" {
		return selection{}, false
	}
	all, errTotal := query.ParseIncrease(withWindow(total.Text, "5m"))
	some, errPart := query.ParseIncrease(withWindow(part.Text, "5m"))
	if errTotal == nil && errPart == nil && all.Subtracted.IsZero() {
		if some.Subtracted.IsZero() {
			return selection{newEntry().set("total", all.Selector.String()).set(kind, some.Selector.String()), all.By}, true
		}
		if kind == "bad" && some.Selector.String() == all.Selector.String() { // all less good
			return selection{newEntry().set("total", all.Selector.String()).set("good", some.Subtracted.String()), all.By}, true
		}
	}
	why := errTotal
	if why == nil {
		why = errPart
	}
	if why != nil {
		c.note(part, "write `total` and `"+kind+"` as selectors, so that raw samples can be counted", "the queries stay free expressions, which range queries answer: %v", why)
	}
	free := newEntry().set("total", windowed(total.Text)).set(kind, windowed(part.Text))
	for _, n := range []*yamlpos.Node{total, part} {
		if err := query.ParseExpr(windowed(n.Text)); err != nil {
			c.note(n, "", "the query is not understood: %v", err)
			return selection{}, false
		}
	}
	return selection{indicator: newEntry().put("promql", free.node)}, true
}

// windowed writes a query for slactl's own windows.
func windowed(expr string) string { return withWindow(expr, query.WindowVariable) }

// errorRatio makes an indicator of one query that is a ratio already.
func (c *converter) errorRatio(n *yamlpos.Node) (selection, bool) {
	part, total, good, err := query.ParseRatio(withWindow(n.Text, "5m"))
	if err != nil || !part.Subtracted.IsZero() || !total.Subtracted.IsZero() {
		c.note(n, "write it as two queries, of all events and of bad ones: a ratio alone cannot be added up over windows", "the ratio is not carried")
		return selection{}, false
	}
	kind := "bad"
	if good {
		kind = "good"
	}
	return selection{newEntry().set("total", total.Selector.String()).set(kind, part.Selector.String()), total.By}, true
}

// latency makes an indicator of the buckets within a bound and the count of a
// classic histogram: x_bucket{le="0.5"} and x_count.
func (c *converter) latency(success, total *yamlpos.Node) (selection, bool) {
	if success == nil || total == nil {
		return selection{}, false
	}
	within, err := query.ParseIncrease(withWindow(success.Text, "5m"))
	if err != nil {
		return selection{}, false
	}
	base, bucket := strings.CutSuffix(within.Selector.Name(), "_bucket")
	bound := ""
	for _, m := range within.Selector.Matchers {
		if m.Name == "le" {
			bound = m.Value
		}
	}
	if !bucket || bound == "" {
		return selection{}, false
	}
	length, ok := duration(base, bound)
	if !ok {
		c.note(success, "", "the bound le=%q of %s is no length of time that is told by the name", bound, base)
		return selection{}, false
	}
	all, err := query.ParseIncrease(withWindow(total.Text, "5m"))
	if err != nil || all.Selector.Name() != base+"_count" {
		return selection{}, false
	}
	return selection{newEntry().set("histogram", all.Selector.WithName(base).String()).set("within", length), all.By}, true
}

// duration writes the bound of a bucket with its unit, which the name of the
// histogram tells; seconds without.
func duration(base, bound string) (string, bool) {
	d, err := unit.ParseDecimal(bound)
	if err != nil || d.Sign() <= 0 {
		return "", false
	}
	scale := int64(1000)
	if strings.HasSuffix(base, "_milliseconds") || strings.HasSuffix(base, "_ms") {
		scale = 1
	}
	ms, whole := d.Mul(unit.DecimalOfInt(scale)).Quantize(0, unit.Down).Int64()
	if !whole || d.Mul(unit.DecimalOfInt(scale)).Cmp(unit.DecimalOfInt(ms)) != 0 || ms == 0 {
		return "", false
	}
	if ms%1000 == 0 {
		return strconv.FormatInt(ms/1000, 10) + "s", true
	}
	return strconv.FormatInt(ms, 10) + "ms", true
}
