package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"slactl": main})
}

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// TestScripts runs the command line as its users do. Beside testscript's own
// commands, scripts have
//
//	exits CODE slactl ARG...   run it and check the exit code
//	openmetrics LOAD FILE      write the series of a load block as OpenMetrics
//	blocks LOAD DIR            write them as a Prometheus block
//	prometheus LOAD            serve them by Prometheus's own HTTP API at $PROMETHEUS
//	faulty KIND [LOAD]         serve a fault at $PROMETHEUS: 401, 422, half, hang, or
//	                           503-twice before the series
//	gzip FILE TO DROP          compress a file and drop so many bytes of its end
//	corrupt DIR                overwrite the chunks of the blocks in a directory
//	hashes DIR TO              list the SHA-256 of every file below a directory
//	shown FILE                 check that an output begins as the README shows it
//	suggested FILE N           run the N commands that an output suggests
//
// Samples of a load block begin at 2026-10-01T00:00:00Z.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("TZ", "Asia/Kathmandu") // the zone of the machine must not matter
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"openmetrics": func(ts *testscript.TestScript, _ bool, args []string) {
				f, err := os.Create(ts.MkAbs(args[1]))
				ts.Check(err)
				ts.Check(errors.Join(querytest.WriteOpenMetrics(f, load(ts, args[0])), f.Close()))
			},
			"blocks": func(ts *testscript.TestScript, _ bool, args []string) {
				promtest.WriteBlock(t, ts.MkAbs(args[1]), load(ts, args[0]))
			},
			"prometheus": func(ts *testscript.TestScript, _ bool, args []string) {
				dir := t.TempDir()
				promtest.WriteBlock(t, dir, load(ts, args[0]))
				ts.Setenv("PROMETHEUS", promtest.Serve(t, dir))
			},
			"faulty":    func(ts *testscript.TestScript, _ bool, args []string) { faulty(t, ts, args) },
			"gzip":      compress,
			"corrupt":   corrupt,
			"hashes":    hashes,
			"suggested": suggested,
			"shown":     shown,
		},
	})
}

// exits runs a command and checks its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d; want %d", got, want)
	}
}

// load reads the series of a load block from a file of the script.
func load(ts *testscript.TestScript, file string) []querytest.Series {
	series, err := querytest.Load(ts.ReadFile(file))
	ts.Check(err)
	return series
}
