package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slactl/slactl/internal/unit"
)

// Rule gives the charges that it matches to a team, a tier or an organization, or
// shares their total out.
type Rule struct {
	Match           Match
	Team, Tier, Org string
	Split           *Split
}

// Split shares the total of a rule out.
type Split struct {
	Over   string  // org, tier or team: what the keys of the shares are
	By     string  // the business metric whose values are the weights; "" for evenly
	Shares []Share // in the order of their keys
	// Missing says why there are no shares: the total then stays unallocated.
	Missing string
}

// Share is the part of one key.
type Share struct {
	Key    string       `json:"key"`
	Weight unit.Decimal `json:"weight"`
}

// Allocator answers the keys team, org and tier of breakdowns: a charge belongs to
// whom the first matching rule gives it, else, where no rule matches or the rule
// does not answer the key, to whom it names itself (the source that knows its
// team or organization, else the tag of that name). Charges that are shared out
// without shares, and those that nobody claims, have no value: they are
// unallocated.
//
// A split is made once, over the rule's total in the period, whatever the
// breakdown: its groups are consecutive slices of that total, so each group's
// parts add up to the group, and each key's parts to its part of the total.
type Allocator struct {
	Rules []Rule
	// Tier is the tier of an organization in the period, "" for none.
	Tier func(org string) string
	// Notes say what a reader must know of the shares.
	Notes []string
}

// Owned reports whether a breakdown asks whom charges belong to.
func (q Query) Owned() bool {
	return slices.ContainsFunc(q.By, func(k string) bool { return slices.Contains(owners[:], k) })
}

// Query returns the breakdown that has to be read to answer q with [Apply].
func (a *Allocator) Query(q Query) Query {
	base := q
	base.Top, base.By = 0, nil
	for _, k := range q.By {
		base.By = appendNew(base.By, k)
		if k == "tier" {
			base.By = appendNew(base.By, "org")
		}
	}
	if len(a.Rules) > 0 {
		base.By = append(base.By, RuleKey)
		for _, r := range a.Rules {
			base.Rules = append(base.Rules, r.Match)
		}
	}
	return base
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Apply answers q by what the base query gave. The rows of a charge that is
// shared out count in each of its parts.
func (a *Allocator) Apply(q Query, base *Report) *Report {
	out := *base
	out.By, out.Totals, out.Groups = slices.Clone(q.By), nil, nil
	groups := map[string]map[string]*group{} // by currency and values
	for _, p := range a.parts(q.By, base.Groups) {
		if groups[p.currency] == nil {
			groups[p.currency] = map[string]*group{}
		}
		key := strings.Join(p.values, "\x00")
		g := groups[p.currency][key]
		if g == nil {
			g = &group{currency: p.currency, values: p.values}
			groups[p.currency][key] = g
		}
		g.sum.Add(p.amount)
		g.high.Add(p.high)
		g.rows, g.nullRows = g.rows+p.rows, g.nullRows+p.nullRows
	}
	for _, total := range base.Totals {
		_, list := currencyGroups(q, total.Currency, slices.Collect(maps.Values(groups[total.Currency])))
		out.Totals = append(out.Totals, total)
		out.Groups = append(out.Groups, list...)
	}
	out.Notes = append(slices.Clone(base.Notes), a.Notes...)
	out.fill()
	return &out
}

// fill makes lists that JSON shows as [] of those that are nil.
func (r *Report) fill() {
	if r.Totals == nil {
		r.Totals = []Total{}
	}
	if r.Groups == nil {
		r.Groups = []Group{}
	}
}

// part is what one owner has of one base group.
type part struct {
	currency string
	values   []string // by the asked keys
	amount   unit.Decimal
	high     unit.Decimal // at most, of a metered amount
	rows     int64
	nullRows int64
	rule     int // from 1; 0 for none
	shared   bool
}

// parts gives each base group to its owners.
func (a *Allocator) parts(by []string, groups []Group) []part {
	var out []part
	before, beforeHigh := map[string]unit.Decimal{}, map[string]unit.Decimal{} // what of a rule's total was shared out, by rule and currency
	for i := range groups {
		g := &groups[i]
		number, rule := a.ruleOf(g)
		p := part{currency: g.Currency, amount: g.Amount, high: g.most(), rows: g.Rows, nullRows: g.NullRows, rule: number}
		if !rule.shares(by) {
			p.values = a.values(by, rule, g, "")
			out = append(out, p)
			continue
		}
		key := strconv.Itoa(number) + " " + g.Currency
		p.shared = true
		from := before[key]
		to := from.Add(g.Amount)
		before[key] = to
		lower, upper := rule.Split.of(from, g.Currency), rule.Split.of(to, g.Currency)
		fromHigh := beforeHigh[key]
		beforeHigh[key] = fromHigh.Add(g.most())
		lowerHigh, upperHigh := rule.Split.of(fromHigh, g.Currency), rule.Split.of(beforeHigh[key], g.Currency)
		for j, s := range rule.Split.Shares {
			p.values, p.amount, p.high = a.values(by, rule, g, s.Key), upper[j].Sub(lower[j]), upperHigh[j].Sub(lowerHigh[j])
			out = append(out, p)
		}
	}
	return out
}

// most is what a group may cost at most.
func (g *Group) most() unit.Decimal {
	if g.Range != nil {
		return g.Range.High
	}
	return g.Amount
}

// of shares an amount out.
func (s *Split) of(amount unit.Decimal, currency string) []unit.Decimal {
	weights := make([]unit.Decimal, len(s.Shares))
	for i, share := range s.Shares {
		weights[i] = share.Weight
	}
	return Apportion(amount, currency, weights)
}

// shares reports whether the asked keys depend on the rule's shares, and it has
// some.
func (r Rule) shares(by []string) bool {
	return r.Split != nil && r.Split.why() == "" && slices.ContainsFunc(by, r.splits)
}

// why says why nothing can be shared out, "" where it can.
func (s *Split) why() string {
	positive := false
	for _, share := range s.Shares {
		if share.Weight.Sign() < 0 {
			return fmt.Sprintf("%s of %s is negative", s.By, share.Key)
		}
		positive = positive || share.Weight.Sign() > 0
	}
	switch {
	case positive:
		return ""
	case s.Missing != "":
		return s.Missing
	case len(s.Shares) > 0:
		return s.By + " is 0 for every " + s.Over
	}
	return "there is no " + s.Over
}

// splits reports whether the rule answers a key by its shares.
func (r Rule) splits(key string) bool {
	if r.Split == nil {
		return false
	}
	switch key {
	case "team":
		return r.Team == "" && r.Split.Over == "team"
	case "tier":
		return r.Tier == "" && (r.Split.Over == "tier" || r.Split.Over == "org")
	case "org", "organization":
		return r.Split.Over == "org"
	}
	return false
}

// ruleOf returns the number of the rule that matched a base group, from 1, and
// the rule; 0 and an empty one if none did.
func (a *Allocator) ruleOf(g *Group) (int, Rule) {
	if v := g.Keys[RuleKey]; v != nil {
		if n, err := strconv.Atoi(*v); err == nil && n >= 1 && n <= len(a.Rules) {
			return n, a.Rules[n-1]
		}
	}
	return 0, Rule{}
}

// values answers the asked keys for one share of a base group; share is "" for
// the whole of it.
func (a *Allocator) values(by []string, r Rule, g *Group, share string) []string {
	out := make([]string, len(by))
	for i, key := range by {
		own := ""
		if v := g.Keys[key]; v != nil {
			own = *v
		}
		switch key {
		case "team":
			out[i] = cmp.Or(r.Team, own)
			if r.splits(key) {
				out[i] = share
			}
		case "org", "organization":
			out[i] = cmp.Or(r.Org, own)
			if r.splits(key) {
				out[i] = share
			}
		case "tier":
			out[i] = a.tier(r, g, share, own)
		default:
			out[i] = own
		}
	}
	return out
}

func (a *Allocator) tier(r Rule, g *Group, share, own string) string {
	switch {
	case r.Tier != "":
		return r.Tier
	case r.splits("tier") && r.Split.Over == "tier":
		return share
	case r.splits("tier"):
		return a.tierOf(share)
	case r.Org != "":
		return a.tierOf(r.Org)
	case own != "":
		return own
	}
	if org := g.Keys["org"]; org != nil {
		return a.tierOf(*org)
	}
	return ""
}

func (a *Allocator) tierOf(org string) string {
	if a.Tier == nil || org == "" {
		return ""
	}
	return a.Tier(org)
}

// describe names a rule for people: "rule 2 (split over org by debates_created)".
func (r Rule) describe(number int) string { return fmt.Sprintf("rule %d (%s)", number, r.gives()) }

// gives says what a rule does with what it matches.
func (r Rule) gives() string {
	var does []string
	for _, x := range [...][2]string{{"team", r.Team}, {"tier", r.Tier}, {"org", r.Org}} {
		if x[1] != "" {
			does = append(does, x[0]+" "+x[1])
		}
	}
	if r.Split != nil {
		how := " evenly"
		if r.Split.By != "" {
			how = " by " + r.Split.By
		}
		does = append(does, "split over "+r.Split.Over+how)
	}
	return strings.Join(does, ", ")
}
