package price

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Import is what a LiteLLM price list (model_prices_and_context_window.json)
// says about tokens, and what was left out of it.
type Import struct {
	Models []*Model // by provider and name, each with one rate
	// Skipped are models that are not taken, in the order of the file.
	Skipped []Skipped
	// LeftOut are fields with prices of models that are taken, by name, which
	// tokens are not priced with: of images, seconds, searches.
	LeftOut []LeftOut
}

// Skipped is a model that is not taken, and why.
type Skipped struct {
	Model  string `json:"model"` // the key of the file
	Reason string `json:"reason"`
}

// LeftOut is a field that nothing is priced with.
type LeftOut struct {
	Field  string   `json:"field"`
	Models []string `json:"models"` // that are taken all the same, in the order of the file
}

// ParseLiteLLM reads a LiteLLM price list, every number as the decimal that it is
// written as. The file does not tell since when its prices hold: they are dated
// since. Where take is not nil, models that it refuses are passed over.
func ParseLiteLLM(name string, text []byte, since time.Time, take func(provider, model string) bool) (*Import, error) {
	keys, values, err := litellmEntries(text)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; a LiteLLM price list is an object with an entry per model", name, err)
	}
	out := &Import{}
	taken := map[string]*Model{}
	leftOut := map[string][]string{}
	for i, key := range keys {
		provider, _ := values[i]["litellm_provider"].(string)
		if take != nil && !take(Provider(provider), litellmName(key, provider)) {
			continue
		}
		m, other, reason := litellmModel(key, values[i], since)
		if reason == "" {
			id := m.Provider + "\x00" + strings.ToLower(m.Name)
			if first := taken[id]; first != nil {
				reason = "the same model stands before it under another name, with the same prices"
				if !equalSets(first.Rates[0].Sets, m.Rates[0].Sets) {
					reason = "the same model stands before it under another name, with other prices, which are kept"
				}
			} else {
				taken[id] = m
			}
		}
		if reason != "" {
			out.Skipped = append(out.Skipped, Skipped{key, reason})
			continue
		}
		out.Models = append(out.Models, m)
		for _, field := range other {
			leftOut[field] = append(leftOut[field], key)
		}
	}
	slices.SortStableFunc(out.Models, compare)
	for _, field := range slices.Sorted(maps.Keys(leftOut)) {
		out.LeftOut = append(out.LeftOut, LeftOut{field, leftOut[field]})
	}
	return out, nil
}

// litellmEntries reads the entries in the order of the file. A key that stands
// twice is an error: a JSON library would silently take one of them.
func litellmEntries(text []byte) (keys []string, values []map[string]any, err error) {
	in := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.UseNumber()
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, cmp.Or(err, errors.New("it does not begin with {"))
	}
	seen := map[string]bool{}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return nil, nil, err
		}
		key, _ := token.(string) // keys of an object are texts
		var value map[string]any
		if err := in.Decode(&value); err != nil {
			return nil, nil, fmt.Errorf("the entry %q: %w", key, err)
		}
		if seen[key] {
			return nil, nil, fmt.Errorf("the entry %q stands twice", key)
		}
		seen[key] = true
		keys, values = append(keys, key), append(values, value)
	}
	if _, err := in.Token(); err != nil {
		return nil, nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("something follows the object")
	}
	return keys, values, nil
}

// litellmModel reads one entry: the model, or the reason why it is not taken, and
// the fields with prices that tokens are not priced with.
func litellmModel(key string, entry map[string]any, since time.Time) (*Model, []string, string) {
	raw, _ := entry["litellm_provider"].(string)
	name := strings.TrimSpace(litellmName(key, raw))
	switch {
	case key == "sample_spec":
		return nil, nil, "it explains the file"
	case strings.TrimSpace(raw) == "":
		return nil, nil, "it names no provider"
	case name == "":
		return nil, nil, "it names no model"
	}
	mode, _ := entry["mode"].(string)
	switch mode {
	case "", "chat", "completion", "responses", "embedding", "rerank", "moderation":
	default:
		return nil, nil, fmt.Sprintf("its mode is %s, which is not charged by tokens of text alone", mode)
	}
	r := litellmReader{rate: Rate{From: since}}
	for _, field := range slices.Sorted(maps.Keys(entry)) {
		r.field(field, entry[field])
	}
	r.ranges(entry["tiered_pricing"])
	if reason := r.complete(mode); reason != "" {
		return nil, nil, reason
	}
	m := &Model{Name: name, Provider: Provider(raw), Currency: "USD", Per: unit.DecimalOfInt(1_000_000), Rates: []Rate{r.rate}}
	if source, _ := entry["source"].(string); strings.HasPrefix(source, "http") {
		m.Source = source
	}
	return m, r.other, ""
}

// litellmName cuts the provider off a key: azure/gpt-4o.
func litellmName(key, provider string) string {
	prefix, rest, found := strings.Cut(key, "/")
	if found && rest != "" && (prefix == provider || Provider(prefix) == Provider(provider)) {
		return rest
	}
	return key
}

// litellmReader collects the prices of an entry.
type litellmReader struct {
	rate   Rate
	other  []string // fields that tokens are not priced with
	priced bool     // whether any of them is more than 0
	// reasoning is the price of reasoning tokens, nil without one.
	reasoning any
	reason    string // why the entry cannot be taken
}

// litellmField is the name of a field that tokens are priced with: what, written
// into a cache for an hour, for long requests, under a service tier.
var litellmField = regexp.MustCompile(`^(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost|input_cost_per_request)(_above_1hr)?(?:_above_(\d+)(k|m)_tokens)?(_batches|_flex|_priority)?$`)

// field reads one field of an entry.
func (r *litellmReader) field(name string, value any) {
	if !strings.Contains(name, "cost") || value == nil {
		return
	}
	switch name { // second names of the same prices
	case "input_cost_per_token_cache_hit":
		name = "cache_read_input_token_cost"
	case "input_cost_per_token_batch_requests":
		name = "input_cost_per_token_batches"
	}
	m := litellmField.FindStringSubmatch(name)
	if m == nil || (m[2] != "" && m[1] != "cache_creation_input_token_cost") {
		r.foreign(name, value)
		return
	}
	kind := map[string]Kind{"input_cost_per_token": Input, "output_cost_per_token": Output, "cache_read_input_token_cost": CacheRead,
		"cache_creation_input_token_cost": CacheWrite5m, "input_cost_per_request": Request}[m[1]]
	if m[2] != "" {
		kind = CacheWrite1h
	}
	service := map[string]Service{"_batches": Batch, "_flex": Flex, "_priority": Priority}[m[5]]
	above, err := strconv.ParseInt(cmp.Or(m[3], "0"), 10, 32)
	above *= map[string]int64{"": 1, "k": 1000, "m": 1000_000}[m[4]]
	if err != nil || (m[3] != "" && above == 0) {
		r.foreign(name, value)
		return
	}
	r.set(name, service, above, kind, value)
}

// set keeps a price.
func (r *litellmReader) set(name string, service Service, above int64, kind Kind, value any) {
	price, err := litellmPrice(value, kind)
	if err != nil {
		r.reason = cmp.Or(r.reason, fmt.Sprintf("its %s %v", name, err))
		return
	}
	if r.rate.Sets[service] == nil {
		r.rate.Sets[service] = &Set{}
	}
	s := r.rate.Sets[service]
	prices := &s.Prices
	if above > 0 {
		i, found := slices.BinarySearchFunc(s.Tiers, above, func(t Tier, n int64) int { return cmp.Compare(t.Above, n) })
		if !found {
			s.Tiers = slices.Insert(s.Tiers, i, Tier{Above: above})
		}
		prices = &s.Tiers[i].Prices
	}
	if had := prices[kind]; had != nil && had.Cmp(price) != 0 {
		r.reason = cmp.Or(r.reason, fmt.Sprintf("its %s says something else than another of its fields", name))
	}
	prices[kind] = &price
}

// litellmPrice reads a price per token as one per million of them. A price of
// requests is one per request.
func litellmPrice(value any, kind Kind) (unit.Decimal, error) {
	number, ok := value.(json.Number)
	if !ok {
		return unit.Decimal{}, fmt.Errorf("is not a number: %v", value)
	}
	d, err := unit.ParseDecimal(number.String())
	if err != nil {
		return unit.Decimal{}, fmt.Errorf("is not a price: %w", err)
	}
	if d.Sign() < 0 {
		return unit.Decimal{}, fmt.Errorf("is negative: %s", number)
	}
	if kind != Request {
		d = d.Mul(unit.DecimalOfInt(1_000_000))
	}
	return unit.ParseDecimal(d.Canonical())
}

// foreign notes a field that tokens are not priced with.
func (r *litellmReader) foreign(name string, value any) {
	if name == "output_cost_per_reasoning_token" {
		r.reasoning = value
		return
	}
	r.other = append(r.other, name)
	if d, ok := value.(json.Number); ok && strings.ContainsAny(d.String(), "123456789") {
		r.priced = true
	}
}

// ranges reads tiered_pricing: prices of ranges of the input's length, from 0.
func (r *litellmReader) ranges(value any) {
	list, _ := value.([]any)
	for _, one := range list {
		entry, _ := one.(map[string]any)
		bounds, _ := entry["range"].([]any)
		if len(bounds) == 0 {
			r.reason = cmp.Or(r.reason, "its tiered_pricing has no ranges")
			return
		}
		number, _ := bounds[0].(json.Number)
		d, err := unit.ParseDecimal(number.String())
		above, whole := d.Quantize(0, unit.HalfEven).Int64()
		if err != nil || !whole || above < 0 || d.Cmp(unit.DecimalOfInt(above)) != 0 {
			r.reason = cmp.Or(r.reason, fmt.Sprintf("its tiered_pricing begins a range at %v", bounds[0]))
			return
		}
		for _, field := range slices.Sorted(maps.Keys(entry)) {
			kind, known := map[string]Kind{"input_cost_per_token": Input, "output_cost_per_token": Output, "cache_read_input_token_cost": CacheRead,
				"cache_creation_input_token_cost": CacheWrite5m}[field]
			switch {
			case known:
				r.set("tiered_pricing", Standard, above, kind, entry[field])
			case strings.Contains(field, "cost"):
				r.other = append(r.other, "tiered_pricing."+field)
			}
		}
	}
}

// complete returns the reason why an entry cannot be taken, or "".
func (r *litellmReader) complete(mode string) string {
	if r.reason != "" {
		return r.reason
	}
	s := r.rate.Sets[Standard]
	units := ""
	if len(r.other) > 0 {
		units = ", but " + strings.Join(r.other, ", ")
	}
	switch {
	case s == nil || s.Prices[Input] == nil:
		return "it has no price of input tokens" + units
	case s.Prices[Output] == nil && mode != "embedding" && mode != "rerank" && mode != "moderation":
		return "it has no price of output tokens" + units
	case r.priced && s.Prices[Input].IsZero() && (s.Prices[Output] == nil || s.Prices[Output].IsZero()):
		return "it is not charged by tokens" + units
	}
	for i, set := range r.rate.Sets {
		if set != nil && set.Prices == (Prices{}) {
			return fmt.Sprintf("its prices of %s begin with long requests", Service(i))
		}
	}
	// Meters count the tokens of reasoning as output. Where both cost the same,
	// nothing is lost.
	if r.reasoning != nil {
		price, err := litellmPrice(r.reasoning, Output)
		if err != nil || s.Prices[Output] == nil || s.Prices[Output].Cmp(price) != 0 {
			return "its tokens of reasoning cost something else than its output, and meters count both as output"
		}
	}
	return ""
}

// equalSets reports whether two rates charge the same.
func equalSets(a, b [services]*Set) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) {
			return false
		}
		if a[i] != nil && !(a[i].covers(b[i]) && b[i].covers(a[i])) {
			return false
		}
	}
	return true
}

// covers reports whether s has every price that t has.
func (s *Set) covers(t *Set) bool {
	if !s.Prices.covers(t.Prices) {
		return false
	}
	for _, tier := range t.Tiers {
		i := slices.IndexFunc(s.Tiers, func(mine Tier) bool { return mine.Above == tier.Above })
		if i < 0 || !s.Tiers[i].Prices.covers(tier.Prices) {
			return false
		}
	}
	return true
}

func (p Prices) covers(q Prices) bool {
	for k, v := range q {
		if v != nil && (p[k] == nil || p[k].Cmp(*v) != 0) {
			return false
		}
	}
	return true
}
