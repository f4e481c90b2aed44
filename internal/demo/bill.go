package demo

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// pico is an amount of money in 10⁻¹² USD: a token at any price of a million
// tokens is a whole number of them, so every amount of the bills is exact.
type pico int64

const (
	micro = pico(million)
	cent  = 10_000 * micro
	usd   = 100 * cent
)

// text writes the amount as a decimal with at least two places.
func (p pico) text() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	frac := strings.TrimRight(fmt.Sprintf("%012d", p%usd), "0")
	for len(frac) < 2 {
		frac += "0"
	}
	return fmt.Sprintf("%s%d.%s", sign, p/usd, frac)
}

// percent returns n hundredths of an amount.
func (p pico) percent(n int64) pico { return p * pico(n) / 100 }

// decimal returns the amount in USD.
func (p pico) decimal() unit.Decimal {
	return unit.DecimalOfInt(int64(p)).Mul(unit.MustDecimal("0.000000000001"))
}

// charge is one row of a FOCUS bill.
type charge struct {
	month                                  time.Time // the billing period
	start, end                             time.Time
	vendor                                 int
	category, class, description           string
	commitment, commitmentStatus           string
	serviceCategory, service, sku          string
	quantity, unit                         string
	pricing                                string
	price                                  string
	billed, effective, list, contracted    pico
	region, resource, account, accountName string
	tags                                   string
}

const (
	aws = iota
	googleCloud
	anthropic
	openAI
)

// resource is something that is used every day.
type resource struct {
	vendor                          int
	serviceCategory, service, sku   string
	id, region, unit                string
	daily                           int64 // thousandths of a unit
	price                           int64 // millionths of a USD per unit
	vary                            int64 // percent by which the quantity varies
	growth                          int64 // percent by which the quantity grows from month to month, up to October
	committed                       bool  // covered by the savings plan
	account, accountName, team, org string
}

// commitment is the savings plan: what an hour of it costs, in millionths of a
// USD. Use covered by it costs nothing when billed, and 68 % when effective.
const (
	commitmentID     = "arn:aws:savingsplans::100000000001:savingsplan/9c1f"
	commitmentHourly = 2_250_000
	commitmentShare  = 68
)

// bill returns the charges of a calendar month, cut in UTC, in the order of the
// bill. What LLM providers charge are the tokens of the simulation at their
// price, to the token; before the simulation begins, those of [Company.recalled].
func (c *Company) bill(month time.Time) []charge {
	d := newDice(200 + uint64(month.Month()) + 12*uint64(2026-month.Year()))
	var out []charge
	covered := pico(0)
	next := month.AddDate(0, 1, 0)
	for day := month; day.Before(next); day = day.AddDate(0, 0, 1) {
		for _, r := range resources {
			row := r.use(d, month, day)
			if r.committed {
				covered += row.effective
			}
			out = append(out, row)
		}
		out = append(out, c.tokenCharges(month, day, c.counted(d, day))...)
	}
	return append(out, monthly(month, next, covered, out)...)
}

// use is a day's use of a resource.
func (r resource) use(d dice, month, day time.Time) charge {
	quantity := earlier(r.daily, r.growth, month)
	if r.vary > 0 {
		quantity += r.daily * (d.below(2*r.vary+1) - r.vary) / 100
	}
	if s := spike(); r.service == s.Service && day.Equal(s.Day) {
		quantity = r.daily * s.Times
	}
	list := pico(quantity) * pico(r.price) * 1000
	row := charge{month: month, start: day, end: day.AddDate(0, 0, 1), vendor: r.vendor, category: "Usage",
		description: fmt.Sprintf("%s %s", r.service, r.sku), serviceCategory: r.serviceCategory, service: r.service, sku: r.sku,
		quantity: thousandths(quantity), unit: r.unit, pricing: "Standard", price: (pico(r.price) * micro).text(),
		billed: list, effective: list, list: list, contracted: list,
		region: r.region, resource: r.id, account: r.account, accountName: r.accountName, tags: tags(r.team, r.org)}
	if r.vendor == aws {
		row.contracted = list.percent(96)
		row.billed, row.effective = row.contracted, row.contracted
	}
	if r.committed {
		row.billed, row.effective, row.pricing = 0, list.percent(commitmentShare), "Committed"
		row.commitment, row.commitmentStatus = commitmentID, "Used"
	}
	return row
}

// tokenCharges are a day's tokens at their price.
func (c *Company) tokenCharges(month, day time.Time, counted func(m model, kind string) int64) []charge {
	var out []charge
	next := day.AddDate(0, 0, 1)
	for _, m := range models {
		for i, price := range [...]string{m.inputPrice, m.outputPrice, m.cachePrice} {
			if price == "" {
				continue
			}
			tokens := counted(m, kinds[i])
			amount := pico(tokens) * perToken(price)
			out = append(out, charge{month: month, start: day, end: next, vendor: vendorOf(m.provider), category: "Usage",
				description: fmt.Sprintf("%s, %s tokens", m.name, strings.ReplaceAll(kinds[i], "_", " ")), serviceCategory: "AI and Machine Learning",
				service: serviceOf(m.provider), sku: m.name + "-" + kinds[i], quantity: fmt.Sprint(tokens), unit: "Tokens", pricing: "Standard",
				price: perToken(price).text(), billed: amount, effective: amount, list: amount, contracted: amount,
				account: "debates", accountName: "Debates", tags: tags("debates", "")})
		}
	}
	return out
}

// perToken returns the price of a token, given that of a million.
func perToken(price string) pico {
	whole, frac, _ := strings.Cut(price, ".")
	n, ok := new(big.Int).SetString(whole+(frac + "000000")[:6], 10)
	if !ok {
		panic("demo: the table of models has the price " + price)
	}
	return pico(n.Int64()) // millionths of a USD per million are 10⁻¹² per token
}

func vendorOf(provider string) int {
	switch provider {
	case "anthropic":
		return anthropic
	case "openai":
		return openAI
	}
	return googleCloud
}

func serviceOf(provider string) string {
	switch provider {
	case "anthropic":
		return "Claude API"
	case "openai":
		return "OpenAI API"
	}
	return "Vertex AI"
}

// monthly are the charges that come once: the savings plan and what of it was
// not used, a credit, tax on what AWS billed, and in October the correction of
// a day of September.
func monthly(month, next time.Time, covered pico, used []charge) []charge {
	hours := pico(next.Sub(month) / time.Hour)
	fee := hours * commitmentHourly * micro
	common := charge{month: month, start: month, end: next, vendor: aws, account: "100000000001", accountName: "production"}
	plan, unused, credit, tax := common, common, common, common
	plan.category, plan.description = "Purchase", "Compute Savings Plan, no upfront"
	plan.serviceCategory, plan.service, plan.sku, plan.commitment = "Compute", "Savings Plans for AWS Compute usage", "ComputeSP:1yrNoUpfront", commitmentID
	plan.quantity, plan.unit, plan.pricing = fmt.Sprint(int64(hours)), "Hours", "Standard"
	plan.billed, plan.list, plan.contracted = fee, fee, fee
	unused.category, unused.description = "Usage", "Compute Savings Plan, not used"
	unused.serviceCategory, unused.service, unused.sku = plan.serviceCategory, plan.service, plan.sku
	unused.commitment, unused.commitmentStatus, unused.pricing = commitmentID, "Unused", "Committed"
	unused.effective = fee - covered
	credit.category, credit.description = "Credit", "Startup programme"
	credit.serviceCategory, credit.service = "Compute", "Amazon EC2"
	credit.start = next.AddDate(0, 0, -1)
	credit.billed, credit.effective = -350*usd, -350*usd
	out := []charge{plan, unused, credit}
	if month.Equal(at(10, 1, 0, 0)) {
		fix := common
		fix.start, fix.end = at(9, 23, 0, 0), at(9, 24, 0, 0)
		fix.category, fix.class, fix.description = "Usage", "Correction", "Data transfer that was metered twice"
		fix.serviceCategory, fix.service, fix.sku, fix.pricing = "Networking", "AWS Data Transfer", "DataTransfer-Out-Bytes", "Standard"
		fix.billed, fix.effective, fix.list, fix.contracted = -1186*cent, -1186*cent, -1186*cent, -1186*cent
		out = append(out, fix)
	}
	base := pico(0)
	for _, r := range append(used, out...) {
		if r.vendor == aws {
			base += r.billed
		}
	}
	tax.category, tax.description, tax.service, tax.serviceCategory = "Tax", "VAT 7 %", "Tax", "Other"
	tax.billed = (base.percent(7) + cent/2) / cent * cent
	tax.effective, tax.list, tax.contracted = tax.billed, tax.billed, tax.billed
	return append(out, tax)
}

func thousandths(n int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
}

// tags writes the tags of a charge as FOCUS does: a JSON object, or nothing.
func tags(team, org string) string {
	var out []string
	for _, t := range [...][2]string{{"org", org}, {"team", team}} {
		if t[1] != "" {
			out = append(out, fmt.Sprintf("%q: %q", t[0], t[1]))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "{" + strings.Join(out, ", ") + "}"
}
