package sla

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// The cases in testdata are judgements worked out by hand, in a notation that
// testdata/README.md explains.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			cases, err := readCases(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				t.Run(c.name, c.run)
			}
		})
	}
}

func start() time.Time { return time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }

// kase is one case.
type kase struct {
	name    string
	at      string // file:line
	o       Objective
	length  time.Duration
	now     time.Duration
	cell    time.Duration // width of the cells that rows are written in
	from    time.Duration // where rows begin
	members []caseMember
	drop    time.Duration // an instant that the grid lacks, 0 for none
	wants   []want
}

type caseMember struct {
	groups   []map[string][]string // rows by name
	excluded []Exclusion
}

type want struct{ path, value, at string }

func readCases(file string) ([]*kase, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseCases(file, f)
}

// readCase reads one case that is written into a test.
func readCase(t *testing.T, text string) *kase {
	t.Helper()
	cases, err := parseCases(t.Name(), strings.NewReader(text))
	if err != nil || len(cases) != 1 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	return cases[0]
}

func parseCases(file string, in io.Reader) ([]*kase, error) {
	var out []*kase
	scan := bufio.NewScanner(in)
	for n := 1; scan.Scan(); n++ {
		line, _, _ := strings.Cut(scan.Text(), "#")
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		at := fmt.Sprintf("%s:%d", file, n)
		switch {
		case key == "":
			continue
		case key == "case":
			out = append(out, &kase{name: strings.TrimSpace(rest), at: at, length: time.Hour, now: -1, cell: 5 * time.Minute, o: Objective{
				SLA: "availability", Name: "availability", Method: Events, Comparison: AtLeast, Unit: "percent",
				MeasurementWindow: 5 * time.Minute, Idle: HandleMet, NoData: HandleExcluded, MinCoverage: unit.DecimalOfInt(90),
				DownWhen: unit.DecimalOfInt(5), MinConsecutive: time.Minute, MinEvents: 1, Scale: unit.DecimalOfInt(1000)}})
			continue
		case len(out) == 0:
			return nil, fmt.Errorf("%s: %q before the first case", at, key)
		}
		if err := out[len(out)-1].line(key, strings.TrimSpace(rest), at); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
	}
	return out, scan.Err()
}

// line takes one line of a case.
func (c *kase) line(key, rest, at string) (err error) {
	fields := strings.Fields(rest)
	switch key {
	case "objective":
		c.o.Comparison, c.o.Target = Comparison(fields[0]), unit.MustDecimal(fields[1])
		for _, f := range fields[2:] {
			if err := c.policy(f); err != nil {
				return err
			}
		}
	case "period":
		c.length, err = duration(rest)
	case "now":
		c.now, err = duration(rest)
	case "cells":
		c.cell, err = duration(fields[0])
		if err == nil && len(fields) == 3 {
			c.from, err = duration(fields[2])
		}
	case "lacks":
		c.drop, err = duration(rest)
	case "member":
		c.members = append(c.members, caseMember{})
	case "group":
		m := c.member()
		m.groups = append(m.groups, map[string][]string{})
	case "exclude", "count_as_met":
		from, to, _ := strings.Cut(fields[0], "..")
		e := Exclusion{AsMet: key == "count_as_met"}
		var a, b time.Duration
		if a, err = duration(from); err == nil {
			b, err = duration(to)
		}
		e.Start, e.End = start().Add(a), start().Add(b)
		c.member().excluded = append(c.member().excluded, e)
	case "want":
		path, value, _ := strings.Cut(rest, " ")
		c.wants = append(c.wants, want{path, strings.TrimSpace(value), at})
	default: // a row of the current group
		name, ok := strings.CutSuffix(key, ":")
		if !ok {
			return fmt.Errorf("%q is no line of a case", key)
		}
		m := c.member()
		if len(m.groups) == 0 {
			m.groups = append(m.groups, map[string][]string{})
		}
		m.groups[len(m.groups)-1][name], err = row(fields)
	}
	return err
}

func (c *kase) member() *caseMember {
	if len(c.members) == 0 {
		c.members = append(c.members, caseMember{})
	}
	return &c.members[len(c.members)-1]
}

// policy sets one key=value of an objective.
func (c *kase) policy(f string) (err error) {
	key, v, _ := strings.Cut(f, "=")
	switch key {
	case "method":
		c.o.Method = Method(v)
	case "quantile":
		c.o.Method, c.o.Unit, c.o.Quantile = Quantile, "ms", unit.MustDecimal(v)
	case "within":
		c.o.Method, c.o.Bound = Within, unit.MustDecimal(v)
	case "window":
		c.o.MeasurementWindow, err = duration(v)
	case "grace":
		c.o.GracePeriod, err = duration(v)
	case "min_coverage":
		c.o.MinCoverage = unit.MustDecimal(v)
	case "warn_at":
		d := unit.MustDecimal(v)
		c.o.WarnAt = &d
	case "slice_target":
		d := unit.MustDecimal(v)
		c.o.SliceTarget = &d
	case "down_when":
		c.o.DownWhen = unit.MustDecimal(v)
	case "min_consecutive":
		c.o.MinConsecutive, err = duration(v)
	case "min_events":
		c.o.MinEvents, err = strconv.ParseInt(v, 10, 64)
	case "idle":
		c.o.Idle = Handling(v)
	case "no_data":
		c.o.NoData = Handling(v)
	case "strict_coverage":
		c.o.StrictCoverage = true
	case "up":
		c.o.Up = true
	default:
		err = fmt.Errorf("%q is no policy", key)
	}
	return err
}

// duration is Go's, with days.
func duration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// row expands 100x12 to twelve cells of 100.
func row(fields []string) ([]string, error) {
	pattern := regexp.MustCompile(`^([_?~]|u[0-9]*|-?[0-9.]+)(?:x([0-9]+))?$`)
	var out []string
	for _, f := range fields {
		m := pattern.FindStringSubmatch(f)
		if m == nil {
			return nil, fmt.Errorf("%q is no cell", f)
		}
		times := 1
		if m[2] != "" {
			times, _ = strconv.Atoi(m[2])
		}
		for range times {
			out = append(out, m[1])
		}
	}
	return out, nil
}

// input builds what is judged.
func (c *kase) input() Input {
	in := Input{Objective: c.o, Now: start().Add(c.length), Period: period.Period{Name: "p", Zone: time.UTC,
		Span: period.Span{Start: start(), End: start().Add(c.length)}}}
	if c.now >= 0 {
		in.Now = start().Add(c.now)
	}
	in.Period.Complete = !in.Period.End.After(in.Now)
	cuts := Instants(c.o, in.Period, in.Now)
	first, last := cuts[0], cuts[len(cuts)-1]
	cells := 0
	for _, m := range c.members {
		for _, e := range m.excluded {
			cuts = append(cuts, e.Start, e.End)
		}
		for _, g := range m.groups {
			for _, r := range g {
				cells = max(cells, len(r))
			}
		}
	}
	for i := range cells + 1 {
		cuts = append(cuts, start().Add(c.from+time.Duration(i)*c.cell))
	}
	kept := cuts[:0]
	for _, t := range cuts {
		if !t.Before(first) && !t.After(last) && (c.drop == 0 || !t.Equal(start().Add(c.drop))) {
			kept = append(kept, t)
		}
	}
	grid := window.NewGrid(kept)
	in.Scan = &window.Scan{Grid: grid, Accounting: window.Exact}
	job := window.Job{Name: "api", Seen: make([]bool, grid.Cells()), Up: make([]uint32, grid.Cells()), Down: make([]uint32, grid.Cells())}
	for i := range job.Seen {
		job.Seen[i], job.Up[i] = true, 1
	}
	for _, m := range c.members {
		mem := Member{Excluded: m.excluded}
		for _, rows := range m.groups {
			mem.Groups = append(mem.Groups, c.group(grid, rows, &job))
		}
		in.Members = append(in.Members, mem)
	}
	in.Scan.Jobs = []window.Job{job}
	return in
}

// place returns the grid cell that ends where cell i of a row does, or −1.
func (c *kase) place(g window.Grid, i int) int {
	end := start().Add(c.from + time.Duration(i+1)*c.cell).UnixMilli()
	for k := range g.Cells() {
		if g[k+1] == end {
			return k
		}
	}
	return -1
}

// group builds a group from its rows. A cell that its total, sum or le+Inf row
// does not write as _ has five samples.
func (c *kase) group(grid window.Grid, rows map[string][]string, job *window.Job) *window.Group {
	n := grid.Cells()
	g := &window.Group{Samples: make([]uint32, n)}
	for name, r := range rows {
		base, kind, _ := strings.Cut(name, ".")
		var counts *window.Counts
		switch {
		case base == "total":
			counts = &g.Total
		case base == "bad":
			counts = &g.Bad
		case base == "sum":
			counts = &g.Sum
		case strings.HasPrefix(name, "le"):
			base, kind = name, ""
			if trimmed, ok := strings.CutSuffix(name, ".recovered"); ok {
				base, kind = trimmed, "recovered"
			}
			counts = bucketOf(g, strings.TrimPrefix(base, "le"))
		}
		sums := &counts.Windowed
		switch kind {
		case "recovered":
			sums = &counts.Recovered
		case "unwitnessed":
			sums = &counts.Unwitnessed
		}
		*sums = unit.NewSums(n)
		for i, text := range r {
			k := c.place(grid, i)
			if k < 0 || text == "_" {
				continue
			}
			if strings.ContainsAny(text, "u?~") {
				for cell := k; cell >= 0 && grid[cell] >= grid[k+1]-c.cell.Milliseconds(); cell-- {
					job.Up[cell], job.Seen[cell] = 0, text != "~"
				}
				if down, ok := strings.CutPrefix(text, "u"); ok {
					d, _ := strconv.Atoi(down)
					job.Down[k] = uint32(max(1, d))
				}
				continue
			}
			(*sums).Add(k, unit.MustDecimal(text))
			if (base == "total" || base == "le+Inf") && kind == "" {
				g.Samples[k] = 5
			}
		}
	}
	for _, b := range g.Buckets {
		if math.IsInf(b.Bound, 1) {
			g.Total = b.Counts
		}
	}
	return g
}

func bucketOf(g *window.Group, le string) *window.Counts {
	b, err := strconv.ParseFloat(le, 64)
	if err != nil {
		panic(err)
	}
	at := 0
	for at < len(g.Buckets) && g.Buckets[at].Bound < b {
		at++
	}
	if at == len(g.Buckets) || g.Buckets[at].Bound != b {
		g.Buckets = append(g.Buckets[:at], append([]window.Bucket{{Bound: b}}, g.Buckets[at:]...)...)
	}
	return &g.Buckets[at].Counts
}

func (c *kase) run(t *testing.T) {
	result := Evaluate(c.input())
	text, err := json.Marshal(struct {
		Result
		Foresee map[Assumption]Result `json:"foresee,omitempty"`
	}{result, c.foreseen()})
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	if len(c.wants) == 0 {
		t.Errorf("%s: the case wants nothing", c.at)
	}
	for _, w := range c.wants {
		if w.path == "note" {
			if !strings.Contains(strings.Join(result.Notes, "\n"), w.value) || w.value == "" {
				t.Errorf("%s: notes %q lack %q", w.at, result.Notes, w.value)
			}
			continue
		}
		if got := lookup(tree, w.path); got != instant(w.value) {
			t.Errorf("%s: %s is %s, want %s", w.at, w.path, got, instant(w.value))
		}
	}
}

// foreseen is what is foreseen, by assumption, in cases that want it.
func (c *kase) foreseen() map[Assumption]Result {
	if !slices.ContainsFunc(c.wants, func(w want) bool { return strings.HasPrefix(w.path, "foresee.") }) {
		return nil
	}
	out := map[Assumption]Result{}
	for i, r := range Foresee(c.input()) {
		out[Assumptions()[i]] = r
	}
	return out
}

// instant writes +25m as an instant of the result.
func instant(v string) string {
	if !strings.HasPrefix(v, "+") {
		return v
	}
	d, err := duration(v[1:])
	if err != nil {
		return err.Error()
	}
	return start().Add(d).Format(time.RFC3339Nano)
}

// lookup finds budget.burn_rate.1h, violations.0.start or violations (their
// number).
func lookup(tree any, path string) string {
	for _, key := range strings.Split(path, ".") {
		switch v := tree.(type) {
		case map[string]any:
			next, ok := v[key]
			if !ok {
				return "no such key"
			}
			tree = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return "no such item"
			}
			tree = v[i]
		default:
			return "no such key"
		}
	}
	if list, ok := tree.([]any); ok {
		return strconv.Itoa(len(list))
	}
	if tree == nil {
		return "null"
	}
	return fmt.Sprint(tree)
}
