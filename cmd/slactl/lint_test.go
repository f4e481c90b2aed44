package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/lint"
)

// The broken configuration of lint_broken.txtar has each rule once, so that none is
// forgotten there.
func TestBrokenHasEveryRule(t *testing.T) {
	ar, err := txtar.ParseFile(filepath.Join("testdata", "script", "lint_broken.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root, dirs := t.TempDir(), map[string]bool{}
	for _, f := range ar.Files {
		dir, _, inDir := strings.Cut(f.Name, "/")
		if !inDir || dir == "seed" {
			continue
		}
		dirs[dir] = true
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]int{}
	for dir := range dirs {
		cfg, diags := config.Load([]string{filepath.Join(root, dir)}, func(string) (string, bool) { return "", false })
		if !diags.HasErrors() {
			diags = append(diags, lint.Run(cfg, lint.Rules())...)
		}
		for _, d := range diags {
			found[d.Rule]++
		}
	}
	for _, name := range lint.Names() {
		if found[name] != 1 && name != "not-yet" { // there may be nothing of that kind
			t.Errorf("the rule %s has %d findings", name, found[name])
		}
	}
}
