package price

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Difference is one price about which lists disagree on a day.
type Difference struct {
	Model string `json:"model"` // provider/name
	// Price names what is priced: "input", "batch output", "cache_read above 200000".
	Price string `json:"price"`
	// Amounts are the lists' prices per million tokens, or per request, in their
	// order: nil where a list that has the model has no such price.
	Amounts []*unit.Decimal `json:"amounts"`
	Has     []bool          `json:"has"` // whether each list has the model on that day
}

// Diff compares what lists charge on a UTC day for the models that at least two
// of them have, by provider and name, in the same currency.
func Diff(day time.Time, lists ...*List) []Difference {
	var order []*Model
	byID := map[string][]map[string]unit.Decimal{}
	for i, l := range lists {
		for _, m := range l.Models {
			r, ok := m.At(day)
			if !ok {
				continue
			}
			id := diffID(m, m.Name)
			for _, alias := range m.Aliases { // an earlier list may call it so
				if other := byID[diffID(m, alias)]; byID[id] == nil && other != nil && other[i] == nil {
					id = diffID(m, alias)
				}
			}
			if byID[id] == nil {
				byID[id] = make([]map[string]unit.Decimal, len(lists))
				order = append(order, m)
			}
			byID[id][i] = r.named(m.Per)
		}
	}
	slices.SortStableFunc(order, compare)
	var out []Difference
	for _, m := range order {
		out = append(out, differences(m.ID(), byID[diffID(m, m.Name)])...)
	}
	return out
}

func diffID(m *Model, name string) string {
	return strings.ToLower(m.Provider + "/" + name + " " + m.Currency)
}

func differences(id string, prices []map[string]unit.Decimal) []Difference {
	var names []string
	has := make([]bool, len(prices))
	sharers := 0
	for i, p := range prices {
		for name := range p {
			names = append(names, name)
		}
		if has[i] = p != nil; has[i] {
			sharers++
		}
	}
	if sharers < 2 {
		return nil
	}
	slices.Sort(names)
	var out []Difference
	for _, name := range slices.Compact(names) {
		d := Difference{Model: id, Price: name, Has: has}
		differ := false
		var first *unit.Decimal
		for _, p := range prices {
			var amount *unit.Decimal
			if v, ok := p[name]; ok {
				amount = &v
			}
			d.Amounts = append(d.Amounts, amount)
			if p == nil {
				continue
			}
			switch {
			case amount == nil:
				differ = true
			case first == nil:
				first = amount
			case first.Cmp(*amount) != 0:
				differ = true
			}
		}
		if differ {
			out = append(out, d)
		}
	}
	return out
}

// named returns the prices of a rate per million tokens by what they are for.
func (r Rate) named(per unit.Decimal) map[string]unit.Decimal {
	scale := unit.DecimalOfInt(1_000_000).Mul(inverse(per))
	out := map[string]unit.Decimal{}
	for i, s := range r.Sets {
		if s == nil {
			continue
		}
		prefix := strings.TrimPrefix(Service(i).String()+" ", "standard ")
		all := append([]Tier{{Prices: s.Prices}}, s.Tiers...)
		for _, t := range all {
			suffix := ""
			if t.Above > 0 {
				suffix = " above " + strconv.FormatInt(t.Above, 10)
			}
			for k, v := range t.Prices.scaled(scale) {
				if v != nil {
					out[prefix+Kind(k).String()+suffix] = *v
				}
			}
		}
	}
	return out
}
