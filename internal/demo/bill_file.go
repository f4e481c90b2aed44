package demo

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// record writes a charge in the order of the columns. What a charge does not
// have is null, which an empty field stands for.
func (c charge) record() []string {
	v, instant := vendors[c.vendor], func(t time.Time) string { return t.Format(time.RFC3339) }
	frequency := "Usage-Based"
	if c.category != "Usage" {
		frequency = "One-Time"
	}
	return []string{c.billed.text(), fmt.Sprintf("%012d", 42+c.vendor), "Debate Systems", "USD", instant(c.month.AddDate(0, 1, 0)), instant(c.month),
		c.category, c.class, c.description, frequency, instant(c.end), instant(c.start), c.commitment,
		c.commitmentStatus, c.quantity, c.unit, c.contracted.text(), c.effective.text(), v.issuer, c.list.text(),
		c.price, c.pricing, c.quantity, c.unit, v.provider, v.publisher, c.region, c.resource,
		c.serviceCategory, c.service, c.sku, c.account, c.accountName, c.tags}
}

// focus writes charges as a FOCUS file, compressed if it is asked to.
func focus(charges []charge, compress bool) ([]byte, error) {
	var plain bytes.Buffer
	w := csv.NewWriter(&plain)
	rows := [][]string{columns[:]}
	for _, c := range charges {
		rows = append(rows, c.record())
	}
	if err := w.WriteAll(rows); err != nil || !compress {
		return plain.Bytes(), err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// billFile is a file below billing/focus.
type billFile struct {
	path string
	text []byte
}

// billFiles are the exports as they arrived: the months before September, a file
// each, September as closed, October to date in the middle of the month, and
// October whole, which replaces the former.
func (c *Company) billFiles() ([]billFile, error) {
	september, october := c.bill(at(9, 1, 0, 0)), c.bill(at(10, 1, 0, 0))
	var half []charge
	for _, r := range october {
		if r.end.Before(at(10, 15, 1, 0)) && r.class == "" {
			half = append(half, r)
		}
	}
	out, err := c.earlierFiles()
	if err != nil {
		return nil, err
	}
	for _, export := range [...]struct {
		snapshot, name string
		charges        []charge
	}{{"2026-10-04", "september", september}, {"2026-10-15", "october", half}, {"2026-11-01", "october", october}} {
		cloud, llm := split(export.charges)
		for _, part := range [...]struct {
			charges  []charge
			ending   string
			compress bool
		}{{cloud, "cloud.csv.gz", true}, {llm, "llm.csv", false}} {
			text, err := focus(part.charges, part.compress)
			if err != nil {
				return nil, fmt.Errorf("writing the bill of %s: %w", export.name, err)
			}
			out = append(out, billFile{fmt.Sprintf("%s/%s-%s", export.snapshot, export.name, part.ending), text})
		}
	}
	return out, nil
}

// split parts the charges of clouds from those of LLM providers.
func split(charges []charge) (cloud, llm []charge) {
	for _, c := range charges {
		if c.vendor == aws || c.vendor == googleCloud {
			cloud = append(cloud, c)
		} else {
			llm = append(llm, c)
		}
	}
	return cloud, llm
}

// Costs are the sums of charges in USD, for comparison.
type Costs struct{ Billed, Effective, List, Contracted unit.Decimal }

// Costs returns the exact sums of the charges that began in a calendar month,
// given its first instant in UTC: of its own bill and, for corrections, the next.
func (c *Company) Costs(month time.Time) Costs {
	var began []charge
	next := month.AddDate(0, 1, 0)
	for _, bill := range [...]time.Time{month, next} {
		if bill.After(at(10, 1, 0, 0)) {
			continue
		}
		for _, r := range c.bill(bill) {
			if !r.start.Before(month) && r.start.Before(next) {
				began = append(began, r)
			}
		}
	}
	return costsOf(began)
}

func costsOf(charges []charge) Costs {
	var all charge
	for _, r := range charges {
		all.billed += r.billed
		all.effective += r.effective
		all.list += r.list
		all.contracted += r.contracted
	}
	return Costs{all.billed.decimal(), all.effective.decimal(), all.list.decimal(), all.contracted.decimal()}
}
