package config

import (
	"fmt"
	"testing"
	"time"
)

// Every target that holds has an origin, and the origin's place in the file holds
// that target.
func TestTargetOrigin(t *testing.T) {
	cfg, diags := Parse("slactl.yaml", []byte(`version: 1
sla_definitions:
  availability: {target: 99}
  safety: {objectives: [{name: score, at_least: 4}]}
service_tiers:
  gold:
    availability_target: 99.95
    targets: {safety.score: 4.8}
    history:
      - {until: 2026-03-01, availability_target: 98}
      - {until: 2026-07-01, targets: {safety.score: 4.5}}
  bronze: {}
`), func(string) (string, bool) { return "", false })
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	tests := []struct{ tier, sla, objective, at, want string }{
		{"gold", "availability", "availability", "2026-02-28", "history of tier gold, until 2026-03-01 (slactl.yaml:10:50)"},
		{"gold", "availability", "availability", "2026-03-01", "tier gold (slactl.yaml:7:26)"},
		{"gold", "safety", "score", "2026-06-30", "history of tier gold, until 2026-07-01 (slactl.yaml:11:53)"},
		{"gold", "safety", "score", "2026-07-01", "tier gold (slactl.yaml:8:29)"},
		{"bronze", "availability", "availability", "2026-02-28", ""},
		{"none", "availability", "availability", "2026-02-28", ""},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.DateOnly, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		words, path, ok := cfg.TargetOrigin(tt.tier, tt.sla, tt.objective, at)
		got := ""
		if ok {
			got = fmt.Sprintf("%s (%s)", words, cfg.Pos(path))
		}
		if got != tt.want {
			t.Errorf("%s of %s at %s: %q, want %q", tt.objective, tt.tier, tt.at, got, tt.want)
		}
		target, promised := cfg.TierTarget(tt.tier, tt.sla, tt.objective, at)
		if promised != ok || ok && cfg.Node(path).Text != target.Canonical() {
			t.Errorf("the target at %s is %s, and its place holds %s", tt.at, target, cfg.Node(path).Text)
		}
	}
}
