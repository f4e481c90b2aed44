package evaluate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/sla"
)

// The traffic is 60 requests an hour. On October 22 acme has had 21 days of it in
// UTC with 120 bad requests, and globex, a customer since October 11 in New York,
// 260 hours with 1440 bad ones, all of them in the last day.
func TestPreview(t *testing.T) {
	for _, tt := range []struct {
		name, period, now string
		want              []string
	}{
		{"a running month, by the fee, bands, days and cap of each organization", "2026-10", "2026-10-22T00:00:00Z", []string{
			"as_is acme 99.603174603174 breached: 10% 1200.00 USD",                  // 120 of 30240
			"as_is globex 90.769230769230 breached: 20% 406.45 EUR capped",          // 1440 of 15600
			"as_is hooli 95.238095238095 breached",                                  // 1440 of 30240, without a fee
			"current_burn acme 99.731182795698 breached: 10% 1200.00 USD",           // 120 of 44640: nothing bad in the last day
			"current_burn globex 46.825396825396 breached: 20% 406.45 EUR capped",   // 1440 + 14640 of 30240: the last day was all bad
			"current_burn hooli 64.516129032258 breached",                           // 1440 + 14400 of 44640
			"no_more_errors acme 99.731182795698 breached: 10% 1200.00 USD",         // 120 of 44640
			"no_more_errors globex 95.238095238095 breached: 20% 406.45 EUR capped", // 1440 of 30240
			"no_more_errors hooli 96.774193548387 breached",                         // 1440 of 44640
			"exposure 406.45 EUR, 1200.00 USD", "exposure 406.45 EUR, 1200.00 USD", "exposure 406.45 EUR, 1200.00 USD",
			"note: credits of 2026-10: availability: 25 % of the fee is earned, and no monthly_fee is known; no credit for it is computed for hooli"}},
		{"over in UTC, running in New York", "2026-10", "2026-11-01T03:00:00Z", []string{
			"as_is globex 95.228628230616 breached: 20% 406.45 EUR capped", // 1440 of 30180
			"current_burn globex 95.238095238095 breached: 20% 406.45 EUR capped",
			"no_more_errors globex 95.238095238095 breached: 20% 406.45 EUR capped",
			"exposure 406.45 EUR", "exposure 406.45 EUR", "exposure 406.45 EUR"}},
		{"a closed month has none", "2026-10", "2026-11-02T00:00:00Z", nil},
		{"nor has a week", "2026-W43", "2026-10-22T00:00:00Z", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := creditWorld(t, tt.now)
			p := parsePeriod(t, e, tt.period)
			got, err := e.Credits(t.Context(), &p, Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if lines := previewLines(got.Reports[0].Preview); !slices.Equal(lines, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(lines, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

// Without a period, what is owed for the last month stands apart from what the
// running one would come to.
func TestCreditsWithoutPeriod(t *testing.T) {
	got, err := creditWorld(t, "2026-10-22T00:00:00Z").Credits(t.Context(), nil, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	owed, running := got.Reports[0], got.Reports[1]
	if want := []string{"acme 50% 500.00 USD [availability: 98.6111 < 99.5]"}; !slices.Equal(creditLines(owed), want) || owed.Preview != nil {
		t.Errorf("of September: got %q and a preview %v, want %q and none", creditLines(owed), owed.Preview, want)
	}
	if running.Preview == nil || len(running.Credits) > 0 {
		t.Errorf("of October: got credits %v and a preview %v, want only the latter", running.Credits, running.Preview)
	}
}

func previewLines(p *sla.Preview) []string {
	if p == nil {
		return nil
	}
	var out, exposed, notes []string
	for _, s := range p.Scenarios {
		for _, r := range s.Results {
			line := fmt.Sprintf("%s %s %s %s", s.Assumption, r.Organization, r.Attained, r.State)
			for _, c := range s.Credits {
				if c.Organization == r.Organization {
					line += fmt.Sprintf(": %s%% %s %s", c.Percent, c.Amount, c.Currency)
					if c.Capped {
						line += " capped"
					}
				}
			}
			out = append(out, line)
		}
		var all []string
		for _, x := range s.Exposure {
			all = append(all, x.Amount.String()+" "+x.Currency)
		}
		exposed = append(exposed, "exposure "+strings.Join(all, ", "))
		for _, n := range s.Notes {
			notes = appendNew(notes, []string{"note: " + n})
		}
	}
	return slices.Concat(out, exposed, notes)
}
