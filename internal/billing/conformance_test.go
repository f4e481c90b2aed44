package billing_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/billing"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/price"
)

// charge is one charge of the small company whose October every format writes, in
// the words that formats have for an amount.
type charge struct {
	day                   int
	amount, cents, tokens string // tokens at 0.50 USD a million
	currency              string
}

func october() []charge {
	return []charge{{1, "1.25", "125", "2500000", "USD"}, {2, "2.5", "250.0", "5000000", "USD"}, {31, "0.0000005", "5e-5", "1", "USD"}}
}

// dialect writes charges in a format. A new format is one line here.
type dialect struct {
	format, file     string
	head, join, foot string
	row              func(c charge) string
	source           billing.Source
	// pages: a day that is there twice counts once. counts: what is counted can be
	// neither negative nor missing. foreign: rows name no currency.
	pages, counts, foreign bool
}

func dialects() []dialect {
	return []dialect{
		{format: "focus", file: "a.csv", head: "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceCategory\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("%s,%s,2026-10-01T00:00:00Z,2026-10-%02dT05:00:00Z,Compute", c.amount, c.currency, c.day)
		}},
		{format: "aws-cur", file: "a.csv", head: "bill/BillingPeriodStartDate,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/CurrencyCode,lineItem/UnblendedCost\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("2026-10-01T00:00:00Z,Usage,2026-10-%02dT05:00:00Z,%s,%s", c.day, c.currency, c.amount)
		}},
		{format: "azure", file: "a.csv", head: "Date,MeterCategory,CostInBillingCurrency,BillingCurrencyCode\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("10/%02d/2026,VM,%s,%s", c.day, c.amount, c.currency)
		}},
		{format: "gcp", file: "a.csv", head: "usage_start_time,cost,currency,invoice.month\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("2026-10-%02d 05:00:00 UTC,%s,%s,202610", c.day, c.amount, c.currency)
		}},
		{format: "oci", file: "a.csv", head: "lineItem/intervalUsageStart,cost/myCost,cost/currencyCode\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("2026-10-%02dT05:00Z,%s,%s", c.day, c.amount, c.currency)
		}},
		{format: "csv", file: "a.csv", head: "Day,Sum,In\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("2026-10-%02d,%s,%s", c.day, c.amount, c.currency)
		}, source: billing.Source{Columns: map[string]string{"ChargePeriodStart": "Day", "BilledCost": "Sum", "BillingCurrency": "In"}}},
		{format: "openai-costs", file: "a.json", head: `{"object": "page", "data": [`, join: ",\n", foot: `], "has_more": false, "next_page": null}`, pages: true, row: func(c charge) string {
			return bucket(c.day, fmt.Sprintf(`{"object": "organization.costs.result", "amount": {"value": %s, "currency": %q}, "line_item": "m, input", "new": {"field": [1]}}`, literal(c.amount), strings.ToLower(c.currency)))
		}},
		{format: "openai-costs", file: "dashboard.csv", head: "start_time,amount_value,amount_currency\n", join: "\n", row: func(c charge) string {
			return fmt.Sprintf("%d,%s,%s", 1790812800+86400*(c.day-1), c.amount, strings.ToLower(c.currency))
		}},
		{format: "anthropic-cost", file: "a.json", head: `{"data": [`, join: ",\n", foot: `], "has_more": false, "next_page": null}`, pages: true, row: func(c charge) string {
			return fmt.Sprintf(`{"starting_at": "2026-10-%02dT00:00:00Z", "ending_at": %q, "results": [{"amount": %s, "currency": %q, "cost_type": "tokens", "token_type": "output_tokens"}]}`,
				c.day, nextDay(c.day), quoted(c.cents), c.currency)
		}},
		{format: "openai-usage", file: "a.json", head: `{"object": "page", "data": [`, join: ",\n", foot: `], "has_more": false}`, pages: true, counts: true, foreign: true, row: func(c charge) string {
			return bucket(c.day, fmt.Sprintf(`{"object": "organization.usage.completions.result", "model": "m", "input_tokens": %s, "output_tokens": 0, "num_model_requests": 1}`, literal(c.tokens)))
		}},
		{format: "anthropic-usage", file: "a.json", head: `{"data": [`, join: ",\n", foot: `], "has_more": false}`, pages: true, counts: true, foreign: true, row: func(c charge) string {
			return fmt.Sprintf(`{"starting_at": "2026-10-%02dT00:00:00Z", "ending_at": %q, "results": [{"uncached_input_tokens": %s, "output_tokens": 0, "model": "m"}]}`, c.day, nextDay(c.day), literal(c.tokens))
		}},
		{format: "litellm-spend", file: "logs.csv", head: "request_id,startTime,spend,prompt_tokens,completion_tokens,model\n", join: "\n", foreign: true, row: func(c charge) string {
			return fmt.Sprintf("r,2026-10-%02d 05:00:00.123,%s,10,1,m", c.day, c.amount)
		}},
		{format: "litellm-spend", file: "daily.jsonl", join: "\n", foreign: true, row: func(c charge) string {
			return fmt.Sprintf(`{"date": "2026-10-%02d", "spend": %s, "prompt_tokens": 10, "completion_tokens": 1, "model": "m"}`, c.day, literal(c.amount))
		}},
	}
}

// literal is a JSON number, and a text what is none.
func literal(s string) string {
	if strings.ContainsAny(s, ";") {
		return quoted(s)
	}
	return s
}

func quoted(s string) string {
	if s == "null" {
		return s
	}
	return `"` + s + `"`
}

func nextDay(day int) string {
	if day == 31 {
		return "2026-11-01T00:00:00Z"
	}
	return fmt.Sprintf("2026-10-%02dT00:00:00Z", day+1)
}

func bucket(day int, result string) string {
	start := 1790812800 + 86400*(day-1)
	return fmt.Sprintf(`{"object": "bucket", "start_time": %d, "end_time": %d, "results": [%s]}`, start, start+86400, result)
}

func (d dialect) text(charges ...charge) string {
	var rows []string
	for _, c := range charges {
		rows = append(rows, d.row(c))
	}
	return d.head + strings.Join(rows, d.join) + d.foot
}

// read answers what files of a dialect cost by day, in one line, with the first
// line of the ledger.
func (d dialect) read(t *testing.T, change func(*billing.Source), files map[string]string) (totals string, days string, ledger []cost.LedgerEntry) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	list, diags := price.Parse("prices.yaml", []byte("prices: [{model: m, currency: USD, rates: [{from: 2026-01-01, input: 0.50, output: 1}]}]"))
	if list == nil {
		t.Fatal(diags)
	}
	s := d.source
	s.Name, s.Format, s.Path, s.Prices = "s", d.format, filepath.Join(dir, "**/*"), price.New(list)
	q := cost.Query{Period: month(t, "2026-10"), By: []string{"day"}}
	if s.Meter = d.foreign; s.Meter {
		q.Measure = cost.Metered
	}
	if change != nil {
		change(&s)
	}
	reports, err := billing.Breakdown(t.Context(), []billing.Source{s}, []cost.Query{q})
	if err != nil {
		t.Fatal(err)
	}
	r := reports[0]
	for _, x := range r.Totals {
		totals += fmt.Sprintf("%s %s of %d rows, %d null; ", x.Amount.Canonical(), x.Currency, x.Rows, x.NullRows)
	}
	for _, g := range r.Groups {
		days += fmt.Sprintf("%s %s; ", (*g.Keys["day"])[8:], g.Amount.Canonical())
	}
	return totals, days, r.Ledger
}

func TestConformance(t *testing.T) {
	const whole, byDay = "3.7500005 USD of 3 rows, 0 null; ", "02 2.5; 01 1.25; 31 0.0000005; "
	for _, d := range dialects() {
		t.Run(d.format+"/"+d.file, func(t *testing.T) {
			text := d.text(october()...)
			for name, file := range map[string]string{"plain": d.file, "packed": d.file + ".gz"} {
				if totals, days, l := d.read(t, nil, map[string]string{file: text}); totals != whole || days != byDay || l[0].Format != d.format {
					t.Errorf("%s: %q %q %+v", name, totals, days, l)
				}
			}
			if totals, _, _ := d.read(t, nil, map[string]string{d.file: "\ufeff" + text}); totals != whole {
				t.Errorf("with a byte order mark: %q", totals)
			}
			if totals, _, l := d.read(t, func(s *billing.Source) { s.Format = "" }, map[string]string{d.file: text}); d.format != "csv" && (totals != whole || l[0].Format != d.format) {
				t.Errorf("recognised by itself: %q %+v", totals, l)
			}
			twice := "7.500001 USD of 6 rows, 0 null; "
			if d.pages { // an API says all of a day at once
				twice = whole
			}
			if totals, _, l := d.read(t, nil, map[string]string{"1/" + d.file: text, "2/" + d.file: text}); totals != twice ||
				d.pages && (l[1].Status != cost.Superseded || !strings.Contains(l[1].Reason, "3 of its buckets are also in")) {
				t.Errorf("the same twice: %q %+v", totals, l)
			}
			d.damaged(t, text)
			d.values(t)
		})
	}
}

// damaged tries files that are not whole.
func (d dialect) damaged(t *testing.T, text string) {
	for _, tt := range []struct{ name, file, text, reason string }{
		{"empty", d.file, "", "the file is empty"},
		{"cut", d.file, text[:len(text)-len(d.foot)-8], ""},
		{"UTF-16", d.file, "\xff\xfeB\x00i\x00", "UTF-16"},
		{"binary", d.file, "\x00\x01\x02", "binary"},
		{"not packed whole", d.file + ".gz", string(pack(t, bytes.Repeat([]byte(text+"\n"), 50))), "the gzip stream ends early"},
	} {
		dir := map[string]string{tt.file: tt.text}
		if strings.HasSuffix(tt.file, ".gz") { // write packs what it is given
			dir = map[string]string{d.file: tt.text[:len(tt.text)/2]}
		}
		totals, _, l := d.read(t, nil, dir)
		if tt.name == "cut" && !d.pages && l[0].Status == cost.Used { // a cut amount is another amount
			continue
		}
		if totals != "" || l[0].Status != cost.Rejected || !strings.Contains(l[0].Reason, tt.reason) {
			t.Errorf("%s: %q %+v, want %q", tt.name, totals, l, tt.reason)
		}
	}
	if d.head == "" {
		return
	}
	if totals, _, l := d.read(t, nil, map[string]string{d.file: d.text()}); totals != "" || l[0].Status != cost.Used || l[0].Rows != 0 || l[0].Reason != "the file has no rows" {
		t.Errorf("header only: %q %+v", totals, l)
	}
}

// values tries amounts of every kind.
func (d dialect) values(t *testing.T) {
	with := func(amount, tokens string) string {
		list := october()
		list[1].amount, list[1].cents, list[1].tokens = amount, amount, tokens
		return d.text(list...)
	}
	bad := map[string]string{d.file: with("1;2", "1;2")}
	if totals, _, l := d.read(t, nil, bad); totals != "" || l[0].Status != cost.Rejected || !strings.Contains(l[0].Reason, "row 2 (") || !strings.Contains(l[0].Reason, `"1;2"`) {
		t.Errorf("a broken amount: %q %+v", totals, l)
	}
	skip := func(s *billing.Source) { s.OnBadRow = "skip" }
	if totals, _, l := d.read(t, skip, bad); totals != "1.2500005 USD of 2 rows, 0 null; " || l[0].SkippedRows != 1 {
		t.Errorf("a broken row that is skipped: %q %+v", totals, l)
	}
	if d.counts {
		if totals, _, l := d.read(t, nil, map[string]string{d.file: with("", "-5")}); totals != "" || !strings.Contains(l[0].Reason, "-5 is no count") {
			t.Errorf("a negative count: %q %+v", totals, l)
		}
		return
	}
	if totals, _, _ := d.read(t, nil, map[string]string{d.file: with("-1", "")}); !strings.HasPrefix(totals, "0.2500005 USD") && !strings.HasPrefix(totals, "1.2400005 USD") {
		t.Errorf("a negative amount: %q", totals)
	}
	if totals, _, _ := d.read(t, nil, map[string]string{d.file: with("null", "")}); !d.foreign && totals != "1.2500005 USD of 3 rows, 1 null; " {
		t.Errorf("no amount: %q", totals)
	}
	if d.foreign {
		return
	}
	list := october()
	for i := range list {
		list[i].currency = ""
	}
	nameless := map[string]string{d.file: d.text(list...)}
	if totals, _, l := d.read(t, nil, nameless); totals != "" || !strings.Contains(l[0].Reason, "set currency: on the source") {
		t.Errorf("without a currency: %q %+v", totals, l)
	}
	if totals, _, _ := d.read(t, func(s *billing.Source) { s.Currency = "USD" }, nameless); totals != "3.7500005 USD of 3 rows, 0 null; " {
		t.Errorf("the currency of the source: %q", totals)
	}
}
