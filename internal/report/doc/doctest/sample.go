// Package doctest holds the documents that every renderer is tested with: the
// report of an invented small company, and one that tries what is hard to draw.
package doctest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/report/doc"
	"github.com/slactl/slactl/internal/unit"
)

func dec(s string) unit.Decimal { return unit.MustDecimal(s) }

func text(s string) doc.Cell      { return doc.Cell{Value: doc.Text(s)} }
func count(s string) doc.Cell     { return doc.Cell{Value: doc.Count{N: dec(s)}} }
func missing(why string) doc.Cell { return doc.Cell{Value: doc.Missing{Why: why}} }
func money(s, currency string) doc.Cell {
	return doc.Cell{Value: doc.Money{Amount: dec(s), Currency: currency}}
}
func percent(s string, digits int) doc.Cell {
	return doc.Cell{Value: doc.Ratio{Percent: dec(s), Digits: digits, Worse: -1}}
}
func change(s string) doc.Cell {
	return doc.Cell{Value: doc.Ratio{Percent: dec(s), Digits: 1, Signed: true}}
}
func toned(c doc.Cell, t doc.Tone, notes ...string) doc.Cell {
	c.Tone, c.Notes = t, notes
	return c
}

// days are the points of a month: base, worse by dip on the given days, nothing
// on day 17.
func days(base float64, dips map[int]float64) []*float64 {
	out := make([]*float64, 31)
	for i := range out {
		if i == 16 {
			continue
		}
		v := base - dips[i+1]
		out[i] = &v
	}
	return out
}

func october() []string {
	var out []string
	for d := 1; d <= 31; d++ {
		out = append(out, fmt.Sprintf("2026-10-%02d", d))
	}
	return out
}

// Sample is the monthly report of Nordwind Analytics, a company that does not
// exist: three tiers, four customers, two clouds, one outage.
func Sample() *doc.Document {
	prague, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		panic(err)
	}
	at := func(day, hour, minute int) doc.Cell {
		return doc.Cell{Value: doc.Instant{Time: time.Date(2026, 10, day, hour, minute, 0, 0, prague)}}
	}
	return &doc.Document{
		Title: "Nordwind Analytics: Monthly service report", Subtitle: "October 2026 · Europe/Prague", Language: "en",
		Author: "slactl", Producer: "slactl 0.1.0", Created: time.Date(2026, 11, 2, 7, 30, 0, 0, time.UTC),
		Facts: []doc.Fact{
			{Label: "Overall", Cell: toned(text("2 of 10 objectives breached"), doc.Bad)},
			{Label: "From", Cell: at(1, 0, 0)}, {Label: "To", Cell: doc.Cell{Value: doc.Instant{Time: time.Date(2026, 11, 1, 0, 0, 0, 0, prague)}}},
			{Label: "Generated", Cell: doc.Cell{Value: doc.Instant{Time: time.Date(2026, 11, 2, 8, 30, 0, 0, prague)}}},
		},
		Sections: []doc.Section{
			{ID: "summary", Title: "Summary", Blocks: []doc.Block{
				doc.Facts{Items: []doc.Fact{
					{Label: "Objectives met", Cell: toned(count("7"), doc.Good)}, {Label: "Breached", Cell: toned(count("2"), doc.Bad)},
					{Label: "Without sufficient data", Cell: toned(count("1"), doc.Warn)},
					{Label: "Cost (billed)", Cell: money("14832.4179", "EUR")}, {Label: "Cost against the period before", Cell: change("6.7")}}},
				doc.Callout{Tone: doc.Warn, Title: "Missing: business", Text: "Because the metric checkout_completed_total has no samples before 2026-10-04; growth figures start there."},
				resultTable("attention", "What needs attention", 0, 3),
			}},
			{ID: "sla", Title: "SLA compliance", Blocks: []doc.Block{
				doc.Chart{ID: "daily_availability", Title: "availability: availability by day", Kind: doc.Line, Unit: "%", Labels: october(), Target: ptr(99.9),
					Series: []doc.Series{{Name: "all", Points: days(99.99, map[int]float64{9: 0.14, 22: 0.05})},
						{Name: "gold", Points: days(99.995, map[int]float64{9: 0.28})}, {Name: "silver", Points: days(99.98, map[int]float64{22: 0.1})}}},
				doc.Chart{ID: "daily_errors", Title: "api: error_rate by day", Kind: doc.Line, Unit: "%", Labels: october(), Target: ptr(0.5),
					Series: []doc.Series{{Name: "all", Points: days(0.12, map[int]float64{9: -0.7, 10: -0.2, 22: -0.3})}}},
				resultTable("sla_tiers", "By tier", 0, len(results())),
			}},
			{ID: "violations", Title: "Violations", Blocks: []doc.Block{doc.Table{ID: "violations", Title: "Runs of windows worse than target",
				Columns: []doc.Column{{Title: "Start"}, {Title: "Lasted", Numeric: true}, {Title: "SLA"}, {Title: "Organization"}, {Title: "Worst", Numeric: true}, {Title: "Bad events", Numeric: true, Priority: 3}},
				Rows: []doc.Row{
					{Cells: []doc.Cell{at(9, 10, 5), {Value: doc.Duration(135 * time.Minute)}, text("availability"), text("Bäckerei Süd"), toned(percent("97.2", 4), doc.Bad), count("10250")}},
					{Cells: []doc.Cell{at(22, 23, 50), {Value: doc.Duration(15 * time.Minute)}, text("availability"), text("Žluťoučký kůň, s. r. o."), toned(percent("99.6149", 4), doc.Bad), count("312")}},
				}}}},
			{ID: "cost", Title: "Cost", Blocks: []doc.Block{
				doc.Paragraph{Text: "Measure: billed. Bills are cut in UTC: 2026-10-01 up to 2026-11-01."},
				doc.Chart{ID: "cost_daily_eur", Title: "Cost by day and provider", Kind: doc.StackedBar, Unit: "EUR", Labels: october(),
					Series: []doc.Series{{Name: "AWS", Points: wave(310, 60)}, {Name: "OpenAI", Points: wave(120, 45)}, {Name: "Hetzner", Points: wave(40, 0)}}},
				costTable(),
			}},
			{ID: "appendix", Title: "Appendix", Blocks: []doc.Block{
				doc.Table{ID: "sources", Title: "Sources", Columns: []doc.Column{{Title: "Name"}, {Title: "Target"}, {Title: "Samples", Numeric: true, Priority: 2}},
					Rows: []doc.Row{{Cells: []doc.Cell{text("production"), text("https://prometheus.nordwind.example/eu-central/tenant-0042/api/v1"), count("8412337")}}}},
				doc.Table{ID: "exclusions", Title: "Exclusions", Columns: []doc.Column{{Title: "Maintenance"}, {Title: "Start"}}},
				doc.Facts{Items: []doc.Fact{{Label: "Configuration digest", Cell: text("sha256:6f5a8a1d1d3f0b8f2ce2a9f35a9b1d9c55a0b5a47a1d3b6bb8e84c7d2f0f6a11")},
					{Label: "Computed by", Cell: text("slactl 0.1.0")}}},
			}},
		},
	}
}

func ptr(f float64) *float64 { return &f }

// wave goes up and down with the week.
func wave(base, swing float64) []*float64 {
	out := make([]*float64, 31)
	for i := range out {
		out[i] = ptr(base + swing*math.Round(100*math.Sin(2*math.Pi*float64(i)/7))/100)
	}
	return out
}

func resultTable(id, title string, from, to int) doc.Table {
	return doc.Table{ID: id, Title: title, Columns: []doc.Column{{Title: "SLA"}, {Title: "Objective"}, {Title: "Tier", Priority: 2}, {Title: "Organization"},
		{Title: "Target", Numeric: true}, {Title: "Attained", Numeric: true}, {Title: "State"}, {Title: "Budget used", Numeric: true, Priority: 3},
		{Title: "Before", Numeric: true, Priority: 4}, {Title: "Trend", Priority: 5}}, Rows: results()[from:to]}
}

func results() []doc.Row {
	noBudget, notJudged := missing("no error budget for this kind of objective"), missing("not judged in the period before")
	met, breached := toned(text("met"), doc.Good), toned(text("breached"), doc.Bad)
	ms := func(s string) doc.Cell {
		return doc.Cell{Value: doc.Number{N: dec(s), Unit: "ms", Digits: 1, Worse: +1}}
	}
	spark := func(base float64, dips map[int]float64) doc.Cell { return doc.Cell{Value: doc.Spark(days(base, dips))} }
	dip := map[int]float64{9: 0.28, 22: 0.1}
	return []doc.Row{
		{Cells: []doc.Cell{text("availability"), text("availability"), text("gold"), text("Bäckerei Süd"), text("≥ 99.95 %"), percent("99.94999871", 4), breached, percent("100.003", 1), percent("99.98", 4), spark(99.99, dip)}},
		{Cells: []doc.Cell{text("latency"), text("p95"), text("gold"), text("Bäckerei Süd"), text("≤ 250 ms"), toned(ms("251.04"), doc.Neutral, "an estimate: the buckets do not tell more"), breached, noBudget, ms("203.2"), spark(200, map[int]float64{9: -90})}},
		{Cells: []doc.Cell{text("availability"), text("availability"), text("bronze"), text("東京データ株式会社"), text("≥ 99 %"), missing("no data"), toned(text("no data"), doc.Warn, "coverage is 41.2 %, below min_coverage 90 %"), noBudget, notJudged, spark(99, nil)}},
		{Cells: []doc.Cell{text("availability"), text("availability"), text("all"), text("–"), text("≥ 99.9 %"), percent("99.9871", 4), met, percent("12.91", 1), percent("99.99", 4), spark(99.99, dip)}},
		{Cells: []doc.Cell{text("latency"), text("p95"), text("silver"), text("Žluťoučký kůň, s. r. o."), text("≤ 400 ms"), ms("212"), met, noBudget, ms("218.9"), spark(212, map[int]float64{22: -30})}},
		{Cells: []doc.Cell{text("satisfaction"), text("rating"), text("all"), text("–"), text("≥ 4.2"), {Value: doc.Number{N: dec("4.4187"), Digits: 3, Worse: -1}}, met, noBudget, notJudged, spark(4.4, nil)}},
	}
}

func costTable() doc.Table {
	row := func(provider, service, amount, share, rows, before string, delta doc.Cell) doc.Row {
		previous := missing("no charge in the period before")
		if before != "" {
			previous = money(before, "EUR")
		}
		return doc.Row{Cells: []doc.Cell{text(provider), text(service), money(amount, "EUR"), percent(share, 1), count(rows), previous, delta}}
	}
	total := row("Total", "", "14832.4179", "100", "6131", "13901.02", change("6.7"))
	return doc.Table{ID: "cost_eur", Title: "By provider and service, EUR",
		Columns: []doc.Column{{Title: "Provider"}, {Title: "Service"}, {Title: "Amount", Numeric: true, Sum: true}, {Title: "Share", Numeric: true, Priority: 3},
			{Title: "Rows", Numeric: true, Priority: 4, Sum: true}, {Title: "Before", Numeric: true, Priority: 2, Sum: true}, {Title: "Change", Numeric: true, Priority: 1}},
		Rows: []doc.Row{
			row("AWS", "Amazon EC2", "9610.1", "64.79", "4100", "9200.02", toned(change("4.4"), doc.Neutral)),
			row("OpenAI", "API", "4025.2179", "27.13", "1900", "3461", toned(change("16.3"), doc.Warn)),
			row("Hetzner", "Cloud", "1240", "8.36", "93", "1240", change("0")),
			row("AWS", "AWS Lambda", "0.000042", "0", "31", "", missing("no value in the period before")),
			row("AWS", "Credits", "-42.900042", "-0.2892", "7", "", missing("no value in the period before")),
		}, Total: &total}
}

// Torture has every kind of block and of value, and what breaks renderers: empty
// and long tables, long words, foreign scripts, escape codes, formulas, duplicate
// and missing titles, values without digits and with very many.
func Torture() *doc.Document {
	long := strings.Repeat("a rather long sentence that goes on ", 30)
	var rows []doc.Row
	for i := range 500 {
		rows = append(rows, doc.Row{Cells: []doc.Cell{text(fmt.Sprintf("row %d", i)), count(fmt.Sprint(i)), percent(fmt.Sprintf("99.%d", i), 3)}})
	}
	sum := doc.Row{Cells: []doc.Cell{text("Total"), count("124750"), missing("shares do not add up")}}
	values := []doc.Value{nil, doc.Text(""), doc.Text("=1+1"), doc.Text("+49 30"), doc.Text("-x"), doc.Text("@cmd"), doc.Text("\tTab"), doc.Text("\rCR"),
		doc.Text("\x1b[31mred\x1b[0m\x00"), doc.Text("日本語 👩‍👩‍👧 \u202eevil"), doc.Text("bad \xff utf8"), doc.Text(strings.Repeat("W", 400)), doc.Text(long),
		doc.Count{N: dec("0")}, doc.Count{N: dec("123456789012345678901234567890")}, doc.Count{N: dec("1.5")},
		doc.Number{N: dec("-0.004"), Unit: "ms", Digits: 1}, doc.Number{N: dec("3"), Unit: "GiB/s", Digits: 0}, doc.Ratio{Percent: dec("99.9499"), Digits: 2, Worse: -1},
		doc.Ratio{Percent: dec("-3.25"), Digits: 1, Signed: true}, doc.Money{Amount: dec("0.0000000123"), Currency: "USD"}, doc.Money{Amount: dec("-1234567.895"), Currency: "JPY"},
		doc.Money{Amount: dec("5"), Currency: ""}, doc.Duration(0), doc.Duration(-90 * time.Second), doc.Duration(400 * 24 * time.Hour),
		doc.Instant{}, doc.Instant{Time: time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), DateOnly: true},
		doc.Spark(nil), doc.Spark{nil, nil}, doc.Spark{ptr(1), nil, ptr(3)}, doc.Missing{}, doc.Missing{Why: "the source was down"}}
	kinds := doc.Table{ID: "kinds", Columns: []doc.Column{{Title: "Kind"}, {Title: "As text"}, {Title: "As number", Numeric: true}, {Title: "As text"}, {Title: ""}}}
	for i, v := range values {
		c := doc.Cell{Value: v, Tone: doc.Tone(i % 4)}
		if i%5 == 0 {
			c.Notes = []string{"=note " + fmt.Sprint(i), long[:100]}
		}
		kinds.Rows = append(kinds.Rows, doc.Row{Cells: []doc.Cell{text(fmt.Sprintf("%T", v)), c, c, c}}) // one cell short
	}
	var facts doc.Facts
	for _, v := range values {
		facts.Items = append(facts.Items, doc.Fact{Label: "Fact", Cell: doc.Cell{Value: v}})
	}
	wide := doc.Table{ID: "wide", Title: "Many columns"}
	var wideRow doc.Row
	for i := range 20 {
		wide.Columns = append(wide.Columns, doc.Column{Title: fmt.Sprintf("Column number %d", i), Numeric: true, Priority: i / 8})
		wideRow.Cells = append(wideRow.Cells, money("1234567.89", "USD"))
	}
	wide.Rows = []doc.Row{wideRow}
	nan := math.NaN()
	return &doc.Document{Title: "=Torture\x1b[2J [draft]: a/b?c*d", Language: "en", Created: time.Date(2026, 11, 2, 7, 30, 0, 0, time.UTC), Sections: []doc.Section{
		{ID: "a", Title: "A title that is far longer than a sheet's name may be: [x]/y?", Blocks: []doc.Block{
			doc.Paragraph{Text: long}, doc.Paragraph{}, facts, doc.Facts{}, kinds, doc.Table{ID: "none"}, doc.Table{ID: "empty", Title: "Empty", Columns: []doc.Column{{Title: "A"}}}}},
		{ID: "b", Title: "A title that is far longer than a sheet's name may be: other", Blocks: []doc.Block{
			doc.Table{ID: "long", Title: "Five hundred rows", Columns: []doc.Column{{Title: "Name"}, {Title: "Count", Numeric: true, Sum: true}, {Title: "Share", Numeric: true}}, Rows: rows, Total: &sum}, wide}},
		{ID: "c", Title: "Contents", Blocks: []doc.Block{
			doc.Callout{Tone: doc.Neutral, Title: "Neutral", Text: "plain"}, doc.Callout{Tone: doc.Good, Title: "Good"}, doc.Callout{Tone: doc.Bad, Title: "Bad", Text: long}, doc.Callout{},
			doc.Chart{ID: "no"}, doc.Chart{ID: "gaps", Title: "Only gaps", Labels: []string{"a", "b"}, Series: []doc.Series{{Name: "s", Points: []*float64{nil, nil}}}},
			doc.Chart{ID: "one", Title: "One point", Kind: doc.Line, Labels: []string{"a"}, Series: []doc.Series{{Name: "=s", Points: []*float64{ptr(5)}}}, Target: ptr(5)},
			doc.Chart{ID: "nan", Title: "NaN", Kind: doc.Line, Labels: []string{"a", "b"}, Series: []doc.Series{{Name: "s", Points: []*float64{&nan, ptr(2)}}}},
			doc.Chart{ID: "bars", Title: "Bars", Kind: doc.Bar, Unit: "USD", Labels: []string{"a", "b", "c"}, Series: []doc.Series{{Name: "up", Points: []*float64{ptr(5), nil, ptr(2)}}, {Name: "down", Points: []*float64{ptr(-3)}}}},
			doc.Chart{ID: "stack", Title: "Stacked with credits", Kind: doc.StackedBar, Labels: []string{"a", "b", "c"}, Series: []doc.Series{{Name: "x", Points: []*float64{ptr(5), ptr(4), ptr(2)}}, {Name: "credit", Points: []*float64{ptr(-3), ptr(-1), nil}}}},
			doc.Chart{ID: "dense", Title: "400 labels", Kind: doc.Line, Labels: make([]string, 400), Series: []doc.Series{{Name: "x", Points: dense()}}}}},
		{ID: "d", Title: "", Blocks: nil},
	}}
}

func dense() []*float64 {
	out := make([]*float64, 400)
	for i := range out {
		out[i] = ptr(math.Round(1e6*math.Sin(float64(i)/20)) / 1e3)
	}
	return out
}
