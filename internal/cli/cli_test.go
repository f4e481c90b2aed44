package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
)

// world is an environment in memory, but for files.
type world struct {
	Env
	out, err bytes.Buffer
	vars     map[string]string
}

func newWorld() *world {
	w := &world{vars: map[string]string{}}
	w.Env = Env{
		Stdin: strings.NewReader(""), Stdout: &w.out, Stderr: &w.err, Width: 80, Files: systemFiles{},
		LookupEnv: func(name string) (string, bool) { v, ok := w.vars[name]; return v, ok },
		Now:       func() time.Time { return querytest.Base().Add(20 * time.Minute) },
		Build:     func() (*debug.BuildInfo, bool) { return nil, false },
	}
	return w
}

func (w *world) run(t *testing.T, args ...string) int {
	t.Helper()
	return Main(t.Context(), w.Env, args)
}

func TestVersion(t *testing.T) {
	w := newWorld()
	w.Build = func() (*debug.BuildInfo, bool) {
		return &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.time", Value: "2026-11-24T15:00:00Z"}, {Key: "vcs.modified", Value: "true"}}}, true
	}
	if code := w.run(t, "version"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if want := "slactl v1.2.3\ncommit 0123abc of 2026-11-24T15:00:00Z, modified\nbuilt with go"; !strings.HasPrefix(w.out.String(), want) {
		t.Errorf("printed\n%swant\n%s...", w.out.String(), want)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := &app{Env: w.Env}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		a.flags.timeout = 2 * time.Minute
		a.limit(ctx, cancel)
		time.Sleep(a.flags.timeout + time.Second)
		code := finish(ctx, &w.err, errors.New("reading metrics: context canceled"))
		if want := "slactl: giving up after 2m0s; allow more with --timeout\n"; code != Failure || w.err.String() != want {
			t.Errorf("exit code %d, stderr %q; want %d, %q", code, w.err.String(), Failure, want)
		}
	})
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	if code := finish(ctx, &stderr, errors.New("reading metrics: context canceled")); code != Failure || stderr.String() != "slactl: interrupted\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

func TestColor(t *testing.T) {
	for _, test := range []struct {
		flag    string
		tty     bool
		noColor bool
		want    bool
	}{
		{"auto", true, false, true},
		{"auto", false, false, false},
		{"auto", true, true, false},
		{"always", false, true, true},
		{"never", true, false, false},
	} {
		w := newWorld()
		w.StdoutTTY = test.tty
		if test.noColor {
			w.vars["NO_COLOR"] = ""
		}
		a := &app{Env: w.Env, flags: globalFlags{color: test.flag, logLevel: "warn"}}
		if err := a.applyGlobals(); err != nil {
			t.Fatal(err)
		}
		if a.color != test.want {
			t.Errorf("%+v: color %v", test, a.color)
		}
	}
}

// A file appears whole or not at all, whatever goes wrong on the way.
func TestWriteFileWholeOrNotAtAll(t *testing.T) {
	full := errors.New("write: no space left on device")
	for _, test := range []struct {
		name  string
		files FileSystem
		path  string
		write func(io.Writer) error
		want  string
	}{
		{"the writer fails", systemFiles{}, "new/report.pdf", func(w io.Writer) error {
			io.WriteString(w, "half")
			return errors.New("drawing page 2: out of paper")
		}, "writing %s: drawing page 2: out of paper"},
		{"the disk is full", fullDisk{err: full}, "report.pdf", func(w io.Writer) error {
			_, err := io.WriteString(w, "half")
			return err
		}, "writing %s: write: no space left on device"},
		{"a directory is there", systemFiles{}, ".", func(io.Writer) error { return nil }, "writing %s: it is a directory"},
		{"a file is in the way", systemFiles{}, "old.txt/report.pdf", func(io.Writer) error { return nil }, "writing %s: not a directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "old.txt"), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			w := newWorld()
			w.Files = test.files
			path := filepath.Join(dir, test.path)
			err := (&app{Env: w.Env}).writeFile(path, test.write)
			if want := strings.Replace(test.want, "%s", path, 1); err == nil || err.Error() != want {
				t.Errorf("error %v; want %s", err, want)
			}
			if left := filesBelow(t, dir); len(left) != 1 || left[0] != "old.txt" {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestWriteFileReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.txt")
	a := &app{Env: newWorld().Env}
	for _, text := range []string{"first, and longer", "second"} {
		if err := a.writeBytes(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("read %q, %v; want %q", got, err, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v; want one that others can read", info.Mode(), err)
	}
}

func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fullDisk takes nothing.
type fullDisk struct {
	systemFiles
	err error
}

func (d fullDisk) CreateTemp(dir, pattern string) (TempFile, error) {
	f, err := d.systemFiles.CreateTemp(dir, pattern)
	return fullFile{f, d.err}, err
}

type fullFile struct {
	TempFile
	err error
}

func (f fullFile) Write([]byte) (int, error) { return 0, f.err }

// Work that is over within a second leaves no trace; what takes longer is named,
// once a stage, and on a terminal the line is cleared in the end.
func TestProgress(t *testing.T) {
	for _, test := range []struct {
		name string
		tty  bool
		work []time.Duration
		want string
	}{
		{"quick", false, []time.Duration{500 * time.Millisecond, 400 * time.Millisecond}, ""},
		{"slow, into a file", false, []time.Duration{1500 * time.Millisecond, time.Second}, "stage 1 ...\nstage 2 ...\n"},
		{"slow, on a terminal", true, []time.Duration{1200 * time.Millisecond}, "\r\x1b[K⠋ stage 1\r\x1b[K⠙ stage 1\r\x1b[K"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.StderrTTY = test.tty
				p := (&app{Env: w.Env}).startProgress("stage 1")
				for i, d := range test.work {
					p.set([]string{"stage 1", "stage 2"}[i])
					time.Sleep(d)
				}
				p.end()
				p.end()
				if w.err.String() != test.want {
					t.Errorf("stderr %q; want %q", w.err.String(), test.want)
				}
			})
		})
	}
}

// The dialogue of `slactl init` with someone who first makes mistakes.
func TestInitAsks(t *testing.T) {
	series, err := querytest.Load(`load 1m
up{job="api",instance="a:1"} 1x20
http_requests_total{job="api",instance="a:1",code="200"} 0+100x20
http_request_duration_seconds_bucket{job="api",instance="a:1",le="0.1"} 0+99x20
http_request_duration_seconds_bucket{job="api",instance="a:1",le="+Inf"} 0+100x20
probe_success{job="blackbox",instance="x:1"} 1x20
`)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	promtest.WriteBlock(t, data, series)
	w := newWorld()
	w.StdinTTY = true
	w.Stdin = strings.NewReader("9\n2, 1\n99.95\n100000\n99.5%\n\n-\n")
	w.vars["SLACTL_PROMETHEUS_URL"] = promtest.Serve(t, data)
	out := filepath.Join(t.TempDir(), "slactl.yaml")
	if code := w.run(t, "init", "--out", out); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, w.out.String(), w.err.String())
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"9" is not a number from 1 to 2`,
		`"100000" is not a percentage`,
		"95 % of requests within how many ms (- for none) [100]: ",
		"written. Next:",
	} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, w.out.String())
		}
	}
	for _, want := range []string{
		"  availability:\n    target: 99.95 ", "up: 'probe_success{job=\"blackbox\"}'",
		"  availability_api_http:\n    target: 99.5 ", "  response_time_api_http:\n    p95_target_ms: 100\n    measurement_window",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the file lacks %q:\n%s", want, text)
		}
	}
}

func TestInitEndsWithItsInput(t *testing.T) {
	a := &app{Env: newWorld().Env}
	ask := asker{ctx: t.Context(), a: a, in: bufio.NewReader(strings.NewReader("x\n"))}
	err := ask.until("Really", "", func(string) error { return errors.New("no") })
	if err == nil || !strings.Contains(err.Error(), "the input ended") {
		t.Errorf("error %v", err)
	}
}
