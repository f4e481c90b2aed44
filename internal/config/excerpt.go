package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Excerpt says which part of a configuration is to be kept beside results.
type Excerpt struct {
	// Organization, if set, reduces the excerpt to what this customer may see: its
	// own entry, its tiers, what is excluded for it, and the definitions of the
	// SLAs without the selectors that they are measured by.
	Organization string
	// Tiers are those that the organization was in during the span; without an
	// organization they are not looked at.
	Tiers []string
	// Span holds everything that is judged. Events of iCalendar files around it
	// are written out one by one, and an organization's history that ended before
	// it is left out.
	Span period.Span
}

// around is how far before and after the span events are written out: burn rates
// look back three days, and a monthly allowance is used up from a month's start.
const around = 100 * 24 * time.Hour

// Excerpt writes the part of the configuration that results of SLAs depend on, as
// YAML that [Parse] reads again on any machine: variables substituted, files
// written out in place, and defaults marked `# default`. Sources, costs, alerting
// and reports are left out, and with them all secrets.
func (c *Config) Excerpt(x Excerpt) ([]byte, error) {
	root := clone(c.root)
	root.Fields = slices.DeleteFunc(root.Fields, func(f yamlpos.Field) bool {
		return !slices.Contains([]string{"version", "name", "timezone", "week_start", "sla_definitions", "service_tiers", "service_hours"}, f.Key.Text)
	})
	defaults(root, "version", "1", "timezone", "UTC", "week_start", "monday")
	if c.Cost.Currency != "" { // of fees that name none
		cost := yamlpos.NewMapping(yamlpos.Position{})
		cost.Set("currency", scalar(c.Cost.Currency))
		root.Set("cost", cost)
	}
	for _, e := range c.SLADefinitions {
		n := root.Get("sla_definitions").Get(e.Key)
		c.slaDefaults(n, e)
		drop(n, "source")
		if x.Organization != "" {
			drop(n, "group_by", "severity", "impact", "category", "service")
			c.withhold(n, "sla_definitions."+e.Key)
		}
	}
	root.Set("organizations", c.excerptOrganizations(x))
	events, err := c.excerptMaintenance(x)
	if err != nil {
		return nil, err
	}
	if len(events.Items) > 0 {
		root.Set("maintenance", events)
	}
	if x.Organization != "" {
		for _, block := range []string{"service_tiers", "service_hours"} {
			keep(root.Get(block), x.Tiers...)
		}
	}
	return yamlpos.Encode(root, yamlpos.Frozen), nil
}

// withhold replaces the selectors of an SLA by names that tell nothing but the
// kind of the indicator and the unit of its values.
func (c *Config) withhold(n *yamlpos.Node, path string) {
	for _, at := range c.indicators() {
		rest, ok := strings.CutPrefix(at.path, path+".")
		if !ok {
			continue
		}
		in, out := at.indicator, yamlpos.NewMapping(yamlpos.Position{})
		for _, kv := range [][2]string{{"total", in.Total}, {"bad", in.Bad}, {"good", in.Good}, {"histogram", in.Histogram},
			{"sum", in.Sum}, {"count", in.Count}, {"up", in.Up}} {
			if kv[1] != "" {
				out.Set(kv[0], scalar("withheld_"+kv[0]))
			}
		}
		if in.Gauge != "" {
			out.Set("gauge", scalar(strings.TrimSuffix("withheld_"+valueUnit(in), "_")))
		}
		if in.Histogram != "" {
			out.Set("unit", scalar(histogramUnit(*in)))
		}
		if in.Within > 0 {
			out.Set("within", scalar(in.Within.String()))
		}
		if in.Combine != "" {
			out.Set("combine", scalar(in.Combine))
		}
		if q := in.PromQL; q != nil {
			free := yamlpos.NewMapping(yamlpos.Position{})
			for _, kv := range [][2]string{{"total", q.Total}, {"bad", q.Bad}, {"good", q.Good}} {
				if kv[1] != "" {
					free.Set(kv[0], scalar("withheld_"+kv[0]+"[$window]"))
				}
			}
			out.Set("promql", free)
		}
		replace(n, rest, out)
	}
}

// replace puts a value at a path below a mapping: indicator, indicators.NAME or
// objectives[2].indicator.
func replace(n *yamlpos.Node, path string, value *yamlpos.Node) {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		n.Set(head, value)
		return
	}
	var i int
	if name, _, isItem := strings.Cut(head, "["); isItem {
		if _, err := fmt.Sscanf(head[len(name):], "[%d]", &i); err == nil && n.Get(name) != nil && i < len(n.Get(name).Items) {
			replace(n.Get(name).Items[i], rest, value)
		}
		return
	}
	if below := n.Get(head); below != nil {
		below.Set(rest, value) // the name of an objective may hold a dot
	}
}

// excerptOrganizations lists the organizations with the rows of a file among
// them, or the only one.
func (c *Config) excerptOrganizations(x Excerpt) *yamlpos.Node {
	out := yamlpos.NewMapping(yamlpos.Position{})
	if have := c.root.Get("organizations"); have != nil {
		out = clone(have)
	}
	drop(out, "file")
	list := &yamlpos.Node{Kind: yamlpos.Sequence}
	for _, n := range slices.Concat(itemsOf(c.root.Get("organizations").Get("list")), itemsOf(c.records)) {
		n = clone(n)
		if x.Organization == "" {
			list.Items = append(list.Items, n)
			continue
		}
		if id := n.Get("id"); id == nil || id.Text != x.Organization {
			continue
		}
		keep(n, "id", "name", "tier", "timezone", "monthly_fee", "currency", "since", "history")
		if h := n.Get("history"); h != nil {
			h.Items = slices.DeleteFunc(h.Items, func(item *yamlpos.Node) bool { return c.over(item, x.Span) })
			if len(h.Items) == 0 {
				drop(n, "history")
			}
		}
		list.Items = append(list.Items, n)
	}
	drop(out, "list")
	if len(list.Items) > 0 {
		out.Set("list", list)
	}
	if x.Organization != "" {
		if len(list.Items) > 0 { // its tier stands in its entry
			drop(out, "tier_label")
		}
		if c.Organizations.Label == "" { // `match` told its series apart
			out.Set("label", scalar(ExcerptLabel))
		}
	}
	return out
}

// ExcerptLabel is the label that names the organization in an excerpt for one
// whose series are told apart by other labels.
const ExcerptLabel = "organization"

// over reports whether an entry of a history ended before a span. Days have up
// to 36 hours of zones around them.
func (c *Config) over(item *yamlpos.Node, span period.Span) bool {
	var h OrganizationHistory
	if len(yamlpos.Decode(item, &h)) > 0 {
		return false
	}
	return h.Until.Start(c.Zone()).Before(span.Start.Add(-36 * time.Hour))
}

// excerptMaintenance lists what is excluded, for a customer only what covers it.
func (c *Config) excerptMaintenance(x Excerpt) (*yamlpos.Node, error) {
	out := &yamlpos.Node{Kind: yamlpos.Sequence}
	items := itemsOf(c.root.Get("maintenance"))
	for i, m := range c.Maintenance {
		if i >= len(items) || x.Organization != "" && !m.concerns(x) {
			continue
		}
		n := clone(items[i])
		if x.Organization != "" {
			drop(n, "reason")
			narrow(n, "tiers", x.Tiers...)
			narrow(n, "organizations", x.Organization)
		}
		if m.ICal == "" {
			out.Items = append(out.Items, n)
			continue
		}
		events, err := c.Events(m)
		if err != nil {
			return nil, err
		}
		drop(n, "ical", "timezone")
		for _, e := range events {
			for _, s := range e.Spans(period.Span{Start: x.Span.Start.Add(-around), End: x.Span.End.Add(around)}) {
				one := clone(n)
				one.Set("name", scalar(e.Name))
				one.Set("start", scalar(s.Start.UTC().Format(time.RFC3339Nano)))
				one.Set("end", scalar(s.End.UTC().Format(time.RFC3339Nano)))
				out.Items = append(out.Items, one)
			}
		}
	}
	return out, nil
}

// concerns reports whether an entry's scope covers the customer of an excerpt.
func (m Maintenance) concerns(x Excerpt) bool {
	return (len(m.Organizations) == 0 || slices.Contains(m.Organizations, x.Organization)) &&
		(len(m.Tiers) == 0 || slices.ContainsFunc(m.Tiers, func(t string) bool { return slices.Contains(x.Tiers, t) }))
}

func scalar(text string) *yamlpos.Node { return yamlpos.NewScalar(yamlpos.Position{}, text) }

// drop removes keys from a mapping, and keep all others.
func drop(n *yamlpos.Node, keys ...string) {
	if n != nil {
		n.Fields = slices.DeleteFunc(n.Fields, func(f yamlpos.Field) bool { return slices.Contains(keys, f.Key.Text) })
	}
}

func keep(n *yamlpos.Node, keys ...string) {
	if n != nil {
		n.Fields = slices.DeleteFunc(n.Fields, func(f yamlpos.Field) bool { return !slices.Contains(keys, f.Key.Text) })
	}
}

// narrow leaves only the given texts in a list.
func narrow(n *yamlpos.Node, key string, texts ...string) {
	if list := n.Get(key); list != nil {
		list.Items = slices.DeleteFunc(list.Items, func(item *yamlpos.Node) bool { return !slices.Contains(texts, item.Text) })
	}
}
