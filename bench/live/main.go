// Live compares the ways of reading a month from a Prometheus server on loopback,
// the Debian package's, over blocks: remote read and raw queries, which are exact,
// and query_range, which is asked for the same windows as well.
//
//	go run ./live
package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/slactl/slactl/bench/internal/peer"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
)

func main() {
	rounds := flag.Int("n", 3, "run every contender so `often`")
	days := flag.Int("days", peer.Days, "read so many `days` of the month")
	url := flag.String("url", "", "`URL` of a server that has the month; one is started without it")
	flag.Parse()
	runtime.GOMAXPROCS(2)
	kept, err := run(*rounds, *days, *url)
	peer.Exit("live", kept, err)
}

func run(rounds, days int, url string) (bool, error) {
	if url == "" {
		temp, err := os.MkdirTemp("", "slactl-bench-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(temp)
		if err := peer.WriteMonth(filepath.Join(temp, "data")); err != nil {
			return false, err
		}
		server, base, err := start(temp)
		if err != nil {
			return false, err
		}
		defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
		url = base
		os.Args = append(os.Args, "-url", url) // for the processes of the contenders
	}
	results, err := peer.Compare(rounds, []peer.Contender{
		{Name: "remote read", Run: func() (func() (int64, error), error) { return read(url, "raw", days) }},
		{Name: "raw queries", Run: func() (func() (int64, error), error) { return read(withoutRemoteRead(url), "raw", days) }},
		{Name: "query_range", Run: func() (func() (int64, error), error) { return read(url, "promql", days) }},
	})
	if err != nil {
		return false, err
	}
	return peer.Print(results, []peer.Bound{
		{Of: "remote read", By: "query_range", Most: 1. / 3},
		{Of: "raw queries", By: "query_range", Most: 4},
	}, map[string]int64{"remote read": 256 << 20, "raw queries": 256 << 20}), nil
}

// start runs the Debian Prometheus over the blocks in a directory.
func start(dir string) (*exec.Cmd, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	addr := l.Addr().String()
	l.Close()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte("global: {}\n"), 0o600); err != nil {
		return nil, "", err
	}
	cmd := exec.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--storage.tsdb.retention.time=10y", "--web.listen-address="+addr)
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	for range 300 {
		time.Sleep(100 * time.Millisecond)
		if resp, err := http.Get("http://" + addr + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd, "http://" + addr, nil
			}
		}
	}
	return cmd, "", errors.Join(errors.New("prometheus is not ready after 30 s"), cmd.Process.Kill(), cmd.Wait())
}

// withoutRemoteRead is the server as one that has no remote read: everything else
// is asked of it directly.
func withoutRemoteRead(url string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return url
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/read" {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, url+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		}))
	}()
	return "http://" + l.Addr().String()
}

// read asks for total and bad by two labels in windows of five minutes.
func read(url, way string, days int) (func() (int64, error), error) {
	src, err := prom.New(prom.Options{URL: url, Read: way, Timeout: 5 * time.Minute})
	if err != nil {
		return nil, err
	}
	req, err := peer.Request(days)
	return func() (int64, error) {
		results, err := src.Scan(context.Background(), []query.Request{req})
		if err == nil {
			err = results[0].Err
		}
		if err == nil && len(results[0].Scan.Groups) == 0 {
			err = errors.New("nothing was counted")
		}
		return peer.Samples(days), err
	}, err
}
