package generate

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/unit"
)

// proof is a unit test of one alert: series, and which alerts fire at which
// minute.
type proof struct {
	series []series
	asks   string // labels by which the alert is found, without its name
	at     []moment
}

// series is one input series in the notation of promtool, a value a minute.
type series struct{ name, values string }

// moment is what fires at a minute; nothing when firing is empty.
type moment struct {
	minute int
	firing [][]pair
}

// traffic is how many events a minute a proof has: so many that a budget of one
// in a million still has whole events.
const traffic = 100_000_000

// outage is how long the bad minutes of a proof last.
const outage = 30

// burnProof lets the share of bad events be a fifth above the threshold, and then
// a fifth below: the alert fires, and resolves once its short window is past.
func (ob *objective) burnProof(r rule, who audience, w burn, threshold *big.Rat) *proof {
	after := int(w.short/time.Minute) + 10
	share := func(num, den int64) int64 {
		v := new(big.Rat).Mul(threshold, big.NewRat(num*traffic/den, 1))
		return min(new(big.Int).Div(v.Num(), v.Denom()).Int64(), traffic)
	}
	high, low := share(6, 5), share(4, 5)
	if threshold.Sign() == 0 { // one bad event is too many
		high, low = traffic/2, 0
	}
	phases := func(during, afterwards int64) string {
		return slopes([]int64{during, afterwards}, []int{outage, after + 10})
	}
	var input []series
	add := func(s *query.Selector, values string) bool {
		l, ok := ob.example(*s, who)
		if ok {
			input = append(input, series{seriesName(s.Name(), l), values})
		}
		return ok
	}
	c := ob.counts
	var ok bool
	switch {
	case c.probe:
		ok = add(c.total, fmt.Sprintf("0x%d 1x%d", outage, after+10))
	case c.bad != nil:
		ok = ob.tellsApart(*c.total, *c.bad, who) && add(c.bad, phases(high, low))
		if ok && ob.within(*c.bad, *c.total, who) {
			ok = add(c.total, phases(traffic-high, traffic-low))
		} else if ok {
			ok = add(c.total, phases(traffic, traffic))
		}
	default:
		ok = ob.tellsApart(*c.total, *c.good, who) && add(c.good, phases(traffic-high, traffic-low))
		if ok && ob.within(*c.good, *c.total, who) {
			ok = add(c.total, phases(high, low))
		} else if ok {
			ok = add(c.total, phases(traffic, traffic))
		}
	}
	if !ok {
		return nil
	}
	return &proof{series: input, asks: ob.asks(r, who), at: []moment{
		{outage, [][]pair{ob.firing(r, ob.carried(who, true))}}, {outage + after, nil}}}
}

// quantileProof lets every observation lie between the limit and its double, and
// then below the limit.
func (ob *objective) quantileProof(r rule, who audience, limit unit.Decimal) *proof {
	wait := int((ob.MeasurementWindow + ob.GracePeriod + 5*time.Minute) / time.Minute)
	bound := new(big.Rat).Quo(limit.Rat(), ob.Scale.Rat())
	l, ok := ob.example(*ob.counts.buckets, who)
	if !ok {
		return nil
	}
	var input []series
	for _, bucket := range []struct {
		le     string
		during int64
	}{{decimal(bound), 0}, {decimal(new(big.Rat).Add(bound, bound)), 60}, {"+Inf", 60}} {
		labels := map[string]string{"le": bucket.le}
		for k, v := range l {
			if k != "le" {
				labels[k] = v
			}
		}
		input = append(input, series{seriesName(ob.counts.buckets.Name(), labels), slopes([]int64{bucket.during, 60}, []int{wait, wait + 10})})
	}
	return &proof{series: input, asks: ob.asks(r, who), at: []moment{
		{wait, [][]pair{ob.firing(r, ob.carried(who, false))}}, {2*wait + 5, nil}}}
}

// absentProof has no data for 20 minutes, then some, then no more, and some again:
// at first nobody is known, and in the end the one who is missing.
func (ob *objective) absentProof(r rule) *proof {
	var who audience
	if len(ob.audiences) > 0 {
		who = ob.audiences[0]
	}
	l, ok := ob.example(*ob.counts.total, who)
	if !ok {
		return nil
	}
	p := &proof{series: []series{{seriesName(ob.counts.total.Name(), l), "_x20 0+60x20 stale _x40 0+60x20"}}, asks: ob.asks(r, audience{})}
	if r.alert == "SLADataVanished" {
		missing := [][]pair{ob.firing(r, ob.carried(who, true))}
		p.at = []moment{{19, nil}, {35, nil}, {75, missing}, {95, nil}}
		return p
	}
	nobody := [][]pair{ob.firing(r, map[string]string{"sla_type": ob.SLA, "objective": ob.Name})}
	p.at = []moment{{14, nil}, {19, nobody}, {35, nil}, {75, nobody}, {95, nil}}
	return p
}

// asks selects the alert among those of its name.
func (ob *objective) asks(r rule, who audience) string {
	s := query.Selector{}.WithName("ALERTS").Only("alertname", r.alert).Only("alertstate", "firing").Only("sla_type", ob.SLA).Only("objective", ob.Name)
	if who.tier != "" || ob.shared {
		s = s.Only("tier", who.tier)
	}
	return s.String()
}

// carried is the labels that the series of an alert carries.
func (ob *objective) carried(who audience, recorded bool) map[string]string {
	out := map[string]string{}
	if recorded {
		out["sla_type"], out["objective"] = ob.SLA, ob.Name
	}
	if ob.label != "" {
		out[ob.label] = who.organization()
	}
	if ob.tierLabel != "" {
		out[ob.tierLabel] = who.tierValue()
	}
	return out
}

// firing is the alert that fires: the labels that its series carries, and its own.
func (ob *objective) firing(r rule, carried map[string]string) []pair {
	all := map[string]string{"alertname": r.alert, "alertstate": "firing"}
	for k, v := range carried {
		all[k] = v
	}
	for _, l := range r.labels {
		if l.name == "organization" && strings.HasPrefix(l.value, "{{") {
			l.value = carried[ob.label]
		}
		all[l.name] = l.value
	}
	var out []pair
	for k, v := range all {
		if v != "" {
			out = append(out, pair{k, v})
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return out
}

// organization is the one that a proof is about.
func (a audience) organization() string {
	if len(a.organizations) > 0 {
		return a.organizations[0]
	}
	return "example"
}

func (a audience) tierValue() string {
	if a.tier == "" {
		return "example"
	}
	return a.tier
}

// example is the labels of a series that a selector selects.
func (ob *objective) example(s query.Selector, who audience) (map[string]string, bool) {
	l := map[string]string{}
	if ob.label != "" {
		l[ob.label] = who.organization()
	}
	if ob.tierLabel != "" {
		l[ob.tierLabel] = who.tierValue()
	}
	for _, m := range s.Matchers {
		if m.Name == "__name__" || m.Matches(l[m.Name]) {
			continue
		}
		if l[m.Name] != "" {
			return nil, false
		}
		found := false
		for _, v := range candidates(m) {
			if m.Matches(v) {
				l[m.Name], found = v, true
				break
			}
		}
		if !found {
			return nil, false
		}
	}
	for _, m := range s.Matchers { // two conditions on one label
		if m.Name != "__name__" && !m.Matches(l[m.Name]) {
			return nil, false
		}
	}
	return l, true
}

// tellsApart reports whether the example of the whole is not one of the part.
func (ob *objective) tellsApart(whole, part query.Selector, who audience) bool {
	return !ob.within(whole, part, who)
}

// within reports whether the example of one selector belongs to another too.
func (ob *objective) within(one, other query.Selector, who audience) bool {
	l, ok := ob.example(one, who)
	if !ok || one.Name() != other.Name() {
		return false
	}
	for _, m := range other.Matchers {
		if m.Name != "__name__" && !m.Matches(l[m.Name]) {
			return false
		}
	}
	return true
}

// slopes writes a counter that grows by so much a minute for so many minutes.
func slopes(perMinute []int64, minutes []int) string {
	var parts []string
	var at int64
	for i, step := range perMinute {
		n := minutes[i]
		if i > 0 {
			at += step
			n--
		}
		parts = append(parts, fmt.Sprintf("%d+%dx%d", at, step, n))
		at += step * int64(n)
	}
	return strings.Join(parts, " ")
}

// seriesName writes a series with its labels in order.
func seriesName(metric string, labels map[string]string) string {
	var names []string
	for k, v := range labels {
		if v != "" {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	for i, k := range names {
		names[i] = k + "=" + strconv.Quote(labels[k])
	}
	return metric + "{" + strings.Join(names, ",") + "}"
}
