package promtest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RequireVariable is the environment variable that, set to 1, makes [Debian]
// fail where it would skip the test.
const RequireVariable = "SLACTL_REQUIRE_PROMETHEUS"

// Debian starts the `prometheus` binary over the data directory and returns its
// base URL. Without a binary it skips the test. The configuration, YAML text,
// may be empty; $ADDRESS in it is the server's own host and port. The server
// ends with the test.
func Debian(tb testing.TB, dir, configuration string) string {
	tb.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		if os.Getenv(RequireVariable) == "1" {
			tb.Fatalf("starting prometheus: %v (%s=1)", err, RequireVariable)
		}
		tb.Skipf("the prometheus binary is not installed (apt-get install prometheus): %v", err)
	}
	if configuration == "" {
		configuration = "global: {}\n"
	}
	addr := freeAddress(tb)
	file := filepath.Join(tb.TempDir(), "prometheus.yml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(configuration, "$ADDRESS", addr)), 0o600); err != nil {
		tb.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(binary, "--config.file="+file, "--storage.tsdb.path="+dir, "--storage.tsdb.retention.time=10y", "--web.listen-address="+addr)
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
			tb.Fatalf("starting prometheus: it ended (%v):\n%s", err, log.String())
		case <-time.After(100 * time.Millisecond):
		}
		resp, err := http.Get("http://" + addr + "/-/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + addr
			}
		}
	}
	tb.Fatal("starting prometheus: it is not ready after 30 s")
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
