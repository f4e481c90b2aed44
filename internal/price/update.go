package price

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Change is what an update does with one model.
type Change struct {
	Model string `json:"model"` // provider/name
	// What is "added", "changed" for a new rate in an entry that was there, "same"
	// where the entry says so already, or "kept" where it cannot be extended.
	What   string `json:"what"`
	Reason string `json:"reason,omitempty"` // why it is kept, or what the new rate lacks
}

// The kinds of change.
const (
	Added   = "added"
	Changed = "changed"
	Same    = "same"
	Kept    = "kept"
)

// Update writes models, each with one rate, into the text of a prices.yaml, and
// says what became of each. Entries that are there keep their rates, and get the
// new one where prices changed; nothing else in the file moves, comments
// included. The text may be empty.
func Update(name string, text []byte, models []*Model) ([]byte, []Change, error) {
	list, diags := Parse(name, text)
	if list == nil {
		return nil, nil, diags
	}
	f, err := newPriceFile(name, string(text))
	if err != nil {
		return nil, nil, err
	}
	var changes []Change
	for _, m := range models {
		i := slices.IndexFunc(list.Models, func(old *Model) bool { return old.Provider == m.Provider && strings.EqualFold(old.Name, m.Name) })
		if i < 0 {
			f.added = append(f.added, m)
			changes = append(changes, Change{Model: m.ID(), What: Added})
			continue
		}
		c := extend(list.Models[i], m)
		if c.What == Changed {
			f.changed[i] = list.Models[i]
		}
		changes = append(changes, c)
	}
	if len(f.added)+len(f.changed) == 0 {
		return text, changes, nil
	}
	out := []byte(f.text())
	if again, diags := Parse(name, out); again == nil || len(again.Models) != len(list.Models)+len(f.added) {
		return nil, nil, fmt.Errorf("extending %s: its form is not one that can be extended (%w); below the key prices, write each entry on lines of its own", name, diags)
	}
	return out, changes, nil
}

// extend gives an entry the rate of another, if it says something new.
func extend(old, m *Model) Change {
	c := Change{Model: m.ID(), What: Kept}
	if old.Currency != m.Currency {
		c.Reason = fmt.Sprintf("it is in %s", old.Currency)
		return c
	}
	fresh := m.Rates[0]
	scale := old.Per.Mul(inverse(m.Per))
	for i, s := range fresh.Sets {
		fresh.Sets[i] = s.scaled(scale)
	}
	before, ok := old.At(fresh.From)
	if ok && coversAll(before.Sets, fresh.Sets) {
		c.What = Same
		return c
	}
	c.What = Changed
	if ok && !coversAll(fresh.Sets, before.Sets) {
		c.Reason = lacking(fresh.Sets, before.Sets)
	}
	old.Rates = slices.DeleteFunc(old.Rates, func(r Rate) bool { return r.From.Equal(fresh.From) })
	old.Rates = append(old.Rates, fresh)
	slices.SortFunc(old.Rates, func(a, b Rate) int { return a.From.Compare(b.From) })
	return c
}

// coversAll reports whether a has every price that b has.
func coversAll(a, b [services]*Set) bool {
	for i, s := range b {
		if s != nil && (a[i] == nil || !a[i].covers(s)) {
			return false
		}
	}
	return true
}

// lacking names the prices that a rate had and the new one does not have, which
// are therefore unpriced from now on: an old one may have changed as well.
func lacking(fresh, before [services]*Set) string {
	var names []string
	for i, s := range before {
		if s == nil {
			continue
		}
		if fresh[i] == nil {
			names = append(names, Service(i).String())
			continue
		}
		for k, p := range s.Prices {
			if p != nil && fresh[i].Prices[k] == nil {
				names = append(names, strings.TrimPrefix(Service(i).String()+" ", "standard ")+Kind(k).String())
			}
		}
	}
	if names == nil {
		return ""
	}
	return "the new rate has no price for " + strings.Join(names, ", ")
}

// scaled returns the prices per another number of tokens.
func (s *Set) scaled(by unit.Decimal) *Set {
	if s == nil {
		return nil
	}
	out := &Set{Prices: s.Prices.scaled(by)}
	for _, t := range s.Tiers {
		out.Tiers = append(out.Tiers, Tier{t.Above, t.Prices.scaled(by)})
	}
	return out
}

func (p Prices) scaled(by unit.Decimal) Prices {
	for k, v := range p {
		if v != nil && Kind(k) != Request {
			x := v.Mul(by)
			p[k] = &x
		}
	}
	return p
}

// priceFile is the text of a prices.yaml by lines, and where its entries stand.
type priceFile struct {
	lines   []string
	entries [][2]int // first line of each entry, and the line after its last
	end     int      // the line before which new entries are written
	indent  string   // before the dashes of entries
	heading string   // what is missing above the entries
	added   []*Model
	changed map[int]*Model
}

func newPriceFile(name, text string) (*priceFile, error) {
	f := &priceFile{lines: strings.Split(strings.TrimRight(text, "\n"), "\n"), indent: "  ", changed: map[int]*Model{}}
	if strings.TrimSpace(text) == "" {
		f.lines = nil
	}
	root, _ := yamlpos.Parse(name, "", []byte(text))
	prices := root.Get("prices")
	f.end = len(f.lines)
	if prices == nil || len(prices.Items) == 0 {
		if prices != nil {
			return nil, fmt.Errorf("extending %s: prices: is empty; remove the key, or write an entry", prices.Position)
		}
		f.heading = "prices:"
		return f, nil
	}
	for _, field := range root.Fields { // the next key ends the entries
		if line := field.Key.Line - 1; line > prices.Line-1 && line < f.end {
			f.end = line
		}
	}
	for i, item := range prices.Items {
		first, next := item.Line-1, f.end
		if i+1 < len(prices.Items) {
			next = prices.Items[i+1].Line - 1
		}
		dash := strings.TrimLeft(f.lines[first], " ")
		if !strings.HasPrefix(dash, "- ") || next <= first {
			return nil, fmt.Errorf("extending %s: entries stand on one line with others; write each on lines of its own after a dash", item.Position)
		}
		f.indent = f.lines[first][:len(f.lines[first])-len(dash)]
		f.entries = append(f.entries, [2]int{first, f.lastContent(first, next)})
	}
	f.end = f.entries[len(f.entries)-1][1]
	return f, nil
}

// lastContent leaves the comments and empty lines that follow an entry to the
// next one.
func (f *priceFile) lastContent(first, next int) int {
	for next > first+1 {
		if line := strings.TrimSpace(f.lines[next-1]); line != "" && !strings.HasPrefix(line, "#") {
			break
		}
		next--
	}
	return next
}

func (f *priceFile) text() string {
	var out []string
	at := 0
	for i, e := range f.entries {
		out = append(out, f.lines[at:e[0]]...)
		if m := f.changed[i]; m != nil {
			out = append(out, m.yaml(f.indent)...)
		} else {
			out = append(out, f.lines[e[0]:e[1]]...)
		}
		at = e[1]
	}
	out = append(out, f.lines[at:f.end]...)
	if f.heading != "" {
		out = append(out, f.heading)
	}
	for _, m := range f.added {
		out = append(out, m.yaml(f.indent)...)
	}
	out = append(out, f.lines[f.end:]...)
	return strings.Join(out, "\n") + "\n"
}

// yaml writes an entry as lines of a prices.yaml.
func (m *Model) yaml(indent string) []string {
	out := []string{indent + "- model: " + scalar(m.Name)}
	add := func(key, value string) { out = append(out, indent+"  "+key+": "+value) }
	if m.Provider != "" {
		add("provider", scalar(m.Provider))
	}
	add("currency", scalar(m.Currency))
	add("per", m.Per.Canonical())
	if len(m.Aliases) > 0 {
		names := make([]string, len(m.Aliases))
		for i, a := range m.Aliases {
			names[i] = scalar(a)
		}
		add("aliases", "["+strings.Join(names, ", ")+"]")
	}
	if m.Source != "" {
		add("source", scalar(m.Source))
	}
	out = append(out, indent+"  rates:")
	for _, r := range m.Rates {
		out = append(out, indent+"    - {"+r.yaml()+"}")
	}
	return out
}

func (r Rate) yaml() string {
	text := "from: " + r.From.Format(time.DateOnly)
	for i, s := range r.Sets {
		switch {
		case s == nil:
		case Service(i) == Standard:
			text += ", " + s.yaml()
		default:
			text += ", " + Service(i).String() + ": {" + s.yaml() + "}"
		}
	}
	return text
}

func (s *Set) yaml() string {
	parts := s.Prices.yaml()
	if len(s.Tiers) > 0 {
		tiers := make([]string, len(s.Tiers))
		for i, t := range s.Tiers {
			tiers[i] = "{" + strings.Join(append([]string{fmt.Sprintf("above: %d", t.Above)}, t.Prices.yaml()...), ", ") + "}"
		}
		parts = append(parts, "tiers: ["+strings.Join(tiers, ", ")+"]")
	}
	return strings.Join(parts, ", ")
}

func (p Prices) yaml() []string {
	var parts []string
	for k, v := range p {
		if v != nil {
			parts = append(parts, Kind(k).String()+": "+v.Canonical())
		}
	}
	return parts
}

// plain is a text that YAML reads as itself without quotes.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*(://[A-Za-z0-9._/?=&%#~-]+)?$`)

// scalar writes a text for YAML.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(text)
	}
	if plain.MatchString(text) {
		return text
	}
	return strconv.Quote(text)
}
