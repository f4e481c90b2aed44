package advice

import (
	"fmt"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
	"github.com/slactl/slactl/internal/unit"
)

// What is not known of input that was never cached, and is assumed: which share of
// it was sent before, from and to; and how often what is written into a cache is
// read, which is one part written for so many read.
const (
	leastRepeated = "0.2"
	mostRepeated  = "0.6"
	readPart      = "0.9"
	writtenPart   = "0.1"
)

// caching advises to cache where a model that can does not, and to stop where
// writing into the cache costs more than reading from it saves.
func caching(d *Data) []Recommendation {
	var out []Recommendation
	for _, w := range d.works() {
		t := w.tokens()
		if !t.CacheRead.IsZero() || !t.CacheWrite5m.IsZero() || !t.CacheWrite1h.IsZero() {
			out = append(out, d.losingCache(w)...)
			continue
		}
		low, least := d.cached(w, leastRepeated)
		high, most := d.cached(w, mostRepeated)
		if !least || !most || !d.worth(high, w.model.Currency) || low.Sign() <= 0 {
			continue
		}
		out = append(out, Recommendation{Subject: w.model.ID(), Currency: w.model.Currency, Amount: plain(w.spend), Saving: &cost.Range{Low: plain(low), High: plain(high)},
			Title: w.model.Name + " reads nothing from a cache", Do: "put what requests share (instructions, tools, documents) first, and mark it for the cache where the provider asks for that",
			Assumptions: []string{"20 % to 60 % of the input was sent before, shortly enough ago to be in a cache", "of that, a tenth is written into the cache and nine tenths are read from it", "each day's prices are used"},
			Evidence:    w.evidence()})
	}
	return out
}

// cached is what the work would have cost less with a share of its input cached,
// and false where the model has no price for that.
func (d *Data) cached(w work, share string) (unit.Decimal, bool) {
	var saved unit.Decimal
	for _, u := range w.usages {
		with := u
		repeated := u.Tokens.Input.Mul(unit.MustDecimal(share))
		with.Tokens.Input = u.Tokens.Input.Sub(repeated)
		with.Tokens.CacheRead, with.Tokens.CacheWrite5m = repeated.Mul(unit.MustDecimal(readPart)), repeated.Mul(unit.MustDecimal(writtenPart))
		q, now := d.Catalogue.Quote(with), d.Catalogue.Quote(u)
		if q.Reason != "" { // a provider that does not charge for writing takes it as input
			with.Tokens.Input, with.Tokens.CacheWrite5m = with.Tokens.Input.Add(with.Tokens.CacheWrite5m), unit.Decimal{}
			q = d.Catalogue.Quote(with)
		}
		if q.Reason != "" || now.Reason != "" {
			return unit.Decimal{}, false
		}
		saved = saved.Add(now.Low.Sub(q.Low))
	}
	return saved, true
}

// losingCache advises against a cache that costs more than it saves, which is
// known exactly.
func (d *Data) losingCache(w work) []Recommendation {
	net, ok := cacheSpend(d, w.model.ID(), w.model.Currency)
	if !ok || !d.worth(net, w.model.Currency) {
		return nil
	}
	return []Recommendation{{Subject: w.model.ID(), Currency: w.model.Currency, Amount: plain(net), Saving: &cost.Range{Low: plain(net), High: plain(net)},
		Title: fmt.Sprintf("the cache of %s costs more than it saves", w.model.Name), Do: "do not write into the cache what is not read again before it expires",
		Assumptions: []string{"the work stays the same, and nothing of it is cached"}, Evidence: w.evidence()}}
}

// cacheSpend is what caching costs net of what it saves: negative when it saves.
func cacheSpend(d *Data, subject, _ string) (unit.Decimal, bool) {
	if d.Catalogue == nil || d.Usages == nil {
		return unit.Decimal{}, false
	}
	var net unit.Decimal
	for _, s := range d.Catalogue.CacheSavings(d.usagesOf(subject), nil).Cache {
		if s.Savings == nil {
			return unit.Decimal{}, false
		}
		net = net.Sub(*s.Savings)
	}
	return net, true
}

// usagesOf are the usages that an entry of the catalogue prices.
func (d *Data) usagesOf(id string) []cost.Usage {
	var out []cost.Usage
	for _, u := range d.Usages {
		if m, ok := d.Catalogue.Find(u.Provider, u.Model); ok && m.Model.ID() == id {
			out = append(out, u)
		}
	}
	return out
}

// Which share of the work can wait for a batch, from and to, is assumed.
const (
	leastPatient = "0.1"
	mostPatient  = "0.5"
)

// batching advises to send work in batches where a model that has prices for that
// does all of it at once.
func batching(d *Data) []Recommendation {
	var out []Recommendation
	for _, w := range d.works() {
		rebate, used, ok := d.rebate(w.usages)
		if !ok || used {
			continue
		}
		saving := cost.Range{Low: plain(rebate.Mul(unit.MustDecimal(leastPatient))), High: plain(rebate.Mul(unit.MustDecimal(mostPatient)))}
		if !d.worth(saving.High, w.model.Currency) {
			continue
		}
		out = append(out, Recommendation{Subject: w.model.ID(), Currency: w.model.Currency, Amount: plain(w.spend), Saving: &saving,
			Title: w.model.Name + " does nothing in batches", Do: "send work that can wait up to a day, such as evaluations, summaries and imports, through the provider's batch interface",
			Assumptions: []string{"10 % to 50 % of the work can wait up to a day", "each day's prices are used"},
			Evidence:    append(w.evidence(), Figure{"all of it in batches", plain(w.spend.Sub(rebate)), w.model.Currency})})
	}
	return out
}

// rebate is what the usages under the standard tier would cost less in batches,
// and whether any came in batches or under another cheaper tier.
func (d *Data) rebate(us []cost.Usage) (rebate unit.Decimal, used, ok bool) {
	for _, u := range us {
		if s, known := price.ParseService(u.ServiceTier); !known || s != price.Standard {
			used = used || s == price.Batch || s == price.Flex
			continue
		}
		in := u
		in.ServiceTier = price.Batch.String()
		batch, now := d.Catalogue.Quote(in), d.Catalogue.Quote(u)
		if batch.Reason != "" || now.Reason != "" {
			return unit.Decimal{}, used, false
		}
		rebate = rebate.Add(now.Low.Sub(batch.Low))
	}
	return rebate, used, true
}

// batchSpend is what batches save, as a negative amount: what the same tokens cost
// less than under the standard tier.
func batchSpend(d *Data, subject, _ string) (unit.Decimal, bool) {
	if d.Catalogue == nil || d.Usages == nil {
		return unit.Decimal{}, false
	}
	var net unit.Decimal
	for _, u := range d.usagesOf(subject) {
		if s, known := price.ParseService(u.ServiceTier); !known || s != price.Batch {
			continue
		}
		standard := u
		standard.ServiceTier = ""
		now, otherwise := d.Catalogue.Quote(u), d.Catalogue.Quote(standard)
		if now.Reason != "" || otherwise.Reason != "" {
			return unit.Decimal{}, false
		}
		net = net.Add(now.Low.Sub(otherwise.Low))
	}
	return net, true
}
