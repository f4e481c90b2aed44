package peer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/window"
)

// The month that every comparison reads: 250 counters, scraped every 15 seconds
// for 31 days, are 44.6 million samples.
const (
	Series = 250
	Scrape = 15 * time.Second
	Days   = 31
	Window = 5 * time.Minute
)

// Start is when the month begins.
func Start() time.Time { return time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }

// Samples is how many samples so many days have.
func Samples(days int) int64 {
	return Series * int64(time.Duration(days)*24*time.Hour/Scrape)
}

// WriteMonth writes the month and the hour before it as Prometheus blocks.
func WriteMonth(dir string) error {
	end := Start().AddDate(0, 0, Days)
	var all []tsdb.SampleSeries
	for i := range Series {
		ls := labels.FromStrings(labels.MetricName, "reqs_total", "job", "api", "instance", fmt.Sprintf("i%03d", i/5),
			"code", []string{"200", "201", "404", "500", "503"}[i%5], "tier", []string{"gold", "silver", "free"}[i%3])
		all = append(all, tsdb.SampleSeries{Labels: ls, Samples: func(yield func(int64, float64) bool) {
			r, v := rand.New(rand.NewPCG(1, uint64(i))), 0.0
			for t := Start().Add(-time.Hour); !t.After(end); t = t.Add(Scrape) {
				v += float64(r.IntN(100))
				if !yield(t.UnixMilli()+int64(i), v) {
					return
				}
			}
		}})
	}
	slices.SortFunc(all, func(x, y tsdb.SampleSeries) int { return labels.Compare(x.Labels, y.Labels) })
	_, err := tsdb.WriteBlocks(context.Background(), dir, all, tsdb.WriteOptions{})
	return err
}

// The labels that everything is grouped by, and what is bad.
const (
	Total = `reqs_total`
	Bad   = `reqs_total{code=~"5.."}`
)

// Request asks for requests and errors by two labels, in windows of five minutes.
func Request(days int) (query.Request, error) {
	total, err := query.ParseSelector(Total)
	if err != nil {
		return query.Request{}, err
	}
	bad, err := query.ParseSelector(Bad)
	var edges []time.Time
	for t := Start(); !t.After(Start().AddDate(0, 0, days)); t = t.Add(Window) {
		edges = append(edges, t)
	}
	return query.Request{Indicator: query.Indicator{Kind: query.Ratio, Total: total, Bad: bad}, GroupBy: []string{"tier", "code"}, Grid: window.NewGrid(edges)}, err
}
