// Package internal_test holds the walls of the house: which package may import
// which, and where each third-party library lives.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/slactl/slactl/"

// ranks orders the packages: a package imports only packages of lines above its
// own, and its parents. Names are below internal/ where they do not begin with
// cmd.
const ranks = `
	unit
	period
	window, forecast
	sla, cost, kpi, alert, preset
	yamlpos
	config, price
	advice
	query, billing, report/doc
	query/xor, query/querytest, report/doc/doctest
	query/*, query/prom/promtest, discover, lint, lint/*, generate, convert, report, report/*, evidence, deliver
	evaluate
	demo
	cli
	cmd/*
`

// homes names the only packages that import a third-party library. A library is
// known by the longest prefix of the import path that stands here, and needs to
// stand here.
const homes = `
	gopkg.in/yaml.v3                                yamlpos
	github.com/cockroachdb/apd/v3                   unit
	cel.dev/cel-go                                  kpi, alert
	github.com/teambition/rrule-go                  period

	github.com/prometheus/common/model              query, query/*
	github.com/prometheus/common/config             query/prom
	github.com/prometheus/common/promslog           query/tsdb
	github.com/prometheus/client_golang             query/prom
	github.com/prometheus/prometheus/model/labels   query, query/*, discover, demo
	github.com/prometheus/prometheus/model/histogram window, query, query/*
	github.com/prometheus/prometheus/model/value    query, query/*, demo
	github.com/prometheus/prometheus/promql/parser  query, query/tsdb
	github.com/prometheus/prometheus/promql         query/tsdb
	github.com/prometheus/prometheus/tsdb           query/tsdb
	github.com/prometheus/prometheus/tsdb/chunkenc  query/tsdb, query/prom
	github.com/prometheus/prometheus/storage        query/tsdb
	github.com/prometheus/prometheus/prompb         query/prom
	github.com/prometheus/prometheus/model          query/tsdb, demo
	github.com/prometheus/prometheus/util           query/tsdb
	github.com/prometheus/prometheus/model/rulefmt  generate

	github.com/oklog/ulid/v2                        query/tsdb
	github.com/klauspost/compress                   billing, query/tsdb
	github.com/klauspost/compress/snappy            query/prom
	github.com/bmatcuk/doublestar/v4                billing
	github.com/parquet-go/parquet-go                billing
	github.com/jackc/pgx/v5                         billing
	github.com/aws/aws-sdk-go-v2                    billing
	github.com/aws/smithy-go/logging                billing

	github.com/jedib0t/go-pretty/v6/table           report/term
	github.com/jedib0t/go-pretty/v6/text            report/term
	github.com/jedib0t/go-pretty/v6/progress        cli
	github.com/xuri/excelize/v2                     report/xlsx
	github.com/go-pdf/fpdf                          report/pdf

	github.com/spf13/cobra                          cli
	github.com/spf13/pflag                          cli
	github.com/rogpeppe/go-internal/diff            cli
	golang.org/x/term                               cli
	golang.org/x/sync                               query, query/*, billing, evaluate
`

// imported is what one package imports outside of its tests.
type imported struct {
	name    string // below internal/, or cmd/...
	imports []string
}

// load reads the imports of every package. Test files may import anything, and
// packages for tests the libraries that they test with.
func load(t *testing.T) []imported {
	t.Helper()
	byName := map[string]*imported{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(file))
		name, ok := strings.CutPrefix(dir, "../internal/")
		if !ok {
			name = strings.TrimPrefix(dir, "../")
			if !strings.HasPrefix(name, "cmd/") {
				return nil
			}
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		p := byName[name]
		if p == nil {
			p = &imported{name: name}
			byName[name] = p
		}
		for _, spec := range f.Imports {
			if to, err := strconv.Unquote(spec.Path.Value); err == nil && !slices.Contains(p.imports, to) {
				p.imports = append(p.imports, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []imported
	for _, p := range byName {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b imported) int { return strings.Compare(a.name, b.name) })
	if len(out) < 10 {
		t.Fatalf("only %d packages were found", len(out))
	}
	return out
}

// rank returns the line of the table that a package stands on.
func rank(name string) (int, bool) {
	wildcard, found := 0, false
	for i, line := range strings.Split(ranks, "\n") {
		for entry := range strings.SplitSeq(line, ",") {
			entry = strings.TrimSpace(entry)
			if entry == name {
				return i, true
			}
			if ok, _ := path.Match(entry, name); ok {
				wildcard, found = i, true
			}
		}
	}
	return wildcard, found
}

func TestRanks(t *testing.T) {
	for _, p := range load(t) {
		from, ok := rank(p.name)
		if !ok {
			t.Errorf("package %s has no rank; give it a place in the table above", p.name)
			continue
		}
		for _, to := range p.imports {
			inner, ok := strings.CutPrefix(to, module+"internal/")
			if !ok {
				continue
			}
			above, ok := rank(inner)
			if parent := strings.HasPrefix(p.name, inner+"/"); !ok || (above >= from && !parent) {
				t.Errorf("package %s imports %s, which does not rank before it", p.name, inner)
			}
		}
	}
}

func TestHomes(t *testing.T) {
	type home struct{ library, rooms string }
	var table []home
	for line := range strings.Lines(homes) {
		if library, rooms, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			table = append(table, home{library, rooms})
		}
	}
	// The longest prefix wins.
	slices.SortFunc(table, func(a, b home) int { return len(b.library) - len(a.library) })
	for _, p := range load(t) {
		if strings.HasSuffix(p.name, "test") { // querytest, promtest, doctest: imported by tests alone
			continue
		}
		for _, to := range p.imports {
			host, _, _ := strings.Cut(to, "/")
			if !strings.Contains(host, ".") || strings.HasPrefix(to, module) {
				continue
			}
			i := slices.IndexFunc(table, func(h home) bool { return to == h.library || strings.HasPrefix(to, h.library+"/") })
			if i < 0 {
				t.Errorf("package %s imports %s, which has no home; give it one in the table above", p.name, to)
				continue
			}
			at := slices.ContainsFunc(strings.Split(table[i].rooms, ","), func(room string) bool {
				ok, _ := path.Match(strings.TrimSpace(room), p.name)
				return ok
			})
			if !at {
				t.Errorf("package %s imports %s, which lives in %s", p.name, to, strings.TrimSpace(table[i].rooms))
			}
		}
	}
}

// Packages for tests are not part of the program.
func TestNoTestPackagesInTheProgram(t *testing.T) {
	for _, p := range load(t) {
		if strings.HasSuffix(p.name, "test") {
			continue
		}
		for _, to := range p.imports {
			if to == "testing" || strings.HasPrefix(to, module) && strings.HasSuffix(to, "test") {
				t.Errorf("package %s imports %s, which is for tests", p.name, to)
			}
		}
	}
}
