package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// CommitmentQuery returns the breakdown of commitments that [Data] holds: under
// the effective measure, an unused part of a commitment is a charge of its own.
func CommitmentQuery(q cost.Query) cost.Query {
	q.By = []string{"provider", "commitment", "commitment_status", "charge_category"}
	return q
}

// commitment is what is known of one commitment.
type commitment struct {
	id, provider, currency   string
	used, unused, bought     unit.Decimal
	hasUsage, knowsItsStatus bool
}

func (d *Data) commitments() []*commitment {
	var order []*commitment
	byID := map[string]*commitment{}
	of := func(g cost.Group) *commitment {
		id := valueOf(g.Keys["commitment"])
		if id == "" {
			return nil
		}
		key := g.Currency + "\x00" + id
		if byID[key] == nil {
			byID[key] = &commitment{id: id, provider: valueOf(g.Keys["provider"]), currency: g.Currency}
			order = append(order, byID[key])
		}
		return byID[key]
	}
	usage := func(g cost.Group) bool { return strings.EqualFold(valueOf(g.Keys["charge_category"]), "Usage") }
	for _, g := range groupsOf(d.Commitments) {
		c, status := of(g), valueOf(g.Keys["commitment_status"])
		if c == nil {
			continue
		}
		c.knowsItsStatus = c.knowsItsStatus || status != ""
		switch {
		case strings.EqualFold(status, cost.CommitmentUnused):
			c.unused = c.unused.Add(g.Amount)
		case usage(g):
			c.used, c.hasUsage = c.used.Add(g.Amount), true
		}
	}
	for _, g := range groupsOf(d.Purchases) {
		if c := of(g); c != nil && !usage(g) {
			c.bought = c.bought.Add(g.Amount)
		}
	}
	slices.SortFunc(order, func(a, b *commitment) int { return strings.Compare(a.id, b.id) })
	return order
}

// wasted is what was paid for and not used: what the bill says of that, else a
// purchase that nothing was covered by.
func (c *commitment) wasted() unit.Decimal {
	if !c.knowsItsStatus && !c.hasUsage {
		return c.bought
	}
	return c.unused
}

func unusedCommitments(d *Data) []Recommendation {
	var out []Recommendation
	for _, c := range d.commitments() {
		wasted := c.wasted()
		if !d.worth(wasted, c.currency) {
			continue
		}
		r := Recommendation{Subject: c.id, Currency: c.currency, Amount: plain(wasted), Saving: &cost.Range{Low: plain(half(wasted)), High: plain(wasted)},
			Title: fmt.Sprintf("the commitment %s is not fully used", strings.TrimSpace(c.provider+" "+c.id[strings.LastIndexByte(c.id, ':')+1:])), Do: "move work that it covers under it, exchange or sell it where the provider allows that, and do not renew all of it",
			Assumptions: []string{"half of what is unused, at least, can be used or given up"},
			Evidence:    []Figure{{"unused", plain(wasted), c.currency}, {"used", plain(c.used), c.currency}}}
		if share, ok := unit.RatioOf(wasted, wasted.Add(c.used)); ok {
			r.Evidence = append(r.Evidence, Figure{"unused share", percentOf(unit.QuantizeRat(share, 6, unit.HalfEven)), "percent"})
		}
		out = append(out, r)
	}
	return out
}

func commitmentSpend(d *Data, subject, currency string) (unit.Decimal, bool) {
	for _, c := range d.commitments() {
		if c.id == subject && c.currency == currency {
			return c.wasted(), true
		}
	}
	return unit.Decimal{}, d.Commitments != nil
}

// Utilisation is how busy a resource was.
type Utilisation struct {
	Resource string // the value of the metric's label
	Gauge    string // the metric
	// P95 is the level below which the metric was in 95 % of the windows of five
	// minutes that have samples (the mean of each; nearest rank); nil when fewer than
	// half of the windows have any.
	P95       *unit.Decimal
	IdleBelow unit.Decimal
	Windows   int // with samples
}

// Matches reports whether a charge's resource is the one: its id is that, or ends
// in it after a / or :.
func (u Utilisation) Matches(resource string) bool {
	rest, ok := strings.CutSuffix(resource, u.Resource)
	return ok && (rest == "" || strings.HasSuffix(rest, "/") || strings.HasSuffix(rest, ":"))
}

// idleResources advises to turn off or shrink what had next to nothing to do. A
// resource that several metrics watch is idle when it is by all of them.
func idleResources(d *Data) []Recommendation {
	var out []Recommendation
	busy, byResource := map[string]bool{}, map[string][]Utilisation{}
	var names []string
	for _, u := range d.Utilisation {
		if !slices.Contains(names, u.Resource) {
			names = append(names, u.Resource)
		}
		byResource[u.Resource] = append(byResource[u.Resource], u)
		busy[u.Resource] = busy[u.Resource] || u.P95 == nil || u.P95.Cmp(u.IdleBelow) >= 0
	}
	slices.Sort(names)
	for _, name := range names {
		if busy[name] {
			continue
		}
		for currency, amount := range d.resourceCosts(name) {
			if !d.worth(amount, currency) {
				continue
			}
			r := Recommendation{Subject: name, Currency: currency, Amount: plain(amount), Saving: &cost.Range{Low: plain(half(amount)), High: plain(amount)},
				Title: name + " has next to nothing to do", Do: "turn it off, or move what it does to a smaller size or to another machine",
				Assumptions: []string{"one size smaller costs half; turned off, it costs nothing"}, Evidence: []Figure{{"cost", plain(amount), currency}}}
			for _, u := range byResource[name] {
				r.Evidence = append(r.Evidence, Figure{"95 % of " + u.Gauge + " at or below", plain(*u.P95), ""}, Figure{"idle below", u.IdleBelow, ""}, Figure{"windows of five minutes", unit.DecimalOfInt(int64(u.Windows)), "windows"})
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Recommendation) int { return strings.Compare(a.Subject+a.Currency, b.Subject+b.Currency) })
	return out
}

func (d *Data) resourceCosts(name string) map[string]unit.Decimal {
	out := map[string]unit.Decimal{}
	for _, g := range groupsOf(d.Resources) {
		if (Utilisation{Resource: name}).Matches(valueOf(g.Keys["resource"])) {
			out[g.Currency] = out[g.Currency].Add(g.Amount)
		}
	}
	return out
}

func resourceSpend(d *Data, subject, currency string) (unit.Decimal, bool) {
	return d.resourceCosts(subject)[currency], d.Resources != nil
}

func groupsOf(r *cost.Report) []cost.Group {
	if r == nil {
		return nil
	}
	return r.Groups
}

func percentOf(share unit.Decimal) unit.Decimal { return plain(share.Mul(unit.DecimalOfInt(100))) }
