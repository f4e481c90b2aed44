package tsdb

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	promtsdb "github.com/prometheus/prometheus/tsdb"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
)

// TestNativeHistograms shows that native histograms are not passed over in
// silence: a target that has nothing else is noted, one that has classic buckets
// as well is counted by these.
func TestNativeHistograms(t *testing.T) {
	dir := t.TempDir()
	db, err := promtsdb.Open(dir, promslog.NewNopLogger(), nil, promtsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	app := db.Appender(context.Background())
	for i := range 3 {
		at := querytest.Base().Add(time.Duration(i) * time.Minute).UnixMilli()
		native := &histogram.Histogram{Schema: 3, Count: uint64(i), Sum: float64(i),
			PositiveSpans: []histogram.Span{{Offset: 0, Length: 1}}, PositiveBuckets: []int64{int64(i)}}
		for _, instance := range []string{"a", "b"} {
			ls := labels.FromStrings(labels.MetricName, "lat", "job", "api", "instance", instance)
			if _, err := app.AppendHistogram(0, ls, at, native, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, le := range []string{"1", "+Inf"} {
			ls := labels.FromStrings(labels.MetricName, "lat_bucket", "job", "api", "instance", "a", "le", le)
			if _, err := app.Append(0, ls, at, float64(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.CompactHead(promtsdb.NewRangeHead(db.Head(), db.Head().MinTime(), db.Head().MaxTime())); err != nil {
		t.Fatal(err)
	}
	const counted = "group\n  total: 2\n  le 1: 2\n  le +Inf: 2\n  samples: 2\njob api seen: 1 up: 0 down: 0\n"
	for selector, want := range map[string]string{
		`lat{instance="a"}`: counted,
		`lat`:               counted + "note: 1 histograms of lat are native, which this version does not read: what they observed is missing; scrape classic buckets beside them\n",
		`lat{instance="b"}`: "note: 1 histograms of lat{instance=\"b\"} are native, which this version does not read: what they observed is missing; scrape classic buckets beside them\n",
	} {
		s := openDir(t, dir)
		got := querytest.Dump(scanOf(t, s, querytest.Case{Kind: query.Histogram, Total: selector, Grid: "0m 2m"}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
}
