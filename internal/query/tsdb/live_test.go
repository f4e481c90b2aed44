package tsdb

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// TestLiveDataDirectory reads the data directory of a Prometheus server while it
// scrapes a target that counts its scrapes.
func TestLiveDataDirectory(t *testing.T) {
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not installed (apt-get install prometheus): the data directory of a running server is not tested")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	var scrapes atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE scrapes_total counter\nscrapes_total %d\n", scrapes.Add(1))
	}))
	defer target.Close()
	dir := t.TempDir()
	data, config := filepath.Join(dir, "data"), filepath.Join(dir, "prometheus.yml")
	yaml := fmt.Sprintf("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n- job_name: demo\n  static_configs: [{targets: ['%s']}]\n", strings.TrimPrefix(target.URL, "http://"))
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--config.file="+config, "--storage.tsdb.path="+data, "--web.listen-address=127.0.0.1:0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	for deadline := time.Now().Add(20 * time.Second); scrapes.Load() < 10 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	s := openDir(t, data)
	sel, err := query.ParseSelector(`scrapes_total{job="demo"}`)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	results, err := s.Scan(context.Background(), []query.Request{{Indicator: query.Indicator{Total: sel}, Grid: window.NewGrid([]time.Time{now.Add(-time.Hour), now})}})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
	if len(results[0].Scan.Groups) != 1 {
		t.Fatalf("after %d scrapes nothing is found: %+v", scrapes.Load(), results[0].Scan)
	}
	// The target was never seen before its first scrape, so that value is not
	// counted; the last scrape may not be in the log yet.
	total := results[0].Scan.Groups[0].Total
	seen := total.Windowed.At(0).Add(total.Unwitnessed.At(0))
	if n := unit.DecimalOfInt(scrapes.Load()); total.Unwitnessed.At(0).String() != "1" || seen.Cmp(n) > 0 || seen.Cmp(unit.DecimalOfInt(8)) < 0 {
		t.Errorf("%s of %s scrapes are counted, %s of them unwitnessed", seen, n, total.Unwitnessed.At(0))
	}
	jobs := results[0].Scan.Jobs
	if len(jobs) != 1 || jobs[0].Name != "demo" || jobs[0].Up[0] < 8 || jobs[0].Down[0] != 0 {
		t.Errorf("the reachability is %+v", jobs)
	}
}
