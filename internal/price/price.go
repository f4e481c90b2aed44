// Package price knows what tokens of language models cost, and since when.
//
// A [Catalogue] is made of entries, one per model of a provider, from the user's
// prices.yaml and from the list that is embedded in the program; the user's win.
// An entry has rates, each of which holds from a UTC day until the next one. It
// is found by the name that a meter gives a model ([Catalogue.Find]), and prices
// what the meter counted ([Catalogue.Quote]), exactly: cost is input × its price
// + cached × the price of reading + writes × the price of writing + output × its
// price (docs/concepts.md, "Prices of tokens"). What cannot be priced is
// unpriced, with a reason, and never 0; a price of 0 is a price.
//
// The package is pure: it reads texts that others have read from files, and is
// told what day it is.
package price

import (
	"encoding/json"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Kind is what is counted and priced: a kind of tokens, or requests.
type Kind int

// The kinds, in the order in which they are written.
const (
	Input Kind = iota
	Output
	CacheRead
	CacheWrite5m // writes into a cache that lasts five minutes
	CacheWrite1h
	Request // a request, in addition to its tokens
	kinds
)

// String names the kind as prices.yaml does.
func (k Kind) String() string {
	return [...]string{"input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "request"}[k]
}

// counted returns what of a kind was counted.
func counted(t cost.Tokens) [kinds]unit.Decimal {
	return [kinds]unit.Decimal{Input: t.Input, Output: t.Output, CacheRead: t.CacheRead, CacheWrite5m: t.CacheWrite5m, CacheWrite1h: t.CacheWrite1h, Request: t.Requests}
}

// Prices hold a price per kind, nil where there is none: tokens are priced per so
// many ([Model].Per), requests each.
type Prices [kinds]*unit.Decimal

// MarshalJSON writes the prices there are by the names of their kinds.
func (p Prices) MarshalJSON() ([]byte, error) {
	out := map[string]*unit.Decimal{}
	for k, v := range p {
		if v != nil {
			out[Kind(k).String()] = v
		}
	}
	return json.Marshal(out)
}

// Tier re-prices whole requests whose input, cached tokens included, is longer
// than so many tokens.
type Tier struct {
	Above  int64  `json:"above"`
	Prices Prices `json:"prices"` // a kind that is left out costs what it costs below
}

// Set is what a provider charges under one service tier.
type Set struct {
	Prices Prices `json:"prices"`
	Tiers  []Tier `json:"tiers,omitempty"` // ascending
}

// at returns the price of a kind in a context tier, 0 for requests that no tier
// re-prices.
func (s *Set) at(k Kind, tier int) *unit.Decimal {
	for i := tier - 1; i >= 0; i-- {
		if p := s.Tiers[i].Prices[k]; p != nil {
			return p
		}
	}
	return s.Prices[k]
}

// context returns the context tiers, from and to inclusive, to which requests of
// such lengths may belong.
func (s *Set) context(c cost.Context) (from, to int) {
	for i, t := range s.Tiers {
		if t.Above <= c.Above {
			from = i + 1
		}
		if c.UpTo == 0 || c.UpTo > t.Above {
			to = i + 1
		}
	}
	return from, max(from, to)
}

// Service is a provider's tier of service.
type Service int

// The tiers of service that have prices of their own.
const (
	Standard Service = iota
	Batch
	Flex
	Priority
	services
)

// String names the tier as prices.yaml and meters do.
func (s Service) String() string { return [...]string{"standard", "batch", "flex", "priority"}[s] }

// ParseService reads a meter's name of a service tier: "" and "default" are
// standard. It reports false for a name that it does not know.
func ParseService(name string) (Service, bool) {
	for s := range services {
		if s.String() == name {
			return s, true
		}
	}
	return Standard, name == "" || name == "default"
}

// Rate is what a model costs from a day until the next rate's.
type Rate struct {
	From time.Time // midnight UTC
	// Sets are the prices by service tier, nil where the provider has none.
	Sets [services]*Set
}

// Model is one entry of a catalogue: a model of a provider.
type Model struct {
	Name     string
	Provider string // as [Provider] writes it; "" is any
	Currency string
	Per      unit.Decimal // prices are per so many tokens: a power of ten
	Aliases  []string     // further names, exact
	Rates    []Rate       // ascending; before the first one the model is unpriced
	Source   string       // where the prices are published, or ""
	Embedded bool         // whether it comes with the program
	// Position is where the entry stands in its file.
	Position yamlpos.Position
}

// At returns the rate that holds on a UTC day, and false before the first one.
func (m *Model) At(day time.Time) (Rate, bool) {
	for i := len(m.Rates) - 1; i >= 0; i-- {
		if !m.Rates[i].From.After(day) {
			return m.Rates[i], true
		}
	}
	return Rate{}, false
}

// Discount is a percentage off the prices of the entries that it matches. The
// first one of a file that matches an entry on a day applies, alone.
type Discount struct {
	Provider    string // "" is any
	Model       string // a name with `*` for any text; "" is any
	Percent     unit.Decimal
	From, Until time.Time // UTC days, Until exclusive; zero is open
}

// List is one file of prices.
type List struct {
	Name    string    // of the file
	Checked time.Time // the day on which the prices were last compared with their sources; zero if the file does not say
	Models  []*Model
	// Discounts are those of the file, in its order.
	Discounts []Discount
}
