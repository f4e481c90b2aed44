package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// ReconcileCosts sets two configured sources of bills or meters beside each other
// in the period of r. Amounts are those billed, in their own currency; what a
// meter counted costs what the meter says, else what the catalogue says.
func (e *Evaluator) ReconcileCosts(ctx context.Context, r cost.Reconciler, a, b string) (*cost.Reconciliation, error) {
	c, err := e.Prices()
	if err != nil {
		return nil, err
	}
	var sides [2]*reconciling
	for i, name := range []string{a, b} {
		j := slices.IndexFunc(e.Config.Sources.Billing, func(s config.BillingSource) bool { return s.Name == name })
		if j < 0 {
			return nil, fmt.Errorf("reconciling costs: no source of bills is named %q", name)
		}
		sides[i] = &reconciling{e: e, prices: c, source: e.Config.Sources.Billing[j], period: r.Period}
		if err := sides[i].read(ctx); err != nil {
			return nil, err
		}
	}
	out := reconcileSides(r, sides)
	for _, s := range sides {
		out.Ledger = append(out.Ledger, s.ledger...)
		out.Notes = append(out.Notes, s.notes...)
	}
	if stale := c.Stale(e.Now); stale != "" {
		out.Notes = append(out.Notes, stale)
	}
	return out, nil
}

// reconcileSides brings two sides that are read to what both have, and compares
// them.
func reconcileSides(r cost.Reconciler, sides [2]*reconciling) *cost.Reconciliation {
	for i, s := range sides {
		s.name(sides[1-i])
	}
	for i, s := range sides {
		s.narrow(sides[1-i])
	}
	return r.Reconcile(sides[0].side, sides[1].side)
}

// reconciling is a source on its way to a side.
type reconciling struct {
	e      *Evaluator
	prices *price.Catalogue
	source config.BillingSource
	period period.Period

	side   cost.Side
	texts  []string // by entry: what a bill says instead of a model and a kind
	ledger []cost.LedgerEntry
	notes  []string
}

func (s *reconciling) read(ctx context.Context) error {
	source := s.e.billingSource(s.source)
	if isMeter(s.source) {
		source.Prices = s.prices
	}
	s.begin()
	if s.counted() {
		return s.readTokens(ctx, source)
	}
	return s.readAmounts(ctx, source)
}

// begin names the side.
func (s *reconciling) begin() {
	s.side = cost.Side{Source: s.source.Name, Role: "bill", Measure: cost.Billed}
	if isMeter(s.source) {
		s.side.Role, s.side.Measure = "meter", cost.Metered
	}
}

// counted reports whether the source counts tokens, and does not say itself what
// they cost.
func (s *reconciling) counted() bool {
	switch s.source.Format {
	case "openai-usage", "anthropic-usage":
		return isMeter(s.source)
	case "token-counters":
		return isMeter(s.source) && s.source.Preset != "litellm"
	}
	return false
}

// tokensOnly reports whether a source has nothing but what language models cost.
func (s *reconciling) tokensOnly() bool {
	f := s.source.Format
	return strings.HasPrefix(f, "openai-") || strings.HasPrefix(f, "anthropic-") || f == "token-counters" || f == "litellm-spend"
}

// readAmounts reads the amounts of a source, and what was consumed for them.
func (s *reconciling) readAmounts(ctx context.Context, source billing.Source) error {
	reports, err := s.e.read(ctx, []billing.Source{source}, []cost.Query{s.query()})
	if err != nil {
		return err
	}
	s.ledger, s.notes = reports[0].Ledger, reports[0].Notes
	return s.takeAmounts(reports[0])
}

// query is the breakdown that takeAmounts reads.
func (s *reconciling) query() cost.Query {
	return cost.Query{Period: s.period, Measure: s.side.Measure, Quantities: true,
		By: []string{"day", "provider", "sku", "model", "charge_category", "category", cost.UnitKey}}
}

// takeAmounts makes entries of the amounts of a source.
func (s *reconciling) takeAmounts(r *cost.Report) error {
	for _, g := range r.Groups {
		key := func(name string) string {
			if v := g.Keys[name]; v != nil {
				return *v
			}
			return ""
		}
		day, err := time.Parse(time.DateOnly, key("day"))
		if err != nil {
			return fmt.Errorf("reconciling costs: a charge of %s has no day: %w", s.source.Name, err)
		}
		amount := g.Amount
		e := cost.Entry{Day: day, Provider: key("provider"), Model: key("model"), Category: key("charge_category"), Currency: g.Currency, Amount: &amount, Rows: g.Rows}
		if e.Category == "Usage" {
			e.Category = ""
		}
		if strings.EqualFold(key(cost.UnitKey), "tokens") {
			e.Tokens = g.Consumed
		}
		text := key("sku")
		if key("category") == modelCategory {
			text += "\x00" // of language models, whatever it says
		}
		s.side.Entries, s.texts = append(s.side.Entries, e), append(s.texts, text)
	}
	return nil
}

// modelCategory is FOCUS's category of services of language models.
const modelCategory = "AI and Machine Learning"

// readTokens reads what a meter counted.
func (s *reconciling) readTokens(ctx context.Context, source billing.Source) error {
	read := s.e.Usage
	if read == nil {
		read = billing.Usage
	}
	s.e.stage("reading meters")
	got, err := read(ctx, []billing.Source{source}, s.period, s.prices.Thresholds())
	if err != nil {
		return err
	}
	s.e.displayAll(got.Ledger, got.Notes)
	s.ledger, s.notes = got.Ledger, got.Notes
	s.takeUsages(got.Usages)
	return nil
}

// takeUsages makes entries of what a meter counted, priced kind by kind.
func (s *reconciling) takeUsages(usages []cost.Usage) {
	for _, u := range usages {
		parts := price.Each(u)
		for _, kind := range slices.Sorted(maps.Keys(parts)) {
			part := parts[kind]
			quote, tokens := s.prices.Quote(part), part.Tokens.Total()
			e := cost.Entry{Day: u.Day, Provider: u.Provider, Model: u.Model, Kind: kind, Currency: quote.Currency, Tokens: &tokens, Rows: 1, Reason: quote.Reason}
			if quote.Reason == "" {
				e.Amount = &quote.Low
				e.Listed, e.Otherwise = s.prices.Otherwise(part)
			}
			e.Currency = cmp.Or(e.Currency, "USD") // unpriced
			s.side.Entries, s.texts = append(s.side.Entries, e), append(s.texts, "")
		}
	}
}

// name writes providers, models and kinds the way that the catalogue does. A bill
// without models names them in its SKUs: those of the other side are looked for.
func (s *reconciling) name(other *reconciling) {
	known := map[string]bool{}
	for _, e := range other.side.Entries {
		if e.Model != "" {
			known[e.Model] = true
		}
	}
	for i := range s.side.Entries {
		e := &s.side.Entries[i]
		text := strings.TrimSuffix(s.texts[i], "\x00")
		if e.Model == "" && e.Category == "" {
			e.Model = modelIn(text, known)
		}
		if e.Kind == "" && e.Model != "" {
			e.Kind = kindIn(text)
		}
		e.Provider = price.Provider(e.Provider)
		m, ok := s.prices.Find(e.Provider, e.Model)
		if !ok {
			m, ok = s.prices.Find("", e.Model)
		}
		if ok && e.Model != "" {
			e.Provider, e.Model = cmp.Or(m.Model.Provider, e.Provider), m.Model.Name
		}
		if e.Listed == nil && e.Tokens != nil && e.Kind != "" {
			e.Listed, e.Otherwise = s.prices.Otherwise(cost.Usage{Provider: e.Provider, Model: e.Model, Day: e.Day, Tokens: price.OfKind(e.Kind, *e.Tokens)})
		}
	}
}

// modelIn finds the longest known model that stands in a text by itself.
func modelIn(text string, known map[string]bool) string {
	text = strings.ToLower(text)
	best := ""
	for name := range known {
		at := strings.Index(text, strings.ToLower(name))
		if at < 0 || len(name) < len(best) || (len(name) == len(best) && name > best) {
			continue
		}
		if end := at + len(name); (at == 0 || !isWord(text[at-1])) && (end == len(text) || !isWord(text[end])) {
			best = name
		}
	}
	return best
}

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' }

// kindIn finds the kind of tokens that a text speaks of, "" when it does not say.
func kindIn(text string) string {
	text = strings.ToLower(text)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case has("cache") && has("1h", "1 h"):
		return "cache_write_1h"
	case has("cache") && has("write", "creation"):
		return "cache_write_5m"
	case has("cache") && !has("uncached"):
		return "cache_read"
	case has("output", "completion"):
		return "output"
	case has("input", "prompt"):
		return "input"
	}
	return ""
}

// narrow leaves out what the other side cannot have: beside a provider's own
// export, other providers; beside anything that has language models only, what is
// none. Charges that are no usage stay where all usage of their provider does.
func (s *reconciling) narrow(other *reconciling) {
	mixed := map[string]bool{} // providers of more than language models
	for i, e := range s.side.Entries {
		if e.Category == "" && e.Model == "" && !strings.HasSuffix(s.texts[i], "\x00") {
			mixed[e.Provider] = true
		}
	}
	beyond := map[string]*unit.Sum{}
	kept := s.side.Entries[:0]
	for _, e := range s.side.Entries {
		if other.covers(e.Provider) && (!other.tokensOnly() || e.Model != "" || !mixed[e.Provider]) {
			kept = append(kept, e)
			continue
		}
		if e.Amount != nil {
			if beyond[e.Currency] == nil {
				beyond[e.Currency] = &unit.Sum{}
			}
			beyond[e.Currency].Add(*e.Amount)
		}
	}
	s.side.Entries = kept
	for _, currency := range slices.Sorted(maps.Keys(beyond)) {
		s.side.Beyond = append(s.side.Beyond, cost.Amount{Currency: currency, Amount: beyond[currency].Total()})
	}
}

// covers reports whether a source can have charges of a provider.
func (s *reconciling) covers(provider string) bool {
	switch {
	case strings.HasPrefix(s.source.Format, "openai-"):
		return provider == "openai"
	case strings.HasPrefix(s.source.Format, "anthropic-"):
		return provider == "anthropic"
	}
	return true
}
