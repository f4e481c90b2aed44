package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
)

// What the providers' own exports say otherwise than the bill and the counters,
// so that there is something to reconcile.
//
// OpenAI's lacks a day, charges cached tokens as plain input since the 20th of
// October, and rounds each line to cents. Anthropic's days begin at midnight in
// California.
const zoneShift = 7 * time.Hour

func missingDay() time.Time         { return at(10, 17, 0, 0) }
func cachedAsInputSince() time.Time { return at(10, 20, 0, 0) }

// providerFiles are the exports, a file for each provider and month, below
// billing.
func (c *Company) providerFiles() ([]billFile, error) {
	var out []billFile
	for _, month := range []time.Time{at(9, 1, 0, 0), at(10, 1, 0, 0)} {
		for _, export := range [...]struct {
			path string
			page any
		}{{"openai/costs", c.openaiPage(month)}, {"anthropic/costs", c.anthropicPage(month)}} {
			text, err := json.MarshalIndent(export.page, "", " ")
			if err != nil {
				return nil, fmt.Errorf("writing the export %s: %w", export.path, err)
			}
			out = append(out, billFile{fmt.Sprintf("%s-%s.json", export.path, month.Format("2006-01")), append(text, '\n')})
		}
	}
	return out, nil
}

// modelOf returns the model of a provider; the demo uses one of each.
func modelOf(provider string) model {
	for _, m := range models {
		if m.provider == provider {
			return m
		}
	}
	panic("demo: no model of " + provider)
}

// openaiLine is what OpenAI charges for a kind of tokens on a day.
type openaiLine struct {
	item  string
	exact pico // by the terms of the bill
	said  pico // by those of the export, in cents
	terms pico // what the other terms make, before rounding
}

func (c *Company) openaiLines(day time.Time) []openaiLine {
	m := modelOf("openai")
	span := period.Span{Start: day, End: day.AddDate(0, 0, 1)}
	var out []openaiLine
	for i, price := range [...]string{m.inputPrice, m.outputPrice, m.cachePrice} {
		tokens := pico(c.Tokens(m.name, kinds[i], span))
		l := openaiLine{item: m.name + ", " + [...]string{"input", "output", "cached input"}[i], exact: tokens * perToken(price)}
		if kinds[i] == "cache_read" && !day.Before(cachedAsInputSince()) {
			l.terms = tokens * (perToken(m.inputPrice) - perToken(price))
		}
		l.said = (l.exact + l.terms + cent/2) / cent * cent
		out = append(out, l)
	}
	return out
}

// openaiPage is what GET /v1/organization/costs answers for a month, grouped by
// line item.
func (c *Company) openaiPage(month time.Time) any {
	type amount struct {
		Value    json.Number `json:"value"`
		Currency string      `json:"currency"`
	}
	type result struct {
		Object   string `json:"object"`
		Amount   amount `json:"amount"`
		LineItem string `json:"line_item"`
	}
	type bucket struct {
		Object  string   `json:"object"`
		Start   int64    `json:"start_time"`
		End     int64    `json:"end_time"`
		Results []result `json:"results"`
	}
	var data []bucket
	for day := month; day.Before(month.AddDate(0, 1, 0)); day = day.AddDate(0, 0, 1) {
		if day.Equal(missingDay()) {
			continue
		}
		b := bucket{Object: "bucket", Start: day.Unix(), End: day.AddDate(0, 0, 1).Unix()}
		for _, l := range c.openaiLines(day) {
			b.Results = append(b.Results, result{"organization.costs.result", amount{json.Number(l.said.text()), "usd"}, l.item})
		}
		data = append(data, b)
	}
	return map[string]any{"object": "page", "data": data, "has_more": false, "next_page": nil}
}

// shifted are the tokens of a kind on a day that begins later.
func (c *Company) shifted(m model, kind string, day time.Time) int64 {
	return c.Tokens(m.name, kind, period.Span{Start: day.Add(zoneShift), End: day.AddDate(0, 0, 1).Add(zoneShift)})
}

// anthropicPage is what GET /v1/organizations/cost_report answers for a month,
// grouped by description; amounts are in cents.
func (c *Company) anthropicPage(month time.Time) any {
	type result struct {
		Amount      string `json:"amount"`
		Currency    string `json:"currency"`
		CostType    string `json:"cost_type"`
		TokenType   string `json:"token_type"`
		Model       string `json:"model"`
		Description string `json:"description"`
		Tier        string `json:"service_tier"`
		Context     string `json:"context_window"`
	}
	type bucket struct {
		Start   time.Time `json:"starting_at"`
		End     time.Time `json:"ending_at"`
		Results []result  `json:"results"`
	}
	m := modelOf("anthropic")
	var data []bucket
	for day := month; day.Before(month.AddDate(0, 1, 0)); day = day.AddDate(0, 0, 1) {
		b := bucket{Start: day.Add(zoneShift), End: day.AddDate(0, 0, 1).Add(zoneShift)}
		for i, price := range [...]string{m.inputPrice, m.outputPrice, m.cachePrice} {
			cents := pico(c.shifted(m, kinds[i], day)) * perToken(price) * 100
			b.Results = append(b.Results, result{cents.text(), "USD", "tokens", [...]string{"uncached_input_tokens", "output_tokens", "cache_read_input_tokens"}[i],
				m.name, m.name + " usage, " + strings.ReplaceAll(kinds[i], "_", " "), "standard", "0-200k"})
		}
		data = append(data, b)
	}
	return map[string]any{"data": data, "has_more": false, "next_page": nil}
}

// Disagreement is a part of what an export says beyond the counters in October.
type Disagreement struct {
	Source, Cause string
	Amount        unit.Decimal // USD
}

// Disagreements returns what the exports of the providers say beyond what the
// counters counted in October, by cause.
func (c *Company) Disagreements() []Disagreement {
	var missing, cached, rounding, zone pico
	for day := at(10, 1, 0, 0); day.Before(at(11, 1, 0, 0)); day = day.AddDate(0, 0, 1) {
		for _, l := range c.openaiLines(day) {
			if day.Equal(missingDay()) {
				missing -= l.exact
				continue
			}
			cached += l.terms
			rounding += l.said - l.exact - l.terms
		}
		m := modelOf("anthropic")
		for i, price := range [...]string{m.inputPrice, m.outputPrice, m.cachePrice} {
			own := c.Tokens(m.name, kinds[i], period.Span{Start: day, End: day.AddDate(0, 0, 1)})
			zone += pico(c.shifted(m, kinds[i], day)-own) * perToken(price)
		}
	}
	return []Disagreement{{"openai", "missing_days", missing.decimal()}, {"openai", "cached_tokens", cached.decimal()}, {"openai", "rounding", rounding.decimal()},
		{"anthropic", "time_zone", zone.decimal()}}
}
