package lint

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/yamlpos"
)

// ratio is an example that is measured by two selectors, and ratioOf one that is
// measured by two expressions.
func ratio(total, bad string) string {
	return source + "sla_definitions: {availability: {target: 99.9, indicator: {total: '" + total + "', bad: '" + bad + "'}}}"
}

func ratioOf(total, bad string) string {
	return source + "sla_definitions: {availability: {target: 99.9, indicator: {promql: {total: '" + total + "', bad: '" + bad + "'}}}}"
}

// selectorRules are about the texts that select series.
func selectorRules() []Rule {
	return []Rule{
		{
			Name: "promql", Severity: yamlpos.Error, Run: promQL,
			Summary: "A selector or an expression is not PromQL.",
			Why:     "Prometheus's own parser refuses it, and so would the server.",
			Remedy:  "Correct it where the caret points.",
			Bad:     ratio(`requests_total{job=api}`, `errors_total{job="api"}`),
			Good:    ratio(`requests_total{job="api"}`, `errors_total{job="api"}`),
		},
		{
			Name: "not-a-selector", Severity: yamlpos.Error, Run: notASelector,
			Summary: "An expression stands where a selector is expected.",
			Why:     "slactl takes the increase of counters itself, exactly and over its own windows; a rate, a range or an offset would change which samples are read.",
			Remedy:  "Write the metric with its labels alone, or use promql: for a free expression; `--fix` takes rate() and increase() off.",
			Bad:     ratio(`requests_total`, `rate(errors_total[5m])`),
			Good:    ratio(`requests_total`, `errors_total`),
		},
		{
			Name: "same-selector", Severity: yamlpos.Warning, Run: sameSelector,
			Summary: "The selectors of bad (or good) and total are the same.",
			Why:     "Every event is then bad (or good), always.",
			Remedy:  "Add the label that tells them apart.",
			Bad:     ratio(`requests_total{a="1",b="2"}`, `requests_total{b="2", a="1"}`),
			Good:    ratio(`requests_total{a="1"}`, `requests_total{a="1",code="500"}`),
		},
		{
			Name: "asymmetric", Severity: yamlpos.Warning, Run: asymmetric,
			Summary: "The selectors of bad (or good) and total, or of sum and count, do not count the same events.",
			Why:     "A failure that is not among all requests makes the ratio wrong, and can lift it above 100 %: a matcher of the one is missing in the other, or contradicts it.",
			Remedy:  "Give both the same matchers, and bad (or good) those that tell its events apart.",
			Bad:     ratio(`requests_total{job="api"}`, `requests_total{code=~"5.."}`),
			Good:    ratio(`requests_total{job="api"}`, `requests_total{job="api",code=~"5.."}`),
		},
		{
			Name: "rating-pair", Severity: yamlpos.Warning, Run: ratingPair,
			Summary: "The sum and the count of a rating belong to different metrics.",
			Why:     "The mean is their quotient, and means something only for the _sum and _count of one metric.",
			Remedy:  "Name the _sum and the _count of the same metric.",
			Bad:     source + "sla_definitions: {llm_quality: {response_quality_threshold: 4, indicator: {sum: rating_sum, count: requests_count}}}",
			Good:    source + "sla_definitions: {llm_quality: {response_quality_threshold: 4, indicator: {sum: rating_sum, count: rating_count}}}",
		},
	}
}

// selectionRules are about what a selector selects, or does not.
func selectionRules() []Rule {
	return []Rule{
		{
			Name: "never-matches", Severity: yamlpos.Error, Run: neverMatches,
			Summary: "A selector contradicts itself, and selects nothing.",
			Why:     "No series has two values of one label. What selects nothing is read as no data, or as no errors.",
			Remedy:  "Remove one of the matchers, or write the values as one regular expression.",
			Bad:     ratio(`requests_total`, `requests_total{code="500",code="502"}`),
			Good:    ratio(`requests_total`, `requests_total{code=~"500|502"}`),
		},
		{
			Name: "plain-regexp", Severity: yamlpos.Info, Run: plainRegexp,
			Summary: "A regular expression matches a single text.",
			Why:     "Prometheus anchors regular expressions: code=~\"5\" is the code 5, and no 500.",
			Remedy:  "Write code=~\"5..\" if more is meant, or = if the text is; `--fix` writes =.",
			Bad:     ratio(`requests_total`, `requests_total{code=~"5"}`),
			Good:    ratio(`requests_total`, `requests_total{code=~"5.."}`),
		},
		{
			Name: "buckets", Severity: yamlpos.Warning, Run: buckets,
			Summary: "All buckets of a histogram are counted together.",
			Why:     "Buckets are cumulative, so each observation is in many of them; their sum is no number of events.",
			Remedy:  "Count by the histogram's _count, narrow it to one bucket by le, or write histogram: with within:.",
			Bad:     ratio(`request_seconds_bucket`, `errors_total`),
			Good:    ratio(`request_seconds_count`, `errors_total`),
		},
		{
			Name: "gauge-of-counter", Severity: yamlpos.Warning, Run: gaugeOfCounter,
			Summary: "A counter is read as a gauge.",
			Why:     "The mean of a counter grows forever and says nothing about the period.",
			Remedy:  "Write counter: (or total: with bad:) for what ends in _total, _count or _sum.",
			Bad:     plain + "business_metrics: {orders: {gauge: orders_total}}",
			Good:    plain + "business_metrics: {orders: {counter: orders_total}}",
		},
		{
			Name: "fixed-range", Severity: yamlpos.Warning, Run: fixedRange,
			Summary: "A free expression has a range of its own instead of $window.",
			Why:     "It is asked for once a window; with another range events are counted twice, or not at all.",
			Remedy:  "Write $window for the range.",
			Bad:     ratioOf(`sum(increase(requests_total[1h]))`, `sum(increase(errors_total[$window]))`),
			Good:    ratioOf(`sum(increase(requests_total[$window]))`, `sum(increase(errors_total[$window]))`),
		},
	}
}

func promQL(p *Pass) {
	for _, s := range p.selectors() {
		var wrong *query.SelectorError
		switch {
		case s.err == nil:
		case errors.As(s.err, &wrong) && !wrong.Syntax:
		case wrong != nil && !s.Matchers:
			p.ReportPart(s.Path, wrong.Offset, wrong.Length, yamlpos.Edit{}, wrong.Hint, wrong.Message)
		case wrong != nil:
			p.Report(s.Path, `write matchers such as {job="api"}`, "%s", wrong.Message)
		default:
			p.Report(s.Path, "", "%v", s.err)
		}
	}
}

// inner is a function of ranges around a selector: rate(x{a="b"}[5m]).
var inner = lazily(`^\s*(?:sum\s*\(\s*)?(?:rate|irate|increase|delta)\s*\(\s*([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^{}]*\})?)\s*\[[^\[\]]*\]\s*\)\s*\)?\s*$`)

func notASelector(p *Pass) {
	for _, s := range p.selectors() {
		var wrong *query.SelectorError
		if !errors.As(s.err, &wrong) || wrong.Syntax {
			continue
		}
		var fix yamlpos.Edit
		if m := inner().FindStringSubmatch(s.Text); m != nil {
			fix = p.Config.Node(s.Path).Replacement(m[1])
		}
		p.ReportPart(s.Path, wrong.Offset, wrong.Length, fix, wrong.Hint, wrong.Message)
	}
}

func sameSelector(p *Pass) {
	p.pairs("total", []string{"bad", "good"}, func(one, total parsedSelector) {
		if order(one.query) == order(total.query) {
			p.Report(one.Path, "add the label that tells "+one.key()+" events", "%s selects the same series as total", one.key())
		}
	})
}

// order writes a selector with its matchers sorted.
func order(s query.Selector) string {
	var parts []string
	for _, m := range s.Matchers {
		parts = append(parts, m.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// The types of matchers, as PromQL writes them.
const (
	equal   = "="
	matches = "=~"
)

const nameLabel = "__name__"

// identifying are labels that say where a series comes from, which metrics of one
// program share.
var identifying = [...]string{"job", "instance", "namespace", "cluster", "service", "env", "environment", "region"}

func asymmetric(p *Pass) {
	compare := func(one, other parsedSelector) {
		same := metric(one) == metric(other)
		for _, m := range other.query.Matchers {
			if m.Name == nameLabel || (!same && !slices.Contains(identifying[:], m.Name)) {
				continue
			}
			missing, excluded := true, false
			for _, own := range one.query.Matchers {
				if own.Name == m.Name {
					missing = false
					excluded = excluded || own.Type.String() == equal && !m.Matches(own.Value) || m.Type.String() == equal && !own.Matches(m.Value)
				}
			}
			switch {
			case excluded:
				p.Report(one.Path, "remove the matcher from one of them", "%s selects nothing of %s, which has %s", one.key(), other.key(), m)
				return
			case missing:
				p.Report(one.Path, "add "+m.String()+" to "+one.key(), "%s counts events that %s leaves out: it lacks %s", one.key(), other.key(), m)
				return
			}
		}
	}
	p.pairs("total", []string{"bad", "good"}, compare)
	p.pairs("sum", []string{"count"}, compare)
	p.pairs("count", []string{"sum"}, compare)
}

// metric is the name without the suffix of a part of a summary or histogram.
func metric(s parsedSelector) string {
	name := s.query.Name()
	return strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
}

func ratingPair(p *Pass) {
	p.pairs("sum", []string{"count"}, func(count, sum parsedSelector) {
		a, okA := strings.CutSuffix(sum.query.Name(), "_sum")
		b, okB := strings.CutSuffix(count.query.Name(), "_count")
		if okA && okB && a != b {
			p.Report(count.Path, "write "+a+"_count", "%s is not the number of what %s sums", count.query.Name(), sum.query.Name())
		}
	})
}

func neverMatches(p *Pass) {
	for _, s := range p.selectors() {
		if s.err != nil || s.Expression {
			continue
		}
		for _, a := range s.query.Matchers {
			if a.Type.String() != equal {
				continue
			}
			i := slices.IndexFunc(s.query.Matchers, func(m *query.Matcher) bool { return m.Name == a.Name && !m.Matches(a.Value) })
			if i >= 0 {
				p.Report(s.Path, "remove one of the matchers", "nothing has both %s and %s", a, s.query.Matchers[i])
				break
			}
		}
	}
}

func plainRegexp(p *Pass) {
	for _, s := range p.selectors() {
		if s.err != nil || s.Expression {
			continue
		}
		for _, m := range s.query.Matchers {
			kind := m.Type.String()
			if !strings.HasSuffix(kind, "~") || m.Value == "" || regexp.QuoteMeta(m.Value) != m.Value {
				continue
			}
			without := map[string]string{matches: equal, "!~": "!="}[kind]
			written := m.Name + kind + `"` + m.Value + `"`
			offset, length, fix := 0, len(s.Text), yamlpos.Edit{}
			if strings.Count(s.Text, written) == 1 {
				offset, length = strings.Index(s.Text, written), len(written)
				fix = p.Config.Node(s.Path).ReplacementAt(offset+len(m.Name), len(kind), without)
			}
			p.ReportPart(s.Path, offset, length, fix, "write "+m.Name+without+`"`+m.Value+`", or a pattern if more is meant`, "the regular expression "+m.String()+" matches one text alone")
		}
	}
}

func buckets(p *Pass) {
	for _, s := range p.selectors() {
		if !s.whole() || !strings.HasSuffix(s.query.Name(), "_bucket") || s.key() == "histogram" {
			continue
		}
		if !slices.ContainsFunc(s.query.Matchers, func(m *query.Matcher) bool { return m.Name == "le" }) {
			name := strings.TrimSuffix(s.query.Name(), "_bucket")
			p.Report(s.Path, "write "+name+"_count, or narrow it by le", "all buckets of %s are counted together, and each observation is in many", name)
		}
	}
}

func gaugeOfCounter(p *Pass) {
	for _, s := range p.selectors() {
		if !s.whole() || s.key() != "gauge" {
			continue
		}
		for _, suffix := range []string{"_total", "_count", "_sum", "_bucket"} {
			if strings.HasSuffix(s.query.Name(), suffix) {
				p.Report(s.Path, "read it as a counter", "%s is the name of a counter, whose mean says nothing", s.query.Name())
			}
		}
	}
}

func fixedRange(p *Pass) {
	for _, s := range p.selectors() {
		if !s.Expression || s.err != nil || strings.Contains(s.Text, query.WindowVariable) {
			continue
		}
		if i := strings.IndexByte(s.Text, '['); i >= 0 {
			length := max(1, strings.IndexByte(s.Text[i:], ']')+1)
			p.ReportPart(s.Path, i, length, yamlpos.Edit{}, "write ["+query.WindowVariable+"]", "the expression is asked for once a window, and has a range of its own")
		}
	}
}
