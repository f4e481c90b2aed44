package demo

import (
	"slices"
	"time"
)

// tier is a service tier of the company.
type tier struct {
	name   string
	offset int64 // milliseconds after the full interval at which its pods are scraped
	pods   int
	// fast and slow are the shares of requests, in millionths, answered within
	// each bound of the latency histogram: usually, and under a regression.
	fast, slow [len(bounds)]int64
}

// organization is a customer: who it is, and how it uses the service.
type organization struct {
	id, tier, zone string
	// busy is how many requests it makes in a minute of its busiest hour, in
	// thousandths.
	busy int64
	// idle switches its traffic off at night and at weekends.
	idle bool
}

// OrganizationIDs returns the ids of the company's customers.
func OrganizationIDs() []string {
	var out []string
	for _, o := range organizations {
		out = append(out, o.id)
	}
	return out
}

func tierIndex(name string) int {
	return slices.IndexFunc(tiers[:], func(t tier) bool { return t.name == name })
}

func tierNamed(name string) tier { return tiers[tierIndex(name)] }

// rate returns the requests that are expected per minute at t, in thousandths.
func (o organization) rate(t time.Time) int64 {
	hour, weekday := t.Hour(), t.Weekday()
	weekend := weekday == time.Saturday || weekday == time.Sunday
	switch {
	case o.idle && (weekend || hour < 8 || hour >= 18):
		return 0
	case weekend:
		return o.busy * day[hour] * 35 / 10_000
	}
	return o.busy * day[hour] / 100
}

// incident is something that went wrong, for whom, and how.
type incident struct {
	stretch
	tiers, orgs []string // empty is all
	status      int      // of the bad answers
	ppm         int64    // how many answers are bad
	slow        bool     // a latency regression
}

// incidents are what happened to requests. The months are otherwise calm: 30 of
// a million requests fail.
func incidents() []incident {
	oct := time.October
	return []incident{
		// A database failover went wrong: most requests of gold failed, some of silver's.
		{stretch: between(at(oct, 8, 14, 20), at(oct, 8, 15, 7)), tiers: []string{"gold"}, status: 503, ppm: 620_000},
		{stretch: between(at(oct, 8, 14, 20), at(oct, 8, 15, 7)), tiers: []string{"silver"}, status: 503, ppm: 60_000},
		// The announced upgrade took silver and bronze down for 50 minutes of its window.
		{stretch: between(at(oct, 11, 2, 20), at(oct, 11, 3, 10)), tiers: []string{"silver", "bronze"}, status: 503, ppm: million},
		// A migration of one customer's data broke its requests.
		{stretch: between(at(oct, 21, 10, 10), at(oct, 21, 11, 25)), orgs: []string{"initech"}, status: 500, ppm: 310_000},
		// Release r44 made gold slow until it was rolled back.
		{stretch: between(at(oct, 19, 9, 0), at(oct, 22, 11, 0)), tiers: []string{"gold"}, slow: true},
		// In September a certificate expired for a quarter of an hour.
		{stretch: between(at(time.September, 17, 6, 0), at(time.September, 17, 6, 15)), status: 503, ppm: 200_000},
	}
}

func (i incident) hits(o organization) bool {
	return (len(i.tiers) == 0 || slices.Contains(i.tiers, o.tier)) && (len(i.orgs) == 0 || slices.Contains(i.orgs, o.id))
}

// What kept samples from being taken.
func prometheusDown() stretch {
	return between(at(time.October, 16, 5, 10), at(time.October, 16, 5, 35))
}
func llmExporterDown() stretch {
	return between(at(time.October, 26, 18, 0), at(time.October, 26, 18, 40))
}
func blackboxDown() stretch {
	return between(at(time.October, 5, 12, 0), at(time.October, 5, 12, 9))
}
