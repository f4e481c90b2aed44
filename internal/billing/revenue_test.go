package billing

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
)

func TestParseRevenue(t *testing.T) {
	p := period.Period{Zone: time.UTC, Span: period.Span{Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}
	const head = "date,organization,amount,currency\n"
	tests := []struct{ name, text, want string }{
		{"days of the period only", head + "2026-09-30,acme,1,USD\n2026-10-01,acme,2.50,usd\n2026-10-31,globex,-3,EUR\n2026-11-01,acme,4,USD\n", "acme 2.50 USD globex -3 EUR"},
		{"a byte order mark", "\ufeff" + head + "2026-10-01,acme,2,USD\n", "acme 2 USD"},
		{"empty", "", "reading revenue.csv: the first line is not date,organization,amount,currency"},
		{"another date", head + "01.10.2026,acme,2,USD\n", `reading revenue.csv: row 1: "01.10.2026" is not a date; write 2026-10-31`},
		{"no amount", head + "2026-10-01,acme,2,USD\n2026-10-01,acme,n/a,USD\n", `reading revenue.csv: row 2: "n/a" is not an amount`},
		{"no currency", head + "2026-10-01,acme,2,\n", "reading revenue.csv: row 1: organization or currency is empty"},
		{"a field too few", head + "2026-10-01,acme,2\n", "reading revenue.csv: record on line 2: wrong number of fields; write date,organization,amount,currency"},
	}
	for _, tt := range tests {
		list, err := ParseRevenue("revenue.csv", []byte(tt.text), p)
		var got []string
		for _, a := range list {
			got = append(got, a.Owner+" "+a.Amount.String()+" "+a.Currency)
		}
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()
		}
		if text != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, text, tt.want)
		}
	}
}
