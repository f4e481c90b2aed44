package promtest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/slactl/slactl/internal/query/querytest"
)

// RequireVariable is the environment variable that, set to 1, makes [Debian] and
// [Victoria] fail where they would skip the test.
const RequireVariable = "SLACTL_REQUIRE_PROGRAMS"

// Debian starts the `prometheus` binary over the data directory and returns its
// base URL. Without a binary it skips the test. The configuration, YAML text,
// may be empty; $ADDRESS in it is the server's own host and port. The server
// ends with the test.
func Debian(tb testing.TB, dir, configuration string) string {
	tb.Helper()
	binary := find(tb, "prometheus", "prometheus")
	if configuration == "" {
		configuration = "global: {}\n"
	}
	addr := freeAddress(tb)
	file := filepath.Join(tb.TempDir(), "prometheus.yml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(configuration, "$ADDRESS", addr)), 0o600); err != nil {
		tb.Fatal(err)
	}
	return start(tb, addr, "/-/ready", exec.Command(binary, "--config.file="+file, "--storage.tsdb.path="+dir, "--storage.tsdb.retention.time=10y", "--web.listen-address="+addr))
}

// Victoria starts the `victoria-metrics` binary with the series, without stale
// markers, and returns its base URL. Without a binary it skips the test.
func Victoria(tb testing.TB, all []querytest.Series) string {
	tb.Helper()
	binary, addr := find(tb, "victoria-metrics", "victoria-metrics"), freeAddress(tb)
	base := start(tb, addr, "/health", exec.Command(binary, "-storageDataPath="+tb.TempDir(), "-retentionPeriod=100y", "-httpListenAddr="+addr))
	var text bytes.Buffer
	for _, s := range all {
		for _, p := range s.Samples {
			if !value.IsStaleNaN(p.V) {
				fmt.Fprintf(&text, "%s %s %d\n", s.Labels.Get(labels.MetricName)+s.Labels.MatchLabels(false, labels.MetricName).String(), strconv.FormatFloat(p.V, 'g', -1, 64), p.T)
			}
		}
	}
	for _, path := range []string{"/api/v1/import/prometheus", "/internal/force_flush"} {
		resp, err := http.Post(base+path, "text/plain", &text)
		if err != nil {
			tb.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			tb.Fatalf("%s: %s", path, resp.Status)
		}
	}
	return base
}

// find returns the path of a program of a Debian package, or skips the test.
func find(tb testing.TB, program, pkg string) string {
	tb.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv(RequireVariable) == "1" {
			tb.Fatalf("starting %s: %v (%s=1)", program, err, RequireVariable)
		}
		tb.Skipf("the %s binary is not installed (apt-get install %s): %v", program, pkg, err)
	}
	return path
}

// start starts a server, which ends with the test, and returns its base URL when
// it is ready.
func start(tb testing.TB, addr, ready string, cmd *exec.Cmd) string {
	tb.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
	})
	for range 300 {
		select {
		case err := <-done:
			done <- err
			tb.Fatalf("starting %s: it ended (%v):\n%s", cmd.Path, err, log.String())
		case <-time.After(100 * time.Millisecond):
		}
		resp, err := http.Get("http://" + addr + ready)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + addr
			}
		}
	}
	tb.Fatalf("starting %s: it is not ready after 30 s", cmd.Path)
	return ""
}

// Promtool evaluates an expression at an instant, given in seconds since the
// epoch, with the `promtool` binary and returns what it prints.
func Promtool(tb testing.TB, url, expr string, seconds int64) string {
	tb.Helper()
	out, err := exec.Command("promtool", "query", "instant", "--time="+fmt.Sprint(seconds), url, expr).CombinedOutput()
	if err != nil {
		tb.Fatalf("promtool query instant %s: %v\n%s", expr, err, out)
	}
	return string(out)
}

// freeAddress finds a loopback address that nobody listens on.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
