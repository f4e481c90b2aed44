package billing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

const head = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName\n"

func billOf(t testing.TB, path string) *cost.Report {
	t.Helper()
	october, err := period.Calendar{Zone: time.UTC}.Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Breakdown(t.Context(), []Source{{Name: "cloud", Format: "focus", Path: path}}, []cost.Query{{Period: october, By: []string{"service"}}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

// A bill may have hundreds of columns that nobody knows, in any order.
func TestManyColumns(t *testing.T) {
	var names, values strings.Builder
	for i := range 500 {
		fmt.Fprintf(&names, "x_%d,", i)
		fmt.Fprintf(&values, `"a,%d",`, i)
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	text := names.String() + head + strings.Repeat(values.String()+"1.25,USD,2026-10-01,2026-10-02,Compute\n", 3)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := billOf(t, path); len(r.Totals) != 1 || r.Totals[0].Amount.String() != "3.75" {
		t.Errorf("%+v", r)
	}
}

// A Parquet file of which a part is missing or overwritten is rejected, or it gives
// the sum that it gave whole where the damage is in what nobody reads; it is never
// a panic. Pages carry no checksums here, so a changed amount can go unseen: only
// cuts must be.
func TestDamagedParquet(t *testing.T) {
	type charge struct {
		BilledCost         float64
		BillingCurrency    string `parquet:",dict"`
		BillingPeriodStart string `parquet:",dict"`
		ChargePeriodStart  string `parquet:",dict"`
		ServiceName        *string
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[charge](&out, parquet.MaxRowsPerRowGroup(50), parquet.Compression(&parquet.Snappy))
	for i := range 200 {
		if _, err := w.Write([]charge{{float64(i) / 8, "USD", "2026-10-01", fmt.Sprintf("2026-10-%02d", 1+i%31), nil}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.parquet")
	write := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(out.Bytes())
	if r := billOf(t, path); r.Rejected() || r.Totals[0].Amount.String() != "2487.5" { // 199 × 200 / 2 / 8
		t.Fatalf("%+v", r)
	}
	for cut := 1; cut < out.Len(); cut += 97 {
		write(out.Bytes()[:out.Len()-cut])
		if r := billOf(t, path); !r.Rejected() || len(r.Totals) > 0 {
			t.Fatalf("%d bytes missing: %+v", cut, r)
		}
	}
	for at := 4; at < out.Len(); at += 7 {
		broken := bytes.Clone(out.Bytes())
		for i := at; i < min(at+3, len(broken)); i++ {
			broken[i] ^= 0xa5
		}
		write(broken)
		billOf(t, path) // whatever it says, it says it
	}
}

// TestBlocksDoNotMatter reads random bills, good and broken ones, in blocks of
// random sizes: the report is the same as that of one block.
func TestBlocksDoNotMatter(t *testing.T) {
	october, err := period.Calendar{Zone: time.UTC}.Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	qs := &questions{breakdowns: []cost.Query{{Period: october, By: []string{"service"}}}}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			name := rapid.SampledFrom([]string{"Compute", "\"two\nlines\"", "\"a \"\"b\"\", c\"", "\"\r\n\n\"", ""}).Draw(t, "service")
			amount := rapid.SampledFrom([]string{"1.25", "-3", "NULL", "0.000000000001", "9e9", "1", "2", "3"}).Draw(t, "amount")
			if rapid.IntRange(0, 99).Draw(t, "broken") == 0 {
				amount = rapid.SampledFrom([]string{"NaN", "1,2", "\"1\"2"}).Draw(t, "how")
			}
			text.WriteString(amount + ",USD,2026-10-01,2026-10-02," + name + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		source := &Source{Name: "cloud", Format: "focus", OnBadRow: rapid.SampledFrom([]string{"", "skip"}).Draw(t, "bad rows")}
		read := func(size int) (*cost.Report, []cost.LedgerEntry) {
			f := &file{source: source, path: "a.csv", parts: map[string]*part{}, measures: []cost.Measure{cost.Billed}}
			sp := newSplitter(strings.NewReader(head + text.String()))
			sp.size = size
			f.end(f.readSplit(t.Context(), sp, qs))
			total := cost.NewTally(qs.breakdowns[0], nil)
			for _, p := range f.parts {
				total.Merge(p.tallies[0])
			}
			return total.Report(), f.ledger(cost.Billed)
		}
		want, wantLedger := read(1 << 20)
		got, ledger := read(rapid.IntRange(1, 400).Draw(t, "size"))
		if diff := cmp.Diff(want, got, sameText()) + cmp.Diff(wantLedger, ledger, sameText()); diff != "" {
			t.Fatal(diff)
		}
	})
}
