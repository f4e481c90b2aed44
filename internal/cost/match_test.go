package cost_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/cost"
)

func TestMatch(t *testing.T) {
	item := cost.LineItem{ServiceProvider: "AWS", ServiceName: "Amazon EC2", SkuID: "m7i.xlarge", Model: "gpt-4o", Source: "cloud",
		Tags: map[string]string{"team": "research", "cost:center": "42"}}
	type keys map[string][]string
	tests := []struct {
		keys keys
		want bool
	}{
		{nil, true},
		{keys{"service": {"Amazon EC2"}}, true},
		{keys{"service": {"amazon ec2"}}, false}, // exact, and so in its case
		{keys{"service": {"Amazon RDS", "Amazon EC2"}}, true},
		{keys{"service": {"Amazon *"}}, true},
		{keys{"service": {"*EC2"}, "sku": {"m7i.*"}}, true},
		{keys{"service": {"*EC2"}, "sku": {"m6i.*"}}, false}, // every key must match
		{keys{"tag.team": {"research"}}, true},
		{keys{"team": {"research"}}, true}, // a team is the tag of that name, unless the source knows it
		{keys{"tag.cost:center": {"4*2"}}, true},
		{keys{"tag.cost:center": {"42*2"}}, false}, // no character is taken twice
		{keys{"tag.org": {"*"}}, false},            // any value that is there
		{keys{"tag.org": {""}}, true},              // none
		{keys{"tag.team": {"*"}}, true},
		{keys{"tag.team": {""}}, false},
		{keys{"tag.org": {"", "acme"}}, true},
		{keys{"region": {"**"}}, false},
		{keys{"model": {"gpt-4"}}, false},
	}
	for _, tt := range tests {
		m := cost.Match(tt.keys)
		if err := m.Validate(); err != nil {
			t.Errorf("%v: %v", tt.keys, err)
		}
		if got := m.Matches(&item); got != tt.want {
			t.Errorf("%v: matches %t, want %t", tt.keys, got, tt.want)
		}
	}
	days := cost.Match{"day": {"2026-10-08"}, "month": {"2026-10"}, "week": {"2026-W41"}}
	if !days.Matches(&cost.LineItem{ChargePeriodStart: time.Date(2026, 10, 7, 23, 0, 0, 0, time.FixedZone("", -3600))}) {
		t.Error("days are not those of UTC")
	}
}

func TestMatchErrors(t *testing.T) {
	for key, want := range map[string]string{
		"servce": `did you mean "service"?`,
		"day":    "no such key", // a charge does not say it: a period cuts it
		"tag.":   "no such key",
		"rule":   "no such key",
	} {
		if err := (cost.Match{key: {"x"}}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", key, err, want)
		}
	}
	if err := (cost.Match{"service": {}}).Validate(); err == nil || !strings.Contains(err.Error(), "no value") {
		t.Errorf("without a value: error %v", err)
	}
}

func TestPatternsAreThoseOfRegularExpressions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{0,6}`).Draw(t, "pattern")
		value := rapid.StringMatching(`[ab]{1,8}`).Draw(t, "value")
		m := cost.Match{"service": {pattern}}
		want := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", ".*") + "$").MatchString(value)
		if got := m.Matches(&cost.LineItem{ServiceName: value}); got != want {
			t.Fatalf("%q and %q: %t, want %t", pattern, value, got, want)
		}
	})
}

func TestTallyMatches(t *testing.T) {
	aws, tagged := cost.Match{"provider": {"AWS"}}, cost.Match{"tag.team": {"*"}}
	q := cost.Query{Period: september(), By: []string{"rule", "service"}, Match: aws, Rules: []cost.Match{tagged, aws}}
	if err := q.Validate(); err != nil || !cost.ReadsOf([]cost.Query{q}).Tags {
		t.Errorf("error %v, or the tags are not read", err)
	}
	tally := cost.NewTally(q, nil)
	at := q.Period.Start
	for _, i := range []cost.LineItem{
		{ServiceProvider: "AWS", ServiceName: "a", BilledCost: amount("1"), ChargePeriodStart: at, Tags: map[string]string{"team": "x"}},
		{ServiceProvider: "AWS", ServiceName: "b", BilledCost: amount("2"), ChargePeriodStart: at},
		{ServiceProvider: "OCI", ServiceName: "c", BilledCost: amount("4"), ChargePeriodStart: at},
	} {
		tally.Add(&i)
	}
	got := ""
	for _, g := range tally.Report().Groups {
		got += *g.Keys["rule"] + *g.Keys["service"] + " " + g.Amount.String() + "; "
	}
	if want := "2b 2; 1a 1; "; got != want {
		t.Errorf("groups %q, want %q", got, want)
	}
	if err := (cost.Query{By: []string{"rule"}}).Validate(); err == nil {
		t.Error("a query without rules answers the key rule")
	}
}
