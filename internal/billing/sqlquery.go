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
// never a part of the text.
type statement struct {
	keys, sums []string
	args       []any
}

func (s *statement) param(text string) string {
	s.args = append(s.args, text)
	return "$" + strconv.Itoa(len(s.args)) + "::text"
}

// by adds a column to group by, and returns where it stands.
func (s *statement) by(expression string) int {
	s.keys = append(s.keys, expression)
	return len(s.keys) - 1
}

// run calls each with the values of every group, nil for NULL.
func (s *statement) run(ctx context.Context, tx pgx.Tx, table, where string, each func(keys, sums []*string) error) error {
	ordinals := make([]string, len(s.keys))
	for i := range ordinals {
		ordinals[i] = strconv.Itoa(i + 1)
	}
	rows, err := tx.Query(ctx, "SELECT "+strings.Join(append(slices.Clone(s.keys), s.sums...), ", ")+" FROM "+table+
		" WHERE "+where+" GROUP BY "+strings.Join(ordinals, ", "), s.args...)
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
	if basis == cost.ByBilling {
		i = t.billing
	}
	column, cast, layout := t.instant(i), "::timestamptz", time.RFC3339Nano
	if k := t.kinds[i]; k == pgtype.TimestampOID || k == pgtype.DateOID {
		column, cast, layout = t.quoted(i), "::timestamp", "2006-01-02 15:04:05.999999999"
	}
	at := func(x time.Time) string { return s.param(x.In(t.source.zone()).Format(layout)) + cast }
	return fmt.Sprintf("(%s >= %s AND %s < %s)", column, at(span.Start), column, at(span.End))
}

// moment is the first instant of a group, in UTC.
func moment(expression string) string {
	return "(min(" + expression + ") AT TIME ZONE 'UTC')::text"
}

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
	charge, start, currency := t.instant(t.charge), t.instant(t.billing), t.currency(s)
	s.by(currency)
	s.by(day(start, t.source.zone().String()))
	s.by("CASE WHEN " + charge + " IS NULL THEN NULL ELSE 'dated' END")
	s.sums = []string{moment(start), "count(*)::text"}
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
		at, err := t.parse(sums[0])
		if err != nil {
			return err
		}
		p := f.part(cost.BillingPeriodName(at), qs)
		rows := countOf(sums[1])
		f.rows += rows
		if slices.Contains(keys, nil) {
			p.skipped, broken = p.skipped+rows, broken+rows
			return nil
		}
		p.rows += rows
		totals := p.sums(*keys[0], len(f.measures))
		for i := range f.measures {
			d, err := sumOf(sums[2+i])
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
	currency := t.currency(s)
	s.by(currency)
	s.by(day(start, t.source.zone().String()))
	rule := -1
	fill := map[int]func(*cost.LineItem, string){}
	for _, name := range q.By {
		switch set := into(name); {
		case name == cost.RuleKey:
			rule = s.by(t.ruled(s, q.Rules))
		case name == "day" || name == "week" || name == "month":
			s.by(day(charge, t.source.zone().String()))
		case set != nil:
			fill[s.by(t.key(s, name))] = set
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
	s.sums = []string{moment(start), moment(charge), "count(*)::text", "count(" + amount + ")::text", "sum(" + amount + ")::text",
		"count(" + quantity + ")::text", "sum(" + quantity + ")::text"}
	where := []string{t.within(s, q.Period, q.Basis), charge + " IS NOT NULL", start + " IS NOT NULL", "(" + currency + ") IS NOT NULL", t.picks(s, q.Match)}
	return s.run(ctx, tx, t.name, strings.Join(where, " AND "), func(keys, sums []*string) error {
		item := &cost.LineItem{Source: t.source.Name, BillingCurrency: *keys[0]}
		a := cost.Aggregate{Item: item, Rows: countOf(sums[2]), Quantities: countOf(sums[5])}
		a.NullRows = a.Rows - countOf(sums[3])
		if rule >= 0 && keys[rule] != nil {
			a.Rule = *keys[rule]
		}
		for i, set := range fill {
			if keys[i] != nil {
				set(item, *keys[i])
			}
		}
		var errs [4]error
		item.BillingPeriodStart, errs[0] = t.parse(sums[0])
		item.ChargePeriodStart, errs[1] = t.parse(sums[1])
		a.Sum, errs[2] = sumOf(sums[4])
		a.Consumed, errs[3] = sumOf(sums[6])
		f.part(cost.BillingPeriodName(item.BillingPeriodStart), qs).tallies[index].AddAggregate(a)
		return errors.Join(errs[:]...)
	})
}

// ruled is the number of the first rule that picks a row.
func (t *sqlTable) ruled(s *statement, rules []cost.Match) string {
	var out strings.Builder
	for i, m := range rules {
		fmt.Fprintf(&out, " WHEN %s THEN '%d'", t.picks(s, m), i+1)
	}
	return "CASE" + out.String() + " ELSE NULL END"
}
