package demo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/config"
)

// digest lists the files of a tree with their digests.
func digest(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		fmt.Fprintf(&out, "%x %s\n", sha256.Sum256(text), path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The workspace is the same to the byte every time, also over an earlier one, of
// which what the user added is kept.
func TestWriteIsDeterministic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "workspace")
	var stages []string
	start := time.Now()
	summary, err := Write(context.Background(), dir, func(stage string, done, total int) {
		stages = append(stages, fmt.Sprintf("%d/%d %s", done, total, stage))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v in %v", *summary, time.Since(start))
	if got, want := strings.Join(stages, ", "), "0/3 simulating requests, 1/3 writing samples, 2/3 writing bills"; got != want {
		t.Errorf("stages %q, want %q", got, want)
	}
	first := digest(t, dir)
	report, config := filepath.Join(dir, "report.pdf"), filepath.Join(dir, "slactl.yaml")
	if err := errors.Join(os.WriteFile(report, nil, 0o644), os.WriteFile(config, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(report); err != nil {
		t.Error(err)
	}
	if second := digest(t, dir); first != second {
		t.Errorf("two runs differ:\n%s\n%s", first, second)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("%d entries beside the workspace, want none: %v", len(left)-1, left)
	}
}

// A directory that is not a demo's is not touched, and a canceled run leaves
// nothing behind.
func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "thesis.tex")
	if err := os.WriteFile(precious, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), dir, nil); err == nil || !strings.Contains(err.Error(), "not empty and no demo workspace") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
	if err := os.Remove(precious); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, target := range []string{dir, filepath.Join(dir, "demo")} {
		if _, err := Write(ctx, target, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled run returned %v", err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s was left behind", left[0].Name())
		}
	}
}

// The configuration has nothing to complain of, and lists whom the simulation
// knows.
func TestConfigIsClean(t *testing.T) {
	text, err := workspace.ReadFile("workspace/slactl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Parse("slactl.yaml", text, func(string) (string, bool) { return "", false })
	for _, d := range diags {
		t.Errorf("%+v", d)
	}
	if cfg == nil {
		t.Fatal("no configuration")
	}
	if len(cfg.Organizations.List) != len(organizations) {
		t.Fatalf("%d organizations are listed, want %d", len(cfg.Organizations.List), len(organizations))
	}
	for i, o := range cfg.Organizations.List {
		zone := "UTC"
		if o.Timezone.Location != nil {
			zone = o.Timezone.String()
		}
		if want := organizations[i]; o.ID != want.id || o.Tier != want.tier || zone != want.zone {
			t.Errorf("%s %s %s is listed, want %s %s %s", o.ID, o.Tier, zone, want.id, want.tier, want.zone)
		}
	}
}
