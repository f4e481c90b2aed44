package billing_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
)

// focusColumns are the columns of the tables, with what a database may have them
// as instead of texts.
var focusColumns = [...]struct{ name, native string }{
	{"BilledCost", "numeric"}, {"EffectiveCost", "double precision"}, {"ListCost", "text"}, {"BillingCurrency", "varchar(3)"},
	{"ChargePeriodStart", "timestamptz"}, {"BillingPeriodStart", "timestamp"}, {"ChargeCategory", "text"}, {"ServiceName", "text"},
	{"ProviderName", "text"}, {"ServiceProviderName", "text"}, {"SubAccountId", "bigint"}, {"RegionId", "text"}, {"InvoiceId", "text"},
	{"ConsumedQuantity", "numeric"}, {"ConsumedUnit", "text"}, {"Tags", "jsonb"},
}

// create makes a table of rows, with FOCUS's capitals or without, and with texts
// or the types that a database would have.
func create(t require, conn *pgx.Conn, table string, lower, native bool, rows [][]string) {
	t.Helper()
	var columns, names, places []string
	for i, c := range focusColumns {
		name, kind := c.name, "text"
		if lower {
			name = strings.ToLower(name)
		}
		if native {
			kind = c.native
		}
		columns = append(columns, fmt.Sprintf("%q %s", name, kind))
		names = append(names, fmt.Sprintf("%q", name))
		places = append(places, fmt.Sprintf("$%d::text::%s", i+1, kind))
	}
	batch := &pgx.Batch{}
	batch.Queue("DROP TABLE IF EXISTS " + table)
	batch.Queue("CREATE TABLE " + table + " (" + strings.Join(columns, ", ") + ")")
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	batch = &pgx.Batch{}
	for _, row := range rows {
		values := make([]any, len(row))
		for i, v := range row {
			if values[i] = v; native && v == "" {
				values[i] = nil
			}
		}
		batch.Queue("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", values...)
	}
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
}

// require is what tests and properties have in common.
type require interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func writeCSV(t require, path string, rows [][]string) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := csv.NewWriter(out)
	var header []string
	for _, c := range focusColumns {
		header = append(header, c.name)
	}
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatal(err)
	}
}

// drawRow makes a row with what is hard: missing values, credits, digits far
// behind the point, days at the edge of a month, tags with quotes and without.
func drawRow(t *rapid.T) []string {
	pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	amount := func(label string) string {
		return pick(label, "", "0", "0.1", "0.2", "-3.75", "1e-12", "123456789012345.000000000001", "0.30000000000000004", "1E3")
	}
	return []string{
		amount("billed"), pick("effective", "", "0.1", "0.2", "2.5", "-0.30000000000000004"), amount("list"), pick("currency", "USD", "EUR", "usd"),
		pick("charge", "2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z"),
		pick("billing", "2026-09-01 00:00:00", "2026-10-01 00:00:00", "2026-10-15 00:00:00"),
		pick("category", "Usage", "Credit", ""), pick("service", "Amazon EC2", "100%_sure", "1000 unsure", `back\slash`, "", "Datenbank-Größe"),
		pick("provider", "AWS", ""), pick("service provider", "", "Azure"), pick("account", "12", "7", ""), pick("region", "eu-west-1", "eu-north-1", ""),
		pick("invoice", "0042", ""), pick("quantity", "", "1", "0.5"), pick("unit", "GB", "Hours", ""),
		pick("tags", "", "{}", `{"team": "core", "tier": "gold"}`, `{"team": "data", "org": "", "organization": "acme"}`, `{"it's \"odd\"": "x'; DROP TABLE", "n": 12.50, "b": true, "z": null}`),
	}
}

func drawQuery(t *rapid.T, tb require) cost.Query {
	q := cost.Query{
		Measure: rapid.SampledFrom([]cost.Measure{"", cost.Billed, cost.Effective, cost.List}).Draw(t, "measure"),
		Basis:   rapid.SampledFrom([]cost.Basis{"", cost.ByBilling}).Draw(t, "basis"),
		By: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"provider", "service", "account", "region", "day", "week", "month", "billing_period",
			"team", "org", "tier", "source", "model", "tag.n", "tag.b", "tag.z", `tag.it's "odd"`, "invoice", "charge_category"}), 0, 4, rapid.ID).Draw(t, "by"),
		Quantities: rapid.Bool().Draw(t, "quantities"),
		Top:        rapid.IntRange(0, 3).Draw(t, "top"),
	}
	matches := []cost.Match{nil, {"service": {"Amazon*"}}, {"service": {"100%_s*", `back\*`}}, {"team": {"*"}}, {"team": {""}}, {"region": {"eu-*", ""}, "provider": {"AWS"}},
		{"billing_period": {"2026-10", "2026-10-15"}}, {"source": {"cloud"}}, {"account": {"7"}}, {`tag.it's "odd"`: {"x'; DROP*"}}, {"model": {"*"}}}
	q.Match = rapid.SampledFrom(matches).Draw(t, "match")
	if rapid.Bool().Draw(t, "rules") {
		q.Rules = []cost.Match{rapid.SampledFrom(matches[1:]).Draw(t, "rule 1"), rapid.SampledFrom(matches).Draw(t, "rule 2")}
		q.By = append(q.By, cost.RuleKey)
	}
	if q.Quantities {
		q.By = append(q.By, cost.UnitKey)
	}
	if rapid.Bool().Draw(t, "convert") {
		rates, err := cost.ParseRates("rates.csv", []byte("date,from,to,rate\n2026-10-01,EUR,USD,1.1\n2026-10-25,EUR,USD,1.25\n"))
		if err != nil {
			tb.Fatal(err)
		}
		q.Currency, q.Rates = "USD", rates
	}
	return q
}

// The same rows give the same reports from a file and from a table, whatever is
// asked, whatever the types and the case of the columns, and in any zone.
func testTableEqualsFile(t *testing.T, dsn string) {
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	path := filepath.Join(t.TempDir(), "bill.csv")
	zones := []string{"UTC", "America/New_York", "Asia/Kolkata"}
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 0, 12).Draw(rt, "rows")
		writeCSV(rt, path, rows)
		create(rt, conn, "bills", rapid.Bool().Draw(rt, "lower"), rapid.Bool().Draw(rt, "native"), rows)
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		qs := []cost.Query{drawQuery(rt, rt), drawQuery(rt, rt)}
		for i := range qs {
			qs[i].Period = month(t, "2026-10")
		}
		meter := rapid.Bool().Draw(rt, "meter")
		file := billing.Source{Name: "cloud", Format: "focus", Path: path, Zone: zone, Meter: meter}
		table := billing.Source{Name: "cloud", Format: "focus", Postgres: &billing.Postgres{DSN: dsn, Table: "public.bills"}, Zone: zone, Meter: meter}
		if diff := cmp.Diff(reportsOf(rt, file, qs), reportsOf(rt, table, qs)); diff != "" {
			rt.Error(diff)
		}
	})
}

// reportsOf returns the reports as JSON, without the ledgers, and what is consumed.
func reportsOf(t require, s billing.Source, qs []cost.Query) string {
	t.Helper()
	reports, err := billing.Breakdown(t.Context(), []billing.Source{s}, qs)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, r := range reports {
		if r.Rejected() {
			t.Fatalf("%+v", r.Ledger)
		}
		r.Ledger = nil
		text, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		for _, g := range r.Groups {
			if g.Consumed != nil {
				fmt.Fprintf(&out, "\nconsumed %s", g.Consumed)
			}
		}
	}
	return out.String()
}

func TestPostgres(t *testing.T) {
	dsn := postgresServer(t)
	t.Run("table equals file", func(t *testing.T) { testTableEqualsFile(t, dsn) })
	t.Run("spend of LiteLLM", func(t *testing.T) { testLiteLLMTable(t, dsn) })
	t.Run("spend of LiteLLM that is broken", func(t *testing.T) { testLiteLLMFaults(t, dsn) })
	t.Run("ledger and errors", func(t *testing.T) { testTableLedger(t, dsn) })
}

// row is a row of 1.5 USD of October with other values for some columns.
func focusRow(values ...string) []string {
	row := make([]string, len(focusColumns))
	set := append([]string{"BilledCost", "1.5", "BillingCurrency", "USD", "ChargePeriodStart", "2026-10-03T00:00:00Z", "BillingPeriodStart", "2026-10-01T00:00:00Z", "ServiceName", "compute"}, values...)
	for i, c := range focusColumns {
		for pair := range slices.Chunk(set, 2) {
			if pair[0] == c.name {
				row[i] = pair[1]
			}
		}
	}
	return row
}

// The ledger has a line for each billing period of the rows that were looked at;
// what cannot be summed is rejected with its reason, and the password is in none.
func testTableLedger(t *testing.T, dsn string) {
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `CREATE SCHEMA finance; CREATE TABLE "odd; DROP TABLE x" (a int)`); err != nil {
		t.Fatal(err)
	}
	source := func(change func(*billing.Source)) billing.Source {
		s := billing.Source{Name: "db", Postgres: &billing.Postgres{DSN: dsn, Table: "finance.rows"}}
		if change != nil {
			change(&s)
		}
		return s
	}
	for name, test := range map[string]struct {
		native bool
		rows   [][]string
		change func(*billing.Source)
		want   string
	}{
		"two billing periods": {rows: [][]string{focusRow(), focusRow("BillingPeriodStart", "2026-11-01"), focusRow("BilledCost", ""), focusRow("ChargePeriodStart", "2026-12-03")},
			want: "total 3 USD, 3 rows\n2026-10 used 2 rows 1.5 USD\n2026-11 used 1 rows 1.5 USD\n"},
		"no instant": {rows: [][]string{focusRow(), focusRow("ChargePeriodStart", "NULL")}, native: false,
			want: " rejected 0 rows: 1 rows have no ChargePeriodStart, BillingPeriodStart or currency; set currency: or on_bad_row: skip on the source\n"},
		"null instant":   {rows: [][]string{focusRow(), focusRow("ChargePeriodStart", "")}, native: true, want: " rejected 0 rows: 1 rows have no ChargePeriodStart, BillingPeriodStart or currency; set currency: or on_bad_row: skip on the source\n"},
		"skipped":        {rows: [][]string{focusRow(), focusRow("ChargePeriodStart", "")}, native: true, change: func(s *billing.Source) { s.OnBadRow = "skip" }, want: "total 1.5 USD, 1 rows\n2026-10 used 1 rows 1.5 USD: they have no ChargePeriodStart, BillingPeriodStart or currency\n"},
		"not a number":   {rows: [][]string{focusRow(), focusRow("BilledCost", "NaN")}, want: " rejected 0 rows: an amount is NaN, which is no number\n"},
		"no amount":      {rows: [][]string{focusRow("BilledCost", "1,50")}, want: ` rejected 0 rows: PostgreSQL refuses: invalid input syntax for type numeric: "1,50" (22P02)` + "\n"},
		"no currency":    {rows: [][]string{focusRow("BillingCurrency", "")}, want: " rejected 0 rows: 1 rows have no ChargePeriodStart, BillingPeriodStart or currency; set currency: or on_bad_row: skip on the source\n"},
		"given currency": {rows: [][]string{focusRow("BillingCurrency", "")}, change: func(s *billing.Source) { s.Currency = "EUR" }, want: "total 1.5 EUR, 1 rows\n2026-10 used 1 rows 1.5 EUR\n"},
		"no such table": {change: func(s *billing.Source) { s.Postgres.Table = `x"; DROP TABLE finance.rows; --` },
			want: ` rejected 0 rows: PostgreSQL refuses: relation "x"; DROP TABLE finance.rows; --" does not exist (42P01)`},
		"other columns":          {change: func(s *billing.Source) { s.Postgres.Table = "odd; DROP TABLE x" }, want: " rejected 0 rows: the column ChargePeriodStart is missing\n"},
		"wrong password":         {change: func(s *billing.Source) { s.Postgres.DSN = strings.Replace(dsn, password, "wrong-secret", 1) }, want: "password authentication failed"},
		"no server":              {change: func(s *billing.Source) { s.Postgres.DSN = "postgres://finance:" + password + "@127.0.0.1:1/x" }, want: "connection refused"},
		"no server, asked twice": {change: func(s *billing.Source) { s.Postgres.DSN = "postgres://finance@127.0.0.1:1/x?sslmode=prefer" }, want: " rejected 0 rows: failed to connect to `user=finance database=x`: 127.0.0.1:1 (127.0.0.1): dial error: dial tcp 127.0.0.1:1: connect: connection refused\n"},
		"no DSN":                 {change: func(s *billing.Source) { s.Postgres.DSN = "postgres://finance:" + password + "@[/x" }, want: " rejected 0 rows: the dsn cannot be read; write postgres://user@host:5432/database\n"},
	} {
		t.Run(name, func(t *testing.T) {
			create(t, conn, "finance.rows", false, test.native, test.rows)
			got := askTable(t, source(test.change))
			if exact := strings.HasSuffix(test.want, "\n"); exact && got != test.want || !strings.Contains(got, test.want) {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
			if strings.Contains(got, password) || strings.Contains(got, "wrong-secret") {
				t.Errorf("the password is printed: %s", got)
			}
		})
	}
}

func askTable(t *testing.T, s billing.Source) string {
	t.Helper()
	reports, err := billing.Breakdown(t.Context(), []billing.Source{s}, []cost.Query{{Period: month(t, "2026-10")}})
	if err != nil {
		return "error: " + err.Error()
	}
	var out strings.Builder
	for _, total := range reports[0].Totals {
		fmt.Fprintf(&out, "total %s %s, %d rows\n", total.Amount, total.Currency, total.Rows)
	}
	for _, e := range reports[0].Ledger {
		fmt.Fprintf(&out, "%s %s %d rows", e.BillingPeriod, e.Status, e.Rows)
		for _, a := range e.Amounts {
			fmt.Fprintf(&out, " %s %s", a.Amount, a.Currency)
		}
		if e.Reason != "" {
			fmt.Fprintf(&out, ": %s", e.Reason)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// BenchmarkTable adds up a million rows where they are, and, beside it, exports
// the columns of the same rows and adds up the file.
func BenchmarkTable(b *testing.B) {
	const rows = 1_000_000
	dsn := postgresServer(b)
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	if _, err := conn.Exec(b.Context(), fmt.Sprintf(`CREATE TABLE bills AS SELECT (i %% 100003) / 1e7 AS "BilledCost", (i %% 99991) / 1e7 AS "EffectiveCost", 'USD' AS "BillingCurrency",
		timestamptz '2026-10-01Z' + i %% 744 * interval '1 hour' AS "ChargePeriodStart", timestamptz '2026-10-01Z' AS "BillingPeriodStart",
		'provider ' || i %% 3 AS "ProviderName", 'service ' || i %% 50 AS "ServiceName", 'region ' || i %% 10 AS "RegionId" FROM generate_series(1, %d) AS i`, rows)); err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Exec(b.Context(), "VACUUM ANALYZE bills"); err != nil {
		b.Fatal(err)
	}
	q := cost.Query{Period: month(b, "2026-10"), By: []string{"provider", "service", "region"}}
	b.Run("pushed down", func(b *testing.B) {
		for b.Loop() {
			reports, err := billing.Breakdown(b.Context(), []billing.Source{{Name: "db", Postgres: &billing.Postgres{DSN: dsn, Table: "bills"}}}, []cost.Query{q})
			if err != nil || reports[0].Rejected() || reports[0].Totals[0].Rows != rows {
				b.Fatal(err, reports)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("read out", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "bill.csv")
		for b.Loop() {
			out, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := conn.PgConn().CopyTo(b.Context(), out, `COPY (SELECT "BilledCost", "BillingCurrency", to_char("ChargePeriodStart" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS "ChargePeriodStart",
				to_char("BillingPeriodStart" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS "BillingPeriodStart", "ProviderName", "ServiceName", "RegionId" FROM bills) TO STDOUT (FORMAT csv, HEADER)`); err != nil {
				b.Fatal(err)
			}
			if err := out.Close(); err != nil {
				b.Fatal(err)
			}
			reports, err := billing.Breakdown(b.Context(), []billing.Source{{Name: "file", Path: path}}, []cost.Query{q})
			if err != nil || reports[0].Rejected() || reports[0].Totals[0].Rows != rows {
				b.Fatal(err, reports)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
