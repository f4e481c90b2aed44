package demo

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/window"
)

// october is the month in a zone.
func october(zone *time.Location) period.Span {
	return period.Span{Start: time.Date(2026, 10, 1, 0, 0, 0, 0, zone), End: time.Date(2026, 11, 1, 0, 0, 0, 0, zone)}
}

var company = sync.OnceValue(NewCompany)

// blocks writes the company's samples and opens them as slactl does.
func blocks(t *testing.T) query.Source {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "prometheus")
	written, err := tsdb.WriteBlocks(context.Background(), dir, company().Series(), tsdb.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if written.Samples > 10_000_000 {
		t.Errorf("%d samples were written, want at most 10 million", written.Samples)
	}
	source, err := tsdb.OpenBlocks(dir, tsdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

// scan asks a source.
func scan(t *testing.T, source query.Source, reqs ...query.Request) []*window.Scan {
	t.Helper()
	results, err := source.Scan(context.Background(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	var out []*window.Scan
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		out = append(out, r.Scan)
	}
	return out
}

// What is counted from the samples is what happened.
func TestCountsEqualTruth(t *testing.T) {
	source := blocks(t)
	t.Run("requests", func(t *testing.T) { requestsEqualTruth(t, source) })
	t.Run("business", func(t *testing.T) { businessEqualsTruth(t, source) })
	t.Run("gaps", func(t *testing.T) { gapsAreSeen(t, source) })
}

func selector(t *testing.T, text string) query.Selector {
	t.Helper()
	s, err := query.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sum adds up whole cells. Every count here is a number of requests.
func sum(t *testing.T, c window.Counts, lo, hi int) int64 {
	t.Helper()
	total := c.Windowed.Range(lo, hi).Add(c.Recovered.Range(lo, hi))
	n, ok := total.Int64()
	if !ok {
		t.Fatalf("%s is no number of requests", total)
	}
	return n
}

// Every request that a sample can tell of is counted, once, on the day on which
// it happened in the customer's zone: through releases, scaling, crashes, errors
// whose series are born with them, a pause of Prometheus and a target that was
// scraped too late.
func requestsEqualTruth(t *testing.T, source query.Source) {
	var cuts []time.Time
	for _, o := range organizations {
		for _, d := range october(mustZone(o.zone)).Days(mustZone(o.zone)) {
			cuts = append(cuts, d.Start, d.End)
		}
	}
	grid := window.NewGrid(cuts)
	by := []string{"org", "tier"}
	scans := scan(t, source,
		query.Request{Grid: grid, GroupBy: by, Indicator: query.Indicator{Kind: query.Ratio, Total: selector(t, `http_requests_total{job="api"}`), Bad: selector(t, `http_requests_total{job="api",code=~"5.."}`)}},
		query.Request{Grid: grid, GroupBy: by, Indicator: query.Indicator{Kind: query.Histogram, Total: selector(t, `http_request_duration_seconds{job="api"}`)}},
	)
	ratio, timing := groups(scans[0]), groups(scans[1])
	for _, o := range organizations {
		t.Run(o.id, func(t *testing.T) {
			zone := mustZone(o.zone)
			for _, d := range october(zone).Days(zone) {
				lo, hi := grid.Range(d.Span)
				want := company().Truth(o.id, d.Span).Countable()
				got := Counts{Total: sum(t, ratio[o.id].Total, lo, hi), Bad: sum(t, ratio[o.id].Bad, lo, hi)}
				for i, b := range timing[o.id].Buckets {
					got.Within[i] = sum(t, b.Counts, lo, hi)
				}
				if got != want {
					t.Errorf("%s: counted %+v, want %+v", d.Name, got, want)
				}
			}
			lo, hi := grid.Range(october(zone))
			truth := company().Truth(o.id, october(zone))
			unwitnessed, _ := ratio[o.id].Total.Unwitnessed.Range(lo, hi).Int64()
			if unwitnessed != truth.Unwitnessed.Total {
				t.Errorf("%d requests are reported as unwitnessed, want %d", unwitnessed, truth.Unwitnessed.Total)
			}
			if ratio[o.id].Labels["tier"] != o.tier {
				t.Errorf("tier %q, want %q", ratio[o.id].Labels["tier"], o.tier)
			}
		})
	}
}

// groups finds the groups of a scan by organization.
func groups(s *window.Scan) map[string]window.Group {
	out := map[string]window.Group{}
	for _, g := range s.Groups {
		out[g.Labels["org"]] = g
	}
	return out
}

// The truth has what the story promises; else the comparison would prove little.
func TestTruthHasTheStory(t *testing.T) {
	var lost, unwitnessed int64
	for _, id := range OrganizationIDs() {
		truth := company().Truth(id, october(time.UTC))
		lost += truth.Lost.Total
		unwitnessed += truth.Unwitnessed.Total
		if truth.Happened.Bad == 0 && id != "tinyco" {
			t.Errorf("%s had no bad request", id)
		}
	}
	if lost == 0 || unwitnessed == 0 {
		t.Errorf("%d requests were lost and %d unwitnessed, want some of both", lost, unwitnessed)
	}
}

// Business counters and tokens are counted exactly too, although the LLM gateway
// gave no answer for 40 minutes.
func businessEqualsTruth(t *testing.T, source query.Source) {
	month := october(time.UTC)
	september := period.Span{Start: month.Start.AddDate(0, -1, 0), End: month.Start}
	grid := window.NewGrid([]time.Time{september.Start, month.Start, month.End})
	counter := func(text string) query.Request {
		return query.Request{Grid: grid, Indicator: query.Indicator{Kind: query.Counter, Total: selector(t, text)}}
	}
	scans := scan(t, source, counter("debates_created_total"), counter("debates_finished_total"), counter(`debates_finished_total{outcome="success"}`),
		counter("llm_requests_total"), counter(`llm_requests_total{status="error"}`), counter("revenue_usd_total"),
		counter(`llm_tokens_total{model="gpt-4o",type="cache_read"}`))
	for cell, span := range []period.Span{september, month} {
		b := company().Business(span)
		want := []int64{b.DebatesCreated, b.DebatesFinished, b.DebatesSucceeded, b.LLMRequests, b.LLMErrors, 0, company().Tokens("gpt-4o", "cache_read", span)}
		for i, s := range scans {
			c := s.Groups[0].Total
			got := c.Windowed.At(cell).Add(c.Recovered.Range(cell, cell+1))
			if i == 5 {
				if got.Cmp(b.Revenue) != 0 {
					t.Errorf("revenue in %v: %s, want %s", span, got, b.Revenue)
				}
				continue
			}
			if n, _ := got.Int64(); n != want[i] || n == 0 {
				t.Errorf("%s in %v: %d, want %d", s.Expressions, span, n, want[i])
			}
		}
	}
}

// A pause of Prometheus leaves windows without data, whose requests are recovered
// afterwards; a target that gives no answer leaves unreachable ones.
func gapsAreSeen(t *testing.T, source query.Source) {
	windows := func(from time.Time, n int) window.Grid {
		var cuts []time.Time
		for i := range n + 1 {
			cuts = append(cuts, from.Add(time.Duration(i)*5*time.Minute))
		}
		return window.NewGrid(cuts)
	}
	counter := func(text string, grid window.Grid) query.Request {
		return query.Request{Grid: grid, Indicator: query.Indicator{Kind: query.Counter, Total: selector(t, text)}}
	}
	for name, c := range map[string]struct {
		selector string
		grid     window.Grid
		from, to int // the windows without data
		job      string
		down     uint32 // scrapes without an answer
	}{
		"Prometheus down": {`http_requests_total{job="api",tier="gold"}`, windows(at(10, 16, 5, 0), 9), 2, 7, "api", 0},
		"target down":     {"llm_requests_total", windows(at(10, 26, 17, 50), 12), 2, 10, "llm", 40},
	} {
		t.Run(name, func(t *testing.T) {
			s := scan(t, source, counter(c.selector, c.grid))[0]
			g := s.Groups[0]
			for i, n := range g.Samples {
				if gap := c.from <= i && i < c.to; gap != (n == 0) {
					t.Errorf("window %d has %d samples; it is in the gap: %v", i, n, gap)
				}
			}
			if g.Total.Recovered.Range(c.to, c.to+1).Sign() <= 0 {
				t.Error("nothing is recovered after the gap")
			}
			var down uint32
			for _, j := range s.Jobs {
				for _, n := range j.Down {
					down += n
				}
			}
			if len(s.Jobs) != 1 || s.Jobs[0].Name != c.job || down != c.down {
				t.Errorf("%d scrapes of %d jobs gave no answer, want %d of %s", down, len(s.Jobs), c.down, c.job)
			}
		})
	}
}
