package cost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/cost"
)

// ownedBy reads "acme 10 USD; globex ? the reason".
func ownedBy(text string) []cost.OwnedAmount {
	var out []cost.OwnedAmount
	for _, part := range strings.Split(text, "; ") {
		words := strings.SplitN(part, " ", 3)
		if len(words) < 3 {
			continue
		}
		a := cost.OwnedAmount{Owner: words[0], Currency: words[2]}
		if words[1] == "?" {
			a.Currency, a.Reason = "", words[2]
		} else {
			a.Amount = amount(words[1])
		}
		out = append(out, a)
	}
	return out
}

func marginText(list []cost.Margin, by string) string {
	var out []string
	for _, m := range list {
		line := fmt.Sprintf("%s %s: %s - %s - %s = %s", orNil(m.Keys[by]), m.Currency, orDash(m.Revenue), orDash(m.Credits), orDash(m.Cost), orDash(m.Margin))
		if m.Ratio != nil {
			line += " (" + m.Ratio.Canonical() + ")"
		}
		if m.Reason != nil {
			line += " because " + *m.Reason
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestMargins(t *testing.T) {
	tests := []struct{ name, revenue, credits, costs, want string }{
		{"revenue less credits less cost", "acme 100 USD", "acme 10 USD", "acme 30.5 USD", "acme USD: 100 - 10 - 30.5 = 59.5 (0.595)"},
		{"two months", "acme 100 USD; acme 100 USD", "acme 10 USD; acme 5 USD", "acme 30 USD", "acme USD: 200 - 15 - 30 = 155 (0.775)"},
		{"nobody is owed credits", "acme 100 USD", "", "acme 130 USD", "acme USD: 100 - 0 - 130 = -30 (-0.3)"},
		{"each currency for itself", "acme 100 USD; acme 7 EUR", "acme 1 EUR", "acme 30 USD; acme 2 EUR", "acme EUR: 7 - 1 - 2 = 4 (0.571429)\nacme USD: 100 - 0 - 30 = 70 (0.7)"},
		{"currencies are never added", "acme 100 EUR", "", "acme 30 USD", "acme EUR: 100 - 0 - - = - because the cost is in USD\nacme USD: - - 0 - 30 = - because the revenue is in EUR"},
		{"credits that are not known", "acme 100 USD", "acme ? availability in 2024-09: insufficient data", "acme 30 USD",
			"acme USD: 100 - - - 30 = - because credits: availability in 2024-09: insufficient data"},
		{"no cost", "acme 100 USD", "", "", "acme USD: 100 - 0 - - = - because no cost is known"},
		{"no fee", "acme ? it has no monthly_fee", "", "acme 3 USD", "acme USD: - - 0 - 3 = - because revenue: it has no monthly_fee"},
		{"free", "acme 0 USD", "", "acme 3 USD", "acme USD: 0 - 0 - 3 = -3"},
	}
	for _, tt := range tests {
		if got := marginText(cost.Margins("org", ownedBy(tt.revenue), ownedBy(tt.credits), ownedBy(tt.costs)), "org"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// A tier's costs in USD hold those of a customer who pays in EUR: beside the
// revenue in USD they would make a margin of neither.
func TestForeignCustomersMakeATiersMarginMissing(t *testing.T) {
	organizations := cost.Margins("org", ownedBy("acme 100 USD; globex 90 EUR; initech 10 USD"), nil, ownedBy("acme 30 USD; globex 20 USD; initech 4 USD"))
	tiers := cost.Margins("tier", ownedBy("gold 100 USD; gold 90 EUR; silver 10 USD"), nil, ownedBy("gold 50 USD; silver 4 USD"))
	cost.WithoutForeign(tiers, organizations, func(org string) string {
		return map[string]string{"acme": "gold", "globex": "gold", "initech": "silver"}[org]
	})
	want := `gold EUR: 90 - 0 - - = - because the cost is in USD
gold USD: 100 - 0 - 50 = - because globex: the revenue is in EUR
silver USD: 10 - 0 - 4 = 6 (0.6)`
	if got := marginText(tiers, "tier"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
