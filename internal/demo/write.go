package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slactl/slactl/internal/query/tsdb"
)

//go:embed workspace
var workspace embed.FS

// marker is the file by which a demo workspace is known.
const marker = ".slactl-demo"

const markerText = "slactl demo wrote this directory and may replace it.\n"

// Summary says what [Write] wrote.
type Summary struct {
	Dir    string
	Config string // the path of slactl.yaml
	// Blocks, Samples and Bills count Prometheus blocks, their samples and files
	// of bills; Bytes is the size of everything.
	Blocks  int
	Samples int64
	Bills   int
	Bytes   int64
}

// Write writes the demo workspace: the samples as Prometheus blocks, the bills
// and slactl.yaml. The same bytes are written every time.
//
// dir may be absent, empty or an earlier demo workspace, which is replaced with
// everything in it; anything else is refused. The workspace is built aside and
// appears whole or not at all. progress, which may be nil, is told which stage
// of how many has begun.
func Write(ctx context.Context, dir string, progress func(stage string, done, total int)) (*Summary, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	if err := vacant(dir); err != nil {
		return nil, err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	aside, err := os.MkdirTemp(parent, ".slactl-demo-")
	if err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	summary, err := build(ctx, filepath.Join(aside, "new"), progress)
	if err == nil {
		err = swap(filepath.Join(aside, "new"), dir, filepath.Join(aside, "old"))
	}
	if err = errors.Join(err, os.RemoveAll(aside)); err != nil {
		return nil, fmt.Errorf("writing the demo to %s: %w", dir, err)
	}
	summary.Dir, summary.Config = dir, filepath.Join(dir, "slactl.yaml")
	return summary, nil
}

// vacant checks that a workspace may be written to dir.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return fmt.Errorf("writing the demo: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return fmt.Errorf("writing the demo: %s is not empty and no demo workspace; name another directory", dir)
	}
	return nil
}

// swap moves what was built into place, and what was there before aside.
func swap(built, dir, old string) error {
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	moved := err == nil
	if err := os.Rename(built, dir); err != nil {
		if moved {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	return nil
}

func build(ctx context.Context, dir string, progress func(string, int, int)) (*Summary, error) {
	const stages = 3
	summary := &Summary{}
	progress("simulating requests", 0, stages)
	c := NewCompany()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	progress("writing samples", 1, stages)
	written, err := tsdb.WriteBlocks(ctx, filepath.Join(dir, "prometheus"), c.Series(), tsdb.WriteOptions{})
	if err != nil {
		return nil, err
	}
	summary.Blocks, summary.Samples = written.Blocks, int64(written.Samples)
	progress("writing bills", 2, stages)
	bills, err := c.billFiles()
	if err != nil {
		return nil, err
	}
	summary.Bills = len(bills)
	for _, f := range bills {
		if err := writeFile(filepath.Join(dir, "billing", "focus", filepath.FromSlash(f.path)), f.text); err != nil {
			return nil, err
		}
	}
	for _, name := range [...]string{"slactl.yaml", "prices.yaml"} {
		text, err := workspace.ReadFile("workspace/" + name)
		if err != nil {
			return nil, err
		}
		if err := writeFile(filepath.Join(dir, name), text); err != nil {
			return nil, err
		}
	}
	if err := writeFile(filepath.Join(dir, marker), []byte(markerText)); err != nil {
		return nil, err
	}
	summary.Bytes, err = size(dir)
	progress("done", stages, stages)
	return summary, err
}

func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// size adds up the sizes of the files below dir.
func size(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
