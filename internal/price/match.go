package price

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
)

// How an entry was found.
type How string

// The ways, best first.
const (
	Exact   How = "exact"
	Alias   How = "alias"
	Undated How = "undated" // after the date or version at the end of the name was cut off
)

// Match is the entry that answers for a model.
type Match struct {
	Model *Model
	How   How
}

// Catalogue is what the user's prices and the embedded ones say together.
type Catalogue struct {
	Models    []*Model  // the user's first
	Checked   time.Time // of the embedded prices
	discounts []Discount
	byName    map[string][]*Model
	byAlias   map[string][]*Model
}

// New makes a catalogue of lists, of which earlier ones win: an entry replaces
// those of the same model and provider in later lists, whole. The entry's
// aliases are added to, since they are names and not prices.
func New(lists ...*List) *Catalogue {
	c := &Catalogue{byName: map[string][]*Model{}, byAlias: map[string][]*Model{}}
	for _, l := range lists {
		c.discounts = append(c.discounts, l.Discounts...)
		earlier := len(c.Models)
		for _, m := range l.Models {
			if m.Embedded {
				c.Checked = l.Checked
			}
			c.add(m, c.Models[:earlier])
		}
	}
	return c
}

// add takes up an entry, unless one of the earlier ones replaces it.
func (c *Catalogue) add(m *Model, earlier []*Model) {
	name := strings.ToLower(m.Name)
	for _, winner := range c.byName[name] {
		if (winner.Provider == m.Provider || winner.Provider == "") && slices.Contains(earlier, winner) {
			for _, a := range m.Aliases {
				if !slices.Contains(winner.Aliases, a) {
					winner.Aliases = append(winner.Aliases, a)
					c.byAlias[strings.ToLower(a)] = append(c.byAlias[strings.ToLower(a)], winner)
				}
			}
			return
		}
	}
	own := *m
	own.Aliases = slices.Clone(m.Aliases)
	c.Models = append(c.Models, &own)
	c.byName[name] = append(c.byName[name], &own)
	for _, a := range own.Aliases {
		c.byAlias[strings.ToLower(a)] = append(c.byAlias[strings.ToLower(a)], &own)
	}
}

// Find returns the entry for a model as a meter names it: by its exact name, else
// by an alias, else by either after a date or version at the end was cut off. So
// gpt-4o-2024-08-06 finds gpt-4o, and gpt-4o-mini never does. Letters' case does
// not matter.
//
// A model of a named provider is only priced by that provider's entries, and by
// those that name none. Without a provider, the one that the name begins with
// counts (azure/gpt-4o), else the first entry in the catalogue's order, which has
// the makers before those who resell.
func (c *Catalogue) Find(provider, model string) (Match, bool) {
	provider, model = Provider(provider), strings.TrimSpace(model)
	names := []string{model}
	if of, rest, ok := splitProvider(provider, model); ok {
		provider, names = of, append(names, rest)
	}
	for _, name := range names {
		if m, ok := c.named(provider, name); ok {
			return m, true
		}
	}
	for _, name := range names {
		if short, ok := Undate(name); ok {
			if m, ok := c.named(provider, short); ok {
				return Match{m.Model, Undated}, true
			}
		}
	}
	return Match{}, false
}

func (c *Catalogue) named(provider, name string) (Match, bool) {
	name = strings.ToLower(name)
	if m, ok := of(c.byName[name], provider); ok {
		return Match{m, Exact}, true
	}
	if m, ok := of(c.byAlias[name], provider); ok {
		return Match{m, Alias}, true
	}
	return Match{}, false
}

// of picks a provider's entry.
func of(models []*Model, provider string) (*Model, bool) {
	for _, m := range models {
		if provider == "" || m.Provider == provider {
			return m, true
		}
	}
	for _, m := range models {
		if m.Provider == "" {
			return m, true
		}
	}
	return nil, false
}

// dated is a date or version at the end of a name: -2024-08-06, @20240620,
// -20241022, -20241022-v2:0, -v1:0. Shorter ones are left alone: mistral-large
// of 2402 and of 2411 are two models at two prices.
var dated = regexp.MustCompile(`^(.+?)(?:[-@]((?:19|20)\d\d-?\d\d-?\d\d))?(-v\d+(?::\d+)?)?$`)

// Undate cuts a date or version off the end of a model's name, and reports
// whether there was one.
func Undate(name string) (string, bool) {
	m := dated.FindStringSubmatch(name)
	if m == nil || m[1] == name {
		return name, false
	}
	if digits := strings.ReplaceAll(m[2], "-", ""); digits != "" {
		if _, err := time.Parse("20060102", digits); err != nil {
			return name, false
		}
	}
	return m[1], true
}

// Names are those of the entries, in alphabetical order, for hints.
func (c *Catalogue) Names() []string {
	var out []string
	for _, m := range c.Models {
		out = append(out, m.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Discount returns what is taken off the prices of an entry on a day, or nil.
func (c *Catalogue) Discount(m *Model, day time.Time) *Discount {
	for i, d := range c.discounts {
		if (d.Provider == "" || d.Provider == m.Provider) && (d.Model == "" || cost.Glob(strings.ToLower(d.Model), strings.ToLower(m.Name))) &&
			!day.Before(d.From) && (d.Until.IsZero() || day.Before(d.Until)) {
			return &c.discounts[i]
		}
	}
	return nil
}

// Thresholds returns, ascending, the lengths of requests at which any price
// changes, for [cost.NewUsageTally].
func (c *Catalogue) Thresholds() []int64 {
	var out []int64
	for _, m := range c.Models {
		for _, r := range m.Rates {
			for _, s := range r.Sets {
				if s == nil {
					continue
				}
				for _, t := range s.Tiers {
					out = append(out, t.Above)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// compare orders entries by provider and name.
func compare(a, b *Model) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name))
}
