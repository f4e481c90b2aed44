package tsdb

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// ramp returns n samples from `from` on, a minute apart, whose values grow by 3.
func ramp(from int64, n int) iter.Seq2[int64, float64] {
	return func(yield func(int64, float64) bool) {
		for i := range n {
			if !yield(from+int64(i)*60_000, float64(3*i)) {
				return
			}
		}
	}
}

// The samples of three weeks come back bit for bit, whatever block holds them,
// stale markers included.
func TestWriteBlocksRoundTrip(t *testing.T) {
	const start = 1_790_812_800_000
	end := start + int64(21*24*60)*60_000
	in := []SampleSeries{
		{Labels: labels.FromStrings("__name__", "a_total", "job", "x"), Samples: ramp(start, 21*24*60)},
		{Labels: labels.FromStrings("__name__", "a_total", "job", "y"), Samples: func(yield func(int64, float64) bool) {
			_ = yield(start+7, 0.1) && yield(end-1, math.Float64frombits(value.StaleNaN))
		}},
		{Labels: labels.FromStrings("__name__", "empty_total"), Samples: ramp(start, 0)},
	}
	dir := filepath.Join(t.TempDir(), "blocks")
	written, err := WriteBlocks(context.Background(), dir, in, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(21*24*60 + 2); written.Samples != want || written.Blocks != 4 {
		t.Errorf("written %+v, want %d samples in 4 blocks", written, want)
	}
	db, err := promtsdb.OpenDBReadOnly(dir, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	q, err := db.Querier(start, end)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	got := map[string][]string{}
	set := q.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	for set.Next() {
		got[set.At().Labels().String()] = dumpSamples(t, set.At())
	}
	for _, s := range in[:2] {
		var want []string
		for ts, v := range s.Samples {
			want = append(want, fmt.Sprintf("%d %x", ts, math.Float64bits(v)))
		}
		if a, b := strings.Join(got[s.Labels.String()], "\n"), strings.Join(want, "\n"); a != b {
			t.Errorf("%s: %d samples came back differently", s.Labels, len(want))
		}
	}
	if len(got) != 2 {
		t.Errorf("%d series came back, want the 2 that have samples", len(got))
	}
}

func dumpSamples(t *testing.T, s storage.Series) []string {
	var out []string
	it := s.Iterator(nil)
	for it.Next() == chunkenc.ValFloat {
		ts, v := it.At()
		out = append(out, fmt.Sprintf("%d %x", ts, math.Float64bits(v)))
	}
	if it.Err() != nil {
		t.Error(it.Err())
	}
	return out
}

// The same samples make the same files; other samples make other names.
func TestWriteBlocksIsDeterministic(t *testing.T) {
	write := func(n int) string {
		dir := filepath.Join(t.TempDir(), "blocks")
		in := []SampleSeries{{Labels: labels.FromStrings("__name__", "a"), Samples: ramp(0, n)}, {Labels: labels.FromStrings("__name__", "b"), Samples: ramp(5, 9)}}
		if _, err := WriteBlocks(context.Background(), dir, in, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		return treeDigest(t, dir)
	}
	if a, b := write(1000), write(1000); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
	if write(1000) == write(1001) {
		t.Error("other samples make the same files")
	}
}

// treeDigest lists the files below dir with their digests.
func treeDigest(t *testing.T, dir string) string {
	var out strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		fmt.Fprintf(&out, "%x %s\n", sha256.Sum256(text), path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What cannot be written leaves nothing behind.
func TestWriteBlocksRefuses(t *testing.T) {
	a, b := labels.FromStrings("__name__", "a"), labels.FromStrings("__name__", "b")
	for name, c := range map[string]struct {
		in   []SampleSeries
		want string
	}{
		"unsorted series":   {[]SampleSeries{{Labels: b, Samples: ramp(0, 1)}, {Labels: a, Samples: ramp(0, 1)}}, `series {__name__="a"} comes after {__name__="b"}`},
		"a series twice":    {[]SampleSeries{{Labels: a, Samples: ramp(0, 1)}, {Labels: a, Samples: ramp(0, 1)}}, "each once"},
		"unordered samples": {[]SampleSeries{{Labels: a, Samples: func(yield func(int64, float64) bool) { _ = yield(60_000, 1) && yield(0, 2) }}}, `series {__name__="a"}: a sample at 1970-01-01T00:00:00Z comes after one at 1970-01-01T00:01:00Z`},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			_, err := WriteBlocks(context.Background(), filepath.Join(parent, "blocks"), c.in, WriteOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("%s was left behind", left[0].Name())
			}
		})
	}
}

// Prometheus's own tool reads the blocks and finds nothing to complain of.
func TestWriteBlocksForPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	dir := filepath.Join(t.TempDir(), "blocks")
	in := []SampleSeries{{Labels: labels.FromStrings("__name__", "a", "job", "x"), Samples: ramp(1_790_812_800_000, 500)}}
	if _, err := WriteBlocks(context.Background(), dir, in, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(promtool, "tsdb", "dump", dir).CombinedOutput()
	if err != nil || strings.Count(string(out), `{__name__="a", job="x"}`) != 500 {
		t.Errorf("promtool tsdb dump: %v\n%.500s", err, out)
	}
	if out, err := exec.Command(promtool, "tsdb", "analyze", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "Series: 1") {
		t.Errorf("promtool tsdb analyze: %v\n%s", err, out)
	}
}

// BenchmarkWriteBlocks writes 200 series of a month of minutes.
func BenchmarkWriteBlocks(b *testing.B) {
	var in []SampleSeries
	for i := range 200 {
		in = append(in, SampleSeries{Labels: labels.FromStrings("__name__", "a", "i", fmt.Sprintf("%03d", i)), Samples: ramp(1_790_812_800_000, 44640)})
	}
	for n := 0; b.Loop(); n++ {
		if _, err := WriteBlocks(context.Background(), filepath.Join(b.TempDir(), fmt.Sprint(n)), in, WriteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*200*44640), "ns/sample")
}
