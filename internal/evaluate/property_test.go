package evaluate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whoever makes requests, in however many series: every organization has its
// own, and all of them and those of nobody add up to all.
func TestOrganizationsAddUpToAll(t *testing.T) {
	const yaml = `
sla_definitions:
  availability: {target: 99, indicator: {total: 'reqs_total', bad: 'reqs_total{code="500"}'}}
service_tiers: {gold: {}, silver: {}}
organizations:
  label: org
  list: [{id: a, tier: gold}, {id: b, tier: silver}, {id: c, tier: gold, match: {cluster: c}}, {id: late, tier: gold, since: 2027-01-01}]
`
	start := time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		type counts struct{ total, bad int64 }
		want := map[string]counts{}
		var samples strings.Builder
		fmt.Fprintf(&samples, "load 1m %s\n", start.Format(time.RFC3339))
		for i := range rapid.IntRange(1, 8).Draw(rt, "series") {
			org := rapid.SampledFrom([]string{"", "a", "b", "late", "unlisted"}).Draw(rt, "org")
			cluster := rapid.SampledFrom([]string{"", "c"}).Draw(rt, "cluster")
			code := rapid.SampledFrom([]string{"200", "500"}).Draw(rt, "code")
			owner := org
			if cluster == "c" {
				owner = "c"
			}
			row, grown := counter(rt)
			fmt.Fprintf(&samples, "reqs_total{org=%q,cluster=%q,code=%q,pod=\"%d\"} %s\n", org, cluster, code, i, row)
			for _, who := range []string{owner, "all"} {
				c := want[who]
				c.total += grown
				if code == "500" {
					c.bad += grown
				}
				want[who] = c
			}
		}
		e := evaluatorOf(t, yaml, samples.String(), start.Add(24*time.Hour))
		out, err := ask(e, start.Format(time.RFC3339)+".."+start.Add(time.Hour).Format(time.RFC3339), Filter{})
		if err != nil {
			rt.Fatal(err)
		}
		got := map[string]counts{}
		for _, r := range out.Reports[0].Results {
			who := r.Organization
			switch {
			case who == "" && r.Tier == "":
				who = "all"
			case who == "":
				who = "tier " + r.Tier
			}
			got[who] = counts{count(t, r.Events.Total), count(t, r.Events.Bad)}
		}
		a, b, c := want["a"], want["b"], want["c"]
		want["tier gold"], want["tier silver"] = counts{a.total + c.total, a.bad + c.bad}, b
		delete(want, "")     // series of nobody have no result
		delete(want, "late") // nor have those of who is no customer yet
		for who, n := range want {
			if got[who] != n {
				rt.Errorf("%s has %+v, want %+v\n%s", who, got[who], n, samples.String())
			}
		}
	})
}

// counter draws a counter that is scraped every minute for an hour, with scrapes
// that fail and restarts, and how much it grows after its first sample.
func counter(rt *rapid.T) (row string, grown int64) {
	value := rapid.Int64Range(0, 1000).Draw(rt, "value")
	items := []string{fmt.Sprint(value)}
	missed := 0
	for range 60 {
		switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
		case what == 0 && missed < 3: // a longer gap is recovered, and counts as well
			items = append(items, "_")
			missed++
			continue
		case what == 1 && value > 0:
			value = rapid.Int64Range(0, value-1).Draw(rt, "restart")
			grown += value
		default:
			by := rapid.Int64Range(0, 5).Draw(rt, "by")
			value += by
			grown += by
		}
		missed = 0
		items = append(items, fmt.Sprint(value))
	}
	return strings.Join(items, " "), grown
}
