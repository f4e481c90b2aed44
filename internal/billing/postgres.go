package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres is a table or view with FOCUS columns in a database that speaks the
// protocol of PostgreSQL. Rows are grouped and added up there, as numeric, and
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
	if s.Format != "" && s.Format != "focus" {
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
	f.format, f.measures = "focus", qs.reads().Measures
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
	f.version = t.version
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
			text += "; write the table as it stands in the catalogue, with its schema: billing.focus"
		case "57014":
			text += fmt.Sprintf("; a statement may take %v: set timeout: on the source, or an index on ChargePeriodStart", cmp.Or(p.Timeout, statementTimeout))
		}
	}
	if config, bad := pgx.ParseConfig(p.DSN); bad == nil && config.Password != "" {
		text = strings.ReplaceAll(text, config.Password, "<secret>")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.New(strings.Join(strings.Fields(text), " "))
}
