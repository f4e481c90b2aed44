package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// statement is a SELECT that groups by its first columns. Values are parameters,
// never a part of the text. What a database computes for each row costs more than
// what is computed here for each group, so rows are grouped by bare columns where
// that will do.
type statement struct {
	keys, shown []string // to group by, and the text of each
	sums        []string
	args        []any
}

func (s *statement) param(text string) string {
	s.args = append(s.args, text)
	return "$" + strconv.Itoa(len(s.args)) + "::text"
}

// by adds something to group by, and returns where its text stands.
func (s *statement) by(expression string) int {
	return s.byAs(expression, "("+expression+")::text")
}

// byAs is by for what has another text.
func (s *statement) byAs(expression, text string) int {
	s.keys, s.shown = append(s.keys, expression), append(s.shown, text)
	return len(s.keys) - 1
}

// byInstant groups by an instant, whose text is in UTC.
func (s *statement) byInstant(expression string) int { return s.byAs(expression, inUTC(expression)) }

// run calls each with the values of every group, nil for NULL.
func (s *statement) run(ctx context.Context, tx pgx.Tx, table, where string, each func(keys, sums []*string) error) error {
	rows, err := tx.Query(ctx, "SELECT "+strings.Join(append(slices.Clone(s.shown), s.sums...), ", ")+" FROM "+table+
		" WHERE "+where+" GROUP BY "+strings.Join(s.keys, ", "), s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]*string, len(s.keys)+len(s.sums))
	places := make([]any, len(values))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if err := each(values[:len(s.keys)], values[len(s.keys):]); err != nil {
			return err
		}
	}
	return rows.Err()
}

// within is the condition that a row belongs to a period. It compares the bare
// column, so that an index on it serves.
func (t *sqlTable) within(s *statement, p period.Period, basis cost.Basis) string {
	span, i := p.In(t.source.zone(), p.End).Span, t.charge
	switch {
	case basis != cost.ByBilling:
	case t.billing < 0: // billing periods are the months of the charges
		span = chargedMonths(span)
	default:
		i = t.billing
	}
	column, cast, layout := t.instant(i), "::timestamptz", time.RFC3339Nano
	if k := t.kinds[i]; k == pgtype.TimestampOID || k == pgtype.DateOID {
		column, cast, layout = t.quoted(i), "::timestamp", "2006-01-02 15:04:05.999999999"
	}
	at := func(x time.Time) string { return s.param(x.In(t.source.zone()).Format(layout)) + cast }
	return fmt.Sprintf("(%s >= %s AND %s < %s)", column, at(span.Start), column, at(span.End))
}

// inUTC is the text of an instant.
func inUTC(instant string) string { return "(" + instant + " AT TIME ZONE 'UTC')::text" }

func (t *sqlTable) parse(moment *string) (time.Time, error) {
	if moment == nil {
		return time.Time{}, nil
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999999", *moment)
	return at.In(t.source.zone()), err
}

// sumOf reads the sum of amounts, 0 of none.
func sumOf(text *string) (unit.Decimal, error) {
	if text == nil {
		return unit.Decimal{}, nil
	}
	d, err := unit.ParseDecimal(*text)
	if err != nil {
		return d, fmt.Errorf("an amount is %s, which is no number", *text)
	}
	return d, nil
}

func countOf(text *string) int64 {
	if text == nil {
		return 0
	}
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil {
		return 0 // count(*) is never another text
	}
	return n
}

// ledger counts the rows of all asked periods, by billing period. Rows of other
// periods are not looked at: a table holds years.
func (t *sqlTable) ledger(ctx context.Context, tx pgx.Tx, f *file, qs *questions) error {
	s := &statement{}
	charge := t.instant(t.charge)
	s.by(t.bare(columnIn(t.header, "BillingCurrency")))
	s.byInstant(t.instant(t.billing))
	s.by("(" + charge + " IS NULL)")
	s.sums = []string{"count(*)::text"}
	for _, m := range f.measures {
		amount, err := t.measure(m)
		if err != nil {
			return err
		}
		s.sums = append(s.sums, "sum("+amount+")::text")
	}
	undated := t.quoted(t.charge) + " IS NULL"
	if isText(t.kinds[t.charge]) {
		undated = charge + " IS NULL"
	}
	where := []string{undated}
	for _, q := range qs.breakdowns {
		where = append(where, t.within(s, q.Period, q.Basis))
	}
	if qs.usage != nil {
		where = append(where, t.within(s, qs.usage.period, cost.ByCharge))
	}
	var broken int64
	err := s.run(ctx, tx, t.name, strings.Join(where, " OR "), func(keys, sums []*string) error {
		at, err := t.parse(keys[1])
		if err != nil {
			return err
		}
		p := f.part(cost.BillingPeriodName(at), qs)
		rows, currency := countOf(sums[0]), t.currency(keys[0])
		f.rows += rows
		if currency == "" || keys[1] == nil || *keys[2] != "false" {
			p.skipped, broken = p.skipped+rows, broken+rows
			return nil
		}
		p.rows += rows
		totals := p.sums(currency, len(f.measures))
		for i := range f.measures {
			d, err := sumOf(sums[1+i])
			if err != nil {
				return err
			}
			totals[i].Add(d)
		}
		return nil
	})
	switch {
	case err != nil || broken == 0:
		return err
	case t.source.OnBadRow == "skip":
		f.skipped = "they have no ChargePeriodStart, BillingPeriodStart or currency"
		return nil
	}
	return fmt.Errorf("%d rows have no ChargePeriodStart, BillingPeriodStart or currency; set currency: or on_bad_row: skip on the source", broken)
}

// part returns the part of a billing period.
func (f *file) part(month string, qs *questions) *part {
	p, ok := f.parts[month]
	if !ok {
		p = newPart(qs, f.source)
		f.parts[month] = p
	}
	return p
}

// breakdown answers one query.
func (t *sqlTable) breakdown(ctx context.Context, tx pgx.Tx, f *file, qs *questions, index int) error {
	q, s := qs.breakdowns[index], &statement{}
	charge, start := t.instant(t.charge), t.instant(t.billing)
	s.by(t.bare(columnIn(t.header, "BillingCurrency")))
	s.byInstant(start)
	rule := -1
	var fill []filled
	for _, name := range q.By {
		switch set := into(name); {
		case name == "provider":
			for _, column := range []string{"ProviderName", "ServiceProviderName"} { // the later one wins
				fill = append(fill, filled{s.by(t.bare(columnIn(t.header, column))), set, true})
			}
		case name == cost.RuleKey:
			rule = s.by(t.ruled(s, q.Rules))
		case name == "day" || name == "week" || name == "month":
			s.by(day(charge, t.source.zone().String()))
		case set != nil:
			expression, bare := t.grouped(s, name)
			fill = append(fill, filled{s.by(expression), set, bare})
		}
	}
	if q.Currency != "" {
		s.by(day(charge, time.UTC.String())) // rates are of UTC days
	}
	amount, err := t.measure(q.Measure)
	if err != nil {
		return err
	}
	quantity := t.amount(-1)
	if q.Quantities {
		quantity = t.amount(columnIn(t.header, "ConsumedQuantity", "UsageQuantity"))
	}
	s.sums = []string{inUTC("min(" + charge + ")"), "count(*)::text", "count(" + amount + ")::text", "sum(" + amount + ")::text",
		"count(" + quantity + ")::text", "sum(" + quantity + ")::text"}
	where := []string{t.within(s, q.Period, q.Basis), charge + " IS NOT NULL", start + " IS NOT NULL", t.picks(s, q.Match)}
	return s.run(ctx, tx, t.name, strings.Join(where, " AND "), func(keys, sums []*string) error {
		item := &cost.LineItem{Source: t.source.Name, BillingCurrency: t.currency(keys[0])}
		if item.BillingCurrency == "" {
			return nil // left out, as the ledger says
		}
		a := cost.Aggregate{Item: item, Rows: countOf(sums[1]), Quantities: countOf(sums[4])}
		a.NullRows = a.Rows - countOf(sums[2])
		if rule >= 0 && keys[rule] != nil {
			a.Rule = *keys[rule]
		}
		for _, c := range fill {
			if v := keys[c.at]; v != nil && !(c.bare && missing(*v)) {
				c.set(item, *v)
			}
		}
		var errs [4]error
		item.BillingPeriodStart, errs[0] = t.parse(keys[1])
		item.ChargePeriodStart, errs[1] = t.parse(sums[0])
		a.Sum, errs[2] = sumOf(sums[3])
		a.Consumed, errs[3] = sumOf(sums[5])
		f.part(cost.BillingPeriodName(item.BillingPeriodStart), qs).tallies[index].AddAggregate(a)
		return errors.Join(errs[:]...)
	})
}

// filled is a key of the groups, with the place of its value in an item. A bare
// one may hold what the specification's exports write for nothing.
type filled struct {
	at   int
	set  func(*cost.LineItem, string)
	bare bool
}

// ruled is the number of the first rule that picks a row.
func (t *sqlTable) ruled(s *statement, rules []cost.Match) string {
	var out strings.Builder
	for i, m := range rules {
		fmt.Fprintf(&out, " WHEN %s THEN '%d'", t.picks(s, m), i+1)
	}
	return "CASE" + out.String() + " ELSE NULL END"
}
