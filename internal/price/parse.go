package price

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Parse reads a prices.yaml (docs/concepts.md, "Prices of tokens"). The name is the
// file's, for positions. The list is nil when anything is wrong.
func Parse(name string, text []byte) (*List, yamlpos.Diagnostics) {
	root, diags := yamlpos.Parse(name, "", text)
	if root == nil || diags.HasErrors() {
		return nil, diags
	}
	var file fileNode
	diags = append(diags, yamlpos.Decode(root, &file)...)
	if diags.HasErrors() {
		return nil, diags
	}
	p := parser{list: &List{Name: name, Checked: file.Checked.Time}}
	first := map[string]*Model{}
	for i, n := range file.Prices {
		node := root.Get("prices").Items[i]
		m := p.model(n, node)
		key := m.Provider + "\x00" + strings.ToLower(m.Name)
		if twin := first[key]; twin != nil && m.Name != "" {
			p.fail(node.Get("model"), "put its rates into one entry", "the model %s of this provider stands here a second time; first at %s", m.Name, twin.Position)
		}
		first[key] = m
		p.list.Models = append(p.list.Models, m)
	}
	for i, n := range file.Discounts {
		p.discount(n, root.Get("discounts").Items[i])
	}
	p.diags.Sort(nil)
	diags = append(diags, p.diags...)
	if diags.HasErrors() {
		return nil, diags
	}
	return p.list, diags
}

// The file as it is written.
type (
	fileNode struct {
		Checked   date           `yaml:"checked"`
		Prices    []modelNode    `yaml:"prices"`
		Discounts []discountNode `yaml:"discounts"`
	}
	modelNode struct {
		Model    string     `yaml:"model"`
		Provider string     `yaml:"provider"`
		Currency string     `yaml:"currency"`
		Per      per        `yaml:"per"`
		Aliases  []string   `yaml:"aliases,oneorlist"`
		Source   string     `yaml:"source"`
		Rates    []rateNode `yaml:"rates"`
	}
	rateNode struct {
		From     date `yaml:"from"`
		setNode  `yaml:",inline"`
		Batch    *setNode `yaml:"batch"`
		Flex     *setNode `yaml:"flex"`
		Priority *setNode `yaml:"priority"`
	}
	setNode struct {
		pricesNode `yaml:",inline"`
		Tiers      []tierNode `yaml:"tiers"`
	}
	tierNode struct {
		Above      count `yaml:"above"`
		pricesNode `yaml:",inline"`
	}
	pricesNode struct {
		Input        *amount `yaml:"input"`
		Output       *amount `yaml:"output"`
		CacheRead    *amount `yaml:"cache_read"`
		CacheWrite5m *amount `yaml:"cache_write_5m"`
		CacheWrite1h *amount `yaml:"cache_write_1h"`
		Request      *amount `yaml:"request"`
	}
	discountNode struct {
		Provider string       `yaml:"provider"`
		Model    string       `yaml:"model"`
		Percent  unit.Decimal `yaml:"percent"`
		From     date         `yaml:"from"`
		Until    date         `yaml:"until"`
	}
)

// parser turns what is written into a list, and collects what is wrong with it.
type parser struct {
	list  *List
	diags yamlpos.Diagnostics
}

func (p *parser) fail(n *yamlpos.Node, hint, format string, args ...any) {
	p.diags = append(p.diags, n.Diagnostic(yamlpos.Error, "value", hint, fmt.Sprintf(format, args...)))
}

func (p *parser) model(n modelNode, node *yamlpos.Node) *Model {
	m := &Model{Name: strings.TrimSpace(n.Model), Provider: Provider(n.Provider), Currency: strings.ToUpper(n.Currency), Per: n.Per.Decimal,
		Aliases: n.Aliases, Source: n.Source, Position: node.Position}
	if n.Per.IsZero() {
		m.Per = unit.DecimalOfInt(1_000_000)
	}
	if m.Name == "" {
		p.fail(node, "add the name that the provider gives it: model: gpt-4o", "this entry names no model")
	}
	if len(m.Currency) != 3 {
		at := node
		if c := node.Get("currency"); c != nil {
			at = c
		}
		p.fail(at, "add its code: currency: USD", "the prices of %s have no currency", m.Name)
	}
	if len(n.Rates) == 0 {
		p.fail(node, "add rates: [{from: 2026-01-01, input: 2.50, output: 10.00}]", "the model %s has no rates", m.Name)
	}
	for i, r := range n.Rates {
		at := node.Get("rates").Items[i]
		if r.From.IsZero() {
			p.fail(at, "add the UTC day from which it holds: from: 2026-01-01", "this rate has no from")
		}
		m.Rates = append(m.Rates, p.rate(r, at))
	}
	slices.SortStableFunc(m.Rates, func(a, b Rate) int { return a.From.Compare(b.From) })
	for i := 1; i < len(m.Rates); i++ {
		if m.Rates[i].From.Equal(m.Rates[i-1].From) && !m.Rates[i].From.IsZero() {
			p.fail(node.Get("rates"), "keep one", "two rates hold from %s", m.Rates[i].From.Format(time.DateOnly))
		}
	}
	return m
}

func (p *parser) rate(n rateNode, at *yamlpos.Node) Rate {
	r := Rate{From: n.From.Time}
	r.Sets[Standard] = p.set(n.setNode, at)
	for s, set := range map[Service]*setNode{Batch: n.Batch, Flex: n.Flex, Priority: n.Priority} {
		if set != nil {
			r.Sets[s] = p.set(*set, at.Get(s.String()))
		}
	}
	return r
}

func (p *parser) set(n setNode, at *yamlpos.Node) *Set {
	s := &Set{Prices: n.pricesNode.prices()}
	if s.Prices == (Prices{}) {
		p.fail(at, "write input: and output:, or 0 for what is free", "this has no prices")
	}
	for i, t := range n.Tiers {
		tier := at.Get("tiers").Items[i]
		if t.Above.n == 0 {
			p.fail(tier, "add the length of the input from which it holds: above: 200000", "this tier has no above")
		}
		if i > 0 && t.Above.n > 0 && t.Above.n <= n.Tiers[i-1].Above.n {
			p.fail(tier, "order the tiers by above, each length once", "this tier is not above the one before it")
		}
		s.Tiers = append(s.Tiers, Tier{t.Above.n, t.pricesNode.prices()})
	}
	return s
}

func (n pricesNode) prices() Prices {
	var p Prices
	for k, v := range [kinds]*amount{n.Input, n.Output, n.CacheRead, n.CacheWrite5m, n.CacheWrite1h, n.Request} {
		if v != nil {
			p[k] = &v.Decimal
		}
	}
	return p
}

func (p *parser) discount(n discountNode, node *yamlpos.Node) {
	hundred := unit.DecimalOfInt(100)
	if n.Percent.Sign() <= 0 || n.Percent.Cmp(hundred) > 0 {
		at := node
		if v := node.Get("percent"); v != nil {
			at = v
		}
		p.fail(at, "write how much is taken off: percent: 10", "a discount lies above 0 and at most at 100 percent")
	}
	if !n.Until.IsZero() && !n.Until.After(n.From.Time) {
		p.fail(node.Get("until"), "it is the first day without the discount", "the discount ends before it begins")
	}
	d := Discount{Provider: Provider(n.Provider), Model: n.Model, Percent: n.Percent, From: n.From.Time, Until: n.Until.Time}
	p.list.Discounts = append(p.list.Discounts, d)
}

// amount is a price.
type amount struct{ unit.Decimal }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *amount) UnmarshalText(text []byte) error {
	d, err := unit.ParseDecimal(string(text))
	if err != nil {
		return err
	}
	if d.Sign() < 0 {
		return errors.New("a price is not negative; use the key discounts to take something off")
	}
	a.Decimal = d
	return nil
}

// per is what prices are per: with a power of ten, no division is needed and
// every cost stays exact.
type per struct{ unit.Decimal }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *per) UnmarshalText(text []byte) error {
	d, err := unit.ParseDecimal(string(text))
	if err != nil {
		return err
	}
	if digits := d.Canonical(); digits[0] != '1' || strings.Trim(digits[1:], "0") != "" || len(digits) > 13 {
		return fmt.Errorf("prices per %s tokens cannot be computed exactly; write 1, 1000 or 1000000", text)
	}
	p.Decimal = d
	return nil
}

// count is a length of requests in tokens.
type count struct{ n int64 }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *count) UnmarshalText(text []byte) error {
	d, err := unit.ParseDecimal(string(text))
	if err != nil {
		return err
	}
	n, ok := d.Int64()
	if !ok || n <= 0 {
		return fmt.Errorf("%s is not a number of tokens; write 200000", text)
	}
	c.n = n
	return nil
}

// date is a UTC day.
type date struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a day; write 2026-10-07", text)
	}
	d.Time = t
	return nil
}
