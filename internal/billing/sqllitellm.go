package billing

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// litellm answers the questions from one of the spend tables of the LiteLLM proxy,
// with one statement. No question tells the rows of its groups apart, so each
// group is counted as a row of a file is, with the sums of its rows.
func (t *sqlTable) litellm(ctx context.Context, tx pgx.Tx, f *file, qs *questions) error {
	version, ok := recogniseLiteLLM(t.header)
	if !ok {
		return fmt.Errorf("the columns of %s are not those of a spend table of LiteLLM%s", f.source.Postgres.Table, otherFormat("litellm-spend", t.header))
	}
	f.version, t.billing = version, -1
	if t.charge = columnIn(t.header, "startTime"); t.charge < 0 {
		t.charge = columnIn(t.header, "date")
	}
	g := &litellmGroups{sqlTable: t, worker: newCounter(f.source, litellmFormat(), qs)}
	from := "(SELECT *, " + litellmTokens + " FROM (" + g.rows(qs) + ") AS r) AS r"
	g.group(qs)
	if err := g.run(ctx, tx, from, "TRUE", g.count); err != nil {
		return err
	}
	why := fmt.Sprintf("have no %s, or tokens that are no count", t.header[t.charge])
	if g.broken > 0 && f.source.OnBadRow != "skip" {
		return fmt.Errorf("%d rows %s; set on_bad_row: skip on the source", g.broken, why)
	}
	f.rows, f.skipped, f.notes = g.rowsRead, "they "+why, g.notes()
	f.merge(g.worker.parts)
	return nil
}

// litellmTokens is what LiteLLM's counts mean (see litellm.counted). Cached tokens
// are part of the prompt unless they are more than it; length is what counts as
// the length of a request.
const litellmTokens = `CASE WHEN cached + written <= prompt THEN prompt - cached - written ELSE prompt END AS input, ` +
	`greatest(CASE WHEN cached + written <= prompt THEN prompt ELSE prompt + cached + written END, 1) AS length, ` +
	`cached + written > prompt AS beside`

// litellmGroups are the groups of a spend table.
type litellmGroups struct {
	*sqlTable
	statement
	noted
	worker   *worker
	periods  int      // that are asked
	names    []string // the columns of texts, in the order in which they are grouped by
	at       litellmKeys
	rowsRead int64
	broken   int64 // rows without a date, or with counts that are none
	spend    unit.Decimal
	tokens   cost.Tokens
}

// litellmKeys are the places of keys among those of a group.
type litellmKeys struct{ broken, priced, hit, above, upTo, texts int }

// rows is the SELECT of what the reader of files takes from a row, for the rows of
// the asked periods.
func (g *litellmGroups) rows(qs *questions) string {
	at := func(name string) int { return columnIn(g.header, name) }
	count := func(name string) string { return "coalesce(" + g.amount(at(name)) + ", 0)" }
	cached, written := count("cache_read_input_tokens"), count("cache_creation_input_tokens")
	if i := at("metadata"); i >= 0 {
		json := g.quoted(i)
		if isText(g.kinds[i]) {
			json = "(" + g.text(i) + ")::jsonb"
		}
		none := "CASE WHEN " + cached + " = 0 AND " + written + " = 0 THEN %s ELSE %s END"
		cached, written = fmt.Sprintf(none, countIn(json, "usage_object,cache_read_input_tokens", "usage_object,prompt_tokens_details,cached_tokens", "additional_usage_values,cache_read_input_tokens"), cached),
			fmt.Sprintf(none, countIn(json, "usage_object,cache_creation_input_tokens", "additional_usage_values,cache_creation_input_tokens"), written)
	}
	requests := count("api_requests")
	if at("startTime") >= 0 {
		requests = "1::numeric" // a row is a request
	}
	columns := []string{g.instant(g.charge) + " AS charge", g.amount(at("spend")) + " AS spend", "coalesce(lower(" + g.bare(at("cache_hit")) + "::text) = 'true', FALSE) AS hit",
		count("prompt_tokens") + " AS prompt", cached + " AS cached", written + " AS written", count("completion_tokens") + " AS completion", requests + " AS requests",
		g.text(at("tag")) + " IS NOT NULL AS tagged"}
	g.names = []string{"model", "custom_llm_provider", "organization_id", "team_id"}
	if g.worker.want.Tags {
		for _, c := range litellmTags {
			g.names = append(g.names, c.column)
		}
	}
	for i, name := range g.names {
		columns = append(columns, fmt.Sprintf("%s AS text%d", g.text(at(name)), i))
	}
	where := []string{g.instant(g.charge) + " IS NULL"}
	if !isText(g.kinds[g.charge]) {
		where[0] = g.quoted(g.charge) + " IS NULL"
	}
	asked := func(p period.Period, basis cost.Basis) {
		where = append(where, g.within(&g.statement, p, basis))
		columns = append(columns, fmt.Sprintf("%s AS asked%d", where[len(where)-1], g.periods))
		g.periods++
	}
	for _, q := range qs.breakdowns {
		asked(q.Period, q.Basis)
	}
	if qs.usage != nil {
		asked(qs.usage.period, cost.ByCharge)
	}
	// OFFSET keeps the planner from looking into metadata again for every use.
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + g.name + " WHERE " + strings.Join(where, " OR ") + " OFFSET 0"
}

// countIn is the first number above 0 at a path of a JSON document, 0 without one.
func countIn(document string, paths ...string) string {
	var all []string
	for _, path := range paths {
		value := "(" + document + " #>> '{" + path + "}')"
		all = append(all, "nullif(CASE WHEN "+value+" ~ '^[0-9]+([.][0-9]+)?$' THEN "+value+"::numeric ELSE 0 END, 0)")
	}
	return "coalesce(" + strings.Join(all, ", ") + ", 0)"
}

// group says what rows are grouped by and what is added up.
func (g *litellmGroups) group(qs *questions) {
	var invalid []string
	counts := [...]string{"prompt", "cached", "written", "completion", "requests"}
	for _, c := range counts {
		invalid = append(invalid, c+" < 0 OR "+c+" <> trunc("+c+")")
	}
	g.at.broken = g.by("charge IS NULL OR (NOT hit AND (" + strings.Join(invalid, " OR ") + "))")
	g.at.priced, g.at.hit = g.by("spend IS NOT NULL"), g.by("hit")
	g.by(day("charge", g.source.zone().String()))
	g.by(day("charge", time.UTC.String())) // rates and prices are of UTC days
	for i := range g.periods {             // which may end within a day
		g.by(fmt.Sprintf("asked%d", i))
	}
	if qs.usage != nil {
		above, upTo := bands(qs.usage.thresholds)
		g.at.above, g.at.upTo = g.by(above), g.by(upTo)
	}
	g.at.texts = len(g.statement.keys)
	for i := range g.names {
		g.by(fmt.Sprintf("text%d", i))
	}
	g.sums = []string{"count(*)::text", inUTC("min(charge)"), "sum(spend)::text", "sum(input)::text", "sum(cached)::text", "sum(written)::text",
		"sum(completion)::text", "sum(requests)::text", "(count(*) FILTER (WHERE beside AND NOT hit))::text", "(count(*) FILTER (WHERE tagged))::text"}
}

// bands are the thresholds around the length of a row's requests, 0 for none: only
// the length of a single request has one below it.
func bands(thresholds []int64) (above, upTo string) {
	low, high := "0::int", "0::int"
	for i, at := range thresholds {
		low = fmt.Sprintf("CASE WHEN requests = 1 AND length > %d THEN %[1]d ELSE %s END", at, low)
		last := thresholds[len(thresholds)-1-i]
		high = fmt.Sprintf("CASE WHEN length <= %d THEN %[1]d ELSE %s END", last, high)
	}
	return low, high
}

// count counts a group.
func (g *litellmGroups) count(keys, sums []*string) error {
	at, err := g.parse(sums[1])
	if err != nil {
		return err
	}
	rows := countOf(sums[0])
	g.rowsRead += rows
	if *keys[g.at.broken] == "true" {
		month := ""
		if sums[1] != nil {
			month = cost.BillingPeriodName(monthStart(at))
		}
		g.worker.part(month).skipped += rows
		g.broken += rows
		return nil
	}
	w := g.worker
	w.item = cost.LineItem{ChargePeriodStart: at}
	if err := g.add(keys, sums); err != nil {
		return err
	}
	if countOf(sums[8]) > 0 {
		g.note(noteCached)
	}
	if countOf(sums[9]) > 0 {
		g.note(noteTags)
	}
	w.count(rows)
	return nil
}

// add fills the item at hand from the keys and the sums of a group.
func (g *litellmGroups) add(keys, sums []*string) error {
	item := &g.worker.item
	for i, name := range g.names {
		if v := keys[g.at.texts+i]; v != nil {
			g.setText(item, name, *v)
		}
	}
	describeLiteLLM(g.source, item)
	var errs [6]error
	if *keys[g.at.priced] == "true" {
		g.spend, errs[0] = sumOf(sums[2])
		item.MeteredCost = &g.spend
	}
	if *keys[g.at.hit] == "true" {
		return errs[0]
	}
	g.tokens = cost.Tokens{}
	for i, into := range [...]*unit.Decimal{&g.tokens.Input, &g.tokens.CacheRead, &g.tokens.CacheWrite5m, &g.tokens.Output, &g.tokens.Requests} {
		*into, errs[1+i] = sumOf(sums[3+i])
	}
	item.Tokens = &g.tokens
	if g.at.upTo > 0 {
		above, upTo := countOf(keys[g.at.above]), countOf(keys[g.at.upTo])
		if upTo == 0 {
			upTo = math.MaxInt32 // no bound, in words that a tier has
		}
		item.ContextTier = fmt.Sprintf("%d-%d", above, upTo)
	}
	return errors.Join(errs[:]...)
}

// setText gives an item the text of a column.
func (g *litellmGroups) setText(item *cost.LineItem, column, value string) {
	switch column {
	case "model":
		item.Model = value
	case "custom_llm_provider":
		item.ServiceProvider = value
	case "organization_id":
		item.Organization = value
	case "team_id":
		item.Team = value
	}
	for _, c := range litellmTags {
		if c.column == column {
			if item.Tags == nil {
				item.Tags = map[string]string{}
			}
			item.Tags[c.key] = value
		}
	}
}

// chargedMonths is the span of the charges whose months start in a span: billing
// periods are the months of charges where no column says them.
func chargedMonths(in period.Span) period.Span {
	next := func(at time.Time) time.Time {
		if start := monthStart(at); start.Equal(at) {
			return start
		}
		return monthStart(at).AddDate(0, 1, 0)
	}
	return period.Span{Start: next(in.Start), End: next(in.End)}
}
