// Package demo simulates a company that sells a platform for debates between
// large language models, so that slactl can be tried, and tested, without any
// infrastructure: September and October 2026 of Prometheus samples, the bills
// of both months, and the configuration to evaluate them.
//
// What is simulated are single requests: how many each of twelve customers makes
// between two scrapes, how each ends, and into which bucket its duration falls.
// The samples follow from the requests and from what happens to the processes
// and to Prometheus. So the truth is known independently of the samples, see
// [Company.Truth], and the accounting of samples is tested against it.
//
// What happens in October 2026 (UTC):
//
//	Oct  5 12:00  the blackbox exporter gives no answer for 9 minutes
//	Oct  6 10:00  release r43: new pods for all tiers, as on Oct 19 and 27
//	Oct  8 14:20  outage: 62 % of gold's and 6 % of silver's requests fail for 47 minutes
//	Oct  9 22:31  silver's pod crashes; what it served since its last scrape is lost
//	Oct 11 02:00  announced maintenance of silver and bronze until 04:00, down for 50 minutes
//	Oct 12 09:00  vandelay's own pod, running since Oct 9, is scraped for the first time
//	Oct 14 06:00  scaling: a third pod for gold until Oct 16 20:00
//	Oct 16 05:10  Prometheus itself is down for 25 minutes
//	Oct 19 09:00  release r44 makes gold slow until the rollback on Oct 22 11:00
//	Oct 21 10:10  31 % of initech's requests fail for 75 minutes
//	Oct 24 03:17  one of gold's pods crashes
//	Oct 26 18:00  the LLM gateway gives Prometheus no answer for 40 minutes, and works
//	Oct 28 15:00  a provider of models answers one call in four with an error until 18:30
//
// The 5xx series of a pod are born with their first error. tinyco is idle at
// night and at weekends. Counters are scraped every two minutes in September
// and every minute since October; the latency histogram came with the release
// of September 29.
package demo

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/query/tsdb"
)

// Company is the simulated company: everything that happened.
type Company struct {
	fleet    *fleet
	requests [len(organizations)][]requests
	activity []activity
}

// NewCompany simulates the company. It is always the same one.
func NewCompany() *Company {
	c := &Company{fleet: newFleet()}
	c.requests = simulateAll(c.fleet)
	c.activity = simulatePlatform(&c.requests)
	return c
}

// Series returns what Prometheus scraped, sorted by labels. A series without
// samples may be among them: an error that never happened.
func (c *Company) Series() []tsdb.SampleSeries {
	out := c.platformSeries()
	for _, p := range c.fleet.pods {
		out = append(out, p.own()...)
		for i := range organizations {
			out = append(out, c.requestSeries(i, p)...)
		}
	}
	slices.SortFunc(out, func(a, b tsdb.SampleSeries) int { return labels.Compare(a.Labels, b.Labels) })
	return out
}
