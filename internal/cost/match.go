package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Match picks line items by their keys: each key of the match, a key of
// [Query.By] or tag.KEY, has the value that stands there. A * in a value stands
// for any text, also none; everything else is taken literally. A match without
// keys picks everything; a key that an item has no value for is picked by the
// empty value and by * alone.
type Match map[string]string

// Keys are the names of the keys in alphabetical order.
func (m Match) Keys() []string { return slices.Sorted(maps.Keys(m)) }

// Matches reports whether the match picks a line item. Days, weeks and months
// are those of UTC, in which bills are cut. The keys that allocation gives are
// read from the item's own team and organization.
func (m Match) Matches(item *LineItem) bool { return m.MatchesValues(item.Value) }

// MatchesValues is [Match.Matches] for what has been grouped: value returns the
// value of a key, "" for none.
func (m Match) MatchesValues(value func(key string) string) bool {
	for key, pattern := range m {
		if !glob(pattern, value(key)) {
			return false
		}
	}
	return true
}

// Value is what a line item says to a key, "" for nothing.
func (i *LineItem) Value(key string) string {
	if tag, ok := strings.CutPrefix(key, "tag."); ok {
		return i.Tags[tag]
	}
	for _, k := range keys {
		if k.name == key {
			return k.read(i)
		}
	}
	switch at := i.ChargePeriodStart.UTC(); key {
	case "day":
		return at.Format(time.DateOnly)
	case "month":
		return at.Format("2006-01")
	case "week":
		y, w := at.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	case "team":
		return i.Team
	case "org", "organization":
		return i.Organization
	}
	return ""
}

// glob reports whether a pattern, in which * stands for any text, is a value.
func glob(pattern, value string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == value
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(value) < len(first)+len(last) || !strings.HasPrefix(value, first) || !strings.HasSuffix(value, last) {
		return false
	}
	value = value[len(first) : len(value)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, ok := strings.Cut(value, part)
		if !ok {
			return false
		}
		value = rest
	}
	return true
}
