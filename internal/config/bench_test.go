package config_test

import (
	"testing"

	"github.com/slactl/slactl/internal/config"
)

func BenchmarkLoadExample(b *testing.B) {
	for b.Loop() {
		if _, diags := config.Load([]string{"testdata/slactl.example.yaml"}, environment); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}
