package billing_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

func month(t testing.TB, name string) period.Period {
	t.Helper()
	p, err := period.Calendar{Zone: time.UTC, WeekStart: time.Monday, Now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCases runs the archives in testdata. The comment of an archive holds the
// query and the options of the source, its files are the bills, and the file
// `want` is the report. A file named *.csv.gz is packed first.
func TestCases(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			want := -1
			for i, f := range ar.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				write(t, filepath.Join(dir, f.Name), bytes.ReplaceAll(f.Data, []byte("<BOM>"), []byte("\ufeff")))
			}
			source, q := options(t, string(ar.Comment), dir)
			var got string
			if reports, err := billing.Breakdown(t.Context(), []billing.Source{source}, []cost.Query{q}); err != nil {
				got = "error: " + err.Error() + "\n"
			} else {
				got = show(reports[0])
			}
			got = strings.ReplaceAll(got, dir+"/", "")
			if os.Getenv("UPDATE") != "" {
				ar.Files[want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(ar.Files[want].Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func options(t *testing.T, comment, dir string) (billing.Source, cost.Query) {
	t.Helper()
	source := billing.Source{Name: "cloud", Format: "focus", Path: filepath.Join(dir, "**/*")}
	q := cost.Query{Period: month(t, "2024-09")}
	for line := range strings.Lines(comment) {
		key, value, found := strings.Cut(strings.TrimSpace(line), ": ")
		if !found || strings.Contains(key, " ") { // prose
			continue
		}
		switch key {
		case "period":
			q.Period = month(t, value)
		case "measure":
			q.Measure = cost.Measure(value)
		case "basis":
			q.Basis = cost.Basis(value)
		case "by":
			q.By = strings.Split(value, ",")
		case "top":
			fmt.Sscan(value, &q.Top)
		case "currency":
			source.Currency = value
		case "snapshots":
			source.Snapshots = value
		case "on_bad_row":
			source.OnBadRow = value
		case "path":
			source.Path = filepath.Join(dir, value)
		case "format":
			if source.Format = value; value == "auto" {
				source.Format = ""
			}
		case "columns":
			source.Columns = map[string]string{}
			for pair := range strings.SplitSeq(value, ",") {
				field, column, _ := strings.Cut(pair, "=")
				source.Columns[field] = column
			}
		case "source_measure":
			source.Measure = value
		case "zone":
			zone, err := time.LoadLocation(value)
			if err != nil {
				t.Fatal(err)
			}
			source.Zone = zone
		default:
			t.Fatalf("unknown option %q", key)
		}
	}
	return source, q
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		text = pack(t, text)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func pack(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func show(r *cost.Report) string {
	var b strings.Builder
	for _, t := range r.Totals {
		fmt.Fprintf(&b, "total %s %s rows %d", t.Amount, t.Currency, t.Rows)
		if t.NullRows > 0 {
			fmt.Fprintf(&b, " null %d", t.NullRows)
		}
		b.WriteString("\n")
	}
	for _, g := range r.Groups {
		b.WriteString("group")
		for _, name := range r.By {
			if v := g.Keys[name]; v != nil {
				fmt.Fprintf(&b, " %s=%q", name, *v)
			} else {
				fmt.Fprintf(&b, " %s=null", name)
			}
		}
		share := "null"
		if g.Share != nil {
			share = g.Share.String()
		}
		fmt.Fprintf(&b, " %s %s share %s rows %d", g.Amount, g.Currency, share, g.Rows)
		if g.Folded > 0 {
			fmt.Fprintf(&b, " folded %d", g.Folded)
		}
		b.WriteString("\n")
	}
	for _, e := range r.Ledger {
		fmt.Fprintf(&b, "%s %s", e.Status, e.File)
		if e.BillingPeriod != "" {
			fmt.Fprintf(&b, " for %s", e.BillingPeriod)
		}
		fmt.Fprintf(&b, " rows %d", e.Rows)
		if e.SkippedRows > 0 {
			fmt.Fprintf(&b, " skipped %d", e.SkippedRows)
		}
		for _, a := range e.Amounts {
			fmt.Fprintf(&b, " %s %s", a.Amount, a.Currency)
		}
		if e.Reason != "" {
			fmt.Fprintf(&b, ": %s", e.Reason)
		}
		b.WriteString("\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// TestSample reads real charges. The totals were computed apart, with Python's
// decimal, from the text of the files.
func TestSample(t *testing.T) {
	tests := []struct {
		path                          string
		rows, contractedNull          int64
		billed, effective, contracted string
	}{
		{"testdata/focus-1.0.csv", 31, 2, "-0.58619065158", "-1.01285246078", "-1.01289755627"},
		{"../../../shared/data/focus-1.0-sample.csv", 1000, 7, "20.52022672899", "14.97651418586", "14.97626039326"},
	}
	for _, tt := range tests {
		path, err := filepath.Abs(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil && tt.path != tests[0].path {
			t.Logf("%s is not here", path)
			continue
		}
		var qs []cost.Query
		for _, m := range []cost.Measure{cost.Billed, cost.Effective, cost.Contracted} {
			qs = append(qs, cost.Query{Period: month(t, "2024-09"), Measure: m, By: []string{"provider", "service", "tag.environment", "day"}})
		}
		reports, err := billing.Breakdown(t.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: path}}, qs)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{tt.billed, tt.effective, tt.contracted} {
			r := reports[i]
			if len(r.Totals) != 1 || r.Totals[0].Amount.String() != want || r.Totals[0].Rows != tt.rows {
				t.Errorf("%s %s: %v, want %s", tt.path, r.Measure, r.Totals, want)
				continue
			}
			sum := r.Totals[0].Amount
			for _, g := range r.Groups {
				sum = sum.Sub(g.Amount)
			}
			if !sum.IsZero() {
				t.Errorf("%s: the groups miss %s of the total", r.Measure, sum)
			}
			if r.Rejected() || r.Ledger[0].Rows == 0 {
				t.Errorf("ledger %+v", r.Ledger)
			}
		}
		if got := reports[2].Totals[0].NullRows; got != tt.contractedNull {
			t.Errorf("%d rows without a contracted cost, want %d", got, tt.contractedNull)
		}
	}
}

const header = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart\n"

func TestDamagedFiles(t *testing.T) {
	row := "1.5,USD,2024-09-01T00:00:00Z,2024-09-02T00:00:00Z\n"
	packed := pack(t, []byte(header+strings.Repeat(row, 5000)))
	flipped := slices.Clone(packed)
	flipped[len(flipped)-6] ^= 0xff
	tests := map[string]struct {
		name string
		data []byte
		want string
	}{
		"truncated gzip": {"a.csv.gz", packed[:len(packed)-20], "the gzip stream ends early"},
		"bad checksum":   {"a.csv.gz", flipped, "the file is damaged"},
		"binary":         {"a.csv", []byte("\x7fELF\x02\x01\x00\x00\x00\x00\x00"), "not text but a binary file"},
		"utf-16":         {"a.csv", []byte("\xff\xfeB\x00i\x00"), "UTF-16"},
		"empty":          {"a.csv", nil, "the file is empty"},
		"parquet":        {"a.parquet", []byte("PAR1"), "this is no whole Parquet file"},
		"bare quote":     {"a.csv", []byte(header + `1,"US"D,x,y` + "\n"), "row 1 (line 2): a quoted field does not end with its quote"},
		"open quote":     {"a.csv", []byte(header + row + `1,"USD` + "\n" + row), "row 2 (line 3): a quoted field does not end"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.name), tt.data, 0o644); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "good.csv"), []byte(header+row))
			r, err := billing.Breakdown(t.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: dir + "/*"}}, []cost.Query{{Period: month(t, "2024-09")}})
			if err != nil {
				t.Fatal(err)
			}
			if e := r[0].Ledger[0]; e.Status != cost.Rejected || !strings.Contains(e.Reason, tt.want) || !r[0].Rejected() {
				t.Errorf("ledger %+v, want %q", e, tt.want)
			}
			if len(r[0].Totals) != 1 || r[0].Totals[0].Amount.String() != "1.5" {
				t.Errorf("the other file is not summed: %v", r[0].Totals)
			}
		})
	}
}

func TestSourcesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.csv"), []byte(header+"1,USD,2024-09-01,2024-09-02\n"))
	q := []cost.Query{{Period: month(t, "2024-09")}}
	good := billing.Source{Name: "good", Format: "focus", Path: dir + "/a.csv"}
	none := billing.Source{Name: "none", Format: "focus", Path: dir + "/**/*.gz"}
	later := billing.Source{Name: "later", Format: "token-counters", Path: dir + "/a.csv"}

	_, err := billing.Breakdown(t.Context(), []billing.Source{none}, q)
	var noFile *billing.NoFileError
	if !errors.As(err, &noFile) || !strings.Contains(err.Error(), "no file matches "+dir+"/**/*.gz") {
		t.Errorf("error %v", err)
	}
	for _, path := range []string{"/nowhere/at/all/**/*.csv", dir + "/b.csv", dir + "/[.csv", "", "s3://bucket/**"} {
		source := billing.Source{Name: "x", Format: "focus", Path: path}
		if _, err := billing.Breakdown(t.Context(), []billing.Source{source}, q); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "source x") {
			t.Errorf("path %q: error %v", path, err)
		} else {
			t.Log(err)
		}
	}
	_, err = billing.Breakdown(t.Context(), []billing.Source{later}, q)
	var format *billing.FormatError
	if !errors.As(err, &format) || !strings.Contains(err.Error(), "format token-counters arrives in a later version; source later is not counted") {
		t.Errorf("error %v", err)
	}
	r, err := billing.Breakdown(t.Context(), []billing.Source{good, none, later}, q)
	if err != nil || len(r[0].Ledger) != 3 || r[0].Ledger[1].Status != cost.Rejected || r[0].Ledger[2].Status != cost.Ignored || len(r[0].Notes) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := billing.Breakdown(ctx, []billing.Source{good}, q); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run gives %v", err)
	}
}

func FuzzFocus(f *testing.F) {
	f.Add([]byte(header + "-2.6137,USD,2024-09-01 00:00:00,\"2024-09-18 23:00:00\"\nNULL,,2024-09-01,2024-09-02\n"))
	f.Add([]byte("BilledCost,BillingPeriodStart,ChargePeriodStart,Tags,ServiceName,BillingCurrency\n1,9/1/24,9/2/24,\"{\"\"x\"\": 1}\",s,USD\n"))
	f.Add([]byte("\ufeff" + header + "\"$1,000.00 \",USD,9/1/24,9/2/24\n"))
	f.Add([]byte(header + "1,USD,2024-09-01,2024-09-02\n1,2\n"))
	q := []cost.Query{{Period: month(f, "2024-09"), By: []string{"service", "tag.x", "week"}, Top: 1}}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := billing.Breakdown(t.Context(), []billing.Source{{Name: "f", Format: "focus", Path: path}}, q)
		if err != nil {
			t.Fatalf("a file, however broken, is the ledger's business: %v", err)
		}
		if r[0].Rejected() && len(r[0].Totals) > 0 {
			t.Errorf("a rejected file counts: %v", r[0].Totals)
		}
	})
}

// BenchmarkBreakdown reads a month of a million charges from two files.
func BenchmarkBreakdown(b *testing.B) {
	sample, err := os.ReadFile("testdata/focus-1.0.csv")
	if err != nil {
		b.Fatal(err)
	}
	head, body, _ := bytes.Cut(sample, []byte("\n"))
	const rows, files = 1_000_000, 2
	copies := rows / files / bytes.Count(body, []byte("\n"))
	dir := b.TempDir()
	for i := range files {
		out, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.csv", i)))
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(out, "%s\n", head)
		for range copies {
			if _, err := out.Write(body); err != nil {
				b.Fatal(err)
			}
		}
		if err := out.Close(); err != nil {
			b.Fatal(err)
		}
	}
	q := []cost.Query{{Period: month(b, "2024-09"), By: []string{"provider", "service"}}, {Period: month(b, "2024-09"), Measure: cost.Effective, By: []string{"day", "account"}}}
	b.SetBytes(int64(files * copies * len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := billing.Breakdown(b.Context(), []billing.Source{{Name: "cloud", Format: "focus", Path: dir + "/*.csv"}}, q)
		if err != nil || r[0].Totals[0].Rows < rows-100 {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
