// Cost compares slactl with DuckDB on one FOCUS bill: two sums (billed, effective)
// by three keys (provider, service, region) of one month, as CSV, packed CSV and
// Parquet. Every contender is a whole process with two cores and a warm cache.
// They run in turns, and all exact answers must be the same.
//
//	go run ./cost                     # writes the bill into a temporary directory
//	go run ./cost -dir /tmp/bill      # keeps it there for the next time
//	go run ./cost -linear             # 0.2, 2 and 20 M rows, which are 14 GB
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	rounds := flag.Int("n", 5, "run every contender so `often`")
	dir := flag.String("dir", "", "`directory` of the bill; it is written where it does not exist, and a temporary one is used without it")
	rows := flag.Int("rows", 2_000_000, "`rows` of the bill")
	linear := flag.Bool("linear", false, "measure time and memory at 0.2, 2 and 20 M rows instead")
	asked := flag.String("answer", "", "only answer the question about this `file`, as every contender does")
	flag.Parse()
	if *asked != "" {
		if err := answer(*asked); err != nil {
			fmt.Fprintln(os.Stderr, "cost:", err)
			os.Exit(3)
		}
		return
	}
	kept, err := run(*rounds, *rows, *dir, *linear)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(3)
	}
	if !kept {
		os.Exit(1)
	}
}

func run(rounds, rows int, dir string, linear bool) (bool, error) {
	if dir == "" {
		temp, err := os.MkdirTemp("", "slactl-bench-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	b := &bench{dir: dir}
	if linear {
		return b.linear(rounds)
	}
	return b.compare(rounds, rows)
}

// bench keeps the bills and the programs in a directory.
type bench struct{ dir string }

// compare measures slactl beside its peers. The bounds are on the ratio of the
// times that pass; the ratio of the times of the processors is shown because it
// bears a machine that has other things to do.
func (b *bench) compare(rounds, rows int) (bool, error) {
	generator, err := b.build("focusgen", "")
	if err != nil {
		return false, err
	}
	duckdb, err := b.build("duckdb", "CGO_ENABLED=1")
	if err != nil {
		return false, err
	}
	text, packed, columns := b.path("focus.csv"), b.path("focus.csv.gz"), b.path("focus.parquet")
	if err := b.once(text, generator, "-rows", fmt.Sprint(rows), "-csv", text, "-parquet", columns); err != nil {
		return false, err
	}
	if err := b.once(packed, "gzip", "-k", text); err != nil {
		return false, err
	}
	results, err := measure(rounds, []contender{
		{"slactl, CSV", slactl(text), true},
		{"DuckDB, CSV, DECIMAL(38,12)", []string{duckdb, "-sums", "decimal", text}, true},
		{"DuckDB, CSV, DOUBLE", []string{duckdb, "-sums", "double", text}, false},
		{"slactl, CSV.gz", slactl(packed), true},
		{"gzip -dc", []string{"gzip", "-dc", packed}, false},
		{"slactl, Parquet", slactl(columns), true},
		{"DuckDB, Parquet, DECIMAL(38,12)", []string{duckdb, "-sums", "decimal", columns}, true},
		{"DuckDB, Parquet, DOUBLE", []string{duckdb, "-sums", "double", columns}, false},
	})
	if err != nil {
		return false, err
	}
	return report(results, rows, []bound{
		{"slactl, CSV", "DuckDB, CSV, DECIMAL(38,12)", 0.3},
		{"slactl, CSV", "DuckDB, CSV, DOUBLE", 0.6},
		{"slactl, CSV.gz", "gzip -dc", 1.3},
		{"slactl, Parquet", "DuckDB, Parquet, DECIMAL(38,12)", 1.5},
		{"slactl, Parquet", "DuckDB, Parquet, DOUBLE", 1.5},
	}), nil
}

// linear measures bills of three sizes. Ten times the rows may take ten times as
// long and a quarter more, and no more memory but what chance gives.
func (b *bench) linear(rounds int) (bool, error) {
	generator, err := b.build("focusgen", "")
	if err != nil {
		return false, err
	}
	kept := true
	var last result
	for i, rows := range []int{200_000, 2_000_000, 20_000_000} {
		path := b.path(fmt.Sprintf("focus-%d.csv", rows))
		if err := b.once(path, generator, "-rows", fmt.Sprint(rows), "-csv", path); err != nil {
			return false, err
		}
		results, err := measure(rounds, []contender{{fmt.Sprintf("slactl, %.1f M rows", float64(rows)/1e6), slactl(path), false}})
		if err != nil {
			return false, err
		}
		r := results[0]
		kept = report(results, rows, nil) && kept
		if i > 0 {
			kept = verdict(fmt.Sprintf("ten times the rows: %.1f times the processor's time", ratio(r.cpu, last.cpu)), "12.5", ratio(r.cpu, last.cpu) <= 12.5) && kept
		}
		last = r
	}
	return kept, nil
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// build compiles a program of this module.
func (b *bench) build(name, env string) (string, error) {
	out := b.path(name + ".bin")
	cmd := exec.Command("go", "build", "-o", out, "github.com/slactl/slactl/bench/"+name)
	cmd.Env, cmd.Stderr = append(os.Environ(), env), os.Stderr
	if env == "" {
		cmd.Env = nil
	}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building %s: %w", name, err)
	}
	return out, nil
}

// once makes a file that is not there yet.
func (b *bench) once(path string, command ...string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// slactl is this program as a contender.
func slactl(path string) []string { return []string{os.Args[0], "-answer", path} }
