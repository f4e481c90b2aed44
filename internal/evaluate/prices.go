package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/yamlpos"
)

// Prices returns the configured prices over the embedded ones. An error about
// what the file says holds yamlpos.Diagnostics.
func (e *Evaluator) Prices() (*price.Catalogue, error) {
	if e.Config.Cost.Prices == "" {
		return price.New(price.Embedded()), nil
	}
	l, err := ReadPrices(string(e.Config.Cost.Prices), e.display(string(e.Config.Cost.Prices)))
	if err != nil {
		return nil, err
	}
	return price.New(l, price.Embedded()), nil
}

// ReadPrices reads a prices.yaml. The name is how errors call the file.
func ReadPrices(path, name string) (*price.List, error) {
	text, err := os.ReadFile(path)
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrong.Err // the path is in the name
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; cost.prices names this file", name, err)
	}
	l, diags := price.Parse(name, text)
	if l == nil {
		return nil, diags
	}
	return l, nil
}

// Metered are the parts that all results about metered tokens have.
type Metered struct {
	Schema string      `json:"schema"`
	Period period.Info `json:"period"`
	// PricesChecked is the day on which the embedded prices were last compared with
	// the providers' own.
	PricesChecked string             `json:"prices_checked"`
	Ledger        []cost.LedgerEntry `json:"ledger"`
	Notes         []string           `json:"notes"`
}

// CacheReport is what caching saved in a period.
type CacheReport struct {
	Metered
	price.Savings
}

// CacheSavings tells what caching saved by model, and by further keys
// ([price.UsageKeys]).
func (e *Evaluator) CacheSavings(ctx context.Context, p period.Period, by []string) (*CacheReport, error) {
	c, err := e.Prices()
	if err != nil {
		return nil, err
	}
	us, m, err := e.metered(ctx, c, p)
	if err != nil {
		return nil, err
	}
	return &CacheReport{m, c.CacheSavings(us, by)}, nil
}

// ModelComparison is what the work of a period would have cost with other models.
type ModelComparison struct {
	Metered
	price.Comparison
}

// UnknownModelError says that no price is known for a model that was asked for.
type UnknownModelError struct{ Model, Hint string }

func (e *UnknownModelError) Error() string {
	return fmt.Sprintf("no price of the model %q is known", e.Model)
}

// CompareModels tells what the work of a period would have cost with each of the
// named models; of, when not "", restricts the work to the models whose metered
// names it matches, with * for any text.
func (e *Evaluator) CompareModels(ctx context.Context, p period.Period, models []string, of string, spread price.Spread) (*ModelComparison, error) {
	c, err := e.Prices()
	if err != nil {
		return nil, err
	}
	var with []price.Match
	for _, name := range models {
		m, ok := c.Find("", name)
		if !ok {
			return nil, &UnknownModelError{name, yamlpos.DidYouMean(name, c.Names(), "")}
		}
		with = append(with, m)
	}
	us, m, err := e.metered(ctx, c, p)
	if err != nil {
		return nil, err
	}
	if of != "" {
		us = slices.DeleteFunc(us, func(u cost.Usage) bool { return !cost.Glob(strings.ToLower(of), strings.ToLower(u.Model)) })
	}
	return &ModelComparison{m, c.Compare(us, with, spread)}, nil
}

// meterReading is what meters counted in a span that holds several periods.
type meterReading struct {
	Metered
	catalogue *price.Catalogue
	usages    []cost.Usage
	err       error // why nothing is known
}

// readUsages reads the configured meters once for several periods; without a meter
// it returns nil.
func (e *Evaluator) readUsages(ctx context.Context, periods ...period.Period) *meterReading {
	if !slices.ContainsFunc(e.Config.Sources.Billing, isMeter) {
		return nil
	}
	span := periods[0]
	for _, p := range periods[1:] {
		if p.Start.Before(span.Start) {
			span.Start, span.Name = p.Start, p.Name+".."+span.Name
		}
		if p.End.After(span.End) {
			span.End, span.Complete = p.End, p.Complete
		}
	}
	m := &meterReading{}
	if m.catalogue, m.err = e.Prices(); m.err == nil {
		m.usages, m.Metered, m.err = e.metered(ctx, m.catalogue, span)
	}
	return m
}

// in returns what was counted in one of the periods.
func (m *meterReading) in(p period.Period) []cost.Usage {
	out := []cost.Usage{}
	for _, u := range m.usages {
		if !u.Day.Before(p.Start) && u.Day.Before(p.End) {
			out = append(out, u)
		}
	}
	return out
}

// metered reads what the configured meters counted in a period.
func (e *Evaluator) metered(ctx context.Context, c *price.Catalogue, p period.Period) ([]cost.Usage, Metered, error) {
	m := Metered{Schema: cost.Schema, Period: p.Info(), PricesChecked: c.Checked.Format(time.DateOnly), Ledger: []cost.LedgerEntry{}, Notes: []string{}}
	_, meters := e.billing()
	if len(meters) == 0 {
		return nil, m, errNoMeter
	}
	read := e.Usage
	if read == nil {
		read = billing.Usage
	}
	e.stage("reading meters")
	got, err := read(ctx, meters, p, c.Thresholds())
	if err != nil {
		return nil, m, err
	}
	e.displayAll(got.Ledger, got.Notes)
	m.Ledger, m.Notes = append(m.Ledger, got.Ledger...), append(m.Notes, got.Notes...)
	if stale := c.Stale(e.Now); stale != "" {
		m.Notes = append(m.Notes, stale)
	}
	return got.Usages, m, nil
}
