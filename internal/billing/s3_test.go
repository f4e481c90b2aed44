package billing_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

const focusHead = "BilledCost,BillingCurrency,ChargePeriodStart,BillingPeriodStart,ServiceName\n"

func (s *storage) source(path string) billing.Source {
	return billing.Source{Name: "cloud", Path: path, S3: billing.S3{Endpoint: s.URL, PathStyle: true, Region: "eu-central-1", AccessKeyID: accessKey, SecretAccessKey: secretKey}}
}

// bill is a FOCUS file of so many rows of 0.01.
func bill(rows int, service string) []byte {
	return []byte(focusHead + strings.Repeat("0.01,USD,2026-10-03T00:00:00Z,2026-10-01T00:00:00Z,"+service+"\n", rows))
}

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// ask returns the total and the ledger, a line for each file.
func ask(t *testing.T, s billing.Source) string {
	t.Helper()
	reports, err := billing.Breakdown(t.Context(), []billing.Source{s}, []cost.Query{{Period: month(t, "2026-10"), By: []string{"service"}}})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var out strings.Builder
	for _, total := range reports[0].Totals {
		fmt.Fprintf(&out, "total %s %s, %d rows\n", total.Amount, total.Currency, total.Rows)
	}
	for _, e := range reports[0].Ledger {
		fmt.Fprintf(&out, "%s %s %s\n", e.File, e.Status, e.Reason)
	}
	return strings.ReplaceAll(out.String(), " \n", "\n")
}

// Listing pages through the keys below the longest prefix, globs and dated path
// components mean what they mean for local paths, and packed files are streamed.
func TestS3ReadsWhatTheGlobMatches(t *testing.T) {
	s := newStorage(t, map[string][]byte{
		"focus/2026-10-05/part-0.csv":    bill(100, "old"),
		"focus/2026-10-06/part-0.csv":    bill(3, "new"),
		"focus/2026-10-06/part-1.csv.gz": zipped(t, bill(4, "new")),
		"focus/2026-10-06/manifest.txt":  []byte("no bill"),
		"focus/2026-10-06/":              nil,
		"focused/2026-10-07/part-0.csv":  bill(1000, "other"),
	})
	want := `total 0.07 USD, 7 rows
s3://bills/focus/2026-10-05/part-0.csv superseded a newer snapshot holds 2026-10
s3://bills/focus/2026-10-06/manifest.txt ignored not a .csv, .json, .jsonl or .parquet file, packed with gzip or not
s3://bills/focus/2026-10-06/part-0.csv used
s3://bills/focus/2026-10-06/part-1.csv.gz used
`
	if diff := cmp.Diff(want, ask(t, s.source("s3://bills/focus/**"))); diff != "" {
		t.Error(diff)
	}
	if gets, _ := s.counts(""); gets != 3 {
		t.Errorf("%d requests for three bills", gets)
	}
}

// A body that breaks off is continued at the byte where it broke: each byte is
// sent once, and the sum has every row.
func TestS3ResumesWhereItBroke(t *testing.T) {
	text := bill(50_000, "compute")
	for name, content := range map[string][]byte{"a.csv": text, "a.csv.gz": zipped(t, text)} {
		s := newStorage(t, map[string][]byte{name: content})
		cuts := 0
		s.fault = func(w http.ResponseWriter, key string, from, to int) bool {
			if cuts++; cuts > 5 {
				return false
			}
			s.send(w, key, from, to, from+(to-from)/3)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		want := "total 500 USD, 50000 rows\ns3://bills/" + name + " used\n"
		if diff := cmp.Diff(want, ask(t, s.source("s3://bills/*"))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, sent := s.counts(name); sent != int64(len(content)) {
			t.Errorf("%s: %d bytes are sent for %d", name, sent, len(content))
		}
	}
}

// What goes wrong with one object rejects that object, with a reason that says
// what to do; the others are summed.
func TestS3Faults(t *testing.T) {
	for name, test := range map[string]struct {
		fault func(s *storage) func(http.ResponseWriter, string, int, int) bool
		want  string // of the broken object
	}{
		"refused": {func(*storage) func(http.ResponseWriter, string, int, int) bool {
			return func(w http.ResponseWriter, _ string, _, _ int) bool {
				refuse(w, http.StatusForbidden, "AccessDenied")
				return true
			}
		}, "rejected the bucket bills refuses (403 AccessDenied); check the keys and their permission to list and to read"},
		"gone": {func(*storage) func(http.ResponseWriter, string, int, int) bool {
			return func(w http.ResponseWriter, _ string, _, _ int) bool {
				refuse(w, http.StatusNotFound, "NoSuchKey")
				return true
			}
		}, "rejected the object is gone since the bucket was listed"},
		"too busy for good": {func(*storage) func(http.ResponseWriter, string, int, int) bool {
			return func(w http.ResponseWriter, _ string, _, _ int) bool {
				refuse(w, http.StatusServiceUnavailable, "SlowDown")
				return true
			}
		}, "rejected the server does not answer after 4 attempts (503 SlowDown)"},
		"too busy twice": {func(*storage) func(http.ResponseWriter, string, int, int) bool {
			n := 0
			return func(w http.ResponseWriter, _ string, _, _ int) bool {
				if n++; n > 2 {
					return false
				}
				refuse(w, http.StatusServiceUnavailable, "SlowDown")
				return true
			}
		}, "used"},
		"changed under way": {func(s *storage) func(http.ResponseWriter, string, int, int) bool {
			return func(w http.ResponseWriter, key string, from, to int) bool {
				if from > 0 {
					return false
				}
				s.send(w, key, from, to, 100)
				w.(http.Flusher).Flush()
				s.objects[key] = bytes.ReplaceAll(s.objects[key], []byte("0.01"), []byte("0.02"))
				panic(http.ErrAbortHandler)
			}
		}, "rejected the object changed while it was read; run again"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStorage(t, map[string][]byte{"bad.csv": bill(7, "bad"), "good.csv": bill(2, "good")})
			fault := test.fault(s)
			s.fault = func(w http.ResponseWriter, key string, from, to int) bool {
				return key == "bad.csv" && fault(w, key, from, to)
			}
			total := "total 0.02 USD, 2 rows\n"
			if test.want == "used" {
				total = "total 0.09 USD, 9 rows\n"
			}
			want := total + "s3://bills/bad.csv " + test.want + "\ns3://bills/good.csv used\n"
			if diff := cmp.Diff(want, ask(t, s.source("s3://bills/*.csv"))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A bucket that cannot be listed is a source that failed, and its error has no
// secret.
func TestS3ListingFails(t *testing.T) {
	s := newStorage(t, nil)
	wrongKey := s.source("s3://bills/**")
	wrongKey.S3.AccessKeyID = "AKIDOTHER"
	down := s.source("s3://bills/**")
	down.S3.Endpoint = "http://127.0.0.1:1"
	noKeyFile := s.source("s3://bills/**")
	noKeyFile.S3.SecretAccessKeyFile = filepath.Join(t.TempDir(), "absent")
	for _, test := range []struct {
		source billing.Source
		want   string
	}{
		{wrongKey, "listing s3://bills/** of source cloud: the bucket bills refuses (403 InvalidAccessKeyId)"},
		{s.source("s3://others/**"), "listing s3://others/** of source cloud: there is no bucket others"},
		{s.source("s3://bills/**"), "no file matches s3://bills/**"},
		{down, "connection refused"},
		{noKeyFile, "no such file"},
		{s.source("s3://bills"), "names no objects of a bucket; write s3://bucket/prefix/**"},
		{s.source("gs://bills/**"), "neither on this machine nor in S3"},
	} {
		got := ask(t, test.source)
		if !strings.Contains(got, test.want) || strings.Contains(got, secretKey) {
			t.Errorf("%s: got %s, want %s", test.source.Path, got, test.want)
		}
	}
}

// parquetRow has a column that no query asks for.
type parquetRow struct {
	BilledCost         string
	BillingCurrency    string
	ChargePeriodStart  string
	BillingPeriodStart string
	ServiceName        string `parquet:",dict"`
	ChargeDescription  string
}

// Of a Parquet object only the tail and the columns that are asked for are read,
// each column of a row group by one request, and no byte twice.
func TestS3ReadsOnlyTheColumnsOfParquet(t *testing.T) {
	file, asked := parquetBill(t)
	s := newStorage(t, map[string][]byte{"bill.parquet": file})
	want := "total 600 USD, 60000 rows\ns3://bills/bill.parquet used\n"
	if diff := cmp.Diff(want, ask(t, s.source("s3://bills/*"))); diff != "" {
		t.Error(diff)
	}
	gets, sent := s.counts("bill.parquet")
	if limit := asked + 64<<10 + 4; sent > limit {
		t.Errorf("%d bytes are read of %d, where the columns have %d", sent, len(file), asked)
	}
	if gets > 2*5+2 {
		t.Errorf("%d requests for five columns of two row groups", gets)
	}
}

func parquetBill(t *testing.T) (file []byte, asked int64) {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[parquetRow](&out)
	random := rand.New(rand.NewPCG(1, 2))
	for range 2 {
		var rows []parquetRow
		for range 30_000 {
			rows = append(rows, parquetRow{"0.01", "USD", "2026-10-03T00:00:00Z", "2026-10-01T00:00:00Z",
				fmt.Sprintf("service %d", random.IntN(3000)), fmt.Sprintf("%x%x", random.Uint64(), random.Uint64())})
		}
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			if c.MetaData.PathInSchema[0] != "ChargeDescription" {
				asked += c.MetaData.TotalCompressedSize
			}
		}
	}
	return out.Bytes(), asked
}

// A file in a bucket says what the same file says on this machine.
func TestS3EqualsLocal(t *testing.T) {
	parquetFile, _ := parquetBill(t)
	files := map[string][]byte{"a.csv": bill(12, "x"), "b.csv.gz": zipped(t, bill(5, "y")), "c.parquet": parquetFile, "broken.csv": []byte(focusHead + "x,USD,,,\n"), "empty.csv": nil, "cut.csv.gz": zipped(t, bill(900, "z"))[:60]}
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remote := ask(t, newStorage(t, files).source("s3://bills/*"))
	local := ask(t, billing.Source{Name: "cloud", Path: filepath.Join(dir, "*")})
	if diff := cmp.Diff(local, strings.ReplaceAll(remote, "s3://bills", dir)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(local, unit.MustDecimal("600.17").String()) {
		t.Errorf("the total is not 600.17: %s", local)
	}
}
