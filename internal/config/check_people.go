package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/unit"
)

func (c *checker) tier(path string, t Tier) {
	c.tierTargets(path, t.TierTargets)
	c.credits(path+".credits", t.Credits)
	c.positiveDuration(path+".max_per_month", t.MaxPerMonth)
	c.oneOf(path+".claim_from", "month_end", "incident")
	if c.has(path + ".claim_from") {
		c.required(path, "claim_within")
	}
	var last *Date
	for i, h := range t.History {
		p := at(path+".history", i)
		c.until(p, &last, h.Until)
		c.tierTargets(p, h.TierTargets)
		c.credits(p+".credits", h.Credits)
	}
}

// until checks that a history names its days and that they rise.
func (c *checker) until(path string, last **Date, d Date) {
	c.required(path, "until")
	if d == (Date{}) {
		return
	}
	if *last != nil && d.String() <= (*last).String() {
		c.ruleErrorf("history-order", path+".until", "the oldest entry comes first", "until %s does not follow %s", d, *last)
	}
	*last = &d
}

func (c *checker) tierTargets(path string, t TierTargets) {
	c.percent(path+".availability_target", t.AvailabilityTarget)
	c.percentiles(path, "response_time_p50_ms", t.ResponseTimeP50MS, "response_time_p90_ms", t.ResponseTimeP90MS,
		"response_time_p95_ms", t.ResponseTimeP95MS, "response_time_p99_ms", t.ResponseTimeP99MS)
	for _, e := range t.Targets {
		p := path + ".targets." + e.Key
		spec, ok := c.cfg.objective(e.Key)
		if !ok {
			known := c.cfg.allObjectives()
			c.unknown("unknown-name", c.cfg.Key(p), e.Key, known, "write SLA.objective, one of", "the objective %q is not defined", e.Key)
			continue
		}
		if spec.Unit == "percent" {
			c.percent(p, &e.Value)
		}
	}
}

// allObjectives lists SLA.objective for every objective.
func (c *Config) allObjectives() []string {
	var out []string
	for _, e := range c.SLADefinitions {
		for _, name := range e.Value.objectiveNames() {
			out = append(out, e.Key+"."+name)
		}
	}
	return out
}

// objective finds an objective by SLA.objective.
func (c *Config) objective(name string) (ObjectiveSpec, bool) {
	for _, e := range c.SLADefinitions {
		if !strings.HasPrefix(name, e.Key+".") {
			continue
		}
		for _, spec := range c.Expand(e) {
			if e.Key+"."+spec.Name == name {
				return spec, true
			}
		}
	}
	return ObjectiveSpec{}, false
}

// BandObjectives returns the objectives that a credit policy is about: those that
// SLA.objective names; of a bare name the SLA of that name, else that objective
// of every SLA; by default availability.
func (c *Config) BandObjectives(p CreditPolicy) []ObjectiveSpec {
	name := orDefault(p.Objective, "availability")
	if spec, ok := c.objective(name); ok {
		return []ObjectiveSpec{spec}
	}
	if def, ok := c.SLADefinitions.Get(name); ok {
		return c.Expand(Entry[SLADefinition]{name, def})
	}
	var out []ObjectiveSpec
	for _, e := range c.SLADefinitions {
		for _, spec := range c.Expand(e) {
			if spec.Name == name {
				out = append(out, spec)
			}
		}
	}
	return out
}

func (c *checker) credits(path string, policies []CreditPolicy) {
	for i, policy := range policies {
		p := at(path, i)
		if !c.has(p) {
			p = path
		}
		c.required(p, "bands")
		c.oneOf(p+".combine", "highest", "sum")
		c.percent(p+".cap", policy.Cap)
		objectives := c.cfg.BandObjectives(policy)
		if len(objectives) == 0 && policy.Objective != "" {
			known := append(c.cfg.SLADefinitions.Keys(), c.cfg.allObjectives()...)
			c.unknown("unknown-name", c.cfg.node(p+".objective"), policy.Objective, known, "write one of", "the objective %q is not defined", policy.Objective)
		}
		seen := map[string]string{}
		for j, band := range policy.Bands {
			c.band(at(p+".bands", j), band, objectives, seen)
		}
	}
}

func (c *checker) band(path string, b CreditBand, objectives []ObjectiveSpec, seen map[string]string) {
	c.exactlyOne(path, "below", "above")
	c.required(path, "credit")
	c.percent(path+".credit", b.Credit)
	key, bound, fits := "below", b.Below, sla.AtLeast
	if b.Above != nil {
		key, bound, fits = "above", b.Above, sla.AtMost
	}
	if bound == nil {
		return
	}
	c.unique(seen, path+"."+key, "the bound", bound.Canonical())
	for _, o := range objectives {
		if o.Unit == "percent" {
			c.percent(path+"."+key, bound)
		}
		if o.Comparison != fits {
			hint := map[sla.Comparison]string{sla.AtLeast: "write below", sla.AtMost: "write above"}[o.Comparison]
			c.ruleErrorf("credit-band", path+"."+key, hint, "%s does not fit the objective %s, whose values are worse on the other side", key, o.Name)
		}
	}
}

func (c *checker) organizations() {
	o := c.cfg.Organizations
	c.label("organizations.label", o.Label)
	c.label("organizations.tier_label", o.TierLabel)
	c.oneOf("organizations.measured", "shared")
	seen := map[string]string{}
	for i, org := range o.List {
		path := at("organizations.list", i)
		c.required(path, "id")
		c.unique(seen, path+".id", "the organization", org.ID)
		c.tierName(path+".tier", org.Tier)
		c.currency(path+".currency", org.Currency)
		c.fee(path, org)
		for label := range org.Match {
			c.label(path+".match."+label, label)
		}
		var last *Date
		for j, h := range org.History {
			p := at(path+".history", j)
			c.until(p, &last, h.Until)
			c.tierName(p+".tier", h.Tier)
			c.notNegative(p+".monthly_fee", h.MonthlyFee)
		}
	}
}

func (c *checker) fee(path string, org Organization) {
	c.notNegative(path+".monthly_fee", org.MonthlyFee)
	if org.MonthlyFee != nil && org.Currency == "" && c.cfg.Cost.Currency == "" {
		c.ruleErrorf("missing-key", path+".monthly_fee", "add currency: USD here, or under cost", "the fee has no currency")
	}
}

func (c *checker) notNegative(path string, v *unit.Decimal) {
	if v != nil && v.Sign() < 0 {
		c.ruleErrorf("range", path, "", "%s %s is negative", lastKey(path), v)
	}
}

// tierName checks that a tier exists. A configuration without tiers may name
// them: lint warns.
func (c *checker) tierName(path, name string) {
	if name != "" && len(c.cfg.ServiceTiers) > 0 {
		c.known(path, "the tier", name, c.cfg.TierNames())
	}
}

func (c *checker) maintenance(path string, m Maintenance) {
	found := len(c.diags)
	c.oneOf(path+".count_as", "met")
	for i, t := range m.Tiers {
		c.tierName(at(path+".tiers", i), t)
	}
	var ids []string
	for _, o := range c.cfg.Organizations.List {
		ids = append(ids, o.ID)
	}
	for i, o := range m.Organizations {
		if len(ids) > 0 { // else the label alone names them
			c.known(at(path+".organizations", i), "the organization", o, ids)
		}
	}
	for i, s := range m.SLAs {
		c.known(at(path+".slas", i), "the SLA", s, c.cfg.SLADefinitions.Keys())
	}
	switch {
	case c.has(path + ".ical"):
		for _, key := range []string{"start", "end", "duration", "rrule"} {
			c.exclusive(path, key, "cannot stand beside ical, which holds the times")
		}
	case c.has(path + ".rrule"):
		c.required(path, "start", "duration")
		c.exclusive(path, "end", "has no meaning for a recurring maintenance; write duration")
		c.recurrence(path+".rrule", m.RRule)
		c.positiveDuration(path+".duration", m.Duration)
	default:
		c.required(path, "start")
		c.exactlyOne(path, "end", "duration")
		c.positiveDuration(path+".duration", m.Duration)
		c.endsLater(path, m)
	}
	if len(c.diags) > found {
		return
	}
	if _, err := c.cfg.Events(m); err != nil {
		rule, key := "recurrence", ".rrule"
		if m.ICal != "" {
			rule, key = "file", ".ical"
		}
		c.ruleErrorf(rule, path+key, "", "%v", err)
	}
}

func (c *checker) endsLater(path string, m Maintenance) {
	if m.Start == nil || m.End == nil {
		return
	}
	zone := c.cfg.Zone()
	if m.Timezone.Location != nil {
		zone = m.Timezone.Location
	}
	if !m.End.In(zone).After(m.Start.In(zone)) {
		c.ruleErrorf("range", path+".end", "", "the end does not lie after the start")
	}
}

var rulePart = regexp.MustCompile(`^(FREQ|INTERVAL|COUNT|UNTIL|BYDAY|BYMONTH|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYSETPOS|BYHOUR|BYMINUTE|WKST)=[A-Z0-9,+-]+$`)

// recurrence checks the form of an RFC 5545 rule. Rules below a day are refused:
// they are not maintenance.
func (c *checker) recurrence(path, rule string) {
	frequency := ""
	for _, part := range strings.Split(rule, ";") {
		if !rulePart.MatchString(part) {
			c.ruleErrorf("recurrence", path, "write RFC 5545, such as FREQ=WEEKLY;BYDAY=SU", "%q is no part of a recurrence rule", part)
			return
		}
		if f, ok := strings.CutPrefix(part, "FREQ="); ok {
			frequency = f
		}
	}
	switch frequency {
	case "DAILY", "WEEKLY", "MONTHLY", "YEARLY":
	case "":
		c.ruleErrorf("recurrence", path, "begin with FREQ=WEEKLY", "the rule has no frequency")
	default:
		c.ruleErrorf("recurrence", path, "write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY", "the frequency %s is not supported", frequency)
	}
}

func (c *checker) serviceHours(path string, e Entry[ServiceHours]) {
	if len(c.cfg.ServiceTiers) > 0 {
		c.knownKey(path, "the tier", e.Key, c.cfg.TierNames())
	}
	c.required(path, "days", "hours")
	if days := e.Value.Days; days != "" {
		for _, part := range strings.Split(days, ",") {
			from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
			_, ok := parseWeekday(from)
			if isRange && ok {
				_, ok = parseWeekday(to)
			}
			if !ok {
				c.errorf(path+".days", "write mon-fri, or mon,wed", "%q is not a day of the week", part)
			}
		}
	}
	if hours := e.Value.Hours; hours != "" {
		from, to, ok := strings.Cut(hours, "-")
		a, okA := minuteOfDay(from)
		b, okB := minuteOfDay(to)
		if !ok || !okA || !okB || b <= a {
			c.errorf(path+".hours", "write 08:00-18:00", "%q is not a span of the day", hours)
		}
	}
}

// minuteOfDay reads 08:00, up to 24:00.
func minuteOfDay(text string) (int, bool) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%d:%d", &h, &m); n != 2 || err != nil || len(strings.TrimSpace(text)) != 5 {
		return 0, false
	}
	total := h*60 + m
	return total, h >= 0 && m >= 0 && m < 60 && total <= 24*60
}
