package billing

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
)

// A column of FOCUS 1.0 to 1.3 that is read, by the names that versions gave it.
// The version of a file cannot be told soundly, so the union of the columns is
// read. Columns that nothing asks for (ends of periods, list unit prices) are
// not looked at, so that a mistake in them rejects no bill.
type column int

const (
	billedCost column = iota
	effectiveCost
	listCost
	contractedCost
	currency
	billingPeriod
	chargePeriod
	chargeCategory
	chargeClass
	description
	invoice
	issuer
	billingAccount
	subAccount
	subAccountName
	serviceProvider
	provider
	category
	service
	region
	resource
	sku
	commitment
	tags
	columns // how many there are
)

// columnNames are the columns' names, separated by spaces, the current one first.
var columnNames = [...]string{
	billedCost: "BilledCost", effectiveCost: "EffectiveCost AmortizedCost", listCost: "ListCost", contractedCost: "ContractedCost",
	currency: "BillingCurrency", billingPeriod: "BillingPeriodStart", chargePeriod: "ChargePeriodStart",
	chargeCategory: "ChargeCategory ChargeType", chargeClass: "ChargeClass", description: "ChargeDescription",
	invoice: "InvoiceId", issuer: "InvoiceIssuerName", billingAccount: "BillingAccountId",
	subAccount: "SubAccountId", subAccountName: "SubAccountName",
	serviceProvider: "ServiceProviderName", provider: "ProviderName", category: "ServiceCategory", service: "ServiceName",
	region: "RegionId Region", resource: "ResourceId", sku: "SkuId", commitment: "CommitmentDiscountId", tags: "Tags",
}

func (c column) names() []string { return strings.Fields(columnNames[c]) }

// String returns the current name.
func (c column) String() string { return c.names()[0] }

// measured returns the column of a measure.
func measured(m cost.Measure) column {
	switch m {
	case cost.Effective:
		return effectiveCost
	case cost.List:
		return listCost
	case cost.Contracted:
		return contractedCost
	}
	return billedCost
}

// focus reads the rows of one FOCUS file into an item that it reuses.
type focus struct {
	source   *Source
	measures []cost.Measure
	tagged   bool // some query asks for a tag
	width    int
	at       [columns]int // index of each column, -1 without
	dates    map[string]time.Time
	item     cost.LineItem
	amounts  [4]unit.Decimal
	record   []string
}

// errNoBill says that a file has none of FOCUS's columns.
var errNoBill = errors.New("its header has no FOCUS column (with commas between the columns)")

func newFocus(source *Source, header []string, qs []cost.Query) (*focus, error) {
	r := &focus{source: source, width: len(header), dates: map[string]time.Time{}, item: cost.LineItem{Source: source.Name}}
	for _, q := range qs {
		m := q.Measure
		if m == "" {
			m = cost.Billed
		}
		if !slices.Contains(r.measures, m) {
			r.measures = append(r.measures, m)
		}
		r.tagged = r.tagged || slices.ContainsFunc(q.By, func(k string) bool { return strings.HasPrefix(k, "tag.") })
	}
	found := 0
	for c := range columns {
		r.at[c] = -1
		for _, name := range c.names() {
			if i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) }); i >= 0 {
				r.at[c] = i
				found++
				break
			}
		}
	}
	if found == 0 {
		return nil, errNoBill
	}
	return r, r.complete()
}

// complete checks that the columns without which no total is right are there.
func (r *focus) complete() error {
	needed := []column{chargePeriod, billingPeriod}
	for _, m := range r.measures {
		needed = append(needed, measured(m))
	}
	for _, c := range needed {
		if r.at[c] < 0 {
			return fmt.Errorf("the column %s is missing", c)
		}
	}
	if r.at[currency] < 0 && r.source.Currency == "" {
		return errors.New("the column BillingCurrency is missing; set currency: on the source")
	}
	return nil
}

// readRows reads a CSV. Its error says why the file is rejected, with the row
// and the physical line, which differ where a field spans lines.
func (f *file) readRows(ctx context.Context, text io.Reader, qs []cost.Query) error {
	in := csv.NewReader(text)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	header, err := in.Read()
	if err != nil {
		return err
	}
	r, err := newFocus(f.source, slices.Clone(header), qs)
	if errors.Is(err, errNoBill) {
		f.ignored = err.Error()
		return nil
	} else if err != nil {
		return err
	}
	for row := int64(1); ; row++ {
		if row%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.record, err = in.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err // a broken quote swallows an unknown part of the file
		}
		if err := r.read(); err != nil {
			line, _ := in.FieldPos(0)
			err = fmt.Errorf("row %d (line %d): %w", row, line, err)
			if f.source.OnBadRow != "skip" {
				f.rows = row - 1
				return err
			}
			f.skip(err, r, qs)
			continue
		}
		f.part(cost.BillingPeriodName(r.item.BillingPeriodStart), qs).add(&r.item, r.measures)
		f.rows = row
	}
}

func (f *file) part(name string, qs []cost.Query) *part {
	p, ok := f.parts[name]
	if !ok {
		p = newPart(qs, f.source)
		f.parts[name] = p
	}
	return p
}

// skip counts a broken row, for the billing period that it names if it does.
func (f *file) skip(err error, r *focus, qs []cost.Query) {
	if f.skipped == "" {
		f.skipped = err.Error()
	}
	month := f.named
	if at, err := r.instant(billingPeriod); err == nil {
		month = cost.BillingPeriodName(at)
	}
	f.part(month, qs).skipped++
}

// read fills the item from the record.
func (r *focus) read() error {
	if len(r.record) != r.width {
		return fmt.Errorf("%d fields instead of %d", len(r.record), r.width)
	}
	i := &r.item
	i.BilledCost, i.EffectiveCost, i.ListCost, i.ContractedCost = nil, nil, nil, nil
	targets := [...]**unit.Decimal{&i.BilledCost, &i.EffectiveCost, &i.ListCost, &i.ContractedCost}
	for _, m := range r.measures {
		c := measured(m)
		amount, present, err := parseAmount(r.field(c))
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		if present {
			r.amounts[c] = amount
			*targets[c] = &r.amounts[c]
		}
	}
	var err error
	if i.ChargePeriodStart, err = r.instant(chargePeriod); err != nil {
		return err
	}
	if i.BillingPeriodStart, err = r.instant(billingPeriod); err != nil {
		return err
	}
	if i.BillingCurrency = strings.ToUpper(r.text(currency)); i.BillingCurrency == "" {
		i.BillingCurrency = r.source.Currency
	}
	if i.BillingCurrency == "" {
		return errors.New("BillingCurrency is empty; set currency: on the source")
	}
	r.describe()
	return r.readTags()
}

// describe fills the texts.
func (r *focus) describe() {
	i := &r.item
	i.ChargeCategory, i.ChargeClass, i.ChargeDescription = r.text(chargeCategory), r.text(chargeClass), r.text(description)
	i.InvoiceID, i.InvoiceIssuer, i.BillingAccountID = r.text(invoice), r.text(issuer), r.text(billingAccount)
	i.SubAccountID, i.SubAccountName = r.text(subAccount), r.text(subAccountName)
	i.ServiceCategory, i.ServiceName, i.RegionID = r.text(category), r.text(service), r.text(region)
	i.ResourceID, i.SkuID, i.CommitmentID = r.text(resource), r.text(sku), r.text(commitment)
	if i.ServiceProvider = r.text(serviceProvider); i.ServiceProvider == "" {
		i.ServiceProvider = r.text(provider)
	}
}

// readTags reads the tags when a query asks for one. They are a JSON object of
// scalars.
func (r *focus) readTags() error {
	r.item.Tags = nil
	if !r.tagged {
		return nil
	}
	text := r.text(tags)
	if text == "" {
		return nil
	}
	var raw map[string]any
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&raw); err != nil {
		return fmt.Errorf("Tags %.60q is not a JSON object", text) //nolint:staticcheck // a column's name
	}
	r.item.Tags = make(map[string]string, len(raw))
	for k, v := range raw {
		if v != nil {
			r.item.Tags[k] = fmt.Sprint(v)
		}
	}
	return nil
}

func (r *focus) field(c column) string {
	if r.at[c] < 0 || r.at[c] >= len(r.record) {
		return ""
	}
	return r.record[r.at[c]]
}

// text returns a field, "" when it is missing.
func (r *focus) text(c column) string {
	s := r.field(c)
	if missing(s) {
		return ""
	}
	return s
}

// maxDates bounds the memory of instants: a bill repeats a few thousand.
const maxDates = 1 << 14

func (r *focus) instant(c column) (time.Time, error) {
	s := r.field(c)
	if t, ok := r.dates[s]; ok {
		return t, nil
	}
	if missing(s) {
		return time.Time{}, fmt.Errorf("%s is empty", c)
	}
	t, err := parseInstant(s, r.source.zone())
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", c, err)
	}
	if len(r.dates) < maxDates {
		r.dates[strings.Clone(s)] = t
	}
	return t, nil
}
