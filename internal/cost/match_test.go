package cost

import (
	"path"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	item := &LineItem{ServiceProvider: "AWS", ServiceName: "Amazon EC2", ServiceCategory: "Compute", Team: "research",
		ChargePeriodStart: time.Date(2026, 10, 7, 23, 0, 0, 0, time.FixedZone("", -3600)), Tags: map[string]string{"team": "platform", "empty": ""}}
	tests := []struct {
		name  string
		match Match
		want  bool
	}{
		{"nothing asked picks everything", nil, true},
		{"one key", Match{"service": "Amazon EC2"}, true},
		{"all keys count", Match{"service": "Amazon EC2", "provider": "Google Cloud"}, false},
		{"a tag", Match{"tag.team": "platform"}, true},
		{"a tag is not the team", Match{"team": "platform"}, false},
		{"case counts", Match{"service": "amazon ec2"}, false},
		{"any text", Match{"service": "Amazon *"}, true},
		{"any text in the middle", Match{"service": "A*n*2"}, true},
		{"the parts do not overlap", Match{"category": "Comp*pute"}, false},
		{"a missing value is empty", Match{"region": ""}, true},
		{"and a star picks it", Match{"region": "*"}, true},
		{"but no text", Match{"region": "eu-*"}, false},
		{"days are those of UTC", Match{"day": "2026-10-08", "month": "2026-10", "week": "2026-W41"}, true},
		{"an unknown key has no value", Match{"colour": "red"}, false},
	}
	for _, tt := range tests {
		if got := tt.match.Matches(item); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Over texts without a slash and signs that are special to it, path.Match means
// the same by a star.
func TestGlob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern, value := rapid.StringMatching(`[ab*]{0,6}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,8}`).Draw(t, "value")
		want, err := path.Match(pattern, value)
		if err != nil {
			t.Fatal(err)
		}
		if got := glob(pattern, value); got != want {
			t.Errorf("%q picks %q: %v, want %v", pattern, value, got, want)
		}
		if strings.Contains(pattern, "*") && !glob("*"+pattern+"*", "xx"+strings.ReplaceAll(pattern, "*", "c")+"yy") {
			t.Errorf("%q does not pick itself", pattern)
		}
	})
}
