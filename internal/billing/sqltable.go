package billing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/slactl/slactl/internal/cost"
)

// sqlTable is a table of line items in a database. Its expressions say in SQL
// what the reader of FOCUS files does with a field.
type sqlTable struct {
	source  *Source
	name    string // quoted
	header  []string
	kinds   []uint32 // the types of the columns
	charge  int
	billing int
}

// describe asks for the columns. Their names may have FOCUS's capitals, or none.
func describe(ctx context.Context, tx pgx.Tx, s *Source) (*sqlTable, error) {
	t := &sqlTable{source: s, name: pgx.Identifier(strings.Split(s.Postgres.Table, ".")).Sanitize()}
	rows, err := tx.Query(ctx, "SELECT * FROM "+t.name+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	for _, c := range rows.FieldDescriptions() {
		t.header, t.kinds = append(t.header, c.Name), append(t.kinds, c.DataTypeOID)
	}
	rows.Close()
	return t, rows.Err()
}

func (t *sqlTable) quoted(i int) string { return pgx.Identifier{t.header[i]}.Sanitize() }

func isText(kind uint32) bool {
	return slices.Contains([]uint32{pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID}, kind)
}

// text is a column's text, NULL where it is missing; so is a column that is not
// there.
func (t *sqlTable) text(i int) string {
	switch {
	case i < 0:
		return "NULL::text"
	case !isText(t.kinds[i]):
		return t.quoted(i) + "::text"
	}
	c := t.quoted(i)
	return fmt.Sprintf(`CASE WHEN btrim(%s, E' \t\r\n') IN ('', 'NULL', 'null') THEN NULL ELSE %s::text END`, c, c)
}

// amount is a column's exact number. A double is the shortest decimal that gives
// it back, as in files.
func (t *sqlTable) amount(i int) string {
	switch {
	case i < 0:
		return "NULL::numeric"
	case t.kinds[i] == pgtype.NumericOID:
		return t.quoted(i)
	case isText(t.kinds[i]), t.kinds[i] == pgtype.Float4OID, t.kinds[i] == pgtype.Float8OID:
		return "(" + t.text(i) + ")::numeric"
	}
	return t.quoted(i) + "::numeric"
}

// instant is a column's moment; one without a zone is in that of the source.
func (t *sqlTable) instant(i int) string {
	zone := literal(t.source.zone().String())
	switch t.kinds[i] {
	case pgtype.TimestamptzOID:
		return t.quoted(i)
	case pgtype.TimestampOID:
		return "(" + t.quoted(i) + " AT TIME ZONE " + zone + ")"
	case pgtype.DateOID:
		return "(" + t.quoted(i) + "::timestamp AT TIME ZONE " + zone + ")"
	}
	return "(" + t.text(i) + ")::timestamptz"
}

// day is the date of an instant in a zone.
func day(instant, zone string) string {
	return "(" + instant + " AT TIME ZONE " + literal(zone) + ")::date"
}

// currency is what a row has, else that of the source, "" without either.
func (t *sqlTable) currency(own *string) string {
	if own == nil || missing(*own) {
		return t.source.Currency
	}
	return upper(*own)
}

// bare is a column as it is.
func (t *sqlTable) bare(i int) string {
	if i < 0 {
		return "NULL::text"
	}
	return t.quoted(i)
}

// grouped is what to group by for a key, and whether it is a bare column.
func (t *sqlTable) grouped(s *statement, name string) (expression string, bare bool) {
	for _, c := range focusTexts() {
		if c.key == name {
			return t.bare(columnIn(t.header, strings.Split(c.names, "|")...)), true
		}
	}
	return t.key(s, name), false
}

// measure is the column of an amount.
func (t *sqlTable) measure(m cost.Measure) (string, error) {
	switch {
	case m == cost.Metered && !t.source.Meter:
		return t.amount(-1), nil
	case m == cost.Metered:
		m = cost.Measure(t.source.Measure)
	}
	if m == "" {
		m = cost.Billed
	}
	for _, a := range focusAmounts {
		names := strings.Split(a.names, "|")
		if i := columnIn(t.header, names...); a.measure == m && i >= 0 {
			return t.amount(i), nil
		} else if a.measure == m {
			return "", missingColumn(names[0])
		}
	}
	return t.amount(-1), nil
}

// key is what a row says to a key of queries, NULL or empty for nothing.
func (t *sqlTable) key(s *statement, name string) string {
	tag := func(key string) string {
		i := columnIn(t.header, "Tags")
		switch {
		case i < 0:
			return "NULL::text"
		case isText(t.kinds[i]):
			return "((" + t.text(i) + ")::jsonb ->> " + s.param(key) + ")"
		}
		return "(" + t.quoted(i) + " ->> " + s.param(key) + ")"
	}
	switch name {
	case "provider":
		return "coalesce(" + t.text(columnIn(t.header, "ServiceProviderName")) + ", " + t.text(columnIn(t.header, "ProviderName")) + ")"
	case "source":
		return s.param(t.source.Name)
	case "billing_period":
		d := day(t.instant(t.billing), t.source.zone().String()) + "::text"
		return "CASE WHEN substr(" + d + ", 9) = '01' THEN substr(" + d + ", 1, 7) ELSE " + d + " END"
	case "team", "tier":
		return tag(name)
	case "org", "organization":
		return "coalesce(nullif(" + tag("org") + ", ''), " + tag("organization") + ")"
	}
	if key, ok := strings.CutPrefix(name, "tag."); ok {
		return tag(key)
	}
	for _, c := range focusTexts() {
		if c.key == name {
			return t.text(columnIn(t.header, strings.Split(c.names, "|")...))
		}
	}
	return "NULL::text" // what FOCUS does not say, such as the model
}

// into returns the place of a key's value in an item; nil where the item answers
// by its instants or its source.
func into(name string) func(*cost.LineItem, string) {
	switch name {
	case "provider":
		return func(i *cost.LineItem, v string) { i.ServiceProvider = v }
	case "team":
		return func(i *cost.LineItem, v string) { i.Team = v }
	case "org", "organization":
		return func(i *cost.LineItem, v string) { i.Organization = v }
	}
	key, isTag := strings.CutPrefix(name, "tag.") // the tier is the tag of that name
	if isTag || name == "tier" {
		return func(i *cost.LineItem, v string) {
			if i.Tags == nil {
				i.Tags = map[string]string{}
			}
			i.Tags[key] = v
		}
	}
	for _, c := range focusTexts() {
		if c.key == name {
			return func(i *cost.LineItem, v string) { *c.into(i) = v }
		}
	}
	return nil
}

// picks is the condition that a match is.
func (t *sqlTable) picks(s *statement, m cost.Match) string {
	all := []string{"TRUE"}
	for _, name := range m.Keys() {
		k := t.key(s, name)
		var any []string
		for _, pattern := range m[name] {
			if strings.Contains(pattern, "*") {
				like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, `*`, `%`).Replace(pattern)
				any = append(any, fmt.Sprintf("(%s LIKE %s AND %s <> '')", k, s.param(like), k))
			} else {
				any = append(any, fmt.Sprintf("coalesce(%s, '') = %s", k, s.param(pattern)))
			}
		}
		all = append(all, "("+strings.Join(append(any, "FALSE"), " OR ")+")")
	}
	return strings.Join(all, " AND ")
}
