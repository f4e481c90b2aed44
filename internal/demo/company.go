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

// bounds are the finite bucket bounds of the latency histogram in milliseconds.
var bounds = [...]int64{250, 500, 1000, 2000, 5000}

// typical is how long a request of each bucket took, in milliseconds: the
// histogram's sum is made of them.
var typical = [len(bounds) + 1]int64{140, 350, 720, 1400, 3100, 8000}

var tiers = [...]tier{
	{"gold", 3_112, 2, [...]int64{780_000, 970_000, 994_000, 999_000, 999_900}, [...]int64{520_000, 840_000, 930_000, 985_000, 999_500}},
	{"silver", 17_540, 1, [...]int64{700_000, 920_000, 982_000, 996_000, 999_700}, [len(bounds)]int64{}},
	{"bronze", 41_907, 1, [...]int64{550_000, 820_000, 945_000, 990_000, 999_000}, [len(bounds)]int64{}},
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

// The organizations, as the demo's slactl.yaml lists them.
var organizations = [...]organization{
	{"acme", "gold", "America/New_York", 420_000, false},
	{"globex", "gold", "Europe/Berlin", 310_000, false},
	{"hooli", "gold", "America/Los_Angeles", 520_000, false},
	{"nakatomi", "gold", "Asia/Tokyo", 260_000, false},
	{"initech", "silver", "UTC", 180_000, false},
	{"umbrella", "silver", "Europe/London", 150_000, false},
	{"wonka", "silver", "Europe/Zurich", 90_000, false},
	{"stark", "silver", "America/Chicago", 210_000, false},
	{"tyrell", "bronze", "UTC", 45_000, false},
	{"soylent", "bronze", "Asia/Kolkata", 60_000, false},
	{"tinyco", "bronze", "Europe/Berlin", 700, true},
	{"vandelay", "bronze", "America/Sao_Paulo", 30_000, false},
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

// day is the course of a working day in percent of its busiest hour, by the
// organization's own clock.
var day = [24]int64{9, 6, 5, 5, 6, 10, 20, 40, 68, 90, 98, 100, 88, 92, 100, 97, 90, 76, 60, 48, 38, 28, 20, 13}

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
