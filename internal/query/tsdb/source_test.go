package tsdb

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

func TestOpenMetricsConforms(t *testing.T) {
	querytest.Run(t, func(t *testing.T, text string) query.Source { return openText(t, text) })
}

func TestBlocksConform(t *testing.T) {
	querytest.Run(t, func(t *testing.T, text string) query.Source {
		return openDir(t, writeBlocks(t, t.TempDir(), openText(t, text)))
	})
}

// TestPromtoolBlocksConform has Prometheus's own tool write the blocks, two hours
// each, so that series cross from one block into the next.
func TestPromtoolBlocksConform(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (apt-get install prometheus): blocks that it wrote are not tested")
	}
	querytest.Run(t, func(t *testing.T, text string) query.Source {
		dir := t.TempDir()
		file := filepath.Join(dir, "metrics.txt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", file, filepath.Join(dir, "data")).CombinedOutput()
		if err != nil {
			t.Fatalf("promtool: %v\n%s", err, out)
		}
		return openDir(t, filepath.Join(dir, "data"))
	})
}

func openText(t testing.TB, text string) *Source {
	t.Helper()
	s, err := ReadOpenMetrics(strings.NewReader(text), "metrics.txt", Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openDir(t testing.TB, dir string) *Source {
	t.Helper()
	s, err := OpenBlocks(dir, Options{Workers: 2, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// writeBlocks writes the samples of a source into one block with Prometheus's
// own writer.
func writeBlocks(t testing.TB, dir string, from *Source) string {
	t.Helper()
	w, err := promtsdb.NewBlockWriter(promslog.NewNopLogger(), dir, promtsdb.DefaultBlockDuration*1000)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	appendAll(t, w.Appender(context.Background()), from)
	if _, err := w.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func appendAll(t testing.TB, app storage.Appender, from *Source) {
	t.Helper()
	all, err := query.ParseSelector(`{__name__!=""}`)
	if err != nil {
		t.Fatal(err)
	}
	err = from.Read(context.Background(), all, earliest, latest, func(s query.RawSeries) error {
		ts, vs := make([]int64, 1000), make([]float64, 1000)
		for {
			n, err := s.Read(ts, vs)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			for i := range n {
				if _, err := app.Append(0, s.Labels(), ts[i], vs[i]); err != nil {
					return err
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestDataDirectory reads the directory of a database in use: samples that are
// in no block yet come from its log, and nothing there is touched.
func TestDataDirectory(t *testing.T) {
	dir := t.TempDir()
	opts := promtsdb.DefaultOptions()
	opts.RetentionDuration = 0
	db, err := promtsdb.Open(dir, nil, nil, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	old := openText(t, load(t, `
		load 1m
		  reqs_total{job="api",instance="a"} 0+1x600`))
	appendAll(t, db.Appender(context.Background()), old)
	if err := db.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(db.Blocks()) == 0 {
		t.Fatal("the database has no block yet: the test proves nothing")
	}
	before := tree(t, dir)
	s := openDir(t, dir)
	req := request(t, querytest.Case{Total: `reqs_total`, Grid: "0m 200m 400m 600m"})
	if got, want := dump(t, s, req), dump(t, old, req); got != want {
		t.Errorf("the data directory gives\n%swant\n%s", got, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("reading changed the directory:\n%s", diff)
	}
}

// TestKindsOfDirectory finds the same in a block, in a snapshot, and in a
// directory where blocks wait to be deleted because another one replaces them,
// of which one cannot even be read.
func TestKindsOfDirectory(t *testing.T) {
	text := openText(t, load(t, `
		load 1m
		  reqs_total{job="api",instance="a"} 0+1x600`))
	req := request(t, querytest.Case{Total: `reqs_total`, Grid: "0m 200m 400m 600m"})
	want := dump(t, text, req)
	check := func(kind, dir string, blocks int) {
		t.Helper()
		s := openDir(t, dir)
		if got := dump(t, s, req); got != want {
			t.Errorf("%s gives\n%swant\n%s", kind, got, want)
		}
		if detail := s.Info().Detail; !strings.HasPrefix(detail, fmt.Sprint(blocks, " block")) {
			t.Errorf("%s: %s; want %d blocks", kind, detail, blocks)
		}
	}
	data := writeBlocks(t, t.TempDir(), text)
	first, err := blockPaths(data)
	if err != nil {
		t.Fatal(err)
	}
	check("a block", first[0], 1)

	opts := promtsdb.DefaultOptions()
	opts.RetentionDuration = 0
	db, err := promtsdb.Open(t.TempDir(), nil, nil, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	appendAll(t, db.Appender(context.Background()), text)
	if err := db.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	snapshot := t.TempDir()
	if err := db.Snapshot(snapshot, true); err != nil {
		t.Fatal(err)
	}
	parts, err := blockPaths(snapshot)
	if err != nil || len(parts) < 2 {
		t.Fatal("the snapshot has too few blocks to prove anything", parts, err)
	}
	check("a snapshot", snapshot, len(parts))

	compactor, err := promtsdb.NewLeveledCompactor(context.Background(), nil, promslog.NewNopLogger(), []int64{1e9}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compactor.Compact(snapshot, parts, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(parts[0], "index"), 10); err != nil {
		t.Fatal(err)
	}
	check("a directory during compaction", snapshot, 1)
}

// TestTornLog cuts the log of a database that is not running in the middle of a
// record, as a crash does.
func TestTornLog(t *testing.T) {
	dir := t.TempDir()
	db, err := promtsdb.Open(dir, nil, nil, promtsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, db.Appender(context.Background()), openText(t, load(t, `
		load 1m
		  reqs_total{job="api",instance="a"} 0+1x60`)))
	appendAll(t, db.Appender(context.Background()), openText(t, load(t, `
		load 1m from 61m
		  reqs_total{job="api",instance="a"} 61+1x60`)))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wal := filepath.Join(dir, "wal", "00000000")
	data, err := os.ReadFile(wal)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimRight(data, "\x00")
	if err := os.WriteFile(wal, data[:len(data)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	got := dump(t, openDir(t, dir), request(t, querytest.Case{Total: `reqs_total`, Grid: "0m 60m 120m"}))
	if !strings.Contains(got, "total: 60 0") || !strings.Contains(got, "could only be read in part") {
		t.Errorf("a torn log gives\n%s", got)
	}
}

// tree returns the files of a directory with their contents' sizes and times.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			out = append(out, strings.Join([]string{path, info.Mode().String(), info.ModTime().String()}, " "))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// load turns the notation of the cases into OpenMetrics text.
func load(t testing.TB, text string) string {
	t.Helper()
	all, err := querytest.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := querytest.WriteOpenMetrics(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func request(t testing.TB, c querytest.Case) query.Request {
	t.Helper()
	req, err := c.Request()
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func scan(t testing.TB, s query.Source, req query.Request) *window.Scan {
	t.Helper()
	results, err := s.Scan(context.Background(), []query.Request{req})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	return results[0].Scan
}

func dump(t testing.TB, s query.Source, req query.Request) string {
	t.Helper()
	return querytest.Dump(scan(t, s, req))
}

func TestOpenMetricsErrors(t *testing.T) {
	var short bytes.Buffer
	z := gzip.NewWriter(&short)
	for range 1000 {
		z.Write([]byte("a_total 1 1790812800\n"))
	}
	z.Flush()
	for _, c := range []struct{ name, text, want string }{
		{"no timestamp", "a_total 1 1790812800\na_total 2\n# EOF\n", "metrics.txt:2: the sample of a_total has no timestamp; write it after the value, in seconds"},
		{"milliseconds", "a_total 1 1790812800000\n# EOF\n", "metrics.txt:1: the timestamp of a_total lies after the year 5000; write seconds"},
		{"no number", "# TYPE a counter\na_total x 1790812800\n# EOF\n", "metrics.txt:2: "},
		{"cut off", "a_total 1 1790812800\na_total 2 17908", "metrics.txt:2: the file ends in the middle of the line"},
		{"two files", "a_total 1 1790812800\n# EOF\na_total 2 1790812801\n# EOF\n", "two files were joined"},
		{"two values", "a_total 1 1790812800\na_total 2 1790812800\n# EOF\n", "two values at 2026-10-01T00:00:00Z: 1 and 2"},
		{"binary", "\x7fELF\x00\x00\n", "metrics.txt:1: "},
		{"torn gzip", short.String(), "the compressed file is cut off"},
	} {
		_, err := ReadOpenMetrics(strings.NewReader(c.text), "metrics.txt", Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestOpenMetricsReads(t *testing.T) {
	text := "# HELP a Requests.\n# TYPE a counter\na_total 1 1790812860\na_total 0 1790812800\na_total 3 1790812920 # {trace=\"x\"} 1\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(text + "# EOF\n"))
	z.Close()
	req := request(t, querytest.Case{Total: `a_total`, Grid: "0m 5m"})
	for name, c := range map[string]struct {
		text  string
		notes int
	}{"plain": {text + "# EOF\n", 0}, "gzip": {packed.String(), 0}, "no end marker": {text, 1}, "no last newline": {text + "# EOF", 0}} {
		s := openText(t, c.text)
		got := scan(t, s, req)
		if sum := got.Groups[0].Total.Windowed.At(0).String(); sum != "3" || len(got.Notes) != c.notes {
			t.Errorf("%s: total %s, notes %q", name, sum, got.Notes)
		}
		metrics, err := s.Metrics(context.Background(), req.Grid.Span(0))
		if want := []query.Metric{{Name: "a_total", Type: "counter", Help: "Requests.", Series: 1}}; err != nil || !cmp.Equal(metrics, want) {
			t.Errorf("%s: metrics are %+v, %v", name, metrics, err)
		}
	}
}

// TestPieces reads a text of several pieces and finds a mistake in the last.
func TestPieces(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "a_total %d %d\n", i, 1790812800+i)
	}
	s := openText(t, b.String()+"# EOF\n")
	if !strings.HasPrefix(s.info.Detail, "1 series, 100000 samples") {
		t.Error(s.info.Detail)
	}
	_, err := ReadOpenMetrics(strings.NewReader(b.String()+"a_total x 1\n"), "m", Options{})
	if err == nil || !strings.Contains(err.Error(), "m:100001:") {
		t.Errorf("the mistake in line 100001 is reported as %v", err)
	}
}

func TestBlocksErrors(t *testing.T) {
	dir := t.TempDir()
	check := func(path, want string) {
		t.Helper()
		_, err := OpenBlocks(path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenBlocks(%s): error is %v, want %q in it", path, err, want)
		}
	}
	check(filepath.Join(dir, "none"), "no such file")
	check(dir, "has neither blocks nor a write-ahead log")
	file := filepath.Join(dir, "metrics.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check(file, "is a file; name the data directory")

	data := writeBlocks(t, filepath.Join(dir, "data"), openText(t, load(t, `
		load 1m
		  reqs_total{job="api",instance="a"} 0+1x600`)))
	paths, err := blockPaths(data)
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	chunk := filepath.Join(paths[0], "chunks", "000001")
	good, err := os.ReadFile(chunk)
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(good)
	bad[len(bad)/2] ^= 0xff
	if err := os.WriteFile(chunk, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	results, err := openDir(t, data).Scan(context.Background(), []query.Request{request(t, querytest.Case{Total: `reqs_total`, Grid: "0m 600m"})})
	if err != nil || results[0].Err == nil || !strings.Contains(results[0].Err.Error(), filepath.Base(paths[0])) {
		t.Errorf("a corrupt chunk gives %+v, %v; want an error that names the block", results, err)
	}
	if err := os.Truncate(filepath.Join(paths[0], "index"), 10); err != nil {
		t.Fatal(err)
	}
	check(data, "opening block "+paths[0])
	check(paths[0], "opening block "+paths[0])
}

// TestFeedsAgree draws random series and finds that text and blocks give the
// same scans; that groups are the sums of their members; and that short periods
// add up to a long one.
func TestFeedsAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var text strings.Builder
		text.WriteString("load 1m\n")
		value := rapid.OneOf(rapid.Just("_"), rapid.SampledFrom([]string{"_x3", "_x7", "_x70", "NaN", "0+1x20", "5+2x9", "0.5+0.25x12"}),
			rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,2})?`))
		for _, code := range []string{"200", "404", "500"} {
			for _, instance := range []string{"a", "b"} {
				text.WriteString(`  reqs_total{job="api",instance="` + instance + `",code="` + code + `"} `)
				text.WriteString(strings.Join(rapid.SliceOfN(value, 1, 30).Draw(r, code+instance), " ") + "\n")
			}
		}
		text.WriteString(`  up{job="api",instance="b"} ` + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"_", "_x20", "0", "1"}), 1, 20).Draw(r, "up"), " "))
		mem := openText(t, load(t, text.String()))
		blocks := openDir(t, writeBlocks(t, t.TempDir(), mem))

		c := querytest.Case{Kind: query.Ratio, Total: `reqs_total`, Bad: `reqs_total{code="500"}`, Grid: "10m 40m 70m 100m 200m"}
		for _, kind := range []query.Kind{query.Gauge, query.Up} {
			other := request(t, querytest.Case{Kind: kind, Total: `reqs_total`, GroupBy: []string{"instance"}, Grid: c.Grid})
			if got, want := dump(t, mem, other), dump(t, blocks, other); got != want {
				r.Fatalf("kind %d: text gives\n%sblocks give\n%s", kind, got, want)
			}
		}
		whole := request(t, c)
		got, want := dump(t, mem, whole), dump(t, blocks, whole)
		if a, b := scan(t, mem, whole), scan(t, blocks, whole); a.Samples != b.Samples || a.Series != b.Series {
			r.Fatalf("text has %d samples of %d series, blocks have %d of %d", a.Samples, a.Series, b.Samples, b.Series)
		}
		if got != want {
			r.Fatalf("text gives\n%sblocks give\n%s", got, want)
		}
		c.GroupBy = []string{"code"}
		checkSum(r, "groups", scan(t, mem, whole), scan(t, mem, request(t, c)))
		var parts []*window.Scan
		c.GroupBy = nil
		for _, span := range []string{"10m 40m", "40m 70m", "70m 100m", "100m 200m"} {
			c.Grid = span
			parts = append(parts, scan(t, mem, request(t, c)))
		}
		checkSum(r, "periods", scan(t, mem, whole), parts...)
	})
}

// checkSum compares the counts of the whole with those of its parts.
func checkSum(r *rapid.T, what string, whole *window.Scan, parts ...*window.Scan) {
	sum := func(scans ...*window.Scan) (out [6]string) {
		for i, pick := range []func(window.Group) window.Counts{
			func(g window.Group) window.Counts { return g.Total }, func(g window.Group) window.Counts { return g.Bad }} {
			var rows [3]unit.Decimal
			for _, s := range scans {
				for _, g := range s.Groups {
					n := pick(g)
					cells := s.Grid.Cells()
					rows[0] = rows[0].Add(n.Windowed.Range(0, cells))
					rows[1] = rows[1].Add(n.Recovered.Range(0, cells))
					rows[2] = rows[2].Add(n.Unwitnessed.Range(0, cells))
				}
			}
			for j, v := range rows {
				out[3*i+j] = v.Canonical()
			}
		}
		return out
	}
	if got, want := sum(parts...), sum(whole); got != want {
		r.Fatalf("%s add up to %v, the whole is %v", what, got, want)
	}
}

// TestExpression asks for a ratio in free PromQL. increase() over (10m, 15m]
// sees the samples of 11m to 15m: four steps of 60 + 6, extrapolated to five.
func TestExpression(t *testing.T) {
	s := openText(t, load(t, `
		load 1m
		  reqs_total{job="api",instance="a",code="200"} 1000+60x20
		  reqs_total{job="api",instance="a",code="500"} 1000+6x20`))
	req := request(t, querytest.Case{Kind: query.Expression, Grid: "5m 10m 15m"})
	req.Indicator.TotalExpr = `sum(increase(reqs_total[$window]))`
	req.Indicator.BadExpr = `sum(increase(reqs_total{code="500"}[$window]))`
	got := scan(t, s, req)
	if got.Accounting != window.PromQL || got.Groups[0].Total.Windowed.At(1).String() != "330" || got.Groups[0].Bad.Windowed.At(1).String() != "30" {
		t.Errorf("the expression gives %s by %s", querytest.Dump(got), got.Accounting)
	}
	req.Indicator.BadExpr = `sum(`
	results, err := s.Scan(context.Background(), []query.Request{req, request(t, querytest.Case{Total: `reqs_total`, Grid: "5m 10m"})})
	if err != nil || results[0].Err == nil || results[1].Err != nil {
		t.Errorf("a wrong expression gives %+v, %v", results, err)
	}
}

func FuzzOpenMetrics(f *testing.F) {
	f.Add([]byte("# TYPE a counter\na_total{x=\"1\"} 1 1790812800\n# EOF\n"))
	f.Add([]byte("a 1 1\na 0 0.5\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadOpenMetrics(bytes.NewReader(data), "fuzz", Options{})
		if err != nil {
			return
		}
		all, err := query.ParseSelector(`{__name__!=""}`)
		if err != nil {
			t.Fatal(err)
		}
		// Whatever was accepted comes out in order, without an instant twice.
		err = s.Read(context.Background(), all, earliest, latest, func(r query.RawSeries) error {
			ts, vs, last := make([]int64, 8), make([]float64, 8), int64(earliest)
			for {
				n, err := r.Read(ts, vs)
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				for _, now := range ts[:n] {
					if now <= last {
						t.Fatalf("series %s has %d after %d", r.Labels(), now, last)
					}
					last = now
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
