package query

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// questions translates the indicator. Values are summed per group, and presence
// per group and job, which also tells when a job was seen.
func (p *pushDown) questions() ([]question, error) {
	if p.req.Indicator.Kind == Expression {
		return p.expressionQuestions()
	}
	if p.req.Indicator.Combine != CombineSum {
		return nil, errors.New("combining the targets of `up`: any and all need raw samples; read them with `read: auto` or raw, or write a free expression")
	}
	sels, err := selections(p.req.Indicator)
	if err != nil {
		return nil, err
	}
	var out []question
	judging := sels[0].sel
	for _, s := range sels {
		switch s.role {
		case roleNative: // see followUps
		case roleGauge:
			out = append(out, p.gaugeQuestions(s.sel)...)
		case roleProbe:
			out = append(out, p.probeQuestions(s.sel)...)
		case roleBucket:
			judging = s.sel.With(labels.MustNewMatcher(labels.MatchEqual, labels.BucketLabel, "+Inf"))
			out = append(out, p.growth(s), p.layouts(s.sel))
		default:
			out = append(out, p.growth(s))
		}
	}
	return append(out, p.presence(judging), p.presenceBefore(judging)), nil
}

// growth asks for the increase of counters.
func (p *pushDown) growth(s selection) question {
	by := p.req.GroupBy
	if s.role == roleBucket {
		by = append([]string{labels.BucketLabel}, by...)
	}
	return question{
		expr:   func(width int64) parser.Expr { return p.increase(s.sel, width, by) },
		sweeps: p.sweeps, listed: true,
		take: func(cell int, ls labels.Labels, v float64) {
			bound := math.Inf(1)
			if s.role == roleBucket {
				var err error
				if bound, err = strconv.ParseFloat(ls.Get(labels.BucketLabel), 64); err != nil {
					p.note("the bucket %s is not counted: its le is no number", ls)
					return
				}
			}
			if s.role == roleGood {
				p.good++
			}
			g := p.group(ls)
			for _, k := range p.sinks(g, s.role, bound) {
				p.count(k.counts, cell, v, k.sign)
			}
			if s.role.judges(bound) {
				p.know(g, cell)
			}
		},
	}
}

// know marks a cell of a group as one whose value is known.
func (p *pushDown) know(g *group, cell int) {
	if p.known[g] == nil {
		p.known[g] = make([]bool, p.grid.Cells())
	}
	p.known[g][cell] = true
}

// presence asks how many samples there are, per group and job.
func (p *pushDown) presence(sel Selector) question {
	by := p.req.GroupBy
	if !slices.Contains(by, "job") {
		by = append([]string{"job"}, by...)
	}
	return question{
		expr:   func(width int64) parser.Expr { return aggregate(parser.SUM, p.over("count_over_time", sel, width), by) },
		sweeps: p.sweeps, listed: true,
		take: func(cell int, ls labels.Labels, v float64) {
			p.group(ls).Samples[cell] += uint32(v)
			if job := ls.Get("job"); job != "" {
				if p.present[job] == nil {
					p.present[job] = make([]bool, p.grid.Cells())
				}
				p.present[job][cell] = true
			}
		},
	}
}

// presenceBefore asks which jobs have samples in the lookback before the grid.
func (p *pushDown) presenceBefore(sel Selector) question {
	lookback := p.req.Lookback.Milliseconds()
	return question{
		expr: func(width int64) parser.Expr {
			return aggregate(parser.SUM, p.over("count_over_time", sel, width), []string{"job"})
		},
		sweeps: []sweep{{width: lookback, first: p.grid[0], stride: lookback, cells: []int{0}}},
		take: func(_ int, ls labels.Labels, _ float64) {
			if job := ls.Get("job"); job != "" {
				p.before[job] = true
			}
		},
	}
}

// layouts asks how many samples each bucket has, from which it shows whether all
// histograms of a group have the same buckets.
func (p *pushDown) layouts(sel Selector) question {
	by := append([]string{labels.BucketLabel}, p.req.GroupBy...)
	return question{
		expr:   func(width int64) parser.Expr { return aggregate(parser.SUM, p.over("count_over_time", sel, width), by) },
		sweeps: wholeGrid(p.grid),
		take: func(_ int, ls labels.Labels, v float64) {
			if bound, err := strconv.ParseFloat(ls.Get(labels.BucketLabel), 64); err == nil {
				p.group(ls).layout(ls, bound, int64(v))
			}
		},
	}
}

// gaugeQuestions ask for the sum of a gauge's samples, its extremes and its last
// value. Their number comes with the presence.
func (p *pushDown) gaugeQuestions(sel Selector) []question {
	by := p.req.GroupBy
	extreme := func(op parser.ItemType, fn string, into func(*group) **unit.Decimal) question {
		return question{
			expr:   func(width int64) parser.Expr { return aggregate(op, p.over(fn, sel, width), by) },
			sweeps: wholeGrid(p.grid),
			take:   func(_ int, ls labels.Labels, v float64) { *into(p.group(ls)) = decimalOf(v) },
		}
	}
	latest := map[*group]int{}
	return []question{
		p.sumOf(sel, func(g *group, cell int, v float64) { p.count(&g.Sum, cell, v, 1) }),
		extreme(parser.MIN, "min_over_time", func(g *group) **unit.Decimal { return &g.Min }),
		extreme(parser.MAX, "max_over_time", func(g *group) **unit.Decimal { return &g.Max }),
		{
			expr: func(width int64) parser.Expr {
				return aggregate(parser.MAX, p.over("last_over_time", sel, width), by)
			},
			sweeps: p.sweeps,
			take: func(cell int, ls labels.Labels, v float64) {
				g := p.group(ls)
				if n, ok := latest[g]; !ok || cell > n {
					latest[g], g.Last = cell, decimalOf(v)
				}
			},
		},
	}
}

// probeQuestions ask for the sum of a gauge that is 1 when all is well, which is
// the number of its good samples, and check that it is such a gauge.
func (p *pushDown) probeQuestions(sel Selector) []question {
	return []question{
		p.sumOf(sel, func(g *group, cell int, v float64) {
			p.count(&g.Bad, cell, v, -1)
			if !isWhole(v) {
				p.noteProbe()
			}
		}),
		{
			expr: func(width int64) parser.Expr {
				return aggregate(parser.MAX, p.over("max_over_time", sel, width), p.req.GroupBy)
			},
			sweeps: wholeGrid(p.grid),
			take: func(_ int, _ labels.Labels, v float64) {
				if v > 1 {
					p.noteProbe()
				}
			},
		},
	}
}

func (p *pushDown) noteProbe() {
	p.note("%s has values other than 0 and 1, which PromQL's sums cannot tell apart: the bad samples are not exact", p.req.Indicator.Total)
}

func (p *pushDown) sumOf(sel Selector, take func(g *group, cell int, v float64)) question {
	return question{
		expr: func(width int64) parser.Expr {
			return aggregate(parser.SUM, p.over("sum_over_time", sel, width), p.req.GroupBy)
		},
		sweeps: p.sweeps, listed: true,
		take: func(cell int, ls labels.Labels, v float64) {
			g := p.group(ls)
			take(g, cell, v)
			p.know(g, cell)
		},
	}
}

// expressionQuestions ask for free expressions. A cell in which the total has a
// value can be judged.
func (p *pushDown) expressionQuestions() ([]question, error) {
	ind := p.req.Indicator
	parts := []struct {
		role role
		text string
	}{{roleTotal, ind.TotalExpr}, {roleBad, ind.BadExpr}, {roleGood, ind.GoodExpr}}
	var out []question
	for _, part := range parts {
		if part.text == "" {
			if part.role == roleTotal {
				return nil, fmt.Errorf("pushing down a request: the indicator lacks the expression of its total")
			}
			continue
		}
		if err := ParseExpr(part.text); err != nil {
			return nil, err
		}
		for _, s := range p.sweeps { // 1h$window is a duration for some widths only
			if _, err := windowed(part.text, p.width(s.width), p.req.GroupBy); err != nil {
				return nil, err
			}
		}
		out = append(out, question{
			expr: func(width int64) parser.Expr {
				expr, _ := windowed(part.text, p.width(width), p.req.GroupBy)
				return expr
			},
			sweeps: p.sweeps, listed: true,
			take: func(cell int, ls labels.Labels, v float64) {
				g := p.group(ls)
				for _, k := range p.expressionSinks(g, part.role) {
					p.count(k.counts, cell, v, k.sign)
				}
				if part.role == roleTotal {
					g.Samples[cell]++
					p.know(g, cell)
				}
			},
		})
	}
	return out, nil
}

// expressionSinks are those of a ratio, whose good events are kept as the bad
// ones that they are not.
func (p *pushDown) expressionSinks(g *group, r role) []sink {
	if r == roleTotal && p.req.Indicator.GoodExpr != "" {
		return []sink{{&g.Total, 1}, {&g.Bad, 1}}
	}
	return p.sinks(g, r, math.Inf(1))
}

// windowed puts the width into a free expression and sums it per group.
func windowed(text string, width time.Duration, by []string) (parser.Expr, error) {
	text = strings.ReplaceAll(text, WindowVariable, model.Duration(width).String())
	expr, err := parseExpr(text, text)
	if err != nil {
		return nil, err
	}
	if expr.Type() == parser.ValueTypeScalar {
		expr = &parser.Call{Func: parser.Functions["vector"], Args: parser.Expressions{expr}}
	}
	return aggregate(parser.SUM, expr, by), nil
}

// over applies a range function to what the selector has in a cell of the width.
// Of replicas it takes the largest value.
func (p *pushDown) over(fn string, sel Selector, width int64) parser.Expr {
	node := &parser.VectorSelector{LabelMatchers: sel.Matchers}
	if name := sel.Name(); model.LegacyValidation.IsValidMetricName(name) {
		node.Name = name
	}
	call := &parser.Call{Func: parser.Functions[fn], Args: parser.Expressions{&parser.MatrixSelector{VectorSelector: node, Range: p.width(width)}}}
	if len(p.opt.DedupLabels) == 0 {
		return call
	}
	return &parser.AggregateExpr{Op: parser.MAX, Expr: call, Grouping: p.opt.DedupLabels, Without: true}
}

// increase sums the growth of counters over a cell. Where the range is shorter
// than the cell by the 1 ms that its edge takes, the growth extrapolated to it
// would be too: there it is the rate times the width of the cell.
func (p *pushDown) increase(sel Selector, width int64, by []string) parser.Expr {
	if p.width(width).Milliseconds() == width {
		return aggregate(parser.SUM, p.over("increase", sel, width), by)
	}
	return &parser.BinaryExpr{Op: parser.MUL, LHS: aggregate(parser.SUM, p.over("rate", sel, width), by),
		RHS: &parser.NumberLiteral{Val: float64(width) / 1000}}
}

func aggregate(op parser.ItemType, expr parser.Expr, by []string) parser.Expr {
	return &parser.AggregateExpr{Op: op, Expr: expr, Grouping: by}
}

// followUps ask what the first answers gave rise to: whether the targets of the
// jobs that were seen could be reached, and whether a histogram that has no
// buckets is a native one.
func (p *pushDown) followUps() []question {
	if p.req.Indicator.Kind == Histogram && len(p.groups) == 0 {
		return []question{{
			expr: func(width int64) parser.Expr {
				return aggregate(parser.SUM, p.over("count_over_time", p.req.Indicator.Total, width), nil)
			},
			sweeps: wholeGrid(p.grid),
			take:   func(_ int, _ labels.Labels, v float64) { p.histograms += int64(v) },
		}}
	}
	jobs := map[string]bool{}
	for job := range p.present {
		jobs[job] = true
	}
	for job := range p.before {
		jobs[job] = true
	}
	if len(jobs) == 0 {
		return nil
	}
	for _, name := range sortedKeys(jobs) {
		n := p.grid.Cells()
		p.scan.Jobs = append(p.scan.Jobs, window.Job{Name: name, Seen: p.seen(name), Up: make([]uint32, n), Down: make([]uint32, n)})
	}
	up := ofJobs("up", jobs)
	of := func(fn string, take func(job *window.Job, cell int, v float64)) question {
		return question{
			expr:   func(width int64) parser.Expr { return aggregate(parser.SUM, p.over(fn, up, width), []string{"job"}) },
			sweeps: p.sweeps,
			take: func(cell int, ls labels.Labels, v float64) {
				i := slices.IndexFunc(p.scan.Jobs, func(j window.Job) bool { return j.Name == ls.Get("job") })
				take(&p.scan.Jobs[i], cell, v)
			},
		}
	}
	return []question{
		of("count_over_time", func(j *window.Job, cell int, v float64) { j.Down[cell] += uint32(v) }), // less those that are up
		of("sum_over_time", func(j *window.Job, cell int, v float64) { j.Up[cell] += uint32(v) }),
	}
}

// seen tells for each cell whether the job had a selected sample in it, or in a
// cell that ends in the lookback before its end.
func (p *pushDown) seen(job string) []bool {
	out := make([]bool, p.grid.Cells())
	last := int64(math.MinInt64 / 2)
	if p.before[job] {
		last = p.grid[0]
	}
	for i := range out {
		end := p.grid[i+1]
		if cells := p.present[job]; cells != nil && cells[i] {
			last = end
		}
		out[i] = last >= end-p.req.Lookback.Milliseconds()
	}
	return out
}

// conclude settles what depends on several answers.
func (p *pushDown) conclude() {
	for _, j := range p.scan.Jobs {
		for i := range j.Down {
			j.Down[i] -= min(j.Down[i], j.Up[i])
		}
	}
	unknown := 0
	for _, g := range p.groups {
		known := p.known[g]
		for i, n := range g.Samples {
			if n > 0 && (known == nil || !known[i]) {
				g.Samples[i] = 0
				unknown++
			}
		}
		p.countSamples(g)
	}
	if unknown > 0 {
		p.note("%d windows have samples but no value, because %s; they count as without data", unknown, p.whyUnknown())
	}
	if labels := strings.Join(p.opt.DedupLabels, ", "); labels != "" && p.req.Indicator.Kind == Expression {
		p.note("expressions are asked as they are written: where replicas are told apart by %s, the expression has to merge them", labels)
	}
	switch {
	case len(p.groups) == 0 && p.histograms == 0:
		p.note("nothing was found for %s", p.subject())
	case slices.Contains([]Kind{Counter, Ratio, Histogram, Rating}, p.req.Indicator.Kind):
		p.note("counted by the server with increase(), which extrapolates and misses the first value of a new series: figures are approximate")
	}
}

// countSamples makes the samples the events of a gauge or probe, of which a probe
// has those that are good already taken off its bad ones.
func (p *pushDown) countSamples(g *group) {
	kind := p.req.Indicator.Kind
	if kind != Gauge && kind != Up {
		return
	}
	for i, n := range g.Samples {
		p.count(&g.Total, i, float64(n), 1)
		if kind == Up {
			p.count(&g.Bad, i, float64(n), 1)
		}
	}
}

// whyUnknown tells why a window with samples has no value.
func (p *pushDown) whyUnknown() string {
	if k := p.req.Indicator.Kind; k == Gauge || k == Up {
		return "some of them are NaN"
	}
	return "increase() needs two samples of a series: widen the window, or read the samples exactly"
}

// subject is what the request is about.
func (p *pushDown) subject() string {
	if p.req.Indicator.Kind == Expression {
		return p.req.Indicator.TotalExpr
	}
	return p.req.Indicator.Total.Text
}
