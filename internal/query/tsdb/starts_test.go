package tsdb

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query/querytest"
)

// TestStartTimestamps reads blocks that Prometheus's own code wrote, with a start
// timestamp beside each sample: one within lookback is the witness of a birth,
// one before is not, and 0 is none.
func TestStartTimestamps(t *testing.T) {
	base := querytest.Base()
	for _, c := range []struct {
		name  string
		start time.Time
		want  string
	}{
		{"within lookback", base.Add(-30 * time.Minute), "group\n  total: 9\n  samples: 2\n"},
		{"before lookback", base.Add(-90 * time.Minute), "group\n  total: 2\n  total unwitnessed: 7\n  samples: 1\n"},
		{"none", time.Unix(0, 0), "group\n  total: 2\n  total unwitnessed: 7\n  samples: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := writeStarts(t, c.start)
			if got := querytest.Dump(scanOf(t, openDir(t, dir), querytest.Case{Total: `reqs_total`, Grid: "0m 5m"})); got != c.want {
				t.Errorf("the scan is\n%swant\n%s", got, c.want)
			}
		})
	}
}

// writeStarts writes a block with a counter that is 7 and 9 a minute and two
// after the base.
func writeStarts(t *testing.T, start time.Time) string {
	t.Helper()
	dir := t.TempDir()
	opt := promtsdb.DefaultOptions()
	opt.FloatChunkEncoding, opt.EnableSTStorage = chunkenc.EncXOR2, true
	db, err := promtsdb.Open(dir, promslog.NewNopLogger(), nil, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	app := db.AppenderV2(context.Background())
	for i, v := range []float64{7, 9} {
		at := querytest.Base().Add(time.Duration(i+1) * time.Minute).UnixMilli()
		if _, err := app.Append(0, labels.FromStrings(labels.MetricName, "reqs_total"), start.UnixMilli(), at, v, nil, nil, storage.AppendV2Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.CompactHead(promtsdb.NewRangeHead(db.Head(), db.Head().MinTime(), db.Head().MaxTime())); err != nil {
		t.Fatal(err)
	}
	return dir
}
