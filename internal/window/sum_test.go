package window

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// scanOf makes a scan with one group of so many events, one sample each, in the
// cells of a grid in seconds.
func scanOf(grid Grid, events ...int64) *Scan {
	g := Group{Labels: map[string]string{"tier": "gold"}, Total: Counts{Windowed: unit.NewSums(len(events))}}
	job := Job{Name: "api"}
	for i, n := range events {
		g.Total.Windowed.AddInt(i, n)
		g.Samples = append(g.Samples, uint32(min(n, 1)))
		job.Seen, job.Up, job.Down = append(job.Seen, n > 0), append(job.Up, uint32(min(n, 1))), append(job.Down, 0)
	}
	for i := range grid {
		grid[i] *= 1000
	}
	return &Scan{Grid: grid, Groups: []Group{g}, Jobs: []Job{job}, Accounting: Exact, Series: 1, Samples: 2, Expressions: []string{"x"}}
}

// TestSumOfInstants sums scans that are cut at their own samples: what was
// counted in a cell lies at its end.
func TestSumOfInstants(t *testing.T) {
	a, b := scanOf(Grid{0, 60, 120, 300}, 1, 2, 3), scanOf(Grid{0, 90, 300}, 10, 20)
	sum := SumSources([]Part{{"a", a}, {"b", b}}, 5*time.Minute)
	var got strings.Builder
	if err := sum.WriteCounts(&got); err != nil {
		t.Fatal(err)
	}
	const want = `group,cell,start,end,samples,total
1,1,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,1,1
1,2,1970-01-01T00:01:00Z,1970-01-01T00:01:30Z,1,10
1,3,1970-01-01T00:01:30Z,1970-01-01T00:02:00Z,1,2
1,4,1970-01-01T00:02:00Z,1970-01-01T00:05:00Z,2,23
`
	if got.String() != want || len(sum.Notes) > 0 || sum.Series != 2 || sum.Samples != 4 || sum.Accounting != Exact {
		t.Errorf("the sum is %+v\n%s", sum, got.String())
	}
	if len(sum.Jobs) != 2 || sum.Jobs[1].Name != "api of b" || !sum.Jobs[1].Seen[0] || sum.Jobs[1].Up[0] != 0 || sum.Jobs[1].Up[1] != 1 {
		t.Errorf("the jobs are %+v", sum.Jobs)
	}
	if b.Groups[0].Total.Windowed.Len() != 2 || b.Jobs[0].Name != "api" {
		t.Error("a part was changed")
	}
}

// TestSumOfUnequals: the sum is as exact as its weakest part, and says so.
func TestSumOfUnequals(t *testing.T) {
	a, b := scanOf(Grid{0, 60}, 1), scanOf(Grid{0, 60}, 2)
	b.Accounting = PromQL
	sum := SumSources([]Part{{"a", a}, {"b", b}}, time.Minute)
	if sum.Accounting != PromQL || strings.Join(sum.Notes, "; ") != "the sources are not accounted alike: a is exact, b is promql" {
		t.Errorf("accounting is %s, the notes are %q", sum.Accounting, sum.Notes)
	}
}
