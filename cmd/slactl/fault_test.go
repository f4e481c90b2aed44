package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slactl/slactl/internal/query/prom/promtest"
)

// faulty serves a fault at $PROMETHEUS.
func faulty(t *testing.T, ts *testscript.TestScript, args []string) {
	done := make(chan struct{})
	kinds := map[string]http.HandlerFunc{
		"401": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Unauthorized", http.StatusUnauthorized) },
		"422": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			io.WriteString(w, `{"status":"error","errorType":"execution","error":"no such matcher"}`)
		},
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"status":"success","data":`)
		},
		"hang": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-done:
			}
		},
	}
	if args[0] == "503-twice" {
		dir := t.TempDir()
		promtest.WriteBlock(t, dir, load(ts, args[1]))
		target, err := url.Parse(promtest.Serve(t, dir))
		ts.Check(err)
		kinds["503-twice"] = twice(httputil.NewSingleHostReverseProxy(target))
	}
	handler := kinds[args[0]]
	if handler == nil {
		ts.Fatalf("there is no fault %q", args[0])
	}
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Defer(func() { close(done) })
	ts.Setenv("PROMETHEUS", server.URL)
}

// twice answers 503 to the first two requests.
func twice(next http.Handler) http.HandlerFunc {
	var asked atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// compress writes a gzip file that lacks its end.
func compress(ts *testscript.TestScript, _ bool, args []string) {
	drop, err := strconv.Atoi(args[2])
	ts.Check(err)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = io.WriteString(z, ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes()[:b.Len()-drop], 0o600))
}

// corrupt overwrites the middle of every chunk file below a directory.
func corrupt(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", "chunks", "*"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("%s has no chunks", args[0])
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		ts.Check(err)
		for i := len(text) / 4; i < len(text); i++ {
			text[i] ^= 0x5a
		}
		ts.Check(os.WriteFile(name, text, 0o600))
	}
}

// hashes lists the files below a directory with their digests.
func hashes(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(text), strings.TrimPrefix(path, root))
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// suggested runs the commands after "Try next:" as they are printed.
func suggested(ts *testscript.TestScript, _ bool, args []string) {
	_, next, _ := strings.Cut(ts.ReadFile(args[0]), "Try next:\n")
	n := 0
	for line := range strings.Lines(next) {
		if words := strings.Fields(line); len(words) > 0 {
			n++
			ts.Check(ts.Exec(words[0], words[1:]...))
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d commands are suggested; want %s", n, args[1])
	}
}

// shown compares an output with the lines that the README shows under
// "$ slactl demo", up to its dots.
func shown(ts *testscript.TestScript, _ bool, args []string) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	ts.Check(err)
	_, after, _ := strings.Cut(string(readme), "$ slactl demo\n")
	want, _, ok := strings.Cut(after, "\n...\n")
	if !ok {
		ts.Fatalf("the README shows no output of slactl demo that ends with dots")
	}
	if got := ts.ReadFile(args[0]); !strings.HasPrefix(got, want) {
		ts.Fatalf("the README shows\n%s\nand printed is\n%s", want, got)
	}
}
