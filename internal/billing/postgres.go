package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres is a table or view with FOCUS columns, or one of LiteLLM's tables of
// spend, in a database that speaks the protocol of PostgreSQL. Rows are grouped and added up there, as numeric, and
// only the groups come here.
type Postgres struct {
	DSN   string // a secret: a URL, or keywords and values
	Table string // name or schema.name, as it stands in the catalogue
	// Timeout bounds one statement; 0 is ten minutes.
	Timeout time.Duration
}

const statementTimeout = 10 * time.Minute

// openTable makes the book of a source whose rows are in a database: one file,
// the table.
func openTable(s *Source) *book {
	b := &book{source: s}
	if s.Format != "" && s.Format != "focus" && s.Format != "litellm-spend" {
		b.err = fmt.Errorf("source %s: tables of the format %s are not read from PostgreSQL; export them to files", s.Name, s.Format)
		return b
	}
	b.files = []*file{{source: s, path: "postgres:" + s.Postgres.Table, parts: map[string]*part{}}}
	return b
}

// readTable answers the questions, a statement each, from one snapshot of the
// table.
func (b *book) readTable(ctx context.Context, qs *questions) {
	f := b.files[0]
	f.format, f.measures = cmp.Or(f.source.Format, "focus"), qs.reads().Measures
	if err := f.query(ctx, qs); err != nil {
		f.err = b.source.Postgres.explain(err)
		f.parts, f.rows = map[string]*part{}, 0
	}
}

func (f *file) query(ctx context.Context, qs *questions) error {
	p := f.source.Postgres
	config, err := pgx.ParseConfig(p.DSN)
	if p.DSN == "" || err != nil {
		// What the library says of a text that it cannot read may quote the secret.
		return errors.New("the dsn cannot be read; write postgres://user@host:5432/database")
	}
	// Nothing is prepared by name, which poolers of connections do not like.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, 15*time.Second)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // reading is over, whatever it says
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
	for _, setting := range []string{
		fmt.Sprintf("SET LOCAL statement_timeout = %d", cmp.Or(p.Timeout, statementTimeout).Milliseconds()),
		"SET LOCAL TIME ZONE " + literal(f.source.zone().String()), // for texts without a zone
		"SET LOCAL datestyle = 'ISO, MDY'",
		"SET LOCAL extra_float_digits = 1", // the shortest decimal of a double
	} {
		if _, err := tx.Exec(ctx, setting); err != nil {
			return err
		}
	}
	t, err := describe(ctx, tx, f.source)
	if err != nil {
		return err
	}
	if f.format == "litellm-spend" {
		return t.litellm(ctx, tx, f, qs)
	}
	return t.focus(ctx, tx, f, qs)
}

// focus answers the questions from a table with FOCUS columns.
func (t *sqlTable) focus(ctx context.Context, tx pgx.Tx, f *file, qs *questions) error {
	f.version, _ = recogniseFocus(t.header)
	if t.charge = columnIn(t.header, "ChargePeriodStart"); t.charge < 0 {
		return missingColumn("ChargePeriodStart")
	}
	if t.billing = columnIn(t.header, "BillingPeriodStart"); t.billing < 0 {
		return missingColumn("BillingPeriodStart")
	}
	if err := t.ledger(ctx, tx, f, qs); err != nil {
		return err
	}
	for i := range qs.breakdowns {
		if err := t.breakdown(ctx, tx, f, qs, i); err != nil {
			return err
		}
	}
	return nil
}

// literal quotes a text for SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// explain says in a reader's words what the database refused, without the
// password.
func (p *Postgres) explain(err error) error {
	text := err.Error()
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		text = fmt.Sprintf("PostgreSQL refuses: %s (%s)", refusal.Message, refusal.Code)
		switch refusal.Code {
		case "42P01":
			text += "; write the table as it stands in the catalogue, without quotes and with its schema: billing.focus"
		case "57014":
			text += fmt.Sprintf("; a statement may take %v: set timeout: on the source, or an index on the column with the date", cmp.Or(p.Timeout, statementTimeout))
		}
	}
	if config, bad := pgx.ParseConfig(p.DSN); bad == nil && config.Password != "" {
		text = strings.ReplaceAll(text, config.Password, "<secret>")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.New(oneLine(text))
}

// oneLine joins the lines of a text. One attempt to connect after another, with
// TLS and without, may end with the same words, which say no more the second time.
func oneLine(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, " ")
}
