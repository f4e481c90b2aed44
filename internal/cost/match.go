package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Match picks line items by what they say, as `match` does in allocation rules,
// budgets and unit costs: an item is picked when each key, as in [Query.By], has
// one of its patterns. A pattern is an exact text in which * stands for any
// characters; "*" is any value that is there, and "" is none. A match without
// keys picks everything.
type Match map[string][]string

// Keys are the names of the keys in alphabetical order.
func (m Match) Keys() []string { return slices.Sorted(maps.Keys(m)) }

// Validate returns an error for a key that no line item answers, with the nearest
// one as a hint, and for a key without patterns. Days, weeks and months are no
// such keys: a period cuts them.
func (m Match) Validate() error {
	for _, key := range m.Keys() {
		if readerOf(key) == nil {
			return fmt.Errorf("matching charges by %q: no such key; %s", key, nearest(key, itemKeys()))
		}
		if len(m[key]) == 0 {
			return fmt.Errorf("matching charges by %q: no value; write the values that match, or \"\" for charges without one", key)
		}
	}
	return nil
}

// Matches reports whether the match picks a line item.
func (m Match) Matches(item *LineItem) bool { return m.MatchesValues(item.Value) }

// MatchesValues is [Match.Matches] for what has been grouped: value returns the
// value of a key, "" for none.
func (m Match) MatchesValues(value func(key string) string) bool {
	for key, patterns := range m {
		if !anyGlob(patterns, value(key)) {
			return false
		}
	}
	return true
}

// compiled is a match that is asked about very many items.
type compiled []struct {
	read     func(*LineItem) string
	patterns []string
}

func (m Match) compile() compiled {
	c := make(compiled, len(m))
	for i, key := range m.Keys() {
		c[i].patterns = m[key]
		if c[i].read = readerOf(key); c[i].read == nil {
			c[i].read = func(item *LineItem) string { return item.Value(key) }
		}
	}
	return c
}

func (c compiled) matches(item *LineItem) bool {
	for i := range c {
		if !anyGlob(c[i].patterns, c[i].read(item)) {
			return false
		}
	}
	return true
}

// Value is what a line item says to a key, "" for nothing. Days, weeks and months
// are those of UTC, in which bills are cut.
func (i *LineItem) Value(key string) string {
	if read := readerOf(key); read != nil {
		return read(i)
	}
	switch at := i.ChargePeriodStart.UTC(); key {
	case "day":
		return at.Format(time.DateOnly)
	case "month":
		return at.Format("2006-01")
	case "week":
		y, w := at.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	}
	return ""
}

func anyGlob(patterns []string, value string) bool {
	for _, p := range patterns {
		if Glob(p, value) {
			return true
		}
	}
	return false
}

// Glob reports whether a pattern stands for a value. Each part between asterisks
// is taken where it first occurs, which leaves the most to the rest.
func Glob(pattern, value string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == value
	}
	middle, last := "", rest
	if i := strings.LastIndexByte(rest, '*'); i >= 0 {
		middle, last = rest[:i], rest[i+1:]
	}
	if value == "" || len(value) < len(first)+len(last) || !strings.HasPrefix(value, first) || !strings.HasSuffix(value, last) {
		return false
	}
	value = value[len(first) : len(value)-len(last)]
	for part := range strings.SplitSeq(middle, "*") {
		_, after, ok := strings.Cut(value, part)
		if !ok {
			return false
		}
		value = after
	}
	return true
}

// readerOf returns what an item itself says to a key, nil for one that is none.
func readerOf(key string) func(*LineItem) string {
	if tag, ok := strings.CutPrefix(key, "tag."); ok && tag != "" {
		return func(i *LineItem) string { return i.Tags[tag] }
	}
	for _, k := range keys {
		if k.name == key {
			return k.read
		}
	}
	return nil
}

// itemKeys are the names of keys that an item itself answers, beside tag.KEY.
func itemKeys() []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

// readsTags reports whether the value of a key can lie in the tags of an item.
func readsTags(key string) bool {
	return strings.HasPrefix(key, "tag.") || slices.Contains(owners[:], key)
}

// ownTeam, ownOrganization and ownTier are what a charge says itself: the source
// that knows it, else the tag of that name.
func ownTeam(i *LineItem) string { return cmp.Or(i.Team, i.Tags["team"]) }

func ownOrganization(i *LineItem) string {
	return cmp.Or(i.Organization, i.Tags["org"], i.Tags["organization"])
}

func ownTier(i *LineItem) string { return i.Tags["tier"] }
