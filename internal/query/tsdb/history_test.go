package tsdb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

// dayOf is the n-th day of October 2026, from 0.
func dayOf(n int) period.Span { return DayOf(querytest.Base().AddDate(0, 0, n).Add(1)) }

// recordAll records every day up to now that is not complete, as a run of slactl
// record does.
func recordAll(t testing.TB, path string, feed query.Feed, now time.Time, sels ...query.Selector) {
	t.Helper()
	r, err := OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := 0; dayOf(n).Start.Before(now); n++ {
		if slices.ContainsFunc(r.Days(), func(d Day) bool { return d.Complete && d.Span == dayOf(n) }) {
			continue
		}
		_, err := r.Record(context.Background(), feed, Recording{Day: dayOf(n), Until: now, Complete: !now.Before(dayOf(n).End.Add(Late)),
			Source: "test", Selectors: sels})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func openHistoryOf(t testing.TB, path string) *History {
	t.Helper()
	h, err := OpenHistory(path, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// samplesOf returns every sample of a history, bit for bit, by series.
func samplesOf(t testing.TB, h *History) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	ts, vs := make([]int64, 100), make([]float64, 100)
	err := h.Read(context.Background(), everything(), earliest, latest, func(s query.RawSeries) error {
		for {
			n, err := s.Read(ts, vs)
			for i := range n {
				out[s.Labels().String()] = append(out[s.Labels().String()], fmt.Sprintf("%d %x", ts[i], math.Float64bits(vs[i])))
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// around draws samples a minute apart within 40 minutes of each of three
// midnights, where days meet: with gaps, resets, births and stale markers.
func around(r *rapid.T, name string) []querytest.Sample {
	var out []querytest.Sample
	v := 0.0
	for day := 1; day <= 3; day++ {
		mid := dayOf(day).Start.UnixMilli()
		for m := int64(-40); m <= 40; m++ {
			switch rapid.IntRange(0, 11).Draw(r, name) {
			case 0:
				m += rapid.Int64Range(1, 30).Draw(r, name+" gap")
				v += 3
			case 1:
				v = 0
			case 2:
				out = append(out, querytest.Sample{T: mid + m*60_000, V: math.Float64frombits(value.StaleNaN)})
			default:
				v += 0.5
				out = append(out, querytest.Sample{T: mid + m*60_000, V: v})
			}
		}
	}
	return out
}

// TestHistoryIsTheSame draws random series, records them day by day in several
// runs, lets the server forget days that are complete, and finds that the
// history with the rest of the server counts what the server alone counted.
func TestHistoryIsTheSame(t *testing.T) {
	reqs := []query.Request{
		{Indicator: query.Indicator{Kind: query.Ratio, Total: parse(t, `reqs_total{job="api"}`), Bad: parse(t, `reqs_total{job="api",code="500"}`)}},
		{Indicator: query.Indicator{Kind: query.Gauge, Total: parse(t, `score`)}, GroupBy: []string{"instance"}},
		{Indicator: query.Indicator{Kind: query.Up, Total: parse(t, `up{job="api"}`)}},
	}
	var inds []query.Indicator
	for _, req := range reqs {
		inds = append(inds, req.Indicator)
	}
	sels, err := query.Footprint(inds)
	if err != nil {
		t.Fatal(err)
	}
	// Each check writes a dozen blocks, all the way to the disk.
	checks := flag.Lookup("rapid.checks").Value.String()
	if checks == "100" {
		flag.Set("rapid.checks", "25")
		defer flag.Set("rapid.checks", checks)
	}
	rapid.Check(t, func(r *rapid.T) {
		live := &querytest.Feed{}
		for _, ls := range []labels.Labels{
			labels.FromStrings("__name__", "reqs_total", "job", "api", "instance", "a", "code", "200"),
			labels.FromStrings("__name__", "reqs_total", "job", "api", "instance", "a", "code", "500"),
			labels.FromStrings("__name__", "reqs_total", "job", "other", "instance", "a", "code", "500"),
			labels.FromStrings("__name__", "score", "job", "api", "instance", "b"),
			labels.FromStrings("__name__", "up", "job", "api", "instance", "a"),
			labels.FromStrings("__name__", "unrelated", "job", "api"),
		} {
			live.Series = append(live.Series, querytest.Series{Labels: ls, Samples: around(r, ls.Get("__name__"))})
		}
		path := t.TempDir()
		complete := 0
		for now := dayOf(1).Start; now.Before(dayOf(3).End); {
			now = now.Add(time.Duration(rapid.Int64Range(1, 40).Draw(r, "hours to the next run")) * time.Hour)
			seen := &querytest.Feed{}
			for _, s := range live.Series {
				upTo := slices.IndexFunc(s.Samples, func(p querytest.Sample) bool { return p.T > now.UnixMilli() })
				if upTo < 0 {
					upTo = len(s.Samples)
				}
				seen.Series = append(seen.Series, querytest.Series{Labels: s.Labels, Samples: s.Samples[:upTo]})
			}
			recordAll(t, path, seen, now, sels...)
			for complete < 4 && !now.Before(dayOf(complete).End.Add(Late)) {
				complete++
			}
		}
		forgets := dayOf(rapid.IntRange(-1, complete-1).Draw(r, "last day that is forgotten")).End.UnixMilli()
		rest := &querytest.Feed{}
		for _, s := range live.Series {
			from := slices.IndexFunc(s.Samples, func(p querytest.Sample) bool { return p.T > forgets })
			if from >= 0 {
				rest.Series = append(rest.Series, querytest.Series{Labels: s.Labels, Samples: s.Samples[from:]})
			}
		}
		grid := window.NewGrid([]time.Time{dayOf(1).Start.Add(-30 * time.Minute), dayOf(1).Start, dayOf(1).Start.Add(17 * time.Minute),
			dayOf(2).Start, dayOf(2).End, dayOf(3).End})
		for i := range reqs {
			reqs[i].Grid = grid
		}
		h, err := OpenHistory(path, Options{Workers: 2})
		if err != nil {
			r.Fatal(err)
		}
		defer h.Close()
		want, got := account(t, live, reqs), account(t, query.Join(h, rest), reqs)
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatalf("with the history, of %s, the counts differ (-server +history):\n%s", h.Info().Detail, diff)
		}
	})
}

func parse(t testing.TB, text string) query.Selector {
	t.Helper()
	sel, err := query.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return sel
}

func account(t testing.TB, feed query.Feed, reqs []query.Request) []string {
	t.Helper()
	results, err := query.Account(context.Background(), feed, reqs, 2)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		out = append(out, fmt.Sprintf("%d series, %d samples\n%s", r.Scan.Series, r.Scan.Samples, querytest.Dump(r.Scan)))
	}
	return out
}

// every returns a feed of two series with a sample each minute, the last of a
// day at its end, up to an instant. They count minutes.
func every(until time.Time) *querytest.Feed {
	f := &querytest.Feed{}
	for _, code := range []string{"200", "500"} {
		s := querytest.Series{Labels: labels.FromStrings("__name__", "reqs_total", "job", "api", "instance", "a", "code", code)}
		for t := querytest.Base().Add(time.Minute); !t.After(until); t = t.Add(time.Minute) {
			s.Samples = append(s.Samples, querytest.Sample{T: t.UnixMilli(), V: t.Sub(querytest.Base()).Minutes()})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// A day that is recorded again gains what is new, by selector or by time, keeps
// what the feed has forgotten, and is not written when nothing is new.
func TestRecordAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	noon, evening := dayOf(0).Start.Add(12*time.Hour), dayOf(0).Start.Add(18*time.Hour)
	good, bad := parse(t, `reqs_total{code="200"}`), parse(t, `reqs_total{code="500"}`)
	recordAll(t, path, every(noon), noon, good)
	check := func(what string, complete bool, samples uint64, sels ...query.Selector) Day {
		t.Helper()
		days := openHistoryOf(t, path).Days()
		if len(days) != 1 || days[0].Complete != complete || days[0].Samples != samples || selectorTexts(days[0].Selectors) != selectorTexts(sels) {
			t.Fatalf("%s: the days are %+v; want one with %d samples of %v, complete: %v", what, days, samples, sels, complete)
		}
		return days[0]
	}
	check("at noon", false, 12*60, good)
	recordAll(t, path, every(evening), evening, good, bad)
	first := check("in the evening", false, 2*18*60, good, bad)

	before := tree(t, first.Path())
	recordAll(t, path, every(evening), evening, bad, good)
	if diff := cmp.Diff(before, tree(t, check("again", false, 2*18*60, good, bad).Path())); diff != "" {
		t.Errorf("recording the same again changed files:\n%s", diff)
	}

	later := every(dayOf(0).End) // the server lost all until noon, and the 500s
	later.Series = later.Series[:1]
	later.Series[0].Samples = later.Series[0].Samples[12*60:]
	recordAll(t, path, later, dayOf(0).End.Add(Late-1), good)
	check("at midnight", false, 24*60+18*60, good, bad)
	recordAll(t, path, &querytest.Feed{}, dayOf(0).End.Add(Late), good)
	last := check("after midnight, without a server", true, 24*60+18*60, good, bad)
	if last.Name() != "2026-10-01" || last.Path() == first.Path() || !last.Until.Equal(last.Span.End) {
		t.Errorf("the day is %+v, after %+v", last, first)
	}
}

func TestHistoryHas(t *testing.T) {
	path := t.TempDir()
	now := dayOf(3).Start.Add(time.Hour)
	recordAll(t, path, every(now), now, parse(t, `reqs_total`), parse(t, `up`))
	os.RemoveAll(openHistoryOf(t, path).Days()[1].Path()) // a hole
	h := openHistoryOf(t, path)
	if got := h.Info().Detail; got != "3 days from 2026-10-01 to 2026-10-04" {
		t.Error(got)
	}
	first, last := stretch(dayOf(0)), query.Stretch{From: stretch(dayOf(2)).From, To: now.Add(-Late).UnixMilli()}
	for _, c := range []struct {
		sel      string
		from, to int64
		want     []query.Stretch
	}{
		{`reqs_total{code="200"}`, earliest, latest, []query.Stretch{first, last}},
		{`up{job=~"a|b"}`, earliest, latest, []query.Stretch{first, last}},
		{`other_total`, earliest, latest, nil},
		{`up`, first.To, last.From, []query.Stretch{{From: first.To, To: first.To}, {From: last.From, To: last.From}}},
		{`up`, first.To + 1, last.From - 1, nil},
	} {
		if diff := cmp.Diff(c.want, h.Has(parse(t, c.sel), c.from, c.to)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.sel, diff)
		}
	}
	holes := Holes(h.Days(), period.Span{Start: dayOf(0).Start, End: dayOf(3).End})
	if len(holes) != 1 || holes[0] != dayOf(1) {
		t.Errorf("the holes are %v", holes)
	}
}

// TestKilledRuns makes each state that a killed run can leave and finds every
// day there once, at once and after the next run has cleared up.
func TestKilledRuns(t *testing.T) {
	path := t.TempDir()
	noon, evening := dayOf(0).Start.Add(12*time.Hour), dayOf(0).Start.Add(18*time.Hour)
	all := parse(t, `reqs_total`)
	recordAll(t, path, every(noon), noon, all)
	old := openHistoryOf(t, path).Days()[0].Path()
	spare := filepath.Join(t.TempDir(), "spare")
	if err := os.CopyFS(spare, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	recordAll(t, path, every(evening), evening, all)
	want := samplesOf(t, openHistoryOf(t, path))
	for name, leave := range map[string]string{"the old block is still there": old, "it was to be removed": old + discarded,
		"a block was being written": filepath.Join(path, scratch, "blocks", filepath.Base(old))} {
		if err := os.CopyFS(leave, os.DirFS(spare)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, samplesOf(t, openHistoryOf(t, path))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		r, err := OpenRecorder(path)
		if err != nil {
			t.Fatal(name, err)
		}
		r.Close()
		entries, _ := os.ReadDir(path)
		if len(entries) != 3 { // the day, the lock and an empty log
			t.Errorf("%s: the next run leaves %v", name, entries)
		}
	}
}

func TestHistoryErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if _, err := OpenHistory(path, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a history that is not there: %v", err)
	}
	r, err := OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := OpenRecorder(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second run: %v", err)
	}
	broken := every(dayOf(0).End)
	broken.Fail = map[string]error{"reqs_total": errors.New("the server went away")}
	if _, err := r.Record(context.Background(), broken, Recording{Day: dayOf(0), Until: dayOf(0).End, Selectors: []query.Selector{parse(t, `reqs_total`)}}); err == nil ||
		!strings.Contains(err.Error(), "recording 2026-10-01 into") || !strings.Contains(err.Error(), "the server went away") {
		t.Errorf("a feed that breaks off: %v", err)
	}
	if entries, _ := os.ReadDir(path); len(entries) != 2 {
		t.Errorf("a feed that breaks off leaves %v", entries)
	}
	writeBlocks(t, path, openText(t, "a_total 1 1790812800\n# EOF\n"))
	if _, err := OpenHistory(path, Options{}); err == nil || !strings.Contains(err.Error(), "slactl did not record it") {
		t.Errorf("a foreign block: %v", err)
	}
}

// TestPromtoolReadsHistory has Prometheus's own tool list and dump the days.
func TestPromtoolReadsHistory(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (apt-get install prometheus): whether it reads a history is not tested")
	}
	path := t.TempDir()
	now := dayOf(1).Start.Add(time.Hour)
	recordAll(t, path, every(now), now, parse(t, `reqs_total`))
	out, err := exec.Command(promtool, "tsdb", "list", path).CombinedOutput()
	if n := strings.Count(string(out), "\n"); err != nil || n != 3 {
		t.Errorf("promtool tsdb list: %v\n%s", err, out)
	}
	out, err = exec.Command(promtool, "tsdb", "dump", path).CombinedOutput()
	if n := strings.Count(string(out), "\n"); err != nil || n != 2*25*60 {
		t.Errorf("promtool tsdb dump prints %d lines, %v; want %d samples", n, err, 2*25*60)
	}
}

// TestKill kills a process that records, again and again, each time at another
// part of the time that the last run took which was left alone, as every tenth is.
// At no time is a sample lost or there twice, and in the end the history is what
// one run makes in peace.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	path := filepath.Join(t.TempDir(), "history")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	until := func(i int) time.Time { return dayOf(0).Start.Add(time.Duration(i) * 53 * time.Minute) }
	counted := map[string]uint64{}
	killed, i, left := 0, 0, map[string]int{}
	var whole time.Duration // of the last run that was left alone
	for ; i < 120; i++ {
		cmd := exec.Command(exe, "-test.run=^TestKillRecorder$")
		cmd.Env = append(os.Environ(), "SLACTL_TEST_RECORD="+path, "SLACTL_TEST_UNTIL="+strconv.FormatInt(until(i).Unix(), 10))
		started := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			if err := cmd.Wait(); err != nil {
				t.Fatalf("run %d, which was left alone: %v", i, err)
			}
			whole = time.Since(started)
		} else {
			time.AfterFunc(whole*time.Duration(i*37%60)/60, func() { cmd.Process.Kill() })
			if cmd.Wait() != nil {
				killed++
			}
		}
		count(left, path)
		h, err := OpenHistory(path, Options{})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
		for _, d := range h.Days() {
			want := 2 * uint64(d.Until.Sub(d.Span.Start)/time.Minute)
			if d.Samples != want || d.Samples < counted[d.Name()] {
				t.Errorf("after kill %d, %s has %d samples until %s; want %d, and it had %d", i, d.Name(), d.Samples, d.Until, want, counted[d.Name()])
			}
			counted[d.Name()] = d.Samples
		}
		if n := len(samplesOf(t, h)); n > 2 {
			t.Errorf("after kill %d there are %d series", i, n)
		}
		h.Close()
	}
	if killed < 10 {
		t.Errorf("%d of %d runs were killed: too few", killed, i)
	}
	end := until(i)
	recordAll(t, path, every(end), end, parse(t, `reqs_total`))
	clean := t.TempDir()
	recordAll(t, clean, every(end), end, parse(t, `reqs_total`))
	got, want := openHistoryOf(t, path), openHistoryOf(t, clean)
	if diff := cmp.Diff(samplesOf(t, want), samplesOf(t, got)); diff != "" {
		t.Errorf("the history differs from one recorded in peace:\n%s", diff)
	}
	if got.Info().Detail != want.Info().Detail {
		t.Errorf("%s; want %s", got.Info().Detail, want.Info().Detail)
	}
	t.Logf("%d runs, %d of them killed: %s; the kills left %v", i, killed, got.Info().Detail, left)
}

// count counts what a killed run left, by kind.
func count(left map[string]int, path string) {
	entries, _ := os.ReadDir(path)
	for _, e := range entries {
		switch {
		case e.Name() == scratch:
			left["half a block"]++
		case filepath.Ext(e.Name()) == discarded:
			left["half of an old block"]++
		}
	}
	all, _ := find(path)
	for _, f := range all {
		if f.replaced {
			left["an old block"]++
		}
	}
}

// TestKillRecorder is the process that TestKill kills.
func TestKillRecorder(t *testing.T) {
	path := os.Getenv("SLACTL_TEST_RECORD")
	if path == "" {
		t.Skip("runs in TestKill")
	}
	seconds, err := strconv.ParseInt(os.Getenv("SLACTL_TEST_UNTIL"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(seconds, 0).UTC()
	recordAll(t, path, every(now), now, parse(t, `reqs_total`))
}

// TestVerifyHistory finds a flipped bit, a truncated index, a sample that is
// missing and a block that is not of the history.
func TestVerifyHistory(t *testing.T) {
	path := t.TempDir()
	now := dayOf(3).Start.Add(time.Hour)
	recordAll(t, path, every(now), now, parse(t, `reqs_total`))
	days, damaged, err := VerifyHistory(context.Background(), path)
	if err != nil || len(days) != 4 || len(damaged) != 0 {
		t.Fatalf("a sound history: %v, %v, %v", days, damaged, err)
	}
	chunk := filepath.Join(days[0].Path(), "chunks", "000001")
	data, err := os.ReadFile(chunk)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	meta, err := os.ReadFile(filepath.Join(days[2].Path(), "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(os.WriteFile(chunk, data, 0o600), os.Truncate(filepath.Join(days[1].Path(), "index"), 100),
		os.WriteFile(filepath.Join(days[2].Path(), "meta.json"), []byte(strings.Replace(string(meta), `"numSamples": 2880`, `"numSamples": 2881`, 1)), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	writeBlocks(t, path, openText(t, "a_total 1 1790812800\n# EOF\n"))
	days, damaged, err = VerifyHistory(context.Background(), path)
	if err != nil || len(days) != 1 || len(damaged) != 4 {
		t.Fatalf("a damaged history: %v, %v, %v", days, damaged, err)
	}
	for i, want := range []string{": slactl did not record it", "2026-10-01: reading series", "2026-10-02: opening block", "2026-10-03: there are 2880 samples of 2 series, and there were 2881"} {
		if got := damaged[i].Day + ": " + damaged[i].Err.Error(); !strings.HasPrefix(got, want) {
			t.Errorf("damage %d is %q, want %q", i, got, want)
		}
	}
}

func TestPrune(t *testing.T) {
	path := t.TempDir()
	now := dayOf(3).Start.Add(time.Hour)
	recordAll(t, path, every(now), now, parse(t, `reqs_total`))
	r, err := OpenRecorder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	gone, err := r.Prune(dayOf(1).End)
	if err != nil || len(gone) != 2 || gone[1].Name() != "2026-10-02" || len(r.Days()) != 2 {
		t.Errorf("pruned %v, %v; %v are left", gone, err, r.Days())
	}
	if got := openHistoryOf(t, path).Info().Detail; got != "2 days from 2026-10-03 to 2026-10-04" {
		t.Error(got)
	}
}

// TestExport reads an exported history as text.
func TestExport(t *testing.T) {
	path := t.TempDir()
	now := dayOf(2).Start.Add(time.Hour)
	odd := &querytest.Feed{Series: []querytest.Series{
		{Labels: labels.FromStrings("__name__", "reqs_total", "path", "a\\b\"c\n", "job", "api"), Samples: []querytest.Sample{
			{T: dayOf(0).Start.UnixMilli() + 1, V: 0.1}, {T: dayOf(0).End.UnixMilli(), V: 1e21}, {T: dayOf(1).Start.UnixMilli() + 1, V: math.Float64frombits(value.StaleNaN)},
			{T: dayOf(1).End.UnixMilli(), V: 3}}},
		{Labels: labels.FromStrings("__name__", "http.requests", "http.code", "200"), Samples: []querytest.Sample{{T: dayOf(0).End.UnixMilli(), V: math.Inf(1)}}},
	}}
	recordAll(t, path, odd, now, everything())
	for name, c := range map[string]struct {
		days int
		want string
	}{
		"a day": {0, "{\"http.requests\",\"http.code\"=\"200\"} +Inf 1790899200.000\n" +
			"reqs_total{job=\"api\",path=\"a\\\\b\\\"c\\n\"} 0.1 1790812800.001\nreqs_total{job=\"api\",path=\"a\\\\b\\\"c\\n\"} 1e+21 1790899200.000\n# EOF\n"},
		"the next": {1, "reqs_total{job=\"api\",path=\"a\\\\b\\\"c\\n\"} 3 1790985600.000\n# EOF\n"},
	} {
		var b strings.Builder
		n, _, err := openHistoryOf(t, path).Export(context.Background(), &b, dayOf(c.days))
		if err != nil || b.String() != c.want || n != int64(strings.Count(c.want, "\n")-1) {
			t.Errorf("%s: %d samples, %v:\n%swant\n%s", name, n, err, b.String(), c.want)
		}
		openText(t, b.String())
	}
}
