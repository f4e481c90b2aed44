package billing_test

import (
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

// spendTables are the tables of LiteLLM's schema.prisma, as far as they are read,
// with the types that Prisma gives the columns.
var spendTables = map[string][][2]string{
	"LiteLLM_SpendLogs": {{"request_id", "text"}, {"api_key", "text"}, {"spend", "double precision"}, {"prompt_tokens", "integer"}, {"completion_tokens", "integer"},
		{"startTime", "timestamp(3)"}, {"model", "text"}, {"custom_llm_provider", "text"}, {"user", "text"}, {"metadata", "jsonb"}, {"cache_hit", "text"},
		{"team_id", "text"}, {"organization_id", "text"}, {"end_user", "text"}},
	"LiteLLM_DailyTeamSpend": {{"team_id", "text"}, {"date", "text"}, {"api_key", "text"}, {"model", "text"}, {"custom_llm_provider", "text"}, {"prompt_tokens", "bigint"},
		{"completion_tokens", "bigint"}, {"cache_read_input_tokens", "bigint"}, {"cache_creation_input_tokens", "bigint"}, {"spend", "double precision"}, {"api_requests", "bigint"}},
	"LiteLLM_DailyUserSpend": {{"user_id", "text"}, {"date", "text"}, {"model", "text"}, {"prompt_tokens", "bigint"}, {"completion_tokens", "bigint"},
		{"cache_read_input_tokens", "bigint"}, {"cache_creation_input_tokens", "bigint"}, {"spend", "double precision"}, {"api_requests", "bigint"}},
	"LiteLLM_DailyTagSpend": {{"tag", "text"}, {"date", "text"}, {"model", "text"}, {"prompt_tokens", "bigint"}, {"completion_tokens", "bigint"},
		{"spend", "double precision"}, {"api_requests", "bigint"}},
}

// spendValues are what is hard in a column: sums of doubles that are not exact,
// the edges of a month, cached tokens in columns and in metadata, more of them than
// of the prompt, LiteLLM's own cache.
var spendValues = map[string][]string{
	"request_id": {"r"}, "api_key": {"k1", "k2"}, "spend": {"0", "0.1", "0.2", "1.25e-05", "123456.789", "0.30000000000000004"},
	"prompt_tokens": {"0", "7", "1000", "1001", "5000"}, "completion_tokens": {"0", "50"},
	"startTime": {"2026-09-30 23:59:59.999", "2026-10-01 00:00:00", "2026-10-01 23:30:00", "2026-10-25 04:30:00.5", "2026-10-31 23:00:00", "2026-11-01 00:00:00"},
	"date":      {"2026-09-30", "2026-10-01", "2026-10-25", "2026-10-31", "2026-11-01"}, "model": {"gpt-5", "claude-sonnet-4-5", ""}, "custom_llm_provider": {"openai", ""},
	"user": {"ada", ""}, "user_id": {"ada", "bob"}, "end_user": {"customer", ""}, "tag": {"batch", ""}, "team_id": {"core", "data", ""}, "organization_id": {"acme", ""},
	"cache_hit": {"", "False", "True"}, "cache_read_input_tokens": {"0", "500", "1001"}, "cache_creation_input_tokens": {"0", "3"}, "api_requests": {"0", "1", "4"},
	"metadata": {"", "{}", `{"usage_object": {"cache_read_input_tokens": 5, "cache_creation_input_tokens": null}}`, `{"usage_object": {"prompt_tokens_details": {"cached_tokens": 600}}}`,
		`{"usage_object": null, "additional_usage_values": {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 4}}`},
}

// createSpend makes a table of rows, "" being NULL.
func createSpend(t require, conn *pgx.Conn, table string, columns [][2]string, rows [][]string) {
	t.Helper()
	var defined, places []string
	for i, c := range columns {
		defined = append(defined, fmt.Sprintf("%q %s", c[0], c[1]))
		places = append(places, fmt.Sprintf("nullif($%d::text, '')::%s", i+1, c[1]))
	}
	name := pgx.Identifier{table}.Sanitize()
	batch := &pgx.Batch{}
	batch.Queue("DROP TABLE IF EXISTS " + name)
	batch.Queue("CREATE TABLE " + name + " (" + strings.Join(defined, ", ") + ")")
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	batch = &pgx.Batch{}
	for _, row := range rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = v
		}
		batch.Queue("INSERT INTO "+name+" VALUES ("+strings.Join(places, ", ")+")", values...)
	}
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
}

// The same rows of spend give the same breakdowns and the same tokens from a file
// and from a table.
func testLiteLLMTable(t *testing.T, dsn string) {
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	path := filepath.Join(t.TempDir(), "spend.csv")
	var tables []string
	for name := range spendTables {
		tables = append(tables, name)
	}
	slices.Sort(tables)
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SampledFrom(tables).Draw(rt, "table")
		columns := spendTables[table]
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []string {
			var row []string
			for _, c := range columns {
				row = append(row, rapid.SampledFrom(spendValues[c[0]]).Draw(t, c[0]))
			}
			return row
		}), 0, 12).Draw(rt, "rows")
		createSpend(rt, conn, table, columns, rows)
		writeSpend(rt, path, columns, rows)
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "America/New_York"}).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		meter := rapid.Bool().Draw(rt, "meter")
		file := billing.Source{Name: "proxy", Format: "litellm-spend", Path: path, Zone: zone, Meter: meter}
		inTable := billing.Source{Name: "proxy", Format: "litellm-spend", Zone: zone, Meter: meter, Postgres: &billing.Postgres{DSN: dsn, Table: "public." + table}}
		qs := []cost.Query{drawSpendQuery(rt, "2026-10"), drawSpendQuery(rt, "2026-09")}
		for i := range qs {
			qs[i].Period = month(t, []string{"2026-10", "2026-09"}[i])
		}
		if diff := cmp.Diff(spendReports(rt, file, qs), spendReports(rt, inTable, qs)); diff != "" {
			rt.Error("breakdowns: " + diff)
		}
		thresholds := rapid.SampledFrom([][]int64{nil, {1000}, {6, 1000}}).Draw(rt, "thresholds")
		if diff := cmp.Diff(spendUsages(t, rt, file, thresholds), spendUsages(t, rt, inTable, thresholds)); diff != "" {
			rt.Error("tokens: " + diff)
		}
	})
}

func drawSpendQuery(t *rapid.T, label string) cost.Query {
	return cost.Query{
		Measure: rapid.SampledFrom([]cost.Measure{cost.Metered, cost.Billed}).Draw(t, "measure "+label),
		Basis:   rapid.SampledFrom([]cost.Basis{"", cost.ByBilling}).Draw(t, "basis "+label),
		By: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"provider", "service", "model", "day", "week", "month", "billing_period", "team", "org", "source",
			"tag.user", "tag.tag", "tag.api_key", "charge_category"}), 0, 3, rapid.ID).Draw(t, "by "+label),
		Match: rapid.SampledFrom([]cost.Match{nil, {"team": {"co*"}}, {"tag.user": {"ada"}}, {"model": {""}}}).Draw(t, "match "+label),
	}
}

func writeSpend(t require, path string, columns [][2]string, rows [][]string) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var header []string
	for _, c := range columns {
		header = append(header, c[0])
	}
	if err := csv.NewWriter(out).WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatal(err)
	}
}

// spendReports is reportsOf without the notes, which for files speak of the rows of
// other periods as well.
func spendReports(t require, s billing.Source, qs []cost.Query) string {
	t.Helper()
	reports, err := billing.Breakdown(t.Context(), []billing.Source{s}, qs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if r.Rejected() {
			t.Fatalf("%+v", r.Ledger)
		}
		r.Ledger, r.Notes = nil, nil
	}
	text, err := json.MarshalIndent(reports, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func spendUsages(tb testing.TB, t require, s billing.Source, thresholds []int64) string {
	t.Helper()
	r, err := billing.Usage(t.Context(), []billing.Source{s}, month(tb, "2026-10"), thresholds)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, u := range r.Usages {
		fmt.Fprintf(&out, "%s %s %s %s %s %s %v: %s %s %s %s %s\n", u.Day.Format(time.DateOnly), u.Source, u.Provider, u.Model, u.Organization, u.Team, u.Context,
			u.Tokens.Input.Canonical(), u.Tokens.CacheRead.Canonical(), u.Tokens.CacheWrite5m.Canonical(), u.Tokens.Output.Canonical(), u.Tokens.Requests.Canonical())
	}
	return out.String()
}

// Ten spends of 0.1 are exactly 1, the ledger has a line for each month of the
// rows that were looked at, and rows that are no spend reject the table.
func testLiteLLMFaults(t *testing.T, dsn string) {
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	row := func(date, spend, prompt string) []string {
		return []string{"ada", date, "gpt-5", prompt, "5", "0", "0", spend, "1"}
	}
	ten := slices.Repeat([][]string{row("2026-10-03", "0.1", "100")}, 10)
	for name, test := range map[string]struct {
		table string
		rows  [][]string
		skip  bool
		want  string
	}{
		"sums are exact":      {rows: append(slices.Clone(ten), row("2026-09-30", "7", "1")), want: "total 1 USD, 10 rows\n2026-10 used 10 rows 1 USD\n"},
		"no spend is no zero": {rows: [][]string{row("2026-10-03", "", "1"), row("2026-10-03", "2", "1")}, want: "total 2 USD, 2 rows\n2026-10 used 2 rows 2 USD\n"},
		"NaN":                 {rows: [][]string{row("2026-10-03", "NaN", "1")}, want: " rejected 0 rows: an amount is NaN, which is no number\n"},
		"negative tokens":     {rows: append(slices.Clone(ten), row("2026-10-03", "1", "-1")), want: " rejected 0 rows: 1 rows have no date, or tokens that are no count; set on_bad_row: skip on the source\n"},
		"no date":             {rows: append(slices.Clone(ten), row("", "1", "1")), want: " rejected 0 rows: 1 rows have no date, or tokens that are no count; set on_bad_row: skip on the source\n"},
		"skipped":             {rows: append(slices.Clone(ten), row("2026-10-03", "1", "-1")), skip: true, want: "total 1 USD, 10 rows\n2026-10 used 10 rows 1 USD: they have no date, or tokens that are no count\n"},
		"no such table":       {table: `"LiteLLM_SpendLogs"`, want: `PostgreSQL refuses: relation ""LiteLLM_SpendLogs"" does not exist (42P01); write the table as it stands in the catalogue, without quotes`},
		"another table":       {table: "pg_catalog.pg_class", want: " rejected 0 rows: the columns of pg_catalog.pg_class are not those of a spend table of LiteLLM\n"},
	} {
		t.Run(name, func(t *testing.T) {
			createSpend(t, conn, "LiteLLM_DailyUserSpend", spendTables["LiteLLM_DailyUserSpend"], test.rows)
			s := billing.Source{Name: "proxy", Format: "litellm-spend", Postgres: &billing.Postgres{DSN: dsn, Table: "LiteLLM_DailyUserSpend"}}
			if test.table != "" {
				s.Postgres.Table = test.table
			}
			if test.skip {
				s.OnBadRow = "skip"
			}
			got := askTable(t, s)
			if exact := strings.HasSuffix(test.want, "\n"); exact && got != test.want || !strings.Contains(got, test.want) {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}
