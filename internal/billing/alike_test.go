package billing

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// cell is a value of a random table, as CSV and as Parquet have it.
type cell struct {
	text  string // "" for none
	value parquet.Value
}

// kind of column: how Parquet stores it, and how a random cell of it looks.
type columnKind struct {
	name string
	node parquet.Node
	draw func(*rapid.T) cell
}

func texts(name string, values ...string) columnKind {
	return columnKind{name, parquet.String(), func(t *rapid.T) cell {
		s := rapid.SampledFrom(values).Draw(t, name)
		return cell{s, parquet.ByteArrayValue([]byte(s))}
	}}
}

func doubles(name string) columnKind {
	return columnKind{name, parquet.Leaf(parquet.DoubleType), func(t *rapid.T) cell {
		f := rapid.OneOf(rapid.SampledFrom([]float64{0, 0.1, -2.5, 1e-9, 123456789.125, 1e15, 5e-324, 1. / 3}), rapid.Float64Range(-1e4, 1e4)).Draw(t, name)
		d, _ := unit.DecimalOfFloat(f)
		if d.String() == "0" || len(d.String()) > 38 {
			return cell{"0", parquet.DoubleValue(0)}
		}
		return cell{d.String(), parquet.DoubleValue(f)}
	}}
}

func decimals(name string, wide bool) columnKind {
	const scale = 5
	k := columnKind{name, parquet.Decimal(scale, 18, parquet.Int64Type), nil}
	if wide {
		k.node = parquet.Decimal(scale, 38, parquet.FixedLenByteArrayType(16))
	}
	k.draw = func(t *rapid.T) cell {
		n := rapid.Int64Range(-1e15, 1e15).Draw(t, name)
		text := unit.DecimalOfScaled(big.NewInt(n), scale).String()
		if !wide {
			return cell{text, parquet.Int64Value(n)}
		}
		raw := bytes.Repeat([]byte{byte(n >> 63)}, 16)
		for i := range 8 {
			raw[15-i] = byte(n >> (8 * i))
		}
		return cell{text, parquet.FixedLenByteArrayValue(raw)}
	}
	return k
}

func instants(name string, unit parquet.TimeUnit, draw *rapid.Generator[time.Time]) columnKind {
	return columnKind{name, parquet.Timestamp(unit), func(t *rapid.T) cell {
		at := draw.Draw(t, name)
		return cell{at.Format(time.RFC3339), parquet.Int64Value(at.UnixNano() / int64(unit.Duration()))}
	}}
}

// drawTable draws the columns of a FOCUS table.
func drawTable(t *rapid.T) []columnKind {
	// Few hours about an end of October, so that many rows are alike.
	start := rapid.SampledFrom([]time.Time{time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)}).Draw(t, "start")
	hours := rapid.Custom(func(t *rapid.T) time.Time {
		return start.Add(time.Duration(rapid.IntRange(0, 3*24).Draw(t, "hour")) * time.Hour)
	})
	months := rapid.SampledFrom([]time.Time{time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)})
	amount := func(name string) columnKind {
		return rapid.SampledFrom([]columnKind{doubles(name), decimals(name, false), decimals(name, true)}).Draw(t, name+" type")
	}
	tick := rapid.SampledFrom([]parquet.TimeUnit{parquet.Millisecond, parquet.Microsecond, parquet.Nanosecond}).Draw(t, "tick")
	columns := []columnKind{
		amount("BilledCost"), amount("EffectiveCost"),
		instants("ChargePeriodStart", tick, hours), instants("BillingPeriodStart", tick, months),
		texts("BillingCurrency", "USD", "eur"), texts("ProviderName", "AWS", "NULL"), texts("ServiceName", "Compute", "Storage, cold"),
		texts("RegionId", "a", "b", "c", ""), texts("Tags", `{"team": "red"}`, `{"team": "blue", "n": 1}`),
	}
	for i, c := range columns {
		if i < 2 || c.name == "RegionId" {
			columns[i].node = parquet.Optional(c.node)
			columns[i].draw = func(t *rapid.T) cell {
				if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
					return cell{}
				}
				return c.draw(t)
			}
		}
		if i >= 4 || rapid.Bool().Draw(t, c.name+" dictionary") {
			columns[i].node = parquet.Encoded(columns[i].node, &parquet.RLEDictionary)
		}
	}
	return columns
}

// TestAlike holds the reading by columns against the reading of the same table as
// CSV, which goes row by row, for random tables and questions.
func TestAlike(t *testing.T) {
	dir := t.TempDir()
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		columns := drawTable(t)
		text, packed := filepath.Join(dir, "bill.csv"), filepath.Join(dir, "bill.parquet")
		writeTable(t, columns, text, packed)
		source := Source{Name: "cloud", Currency: rapid.SampledFrom([]string{"", "USD"}).Draw(t, "default currency")}
		source.Zone = rapid.SampledFrom([]*time.Location{nil, time.FixedZone("east", 19800), time.FixedZone("west", -4*3600)}).Draw(t, "zone")
		questions := drawQueries(t)
		reports := func(path string) []*cost.Report {
			s := source
			s.Path = path
			out, err := Breakdown(t.Context(), []Source{s}, questions)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		got, want := reports(packed), reports(text)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(cost.LedgerEntry{}, "File"), sameText()); diff != "" {
			t.Fatalf("Parquet differs from CSV:\n%s", diff)
		}
		fast += readsByColumns(t, source, packed, questions)
	})
	if fast == 0 {
		t.Error("no table was read by columns")
	}
}

// sameText compares decimals as reports write them.
func sameText() cmp.Option {
	return cmp.Comparer(func(a, b unit.Decimal) bool { return a.String() == b.String() })
}

func drawQueries(t *rapid.T) []cost.Query {
	october, err := period.Calendar{Zone: time.UTC, WeekStart: time.Monday, Now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}.Parse("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	rates, err := cost.ParseRates("rates.csv", []byte("date,from,to,rate\n2026-10-02,EUR,USD,1.1\n2026-10-31,EUR,USD,1.2345\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out []cost.Query
	for range rapid.IntRange(1, 3).Draw(t, "questions") {
		q := cost.Query{Period: october, Rates: rates, Measure: rapid.SampledFrom([]cost.Measure{"", cost.Billed, cost.Effective}).Draw(t, "measure"),
			Basis:    rapid.SampledFrom([]cost.Basis{"", cost.ByBilling}).Draw(t, "basis"),
			By:       rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"provider", "service", "region", "day", "week", "month", "billing_period", "tag.team", "source"}), 0, 4, rapid.ID).Draw(t, "by"),
			Currency: rapid.SampledFrom([]string{"", "", "USD", "CHF"}).Draw(t, "currency")}
		if rapid.Bool().Draw(t, "match") {
			q.Match = cost.Match{"service": {"Stor*"}, "region": {"a", "b", ""}}
		}
		if rapid.Bool().Draw(t, "rules") {
			q.Rules, q.By = []cost.Match{{"team": {"red"}}, {"provider": {"AWS"}}}, append(q.By, cost.RuleKey)
		}
		out = append(out, q)
	}
	return out
}

// writeTable writes the same random rows as CSV and as Parquet.
func writeTable(t *rapid.T, columns []columnKind, text, packed string) {
	group := parquet.Group{}
	for _, c := range columns {
		group[c.name] = c.node
	}
	schema := parquet.NewSchema("bill", group)
	var csv strings.Builder
	var out bytes.Buffer
	w := parquet.NewWriter(&out, schema, parquet.MaxRowsPerRowGroup(int64(rapid.IntRange(1, 40).Draw(t, "rows of a group"))), parquet.PageBufferSize(rapid.SampledFrom([]int{64, 1 << 20}).Draw(t, "page")))
	for i, path := range schema.Columns() {
		csv.WriteString(map[bool]string{true: ","}[i > 0] + path[0])
	}
	csv.WriteByte('\n')
	for range rapid.IntRange(0, 100).Draw(t, "rows") {
		var row parquet.Row
		for i, path := range schema.Columns() {
			for _, c := range columns {
				if c.name != path[0] {
					continue
				}
				v, level := c.draw(t), 0
				if c.node.Optional() && v != (cell{}) {
					level = 1
				}
				row = append(row, v.value.Level(0, level, i))
				fmt.Fprintf(&csv, `%s"%s"`, map[bool]string{true: ","}[i > 0], strings.ReplaceAll(v.text, `"`, `""`))
			}
		}
		csv.WriteByte('\n')
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{text: []byte(csv.String()), packed: out.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// readsByColumns counts the row groups of a file that are read by columns.
func readsByColumns(t *rapid.T, source Source, path string, queries []cost.Query) int {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	columns := parquetColumns(file.Schema())
	var header []string
	for _, c := range columns {
		header = append(header, c.name)
	}
	n := 0
	for _, g := range file.RowGroups() {
		w, err := newWorker(&source, focusFormat(), header, &questions{breakdowns: queries})
		if err != nil {
			t.Fatal(err)
		}
		if w.readAlike(g, columns) {
			n++
		}
	}
	return n
}
