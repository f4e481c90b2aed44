package advice

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// work is what one model did in a period, under one currency.
type work struct {
	model  *price.Model
	name   string // as the meter calls it
	usages []cost.Usage
	spend  unit.Decimal // by the catalogue, the low end where it is a range
}

// works are the models that did priced work, in the order of their names. A model
// of whose work a part is unpriced is left out: what it costs is not known.
func (d *Data) works() []work {
	byID, unpriced := map[string]*work{}, map[string]bool{}
	if d.Catalogue == nil {
		return nil
	}
	for _, u := range d.Usages {
		q := d.Catalogue.Quote(u)
		if q.Match.Model == nil {
			continue
		}
		id := q.Match.Model.ID()
		if q.Reason != "" {
			unpriced[id] = true
			continue
		}
		if byID[id] == nil {
			byID[id] = &work{model: q.Match.Model, name: u.Model}
		}
		w := byID[id]
		w.usages, w.spend = append(w.usages, u), w.spend.Add(q.Low)
	}
	var out []work
	for id, w := range byID {
		if !unpriced[id] && w.spend.Sign() > 0 {
			out = append(out, *w)
		}
	}
	slices.SortFunc(out, func(a, b work) int { return cmp.Compare(a.model.ID(), b.model.ID()) })
	return out
}

func (w work) tokens() cost.Tokens {
	var t cost.Tokens
	for _, u := range w.usages {
		t = t.Add(u.Tokens)
	}
	return t
}

func (w work) evidence() []Figure {
	t := w.tokens()
	out := []Figure{{"spend by the price catalogue", plain(w.spend), w.model.Currency}, {"input", plain(t.Input), "tokens"}, {"output", plain(t.Output), "tokens"}}
	if read := plain(t.CacheRead); !read.IsZero() {
		out = append(out, Figure{"read from a cache", read, "tokens"})
	}
	if written := plain(t.CacheWrite5m.Add(t.CacheWrite1h)); !written.IsZero() {
		out = append(out, Figure{"written into a cache", written, "tokens"})
	}
	return out
}

// modelSpend is what a model's work costs by the catalogue; a model that did
// nothing costs nothing.
func modelSpend(d *Data, subject, _ string) (unit.Decimal, bool) {
	for _, w := range d.works() {
		if w.model.ID() == subject {
			return w.spend, true
		}
	}
	return unit.Decimal{}, d.Catalogue != nil && d.Usages != nil
}

// cheaperModels advises the model of the same provider and family that the same
// work would have cost the least with, where the middle of that range is below
// what it cost. Other families, such as a mini for a large one, do other work; and
// nobody goes back to an older version.
func cheaperModels(d *Data) []Recommendation {
	var out []Recommendation
	for _, w := range d.works() {
		family, version := lineage(w.model.Name)
		var with []price.Match
		for _, m := range d.Catalogue.Models {
			f, v := lineage(m.Name)
			if m != w.model && m.Provider == w.model.Provider && m.Currency == w.model.Currency && f == family && slices.Compare(v, version) >= 0 && len(v) > 0 {
				with = append(with, price.Match{Model: m, How: price.Exact})
			}
		}
		if len(with) == 0 {
			continue
		}
		compared := d.Catalogue.Compare(w.usages, with, price.DefaultSpread())
		best := cheapest(compared.WhatIf)
		if best == nil {
			continue
		}
		saving := cost.Range{Low: plain(best.Change.High.Neg()), High: plain(best.Change.Low.Neg())}
		if !d.worth(half(saving.Low.Add(saving.High)), w.model.Currency) {
			continue
		}
		name := best.Model[strings.LastIndexByte(best.Model, '/')+1:]
		out = append(out, Recommendation{Subject: w.model.ID(), Currency: w.model.Currency, Amount: plain(w.spend), Saving: &saving,
			Title: fmt.Sprintf("%s is cheaper than %s for the same work", name, w.model.Name), Do: fmt.Sprintf("try %s on a part of the work of %s, compare the answers, and move it if they are as good", name, w.model.Name),
			Assumptions: slices.Concat(compared.Assumptions, best.Assumptions), Evidence: append(w.evidence(), Figure{"with " + name + ", at least", *best.Low, w.model.Currency}, Figure{"with " + name + ", at most", *best.High, w.model.Currency})})
	}
	return out
}

// cheapest is the candidate whose range has the lowest middle, the first of equals.
func cheapest(list []price.WhatIf) *price.WhatIf {
	var best *price.WhatIf
	for i := range list {
		w := &list[i]
		if w.Change != nil && (best == nil || w.Low.Add(*w.High).Cmp(best.Low.Add(*best.High)) < 0) {
			best = w
		}
	}
	return best
}

var (
	nameParts = regexp.MustCompile(`[0-9]+|[a-z]+`)
	nameDate  = regexp.MustCompile(`20[0-9]{2}-?[0-9]{2}-?[0-9]{2}`)
)

// lineage tells a model's name into the words of its family and the numbers of its
// version: claude-opus-4-1 is claude opus, 4 1. The o of gpt-4o is part of a version and is
// left out, and so are dates, latest and preview.
func lineage(name string) (family string, version []int) {
	var words []string
	name = nameDate.ReplaceAllString(strings.ToLower(name[strings.LastIndexByte(name, '/')+1:]), "")
	for _, part := range nameParts.FindAllString(name, -1) {
		n, err := strconv.Atoi(part)
		switch {
		case err == nil && len(part) <= 2:
			version = append(version, n)
		case err == nil, part == "latest", part == "preview", part == "o" && len(version) > 0:
		default:
			words = append(words, part)
		}
	}
	slices.Sort(words)
	return strings.Join(words, " "), version
}
