package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/preset"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// tokenCounters reads tokens from the counters of a metrics source
// ([billing.TokenReader]). Growth is accounted for as that of an SLA's counters,
// and belongs to the UTC day of its sample.
type tokenCounters struct {
	e        *Evaluator
	sources  []string
	metrics  []preset.TokenMetric
	labels   map[string][]string // by what they say, the first one that a series has
	kinds    map[string]string   // spellings
	separate bool                // cached tokens are not part of input
	note     string              // what the counters cannot tell
}

// counters returns the reader of a source of the format token-counters.
func (e *Evaluator) counters(s config.BillingSource) *tokenCounters {
	c := &tokenCounters{e: e, sources: e.sourceNames(s.Source), kinds: tokenKinds(), separate: s.Cached == "separate", labels: map[string][]string{}}
	if p, ok := preset.TokensNamed(s.Preset); ok {
		c.metrics, c.note = p.Metrics, p.Note
		maps.Copy(c.labels, p.Labels)
	} else {
		c.metrics = []preset.TokenMetric{{Names: []string{s.Tokens}, Counts: preset.CountsTokens}}
	}
	for what, label := range s.Labels {
		c.labels[what] = []string{label}
	}
	for spelling, kind := range s.Kinds {
		c.kinds[spelling] = kind
	}
	return c
}

// describe says what is read, for the ledger.
func (c *tokenCounters) describe() string {
	var names []string
	for _, m := range c.metrics {
		if m.Counts == preset.CountsTokens {
			names = append(names, m.Names[0])
		}
	}
	return strings.Join(names, ", ")
}

// tokenKinds are the spellings of kinds that exporters use.
func tokenKinds() map[string]string {
	out := map[string]string{}
	for kind, spellings := range map[string]string{
		"input":          "input prompt input_tokens prompt_tokens uncached_input_tokens",
		"output":         "output completion output_tokens completion_tokens",
		"cache_read":     "cache_read cached cached_input cache_read_input_tokens input_cached_tokens",
		"cache_write_5m": "cache_write_5m cache_write cache_creation cache_creation_input_tokens ephemeral_5m_input_tokens",
		"cache_write_1h": "cache_write_1h ephemeral_1h_input_tokens",
	} {
		for _, s := range strings.Fields(spellings) {
			out[s] = kind
		}
	}
	return out
}

// tokenRow is what is counted together: everything that the labels say besides
// the kind, on a day.
type tokenRow struct {
	provider, model, serviceTier, organization, team string
	day                                              int // cell of the grid
}

// tokenCount is what was counted of one row.
type tokenCount struct {
	kinds         map[string]*unit.Sum
	requests, usd unit.Sum
	spent         bool // usd was counted
}

// ReadTokens implements [billing.TokenReader].
func (c *tokenCounters) ReadTokens(ctx context.Context, in period.Span) ([]cost.LineItem, []string, error) {
	if c.e.Now.Before(in.End) {
		in.End = c.e.Now
	}
	if !in.Start.Before(in.End) {
		return nil, []string{"the period has not begun"}, nil
	}
	cuts := []time.Time{in.Start, in.End}
	for _, day := range in.Days(time.UTC) {
		cuts = append(cuts, day.Start, day.End)
	}
	grid := window.NewGrid(slices.DeleteFunc(cuts, func(t time.Time) bool { return t.Before(in.Start) || t.After(in.End) }))
	scans, err := c.scan(ctx, grid)
	if err != nil {
		return nil, nil, err
	}
	t := &tokenTally{c: c, grid: grid, rows: map[tokenRow]*tokenCount{}}
	if c.note != "" {
		t.say("%s", c.note)
	}
	for i, m := range c.metrics {
		t.add(m, scans[i])
	}
	t.holes(scans)
	items, err := t.items()
	return items, t.notes, err
}

// scan reads each counter by the first of its names that has samples. Without any
// tokens there is nothing to return.
func (c *tokenCounters) scan(ctx context.Context, grid window.Grid) ([]*window.Scan, error) {
	q := questions{}
	tickets := make([][]ticket, len(c.metrics))
	by := slices.Sorted(maps.Keys(c.labelNames()))
	for i, m := range c.metrics {
		for _, name := range m.Names {
			sel, err := query.ParseSelector(name)
			if err != nil {
				return nil, err
			}
			tickets[i] = append(tickets[i], q.ask(c.sources, query.Request{Indicator: query.Indicator{Kind: query.Counter, Total: sel},
				GroupBy: by, Grid: grid, MaxGap: query.DefaultMaxGap, Lookback: query.DefaultLookback}))
		}
	}
	got := c.e.put(ctx, q)
	out, found := make([]*window.Scan, len(c.metrics)), false
	for i, m := range c.metrics {
		for _, t := range tickets[i] {
			r := got.get(t)
			if r.Err != nil {
				return nil, r.Err
			}
			if out[i] == nil && len(r.Scan.Groups) > 0 {
				out[i], found = r.Scan, found || m.Counts == preset.CountsTokens
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("no series match %s between %s and %s; see `slactl metrics ls`", c.describe(), grid.Span(0).Start.Format(time.DateOnly),
			grid.Span(grid.Cells()-1).End.Format(time.DateOnly))
	}
	return out, nil
}

func (c *tokenCounters) labelNames() map[string]bool {
	out := map[string]bool{}
	for _, names := range c.labels {
		for _, n := range names {
			out[n] = true
		}
	}
	return out
}

// said returns what a group's labels say of something.
func (c *tokenCounters) said(what string, labels map[string]string) string {
	for _, name := range c.labels[what] {
		if v := labels[name]; v != "" {
			return v
		}
	}
	return ""
}

// tokenTally makes items out of scans.
type tokenTally struct {
	c     *tokenCounters
	grid  window.Grid
	rows  map[tokenRow]*tokenCount
	notes []string
}

func (t *tokenTally) say(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
}

// add counts the growth of one counter; a scan of nil has none.
func (t *tokenTally) add(m preset.TokenMetric, scan *window.Scan) {
	if scan == nil {
		if m.Counts == preset.CountsTokens {
			t.say("no series match %s", m.Names[0])
		}
		return
	}
	for _, n := range scan.Notes {
		t.say("%s", n)
	}
	if scan.Accounting != window.Exact {
		t.say("%s is counted as %s, which is not exact", m.Names[0], scan.Accounting)
	}
	var unwitnessed, recovered unit.Sum
	for _, g := range scan.Groups {
		kind, row := t.kind(m, g), tokenRow{provider: t.c.said("provider", g.Labels), model: t.c.said("model", g.Labels),
			serviceTier: t.c.said("service_tier", g.Labels), organization: t.c.said("organization", g.Labels), team: t.c.said("team", g.Labels)}
		for day := range t.grid.Cells() {
			row.day = day
			late := g.Total.Recovered.Range(day, day+1)
			recovered.Add(late)
			unwitnessed.Add(g.Total.Unwitnessed.Range(day, day+1))
			t.count(row, m.Counts, kind, g.Total.Windowed.Range(day, day+1).Add(late))
		}
	}
	if n := unwitnessed.Total(); !n.IsZero() {
		t.say("%s %s of first values of %s were not counted: nobody saw their target before", n.Canonical(), m.Counts, m.Names[0])
	}
	if n := recovered.Total(); !n.IsZero() {
		t.say("%s %s of %s were counted after a gap, on the day of the sample that ended it", n.Canonical(), m.Counts, m.Names[0])
	}
}

// kind is the kind of tokens that a group counts; for tokens of an unknown one it
// is "", and the spelling is noted.
func (t *tokenTally) kind(m preset.TokenMetric, g window.Group) string {
	if m.Counts != preset.CountsTokens || m.Kind != "" {
		return m.Kind
	}
	spelling := t.c.said("kind", g.Labels)
	kind, known := t.c.kinds[spelling]
	if n := g.Total.Windowed.Range(0, t.grid.Cells()); !known && !n.IsZero() {
		t.say("%s tokens of the kind %q are not counted; map it with kinds:, such as {%s: output}", n.Canonical(), spelling, cmp.Or(spelling, "name"))
	}
	return kind
}

func (t *tokenTally) count(row tokenRow, counts, kind string, n unit.Decimal) {
	if n.IsZero() || (counts == preset.CountsTokens && kind == "") {
		return
	}
	sum := t.rows[row]
	if sum == nil {
		sum = &tokenCount{kinds: map[string]*unit.Sum{}}
		t.rows[row] = sum
	}
	switch counts {
	case preset.CountsRequests:
		sum.requests.Add(n)
	case preset.CountsUSD:
		sum.usd.Add(n)
		sum.spent = true
	default:
		if sum.kinds[kind] == nil {
			sum.kinds[kind] = &unit.Sum{}
		}
		sum.kinds[kind].Add(n)
	}
}

// holes notes the days on which no counter of tokens had a sample.
func (t *tokenTally) holes(scans []*window.Scan) {
	var days []string
	for day := range t.grid.Cells() {
		seen := false
		for i, s := range scans {
			if s != nil && t.c.metrics[i].Counts == preset.CountsTokens {
				seen = seen || slices.ContainsFunc(s.Groups, func(g window.Group) bool { return g.Samples[day] > 0 })
			}
		}
		if !seen {
			days = append(days, t.grid.Span(day).Start.Format(time.DateOnly))
		}
	}
	const named = 5
	switch {
	case len(days) > named:
		t.say("the counters have no samples on %d days, from %s to %s", len(days), days[0], days[len(days)-1])
	case len(days) > 0:
		t.say("the counters have no samples on %s", strings.Join(days, ", "))
	}
}

// items returns what was counted, by day, provider, model and the rest.
func (t *tokenTally) items() ([]cost.LineItem, error) {
	rows := slices.SortedFunc(maps.Keys(t.rows), func(a, b tokenRow) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.provider, b.provider), cmp.Compare(a.model, b.model),
			cmp.Compare(a.serviceTier, b.serviceTier), cmp.Compare(a.organization, b.organization), cmp.Compare(a.team, b.team))
	})
	out := make([]cost.LineItem, 0, len(rows))
	for _, row := range rows {
		tokens, err := t.tokens(row)
		if err != nil {
			return nil, err
		}
		day := t.grid.Span(row.day)
		year, month, _ := day.Start.Date()
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		item := cost.LineItem{ServiceProvider: row.provider, Model: row.model, ServiceTier: row.serviceTier, Organization: row.organization, Team: row.team,
			ChargeCategory: "Usage", BillingPeriodStart: first, BillingPeriodEnd: first.AddDate(0, 1, 0),
			ChargePeriodStart: day.Start, ChargePeriodEnd: day.End, Tokens: &tokens}
		if sum := t.rows[row]; sum.spent {
			usd := sum.usd.Total()
			item.MeteredCost, item.BillingCurrency = &usd, "USD"
		}
		out = append(out, item)
	}
	return out, nil
}

// tokens are the disjoint parts of a row.
func (t *tokenTally) tokens(row tokenRow) (cost.Tokens, error) {
	sum := t.rows[row]
	of := func(kind string) unit.Decimal {
		if s := sum.kinds[kind]; s != nil {
			return s.Total()
		}
		return unit.Decimal{}
	}
	tokens := cost.Tokens{Input: of("input"), CacheRead: of("cache_read"), CacheWrite5m: of("cache_write_5m"), CacheWrite1h: of("cache_write_1h"), Output: of("output")}
	if !t.c.separate {
		var ok bool
		if tokens, ok = cost.IncludedTokens(tokens.Input, tokens.CacheRead, tokens.CacheWrite5m, tokens.CacheWrite1h, tokens.Output); !ok {
			return tokens, fmt.Errorf("on %s, %s has more cached tokens than input, which would include them; set cached: separate",
				t.grid.Span(row.day).Start.Format(time.DateOnly), cmp.Or(row.model, "a series without a model"))
		}
	}
	tokens.Requests = sum.requests.Total()
	return tokens, nil
}

var _ billing.TokenReader = (*tokenCounters)(nil)
